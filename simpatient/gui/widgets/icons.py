"""Line icons drawn with the painter, so they follow theme and scale. Must not know what they stand for."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap

_DPR = 3.0

# Strokes on a 24 x 24 grid: polylines as (x, y) pairs, circles as ("o", cx, cy, r) and arcs as
# ("a", x, y, width, height, start, span).
_Stroke = tuple[object, ...]
_ICONS: dict[str, tuple[_Stroke, ...]] = {
    "practise": (
        (4, 6, 20, 6, 20, 16, 12, 16, 8, 20, 8, 16, 4, 16, 4, 6),
        (8, 11, 8.5, 11),
        (12, 11, 12.5, 11),
        (16, 11, 16.5, 11),
    ),
    "progress": ((4, 20, 20, 20), (5, 15, 10, 10, 13, 13, 19, 6), (15, 6, 19, 6, 19, 10)),
    "author": ((5, 19, 6, 15, 16, 5, 19, 8, 9, 18, 5, 19), (14, 7, 17, 10)),
    "settings": ((4, 7, 12, 7), (18, 7, 20, 7), ("o", 15, 7, 2.5), (4, 17, 6, 17), (12, 17, 20, 17), ("o", 9, 17, 2.5)),
    "drill": (("o", 12, 12, 8), ("o", 12, 12, 4), (12, 12, 12.5, 12)),
    "alert": ((12, 4, 21, 20, 3, 20, 12, 4), (12, 10, 12, 14), (12, 17, 12.2, 17)),
    "check": ((5, 12, 10, 17, 19, 7),),
    "lock": ((6, 11, 18, 11, 18, 20, 6, 20, 6, 11), ("a", 8, 4, 8, 12, 0, 180), (8, 10, 8, 11), (16, 10, 16, 11)),
    "pause": ((9, 6, 9, 18), (15, 6, 15, 18)),
    "flag": ((6, 21, 6, 4, 18, 4, 15, 8, 18, 12, 6, 12),),
    "stop": ((7, 7, 17, 7, 17, 17, 7, 17, 7, 7),),
    "panel": ((4, 5, 20, 5, 20, 19, 4, 19, 4, 5), (10, 5, 10, 19)),
    "export": ((12, 4, 12, 15), (8, 11, 12, 15, 16, 11), (5, 19, 19, 19)),
    "down": ((6, 9, 12, 15, 18, 9),),
    "up": ((6, 15, 12, 9, 18, 15),),
    "back": ((14, 6, 8, 12, 14, 18),),
    "retry": (("a", 5, 5, 14, 14, 40, 280), (16, 3, 17.5, 7.5, 13, 9)),
    "key": (
        (4, 7, 20, 7, 20, 17, 4, 17, 4, 7),
        (8, 11, 8.5, 11),
        (12, 11, 12.5, 11),
        (16, 11, 16.5, 11),
        (9, 14, 15, 14),
    ),
    "tags": ((4, 12, 12, 4, 20, 4, 20, 12, 12, 20, 4, 12), ("o", 16, 8, 1)),
    "microphone": (
        ("a", 9, 3, 6, 6, 0, 180),
        (9, 6, 9, 12),
        (15, 6, 15, 12),
        ("a", 9, 9, 6, 6, 180, 180),
        ("a", 6, 6, 12, 12, 180, 180),
        (12, 18, 12, 21),
        (9, 21, 15, 21),
    ),
    "open": ((4, 19, 4, 5, 10, 5, 12, 8, 20, 8, 20, 19, 4, 19),),
}


def _add(path: QPainterPath, stroke: _Stroke) -> None:
    if stroke[0] == "o":
        _, x, y, radius = stroke
        path.addEllipse(QPointF(float(str(x)), float(str(y))), float(str(radius)), float(str(radius)))
        return
    if stroke[0] == "a":
        x, y, width, height, start, span = (float(str(each)) for each in stroke[1:])
        box = QRectF(x, y, width, height)
        path.arcMoveTo(box, start)
        path.arcTo(box, start, span)
        return
    numbers = [float(str(each)) for each in stroke]
    points = [QPointF(x, y) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
    path.moveTo(points[0])
    for point in points[1:]:
        path.lineTo(point)


def draw(painter: QPainter, name: str, box: QRectF, colour: str) -> None:
    """Draw an icon into ``box``."""
    path = QPainterPath()
    for stroke in _ICONS[name]:
        _add(path, stroke)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(box.topLeft())
    painter.scale(box.width() / 24, box.height() / 24)
    cap, join = Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
    painter.setPen(QPen(QColor(colour), 1.8, Qt.PenStyle.SolidLine, cap, join))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(path)
    painter.restore()


def icon(name: str, colour: str, size: int = 20, checked_colour: str | None = None) -> QIcon:
    """Return an icon; ``checked_colour`` is used while its button is checked."""
    made = QIcon()
    states = ((QIcon.State.Off, colour), (QIcon.State.On, checked_colour or colour))
    for state, tint in states:
        pixmap = QPixmap(QSize(size, size) * _DPR)
        pixmap.setDevicePixelRatio(_DPR)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        draw(painter, name, QRectF(0, 0, size, size), tint)
        painter.end()
        made.addPixmap(pixmap, QIcon.Mode.Normal, state)
    return made
