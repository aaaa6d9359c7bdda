"""Debrief: what a trainee takes away, every point tied to a turn."""

from typing import Literal

from simpatient.domain.assessment.score import Evidence, Scorecard
from simpatient.domain.assessment.speaking_times import SpeakingTimes
from simpatient.domain.base import Value


class Moment(Value):
    """One thing to keep or to change: what happened, why it matters, one possible better line.

    Attributes:
        retry_from: The patient turn to go back to, so that the trainee answers it again.
    """

    kind: Literal["keep", "change"]
    title: str
    what: str
    why: str
    better_line: str = ""
    evidence: Evidence
    retry_from: int | None = None
    measure: str = ""


class CueHeard(Value):
    """One cue the patient gave, and when the trainee took it up.

    Attributes:
        answered_at: The trainee turn that took it up; None when none did.
        trainee_turns: How many trainee turns it took; 1 is the very next. None when none did.
        seconds: Time from the end of the cue to that turn, where turns carry times.
    """

    evidence: Evidence
    answered_at: int | None = None
    trainee_turns: int | None = None
    seconds: float | None = None


class CueGroup(Value):
    """All cues of one kind in a session, in the order they were given.

    Attributes:
        drill: Id of the drill that practises taking them up; '' when there is none.
    """

    kind: str
    label: str
    why: str
    serious: bool = False
    drill: str = ""
    cues: tuple[CueHeard, ...]

    @property
    def at_once(self) -> int:
        """How many were taken up in the very next turn."""
        return sum(cue.trainee_turns == 1 for cue in self.cues)

    @property
    def waited(self) -> tuple[CueHeard, ...]:
        """The cues not taken up at once, those no turn took up first."""
        return tuple(
            sorted((c for c in self.cues if c.trainee_turns != 1), key=lambda cue: cue.answered_at is not None)
        )

    @property
    def passed_over(self) -> tuple[CueHeard, ...]:
        """The cues no turn took up."""
        return tuple(cue for cue in self.cues if cue.answered_at is None)


class DisclosureItem(Value):
    """One gated fact: disclosed or held back, and what would have opened it."""

    fact_id: str
    text: str
    told_at: int | None
    approached_at: tuple[int, ...] = ()
    opens_with: str
    trust_needed: float
    trust_reached: float


class StatePoint(Value):
    """The patient's state after a patient turn, for the curve."""

    turn: int
    trust: float
    engagement: float
    readiness: float
    resistance: float


class Debrief(Value):
    """Feedback on one branch of a session, made from the transcript alone.

    The disclosure map compares with the hidden case and is opened in a separate step.

    Attributes:
        next_drill: Id of the drill for what mattered most; '' when there is none.
        speaking: How the talk was spoken; None when it was typed.
    """

    session_id: str
    keep: tuple[Moment, ...]
    change: tuple[Moment, ...]
    scorecards: tuple[Scorecard, ...]
    next_step: str
    next_drill: str = ""
    curve: tuple[StatePoint, ...]
    cues: tuple[CueGroup, ...] = ()
    speaking: SpeakingTimes | None = None
    too_short: bool = False


class DisclosureMap(Value):
    """What the patient disclosed and what they held back."""

    session_id: str
    items: tuple[DisclosureItem, ...]

    @property
    def told(self) -> int:
        """How many facts came out."""
        return sum(item.told_at is not None for item in self.items)
