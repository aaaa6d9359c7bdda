"""Curves over turns and sessions: points, the scale's own range, ticks, and the table that says the same.

Fronts only draw; how long an axis is and what stands beside it is decided here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from simpatient.domain.assessment.debrief import StatePoint
from simpatient.domain.learning.progress import SkillCurve, SkillPoint
from simpatient.presentation.shapes.tables import Table
from simpatient.presentation.words.dates import date
from simpatient.presentation.words.numbers import NONE, axis_number, listed, number, one_decimal, plural, turn_number
from simpatient.presentation.words.perspective import Perspective

Item = TypeVar("Item")
# Fewer sessions make no trend: neither a mean nor its range.
LEAST_FOR_TREND = 3
_NO_TREND = f"Fewer than {LEAST_FOR_TREND} sessions with a value: no mean, no range."
_MOST_TICKS = 8
_MOST_SPOKEN = 12
_SIZES = (1, 2, 4, 6, 10, 20, 40, 60, 100, 200, 400, 600)


@dataclass(frozen=True, slots=True)
class Scale:
    """A range with what stands beside it."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]

    def share(self, value: float) -> float:
        """Return where a value lies between both ends, 0..1; values outside lie at the end."""
        span = self.high - self.low or 1.0
        return min(max((value - self.low) / span, 0.0), 1.0)

    @property
    def words(self) -> str:
        """The range in words."""
        return f"{self.low:g} to {self.high:g}"


TRUST = Scale(1.0, 4.0, ((1.0, "1 none"), (2.0, "2"), (3.0, "3"), (4.0, "4 deep")))
_SHARES = Scale(0.0, 1.0, ((0.0, "low"), (0.5, "middle"), (1.0, "high")))
ENGAGEMENT = Scale(0.0, 1.0, ((0.0, "0 none"), (0.5, "half"), (1.0, "1 full")))


@dataclass(frozen=True, slots=True)
class CurveLine:
    """One curve: its name, points ``(x, y)``, its scale, and all of it in words."""

    name: str
    points: tuple[tuple[float, float], ...]
    scale: Scale
    alt: str

    @property
    def shares(self) -> tuple[tuple[float, float], ...]:
        """The points with y as a share of the scale, for several curves in one picture."""
        return tuple((x, self.scale.share(y)) for x, y in self.points)


@dataclass(frozen=True, slots=True)
class Chart:
    """One or more curves over the same axis.

    Attributes:
        x_ticks: What stands below the axis.
        band: Low and high of the range of the mean; None before there is a trend.
        middle: The mean; None before there is a trend.
        is_by_point: Whether single points matter, as with sessions, and not only the course.
        table: The numbers behind the curves.
    """

    title: str
    note: str
    x_name: str
    x_ticks: tuple[tuple[float, str], ...]
    lines: tuple[CurveLine, ...]
    table: Table
    band: tuple[float, float] | None = None
    middle: float | None = None
    is_by_point: bool = False

    @property
    def scale(self) -> Scale:
        """The axis in one picture of all curves: their own where there is one curve, else from low to high."""
        return self.lines[0].scale if len(self.lines) == 1 else _SHARES

    def drawn(self, line: CurveLine) -> tuple[tuple[float, float], ...]:
        """Return a curve's points on that axis."""
        return line.points if len(self.lines) == 1 else line.shares


def state_chart(curve: Sequence[StatePoint], perspective: Perspective) -> Chart | None:
    """Return the patient's trust and engagement over turns; None when there are fewer than two points."""
    if len(curve) < 2:
        return None
    head = ("Turn", "Trust (1 to 4)", "Engagement (0 to 1)", "Resistance (0 to 1)")
    rows = tuple(
        (turn_number(p.turn), one_decimal(p.trust), one_decimal(p.engagement), one_decimal(p.resistance)) for p in curve
    )
    return Chart(
        title="How the patient responded",
        note="Computed from what was said, the same way every time. It describes the simulated patient, not "
        f"{perspective.subject}.",
        x_name="Turn",
        x_ticks=tuple((point.turn + 1.0, turn_number(point.turn)) for point in _few(curve)),
        lines=(
            _state_line("Trust", [(p.turn + 1.0, p.trust) for p in curve], TRUST),
            _state_line("Engagement", [(p.turn + 1.0, p.engagement) for p in curve], ENGAGEMENT),
        ),
        table=Table("The patient's state after each of their turns", head, rows),
    )


def skill_chart(curve: SkillCurve, order: Mapping[str, int]) -> Chart:
    """Return a skill over sessions.

    Args:
        curve: The skill.
        order: Each session's number, from 1, by id.
    """
    defined = [point for point in curve.points if point.value is not None]
    placed = sorted((float(order.get(p.session_id, at)), p.value or 0.0) for at, p in enumerate(defined, start=1))
    has_trend = has_enough(curve) and None not in (curve.mean, curve.low, curve.high)
    has_band = has_trend and _words(curve.low, curve) != _words(curve.high, curve)
    scale = skill_scale(curve, [value for _, value in placed])
    latest = [number(value, curve.unit) for _, value in placed][-_MOST_SPOKEN:]
    which = "" if len(latest) == len(placed) else f", the latest {len(latest)} of {len(placed)}"
    alt = f"{curve.label} by session{which}: {listed(latest)}. The numbers are in the table below."
    return Chart(
        title=curve.label,
        note=_trend_words(curve) if has_trend else _NO_TREND,
        x_name="Session",
        x_ticks=tuple((x, f"{x:g}") for x, _ in _few(placed)),
        lines=(CurveLine(curve.label, tuple(placed), scale, alt),),
        table=_skill_table(curve, order),
        band=(curve.low or 0.0, curve.high or 0.0) if has_band else None,
        middle=curve.mean if has_trend else None,
        is_by_point=True,
    )


def has_enough(curve: SkillCurve) -> bool:
    """Return whether a skill has values in enough sessions to speak of a trend."""
    return curve.defined >= LEAST_FOR_TREND


def skill_scale(curve: SkillCurve, values: Sequence[float]) -> Scale:
    """Return the range a skill is drawn on: its own scale where it has one, so that no small change looks large."""
    low, high = _ends(curve, values)
    return Scale(low, high, tuple((each, axis_number(each, curve.unit)) for each in (low, (low + high) / 2, high)))


def _ends(curve: SkillCurve, values: Sequence[float]) -> tuple[float, float]:
    if curve.scale is not None:
        return curve.scale
    if curve.unit == "share":
        return 0.0, 1.0
    top = max(values, default=1.0)
    # Beyond the round sizes the axis ends at the next thousand.
    return 0.0, float(next((size for size in _SIZES if size >= top), -(-top // 1000) * 1000))


def _trend_words(curve: SkillCurve) -> str:
    mean, low, high = (_words(each, curve) for each in (curve.mean, curve.low, curve.high))
    # A range that reads the same at both ends says no more than the mean.
    spread = f", probably between {low} and {high} (95%)" if low != high else ""
    return f"Mean {mean}{spread}, from {plural(curve.defined, 'session')}."


def _words(value: float | None, curve: SkillCurve) -> str:
    return number(value, curve.unit)


def _skill_table(curve: SkillCurve, order: Mapping[str, int]) -> Table:
    head = ("Session", "Date", "Case", "Difficulty", "Value", "n")
    return Table(f"{curve.label} by session", head, tuple(_skill_row(p, curve.unit, order) for p in curve.points))


def _skill_row(point: SkillPoint, unit: str, order: Mapping[str, int]) -> tuple[str, ...]:
    return (
        str(order.get(point.session_id, NONE)),
        date(point.at),
        point.case_id,
        f"{point.difficulty} of 5",
        number(point.value, unit),
        str(point.n),
    )


def _state_line(name: str, points: Sequence[tuple[float, float]], scale: Scale) -> CurveLine:
    values = [value for _, value in points]
    first, last, lowest, highest = (one_decimal(each) for each in (values[0], values[-1], min(values), max(values)))
    alt = (
        f"{name} over the session on a scale of {scale.words}: from {first} at the start to {last} at the end, lowest "
        f"{lowest}, highest {highest}. The numbers are in the table below."
    )
    return CurveLine(name, tuple(points), scale, alt)


def _few(items: Sequence[Item]) -> Sequence[Item]:
    """Return items at even distances, few enough to stand beside each other."""
    return items[:: max(1, -(-len(items) // _MOST_TICKS))]
