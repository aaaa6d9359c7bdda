"""The list of past sessions: every row opens its debrief, or the session when it is still open.

Must not know how sessions are stored.
"""

from collections.abc import Callable, Sequence
from typing import overload

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QSizePolicy, QTableWidgetItem

from simpatient.domain.learning.progress import SessionSummary
from simpatient.gui.base.theme import Theme
from simpatient.gui.widgets.tables import PlainTable
from simpatient.gui.widgets.text import plain_tooltip
from simpatient.presentation.words.dates import date, date_and_time

MOST_ROWS = 10
_HEADER = ("When", "Patient", "Case", "Your turns", "")
_WHEN, _PATIENT, _CASE, _TURNS, _LINK = range(5)
_WIDE = 760


class SessionTable(PlainTable):
    """Grows with its rows up to ``MOST_ROWS``, and then scrolls."""

    def __init__(self, sessions: Sequence[SessionSummary], on_open: Callable[[SessionSummary], None]) -> None:
        self._lines = _Lines(sessions)
        super().__init__(_HEADER, self._lines, "Past sessions")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        for i in range(len(_HEADER)):
            if i not in (_PATIENT, _CASE):
                self.horizontalHeader().setSectionResizeMode(i, QHeaderView.ResizeMode.ResizeToContents)
        Theme.current().changed.connect(self._tint_links)
        self.cellClicked.connect(lambda i, _: on_open(sessions[i]))
        self.activated.connect(lambda index: on_open(sessions[index.row()]))

    def sizeHint(self) -> QSize:
        """Return the size wanted: the header and all rows up to ten."""
        return QSize(super().sizeHint().width(), self.height_of(MOST_ROWS))

    def minimumSizeHint(self) -> QSize:
        """Return the least useful size."""
        return QSize(300, self.height_of(MOST_ROWS))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give up the time of day and the number of turns when there is little room."""
        narrow = event.size().width() < _WIDE * Theme.current().scale
        if narrow != self.isColumnHidden(_TURNS):
            self.setColumnHidden(_TURNS, narrow)
            self._lines.is_narrow = narrow
            self.reword_column(_WHEN)
        super().resizeEvent(event)

    def dress_cell(self, row: int, column: int, item: QTableWidgetItem) -> None:
        """Say in full what may be cut short, and let the last column look like the way it is."""
        if column in (_PATIENT, _CASE):
            item.setToolTip(plain_tooltip(item.text()))
        elif column == _LINK:
            item.setForeground(QColor(Theme.current().palette.accent_ink))

    def _tint_links(self) -> None:
        colour = QColor(Theme.current().palette.accent_ink)
        for i in range(self.rowCount()):
            if (item := self.item(i, _LINK)) is not None:
                item.setForeground(colour)


class _Lines(Sequence[Sequence[str]]):
    """The words of each row, made when they are asked for: a year has thousands of rows, and few are looked at."""

    def __init__(self, sessions: Sequence[SessionSummary]) -> None:
        self._sessions = sessions
        self.is_narrow = False

    def __len__(self) -> int:
        return len(self._sessions)

    @overload
    def __getitem__(self, index: int) -> Sequence[str]: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Sequence[str]]: ...

    def __getitem__(self, index: int | slice) -> Sequence[str] | Sequence[Sequence[str]]:
        if isinstance(index, slice):
            return [_cells(each, self.is_narrow) for each in self._sessions[index]]
        return _cells(self._sessions[index], self.is_narrow)


def _cells(summary: SessionSummary, is_narrow: bool) -> tuple[str, ...]:
    next_step = "Look back ›" if summary.has_self_rating else "Rate and look back ›"
    return (
        date(summary.started_at) if is_narrow else date_and_time(summary.started_at),
        summary.patient_name,
        _title(summary),
        str(summary.trainee_turns),
        "Continue ›" if summary.ended_at is None else next_step,
    )


def _title(summary: SessionSummary) -> str:
    """Return the case, and for a retry that it goes on from an earlier attempt."""
    return summary.case_title if summary.attempt == 1 else f"↳ Retry {summary.attempt - 1} · {summary.case_title}"
