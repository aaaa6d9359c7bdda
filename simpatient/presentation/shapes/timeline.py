"""A talk drawn in time: who spoke when, silences, interruptions, over a few strips of the same length.

Everything a front needs to draw it: which piece lies in which strip, and where in it, as a share of its length.
"""

from dataclasses import dataclass
from math import ceil
from typing import Literal

from simpatient.domain.assessment.speaking_times import SpeakingTimes, SpokenStretch
from simpatient.presentation.words.numbers import clock, plural, turn_title, whole_seconds
from simpatient.presentation.words.perspective import Perspective

# Seconds a strip may cover, and into how many parts its ticks divide it.
_STRIPS_S = {60.0: 4, 120.0: 4, 300.0: 5, 600.0: 5}
_MOST_STRIPS = 6
_LEAST_WAIT_S = 1.0  # a shorter wait is no news

Sign = Literal["upper", "lower", "silence", "mark", "break"]


@dataclass(frozen=True, slots=True)
class Block:
    """Somebody speaking: in the upper lane (0) or the lower (1), seconds from and to, and what it is in words."""

    turn: int
    lane: int
    start: float
    end: float
    words: str


@dataclass(frozen=True, slots=True)
class TimelineSpan:
    """A silence, seconds from and to, and what it is in words."""

    start: float
    end: float
    words: str

    @property
    def label(self) -> str:
        """How long it lasted."""
        return whole_seconds(self.end - self.start)


@dataclass(frozen=True, slots=True)
class Piece:
    """The part of a stretch of time that lies in one strip, as shares of the strip's length."""

    strip: int
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class TalkTimes:
    """What a timeline shows.

    Attributes:
        lanes: The speakers' names, upper lane first.
        marks: Moments at which the upper lane's speaker broke in, seconds.
        breaks: Moments at which the talk was set aside, seconds.
        length: Seconds from the first word to the last.
    """

    lanes: tuple[str, str]
    blocks: tuple[Block, ...]
    silences: tuple[TimelineSpan, ...]
    marks: tuple[float, ...]
    breaks: tuple[float, ...]
    length: float

    @property
    def strip_s(self) -> float:
        """How many seconds a strip covers, so that a talk needs few strips and short turns can be seen."""
        return next((each for each in _STRIPS_S if self.length <= each * _MOST_STRIPS), max(_STRIPS_S))

    @property
    def strips(self) -> int:
        """How many strips there are."""
        return max(1, ceil(self.length / self.strip_s))

    def pieces(self, start: float, end: float) -> tuple[Piece, ...]:
        """Return the parts of a stretch of time, strip by strip."""
        found = []
        for strip in range(min(int(start // self.strip_s), self.strips - 1), self.strips):
            begins, ends = strip * self.strip_s, (strip + 1) * self.strip_s
            if begins >= end:
                break
            place = [(each - begins) / self.strip_s for each in (max(start, begins), min(end, ends))]
            found.append(Piece(strip, *place))
        return tuple(found)

    def moment(self, seconds: float) -> Piece:
        """Return the place of a moment."""
        strip = min(int(seconds // self.strip_s), self.strips - 1)
        share = (seconds - strip * self.strip_s) / self.strip_s
        return Piece(strip, share, share)

    def covered(self, strip: int) -> float:
        """Return up to which share of a strip there was any talk."""
        return min(1.0, max(self.length / self.strip_s - strip, 0.0))

    def ticks(self, strip: int) -> tuple[tuple[float, str], ...]:
        """Return the ticks below a strip as ``(share, time)``."""
        parts = _STRIPS_S[self.strip_s]
        shares = [part / parts for part in range(parts + 1)]
        return tuple(
            (share, clock(round((strip + share) * self.strip_s)))
            for share in shares
            if not share or share <= self.covered(strip)
        )


def talk_times(times: SpeakingTimes, patient: str, perspective: Perspective) -> TalkTimes:
    """Return a talk as it is drawn."""
    return TalkTimes(
        lanes=(perspective.name, patient),
        blocks=tuple(
            Block(
                row.turn,
                int(row.speaker == "patient"),
                row.start_s,
                row.end_s,
                _words(row, times, patient, perspective),
            )
            for row in times.rows
        ),
        silences=tuple(
            TimelineSpan(s.start_s, s.end_s, f"{whole_seconds(s.seconds)} of silence") for s in times.silences
        ),
        marks=tuple(found.at_s for found in times.interruptions),
        breaks=tuple(aside.at_s for aside in times.asides),
        length=times.span_s,
    )


def alt(times: SpeakingTimes) -> str:
    """Return the drawing in words."""
    return (
        f"Timeline of {plural(len(times.rows), 'spoken turn')} over {clock(times.span_s)} minutes, with "
        f"{plural(len(times.silences), 'silence')} and {plural(len(times.interruptions), 'interruption')}. "
        "The same is in the table."
    )


def key(times: SpeakingTimes, patient: str, perspective: Perspective) -> tuple[tuple[Sign, str], ...]:
    """Return the key to the signs in use."""
    entries: list[tuple[Sign, str]] = [("upper", perspective.name), ("lower", patient)]
    if times.silences:
        entries.append(("silence", "Silence of 3 seconds or more"))
    if times.interruptions:
        entries.append(("mark", f"{perspective.start(perspective.subject)} began while {patient} was speaking"))
    if times.asides:
        entries.append(("break", "The talk was paused"))
    return tuple(entries)


def what_happened(stretch: SpokenStretch, times: SpeakingTimes, patient: str) -> str:
    """Return what was particular about how a turn was spoken; '' for nothing."""
    found = []
    if times.interruption(stretch.turn) is not None:
        found.append(f"began while {patient} was speaking")
    elif stretch.waited_s is not None and stretch.waited_s >= _LEAST_WAIT_S:
        found.append(f"after {whole_seconds(stretch.waited_s)} of quiet")
    if stretch.was_cut_off:
        found.append("was cut off")
    return ", ".join(found)


def _words(stretch: SpokenStretch, times: SpeakingTimes, patient: str, perspective: Perspective) -> str:
    who = perspective.who(stretch.speaker, patient)
    words = f"{turn_title(stretch.turn)}, {who}, {clock(stretch.start_s)} to {clock(stretch.end_s)}"
    happened = what_happened(stretch, times, patient)
    return f"{words}: {happened}" if happened else words
