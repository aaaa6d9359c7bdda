"""How a talk was spoken: a few calm figures, each with what it is based on, and the talk drawn in time.

Must not know how times are measured, counted or put into words.
"""

from collections.abc import Callable

from PySide6.QtWidgets import QHeaderView, QWidget

from simpatient.domain.assessment.speaking_times import SpeakingTimes
from simpatient.gui.base.tokens import SPACE_1, SPACE_2, SPACE_3, SPACE_4, SPACE_5
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.drawn.timeline import Timeline, key
from simpatient.gui.widgets.layout import CardGrid, card, column, row
from simpatient.gui.widgets.tables import PlainTable
from simpatient.gui.widgets.text import label
from simpatient.presentation.feedback.speaking import CAUTION, DRAWN, SpeakingFigure, speaking_section
from simpatient.presentation.shapes.tables import Table
from simpatient.presentation.shapes.timeline import TalkTimes
from simpatient.presentation.words.numbers import turn_title, turn_words
from simpatient.presentation.words.perspective import TO_TRAINEE

_HINT = "Point at a turn, or move between turns with the arrow keys. Enter opens the turn in the transcript."
_MOST_ROWS = 8


class SpeakingView(QWidget):
    """The section of a debrief about a spoken session."""

    def __init__(self, times: SpeakingTimes, patient: str, on_show_turn: Callable[[int], None]) -> None:
        super().__init__()
        self._shown, self._on_show_turn = speaking_section(times, patient, TO_TRAINEE), on_show_turn
        self.timeline: Timeline | None = None
        frame, box = card(spacing=SPACE_4, margin=SPACE_5)
        column(self, 0).addWidget(frame)
        head = column(spacing=SPACE_1)
        head.addWidget(label(self._shown.title, "h2"))
        head.addWidget(label(self._shown.based_on, "small"))
        box.addLayout(head)
        if self._shown.times is not None:
            box.addWidget(CardGrid([self._tile(figure) for figure in self._shown.figures], least_width=236))
            box.addWidget(self._drawn(self._shown.times))
        box.addWidget(label(CAUTION, "caption"))

    def _tile(self, figure: SpeakingFigure) -> QWidget:
        frame, box = card("sunken", spacing=SPACE_1, margin=SPACE_4)
        box.addWidget(label(figure.title, "caption"))
        value = label(figure.value, "figure")
        value.setAccessibleName(f"{figure.title}: {figure.value}. {figure.words}")
        box.addWidget(value)
        box.addWidget(label(figure.words, "small"))
        box.addStretch(1)
        if figure.turn is not None:
            turn = figure.turn
            name = f"Show {turn_words(turn)} in the transcript"
            link = Button(turn_title(turn), "link", name=name, on_click=lambda: self._on_show_turn(turn))
            box.addLayout(row(link, None))
        return frame

    def _drawn(self, times: TalkTimes) -> QWidget:
        outer = QWidget()
        box = column(outer, SPACE_2)
        self._toggle = Button("Show as table", "quiet", name=f"{DRAWN}: show as table", on_click=self._toggled)
        box.addLayout(row(label(DRAWN, "h3"), None, self._toggle))
        self.timeline = Timeline(times, self._shown.alt)
        self.table = _table(self._shown.table)
        self.table.hide()
        self._drawing = QWidget()
        inner = column(self._drawing, SPACE_3)
        self._detail = label(_HINT, "small")
        for each in (self.timeline, self._detail, key(self._shown.key)):
            inner.addWidget(each)
        self.timeline.pointed.connect(lambda words: self._detail.setText(words or _HINT))
        self.timeline.chosen.connect(self._on_show_turn)
        self.table.cellActivated.connect(lambda at, _: self._on_show_turn(self._shown.turns[at]))
        box.addWidget(self._drawing)
        box.addWidget(self.table)
        return outer

    def _toggled(self) -> None:
        to_table = self.table.isHidden()
        self._drawing.setVisible(not to_table)
        self.table.setVisible(to_table)
        words = "Show as drawing" if to_table else "Show as table"
        self._toggle.setText(words)
        self._toggle.setAccessibleName(f"{DRAWN}: {words.lower()}")


def _table(shown: Table) -> PlainTable:
    table = PlainTable(shown.head, shown.rows, f"{shown.caption} as a table")
    columns = table.horizontalHeader()
    for at in range(len(shown.head) - 1):
        columns.setSectionResizeMode(at, QHeaderView.ResizeMode.ResizeToContents)
    table.setFixedHeight(table.height_of(_MOST_ROWS))
    return table
