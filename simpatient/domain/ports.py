"""Ports the two engines need. The ports of the use cases are in ``services.ports``."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from simpatient.domain.assessment.codes import Speaker, TurnCodes
from simpatient.domain.assessment.score import Score
from simpatient.domain.cancellation import Cancellation
from simpatient.domain.content.rubric import Rubric
from simpatient.domain.models.chat import Completion, Message, Request, Sampling
from simpatient.domain.session.session import CodedTurn, TranscriptTurn

Embeddings = NDArray[np.float32]
# Called with the number of requests of a call that are done; from the calling thread.
OnDone = Callable[[int], None]
# Given pieces of an answer as they come; False stops it.
OnText = Callable[[str], bool]


class SentenceEncoder(Protocol):
    """Turns texts into unit-length meaning vectors."""

    @property
    def model_id(self) -> str:
        """Name and content hash of the model, for manifests and caches."""
        ...

    def encode(self, texts: Sequence[str]) -> Embeddings:
        """Return one L2-normalised row per text, shape ``(len(texts), 384)``, float32.

        Raises:
            ModelUnavailable: The model's files are missing or damaged.
        """
        ...


@dataclass(frozen=True)
class Adapter:
    """Small changes to an encoder's top layers, learnt for one task; plain arrays.

    Attributes:
        id: Content hash.
        layer: How many of the encoder's lower layers stay as they are.
        previous_tokens: How much of the end of the turn before the adapted layers see.
        arrays: The numbers by name.
    """

    id: str
    layer: int
    previous_tokens: int
    arrays: Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class EncodingRequest:
    """A turn to be read: its text, the other speaker's turn before, and spans (start, end) of interest."""

    text: str
    previous: str = ""
    spans: tuple[tuple[int, int], ...] = ()


class ReadingEncoder(SentenceEncoder, Protocol):
    """An encoder that also gives what its middle layers, and adapted top layers, make of a turn."""

    def read(
        self, adapter: Adapter | None, readings: Sequence[EncodingRequest], *, keep: bool = True
    ) -> list[Embeddings]:
        """Return one matrix per reading: a row for the turn, one for the turn before, one per span.

        Columns: the middle layers' mean at unit length, then the adapted layers' mean (zero in the row of
        the turn before). Rows of blank texts are zero. ``keep``: also work out and remember the turn's
        meaning vector, which costs little here and the next ``encode`` of the same text nothing; without an
        adapter it stands in the last columns, and so does that of each span, read within its turn.

        Raises:
            ModelUnavailable: The model's files are missing or damaged.
        """
        ...


class RememberingEncoder(ReadingEncoder, Protocol):
    """An encoder that keeps what it has encoded: single texts for a while, named sets for good."""

    def encode_set(self, name: str, texts: Sequence[str], *, on_done: OnDone | None = None) -> Embeddings:
        """Return the rows of a fixed set of texts, computed once per machine.

        ``on_done`` is given how many are done, again and again, while a set is computed; what it raises stops the work.
        """
        ...


class Coder(Protocol):
    """Gives behaviour codes to turns."""

    @property
    def coder_id(self) -> str:
        """Name, version and weight hash of the coder, for provenance."""
        ...

    def code_turn(self, speaker: Speaker, text: str, previous: str = "") -> TurnCodes:
        """Code one turn; ``previous`` is the other speaker's last turn, '' at the start."""
        ...

    def prepare_for(self, previous: str) -> None:
        """Encode the other speaker's turn ahead, so that coding the answer to it is quicker."""
        ...


class ChatModel(Protocol):
    """A language model that answers chats. Blocking; one call at a time."""

    @property
    def model_id(self) -> str:
        """Name and content hash of the model, for provenance."""
        ...

    def complete(
        self,
        prefix: Sequence[Message],
        requests: Sequence[Request],
        sampling: Sampling,
        *,
        cancel: Cancellation | None = None,
        on_done: OnDone | None = None,
    ) -> tuple[tuple[Completion, ...], ...]:
        """Answer several requests that begin alike.

        Args:
            prefix: Messages all requests share; a model with a memory reads them once.
            requests: What follows in each; answered independently of one another.
            sampling: How many answers each gets, and how they are drawn.
            cancel: Checked between tokens.
            on_done: Called with the number of requests done.

        Returns:
            For each request, in order, its ``sampling.samples`` answers. An answer to a request with a
            schema fits it when the answer is whole; a remote model may break that, so callers check.

        Raises:
            ModelUnavailable: The model cannot be loaded or run, or a request is too long for it.
            Cancelled: ``cancel`` was set.
        """
        ...


class PatientModel(Protocol):
    """A chat model that speaks in conversations which grow turn by turn. Blocking; one call at a time."""

    @property
    def model_id(self) -> str:
        """Name and content hash of the model, for manifests."""
        ...

    def prepare(self, session: str, messages: Sequence[Message]) -> None:
        """Read messages ahead, so that the first answer is quick; nothing is said.

        Raises:
            ModelUnavailable: The model cannot be loaded or run.
        """
        ...

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
        """Answer the last message.

        Args:
            session: Conversations of different sessions never see each other's words.
            messages: The whole conversation. A model with a memory reads only what is new; after a retry
                it goes back to where the branch leaves what it knows.
            note: Read after the last message, for this answer only, and forgotten afterwards.
            sampling: How the answer is drawn; ``samples`` must be 1.
            on_text: Given each piece of text as it comes; an answer is stopped by returning False.
            cancel: Checked between tokens.

        Returns:
            The answer as far as it went; ``is_complete`` is False when it was stopped or ran out of room.

        Raises:
            ModelUnavailable: The model can no longer be run.
            Cancelled: ``cancel`` was set.
        """
        ...

    def forget(self, session: str) -> None:
        """Release what is kept of a session."""
        ...


class TranscriptCoder(Coder, Protocol):
    """A coder that is much quicker when it gets whole transcripts."""

    def code_transcript(
        self,
        turns: Sequence[TranscriptTurn],
        *,
        cancel: Cancellation | None = None,
        on_done: OnDone | None = None,
    ) -> tuple[TurnCodes, ...]:
        """Code the turns of one or several sessions; the codes come in the same order."""
        ...


class Grader(Protocol):
    """Rates the criteria of a rubric from what was said. Never defaulted to the patient's own model."""

    @property
    def grader_id(self) -> str:
        """What judges: model and prompt with their hashes, for provenance."""
        ...

    def grade(
        self,
        turns: Sequence[CodedTurn],
        rubric: Rubric,
        *,
        cancel: Cancellation | None = None,
        on_done: OnDone | None = None,
    ) -> tuple[Score, ...]:
        """Rate each criterion of a rubric, in its order.

        Every value rests on verbatim quotes of the turns; what cannot be rated says why.

        Raises:
            ModelUnavailable: The model behind it cannot be run.
            Cancelled: ``cancel`` was set.
        """
        ...
