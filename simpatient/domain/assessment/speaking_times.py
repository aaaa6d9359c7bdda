"""How two people spoke, as times: who when, who how long, silences, interruptions, pace.

Times and counts of words only: nothing here says anything about emotion, accent or identity. Every moment is in
seconds into the talk: from its first spoken word on, without its pauses.
"""

from pydantic import Field

from simpatient.domain.assessment.codes import Speaker
from simpatient.domain.base import Value


class Figure(Value):
    """A number made of times.

    Attributes:
        value: None where there is too little to say.
        n: How many observations stand behind it.
        why: What is missing; '' when nothing is.
    """

    value: float | None
    n: int = Field(ge=0)
    why: str = ""


class SpokenStretch(Value):
    """One turn on the timeline.

    Attributes:
        words: How many words were said.
        pace: Words a minute; None for a turn of too few words.
        was_cut_off: The other speaker broke in before the end.
        waited_s: Quiet between the turn before and this one; negative for as long as both spoke; None where it
            is not known (the first turn, or the talk was paused or typed in between).
    """

    turn: int
    speaker: Speaker
    start_s: float
    end_s: float
    words: int
    pace: float | None = None
    was_cut_off: bool = False
    waited_s: float | None = None

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return self.end_s - self.start_s


class Silence(Value):
    """A silence within the talk, with the turns before and after it and who ended it."""

    after_turn: int
    before_turn: int
    start_s: float
    end_s: float
    ended_by: Speaker

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return self.end_s - self.start_s


class Aside(Value):
    """A time at ``at_s`` into the talk for which it was paused: a turn typed, a pause, a retry begun later."""

    after_turn: int
    at_s: float
    seconds: float


class Interruption(Value):
    """A trainee's turn that began while the patient was speaking.

    Attributes:
        turn: The trainee's.
        patient_turn: The one broken into.
        at_s: When the trainee began.
        overlap_s: For how long both spoke; 0 where the patient fell silent at once.
        stopped_patient: The patient's turn was left unfinished.
    """

    turn: int
    patient_turn: int
    at_s: float
    overlap_s: float = Field(ge=0.0)
    stopped_patient: bool = False


class Monologue(Value):
    """The longest time the trainee spoke without a word of the patient's and without a silence."""

    turn: int
    start_s: float
    end_s: float
    words: int

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return self.end_s - self.start_s


class Latency(Value):
    """How long the trainee waited after the patient's last word, in seconds, over turns that were no interruption.

    Attributes:
        median: None where there is too little to say.
        low: The lower quartile.
        high: The upper quartile.
        longest: The longest wait.
        longest_turn: The turn that came after it.
        n: How many answers stand behind it.
        why: What is missing; '' when nothing is.
    """

    median: float | None = None
    low: float | None = None
    high: float | None = None
    longest: float | None = None
    longest_turn: int | None = None
    n: int = 0
    why: str = ""


class SpeakingTimes(Value):
    """How a talk was spoken.

    ``alone_s + overlap_s + quiet_s`` is ``span_s``.

    Attributes:
        rows: The spoken turns in order.
        silences: The silences long enough to be felt as one.
        asides: When the talk was paused.
        interruptions: The trainee's, in order.
        longest: The trainee's longest monologue.
        span_s: From the first word to the last, without asides.
        alone_s: Time in which just one of the two spoke.
        overlap_s: Time in which both spoke.
        quiet_s: Time in which neither spoke.
        trainee_s: How long the trainee spoke.
        patient_s: How long the patient spoke.
        talk_share: The trainee's share of speaking time, 0..1.
        word_share: The trainee's share of the words of the same turns, 0..1.
        latency: The trainee's.
        silence_share: Of the silences, the share the trainee left for the patient to end, 0..1.
        interruption_rate: Interruptions in ten minutes of talk.
        trainee_pace: Words a minute.
        patient_pace: As above.
        typed: Turns without times, not counted here.
        dropped: Turns whose times cannot be right, not counted here.
    """

    rows: tuple[SpokenStretch, ...]
    silences: tuple[Silence, ...] = ()
    asides: tuple[Aside, ...] = ()
    interruptions: tuple[Interruption, ...] = ()
    longest: Monologue | None = None
    span_s: float = 0.0
    alone_s: float = 0.0
    overlap_s: float = 0.0
    quiet_s: float = 0.0
    trainee_s: float = 0.0
    patient_s: float = 0.0
    talk_share: Figure
    word_share: Figure
    latency: Latency
    silence_share: Figure
    interruption_rate: Figure
    trainee_pace: Figure
    patient_pace: Figure
    typed: int = 0
    dropped: int = 0

    def row(self, turn: int) -> SpokenStretch | None:
        """Return a turn's place on the timeline; None when it was not spoken."""
        return next((row for row in self.rows if row.turn == turn), None)

    def silence_before(self, turn: int) -> Silence | None:
        """Return the silence a turn ended, if there was one."""
        return next((silence for silence in self.silences if silence.before_turn == turn), None)

    def interruption(self, turn: int) -> Interruption | None:
        """Return the interruption a trainee's turn was, if it was one."""
        return next((found for found in self.interruptions if found.turn == turn), None)
