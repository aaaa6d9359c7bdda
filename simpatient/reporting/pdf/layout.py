"""The look of printed reports: page, type scale, headings, tables, cards. Must not know what they say.

Type sizes in points at a ratio of about 1.2 around 9.5; one accent colour; A4.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import TimeStamp
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from simpatient.presentation.shapes.curves import Chart
from simpatient.presentation.shapes.palette import PAPER
from simpatient.presentation.shapes.tables import Table as Shown
from simpatient.presentation.words.wording import DISCLAIMER
from simpatient.reporting import pictures
from simpatient.reporting.pdf.drawing import drawing
from simpatient.reporting.pdf.fonts import BODY, SLANTED, STRONG, register_fonts
from simpatient.reporting.pdf.text import one_font, paragraph

INK, SOFT, LINE = HexColor(PAPER.ink), HexColor(PAPER.ink_soft), HexColor(PAPER.line)
ACCENT, WARM, SAND = HexColor(PAPER.accent), HexColor(PAPER.warm), HexColor(PAPER.sunken)
DANGER, DANGER_SOFT = HexColor(PAPER.on_danger_soft), HexColor(PAPER.danger_soft)
NOTE, NOTE_SOFT = HexColor(PAPER.on_note_soft), HexColor(PAPER.note_soft)
SIGN_WIDTH = 22.0  # points
LEFT, TOP, BOTTOM = 20 * mm, 18 * mm, 24 * mm
WIDTH = A4[0] - 2 * LEFT
CELL_LIMIT = 1_200
TABLE_BEGINNING = 150.0  # points: a heading, two lines, the head row and two rows


def text_style(
    name: str, size: float, leading: float, font: str = BODY, color: Color = INK, **more: Any
) -> ParagraphStyle:
    """Return a paragraph style in the report's fonts; ``more`` are reportlab's own settings."""
    return ParagraphStyle(
        name, fontName=font, fontSize=size, leading=leading, textColor=color, allowWidows=0, allowOrphans=0,
        splitLongWords=1, bulletFontName=BODY, **more
    )  # fmt: skip


TITLE = text_style("title", 21, 26, STRONG, spaceAfter=4)
KICKER = text_style("kicker", 9.5, 13, STRONG, ACCENT, spaceAfter=2)
NOTICE = text_style("notice", 8.5, 12, STRONG, WARM)
H2 = text_style("h2", 13.5, 18, STRONG, ACCENT, spaceBefore=18, spaceAfter=5, keepWithNext=1)
H3 = text_style("h3", 10.5, 14, STRONG, spaceBefore=9, spaceAfter=2, keepWithNext=1)
TEXT = text_style("text", 9.5, 13.5, spaceAfter=4)
QUOTE = text_style("quote", 9.5, 13.5, SLANTED)
SMALL = text_style("small", 8, 11, color=SOFT, spaceAfter=3)
LEAD_IN = text_style("lead-in", 8, 11, color=SOFT, spaceAfter=3, keepWithNext=1)
CARD_TITLE = text_style("card-title", 10.5, 14, STRONG)
CELL = text_style("cell", 8.5, 11.5)
CELL_STRONG = text_style("cell-strong", 8.5, 11.5, STRONG)
CELL_RIGHT = text_style("cell-right", 8.5, 11.5, alignment=TA_RIGHT)
CELL_SOFT = text_style("cell-soft", 7.5, 10, color=SOFT)
HEAD_CELL = text_style("head-cell", 8.5, 11.5, color=SOFT)
HEAD = text_style("head", 7.5, 10, STRONG, SOFT)
URGENT_TITLE = text_style("urgent-title", 11.5, 15, STRONG, DANGER)
URGENT = text_style("urgent", 9.5, 13.5, color=DANGER)
WRITTEN = text_style("written", 9.5, 13.5, color=NOTE)


class Heading(Flowable):
    """A heading that stays with what follows and is listed in the reader's outline."""

    def __init__(self, text: str, level: int = 0, *, keep: bool = True) -> None:
        super().__init__()
        self.keepWithNext = int(keep)
        self._inner = paragraph(H2 if level == 0 else H3, text, limit=200)
        self._text, self._level = text[:200], level

    def getSpaceBefore(self) -> float:  # noqa: N802
        """Return the inner paragraph's space above."""
        return float(self._inner.style.spaceBefore)

    def getSpaceAfter(self) -> float:  # noqa: N802
        """Return the inner paragraph's space below."""
        return float(self._inner.style.spaceAfter)

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Return the size needed."""
        self.width, self.height = self._inner.wrap(width, height)
        return self.width, self.height

    def draw(self) -> None:
        """Draw the heading and note its place."""
        name = f"h{self.canv.getPageNumber()}-{id(self)}"
        self.canv.bookmarkHorizontal(name, 0, self.height)
        self.canv.addOutlineEntry(self._text, name, self._level, closed=self._level > 0)
        self._inner.drawOn(self.canv, 0, 0)


class _NumberedCanvas(Canvas):
    """Holds pages back until their number is known, so that each can say ``page 2 of 5``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._held: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802
        """Hold the page back."""
        self._held.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        """Write all pages with their footers."""
        for number, page in enumerate(self._held, start=1):
            self.__dict__.update(page)
            self._footer(f"Page {number} of {len(self._held)}")
            super().showPage()
        super().save()

    def _footer(self, page: str) -> None:
        self.setStrokeColor(LINE)
        self.setLineWidth(0.5)
        self.line(LEFT, 16 * mm, A4[0] - LEFT, 16 * mm)
        self.setFillColor(SOFT)
        self.setFont(BODY, 7.5)
        self.drawString(LEFT, 12 * mm, DISCLAIMER)
        self.drawRightString(A4[0] - LEFT, 12 * mm, page)


def render(story: list[Flowable], *, title: str, subject: str, author: str, header: str, made_at: datetime) -> bytes:
    """Return the PDF of a story: A4, footer with disclaimer and page numbers, metadata, no built-in font.

    The same story gives the same bytes.
    """
    register_fonts()
    out = BytesIO()
    document = BaseDocTemplate(
        out, pagesize=A4, title=title, subject=subject, author=author, creator="simpatient", lang="en-GB",
        keywords=["simulated content", "simulated patient", "practice session", "not a clinical record"],
        invariant=1, initialFontName=BODY,
    )  # fmt: skip
    frame = Frame(LEFT, BOTTOM, WIDTH, A4[1] - TOP - BOTTOM, 0, 0, 0, 0, id="page")

    def running_head(canvas: Canvas, doc: BaseDocTemplate) -> None:
        canvas._doc._timeStamp = _Stamp(made_at)
        if doc.page > 1:
            face, words = one_font(header, BODY)
            canvas.setFont(face, 7.5)
            canvas.setFillColor(SOFT)
            canvas.drawString(LEFT, A4[1] - 11 * mm, words)

    document.addPageTemplates([PageTemplate("page", [frame], onPage=running_head)])
    document.build(story, canvasmaker=_NumberedCanvas)
    return out.getvalue()


class _Stamp(TimeStamp):
    """When a report was made, where reportlab would put the year 2000 to give the same bytes every time."""

    def __init__(self, moment: datetime) -> None:
        super().__init__(invariant=1)
        at = moment.astimezone(UTC)
        self.t, self.lt, self.YMDhms = at.timestamp(), at.timetuple(), tuple(at.timetuple())[:6]


def _table(
    rows: Sequence[Sequence[Any]], widths: Sequence[float], style: list[tuple[Any, ...]], head: int = 0
) -> Table:
    base = [
        ("FONT", (0, 0), (-1, -1), BODY, 8.5),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 8),
        ("TOPPADDING", (0, 0), (-1, -1), 3),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
    ]
    return Table(list(rows), colWidths=list(widths), style=TableStyle(base + style), repeatRows=head, hAlign="LEFT")


def _share(widths: Sequence[float]) -> list[float]:
    return [WIDTH * width / sum(widths) for width in widths]


def grid(table: Shown, widths: Sequence[float]) -> Table:
    """Return a table with its head repeated on every page and hairlines between rows."""
    rows: list[Sequence[Any]] = [[paragraph(HEAD, cell, limit=100) for cell in table.head]]
    for first, *rest in table.rows:
        cells = [paragraph(CELL, cell, limit=CELL_LIMIT) for cell in rest]
        rows.append([paragraph(CELL_STRONG, first, limit=CELL_LIMIT), *cells])
    return ruled(rows, _share(widths))


def ruled(rows: Sequence[Sequence[Any]], widths: Sequence[float]) -> Table:
    """Return rows of flowables under a head row, with hairlines."""
    lines = [("LINEBELOW", (0, 0), (-1, 0), 0.8, SOFT), ("LINEBELOW", (0, 1), (-1, -1), 0.4, LINE)]
    return _table(rows, widths, lines, head=1)


def pairs(rows: Sequence[tuple[str, str]], label_width: float = 118) -> Table:
    """Return labelled facts, one a row."""
    cells = [
        [paragraph(HEAD_CELL, label, limit=300), paragraph(CELL, value, limit=CELL_LIMIT)] for label, value in rows
    ]
    return _table(cells, [label_width, WIDTH - label_width], [("LINEBELOW", (0, 0), (-1, -2), 0.4, LINE)])


def room() -> Flowable:
    """Return what begins a new page unless a heading and the beginning of what follows still fit on this one."""
    return CondPageBreak(TABLE_BEGINNING)


def before_table(title: str, lead_in: Paragraph) -> list[Flowable]:
    """Return a heading and a line over a long table, kept with the table's first rows only.

    ReportLab keeps a heading with the whole of what follows when that fits on the next page, which
    leaves half a page white; so the room for a beginning is asked for instead.
    """
    return [room(), Heading(title, keep=False), lead_in, _unkept_gap()]


def _unkept_gap() -> Spacer:
    # The lead-in is of a style that stays with what follows: this is what it stays with.
    return Spacer(1, 1)


def card(parts: Sequence[Flowable], color: Color) -> KeepTogether:
    """Return paragraphs beside a coloured rule; kept on one page, and splitting between them if it must."""
    style = [
        ("LINEBEFORE", (0, 0), (0, -1), 2.2, color),
        ("LEFTPADDING", (0, 0), (-1, -1), 11),
        ("TOPPADDING", (0, 0), (-1, -1), 1),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
    ]
    return KeepTogether([_table([[part] for part in parts], [WIDTH], style), Spacer(1, 8)])


def tinted(parts: Sequence[Flowable]) -> Table:
    """Return paragraphs on a quiet ground."""
    last = len(parts) - 1
    style = [
        ("BACKGROUND", (0, 0), (-1, -1), SAND),
        ("LEFTPADDING", (0, 0), (-1, -1), 12),
        ("RIGHTPADDING", (0, 0), (-1, -1), 12),
        ("TOPPADDING", (0, 0), (-1, 0), 9),
        ("BOTTOMPADDING", (0, last), (-1, last), 9),
    ]
    return _table([[part] for part in parts], [WIDTH], style)


def critical(parts: Sequence[Flowable], width: float = WIDTH) -> Table:
    """Return paragraphs on a tinted background, with a warning sign beside the first."""
    rows = [[drawing(pictures.warning_sign()) if at == 0 else "", part] for at, part in enumerate(parts)]
    last = len(rows) - 1
    style = [
        ("BACKGROUND", (0, 0), (-1, -1), DANGER_SOFT),
        ("LINEBEFORE", (0, 0), (0, -1), 4, DANGER),
        ("LEFTPADDING", (0, 0), (0, -1), 12),
        ("TOPPADDING", (0, 0), (-1, 0), 9),
        ("BOTTOMPADDING", (0, last), (-1, last), 9),
    ]
    return _table(rows, [SIGN_WIDTH + 12, width - SIGN_WIDTH - 12], style)


def written(words: Paragraph, width: float = WIDTH - 24) -> Table:
    """Return written words on a tinted background, with a pen beside them."""
    style = [
        ("BACKGROUND", (0, 0), (-1, -1), NOTE_SOFT),
        ("LEFTPADDING", (0, 0), (0, 0), 7),
        ("TOPPADDING", (0, 0), (-1, -1), 4),
    ]
    return _table([[drawing(pictures.pen_sign()), words]], [SIGN_WIDTH, width - SIGN_WIDTH], style)


def side_by_side(cells: Sequence[Any], per_row: int) -> Table:
    """Return cells in rows of ``per_row``."""
    rows = [list(cells[start : start + per_row]) for start in range(0, len(cells), per_row)]
    rows[-1] += [""] * (per_row - len(rows[-1]))
    return _table(rows, [WIDTH / per_row] * per_row, [])


def chart(shown: Chart, per_row: int = 2) -> list[Flowable]:
    """Return a chart's pictures side by side with its note."""
    cells = [drawing(picture) for picture in pictures.chart_pictures(shown)]
    return [side_by_side(cells, per_row), paragraph(SMALL, shown.note)]


def title_block(kicker: str, title: str, facts: Sequence[tuple[str, str]]) -> list[Flowable]:
    """Return the head of a report: what it is, its title, the disclaimer and the facts."""
    return [
        paragraph(KICKER, kicker, limit=120),
        paragraph(TITLE, title, limit=200),
        paragraph(NOTICE, DISCLAIMER),
        Spacer(1, 10),
        pairs(facts),
    ]
