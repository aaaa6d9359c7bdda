"""What the patient offered and when it was taken up; what was let go comes first."""

from collections.abc import Sequence
from dataclasses import dataclass

from simpatient.domain.assessment.debrief import CueGroup, CueHeard
from simpatient.presentation.feedback.quotes import Quote, quote
from simpatient.presentation.words.numbers import turn_words, whole_seconds
from simpatient.presentation.words.perspective import Perspective

HEADING = "What the patient offered, and when it was taken up"
MOST_SHOWN = 3  # of one kind; a list of everything missed teaches nothing


@dataclass(frozen=True, slots=True)
class Cue:
    """One thing the patient offered that was not taken up at once, and when it was."""

    quote: Quote
    turn: int
    outcome: str


@dataclass(frozen=True, slots=True)
class Cues:
    """The cues of one kind.

    Attributes:
        count: How many were taken up at once, as a tag.
        summary: The same in a sentence, with those nobody took up.
        missed: The few that are shown of those that waited.
        more: That there are more of them; '' when there are not.
        drill: Id of the drill that practises taking them up; '' when there is none.
    """

    label: str
    count: str
    summary: str
    why: str
    missed: tuple[Cue, ...]
    more: str
    drill: str


def cues(groups: Sequence[CueGroup], perspective: Perspective) -> tuple[Cues, ...]:
    """Return all kinds of cues of a session."""
    return tuple(_group(group, perspective) for group in groups)


def _group(group: CueGroup, perspective: Perspective) -> Cues:
    total, rest = len(group.cues), len(group.waited) - MOST_SHOWN
    return Cues(
        label=group.label,
        count=f"{group.at_once} of {total} at once",
        summary=f"{group.at_once} of {total} taken up at once, {len(group.passed_over)} not at all.",
        why=group.why,
        missed=tuple(_cue(cue, perspective) for cue in group.waited[:MOST_SHOWN]),
        more=f"And {rest} more in the transcript." if rest > 0 else "",
        drill=group.drill,
    )


def _cue(cue: CueHeard, perspective: Perspective) -> Cue:
    return Cue(quote(cue.evidence), cue.evidence.turn, _outcome(cue, perspective))


def _outcome(cue: CueHeard, perspective: Perspective) -> str:
    if cue.answered_at is None or cue.trainee_turns is None:
        return "not taken up"
    after = "" if cue.seconds is None else f", after {whole_seconds(cue.seconds)}"
    return (
        f"taken up in {turn_words(cue.answered_at)}, {cue.trainee_turns} of {perspective.possessive} turns later{after}"
    )
