"""Small charts as plain shapes, drawn once and printed twice: as reportlab drawings and as inline SVG.

Knows numbers and colours; nothing of sessions or rubrics. The origin is at the top left, lengths in points.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from simpatient.presentation.palette import PAPER

ZONES = (PAPER.band_1, PAPER.band_2, PAPER.band_3)


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    fill: str


@dataclass(frozen=True, slots=True)
class Path:
    """A line through points, or with ``fill`` a closed shape."""

    points: tuple[tuple[float, float], ...]
    stroke: str = PAPER.ink
    width: float = 1.0
    dashed: bool = False
    fill: str = ""


@dataclass(frozen=True, slots=True)
class Dot:
    """A filled circle."""

    x: float
    y: float
    radius: float
    fill: str


@dataclass(frozen=True, slots=True)
class Label:
    """A word or two; ``y`` is the baseline."""

    x: float
    y: float
    text: str
    size: float = 7.5
    color: str = PAPER.ink_soft
    anchor: Literal["start", "middle", "end"] = "start"
    strong: bool = False


Shape = Box | Path | Dot | Label


@dataclass(frozen=True, slots=True)
class Picture:
    """Shapes on a canvas, with the words a person who cannot see it gets instead."""

    width: float
    height: float
    shapes: tuple[Shape, ...]
    alt: str


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps values to places on the paper."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Return the place of a value; values outside sit on the border."""
        inside = min(max(value, self.low), self.high)
        span = (self.high - self.low) or 1.0
        return self.start + (inside - self.low) / span * (self.end - self.start)


@dataclass(frozen=True, slots=True)
class Series:
    """Values over a common horizontal axis, with what the axes say."""

    name: str
    points: tuple[tuple[float, float], ...]
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    color: str = PAPER.accent
    dots: bool = False
    band: tuple[float, float] | None = None
    middle: float | None = None
    x_labels: tuple[tuple[float, str], ...] = field(default=())
    x_name: str = ""


def band_bar(
    value: float | None, borders: Sequence[float], low: float, high: float, *, falling: bool, alt: str
) -> Picture:
    """Return a bar with its bands and a mark at the value.

    Args:
        value: Where the mark goes; ``None`` draws no mark.
        borders: Borders between bands, in rising order.
        low: Left end of the bar.
        high: Right end of the bar.
        falling: Lower values lie in the better band.
        alt: The same in words.
    """
    width, height = 104.0, 15.0
    scale = Scale(low, high, 2.0, width - 2.0)
    edges = [low, *borders, high]
    tints = [ZONES[min(index, len(ZONES) - 1)] for index in range(len(edges) - 1)]
    if falling:
        tints.reverse()
    shapes: list[Shape] = []
    for (left, right), tint in zip(pairwise(edges), tints, strict=True):
        shapes.append(Box(scale.at(left), 6.0, scale.at(right) - scale.at(left), 6.0, tint))
    shapes += [Path(((scale.at(edge), 6.0), (scale.at(edge), 12.0)), PAPER.bg, 1.0) for edge in borders]
    if value is not None:
        x = scale.at(value)
        shapes.append(Path(((x, 4.5), (x, 13.5)), PAPER.ink, 1.6))
        shapes.append(Path(((x - 3.0, 0.6), (x + 3.0, 0.6), (x, 5.0)), PAPER.ink, 0.0, fill=PAPER.ink))
    return Picture(width, height, tuple(shapes), alt)


def warning_sign() -> Picture:
    """Return a triangle with an exclamation mark."""
    triangle = Path(((8.0, 1.0), (15.5, 14.5), (0.5, 14.5)), PAPER.on_danger_soft, 0.0, fill=PAPER.on_danger_soft)
    return Picture(
        16.0,
        16.0,
        (triangle, Box(7.1, 5.4, 1.8, 4.8, PAPER.bg), Dot(8.0, 12.2, 1.1, PAPER.bg)),
        "Warning sign: look at this before all else",
    )


def pen_sign() -> Picture:
    """Return a pen over a line."""
    pen = Path(
        ((2.0, 10.0), (3.0, 7.0), (8.6, 1.4), (10.6, 3.4), (5.0, 9.0)), PAPER.on_note_soft, 0.0, fill=PAPER.on_note_soft
    )
    return Picture(
        12.0,
        12.0,
        (pen, Path(((1.0, 11.3), (11.0, 11.3)), PAPER.on_note_soft, 0.9)),
        "A pen: words written after the session",
    )


def line_chart(series: Series, width: float, height: float, alt: str) -> Picture:
    """Return one line over a quiet grid, its name above it, and a band when there is one."""
    across = _across(series, 44.0, width - 10.0)
    up = Scale(series.low, series.high, height - 24.0, 20.0)
    shapes: list[Shape] = [Label(0.0, 8.0, series.name, 8.5, series.color, strong=True)]
    if series.band is not None:
        top, bottom = up.at(series.band[1]), up.at(series.band[0])
        shapes.append(Box(44.0, top, width - 54.0, max(bottom - top, 1.0), PAPER.accent_soft))
    for value, word in series.ticks:
        y = up.at(value)
        shapes.append(Path(((44.0, y), (width - 10.0, y)), PAPER.line, 0.5))
        shapes.append(Label(39.0, y + 2.6, word, anchor="end"))
    if series.middle is not None:
        y = up.at(series.middle)
        shapes.append(Path(((44.0, y), (width - 10.0, y)), series.color, 0.8, dashed=True))
    placed = tuple((across.at(x), up.at(y)) for x, y in series.points)
    if len(placed) > 1:
        shapes.append(Path(placed, series.color, 1.5))
    if series.dots:
        shapes += [Dot(x, y, 2.4, series.color) for x, y in placed]
    elif placed:
        shapes.append(Dot(*placed[-1], 2.4, series.color))
    shapes += _x_axis(series, across, width, height)
    return Picture(width, height, tuple(shapes), alt)


def _across(series: Series, start: float, end: float) -> Scale:
    places = [x for x, _ in series.points] + [x for x, _ in series.x_labels]
    low, high = (min(places), max(places)) if places else (0.0, 1.0)
    return Scale(low - 0.5, high + 0.5, start, end) if low == high or series.dots else Scale(low, high, start, end)


def _x_axis(series: Series, across: Scale, width: float, height: float) -> list[Shape]:
    shapes: list[Shape] = [Label(across.at(x), height - 13.0, word, anchor="middle") for x, word in series.x_labels]
    shapes.append(Label(width - 10.0, height - 3.0, series.x_name, anchor="end"))
    return shapes
