"""Feedback on one try of a drill: what was there and what was not, in words first and colour second.

Must not know how it is judged or worded.
"""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from simpatient.gui.base.tokens import SPACE_2, SPACE_3, SPACE_4, SPACE_5
from simpatient.gui.widgets.layout import card, column, row
from simpatient.gui.widgets.text import chip, label
from simpatient.presentation.learning.drills import DrillFeedback, FeedbackLine, drill_feedback
from simpatient.services.learning.drill import Answer

_SURFACES = {"done": "keep", "not_yet": "change", "unsure": "card", "copied": "card"}
_TONES = {"met": "accent", "unmet": "warm", "unsure": "note"}


def feedback_card(answer: Answer) -> QWidget:
    """Return everything said about one try."""
    shown = drill_feedback(answer)
    frame, box = card(_SURFACES[shown.outcome], spacing=SPACE_3, margin=SPACE_5)
    frame.setAccessibleName(f"Feedback on try {answer.tries}: {shown.headline}")
    box.addLayout(row(label(shown.headline, "h3"), chip(f"Try {answer.tries}"), spacing=SPACE_3))
    box.addLayout(_table(shown.lines))
    box.addWidget(_better(shown))
    box.addWidget(label(shown.next_words, "small"))
    return frame


def _table(lines: Sequence[FeedbackLine]) -> QGridLayout:
    """Return a row for each line: its tag, what is said, and what it is based on."""
    grid = QGridLayout()
    grid.setHorizontalSpacing(SPACE_3)
    grid.setVerticalSpacing(SPACE_3)
    grid.setColumnStretch(1, 1)
    for at, line in enumerate(lines):
        texts = column(spacing=2)
        texts.addWidget(label(line.words, selectable=True))
        if line.based_on:
            texts.addWidget(label(line.based_on, "small", selectable=True))
        grid.addWidget(chip(line.tag, _TONES[line.verdict]), at, 0, Qt.AlignmentFlag.AlignTop)
        grid.addLayout(texts, at, 1)
    return grid


def _better(shown: DrillFeedback) -> QWidget:
    frame, inner = card("better", spacing=SPACE_2, margin=SPACE_4)
    inner.addWidget(label(shown.better_title, "caption"))
    inner.addWidget(label(shown.better, "strong", selectable=True))
    return frame
