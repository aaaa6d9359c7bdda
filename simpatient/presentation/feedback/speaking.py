"""How a talk was spoken: a few calm figures, each with what it is based on, and the talk drawn in time.

Must not know how times are measured or counted.
"""

from dataclasses import dataclass

from simpatient.domain.assessment.codes import Speaker
from simpatient.domain.assessment.speaking_times import SpeakingTimes
from simpatient.presentation.shapes import timeline
from simpatient.presentation.shapes.tables import Table
from simpatient.presentation.shapes.timeline import Sign, TalkTimes
from simpatient.presentation.words.numbers import (
    NONE,
    clock,
    how_often,
    number,
    plural,
    turn_number,
    turn_words,
    whole_seconds,
)
from simpatient.presentation.words.perspective import Perspective

DRAWN = "The talk in time"
CAUTION = (
    "Times only: they say nothing about how anybody sounded, and none of them is good or bad in itself. Part of the "
    "quiet before a simulated patient's answer is the program's own time to think."
)


_HEAD = ("Measure", "Value", "n", "What it is based on")


@dataclass(frozen=True, slots=True)
class SpeakingFigure:
    """A number made of times.

    Attributes:
        n: How many observations stand behind it.
        words: What it is based on, or why there is none.
        turn: A turn worth looking at; None where there is no such turn.
    """

    title: str
    value: str
    n: int
    words: str
    turn: int | None = None


@dataclass(frozen=True, slots=True)
class SpeakingSection:
    """The section about a spoken session.

    Attributes:
        figures: Empty when no time can be right.
        times: The talk as it is drawn; None when no time can be right.
        alt: The drawing in words.
        key: The key to its signs.
        table: The same turn by turn.
        turns: The turn behind each row of the table.
        moments: Silences and interruptions, in order.
    """

    title: str
    based_on: str
    figures: tuple[SpeakingFigure, ...]
    times: TalkTimes | None
    alt: str
    key: tuple[tuple[Sign, str], ...]
    table: Table
    turns: tuple[int, ...]
    moments: Table

    @property
    def figures_table(self) -> Table:
        """The figures as a table."""
        rows = tuple((each.title, each.value, str(each.n), each.words) for each in self.figures)
        return Table("Figures made of times, with how many observations stand behind each", _HEAD, rows)


def speaking_section(times: SpeakingTimes, patient: str, perspective: Perspective) -> SpeakingSection:
    """Return what is said of how a talk was spoken."""
    words = _TalkSentences(times, patient, perspective)
    has_times = bool(times.rows)
    return SpeakingSection(
        title=f"How {perspective.subject} spoke",
        based_on=_based_on(times),
        figures=words.figures() if has_times else (),
        times=timeline.talk_times(times, patient, perspective) if has_times else None,
        alt=timeline.alt(times),
        key=timeline.key(times, patient, perspective),
        table=words.table(),
        turns=tuple(row.turn for row in times.rows),
        moments=words.moments(),
    )


class _TalkSentences:
    """The sentences about one talk."""

    def __init__(self, times: SpeakingTimes, patient: str, perspective: Perspective) -> None:
        self._times, self._patient, self._to = times, patient, perspective
        self._yours = perspective.start(perspective.possessive)

    def figures(self) -> tuple[SpeakingFigure, ...]:
        """Return all figures in the order they are shown."""
        return (
            self._share(),
            self._wait(),
            self._silences(),
            self._interruptions(),
            self._pace(),
            self._longest(),
        )

    def table(self) -> Table:
        """Return the talk turn by turn."""
        head = ("Turn", "Speaker", "Began", "Lasted", "Words per minute", "What happened")
        rows = tuple(
            (
                turn_number(row.turn),
                self._to.speaker(row.speaker, self._patient),
                clock(row.start_s),
                number(row.seconds, "seconds"),
                number(row.pace, "count"),
                timeline.what_happened(row, self._times, self._patient) or NONE,
            )
            for row in self._times.rows
        )
        return Table(DRAWN, head, rows)

    def moments(self) -> Table:
        """Return silences and interruptions, in order."""
        found = [
            (s.start_s, s.before_turn, f"{whole_seconds(s.seconds)} of silence, ended by {self._who(s.ended_by)}")
            for s in self._times.silences
        ]
        for each in self._times.interruptions:
            cut = ", whose sentence broke off" if each.stopped_patient else ""
            began = f"{self._to.start(self._to.subject)} began while {self._patient} was speaking{cut}"
            found.append((each.at_s, each.turn, began))
        rows = tuple((clock(at), turn_number(turn), words) for at, turn, words in sorted(found))
        return Table("Silences and interruptions", ("At", "Turn", "What happened"), rows)

    def _who(self, speaker: Speaker) -> str:
        return self._to.who(speaker, self._patient)

    def _share(self) -> SpeakingFigure:
        times, share = self._times, self._times.talk_share
        words = share.why or (
            f"{clock(times.trainee_s)} of {clock(times.trainee_s + times.patient_s)} minutes. "
            f"Of the words: {number(times.word_share.value, 'share')}."
        )
        return SpeakingFigure(f"{self._yours} share of the speaking time", number(share.value, "share"), share.n, words)

    def _wait(self) -> SpeakingFigure:
        latency = self._times.latency
        title = f"Wait before {self._to.possessive} answer"
        if latency.median is None:
            return SpeakingFigure(title, NONE, latency.n, latency.why)
        low, high, longest = (number(each, "seconds") for each in (latency.low, latency.high, latency.longest))
        words = (
            f"Median of {plural(latency.n, 'answer')}; half lie between {low} and {high}. The longest was {longest}"
            f"{self._before(latency.longest_turn)}."
        )
        return SpeakingFigure(title, number(latency.median, "seconds"), latency.n, words, latency.longest_turn)

    @staticmethod
    def _before(turn: int | None) -> str:
        return "" if turn is None else f", before {turn_words(turn)}"

    def _silences(self) -> SpeakingFigure:
        silences = self._times.silences
        title = "Silences of 3 seconds or more"
        if not silences:
            return SpeakingFigure(title, "0", 0, "There was none.")
        left = sum(silence.ended_by == "patient" for silence in silences)
        longest = number(max(silence.seconds for silence in silences), "seconds")
        words = f"{left} of {len(silences)} left for {self._patient} to end; the longest lasted {longest}."
        return SpeakingFigure(title, str(len(silences)), len(silences), words)

    def _interruptions(self) -> SpeakingFigure:
        found, rate = self._times.interruptions, self._times.interruption_rate
        if not found:
            who = self._to.start(self._to.subject)
            return SpeakingFigure("Interruptions", "0", rate.n, f"{who} let {self._patient} finish each time.")
        words = rate.why if rate.value is None else f"{number(rate.value, 'rate')}."
        stopped = sum(each.stopped_patient for each in found)
        cut = f" {plural(stopped, 'sentence')} cut off." if stopped else ""
        return SpeakingFigure("Interruptions", str(len(found)), len(found), f"{words}{cut}", found[0].turn)

    def _pace(self) -> SpeakingFigure:
        mine, theirs = self._times.trainee_pace, self._times.patient_pace
        other = "" if theirs.value is None else f" {self._patient}: {number(theirs.value, 'pace')}."
        words = mine.why or f"Over {plural(mine.n, 'turn')}.{other}"
        return SpeakingFigure(f"{self._yours} pace", number(mine.value, "pace"), mine.n, words)

    def _longest(self) -> SpeakingFigure:
        longest = self._times.longest
        title = f"{self._yours} longest time speaking without a break"
        if longest is None:
            return SpeakingFigure(title, NONE, 0, f"None of {self._to.possessive} turns has times.")
        words = f"{plural(longest.words, 'word')} from {turn_words(longest.turn)} on."
        return SpeakingFigure(title, whole_seconds(longest.seconds), 1, words, longest.turn)


def _based_on(times: SpeakingTimes) -> str:
    words = f"From the times of {plural(len(times.rows), 'spoken turn')}, {clock(times.span_s)} minutes of talk."
    if times.typed:
        words += f" {plural(times.typed, 'turn')} typed or without times: not counted here."
    if times.dropped:
        words += f" {plural(times.dropped, 'turn')} left out, because the times cannot be right."
    if times.asides:
        words += f" The talk was paused {how_often(len(times.asides))}; pauses are not counted either."
    return words
