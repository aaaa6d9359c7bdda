"""Names suggested for exported files: whom and when they are about, the same on every system."""

import re
import unicodedata
from datetime import datetime

_LONGEST = 40


def feedback_file(patient: str, at: datetime, attempt: int, kind: str = "pdf") -> str:
    """Return a name for the feedback on one attempt: ``feedback-ray-kowalczyk-2026-11-30-attempt-2.pdf``."""
    tail = f"-attempt-{attempt}" if attempt > 1 else ""
    return f"feedback-{plain(patient)}-{_day(at)}{tail}.{kind}"


def progress_file(person: str, at: datetime, kind: str) -> str:
    """Return a name for a person's progress: ``progress-anna-2026-11-30.csv``."""
    return f"progress-{plain(person)}-{_day(at)}.{kind}"


def plain(name: str) -> str:
    """Return a name in lower-case letters, digits and hyphens, which every file system takes."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:_LONGEST].strip("-") or "unnamed"


def _day(at: datetime) -> str:
    return f"{at.astimezone():%Y-%m-%d}"
