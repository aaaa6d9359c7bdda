"""Fields to write in. Must not know what is written."""

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QPlainTextEdit

# Around the words: padding and border of the stylesheet, and the document's own margin.
_AROUND = 24


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
