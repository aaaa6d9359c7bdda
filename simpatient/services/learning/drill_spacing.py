"""When a drill is due again: the FSRS model, fed with how many tries a round took.

The one place that knows the ``fsrs`` library. Days, not minutes: a skill is not a word list, and what is practised
again within the same sitting is the trainee's own choice. Must not know drills or storage.
"""

from datetime import UTC, datetime, time, timedelta

from fsrs import Card, Rating, Scheduler, State

from simpatient.domain.learning.drill import Memory

# Default parameters of FSRS-6. 95 per cent instead of its usual 90, and a season at most, because a skill has to be
# there when a patient needs it; both are our choice. Without fuzz, so that the same tries give the same days.
_SCHEDULER = Scheduler(
    desired_retention=0.95, learning_steps=(), relearning_steps=(), maximum_interval=90, enable_fuzzing=False
)

_HALF_A_DAY = timedelta(hours=12)


def rating(tries_needed: int | None) -> Rating:
    """Return how well a round went: at once, at the second try, later, or not at all (None)."""
    if tries_needed is None:
        return Rating.Again
    return {1: Rating.Easy, 2: Rating.Good}.get(tries_needed, Rating.Hard)


def remembered(before: Memory | None, tries_needed: int | None, now: datetime) -> Memory:
    """Return the memory after a round.

    Args:
        before: The memory before it; None the first time.
        tries_needed: Which try of the round went well, from 1; None when none did.
        now: Aware, in any time zone.
    """
    day = _noon(now)
    card, _ = _SCHEDULER.review_card(_card(before, day), rating(tries_needed), day)
    # Due from the morning on, whatever the hour of practice was.
    return Memory(
        stability=card.stability, difficulty=card.difficulty, last_at=now.astimezone(UTC), due=card.due - _HALF_A_DAY
    )


def _noon(moment: datetime) -> datetime:
    """Return noon, in UTC, of a moment's day on the trainee's calendar.

    fsrs counts whole spans of 24 hours: practised daily, but five minutes earlier each day, a drill would count as
    practised twice on one day and never take hold (findings/fsrs-daily-practice-under-24-hours.sh).
    """
    return datetime.combine(moment.astimezone().date(), time(12), tzinfo=UTC)


def _card(memory: Memory | None, at: datetime) -> Card:
    # The id and the due date of a card play no part in what comes next; given, so that the library asks no clock.
    if memory is None:
        return Card(card_id=0, due=at)
    return Card(
        card_id=0,
        state=State.Review,
        stability=memory.stability,
        difficulty=memory.difficulty,
        due=memory.due,
        last_review=_noon(memory.last_at),
    )
