"""Ports the two engines need. The ports of the use cases are in ``services.ports``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from simpatient.domain.codes import Speaker, TurnCodes

Embeddings = NDArray[np.float32]


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
class Reading:
    """A turn to be read: its text, the other speaker's turn before, and spans (start, end) of interest."""

    text: str
    previous: str = ""
    spans: tuple[tuple[int, int], ...] = ()


class ReadingEncoder(SentenceEncoder, Protocol):
    """An encoder that also gives what its middle layers, and adapted top layers, make of a turn."""

    def read(self, adapter: Adapter | None, readings: Sequence[Reading], *, keep: bool = True) -> list[Embeddings]:
        """Return one matrix per reading: a row for the turn, one for the turn before, one per span.

        Columns: the middle layers' mean at unit length, then the adapted layers' mean (zero without an
        adapter and in the row of the turn before). Rows of blank texts are zero. ``keep``: also work
        out and remember the turn's meaning vector, which costs little here and the next
        ``encode`` of the same text nothing.

        Raises:
            ModelUnavailable: The model's files are missing or damaged.
        """
        ...


class RememberingEncoder(ReadingEncoder, Protocol):
    """An encoder that keeps what it has encoded: single texts for a while, named sets for good."""

    def encode_set(self, name: str, texts: Sequence[str]) -> Embeddings:
        """Return the rows of a fixed set of texts, computed once per machine."""
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
