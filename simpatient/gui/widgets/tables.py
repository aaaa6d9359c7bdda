"""Read-only tables in the app's own look. Must not know what the cells mean.

A table of a year has ten thousand cells: they are made a little at a time, and any other when it is asked for.
"""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from simpatient.gui.base.theme import Theme
from simpatient.gui.widgets.slices import Slices
from simpatient.gui.widgets.text import presentable

_ROW_HEIGHT = 38
_AT_A_TIME = 20
# Rows that decide how wide a column is: more than are seen at once, and not a year of them at every change.
_WIDEST_OF = 60


class PlainTable(QTableWidget):
    """A table to read and to choose a row from; its rows follow the text size."""

    def __init__(self, header: Sequence[str], rows: Sequence[Sequence[str]], name: str) -> None:
        super().__init__(len(rows), len(header))
        self._rows = rows
        self.setAccessibleName(name)
        self.setHorizontalHeaderLabels([presentable(each, 60) for each in header])
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setTabKeyNavigation(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.horizontalHeader().setResizeContentsPrecision(_WIDEST_OF)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        # A line of a section that cannot be chosen by itself would only draw attention.
        self.horizontalHeader().setHighlightSections(False)
        self._fit_rows()
        Theme.current().changed.connect(self._fit_rows)
        starts = range(0, len(self._rows), _AT_A_TIME)
        self._slices = Slices(self, (partial(self._make_rows, start) for start in starts))

    @property
    def is_complete(self) -> bool:
        """Whether every row is made."""
        return self._slices.is_over

    def cell(self, row: int, column: int) -> QTableWidgetItem:
        """Return the item of a cell."""
        if self.item(row, column) is None:
            self._make_rows(row)
        item = self.item(row, column)
        if item is None:
            raise IndexError(f"no cell {row}, {column}")
        return item

    def reword_column(self, column: int) -> None:
        """Read the words of a column again; the rows have others now."""
        self.model().blockSignals(True)
        for i in range(self.rowCount()):
            if (item := self.item(i, column)) is not None:
                item.setText(presentable(self._rows[i][column], 300))
        self.model().blockSignals(False)
        self.horizontalHeader().resizeSections()
        self.viewport().update()

    def dress_cell(self, row: int, column: int, item: QTableWidgetItem) -> None:
        """Give a cell that was just made what it has beside its words; here nothing."""

    def _make_rows(self, start: int) -> None:
        # Told of every cell, the header would measure its columns anew each time; these rows do not count for it.
        self.model().blockSignals(start >= _WIDEST_OF)
        for i in range(start, min(start + _AT_A_TIME, len(self._rows))):
            for j, cell in enumerate(self._rows[i]):
                if self.item(i, j) is None:
                    item = QTableWidgetItem(presentable(cell, 300))
                    self.dress_cell(i, j, item)
                    self.setItem(i, j, item)
        self.model().blockSignals(False)
        self.viewport().update()

    def height_of(self, most: int) -> int:
        """Return the height, in pixels, that shows the header and at most ``most`` rows without scrolling."""
        shown = min(self.rowCount(), most)
        rows = shown * self.verticalHeader().defaultSectionSize()
        return self.horizontalHeader().sizeHint().height() + rows + 2 * self.frameWidth() + 2

    def _fit_rows(self) -> None:
        self.verticalHeader().setDefaultSectionSize(round(_ROW_HEIGHT * max(1.0, Theme.current().scale)))
        self.updateGeometry()
