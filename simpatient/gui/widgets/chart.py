"""What a plot shows, as plain values: quick to load, unlike what draws it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlotLine:
    """One curve: its name and points ``(x, y)``."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class PlotChart:
    """What a plot shows.

    Attributes:
        y_range: Lowest and highest y, or None for the data's.
        y_ticks: Words or numbers at y values.
        x_ticks: The same for x; empty for Qt's choice.
        band: Low and high of a shaded band, or None.
        header, rows: The table that says the same.
    """

    title: str
    x_name: str
    lines: tuple[PlotLine, ...]
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    y_range: tuple[float, float] | None = None
    y_ticks: tuple[tuple[float, str], ...] = ()
    x_ticks: tuple[tuple[float, str], ...] = ()
    band: tuple[float, float] | None = None
    height: int = 220
