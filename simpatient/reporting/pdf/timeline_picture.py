"""A talk drawn in time for paper: a lane for each speaker, silences and interruptions, over a few strips.

Position, outline and shape carry the meaning, so that it can be read in black and white. Must not know how a
picture is printed.
"""

from typing import Literal

from simpatient.presentation.shapes.palette import PAPER
from simpatient.presentation.shapes.timeline import Piece, TalkTimes
from simpatient.presentation.words.numbers import clock
from simpatient.reporting.pictures import Box, Path, Picture, PictureLabel, Shape

WIDTH, HEIGHT = 480.0, 50.0
_LEFT, _RIGHT, _TOP, _LANE, _BETWEEN = 66.0, 474.0, 9.0, 9.0, 4.0
_LONGEST_NAME = 14
_ROOM_FOR_WORDS = 15.0  # points
_BOTTOM = _TOP + 2 * _LANE + _BETWEEN


def timeline(times: TalkTimes, alt: str) -> tuple[Picture, ...]:
    """Return the strips of a talk, the first with the words for those who cannot see them."""
    return tuple(
        Picture(
            WIDTH,
            HEIGHT,
            tuple(_Strip(times, at).shapes()),
            alt if at == 0 else f"Timeline from {clock(at * times.strip_s)} on, as described at its beginning.",
        )
        for at in range(times.strips)
    )


def _x(share: float) -> float:
    return _LEFT + share * (_RIGHT - _LEFT)


def _y(lane: int) -> float:
    return _TOP + lane * (_LANE + _BETWEEN)


class _Strip:
    """The shapes of one strip."""

    def __init__(self, times: TalkTimes, strip: int) -> None:
        self._times, self._strip = times, strip

    def shapes(self) -> list[Shape]:
        """Return everything in the order of painting."""
        return [*self._ground(), *self._silences(), *self._blocks(), *self._moments()]

    def _place(self, start: float, end: float) -> tuple[float, float] | None:
        """Return the part of a stretch of time that lies in this strip, never too thin to print."""
        here = next((piece for piece in self._times.pieces(start, end) if piece.strip == self._strip), None)
        return None if here is None else (_x(here.start), max(_x(here.end) - 0.6, _x(here.start) + 1.0))

    def _ground(self) -> list[Shape]:
        end, found = _x(self._times.covered(self._strip)), list[Shape]()
        for lane, name in enumerate(self._times.lanes):
            shown = name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
            found.append(Path(((_LEFT, _y(lane) + _LANE / 2), (end, _y(lane) + _LANE / 2)), PAPER.line, 0.5))
            found.append(PictureLabel(_LEFT - 6.0, _y(lane) + 7.2, shown, anchor="end"))
        return [*found, *self._ticks()]

    def _ticks(self) -> list[Shape]:
        found: list[Shape] = []
        for share, words in self._times.ticks(self._strip):
            x = _x(share)
            found.append(Path(((x, _BOTTOM + 1.5), (x, _BOTTOM + 4.0)), PAPER.ink_soft, 0.5))
            # The words at both ends stay within the strip.
            anchor: Literal["start", "middle", "end"] = "start" if not share else "end" if share == 1 else "middle"
            found.append(PictureLabel(x, _BOTTOM + 11.5, words, 6.5, anchor=anchor))
        return found

    def _silences(self) -> list[Shape]:
        found: list[Shape] = []
        for silence in self._times.silences:
            x = self._place(silence.start, silence.end)
            if x is None:
                continue
            found.append(Box(x[0], _TOP, x[1] - x[0], _BOTTOM - _TOP, PAPER.sunken))
            corners = ((x[0], _TOP), (x[1], _TOP), (x[1], _BOTTOM), (x[0], _BOTTOM), (x[0], _TOP))
            found.append(Path(corners, PAPER.ink_soft, 0.5, dashed=True))
            if x[1] - x[0] >= _ROOM_FOR_WORDS:
                middle = ((x[0] + x[1]) / 2, (_TOP + _BOTTOM) / 2 + 2.4)
                found.append(PictureLabel(*middle, silence.label, 6.5, anchor="middle"))
        return found

    def _blocks(self) -> list[Shape]:
        found: list[Shape] = []
        for block in self._times.blocks:
            x = self._place(block.start, block.end)
            if x is not None:
                color = PAPER.line_strong if block.lane else PAPER.accent
                found.append(Box(x[0], _y(block.lane), x[1] - x[0], _LANE, color))
        return found

    def _here(self, moments: tuple[float, ...]) -> list[Piece]:
        places = [self._times.moment(each) for each in moments]
        return [place for place in places if place.strip == self._strip]

    def _moments(self) -> list[Shape]:
        found: list[Shape] = []
        for place in self._here(self._times.marks):
            x = _x(place.start)
            found.append(Path(((x, 5.0), (x, _BOTTOM)), PAPER.warm, 1.0))
            found.append(Path(((x - 3.4, 1.0), (x + 3.4, 1.0), (x, 7.0)), PAPER.warm, 0.0, fill=PAPER.warm))
        for place in self._here(self._times.breaks):
            x = _x(place.start)
            found.append(Path(((x, 3.0), (x, _BOTTOM + 2.0)), PAPER.ink, 0.8, dashed=True))
        return found
