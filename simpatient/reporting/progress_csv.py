"""A trainee's progress as CSV: one row per session and measure. Must not know files.

UTF-8 with a byte order mark, because spreadsheet programs read accents wrongly without it and every CSV
reader for programs knows how to skip it. Cells that a spreadsheet would take for a formula get a leading
apostrophe (OWASP, CSV injection); numbers are written by us and stay numbers, negative ones too.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable

from simpatient.domain.learning.progress import Progress, SessionSummary
from simpatient.domain.text import clean_text
from simpatient.presentation.words.dates import timestamp

COLUMNS = (
    "trainee_id", "session_id", "started_at", "ended_at", "case_id", "case_title", "patient_name", "unit_id",
    "trainee_turns", "difficulty", "rubric", "measure", "label", "unit", "value", "n", "status",
)  # fmt: skip
# Scores are not shown before the trainee has given their own rating.
UNRATED = "own rating not given yet"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")


def guarded(text: str) -> str:
    """Return a text cell no spreadsheet takes for a formula."""
    cleaned = clean_text(text)
    return f"'{cleaned}" if cleaned.startswith(_FORMULA_STARTS) else cleaned


def progress_csv(progress: Progress) -> bytes:
    """Return the table; a session without any value has one row with an empty measure.

    ``value`` is empty, never zero, where a measure is not defined. ``status`` says ``estimate``, or why an ended
    session has no values yet.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    measured = _measure_cells(progress)
    for session in sorted(_scored_attempts(progress), key=lambda each: (each.started_at, each.session_id)):
        writer.writerows(_rows(progress.trainee_id, session, measured[session.session_id]))
    return out.getvalue().encode("utf-8-sig")


def _scored_attempts(progress: Progress) -> Iterable[SessionSummary]:
    """Return one attempt a session: the one its values come from, the newest that was ended."""
    by_age = sorted(progress.sessions, key=lambda each: (each.ended_at is not None, each.attempt))
    return {attempt.session_id: attempt for attempt in by_age}.values()


def _rows(trainee_id: str, session: SessionSummary, measured: list[list[str]]) -> list[list[str]]:
    head = _session_cells(trainee_id, session)
    unknown = "" if session.has_self_rating or session.ended_at is None else UNRATED
    blank = [""] * (len(COLUMNS) - len(head) - 1)
    return [[*head, *cells] for cells in measured] or [[*head, *blank, unknown]]


def _session_cells(trainee_id: str, session: SessionSummary) -> list[str]:
    return [
        guarded(trainee_id),
        guarded(session.session_id),
        timestamp(session.started_at),
        timestamp(session.ended_at),
        guarded(session.case_id),
        guarded(session.case_title),
        guarded(session.patient_name),
        guarded(session.unit_id or ""),
        str(session.trainee_turns),
    ]


def _measure_cells(progress: Progress) -> dict[str, list[list[str]]]:
    """Return the cells of every value, by session."""
    found: dict[str, list[list[str]]] = defaultdict(list)
    for curve in progress.curves:
        words = [guarded(each) for each in (curve.rubric, curve.measure, curve.label, curve.unit)]
        for point in curve.points:
            value = "" if point.value is None else f"{point.value:.4g}"
            found[point.session_id].append([str(point.difficulty), *words, value, str(point.n), "estimate"])
    return found
