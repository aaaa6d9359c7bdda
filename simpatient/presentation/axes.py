"""Where the axis of a curve begins and ends: at the ends of the scale, never at those of the data."""

from collections.abc import Sequence

_TOPS = (1, 2, 4, 6, 10, 20, 40, 60, 100, 200, 400, 600, 1000, 2000, 4000, 6000)


def axis_range(scale: tuple[float, float] | None, unit: str, values: Sequence[float]) -> tuple[float, float]:
    """Return the ends of an axis: of the scale itself, or from nought to a round number above all values.

    An axis fitted to the data would draw a change of 0.2 as a leap.
    """
    if scale is not None:
        return scale
    if unit == "share":
        return 0.0, 1.0
    top = max(values, default=1.0)
    return 0.0, float(next((each for each in _TOPS if each >= top), top))
