"""Ports the two engines need. The ports of the use cases are in ``services.ports``."""

from collections.abc import Sequence
from typing import Protocol

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


class RememberingEncoder(SentenceEncoder, Protocol):
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
