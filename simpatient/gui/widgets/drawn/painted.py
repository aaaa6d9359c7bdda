"""Small painted widgets: portrait circle, path node, band bar. Must not know services or rubrics."""

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from simpatient.gui.base.theme import Theme
from simpatient.gui.base.tokens import TYPE_SCALE
from simpatient.gui.widgets.icons import draw
from simpatient.gui.widgets.text import plain_tooltip
from simpatient.presentation.feedback.scorecard import Bar

_END_GAP = 8


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


class BandBar(QWidget):
    """A value on a bar between the ends of its scale, with the names of its bands below it."""

    def __init__(self, bar: Bar) -> None:
        super().__init__()
        self._bar = bar
        self.setMinimumWidth(120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(bar.alt)
        self.setToolTip(plain_tooltip(bar.words))
        Theme.current().changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        """Return the size wanted."""
        return QSize(240, 30 + (self._metrics().height() if self._bar.names else 0))

    def _font(self) -> QFont:
        font = QFont(self.font())
        font.setPixelSize(round(TYPE_SCALE["caption"] * Theme.current().scale))
        return font

    def _metrics(self) -> QFontMetrics:
        return QFontMetrics(self._font())

    def _sides(self) -> tuple[float, float]:
        """Return where the bar begins and ends: beside it stand the ends of its scale."""
        left, right = (self._metrics().horizontalAdvance(end) + _END_GAP for end in self._bar.ends)
        return float(left), float(self.width() - right)

    def _x(self, value: float) -> float:
        left, right = self._sides()
        share = (value - self._bar.low) / (self._bar.high - self._bar.low or 1.0)
        return left + min(1.0, max(0.0, share)) * (right - left)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._font())
        self._paint_ends(painter)
        self._paint_bands(painter)
        if self._bar.value is not None:
            self._paint_marker(painter, self._x(self._bar.value))

    def _paint_ends(self, painter: QPainter) -> None:
        painter.setPen(QColor(Theme.current().palette.ink_soft))
        height = self._metrics().height()
        box = QRectF(0, 18 - height / 2, self.width(), height)
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self._bar.ends[0])
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._bar.ends[1])

    def _paint_bands(self, painter: QPainter) -> None:
        colours = Theme.current().palette
        fills = (colours.band_1, colours.band_2, colours.band_3) if self._bar.borders else (colours.sunken,)
        left, right = self._sides()
        borders = [left, *(self._x(border) for border in self._bar.borders), right]
        for i, (start, end) in enumerate(pairwise(borders)):
            level = len(self._bar.borders) - i if self._bar.is_falling else i
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(fills[min(level, len(fills) - 1)]))
            gap = 0 if i == 0 else 2
            painter.drawRoundedRect(QRectF(start + gap, 14, max(2.0, end - start - gap), 8), 4, 4)
        self._paint_names(painter, borders)

    def _paint_names(self, painter: QPainter, borders: Sequence[float]) -> None:
        """Name each part where there is room for it; the tooltip has all of them."""
        painter.setPen(QPen(QColor(Theme.current().palette.ink_soft), 1))
        for x in borders[1:-1]:
            painter.drawLine(QPointF(x, 24), QPointF(x, 28))
        for name, (start, end) in zip(self._bar.names, pairwise(borders), strict=False):
            box = QRectF(start + 2, 27, max(0.0, end - start - 4), self._metrics().height())
            if self._metrics().horizontalAdvance(name) <= box.width():
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, name)

    def _paint_marker(self, painter: QPainter, x: float) -> None:
        colours = Theme.current().palette
        painter.setPen(QPen(QColor(colours.surface), 1.5))
        painter.setBrush(QColor(colours.ink))
        painter.drawPolygon(QPolygonF([QPointF(x - 6, 3), QPointF(x + 6, 3), QPointF(x, 15)]))
        painter.setPen(QPen(QColor(colours.ink), 2))
        painter.drawLine(QPointF(x, 12), QPointF(x, 23))
