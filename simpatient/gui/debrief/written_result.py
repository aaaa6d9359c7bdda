"""What a written attempt earned: field by field, the trainee's words beside what the case holds.

Must not know how writing is judged, nor any rubric by name.
"""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from simpatient.domain.assessment.score import SummaryValue
from simpatient.domain.assessment.writing import Attempt, Exercise, FieldResult, Held
from simpatient.domain.content.rubric import Criterion, Summary
from simpatient.gui.base.tokens import SPACE_2, SPACE_3, SPACE_4
from simpatient.gui.debrief.evidence_view import quoted
from simpatient.gui.widgets.layout import card, column, row
from simpatient.gui.widgets.painted import BandBar
from simpatient.gui.widgets.text import chip, divider, label
from simpatient.presentation.dates import date_and_time
from simpatient.presentation.numbers import percent, plural
from simpatient.presentation.wording import STATUS_WORDS, confidence_words, score_words, summary_reason, summary_words

_OUTCOMES = {"met": ("●", "Met", "accent"), "partly": ("◐", "Partly met", "note"), "not_met": ("○", "Not met", "plain")}
AFTER_REVEAL = "Written when the case's side of this field had been shown."
LEFT_EMPTY = "Left empty. What the case file says here stays closed until you write something."


def result_view(attempt: Attempt, exercise: Exercise) -> QWidget:
    """Return an attempt with its result."""
    outer = QWidget()
    box = column(outer, SPACE_4)
    many = f"Attempt {attempt.number} of {len(exercise.attempts)}, " if len(exercise.attempts) > 1 else "Saved "
    box.addWidget(label(f"{many}{date_and_time(attempt.at)}", "caption"))
    summaries = {summary.id: summary for summary in exercise.rubric.summaries}
    for value in attempt.summaries:
        if value.id in summaries:
            box.addWidget(_figure(value, summaries[value.id]))
    fields = {field.id: field for field in exercise.fields}
    for result in attempt.results:
        if result.score.id in fields:
            box.addWidget(divider())
            box.addWidget(_field(result, fields[result.score.id], attempt))
    return outer


def _figure(value: SummaryValue, summary: Summary) -> QWidget:
    outer = QWidget()
    box = column(outer, 2)
    reason = summary_reason(value, summary)
    shown = summary_words(value, summary)
    figure = label(shown, "figure")
    figure.setWordWrap(False)
    figure.setAccessibleName(f"{summary.label}: {shown}")
    line = row(spacing=SPACE_3)
    line.addWidget(label(summary.label, "strong"), 1)
    line.addWidget(figure)
    box.addLayout(line)
    box.addWidget(label(reason or summary.explanation, "small"))
    return outer


def _field(result: FieldResult, field: Criterion, attempt: Attempt) -> QWidget:
    outer = QWidget()
    box = column(outer, SPACE_3)
    score = result.score
    shown = score_words(score)
    figure = label(shown, "figure")
    figure.setWordWrap(False)
    figure.setAccessibleName(f"{field.label}: {shown}. {score.unscored_reason or ''}".strip())
    line = row(spacing=SPACE_3)
    line.addWidget(label(field.label, "strong"), 1)
    line.addWidget(figure, 0, Qt.AlignmentFlag.AlignTop)
    box.addLayout(line)
    if score.value is not None:
        tags = (chip(STATUS_WORDS[score.status], "note"), chip(confidence_words(score.confidence), "plain"))
        box.addLayout(row(*tags, None, spacing=SPACE_2))
        box.addWidget(BandBar(score.value, *score.scale))
        box.addWidget(label(field.anchor(score.value), "small"))
    _add_sides(box, result, attempt.texts.get(field.written, ""), "You chose" if field.options else "You wrote")
    return outer


def _add_sides(box: QVBoxLayout, result: FieldResult, text: str, how: str) -> None:
    if not text:
        box.addWidget(label(LEFT_EMPTY, "small"))
        return
    yours = column(spacing=2)
    yours.addWidget(label(how, "caption"))
    yours.addWidget(label(text, selectable=True))
    box.addLayout(yours)
    if result.unread:
        words = (
            f"{plural(result.unread, 'later statement was', 'later statements were')} not read: naming everything "
            "earns nothing. Put what matters most first."
        )
        box.addWidget(label(words, "small", tone="warm"))
    if result.after_reveal:
        box.addWidget(label(AFTER_REVEAL, "small", tone="warm"))
    if not result.held:
        box.addWidget(label(result.score.unscored_reason or "", "small", tone="warm"))
        return
    frame, inner = card("sunken", spacing=SPACE_3, margin=SPACE_4)
    inner.addWidget(label("In the case file", "caption"))
    for held in result.held:
        inner.addWidget(_held(held, text))
    box.addWidget(frame)


def _held(held: Held, text: str) -> QWidget:
    outer = QWidget()
    box = column(outer, SPACE_2)
    glyph, words, tone = _OUTCOMES[held.outcome]
    share = f", {percent(held.credit)}" if held.outcome == "partly" else ""
    line = row(spacing=SPACE_3)
    line.addWidget(label(held.text, selectable=True), 1)
    line.addWidget(chip(f"{glyph} {words}{share}", tone), 0, Qt.AlignmentFlag.AlignTop)
    box.addLayout(line)
    # Words that are the whole answer stand just above already.
    if held.evidence is not None and held.evidence.quote != text.strip(" .!?;"):
        box.addWidget(quoted(held.evidence, says_which_way=False))
    return outer
