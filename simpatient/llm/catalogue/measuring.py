"""Times a chat model on this machine, in a child process: load, first token, speed, share of the memory's speed.

What is timed is this program's own way of asking a model. Must not know what the model is used for.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from simpatient.domain.cancellation import Cancellation
from simpatient.domain.errors import ModelUnavailable
from simpatient.domain.models.chat import Message, Request, Sampling
from simpatient.domain.models.chat_models import GB, Measurement
from simpatient.domain.ports import ChatModel
from simpatient.llm.local.chat import TransformersChatModel
from simpatient.llm.local.chat_process import loaded, losses_in_words
from simpatient.runtime.child_process import child_for
from simpatient.runtime.child_serving import Call

_TOO_SLOW = "It is too slow here; choose a smaller one."
# About the length of a persona's prompt.
_PROMPT_TOKENS = 1000
_ANSWER_TOKENS = 64
# Models may end an answer early; so many are drawn until there are enough tokens to time.
_MOST_TRIES = 12
# Larger than any cache, in bytes.
_COPY_BYTES = {"cpu": 256_000_000, "cuda": 2_000_000_000}
_COPIES = 5


class ChildMeasurer:
    """The ``Measurer`` port, in a process that is ended afterwards.

    Args:
        make_model: Makes the model from its folder in the child; must be importable by name.
        timeout_s: Longest wait, loading included.
    """

    def __init__(
        self, make_model: Callable[[Path], ChatModel] = TransformersChatModel, *, timeout_s: float = 1800.0
    ) -> None:
        self._make_model = make_model
        self._timeout_s = timeout_s

    def measure(self, folder: Path, active_share: float = 1.0, cancel: Cancellation | None = None) -> Measurement:
        """Load a model and time it."""
        with child_for(_answer, "simpatient-measure", silence_s=self._timeout_s) as child, losses_in_words(_TOO_SLOW):
            return Measurement.model_validate(child.ask((self._make_model, folder, active_share), cancel=cancel))


def _answer(make_model: Callable[[Path], ChatModel], folder: Path, active_share: float, _: Call) -> dict[str, Any]:
    """Measure; runs in the child."""
    return _measure(make_model, folder, active_share).model_dump()


def _measure(make_model: Callable[[Path], ChatModel], folder: Path, active_share: float) -> Measurement:
    import torch  # noqa: F401 - its own import is not the model's loading

    begin = time.perf_counter()
    model = loaded(make_model, folder)
    load_s = time.perf_counter() - begin
    words, prompt_tokens = _prompt(folder)
    prompt = (Message(role="user", content=words),)
    _ask(model, prompt, 2, seed=0)  # the first call of all makes kernels and buffers
    first_s = min(_ask(model, prompt, 1, seed)[0] for seed in range(3))
    speed, tokens = _speed(model, prompt, first_s)
    device, traffic = _copy_speed()
    # Reading every active weight once a token is the least that decoding one answer can take.
    read = _weights_in_memory(folder, device) * active_share * speed
    return Measurement(
        device=device,
        load_s=load_s,
        first_token_s=first_s,
        prompt_tokens=prompt_tokens,
        tokens_per_s=speed,
        answer_tokens=tokens,
        copy_gb_per_s=traffic / GB,
        bandwidth_share=read / traffic if traffic and read else None,
    )


def _prompt(folder: Path) -> tuple[str, int]:
    """Return about a thousand tokens of text and their exact number, for this model's tokenizer."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    each = len(tokenizer("one " * 100, verbose=False)["input_ids"]) / 100
    text = "one " * max(1, round(_PROMPT_TOKENS / each))
    return text, len(tokenizer(text, verbose=False)["input_ids"])


def _ask(model: ChatModel, prompt: tuple[Message, ...], tokens: int, seed: int) -> tuple[float, int]:
    """Return the seconds an answer took and its tokens."""
    sampling = Sampling(temperature=1.0, max_tokens=tokens, seed=seed)
    begin = time.perf_counter()
    answer = model.complete((), [Request(messages=prompt)], sampling)[0][0]
    return time.perf_counter() - begin, answer.tokens


def _speed(model: ChatModel, prompt: tuple[Message, ...], first_s: float) -> tuple[float, int]:
    """Return tokens a second after the first one, and how many tokens that rests on."""
    seconds, tokens = 0.0, 0
    for seed in range(_MOST_TRIES):
        took, came = _ask(model, prompt, _ANSWER_TOKENS, seed)
        if came > 1:
            seconds += max(took - first_s, 0.0)
            tokens += came - 1
        if tokens >= _ANSWER_TOKENS:
            break
    if not tokens or not seconds:
        raise ModelUnavailable("This model ends its answers at once, so it cannot be timed.", "Choose a chat model.")
    return tokens / seconds, tokens


def _copy_speed() -> tuple[str, float]:
    """Return the device's name and the bytes a second that a large copy reads and writes there."""
    import torch

    kind = "cuda" if torch.cuda.is_available() else "cpu"
    source = torch.empty(_COPY_BYTES[kind], dtype=torch.uint8, device=kind).fill_(1)
    target = torch.empty_like(source)
    wait = torch.cuda.synchronize if kind == "cuda" else lambda: None
    target.copy_(source)
    best = float("inf")
    for _ in range(_COPIES):
        wait()
        begin = time.perf_counter()
        target.copy_(source)
        wait()
        best = min(best, time.perf_counter() - begin)
    name = torch.cuda.get_device_name(0) if kind == "cuda" else "processor"
    return name, 2 * _COPY_BYTES[kind] / best


def _weights_in_memory(folder: Path, device: str) -> float:
    """Return the bytes of all weights as they lie in memory: two each on a GPU, four on the processor."""
    from simpatient.llm.catalogue.installed_models import ModelFolders

    return ModelFolders().facts(folder).parameters * GB * (4 if device == "processor" else 2)
