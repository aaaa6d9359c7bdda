"""A talk drawn in time: a lane for each speaker, with silences, interruptions and breaks, over a few strips.

Position and pattern carry the meaning, colour only supports it. Must not know where the times come from.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Literal

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
from simpatient.presentation.numbers import clock

# Seconds a strip may cover, and into how many parts its ticks divide it.
STRIPS_S = {60.0: 4, 120.0: 4, 300.0: 5, 600.0: 5}
MOST_STRIPS = 6
_LANE, _BETWEEN, _TOP, _LEAST = 14.0, 6.0, 11.0, 2.5
_WIDEST_NAME = 96.0

Kind = Literal["upper", "lower", "silence", "mark", "break"]


@dataclass(frozen=True, slots=True)
class Block:
    """Somebody speaking: in the upper lane (0) or the lower (1), seconds from and to, and what a pointer reads."""

    turn: int
    lane: int
    start: float
    end: float
    words: str


@dataclass(frozen=True, slots=True)
class TimelineSpan:
    """A silence, seconds from and to."""

    start: float
    end: float
    words: str


@dataclass(frozen=True, slots=True)
class TalkTimes:
    """What a timeline shows.

    Attributes:
        lanes: The speakers' names, upper lane first.
        marks: Moments at which the upper lane's speaker broke in, seconds.
        breaks: Moments at which the talk was set aside, seconds.
        length: Seconds from the first word to the last.
    """

    lanes: tuple[str, str]
    blocks: tuple[Block, ...]
    silences: tuple[TimelineSpan, ...]
    marks: tuple[float, ...]
    breaks: tuple[float, ...]
    length: float


def strip_seconds(length: float) -> float:
    """Return how many seconds a strip covers, so that a talk needs few strips and short turns can be seen."""
    return next((each for each in STRIPS_S if length <= each * MOST_STRIPS), max(STRIPS_S))


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
        self._strip = strip_seconds(times.length)
        self._strips = max(1, ceil(times.length / self._strip))
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
        return QSize(480, ceil(self._strips * self._height()))

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

    def _x(self, seconds: float) -> float:
        """Return the place of a time within its strip."""
        return self._left() + seconds / self._strip * (self.width() - self._left() - 6.0)

    def _pieces(self, start: float, end: float) -> list[tuple[int, float, float]]:
        """Return ``(strip, x from, x to)`` for a stretch of time."""
        found = []
        for strip in range(min(int(start // self._strip), self._strips - 1), self._strips):
            begins, ends = strip * self._strip, (strip + 1) * self._strip
            if begins >= end:
                break
            found.append((strip, self._x(max(start, begins) - begins), self._x(min(end, ends) - begins)))
        return found

    def _rects(self, block: Block) -> list[QRectF]:
        top = _TOP + block.lane * (_LANE + _BETWEEN)
        return [
            QRectF(left, strip * self._height() + top, max(_LEAST, right - left - 1.0), _LANE)
            for strip, left, right in self._pieces(block.start, block.end)
        ]

    def _silence_rects(self, silence: TimelineSpan) -> list[QRectF]:
        high = 2 * _LANE + _BETWEEN
        return [
            QRectF(left, strip * self._height() + _TOP, max(_LEAST, right - left), high)
            for strip, left, right in self._pieces(silence.start, silence.end)
        ]

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
        for strip in range(self._strips):
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
        covered = min(self._strip, max(self._times.length - strip * self._strip, 0.0))
        for lane, name in enumerate(self._times.lanes):
            y = top + lane * (_LANE + _BETWEEN)
            painter.setPen(QPen(QColor(colours.line), 1))
            painter.drawLine(QPointF(self._left(), y + _LANE / 2), QPointF(self._x(covered), y + _LANE / 2))
            painter.setPen(QColor(colours.ink_soft))
            shown = metrics.elidedText(presentable(name, 40), Qt.TextElideMode.ElideRight, self._left() - 10)
            place = QRectF(0, y - 4, self._left() - 8, _LANE + 8)
            painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, shown)
        below = top + 2 * _LANE + _BETWEEN + 2
        parts = STRIPS_S[self._strip]
        for part in range(parts + 1):
            seconds = self._strip * part / parts
            if seconds > covered and part:
                break
            self._paint_tick(painter, strip * self._strip + seconds, self._x(seconds), below, last=part == parts)

    def _paint_tick(self, painter: QPainter, seconds: float, x: float, y: float, *, last: bool) -> None:
        colours = Theme.current().palette
        painter.setPen(QPen(QColor(colours.line_strong), 1))
        painter.drawLine(QPointF(x, y), QPointF(x, y + 3))
        painter.setPen(QColor(colours.ink_soft))
        metrics = QFontMetricsF(self._font())
        words = clock(seconds)
        width = metrics.horizontalAdvance(words)
        left = x - width if last else x - width / 2 if seconds % self._strip else x
        painter.drawText(QPointF(left, y + 4 + metrics.ascent()), words)

    def _moment_rect(self, moment: float) -> QRectF:
        strip = min(int(moment // self._strip), self._strips - 1)
        x = self._x(moment - strip * self._strip)
        return QRectF(x - 4, strip * self._height(), 8, _TOP + 2 * _LANE + _BETWEEN)

    def _paint_current(self, painter: QPainter, block: Block) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(Theme.current().palette.ink), 2))
        for rect in self._rects(block):
            painter.drawRoundedRect(rect.adjusted(-2, -2, 2, 2), 4, 4)


def paint_sample(painter: QPainter, kind: Kind, rect: QRectF) -> None:
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

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self._kind: Kind = kind
        self.setFixedSize(22, 18)
        Theme.current().changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        flat = self._kind in ("upper", "lower", "silence")
        paint_sample(painter, self._kind, QRectF(1, 3, 20, 12) if flat else QRectF(7, 1, 8, 16))


def key(entries: Sequence[tuple[Kind, str]]) -> QWidget:
    """Return the key to the signs in use, in as many columns as fit."""
    cells = []
    for kind, words in entries:
        cell = QWidget()
        line = row(_Sample(kind), spacing=SPACE_2)
        line.addWidget(label(words, "caption"), 1)
        cell.setLayout(line)
        cells.append(cell)
    return CardGrid(cells, least_width=200)
