"""Behaviour codes: what a turn of a conversation was, and how sure the coder is.

Heads and utterance codes follow ARCHITECTURE.md, "File formats"; the labels themselves are data
(``assets/schemes``), so no code value is spelled out here.
"""

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from simpatient.domain.base import Value

Speaker = Literal["trainee", "patient"]
Valence = Literal["consistent", "neutral", "inconsistent"]


class Label(Value):
    """One label of a head with the calibrated probability that it is right (0..1)."""

    code: str
    confidence: float = Field(ge=0.0, le=1.0)


class UtteranceLabel(Value):
    """A code of a coding scheme given to an utterance."""

    scheme: str
    code: str
    confidence: float = Field(ge=0.0, le=1.0)


class Utterance(Value):
    """A span of a turn that gets codes; ``start`` and ``end`` are character offsets, end exclusive."""

    start: int = Field(ge=0)
    end: int = Field(ge=0)
    text: str
    codes: tuple[UtteranceLabel, ...] = ()


class TurnCodes(Value):
    """All codes of one turn: four trainee heads or the one patient head, and the utterances."""

    main: Label | None = None
    question: Label | None = None
    reflection: Label | None = None
    input: Label | None = None
    talk: Label | None = None
    utterances: tuple[Utterance, ...] = ()

    def utterance_codes(self) -> tuple[str, ...]:
        """Return the first code of every coded utterance, in spoken order."""
        return tuple(u.codes[0].code for u in self.utterances if u.codes)


class BehaviorCode(Value):
    """One code of a scheme: what it means in our own words, and how it maps to other schemes.

    Attributes:
        letters: The short tag in transcripts, of this code alone; empty where the label is short enough.
    """

    code: str
    label: str
    letters: str = ""
    meaning: str
    valence: Valence = "neutral"
    speaker: Speaker = "trainee"
    maps_to: dict[str, str] = Field(default_factory=dict)


class CodingScheme(Value):
    """A set of codes with their source. Schemes are data; see ``assets/schemes``."""

    id: str
    version: str
    title: str
    source: str
    codes: tuple[BehaviorCode, ...]


class CodeNames:
    """What codes are called, read from the schemes, so that the window and every report say the same."""

    def __init__(self, schemes: Iterable[CodingScheme] = ()) -> None:
        self._codes = {code.code: code for scheme in schemes for code in scheme.codes}

    def label(self, code: str) -> str:
        """Return a code's name; of a code no scheme has, its id as words."""
        known = self._codes.get(code)
        return known.label if known else code.replace("_", " ").replace("-", " ").strip().capitalize()

    def tag(self, code: str) -> str:
        """Return a code's letters, or its name where it has none: never the tag of another code."""
        known = self._codes.get(code)
        return (known.letters if known else "") or self.label(code)
