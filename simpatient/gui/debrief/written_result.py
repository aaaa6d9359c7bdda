"""What a written attempt earned: field by field, the trainee's words beside what is in the case file.

Must not know how writing is judged, nor any rubric by name.
"""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from simpatient.domain.assessment.writing import Attempt, Exercise
from simpatient.gui.base.tokens import SPACE_2, SPACE_3, SPACE_4
from simpatient.gui.debrief.evidence_view import quoted
from simpatient.gui.widgets.drawn.painted import BandBar
from simpatient.gui.widgets.layout import card, column, row
from simpatient.gui.widgets.text import chip, divider, label
from simpatient.presentation.feedback.scorecard import Measure
from simpatient.presentation.feedback.writing import IN_THE_CASE_FILE, CaseEntry, WrittenField, written_exercise

_SIGNS = {"met": ("●", "accent"), "partly": ("◐", "note"), "not_met": ("○", "plain")}


def result_view(attempt: Attempt, exercise: Exercise) -> QWidget:
    """Return an attempt with its result."""
    shown = written_exercise(exercise, attempt)
    outer = QWidget()
    box = column(outer, SPACE_4)
    box.addWidget(label(shown.when, "caption"))
    for figure in shown.figures:
        box.addWidget(_figure(figure))
    for field in shown.fields:
        box.addWidget(divider())
        box.addWidget(_field(field))
    return outer


def _figure(measure: Measure) -> QWidget:
    outer = QWidget()
    box = column(outer, 2)
    box.addLayout(_headed(measure.label, measure.value, measure.reason))
    box.addWidget(label(measure.reason or measure.explanation, "small"))
    return outer


def _headed(title: str, value: str, reason: str) -> QHBoxLayout:
    figure = label(value, "figure")
    figure.setWordWrap(False)
    figure.setAccessibleName(f"{title}: {value}. {reason}".strip())
    line = row(spacing=SPACE_3)
    line.addWidget(label(title, "strong"), 1)
    line.addWidget(figure, 0, Qt.AlignmentFlag.AlignTop)
    return line


def _field(field: WrittenField) -> QWidget:
    outer = QWidget()
    box = column(outer, SPACE_3)
    rating = field.rating
    box.addLayout(_headed(rating.label, rating.value, rating.reason))
    if rating.is_scored:
        box.addLayout(row(chip(rating.status, "note"), chip(rating.confidence, "plain"), None, spacing=SPACE_2))
        if rating.bar is not None:
            box.addWidget(BandBar(rating.bar))
        box.addWidget(label(rating.anchor, "small"))
    _add_sides(box, field)
    return outer


def _add_sides(box: QVBoxLayout, field: WrittenField) -> None:
    if field.words:
        yours = column(spacing=2)
        yours.addWidget(label("You chose" if field.is_choice else "You wrote", "caption"))
        yours.addWidget(label(field.words, selectable=True))
        box.addLayout(yours)
    for note in field.notes:
        box.addWidget(label(note, "small", tone="warm" if field.words else ""))
    if field.entries:
        frame, inner = card("sunken", spacing=SPACE_3, margin=SPACE_4)
        inner.addWidget(label(IN_THE_CASE_FILE, "caption"))
        for entry in field.entries:
            inner.addWidget(_entry(entry))
        box.addWidget(frame)


def _entry(entry: CaseEntry) -> QWidget:
    outer = QWidget()
    box = column(outer, SPACE_2)
    glyph, tone = _SIGNS[entry.outcome]
    line = row(spacing=SPACE_3)
    line.addWidget(label(entry.text, selectable=True), 1)
    line.addWidget(chip(f"{glyph} {entry.words}", tone), 0, Qt.AlignmentFlag.AlignTop)
    box.addLayout(line)
    if entry.quote is not None:
        box.addWidget(quoted(entry.quote, says_which_way=False))
    return outer
