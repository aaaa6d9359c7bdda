"""What outweighs everything else: critical ratings, in a frame of their own with a sign and plain words.

Must not know any rubric by name, nor when a rating is critical.
"""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from simpatient.gui.base.tokens import SPACE_2, SPACE_3, SPACE_4, SPACE_5
from simpatient.gui.debrief.evidence_view import OnShowTurn, quoted
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.drawn.painted import Glyph
from simpatient.gui.widgets.layout import card, column, row
from simpatient.gui.widgets.text import label
from simpatient.presentation.feedback.critical import HEADING, why
from simpatient.presentation.feedback.quotes import Quote
from simpatient.presentation.feedback.scorecard import Rating
from simpatient.presentation.words.numbers import plural
from simpatient.presentation.words.perspective import TO_TRAINEE

# What is missing weighs more here than what was there; the other quotes are shown on request.
MOST_QUOTES = 2


def critical_view(ratings: Sequence[Rating], on_show_turn: OnShowTurn) -> QWidget | None:
    """Return everything critical in one frame; None when nothing is."""
    if not ratings:
        return None
    frame, box = critical_frame(HEADING, "h2")
    box.addWidget(label(why(TO_TRAINEE)))
    for rating in ratings:
        box.addWidget(_item(rating, on_show_turn))
    return frame


def critical_frame(heading: str, role: str) -> tuple[QFrame, QVBoxLayout]:
    """Return the frame that says something is critical, and where its content goes."""
    frame, box = card("critical", spacing=SPACE_4, margin=SPACE_5)
    words = label(heading, role)
    box.addLayout(row(Glyph("alert", "on_danger_soft", 24), words, spacing=SPACE_3))
    return frame, box


def _item(rating: Rating, on_show_turn: OnShowTurn) -> QWidget:
    outer = QWidget()
    box = column(outer, SPACE_2)
    line = row(spacing=SPACE_3)
    line.addWidget(label(rating.label, "h3"), 1)
    figure = label(rating.value, "strong")
    figure.setWordWrap(False)
    line.addWidget(figure, 0, Qt.AlignmentFlag.AlignTop)
    box.addLayout(line)
    if rating.anchor:
        box.addWidget(label(rating.anchor))
    box.addWidget(label(rating.sureness, "caption"))
    quotes = sorted(rating.quotes, key=lambda each: each.supports)
    for quote in quotes[:MOST_QUOTES]:
        box.addWidget(quoted(quote, on_show_turn, says_which_way=False))
    if rest := quotes[MOST_QUOTES:]:
        words = f"Show {plural(len(rest), 'more quote')}"
        more = Button(words, "link", name=f"{rating.label}: {words.lower()}")
        more.clicked.connect(lambda: _show_rest(more, rest, box, on_show_turn))
        box.addLayout(row(more, None))
    return outer


def _show_rest(more: Button, rest: Sequence[Quote], box: QVBoxLayout, on_show_turn: OnShowTurn) -> None:
    more.hide()
    for quote in rest:
        box.addWidget(quoted(quote, on_show_turn, says_which_way=True))
