"""What outweighs everything else: critical ratings, in a frame of their own with a sign and plain words.

Must not know any rubric by name, nor when a rating is critical.
"""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from simpatient.domain.assessment.score import Score, Scorecard, critical_scores
from simpatient.domain.content.rubric import Criterion, Rubric
from simpatient.gui.base.tokens import SPACE_2, SPACE_3, SPACE_4, SPACE_5
from simpatient.gui.debrief.evidence_view import OnShowTurn, quoted
from simpatient.gui.widgets.layout import card, column, row
from simpatient.gui.widgets.painted import Glyph
from simpatient.gui.widgets.text import label
from simpatient.presentation.critical import HEADING, why
from simpatient.presentation.perspective import TO_TRAINEE
from simpatient.presentation.wording import score_words, sureness

MOST_QUOTES = 2


def critical_view(
    cards: Sequence[Scorecard], rubrics: Mapping[str, Rubric], on_show_turn: OnShowTurn
) -> QWidget | None:
    """Return everything critical in one frame; None when nothing is."""
    found = [(score, _criterion(rubrics.get(rubric), score)) for rubric, score in critical_scores(cards)]
    known = [(score, criterion) for score, criterion in found if criterion is not None]
    if not known:
        return None
    frame, box = critical_frame(HEADING, "h2")
    box.addWidget(label(why(TO_TRAINEE)))
    for score, criterion in known:
        box.addWidget(_item(score, criterion, on_show_turn))
    return frame


def critical_frame(heading: str, role: str) -> tuple[QFrame, QVBoxLayout]:
    """Return the frame that says something is critical, and where its content goes."""
    frame, box = card("critical", spacing=SPACE_4, margin=SPACE_5)
    words = label(heading, role)
    box.addLayout(row(Glyph("alert", "on_danger_soft", 24), words, spacing=SPACE_3))
    return frame, box


def _item(score: Score, criterion: Criterion, on_show_turn: OnShowTurn) -> QWidget:
    outer = QWidget()
    box = column(outer, SPACE_2)
    line = row(spacing=SPACE_3)
    line.addWidget(label(criterion.label, "h3"), 1)
    figure = label(score_words(score), "strong")
    figure.setWordWrap(False)
    line.addWidget(figure, 0, Qt.AlignmentFlag.AlignTop)
    box.addLayout(line)
    anchor = criterion.anchor(score.value) if score.value is not None else ""
    if anchor:
        box.addWidget(label(anchor))
    box.addWidget(label(sureness(score), "caption"))
    for evidence in sorted(score.evidence, key=lambda each: each.supports)[:MOST_QUOTES]:
        box.addWidget(quoted(evidence, on_show_turn, says_which_way=False))
    return outer


def _criterion(rubric: Rubric | None, score: Score) -> Criterion | None:
    return next((each for each in rubric.criteria if each.id == score.id), None) if rubric else None
