"""The disclosure map: what the patient shared, what was held back, and what would have opened it."""

from dataclasses import dataclass

from simpatient.domain.assessment.debrief import DisclosureItem, DisclosureMap
from simpatient.presentation.feedback.scorecard import Bar
from simpatient.presentation.shapes.curves import TRUST
from simpatient.presentation.words.numbers import one_decimal, plural, turn_words, turns_words

SHARED, HELD_BACK = "Shared", "Held back"
NOT_ALL = "No session opens everything. What was held back is for another time."
_MOST_TURNS = 5


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One thing the patient shared or held back.

    Attributes:
        outcome: As a tag: in which turn it was shared or approached, or that it was not touched on.
        came_near: Held back, though the trainee came near it.
        opens_with: What would have opened it; '' once it was shared.
        trust_words: Whether trust stood in the way; '' once it was shared.
        trust: How high trust rose beside what was needed; None where it needs none, or once it was shared.
    """

    text: str
    is_shared: bool
    came_near: bool
    outcome: str
    opens_with: str
    trust_words: str
    trust: Bar | None


@dataclass(frozen=True, slots=True)
class DisclosureSection:
    """The whole map: a summary, then what was shared, what came near, what was not touched on."""

    summary: str
    shared: tuple[Disclosure, ...]
    held_back: tuple[Disclosure, ...]

    @property
    def all(self) -> tuple[Disclosure, ...]:
        """Everything in the order it is shown."""
        return (*self.shared, *self.held_back)


def title(patient: str) -> str:
    """Return the map's title."""
    return f"What {patient} shared, and what was held back"


def disclosure_section(found: DisclosureMap) -> DisclosureSection:
    """Return the map as shown; of what was held back, what came near first."""
    items = [_item(item) for item in found.items]
    return DisclosureSection(
        summary=f"{found.told} of {plural(len(found.items), 'thing')} came out",
        shared=tuple(item for item in items if item.is_shared),
        held_back=tuple(sorted((i for i in items if not i.is_shared), key=lambda item: not item.came_near)),
    )


def trust_words(item: DisclosureItem) -> str:
    """Return whether trust stood in the way of something held back."""
    if item.trust_needed <= TRUST.low:
        return "This needs no trust first."
    needed = f"this needs about {one_decimal(item.trust_needed)}"
    enough = ", so trust was not what was missing" if item.trust_reached >= item.trust_needed else ""
    return f"Trust reached {one_decimal(item.trust_reached)} of {TRUST.high:g}; {needed}{enough}."


def _item(item: DisclosureItem) -> Disclosure:
    is_shared = item.told_at is not None
    needs_trust = not is_shared and item.trust_needed > TRUST.low
    return Disclosure(
        text=item.text,
        is_shared=is_shared,
        came_near=not is_shared and bool(item.approached_at),
        outcome=_outcome(item),
        opens_with="" if is_shared else item.opens_with,
        trust_words="" if is_shared else trust_words(item),
        trust=_trust_bar(item) if needs_trust else None,
    )


def _trust_bar(item: DisclosureItem) -> Bar:
    words = trust_words(item)
    return Bar(
        value=item.trust_reached,
        low=TRUST.low,
        high=TRUST.high,
        borders=(item.trust_needed,),
        ends=("low", "high"),
        names=("", "enough trust"),
        words=words,
        alt=words,
    )


def _outcome(item: DisclosureItem) -> str:
    if item.told_at is not None:
        return f"Shared in {turn_words(item.told_at)}"
    if item.approached_at:
        more = len(item.approached_at) - _MOST_TURNS
        rest = f", and {more} more" if more > 0 else ""
        return f"Came near in {turns_words(item.approached_at[:_MOST_TURNS])}{rest}"
    return "Not touched on"
