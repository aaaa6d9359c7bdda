"""A chat model from a local folder, on plain transformers: the ``ChatModel`` port in this process.

Safetensors only, never the network, never a model's own code. What requests share is computed once and
kept as keys and values for all of them. Must not know what is asked. Importing this module loads no torch.
"""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simpatient.domain.cancellation import Cancellation, stop_if_cancelled
from simpatient.domain.errors import ModelUnavailable
from simpatient.domain.models.chat import Completion, Message, Request, Sampling
from simpatient.domain.ports import OnDone
from simpatient.llm.local.answers import Growing, chance_of, choose
from simpatient.llm.local.grammar import Grammars
from simpatient.llm.local.loader import Loaded, OfFolder, device_errors, load_folder


@dataclass(frozen=True)
class _AnsweringModel(Loaded):
    """A loaded model and what its answers need besides."""

    grammars: Grammars
    takes_padding: bool


class TransformersChatModel(OfFolder):
    """The ``ChatModel`` port on a folder of a Hugging Face causal chat model.

    Args:
        folder: The model's files.
        device: ``cpu``, ``cuda`` ...; a GPU when there is one, where None.
        threads: Torch threads; torch's own choice when None.
        rows: Answers that grow side by side.
        shares_prefix: Whether what requests share is computed once; off, every request is read whole.
    """

    def __init__(
        self,
        folder: Path,
        *,
        device: str | None = None,
        threads: int | None = None,
        rows: int = 40,
        shares_prefix: bool = True,
    ) -> None:
        super().__init__(folder)
        self._device = device
        self._threads = threads
        self._rows = rows
        self._shares_prefix = shares_prefix
        self._loaded: _AnsweringModel | None = None

    def load(self) -> None:
        """Load the model now instead of at the first use.

        Raises:
            ModelUnavailable: The files are missing, damaged, or no chat model's.
        """
        with self._lock:
            self._parts()

    def complete(
        self,
        prefix: Sequence[Message],
        requests: Sequence[Request],
        sampling: Sampling,
        *,
        cancel: Cancellation | None = None,
        on_done: OnDone | None = None,
    ) -> tuple[tuple[Completion, ...], ...]:
        """Answer several requests that begin alike; see ``domain.ports.ChatModel``.

        Raises:
            ModelUnavailable: The model cannot be loaded or run, or a request is too long for it.
            Cancelled: ``cancel`` was set.
        """
        import torch

        if not requests:
            return ()
        with self._lock, torch.inference_mode(), device_errors():
            parts = self._parts()
            prompts = [parts.template.ids((*prefix, *request.messages)) for request in requests]
            _check_room(prompts, sampling, parts.room)
            call = _Call(parts, prompts, requests, sampling, cancel, self._shares_prefix)
            found: dict[int, tuple[Completion, ...]] = {}
            for group in _groups(call, max(1, self._rows // sampling.samples)):
                found |= call.answer_or_halve(group)
                if on_done:
                    on_done(len(found))
            return tuple(found[at] for at in range(len(requests)))

    def _parts(self) -> _AnsweringModel:
        if self._loaded is None:
            self._loaded = _with_grammars(load_folder(self._folder, self._device, self._threads))
        return self._loaded


class _Call:
    """One call: its prompts as token ids, and the keys and values of what they share."""

    def __init__(
        self,
        parts: _AnsweringModel,
        prompts: list[list[int]],
        requests: Sequence[Request],
        sampling: Sampling,
        cancel: Cancellation | None,
        shares_prefix: bool,
    ) -> None:
        self.parts = parts
        self.prompts = prompts
        self.requests = requests
        self.sampling = sampling
        self.cancel = cancel
        self.shared = _shared_length(prompts) if shares_prefix else 0
        self._kept = self._read_shared() if self.shared else None

    def answer_or_halve(self, group: Sequence[int]) -> dict[int, tuple[Completion, ...]]:
        """Answer some requests side by side; when memory runs out, in two halves one after the other."""
        import torch

        try:
            return self._answer(group)
        except torch.OutOfMemoryError:
            if len(group) == 1:
                raise
        torch.cuda.empty_cache()  # what the failed try held; nothing happens without a GPU
        middle = len(group) // 2
        return self.answer_or_halve(group[:middle]) | self.answer_or_halve(group[middle:])

    def _read_shared(self) -> Any:
        import torch

        ids = torch.tensor([self.prompts[0][: self.shared]], device=self.parts.device)
        places = torch.arange(self.shared, device=self.parts.device).unsqueeze(0)
        return self._forward(ids, torch.ones_like(ids), places, None)[1]

    def _answer(self, group: Sequence[int]) -> dict[int, tuple[Completion, ...]]:
        import torch

        samples = self.sampling.samples
        logits, kept, mask = self._read(group)
        answers = [self._start(at, sample) for at in group for sample in range(samples)]
        if samples > 1:
            rows = torch.arange(len(group), device=self.parts.device).repeat_interleave(samples)
            kept.reorder_cache(rows)
            logits, mask = logits[rows], mask[rows]
        self._grow(answers, logits, kept, mask)
        made = [answer.completion(self.parts.tokenizer, self.parts.endings) for answer in answers]
        return {at: tuple(made[samples * row : samples * (row + 1)]) for row, at in enumerate(group)}

    def _start(self, at: int, sample: int) -> Growing:
        schema = self.requests[at].answer_schema
        matcher = None if schema is None else self.parts.grammars.matcher(schema)
        return Growing(at, chance_of(self.prompts[at], sample, self.sampling.seed), matcher)

    def _read(self, group: Sequence[int]) -> tuple[Any, Any, Any]:
        """Read the part each request does not share, padded on the left.

        Returns:
            Logits of the next token, shape (requests, tokens known); keys and values; attention mask.
        """
        import torch

        own = [self.prompts[at][self.shared :] for at in group]
        width, device = max(map(len, own)), self.parts.device
        ids = torch.tensor([[0] * (width - len(of)) + of for of in own], device=device)
        shown = [[1] * self.shared + [0] * (width - len(of)) + [1] * len(of) for of in own]
        mask = torch.tensor(shown, device=device)
        kept = copy.deepcopy(self._kept)
        if kept is not None and len(group) > 1:
            kept.reorder_cache(torch.zeros(len(group), dtype=torch.long, device=device))
        places = (mask.cumsum(-1) - 1).clamp(min=0)[:, -width:]
        logits, kept = self._forward(ids, mask, places, kept)
        return logits, kept, mask

    def _grow(self, answers: Sequence[Growing], logits: Any, kept: Any, mask: Any) -> None:
        """Extend all answers until each has ended or the room is used up; finished ones leave the batch."""
        import torch

        living = list(answers)
        has_schemas = any(answer.matcher is not None for answer in answers)
        while living:
            stop_if_cancelled(self.cancel)
            chosen = choose(logits, living, self.parts.grammars if has_schemas else None, self.sampling)
            for answer, (token, log_probability) in zip(living, chosen, strict=True):
                answer.add(token, log_probability, self.parts.endings)
            going = [row for row, answer in enumerate(living) if self._goes_on(answer)]
            if not going:
                return
            if len(going) < len(living):
                rows = torch.tensor(going, device=self.parts.device)
                kept.reorder_cache(rows)
                mask = mask[rows]
                living = [living[row] for row in going]
            ids = torch.tensor([[answer.tokens[-1]] for answer in living], device=self.parts.device)
            mask = torch.cat([mask, mask.new_ones((len(living), 1))], dim=1)
            logits, kept = self._forward(ids, mask, mask.sum(-1, keepdim=True) - 1, kept)

    def _goes_on(self, answer: Growing) -> bool:
        return not answer.has_ended and len(answer.tokens) < self.sampling.max_tokens

    def _forward(self, ids: Any, mask: Any, places: Any, kept: Any) -> tuple[Any, Any]:
        read = self.parts.model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=places,
            past_key_values=kept,
            use_cache=True,
            logits_to_keep=1,
        )
        return read.logits[:, -1].float(), read.past_key_values


def _shared_length(prompts: Sequence[list[int]]) -> int:
    """Return how many tokens all prompts begin with; one at least is left to each."""
    first, last = min(prompts), max(prompts)
    same = next((at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    return min(same, min(map(len, prompts)) - 1)


def _groups(call: _Call, size: int) -> Iterator[list[int]]:
    """Yield groups of requests to be read side by side: of like length, so that little is padded.

    Where padding would change what a model sees (a window that slides over it), of equal length.
    """
    order = sorted(range(len(call.prompts)), key=lambda at: (len(call.prompts[at]), at))
    group: list[int] = []
    for at in order:
        fits = call.parts.takes_padding or len(call.prompts[at]) == len(call.prompts[group[-1]]) if group else True
        if group and (len(group) == size or not fits):
            yield group
            group = []
        group.append(at)
    if group:
        yield group


def _check_room(prompts: Sequence[Sequence[int]], sampling: Sampling, room: int) -> None:
    needed = max(map(len, prompts)) + sampling.max_tokens
    if needed > room:
        raise ModelUnavailable(
            f"This is too long for the language model: {needed} tokens are needed, {room} are available.",
            "Choose a model with a longer context, or a shorter transcript.",
        )


def _with_grammars(loaded: Loaded) -> _AnsweringModel:
    outputs = loaded.model.get_output_embeddings().weight.shape[0]
    return _AnsweringModel(
        **vars(loaded),
        grammars=Grammars(loaded.tokenizer, outputs, sorted(loaded.endings)),
        takes_padding=_keeps_everything(loaded.model.config.get_text_config()),
    )


def _keeps_everything(config: Any) -> bool:
    """Whether every layer keeps all keys and values, so that padding cannot push any out of sight."""
    from transformers.cache_utils import DynamicCache, DynamicLayer

    layers = DynamicCache(config=config).layers
    return bool(layers) and all(type(layer) is DynamicLayer for layer in layers)
