"""Written exercises: what a trainee writes down after a session, and what of the hidden case it met.

Must not know any rubric, nor how writing is judged or stored.
"""

from datetime import datetime
from typing import Literal

from pydantic import Field

from simpatient.domain.assessment.score import Evidence, Score, SummaryValue
from simpatient.domain.base import Value
from simpatient.domain.content.rubric import Criterion, Rubric

# From which share of its credit on a thing counts as met, and as partly met, when put in a word. Set by hand: at
# these shares the levels of a written field say "most of it" and "a little of it".
MET_FROM, PARTLY_FROM = 0.75, 0.25
Outcome = Literal["met", "partly", "not_met"]


class Held(Value):
    """One thing the case holds, and how far an answer met it.

    Attributes:
        credit: Share of its credit that was earned, 0..1.
        evidence: The trainee's words that came nearest; None when none came near.
    """

    text: str
    credit: float = Field(ge=0.0, le=1.0)
    evidence: Evidence | None = None

    @property
    def outcome(self) -> Outcome:
        """The credit in a word."""
        return "met" if self.credit >= MET_FROM else "partly" if self.credit >= PARTLY_FROM else "not_met"


class FieldResult(Value):
    """What one field earned.

    Attributes:
        score: Its value with evidence, or why there is none; ``score.id`` names the criterion.
        held: What the case holds here, in its order; empty when nothing was written or nothing is held.
        unread: How many later statements were left unread, because an answer may not list everything.
        after_reveal: Whether the case's side of this field had been shown before it was written.
    """

    score: Score
    held: tuple[Held, ...] = ()
    unread: int = Field(default=0, ge=0)
    after_reveal: bool = False


class Attempt(Value):
    """One attempt at a written exercise, with its result.

    Attributes:
        number: From 1, within the session and rubric.
        texts: What was written, by id of the answer; only what is not blank.
        summaries: Figures over all fields; none where a rubric also rates the talk.
    """

    session_id: str
    rubric: str
    rubric_version: str
    number: int = Field(ge=1)
    at: datetime
    texts: dict[str, str]
    results: tuple[FieldResult, ...]
    summaries: tuple[SummaryValue, ...] = ()

    model_config = {**Value.model_config, "str_strip_whitespace": False}


class Exercise(Value):
    """A rubric that takes writing, with the attempts made at it after one session, oldest first."""

    rubric: Rubric
    attempts: tuple[Attempt, ...] = ()

    @property
    def fields(self) -> tuple[Criterion, ...]:
        """The criteria that judge what is written."""
        return written_criteria(self.rubric)


def written_criteria(rubric: Rubric) -> tuple[Criterion, ...]:
    """Return the criteria of a rubric that judge what is written after the session."""
    return tuple(criterion for criterion in rubric.criteria if criterion.written)
