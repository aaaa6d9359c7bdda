"""What a trainee takes away from a session: what to keep, what to try next, and their own rating beside it."""

from collections.abc import Mapping
from dataclasses import dataclass

from simpatient.domain.assessment.debrief import Debrief, Moment
from simpatient.domain.session.session import SelfRating
from simpatient.presentation.feedback.quotes import Quote, quote
from simpatient.presentation.shapes.tables import Pairs
from simpatient.presentation.words.perspective import Perspective
from simpatient.presentation.words.wording import from_id

KEEP, CHANGE, NEXT_TIME = "What to keep", "What to try next", "Next time"
BETTER_LINE = "One possible better line"
TOO_SHORT = "Too short for feedback"
_NOTHING = {"keep": "Nothing stood out strongly enough to name.", "change": "Nothing needs changing first."}
_TOO_SHORT_WORDS = "With only a few turns there is not enough to say anything fair."
_HIGHEST_OWN = 5


@dataclass(frozen=True, slots=True)
class Point:
    """A strength or a next step, tied to a turn.

    Attributes:
        turn: The turn it is about.
        retry_from: The patient turn to go back to; None where there is nothing to retry.
    """

    kind: str
    title: str
    quote: Quote
    what: str
    why: str
    better_line: str
    turn: int
    retry_from: int | None


@dataclass(frozen=True, slots=True)
class PointGroup:
    """Strengths or next steps under their heading, or that there are none."""

    heading: str
    points: tuple[Point, ...]
    nothing: str


@dataclass(frozen=True, slots=True)
class OwnRating:
    """How the trainee rated the session before any feedback was shown."""

    ratings: Pairs
    words: Pairs


def keep_and_change(debrief: Debrief) -> tuple[PointGroup, PointGroup]:
    """Return what to keep and what to try next."""
    return _group("keep", KEEP, debrief.keep), _group("change", CHANGE, debrief.change)


def too_short_words(debrief: Debrief) -> str:
    """Return what is said of a session that is too short for feedback; '' of any other."""
    return (debrief.next_step or _TOO_SHORT_WORDS) if debrief.too_short else ""


def own_rating(rating: SelfRating | None, questions: Mapping[str, str], perspective: Perspective) -> OwnRating | None:
    """Return the trainee's own rating; None when there is none.

    Args:
        rating: As stored.
        questions: The questions by id; one that is gone is named by its id.
        perspective: To whom the text speaks.
    """
    if rating is None:
        return None
    known = {name: questions.get(name, from_id(name).capitalize()) for name in rating.ratings}
    words = (
        ("What went well", rating.went_well),
        (f"What {perspective.subject} would do differently", rating.would_change),
    )
    return OwnRating(
        ratings=tuple((known[name], f"{value} of {_HIGHEST_OWN}") for name, value in rating.ratings.items()),
        words=tuple((label, text) for label, text in words if text.strip()),
    )


def _group(kind: str, heading: str, moments: tuple[Moment, ...]) -> PointGroup:
    return PointGroup(heading, tuple(_point(moment) for moment in moments), "" if moments else _NOTHING[kind])


def _point(moment: Moment) -> Point:
    return Point(
        kind=moment.kind,
        title=moment.title,
        quote=quote(moment.evidence),
        what=moment.what,
        why=moment.why,
        better_line=moment.better_line,
        turn=moment.evidence.turn,
        retry_from=moment.retry_from,
    )
