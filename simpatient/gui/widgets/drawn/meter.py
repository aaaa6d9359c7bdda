"""A level meter: how loud it is at the microphone, as a bar with words beside it. Must not know sound devices."""

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from simpatient.gui.base.theme import Theme

# Quiet room to full scale, decibels below full scale.
_FLOOR_DB, _LOUD_DB = -60.0, -6.0


class LevelBar(QWidget):
    """Shows a level; the last tenth, where speech begins to distort, in another colour."""

    def __init__(self) -> None:
        super().__init__()
        self._share = 0.0
        self.setAccessibleName("Microphone level")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        Theme.current().changed.connect(self.update)

    @property
    def share(self) -> float:
        """How much of the bar is filled, 0..1."""
        return self._share

    def set_level(self, level_db: float) -> None:
        """Show a level in decibels below full scale."""
        self._share = min(1.0, max(0.0, 1 - level_db / _FLOOR_DB))
        words = "silent" if self._share < 0.1 else "too loud" if level_db > _LOUD_DB else "heard"
        self.setAccessibleDescription(words)
        self.update()

    def sizeHint(self) -> QSize:
        """Return the size wanted."""
        return QSize(120, 10)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint."""
        colours = Theme.current().palette
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole = QRectF(0, (self.height() - 8) / 2, self.width(), 8)
        painter.setPen(QColor(colours.line_strong))
        painter.setBrush(QColor(colours.sunken))
        painter.drawRoundedRect(whole.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        is_loud = self._share > 1 - _LOUD_DB / _FLOOR_DB
        painter.setPen(QColor(colours.warm if is_loud else colours.accent))
        painter.setBrush(QColor(colours.warm if is_loud else colours.accent))
        filled = QRectF(whole.left() + 1, whole.top() + 1, max(0.0, (whole.width() - 2) * self._share), 6)
        if filled.width() >= 2:
            painter.drawRoundedRect(filled, 3, 3)
