"""The generative patient's model on plain transformers: one growing key-value cache for each session.

A message is read once. A director's note is read for one answer and cut out again, and so is the answer,
which saw it: what was said comes back as a message like any other. Must not know personas or plans, or
in which process it runs. Importing this module loads no torch.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simpatient.domain.cancellation import Cancellation, stop_if_cancelled
from simpatient.domain.errors import BugError
from simpatient.domain.models.chat import Completion, Message, Sampling
from simpatient.domain.ports import OnText
from simpatient.llm.local.answers import Growing, chance_of, choose
from simpatient.llm.local.decoding import StaticDecoder, Steps
from simpatient.llm.local.loader import Loaded, OfFolder, device_errors, load_folder
from simpatient.llm.local.prefix_cache import PrefixCache
from simpatient.llm.local.prompt_tokens import PromptHistory, PromptTokens
from simpatient.llm.output.thinking import THINKING
from simpatient.llm.output.visible_text import Spoken

_log = logging.getLogger(__name__)
STATIC_LENGTH = 16_384  # two hours of talk; one length, so that nothing is compiled twice
_CPU_MEMORY = 2 * 2**30
_LEAST_ROOM = 512  # tokens; with less than this no conversation is possible
_CANARY = (Message(role="user", content="Count from one to twenty, then say the days of the week."),)
_CANARY_TOKENS = 12
_CANARY_SESSION = "\x00canary"


@dataclass
class _Conversation:
    """One conversation: its messages as ids, and what the model has read of them."""

    script: PromptHistory
    reading: PrefixCache


@dataclass(frozen=True)
class _SpeakingModel:
    """A loaded model and what speaking with it needs.

    Attributes:
        loaded: The model.
        segments: Its chat template taken apart.
        hidden: Ids that are no text.
        unsaid: Ids that begin thinking; never drawn.
        memory: Most memory for what is kept of all sessions, in bytes.
        static: Compiled steps, or None.
    """

    loaded: Loaded
    segments: PromptTokens
    hidden: frozenset[int]
    unsaid: tuple[int, ...]
    memory: int
    static: StaticDecoder | None


@dataclass(frozen=True)
class _Read:
    """A conversation read: how many of its tokens stay, and the logits of the next where one is asked for."""

    reading: PrefixCache
    lasting: int
    logits: Any


class TransformersPatientModel(OfFolder):
    """The ``PatientVoice`` port on a folder of a Hugging Face causal chat model, in this process.

    Args:
        folder: The model's files.
        device: ``cpu``, ``cuda`` ...; where None, all GPUs there are together, else the processor.
        threads: Torch threads; torch's own choice when None.
        memory: Most memory for what is kept of all sessions, in bytes; half of what a GPU has left where
            None. The session spoken in is always kept.
        compiles: Whether single steps are compiled; where None, on CUDA.
        stops: Texts that end an answer, besides the template's own tags.
    """

    def __init__(
        self,
        folder: Path,
        *,
        device: str | None = None,
        threads: int | None = None,
        memory: int | None = None,
        compiles: bool | None = None,
        stops: Sequence[str] = (),
    ) -> None:
        super().__init__(folder)
        self._device = device
        self._threads = threads
        self._memory = memory
        self._compiles = compiles
        self._stops = tuple(stops)
        self._loaded: _SpeakingModel | None = None
        self._room = 2**31
        self._sessions: OrderedDict[str, _Conversation] = OrderedDict()
        self._forwarded_before = 0

    @property
    def forwarded(self) -> int:
        """How many tokens were put through the model so far, for all sessions."""
        return self._forwarded_before + sum(one.reading.forwarded for one in self._sessions.values())

    def load(self) -> None:
        """Load the model now instead of at the first use.

        Raises:
            ModelUnavailable: The files are missing, damaged, or of a model that cannot speak here.
        """
        with self._lock:
            self._parts()

    def canary(self) -> tuple[int, ...]:
        """Return the tokens of a fixed answer: another one from the same model says that something is broken.

        Raises:
            ModelUnavailable: The model cannot be loaded or run.
        """
        tokens: list[int] = []
        everything = Sampling(max_tokens=_CANARY_TOKENS)
        self._speak(_CANARY_SESSION, _CANARY, "Say it slowly.", everything, lambda _: True, None, tokens.append)
        self.forget(_CANARY_SESSION)
        return tuple(tokens)

    def prepare(self, session: str, messages: Sequence[Message], *, cancel: Cancellation | None = None) -> None:
        """Read messages ahead; see ``domain.ports.PatientModel``.

        Raises:
            ModelUnavailable: The model cannot be loaded or run.
            Cancelled: ``cancel`` was set; what was read by then is kept.
        """
        import torch

        with self._lock, torch.inference_mode(), device_errors():
            self._read(session, messages, "", 1, cancel, is_answered=False)
            self._let_go()

    def speak(
        self,
        session: str,
        messages: Sequence[Message],
        note: str,
        sampling: Sampling,
        on_text: OnText,
        *,
        cancel: Cancellation | None = None,
    ) -> Completion:
        """Answer the last message; see ``domain.ports.PatientModel``.

        Raises:
            ModelUnavailable: The model cannot be run, or the talk is too long for it.
            Cancelled: ``cancel`` was set.
        """
        if sampling.samples != 1 or not messages or messages[-1].role == "assistant":
            raise BugError("A voice gives one answer, to what the user said last.")
        return self._speak(session, messages, note, sampling, on_text, cancel)

    def forget(self, session: str) -> None:
        """Release what is kept of a session."""
        with self._lock:
            self._drop(session)

    def kept_ids(self, session: str) -> tuple[int, ...]:
        """Return the tokens kept of a session."""
        with self._lock:
            return tuple(self._sessions[session].reading.ids) if session in self._sessions else ()

    def _speak(
        self,
        session: str,
        messages: Sequence[Message],
        note: str,
        sampling: Sampling,
        on_text: OnText,
        cancel: Cancellation | None,
        on_token: Callable[[int], None] = lambda _: None,
    ) -> Completion:
        import torch

        with self._lock, torch.inference_mode():
            with device_errors():
                read = self._read(session, messages, note, sampling.max_tokens, cancel, is_answered=True)
            answer = _GrowingAnswer(self._parts(), self._stops, sampling, on_text, on_token)
            try:
                return answer.grow(read.reading, read.logits, cancel)
            finally:
                # Also after an error: the note and the half answer must not stay in what the session has read.
                read.reading.back_to(read.lasting)
                self._let_go()

    def _read(
        self,
        session: str,
        messages: Sequence[Message],
        note: str,
        more: int,
        cancel: Cancellation | None,
        *,
        is_answered: bool,
    ) -> _Read:
        """Read a conversation; when memory runs out, without the other sessions, then without early talk."""
        import torch

        # As it is, then without the other sessions, then with half the room.
        for is_last in (False, False, True):
            kept = self._kept(session)
            ids, lasting = kept.script.ids(messages, note, self._room - more)
            try:
                return _Read(kept.reading, lasting, _read(kept.reading, ids, lasting, cancel, is_answered))
            except torch.OutOfMemoryError:
                kept.reading.clear()
                if is_last or len(ids) < _LEAST_ROOM:
                    raise
                self._make_room(session, len(ids) + more)
        raise BugError("The last try returns or raises.")

    def _kept(self, session: str) -> _Conversation:
        parts = self._parts()
        if session not in self._sessions:
            reading = PrefixCache(parts.loaded.model, parts.loaded.device)
            self._sessions[session] = _Conversation(PromptHistory(parts.segments), reading)
        self._sessions.move_to_end(session)
        return self._sessions[session]

    def _make_room(self, session: str, needed: int) -> None:
        import torch

        others = [name for name in self._sessions if name != session]
        for name in others:
            self._drop(name)
        if not others:
            self._room = max(_LEAST_ROOM, min(self._room, needed) // 2)
            _log.warning("Memory is short; the cache keeps %d tokens of a session.", self._room)
        if torch.cuda.is_available():
            torch.cuda.empty_cache()  # what the failed try held

    def _let_go(self) -> None:
        """Drop the sessions used longest ago until the rest fits into the memory."""
        sizes = {name: one.reading.size() for name, one in self._sessions.items()}
        while len(sizes) > 1 and sum(sizes.values()) > self._parts().memory:
            oldest = next(iter(sizes))
            del sizes[oldest]
            self._drop(oldest)

    def _drop(self, session: str) -> None:
        dropped = self._sessions.pop(session, None)
        self._forwarded_before += dropped.reading.forwarded if dropped else 0

    def _parts(self) -> _SpeakingModel:
        if self._loaded is None:
            loaded = load_folder(self._folder, self._device, self._threads)
            compiles = self._compiles if self._compiles is not None else _is_one_gpu(loaded)
            length = min(loaded.room, STATIC_LENGTH)
            self._loaded = _SpeakingModel(
                loaded=loaded,
                segments=PromptTokens(loaded.template, loaded.tokenizer),
                hidden=_hidden(loaded),
                unsaid=_unsaid(loaded.tokenizer),
                memory=_memory(loaded.device) if self._memory is None else self._memory,
                static=StaticDecoder(loaded.model, length) if compiles else None,
            )
            self._room = loaded.room
            PrefixCache(loaded.model, loaded.device)  # refuses what cannot be gone back in
        return self._loaded


class _GrowingAnswer:
    """One answer while it grows."""

    def __init__(
        self,
        parts: _SpeakingModel,
        stops: Sequence[str],
        sampling: Sampling,
        on_text: OnText,
        on_token: Callable[[int], None],
    ) -> None:
        self._parts = parts
        self._sampling = sampling
        self._on_text = on_text
        self._on_token = on_token
        self._is_unwanted = False
        self._spoken = Spoken(parts.loaded.tokenizer, parts.hidden, (*stops, *_written_tags(parts.loaded)))

    def grow(self, reading: PrefixCache, logits: Any, cancel: Cancellation | None) -> Completion:
        """Draw tokens until the answer has ended, no more is wanted, or the room is used up.

        Raises:
            Cancelled: ``cancel`` was set.
        """
        answer = Growing(0, chance_of(reading.ids, 0, self._sampling.seed), None)
        with device_errors():
            steps = Steps(reading, self._parts.static, self._sampling.max_tokens)
        while True:
            stop_if_cancelled(cancel)
            token = self._draw(answer, logits)
            self._pass(self._spoken.add(token))
            has_ended = answer.has_ended or self._spoken.has_stopped
            if has_ended or self._is_unwanted or len(answer.tokens) >= self._sampling.max_tokens:
                break
            with device_errors():
                logits = steps.step(token)
        self._pass(self._spoken.finish())
        return Completion(
            text=self._spoken.text,
            tokens=len(answer.tokens),
            log_probability=sum(answer.log_probabilities),
            least_log_probability=min(answer.log_probabilities, default=0.0),
            is_complete=has_ended and not self._is_unwanted,
        )

    def _draw(self, answer: Growing, logits: Any) -> int:
        with device_errors():
            if self._parts.unsaid:
                logits[:, list(self._parts.unsaid)] = float("-inf")
            ((token, log_probability),) = choose(logits, [answer], None, self._sampling)
        answer.add(token, log_probability, self._parts.loaded.endings)
        self._on_token(token)
        return token

    def _pass(self, piece: str) -> None:
        if piece and not self._is_unwanted:
            self._is_unwanted = not self._on_text(piece)


def _read(
    reading: PrefixCache, ids: Sequence[int], lasting: int, cancel: Cancellation | None, is_answered: bool
) -> Any:
    """Read ids so that the first ``lasting`` of them can be gone back to."""

    def before_chunk() -> None:
        stop_if_cancelled(cancel)

    if is_answered and not reading.has_running_state:
        return reading.read(ids, before_chunk)
    logits = None
    if lasting and reading.ids != ids[:lasting]:
        logits = reading.read(ids[:lasting], before_chunk)
    reading.mark()
    return reading.read(ids, before_chunk) if is_answered else logits


def _hidden(loaded: Loaded) -> frozenset[int]:
    """Return the ids that are no text: all special ones, but for marks of thinking, which are looked for."""
    tokenizer = loaded.tokenizer
    marks = {mark for pair in THINKING for mark in pair}
    special = zip(tokenizer.all_special_ids, tokenizer.all_special_tokens, strict=True)
    return loaded.endings | {int(token) for token, text in special if str(text) not in marks}


def _unsaid(tokenizer: Any) -> tuple[int, ...]:
    """Return the ids of marks that begin thinking, where a model has one token for such a mark."""
    known = tokenizer.get_added_vocab()
    return tuple(sorted(int(known[mark]) for mark, _ in THINKING if mark in known))


def _written_tags(loaded: Loaded) -> tuple[str, ...]:
    """Return the template's tags that a model may write letter by letter; thinking is handled apart."""
    marks = {mark for pair in THINKING for mark in pair}
    return tuple(tag for tag in loaded.template.tags if tag not in marks)


def _is_one_gpu(loaded: Loaded) -> bool:
    """Whether the whole model is on one GPU: recorded launches cannot cross to another."""
    places = set(getattr(loaded.model, "hf_device_map", {}).values())
    return loaded.device.startswith("cuda") and len(places) <= 1


def _memory(device: str) -> int:
    import torch

    if not device.startswith("cuda"):
        return _CPU_MEMORY
    free, _ = torch.cuda.mem_get_info(device)
    return int(free // 2)
