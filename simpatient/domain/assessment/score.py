"""Scores: a value with evidence, or a reason for having none. Nothing else may be shown."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Self

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
    """Who or what judged, with versions.

    Attributes:
        from_earlier_words: Whether words of the conversation were corrected after it was judged.
    """

    judged_by: str
    rubric_version: str
    coder: str = ""
    from_earlier_words: bool = Field(default=False, exclude_if=lambda is_earlier: not is_earlier)


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


Cause = Literal["end", "correction", "model", "formulas", "writing", "unknown"]


class ScorecardOrigin(Value):
    """Who or what made a revision of a scorecard, when, and from what.

    Attributes:
        cause: What led to it; ``unknown`` for those stored before origins were kept.
        actor: Id of the person on whose behalf.
        text_digest: Digest of the words it was made from; '' where it is unknown.
        coder: What coded the turns, with its version.
        model: The model that rated; '' where none did.
    """

    cause: Cause = "unknown"
    actor: str = ""
    at: datetime | None = None
    text_digest: str = ""
    coder: str = ""
    model: str = ""


class ScorecardRevision(Value):
    """One state of a scorecard. A revision is never changed: whatever changes a scorecard adds the next one.

    Attributes:
        number: From 1, within session, branch and rubric.
    """

    number: int = Field(ge=1)
    origin: ScorecardOrigin
    card: Scorecard


def current_revisions(history: Sequence[ScorecardRevision]) -> tuple[ScorecardRevision, ...]:
    """Return the revision in force of every rubric: the newest.

    This is the one rule. It is enough because a new revision is always made out of the one before it by
    ``services.sessions.scorecards``, which decides there what stays.
    """
    newest: dict[str, ScorecardRevision] = {}
    for revision in history:
        known = newest.get(revision.card.rubric)
        if known is None or revision.number > known.number:
            newest[revision.card.rubric] = revision
    return tuple(newest.values())


def critical_scores(cards: Sequence[Scorecard]) -> tuple[tuple[str, Score], ...]:
    """Return ``(rubric id, score)`` of everything that is shown before all else, in the cards' order."""
    return tuple((card.rubric, score) for card in cards for score in card.criteria if score.critical)
