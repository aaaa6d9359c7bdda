"""Quotes behind a value: what somebody said in a turn, or what the trainee wrote after the session."""

from collections.abc import Sequence
from dataclasses import dataclass

from simpatient.domain.assessment.score import Evidence
from simpatient.presentation.words.numbers import turn_title

# A list of every quote teaches nothing; what speaks against a value is rarer and never crowded out.
MOST_FOR, MOST_AGAINST = 3, 2


@dataclass(frozen=True, slots=True)
class Quote:
    """Words with where they stand.

    Attributes:
        turn: The turn they are in, as stored; None for words written afterwards.
        supports: Whether they speak for the value.
    """

    text: str
    turn: int | None
    supports: bool = True

    @property
    def is_written(self) -> bool:
        """Whether they were written after the session."""
        return self.turn is None

    @property
    def where(self) -> str:
        """Where the words stand."""
        return "Written afterwards" if self.turn is None else turn_title(self.turn)


def quote(evidence: Evidence) -> Quote:
    """Return evidence as a quote."""
    return Quote(evidence.quote, None if evidence.written else evidence.turn, evidence.supports)


def quotes(evidence: Sequence[Evidence]) -> tuple[Quote, ...]:
    """Return all evidence as quotes, what speaks for the value first."""
    return tuple(quote(each) for each in sorted(evidence, key=lambda each: not each.supports))


def leading(found: Sequence[Quote]) -> tuple[Quote, ...]:
    """Return the few quotes that are shown unasked."""
    supporting = [each for each in found if each.supports][:MOST_FOR]
    return (*supporting, *[each for each in found if not each.supports][:MOST_AGAINST])
