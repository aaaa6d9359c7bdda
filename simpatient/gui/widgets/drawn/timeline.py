"""A talk drawn in time: a lane for each speaker, with silences, interruptions and breaks, over a few strips.

Position and pattern carry the meaning, colour only supports it. Must not know where the times come from.
"""

from collections.abc import Sequence
from math import ceil

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from simpatient.gui.base.theme import Theme
from simpatient.gui.base.tokens import SPACE_2, TYPE_SCALE
from simpatient.gui.widgets.controls import PRESS
from simpatient.gui.widgets.conversation import announce
from simpatient.gui.widgets.layout import CardGrid, row
from simpatient.gui.widgets.text import label, plain_tooltip, presentable
from simpatient.presentation.shapes.timeline import Block, Piece, Sign, TalkTimes, TimelineSpan

_LANE, _BETWEEN, _TOP, _LEAST = 14.0, 6.0, 11.0, 2.5
_WIDEST_NAME = 96.0


class Timeline(QWidget):
    """The painted strips; arrow keys or the pointer go from turn to turn.

    Signals:
        chosen: The number of a turn that was clicked, or on which Enter was pressed.
        pointed: The words of what is under the pointer or chosen by the keys; '' for nothing.
    """

    chosen = Signal(int)
    pointed = Signal(str)

    def __init__(self, times: TalkTimes, name: str) -> None:
        super().__init__()
        self._times = times
        self._at: int | None = None
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        Theme.current().changed.connect(self._on_theme_changed)

    @property
    def current(self) -> Block | None:
        """The block under the pointer or chosen by the keys."""
        return None if self._at is None else self._times.blocks[self._at]

    def sizeHint(self) -> QSize:
        """Return the size wanted."""
        return QSize(480, ceil(self._times.strips * self._height()))

    def minimumSizeHint(self) -> QSize:
        """Return the least useful size."""
        return QSize(240, self.sizeHint().height())

    def block_rect(self, at: int) -> QRectF:
        """Return where the first part of a block is drawn."""
        return self._rects(self._times.blocks[at])[0]

    # ---- where things are ------------------------------------------------------------------------

    def _font(self) -> QFont:
        font = QFont(self.font())
        font.setPixelSize(round(TYPE_SCALE["caption"] * Theme.current().scale))
        return font

    def _height(self) -> float:
        return _TOP + 2 * _LANE + _BETWEEN + QFontMetricsF(self._font()).height() + 14.0

    def _left(self) -> float:
        metrics = QFontMetricsF(self._font())
        widest = max(metrics.horizontalAdvance(name) for name in self._times.lanes)
        return min(widest, _WIDEST_NAME * Theme.current().scale) + 12.0

    def _x(self, share: float) -> float:
        """Return the place of a share of a strip."""
        return self._left() + share * (self.width() - self._left() - 6.0)

    def _rects(self, block: Block) -> list[QRectF]:
        top = _TOP + block.lane * (_LANE + _BETWEEN)
        return [self._rect(piece, top, _LANE, gap=1.0) for piece in self._times.pieces(block.start, block.end)]

    def _silence_rects(self, silence: TimelineSpan) -> list[QRectF]:
        high = 2 * _LANE + _BETWEEN
        return [self._rect(piece, _TOP, high) for piece in self._times.pieces(silence.start, silence.end)]

    def _rect(self, piece: Piece, top: float, height: float, gap: float = 0.0) -> QRectF:
        left, right = self._x(piece.start), self._x(piece.end)
        return QRectF(left, piece.strip * self._height() + top, max(_LEAST, right - left - gap), height)

    # ---- pointing and choosing -------------------------------------------------------------------

    def _block_at(self, place: QPointF) -> int | None:
        # A turn of a second is only a few pixels wide, so what is near counts too.
        near = [
            (abs(rect.center().x() - place.x()), at)
            for at, block in enumerate(self._times.blocks)
            for rect in self._rects(block)
            if rect.adjusted(-3, -4, 3, 4).contains(place)
        ]
        return min(near)[1] if near else None

    def _words_at(self, place: QPointF) -> str:
        at = self._block_at(place)
        if at is not None:
            return self._times.blocks[at].words
        under = (s.words for s in self._times.silences if any(r.contains(place) for r in self._silence_rects(s)))
        return next(under, "")

    def _point_at(self, at: int | None, words: str) -> None:
        self._at = at
        self.pointed.emit(words)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show what is under the pointer."""
        at = self._block_at(event.position())
        self.setCursor(Qt.CursorShape.ArrowCursor if at is None else Qt.CursorShape.PointingHandCursor)
        self._point_at(at, self._words_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Forget what was under the pointer."""
        self._point_at(None, "")
        super().leaveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Choose the turn under the pointer."""
        at = self._block_at(event.position())
        if at is not None and event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(self._times.blocks[at].turn)

    def event(self, event: QEvent) -> bool:
        """Show the words of what is under the pointer as a tooltip."""
        if isinstance(event, QHelpEvent):
            words = self._words_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), plain_tooltip(words), self)
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go from turn to turn, or choose one."""
        last = len(self._times.blocks) - 1
        here = -1 if self._at is None else self._at
        moves = {
            Qt.Key.Key_Right: here + 1,
            Qt.Key.Key_Left: here - 1,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        if event.key() in PRESS and self.current is not None:
            self.chosen.emit(self.current.turn)
        elif event.key() in moves and last >= 0:
            at = min(max(moves[Qt.Key(event.key())], 0), last)
            self._point_at(at, self._times.blocks[at].words)
            announce(self, self._times.blocks[at].words)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keys are."""
        super().focusInEvent(event)
        if self._at is None and self._times.blocks and event.reason() != Qt.FocusReason.MouseFocusReason:
            self._point_at(0, self._times.blocks[0].words)

    def _on_theme_changed(self) -> None:
        self.updateGeometry()
        self.update()

    # ---- painting --------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._font())
        for strip in range(self._times.strips):
            self._paint_ground(painter, strip)
        for silence in self._times.silences:
            for rect in self._silence_rects(silence):
                paint_sample(painter, "silence", rect)
        for block in self._times.blocks:
            for rect in self._rects(block):
                paint_sample(painter, "lower" if block.lane else "upper", rect)
        for kind, moments in (("mark", self._times.marks), ("break", self._times.breaks)):
            for moment in moments:
                paint_sample(painter, "mark" if kind == "mark" else "break", self._moment_rect(moment))
        if self.current is not None:
            self._paint_current(painter, self.current)

    def _paint_ground(self, painter: QPainter, strip: int) -> None:
        colours = Theme.current().palette
        top, metrics = strip * self._height() + _TOP, QFontMetricsF(self._font())
        end = self._x(self._times.covered(strip))
        for lane, name in enumerate(self._times.lanes):
            y = top + lane * (_LANE + _BETWEEN)
            painter.setPen(QPen(QColor(colours.line), 1))
            painter.drawLine(QPointF(self._left(), y + _LANE / 2), QPointF(end, y + _LANE / 2))
            painter.setPen(QColor(colours.ink_soft))
            shown = metrics.elidedText(presentable(name, 40), Qt.TextElideMode.ElideRight, self._left() - 10)
            place = QRectF(0, y - 4, self._left() - 8, _LANE + 8)
            painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, shown)
        below = top + 2 * _LANE + _BETWEEN + 2
        for share, words in self._times.ticks(strip):
            self._paint_tick(painter, share, words, below)

    def _paint_tick(self, painter: QPainter, share: float, words: str, y: float) -> None:
        colours, x = Theme.current().palette, self._x(share)
        painter.setPen(QPen(QColor(colours.line_strong), 1))
        painter.drawLine(QPointF(x, y), QPointF(x, y + 3))
        painter.setPen(QColor(colours.ink_soft))
        metrics = QFontMetricsF(self._font())
        width = metrics.horizontalAdvance(words)
        # The words at both ends stay within the strip.
        left = x if not share else x - width if share == 1 else x - width / 2
        painter.drawText(QPointF(left, y + 4 + metrics.ascent()), words)

    def _moment_rect(self, moment: float) -> QRectF:
        piece = self._times.moment(moment)
        height = _TOP + 2 * _LANE + _BETWEEN
        return QRectF(self._x(piece.start) - 4, piece.strip * self._height(), 8, height)

    def _paint_current(self, painter: QPainter, block: Block) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(Theme.current().palette.ink), 2))
        for rect in self._rects(block):
            painter.drawRoundedRect(rect.adjusted(-2, -2, 2, 2), 4, 4)


def paint_sample(painter: QPainter, kind: Sign, rect: QRectF) -> None:
    """Paint one of the timeline's signs into a rectangle; the key to it uses the same."""
    colours = Theme.current().palette
    if kind in ("upper", "lower"):
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.accent if kind == "upper" else colours.line_strong))
        painter.drawRoundedRect(rect, 3, 3)
    elif kind == "silence":
        painter.setPen(QPen(QColor(colours.line_strong), 1, Qt.PenStyle.DotLine))
        painter.setBrush(QBrush(QColor(colours.line_strong), Qt.BrushStyle.BDiagPattern))
        painter.drawRect(rect)
    elif kind == "break":
        painter.setPen(QPen(QColor(colours.ink_soft), 1.4, Qt.PenStyle.DashLine))
        painter.drawLine(rect.center() - QPointF(0, rect.height() / 2), rect.center() + QPointF(0, rect.height() / 2))
    else:
        _paint_mark(painter, rect, QColor(colours.warm), QColor(colours.surface))


def _paint_mark(painter: QPainter, rect: QRectF, colour: QColor, edge: QColor) -> None:
    x, top = rect.center().x(), rect.top()
    painter.setPen(QPen(colour, 1.6))
    painter.drawLine(QPointF(x, top + 6), QPointF(x, rect.bottom()))
    painter.setPen(QPen(edge, 1))
    painter.setBrush(colour)
    painter.drawPolygon(QPolygonF([QPointF(x - 5, top), QPointF(x + 5, top), QPointF(x, top + 9)]))


class _Sample(QWidget):
    """One sign of the key."""

    def __init__(self, kind: Sign) -> None:
        super().__init__()
        self._kind: Sign = kind
        self.setFixedSize(22, 18)
        Theme.current().changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        flat = self._kind in ("upper", "lower", "silence")
        paint_sample(painter, self._kind, QRectF(1, 3, 20, 12) if flat else QRectF(7, 1, 8, 16))


def key(entries: Sequence[tuple[Sign, str]]) -> QWidget:
    """Return the key to the signs in use, in as many columns as fit."""
    cells = []
    for kind, words in entries:
        cell = QWidget()
        line = row(_Sample(kind), spacing=SPACE_2)
        line.addWidget(label(words, "caption"), 1)
        cell.setLayout(line)
        cells.append(cell)
    return CardGrid(cells, least_width=200)
