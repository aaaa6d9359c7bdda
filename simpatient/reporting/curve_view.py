"""The patient's state over the session, as a chart with its numbers. Must not know how it is printed."""

from collections.abc import Sequence

from simpatient.domain.debrief import StatePoint
from simpatient.presentation.palette import PAPER
from simpatient.reporting import view
from simpatient.reporting.pictures import Picture, Series, line_chart

WIDTH, HEIGHT = 236.0, 112.0


def state_chart(curve: Sequence[StatePoint]) -> view.Chart | None:
    """Return trust and engagement over turns; None when there are fewer than two points."""
    if len(curve) < 2:
        return None
    rows = tuple((str(p.turn + 1), f"{p.trust:.1f}", f"{p.engagement:.1f}") for p in curve)
    return view.Chart(
        title="How the patient responded",
        note="Kept by the simulation and computed from what was said, the same way every time. "
        "It describes the simulated patient, not the trainee.",
        pictures=(_trust(curve), _engagement(curve)),
        data=view.Grid(
            "The patient's state after each of their turns", ("Turn", "Trust (1 to 4)", "Engagement (0 to 1)"), rows
        ),
    )


def _turns(curve: Sequence[StatePoint]) -> tuple[tuple[float, str], ...]:
    first, middle, last = curve[0].turn + 1, curve[len(curve) // 2].turn + 1, curve[-1].turn + 1
    return tuple((float(turn), str(turn)) for turn in sorted({first, middle, last}))


def _trust(curve: Sequence[StatePoint]) -> Picture:
    points = tuple((point.turn + 1.0, point.trust) for point in curve)
    ticks = ((1.0, "1 none"), (2.0, "2"), (3.0, "3"), (4.0, "4 deep"))
    series = Series("Trust", points, 1.0, 4.0, ticks, PAPER.accent, x_labels=_turns(curve), x_name="turn")
    return line_chart(series, WIDTH, HEIGHT, _alt("Trust", [p.trust for p in curve], "1 to 4"))


def _engagement(curve: Sequence[StatePoint]) -> Picture:
    points = tuple((point.turn + 1.0, point.engagement) for point in curve)
    ticks = ((0.0, "0 none"), (0.5, "half"), (1.0, "1 full"))
    series = Series("Engagement", points, 0.0, 1.0, ticks, PAPER.warm, x_labels=_turns(curve), x_name="turn")
    return line_chart(series, WIDTH, HEIGHT, _alt("Engagement", [p.engagement for p in curve], "0 to 1"))


def _alt(name: str, values: Sequence[float], scale: str) -> str:
    return (
        f"{name} over the session on a scale of {scale}: from {values[0]:.1f} at the start to {values[-1]:.1f} at the "
        f"end, lowest {min(values):.1f}, highest {max(values):.1f}. The numbers are in the table below."
    )
