"""Fields to write in and lists to choose from. Must not know what is written or chosen."""

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox, QPlainTextEdit, QSpinBox

from simpatient.gui.base.theme import Theme
from simpatient.gui.widgets.icons import draw

# Around the words: padding and border of the stylesheet, and the document's own margin.
_AROUND = 24
_NUMBER_INDENT = 8


class LinesEdit(QPlainTextEdit):
    """A field for plain text that shows a given number of lines in any text size; Tab leaves it.

    Args:
        name: What a screen reader calls it.
        lines: How many lines are seen at once.
    """

    def __init__(self, name: str, lines: int, text: str = "") -> None:
        super().__init__(text)
        self._lines = lines
        self.setAccessibleName(name)
        self.setTabChangesFocus(True)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Fit the height to another font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()

    def _fit(self) -> None:
        self.setFixedHeight(self.fontMetrics().lineSpacing() * self._lines + _AROUND)


class DropDown(QComboBox):
    """A list to choose from, with an arrow that says so: a stylesheet takes Qt's own arrow away."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the field, and the arrow over its right end."""
        super().paintEvent(event)
        colours = Theme.current().palette
        painter = QPainter(self)
        size = self.fontMetrics().height()
        box = QRectF(self.width() - size - 12, (self.height() - size) / 2, size, size)
        draw(painter, "down", box, colours.ink if self.isEnabled() else colours.ink_soft)


class NumberField(QSpinBox):
    """A whole number to type or to step through, with arrows that say so: a stylesheet takes Qt's own away.

    Args:
        name: What a screen reader calls it.
        least: The smallest number.
        most: The largest number.
    """

    def __init__(self, name: str, least: int, most: int) -> None:
        super().__init__()
        self.setRange(least, most)
        self.setAccessibleName(name)
        # A stylesheet's padding does not reach the field inside.
        self.lineEdit().setTextMargins(_NUMBER_INDENT, 0, 0, 0)
        # The field inside is read out too; Tab stops at the box as a whole, not once more at the field in it.
        self.lineEdit().setAccessibleName(name)
        self.lineEdit().setFocusPolicy(Qt.FocusPolicy.ClickFocus)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the field, and an arrow over each half of its right end."""
        super().paintEvent(event)
        colour = Theme.current().palette.ink if self.isEnabled() else Theme.current().palette.ink_soft
        painter = QPainter(self)
        size = min(16.0, self.height() / 2 - 4)
        left, middle = self.width() - size - 10, self.height() / 2
        draw(painter, "up", QRectF(left, middle - size, size, size), colour)
        draw(painter, "down", QRectF(left, middle, size, size), colour)
