"""What a cell holds: JSON, moments and text as values, and one mark for what cannot be read.

A query must not fail because one of its cells is damaged: the rows beside it are sound. So no reader here
raises; it returns ``UNREADABLE``, which no domain value accepts, and the one row is refused when it is made
into a value (``rows``).
"""

import json
from datetime import datetime
from typing import Any


class Unreadable:
    """Stands for what a damaged cell held."""

    def __repr__(self) -> str:
        """Return a word that shows nothing of the cell."""
        return "UNREADABLE"


UNREADABLE = Unreadable()


def read_text(data: bytes) -> str | Unreadable:
    """Return the text of a cell."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return UNREADABLE


def read_json(cell: Any) -> Any:
    """Return the data of a JSON cell."""
    # SQLite keeps a number that stands alone in a JSON cell as a number.
    if isinstance(cell, int | float):
        return cell
    try:
        return json.loads(cell)
    except (ValueError, TypeError, RecursionError):
        return UNREADABLE


def read_moment(cell: Any) -> datetime | Unreadable:
    """Return the moment of a cell; one without time zone cannot be compared with others."""
    try:
        moment = datetime.fromisoformat(cell)
    except (ValueError, TypeError, OverflowError):
        return UNREADABLE
    return moment if moment.tzinfo is not None else UNREADABLE
