"""Small charts as plain shapes, drawn once and printed twice: as reportlab drawings and as inline SVG.

Draws what ``presentation`` says is on them; knows nothing of sessions or rubrics. The origin is at the top left,
lengths are in points.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from simpatient.presentation.feedback.scorecard import Bar
from simpatient.presentation.shapes.curves import Chart, CurveLine
from simpatient.presentation.shapes.palette import PAPER

ZONES = (PAPER.band_1, PAPER.band_2, PAPER.band_3)
LINES = (PAPER.accent, PAPER.warm, PAPER.note)
CHART = (236.0, 112.0)


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
class PictureLabel:
    """A word or two; ``y`` is the baseline."""

    x: float
    y: float
    text: str
    size: float = 7.5
    color: str = PAPER.ink_soft
    anchor: Literal["start", "middle", "end"] = "start"
    strong: bool = False


Shape = Box | Path | Dot | PictureLabel


@dataclass(frozen=True, slots=True)
class Picture:
    """Shapes on a canvas, with the words a person who cannot see it gets instead."""

    width: float
    height: float
    shapes: tuple[Shape, ...]
    alt: str


@dataclass(frozen=True, slots=True)
class PaperScale:
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


def bar_picture(bar: Bar) -> Picture:
    """Return a bar with its bands and a mark at the value."""
    width, height = 104.0, 15.0
    scale = PaperScale(bar.low, bar.high, 2.0, width - 2.0)
    edges = [bar.low, *bar.borders, bar.high]
    tints = [ZONES[min(index, len(ZONES) - 1)] for index in range(len(edges) - 1)]
    if bar.is_falling:
        tints.reverse()
    shapes: list[Shape] = []
    for (left, right), tint in zip(pairwise(edges), tints, strict=True):
        shapes.append(Box(scale.at(left), 6.0, scale.at(right) - scale.at(left), 6.0, tint))
    shapes += [Path(((scale.at(edge), 6.0), (scale.at(edge), 12.0)), PAPER.bg, 1.0) for edge in bar.borders]
    if bar.value is not None:
        x = scale.at(bar.value)
        shapes.append(Path(((x, 4.5), (x, 13.5)), PAPER.ink, 1.6))
        shapes.append(Path(((x - 3.0, 0.6), (x + 3.0, 0.6), (x, 5.0)), PAPER.ink, 0.0, fill=PAPER.ink))
    return Picture(width, height, tuple(shapes), bar.alt)


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


def chart_pictures(chart: Chart) -> tuple[Picture, ...]:
    """Return a picture for each of a chart's curves."""
    return tuple(_line_chart(line, chart, color) for line, color in zip(chart.lines, LINES, strict=False))


def _line_chart(line: CurveLine, chart: Chart, color: str) -> Picture:
    """Return one curve over a quiet grid, its name above it, and a band when there is one."""
    width, height = CHART
    across = _across(line, chart, 44.0, width - 10.0)
    up = PaperScale(line.scale.low, line.scale.high, height - 24.0, 20.0)
    shapes: list[Shape] = [PictureLabel(0.0, 8.0, line.name, 8.5, color, strong=True)]
    if chart.band is not None:
        top, bottom = up.at(chart.band[1]), up.at(chart.band[0])
        shapes.append(Box(44.0, top, width - 54.0, max(bottom - top, 1.0), PAPER.accent_soft))
    for value, word in line.scale.ticks:
        y = up.at(value)
        shapes.append(Path(((44.0, y), (width - 10.0, y)), PAPER.line, 0.5))
        shapes.append(PictureLabel(39.0, y + 2.6, word, anchor="end"))
    if chart.middle is not None:
        y = up.at(chart.middle)
        shapes.append(Path(((44.0, y), (width - 10.0, y)), color, 0.8, dashed=True))
    placed = tuple((across.at(x), up.at(y)) for x, y in line.points)
    if len(placed) > 1:
        shapes.append(Path(placed, color, 1.5))
    shapes += [Dot(x, y, 2.4, color) for x, y in (placed if chart.is_by_point else placed[-1:])]
    shapes += _x_axis(chart, across)
    return Picture(width, height, tuple(shapes), line.alt)


def _across(line: CurveLine, chart: Chart, start: float, end: float) -> PaperScale:
    places = [x for x, _ in line.points] + [x for x, _ in chart.x_ticks]
    low, high = (min(places), max(places)) if places else (0.0, 1.0)
    return (
        PaperScale(low - 0.5, high + 0.5, start, end)
        if low == high or chart.is_by_point
        else PaperScale(low, high, start, end)
    )


def _x_axis(chart: Chart, across: PaperScale) -> list[Shape]:
    width, height = CHART
    shapes: list[Shape] = [
        PictureLabel(across.at(x), height - 13.0, word, anchor="middle") for x, word in chart.x_ticks
    ]
    shapes.append(PictureLabel(width - 10.0, height - 3.0, chart.x_name.lower(), anchor="end"))
    return shapes
