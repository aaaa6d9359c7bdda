"""What a report shows, as plain words and pictures: built once, printed as PDF and as HTML.

Everything is a string that still has to be escaped by whoever prints it. Must not know how it is printed.
"""

from dataclasses import dataclass

from simpatient.reporting.pictures import Picture

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: a caption, column heads and rows; the first cell of a row names it."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """One or more pictures with a title, and the numbers behind them."""

    title: str
    note: str
    pictures: tuple[Picture, ...]
    data: Grid


@dataclass(frozen=True, slots=True)
class Quote:
    """Words somebody said, with the turn (from 1) they are in, or words the trainee wrote afterwards."""

    turn: int
    text: str
    supports: bool = True
    is_written: bool = False

    @property
    def where(self) -> str:
        """Where the words stand."""
        return "Written afterwards" if self.is_written else f"Turn {self.turn}"


@dataclass(frozen=True, slots=True)
class Point:
    """A strength or a next step."""

    title: str
    quote: Quote
    what: str
    why: str
    option: str


@dataclass(frozen=True, slots=True)
class Cue:
    """Something the patient offered, and when it was taken up."""

    quote: Quote
    outcome: str


@dataclass(frozen=True, slots=True)
class Cues:
    """The cues of one kind: how many were taken up, and those that waited or were passed over."""

    label: str
    summary: str
    why: str
    missed: tuple[Cue, ...]


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure's line: value, how much stands behind it, where it lies and who drew the borders."""

    label: str
    explanation: str
    value: str
    n: str
    band: str
    borders: str
    reason: str
    bar: Picture | None


@dataclass(frozen=True, slots=True)
class Rating:
    """A rated criterion; ``value`` says ``not scored: ...`` where there is none.

    Attributes:
        anchor: The scale's words for the value; '' without a value.
        is_critical: Whether it is shown before all others.
    """

    label: str
    question: str
    value: str
    is_scored: bool
    sureness: str
    quotes: tuple[Quote, ...]
    anchor: str = ""
    is_critical: bool = False


@dataclass(frozen=True, slots=True)
class Instrument:
    """All that one rubric says."""

    title: str
    label: str
    disclaimer: str
    citation: str
    ratings: tuple[Rating, ...]
    measures: tuple[Measure, ...]
    counts: Pairs


@dataclass(frozen=True, slots=True)
class HeldThing:
    """One thing the case holds, and how far the writing met it."""

    text: str
    outcome: str
    quote: Quote | None


@dataclass(frozen=True, slots=True)
class WrittenField:
    """One field of a written exercise: what was written, what it earned, what the case holds."""

    rating: Rating
    words: str
    notes: tuple[str, ...]
    held: tuple[HeldThing, ...]


@dataclass(frozen=True, slots=True)
class WrittenExercise:
    """The newest attempt at a written exercise."""

    title: str
    label: str
    disclaimer: str
    when: str
    figures: Pairs
    fields: tuple[WrittenField, ...]
    citation: str


@dataclass(frozen=True, slots=True)
class SpokenTurn:
    """One turn of the transcript, numbered from 1.

    Attributes:
        at: When a spoken turn began.
        silence: The silence before it.
        unheard: The rest of it that nobody heard.
        notes: What else there is to say of how it was spoken.
    """

    number: int
    speaker: str
    is_trainee: bool
    text: str
    tags: str
    is_marked: bool
    note: str
    at: str = ""
    silence: str = ""
    unheard: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Speaking:
    """How a talk was spoken: numbers, and the talk drawn in time unless no time can be right."""

    title: str
    rests_on: str
    figures: Grid
    drawn: Chart | None
    caution: str


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One thing the patient told or held back."""

    text: str
    outcome: str
    opens_with: str
    trust: str


@dataclass(frozen=True, slots=True)
class SessionView:
    """The feedback report of a session."""

    title: str
    subtitle: str
    facts: Pairs
    first: tuple[Rating, ...]
    too_short: bool
    strengths: tuple[Point, ...]
    next_steps: tuple[Point, ...]
    next_time: str
    cues: tuple[Cues, ...]
    own_rating: Pairs
    own_words: Pairs
    instruments: tuple[Instrument, ...]
    exercises: tuple[WrittenExercise, ...]
    curve: Chart | None
    turns: tuple[SpokenTurn, ...]
    code_key: Pairs
    has_rtl: bool
    disclosures: tuple[Disclosure, ...] | None
    disclosures_told: str
    simulation: Pairs
    versions: Grid
    trainee: str
    speaking: Speaking | None = None


@dataclass(frozen=True, slots=True)
class Objective:
    """A learning objective and where the trainee stands with it."""

    text: str
    state: str
    met_in: str


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of the course."""

    title: str
    note: str
    objectives: tuple[Objective, ...]


@dataclass(frozen=True, slots=True)
class ProgressView:
    """A trainee's progress over sessions."""

    title: str
    facts: Pairs
    curves: tuple[Chart, ...]
    units: tuple[Unit, ...]
    sessions: Grid
    notes: tuple[str, ...]
    trainee: str
