"""Pictures as reportlab drawings and as inline SVG. Must not know what the pictures show."""

from html import escape

from reportlab.graphics import shapes as rl
from reportlab.lib.colors import HexColor

from simpatient.reporting.pdf.fonts import BODY, STRONG
from simpatient.reporting.pdf.text import one_font, printable
from simpatient.reporting.pictures import Box, Dot, Path, Picture, PictureLabel, Shape


def drawing(picture: Picture) -> rl.Drawing:
    """Return the picture as a flowable drawing; reportlab counts upwards, pictures downwards."""
    board = rl.Drawing(picture.width, picture.height)
    for shape in picture.shapes:
        for part in _reportlab(shape, picture.height):
            board.add(part)
    return board


def _reportlab(shape: Shape, height: float) -> list[rl.Shape]:
    if isinstance(shape, Box):
        top = height - shape.y - shape.height
        fill = HexColor(shape.fill)
        return [rl.Rect(shape.x, top, shape.width, shape.height, fillColor=fill, strokeColor=None, strokeWidth=0)]
    if isinstance(shape, Dot):
        return [rl.Circle(shape.x, height - shape.y, shape.radius, fillColor=HexColor(shape.fill), strokeColor=None)]
    if isinstance(shape, Path):
        return [_path(shape, height)]
    return _words(shape, height)


def _path(shape: Path, height: float) -> rl.Shape:
    flat = [place for x, y in shape.points for place in (x, height - y)]
    if shape.fill:
        return rl.Polygon(flat, fillColor=HexColor(shape.fill), strokeColor=None, strokeWidth=0)
    dashes = [2, 2] if shape.dashed else None
    color = HexColor(shape.stroke)
    return rl.PolyLine(flat, strokeColor=color, strokeWidth=shape.width, strokeDashArray=dashes, strokeLineJoin=1)


def _words(shape: PictureLabel, height: float) -> list[rl.Shape]:
    font = STRONG if shape.strong else BODY
    face, text = one_font(shape.text, font)
    place = (shape.x, height - shape.y)
    return [
        rl.String(
            *place, text, fontName=face, fontSize=shape.size, fillColor=HexColor(shape.color), textAnchor=shape.anchor
        )
    ]


def svg(picture: Picture) -> str:
    """Return the picture as inline SVG with its words for screen readers; every text in it is escaped."""
    head = (
        f'<svg class="picture" role="img" aria-label="{escape(printable(picture.alt))}" '
        f'viewBox="0 0 {picture.width:g} {picture.height:g}" width="{picture.width * 1.34:.0f}" '
        f'height="{picture.height * 1.34:.0f}" xmlns="http://www.w3.org/2000/svg">'
    )
    return head + "".join(_svg(shape) for shape in picture.shapes) + "</svg>"


def _svg(shape: Shape) -> str:
    if isinstance(shape, Box):
        place = f'x="{shape.x:.1f}" y="{shape.y:.1f}" width="{shape.width:.1f}" height="{shape.height:.1f}"'
        return f'<rect {place} fill="{shape.fill}"/>'
    if isinstance(shape, Dot):
        return f'<circle cx="{shape.x:.1f}" cy="{shape.y:.1f}" r="{shape.radius:g}" fill="{shape.fill}"/>'
    if isinstance(shape, Path):
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in shape.points)
        if shape.fill:
            return f'<polygon points="{points}" fill="{shape.fill}"/>'
        dashes = ' stroke-dasharray="2 2"' if shape.dashed else ""
        stroke = f'stroke="{shape.stroke}" stroke-width="{shape.width:g}"{dashes}'
        return f'<polyline points="{points}" fill="none" {stroke} stroke-linejoin="round"/>'
    weight = ' font-weight="600"' if shape.strong else ""
    place = f'x="{shape.x:.1f}" y="{shape.y:.1f}" font-size="{shape.size:g}" text-anchor="{shape.anchor}"'
    return f'<text {place} fill="{shape.color}"{weight}>{escape(printable(shape.text, 80))}</text>'
