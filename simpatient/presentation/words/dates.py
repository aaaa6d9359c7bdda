"""Dates and lengths of time: local time with its zone for people, UTC for data.

Months are spelled here and not by ``strftime``: Qt sets the process's locale, so the window would name them in
another language than the reports.
"""

from datetime import UTC, datetime, timedelta

from simpatient.presentation.words.numbers import NONE, plural

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def date(moment: datetime) -> str:
    """Return the local date: ``5 Jan 2026``."""
    local = moment.astimezone()
    return f"{day_and_month(moment)} {local.year}"


def day_and_month(moment: datetime) -> str:
    """Return the local date where the year is plain: ``5 Jan``."""
    local = moment.astimezone()
    return f"{local.day} {_MONTHS[local.month - 1]}"


def date_and_time(moment: datetime) -> str:
    """Return the local date and time with its zone: ``5 Jan 2026, 14:03 UTC+1``."""
    local = moment.astimezone()
    return f"{date(moment)}, {local.hour:02}:{local.minute:02} {_zone(local)}"


def timestamp(moment: datetime | None) -> str:
    """Return a moment for data, in UTC as ISO 8601; empty for None."""
    return "" if moment is None else moment.astimezone(UTC).isoformat()


def duration(span: timedelta | None) -> str:
    """Return a length of time in minutes; a dash where there is none yet."""
    if span is None:
        return NONE
    minutes = round(span.total_seconds() / 60)
    return "under a minute" if minutes < 1 else plural(minutes, "minute")


def _zone(local: datetime) -> str:
    # The offset, not the zone's name: names are long on Windows, and no name is unique.
    minutes = round((local.utcoffset() or timedelta()).total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    sign = "+" if minutes > 0 else "−"
    return "UTC" if not minutes else f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")
