"""Scores: a value with evidence, or a reason for having none. Nothing else may be shown."""

from collections.abc import Sequence
from typing import Self

from pydantic import Field, model_validator

from simpatient.domain.base import Value
from simpatient.domain.content.rubric import Policy, Threshold

NO_TURN = -1


class Evidence(Value):
    """A verbatim span of a turn, for or against a value; offsets are characters, end exclusive.

    A quote from something the trainee wrote names it in ``written`` and has no turn (``NO_TURN``).
    """

    turn: int
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    quote: str
    supports: bool = Field(alias="for", default=True)
    written: str = Field(default="", exclude_if=lambda field: not field)

    model_config = {**Value.model_config, "populate_by_name": True, "str_strip_whitespace": False}


class Provenance(Value):
    """Who or what judged, with versions."""

    judged_by: str
    rubric_version: str
    coder: str = ""


class Score(Value):
    """One criterion's value, or the reason it has none. A value without evidence is refused.

    A ``critical`` value is shown before all others and no other value makes up for it.
    """

    id: str
    value: float | None
    scale: tuple[float, float]
    confidence: float = Field(ge=0.0, le=1.0)
    status: Policy
    unscored_reason: str | None = None
    evidence: tuple[Evidence, ...] = ()
    provenance: Provenance | None = None
    critical: bool = Field(default=False, exclude_if=lambda critical: not critical)

    @model_validator(mode="after")
    def _value_needs_evidence(self) -> Self:
        if self.value is None and not self.unscored_reason:
            raise ValueError("a score without a value needs a reason")
        if self.value is not None and not self.evidence:
            raise ValueError("a score with a value needs evidence")
        return self


class SummaryValue(Value):
    """A computed summary; ``undefined`` when its denominator is zero."""

    id: str
    value: float | None
    n: int
    undefined: bool
    enough: bool = True
    band: str | None = None
    thresholds: tuple[Threshold, ...] = ()
    evidence: tuple[Evidence, ...] = ()


class Overall(Value):
    """A number in 0..1 used to order sessions; never shown to a trainee as a grade."""

    value: float | None = Field(default=None, ge=0.0, le=1.0)
    confidence: float = Field(ge=0.0, le=1.0)


class Scorecard(Value):
    """All scores of one session by one rubric."""

    session_id: str
    rubric: str
    rubric_version: str
    criteria: tuple[Score, ...]
    counts: dict[str, int]
    count_evidence: dict[str, tuple[Evidence, ...]] = Field(default_factory=dict)
    summaries: tuple[SummaryValue, ...]
    overall: Overall
    provenance: Provenance | None = None


def critical_scores(cards: Sequence[Scorecard]) -> tuple[tuple[str, Score], ...]:
    """Return ``(rubric id, score)`` of everything that is shown before all else, in the cards' order."""
    return tuple((card.rubric, score) for card in cards for score in card.criteria if score.critical)
