"""Small painted widgets: portrait circle, path node, band bar. Must not know services or rubrics."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from simpatient.gui.theme import Theme
from simpatient.gui.widgets.icons import draw


class Portrait(QWidget):
    """A circle with initials; never a picture of a face."""

    def __init__(self, name: str, size: int = 48) -> None:
        super().__init__()
        words = [word for word in name.split() if word[0].isalnum()]
        self._initials = "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()
        self.setFixedSize(size, size)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint."""
        colours = Theme.current().palette
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.accent_soft))
        painter.drawEllipse(self.rect())
        font = QFont(self.font())
        font.setPixelSize(max(11, self.height() * 3 // 8))
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(QColor(colours.on_accent_soft))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._initials)


class Glyph(QWidget):
    """An icon that stands beside words which say the same.

    Args:
        name: Which icon.
        colour: Name of a colour of the palette.
        size: Width and height in pixels.
    """

    def __init__(self, name: str, colour: str, size: int = 20) -> None:
        super().__init__()
        self._name, self._colour = name, colour
        self.setFixedSize(size, size)
        Theme.current().changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint."""
        painter = QPainter(self)
        draw(painter, self._name, QRectF(self.rect()), Theme.current().palette.as_dict()[self._colour])


class PathNode(QWidget):
    """One stop on a path of units: its number, a tick or a lock, with the line to its neighbours."""

    def __init__(self, number: int, state: str, *, is_first: bool, is_last: bool) -> None:
        super().__init__()
        self._number, self._state = number, state
        self._is_first, self._is_last = is_first, is_last
        self.setFixedWidth(36)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        centre = QPointF(self.width() / 2, 34)
        self._paint_line(painter, centre)
        self._paint_circle(painter, centre)

    def _paint_line(self, painter: QPainter, centre: QPointF) -> None:
        painter.setPen(QPen(QColor(Theme.current().palette.line_strong), 2))
        if not self._is_first:
            painter.drawLine(QPointF(centre.x(), 0), QPointF(centre.x(), centre.y() - 18))
        if not self._is_last:
            painter.drawLine(QPointF(centre.x(), centre.y() + 18), QPointF(centre.x(), float(self.height())))

    def _paint_circle(self, painter: QPainter, centre: QPointF) -> None:
        colours = Theme.current().palette
        fill, border, ink = {
            "mastered": (colours.accent, colours.accent, colours.on_accent),
            "open": (colours.surface, colours.accent, colours.accent_ink),
            "locked": (colours.sunken, colours.line_strong, colours.ink_soft),
        }[self._state]
        painter.setPen(QPen(QColor(border), 2))
        painter.setBrush(QColor(fill))
        painter.drawEllipse(centre, 15, 15)
        box = QRectF(centre.x() - 9, centre.y() - 9, 18, 18)
        if self._state == "open":
            font = QFont(self.font())
            font.setPixelSize(14)
            font.setWeight(QFont.Weight.DemiBold)
            painter.setFont(font)
            painter.setPen(QColor(ink))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(self._number))
        else:
            draw(painter, "check" if self._state == "mastered" else "lock", box, ink)


@dataclass(frozen=True, slots=True)
class Band:
    """A border of a band: from ``value`` on (or, falling, from it down) the label holds."""

    label: str
    value: float


class BandBar(QWidget):
    """A value on a bar with its bands. The band's name stands beside it in words, so colour only helps."""

    def __init__(
        self, value: float | None, low: float, high: float, bands: Sequence[Band] = (), *, falling: bool = False
    ) -> None:
        super().__init__()
        self._falling = falling
        self._value, self._low = value, low
        self._high = high if high > low else low + 1.0
        self._bands = sorted(bands, key=lambda band: band.value)
        self.setFixedHeight(30)
        self.setMinimumWidth(120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Return the size wanted."""
        return QSize(240, 30)

    def _x(self, value: float) -> float:
        share = (value - self._low) / (self._high - self._low)
        return 7 + min(1.0, max(0.0, share)) * (self.width() - 14)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_bands(painter)
        if self._value is not None:
            self._paint_marker(painter, self._x(self._value))

    def _paint_bands(self, painter: QPainter) -> None:
        colours = Theme.current().palette
        fills = (colours.band_1, colours.band_2, colours.band_3) if self._bands else (colours.sunken,)
        borders = [7.0, *(self._x(band.value) for band in self._bands), self.width() - 7.0]
        painter.setPen(Qt.PenStyle.NoPen)
        for i, (start, end) in enumerate(pairwise(borders)):
            level = len(self._bands) - i if self._falling else i
            painter.setBrush(QColor(fills[min(level, len(fills) - 1)]))
            gap = 0 if i == 0 else 2
            painter.drawRoundedRect(QRectF(start + gap, 14, max(2.0, end - start - gap), 8), 4, 4)
        painter.setPen(QPen(QColor(colours.ink_soft), 1))
        for band in self._bands:
            painter.drawLine(QPointF(self._x(band.value), 24), QPointF(self._x(band.value), 28))

    def _paint_marker(self, painter: QPainter, x: float) -> None:
        colours = Theme.current().palette
        painter.setPen(QPen(QColor(colours.surface), 1.5))
        painter.setBrush(QColor(colours.ink))
        painter.drawPolygon(QPolygonF([QPointF(x - 6, 3), QPointF(x + 6, 3), QPointF(x, 15)]))
        painter.setPen(QPen(QColor(colours.ink), 2))
        painter.drawLine(QPointF(x, 12), QPointF(x, 23))
