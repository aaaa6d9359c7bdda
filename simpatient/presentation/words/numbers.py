"""Numbers as people read them: one way to write a share, a ratio, a turn, a length of time, a size on disk.

A value that does not exist is a dash, never zero. No number is finer than its scale supports.
"""

from collections.abc import Callable, Sequence
from math import isfinite

from simpatient.domain.models.chat_models import GB

NONE = "–"
_MB = 1_000_000
# How a value is written beside each unit a rubric may name. "z" keeps a rounded zero from reading "-0".
_UNITS: dict[str, Callable[[float], str]] = {
    "share": lambda value: f"{value * 100:z.0f}%",
    "ratio": lambda value: f"{value:z.2f} : 1",
    "turn": lambda value: f"turn {value:z.0f}",
    "words": lambda value: f"{value:z.0f} words",
    "count": lambda value: f"{value:z.0f}",
    "seconds": lambda value: f"{value:z.1f} s",
    "pace": lambda value: f"{value:z.0f} words per minute",
    "rate": lambda value: f"{value:z.1f} in 10 minutes",
}
_OFTEN = {1: "once", 2: "twice"}


def number(value: float | None, unit: str) -> str:
    """Return a value in its unit; a dash for None and for what is no number.

    Args:
        value: What was counted or computed.
        unit: A unit of ``domain.content.rubric.Summary``; any other is written as a plain number.
    """
    if value is None or not isfinite(value):
        return NONE
    return _UNITS.get(unit, one_decimal)(value)


def axis_number(value: float, unit: str) -> str:
    """Return a value as it stands beside an axis, where there is no room for words."""
    return number(value, "share") if unit == "share" else f"{value:g}"


def one_decimal(value: float) -> str:
    """Return a value on a small scale, such as trust: ``2.3``."""
    return f"{value:z.1f}"


def two_decimals(value: float) -> str:
    """Return a value where its smallest steps matter, as to an author: ``0.35``."""
    return f"{value:z.2f}"


def percent(share: float) -> str:
    """Return a share of 0..1 in per cent."""
    return number(share, "share")


def whole_seconds(seconds: float) -> str:
    """Return a length of time that needs no decimals: ``4 s``."""
    return f"{seconds:z.0f} s"


def clock(seconds: float) -> str:
    """Return seconds as minutes and seconds: ``1:04``."""
    whole = int(seconds)
    return f"{whole // 60}:{whole % 60:02}"


def turn_number(turn: int) -> str:
    """Return a turn's number as people count: from 1."""
    return str(turn + 1)


def turn_words(turn: int) -> str:
    """Return a turn in running text: ``turn 7``."""
    return f"turn {turn_number(turn)}"


def turn_title(turn: int) -> str:
    """Return a turn as a heading or label: ``Turn 7``."""
    return f"Turn {turn_number(turn)}"


def turns_words(turns: Sequence[int]) -> str:
    """Return several turns in running text: ``turns 3, 5 and 9``."""
    return f"turn{'' if len(turns) == 1 else 's'} {listed([turn_number(turn) for turn in turns])}"


def plural(count: int, one: str, many: str = "") -> str:
    """Return ``1 turn``, ``2 turns``."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def how_often(count: int) -> str:
    """Return ``once``, ``twice``, ``3 times``."""
    return _OFTEN.get(count, f"{count} times")


def listed(words: Sequence[str]) -> str:
    """Return words as a list in a sentence: ``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def file_size(size: float) -> str:
    """Return a number of bytes as people write it: ``3.4 GB``, ``75 MB``."""
    return gigabytes(size / GB) if size >= GB / 10 else f"{size / _MB:.0f} MB"


def gigabytes(size: float) -> str:
    """Return an amount of memory or disk space: ``3.4 GB``."""
    return f"{size:.1f} GB"
