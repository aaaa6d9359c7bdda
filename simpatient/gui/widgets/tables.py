"""Read-only tables in the app's own look. Must not know what the cells mean."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from simpatient.gui.base.theme import Theme
from simpatient.gui.widgets.text import presentable

_ROW_HEIGHT = 38


class PlainTable(QTableWidget):
    """A table to read and to choose a row from; its rows follow the text size."""

    def __init__(self, header: Sequence[str], rows: Sequence[Sequence[str]], name: str) -> None:
        super().__init__(len(rows), len(header))
        self.setAccessibleName(name)
        self.setHorizontalHeaderLabels([presentable(each, 60) for each in header])
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setTabKeyNavigation(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        for i, cells in enumerate(rows):
            for j, cell in enumerate(cells):
                self.setItem(i, j, QTableWidgetItem(presentable(cell, 300)))
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        # A line of a section that cannot be chosen by itself would only draw attention.
        self.horizontalHeader().setHighlightSections(False)
        self._fit_rows()
        Theme.current().changed.connect(self._fit_rows)

    def cell(self, row: int, column: int) -> QTableWidgetItem:
        """Return the item of a cell."""
        item = self.item(row, column)
        if item is None:
            raise IndexError(f"no cell {row}, {column}")
        return item

    def height_of(self, most: int) -> int:
        """Return the height, in pixels, that shows the header and at most ``most`` rows without scrolling."""
        shown = min(self.rowCount(), most)
        rows = shown * self.verticalHeader().defaultSectionSize()
        return self.horizontalHeader().sizeHint().height() + rows + 2 * self.frameWidth() + 2

    def _fit_rows(self) -> None:
        self.verticalHeader().setDefaultSectionSize(round(_ROW_HEIGHT * max(1.0, Theme.current().scale)))
        self.updateGeometry()
