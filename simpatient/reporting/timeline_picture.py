"""A talk drawn in time for paper: a lane for each speaker, silences and interruptions, over a few strips.

Position, outline and shape carry the meaning, so that it can be read in black and white. Must not know how a
picture is printed.
"""

from math import ceil
from typing import Literal

from simpatient.domain.speaking_times import SpeakingTimes
from simpatient.presentation.numbers import clock
from simpatient.presentation.palette import PAPER
from simpatient.reporting.pictures import Box, Label, Path, Picture, Shape

WIDTH, HEIGHT = 480.0, 50.0
# Seconds a strip may cover, and into how many parts its ticks divide it.
_STRIPS_S = {60.0: 4, 120.0: 4, 300.0: 5, 600.0: 5}
_MOST_STRIPS = 6
_LEFT, _RIGHT, _TOP, _LANE, _BETWEEN = 66.0, 474.0, 9.0, 9.0, 4.0
_LONGEST_NAME = 14
_ROOM_FOR_WORDS = 15.0  # points


def timeline(times: SpeakingTimes, patient: str, alt: str) -> tuple[Picture, ...]:
    """Return the strips of a talk, the first with the words for those who cannot see them."""
    strip = next((each for each in _STRIPS_S if times.span_s <= each * _MOST_STRIPS), max(_STRIPS_S))
    return tuple(
        Picture(
            WIDTH,
            HEIGHT,
            tuple(_Strip(times, patient, at * strip, strip).shapes()),
            alt if at == 0 else f"Timeline from {clock(at * strip)} on, as described at its beginning.",
        )
        for at in range(max(1, ceil(times.span_s / strip)))
    )


class _Strip:
    """The shapes of one strip, from ``begins`` on for ``length`` seconds."""

    def __init__(self, times: SpeakingTimes, patient: str, begins: float, length: float) -> None:
        self._times, self._patient = times, patient
        self._begins, self._length = begins, length

    def shapes(self) -> list[Shape]:
        """Return everything in the order of painting."""
        found = [*self._ground(), *self._silences()]
        for row in self._times.rows:
            x = self._place(row.start_s, row.end_s)
            if x is not None:
                lower = row.speaker == "patient"
                found.append(
                    Box(x[0], self._lane(lower), x[1] - x[0], _LANE, PAPER.line_strong if lower else PAPER.accent)
                )
        return [*found, *self._moments()]

    def _x(self, seconds: float) -> float:
        return _LEFT + (seconds - self._begins) / self._length * (_RIGHT - _LEFT)

    def _place(self, start: float, end: float) -> tuple[float, float] | None:
        """Return the part of a stretch of time that lies in this strip, never too thin to print."""
        low, high = max(start, self._begins), min(end, self._begins + self._length)
        return (self._x(low), max(self._x(high) - 0.6, self._x(low) + 1.0)) if low < high else None

    @staticmethod
    def _lane(lower: bool) -> float:
        return _TOP + (_LANE + _BETWEEN if lower else 0.0)

    def _ground(self) -> list[Shape]:
        end = min(self._begins + self._length, self._times.span_s)
        name = self._patient if len(self._patient) <= _LONGEST_NAME else f"{self._patient[: _LONGEST_NAME - 1]}…"
        found: list[Shape] = []
        for lower, words in ((False, "Trainee"), (True, name)):
            y = self._lane(lower)
            found.append(Path(((_LEFT, y + _LANE / 2), (self._x(end), y + _LANE / 2)), PAPER.line, 0.5))
            found.append(Label(_LEFT - 6.0, y + 7.2, words, anchor="end"))
        return [*found, *self._ticks(end)]

    def _ticks(self, end: float) -> list[Shape]:
        found: list[Shape] = []
        y, parts = self._lane(lower=True) + _LANE, _STRIPS_S[self._length]
        for part in range(parts + 1):
            seconds = self._begins + self._length * part / parts
            if part and seconds > end:
                break
            x = self._x(seconds)
            found.append(Path(((x, y + 1.5), (x, y + 4.0)), PAPER.ink_soft, 0.5))
            # The words at both ends stay within the strip.
            anchor: Literal["start", "middle", "end"] = "start" if not part else "end" if part == parts else "middle"
            found.append(Label(x, y + 11.5, clock(seconds), 6.5, anchor=anchor))
        return found

    def _silences(self) -> list[Shape]:
        found: list[Shape] = []
        top, bottom = self._lane(lower=False), self._lane(lower=True) + _LANE
        for silence in self._times.silences:
            x = self._place(silence.start_s, silence.end_s)
            if x is None:
                continue
            found.append(Box(x[0], top, x[1] - x[0], bottom - top, PAPER.sunken))
            corners = ((x[0], top), (x[1], top), (x[1], bottom), (x[0], bottom), (x[0], top))
            found.append(Path(corners, PAPER.ink_soft, 0.5, dashed=True))
            if x[1] - x[0] >= _ROOM_FOR_WORDS:
                middle = (x[0] + x[1]) / 2
                found.append(Label(middle, (top + bottom) / 2 + 2.4, f"{silence.seconds:.0f} s", 6.5, anchor="middle"))
        return found

    def _moments(self) -> list[Shape]:
        found: list[Shape] = []
        bottom = self._lane(lower=True) + _LANE
        inside = (self._begins, self._begins + self._length)
        for broken_into in self._times.interruptions:
            if inside[0] <= broken_into.at_s < inside[1]:
                x = self._x(broken_into.at_s)
                found.append(Path(((x, 5.0), (x, bottom)), PAPER.warm, 1.0))
                found.append(Path(((x - 3.4, 1.0), (x + 3.4, 1.0), (x, 7.0)), PAPER.warm, 0.0, fill=PAPER.warm))
        for aside in self._times.asides:
            if inside[0] <= aside.at_s < inside[1]:
                x = self._x(aside.at_s)
                found.append(Path(((x, 3.0), (x, bottom + 2.0)), PAPER.ink, 0.8, dashed=True))
        return found
