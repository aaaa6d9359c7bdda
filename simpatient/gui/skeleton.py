"""The window's shape, painted before anything else is loaded: rail, heading, and where content will be.

One widget that draws itself with plain calls. It avoids widgets, layouts, stylesheet and even Qt's namespace of
enumerations, which together cost more than a bare window does. Must not know pages.
"""

from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from simpatient.gui.tokens import (
    CONTENT_WIDTH,
    DARK,
    FONT_FAMILY,
    LIGHT,
    SPACE_4,
    SPACE_6,
    TEXT_SIZES,
    TYPE_SCALE,
    Palette,
)

RAIL_WIDTH = 104
_BLOCKS = (112, 24, 132, 132)


class Skeleton(QWidget):
    """What is seen in the first moments."""

    def __init__(self, theme: str, text_size: str) -> None:
        super().__init__()
        self._scale = TEXT_SIZES[text_size]
        self._colours = self._palette(theme)
        self.setAccessibleName("simpatient is starting")

    def _palette(self, theme: str) -> Palette:
        if theme == "system":
            return DARK if self.palette().window().color().lightness() < 128 else LIGHT
        return DARK if theme == "dark" else LIGHT

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint."""
        colours = self._colours
        rail = round(RAIL_WIDTH * max(1.0, self._scale))
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(colours.bg))
        painter.fillRect(0, 0, rail, self.height(), QColor(colours.rail))
        self._words(painter, "simpatient", "body", colours.rail_ink, 16, 38)
        width = min(CONTENT_WIDTH, self.width() - rail - 2 * SPACE_6)
        left = rail + (self.width() - rail - width) // 2
        self._words(painter, "Practise", "h1", colours.ink, left, SPACE_6 + 39)
        self._words(painter, "Getting your sessions and courses …", "lead", colours.ink_soft, left, SPACE_6 + 70)
        painter.setPen(QColor(colours.sunken))
        painter.setBrush(QColor(colours.sunken))
        top = SPACE_6 + 98
        for height in _BLOCKS:
            painter.drawRoundedRect(left, top, width, height, 8, 8)
            top += height + SPACE_4

    def _words(self, painter: QPainter, words: str, size: str, colour: str, x: int, y: int) -> None:
        font = QFont(FONT_FAMILY)
        font.setPixelSize(round(TYPE_SCALE[size] * self._scale))
        font.setWeight(QFont.Weight.Normal if size == "lead" else QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(QColor(colour))
        painter.drawText(x, y, words)
