"""The one place where typed, spoken or authored text becomes something reportlab prints.

Text never meets reportlab's markup parser: it is handed over as ready fragments, so ``<``, ``&`` or a tag
typed by a trainee is only ever a character. Must not know reports.

Limits: right-to-left scripts are put in reading order run by run but not joined (reportlab does not shape
letters) and a run that breaks over a line reads in the wrong line order; the HTML version shows them properly.
Characters in neither font are printed as U+FFFD.
"""

import re
import unicodedata

from reportlab.lib.colors import Color
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.platypus import Paragraph
from reportlab.platypus.paraparser import ParaFrag

from simpatient.domain.text import clean_text
from simpatient.reporting.pdf.fonts import FALLBACK_OF, STRONG, characters

LONGEST_PRINTED = 4_000
LONGEST_WORD = 60
LONGEST_LABEL = 110
LONGEST_RTL_RUN = 60
MISSING = "\N{REPLACEMENT CHARACTER}"
# Marks that steer the order or shape of others: without a shaping engine they only print as boxes, and the
# overrides among them can make a line read as something else.
_STEERING = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff\u00ad\U000e0000-\U000e01ef]")
_SPACES = re.compile(r"\s+")
_LONG_WORD = re.compile(rf"(\S{{{LONGEST_WORD}}})(?=\S)")
_RTL_LETTERS = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff"
_RTL_RUN = re.compile(f"[{_RTL_LETTERS}](?:[{_RTL_LETTERS} ]*[{_RTL_LETTERS}])?")


def has_rtl(text: str) -> bool:
    """Return whether the text has right-to-left letters."""
    return _RTL_RUN.search(text) is not None


def printable(text: str, limit: int = LONGEST_PRINTED) -> str:
    """Return text fit to be shown: no control or steering characters, at most ``limit`` characters.

    What was left out is counted in a note at the end. Line breaks stay.
    """
    cleaned = _STEERING.sub("", clean_text(text))
    left_out = len(cleaned) - limit
    if left_out <= 0:
        return cleaned
    return f"{cleaned[:limit]} … ({left_out:,} characters more in the transcript export)"


def _reversed_run(found: re.Match[str]) -> str:
    run = found.group()
    if len(run) > LONGEST_RTL_RUN:
        return run
    clusters: list[str] = []
    for char in run:
        if clusters and unicodedata.combining(char):
            clusters[-1] += char
        else:
            clusters.append(char)
    return "".join(reversed(clusters))


def runs(text: str, font: str) -> list[tuple[str, str]]:
    """Return the text as ``(font, characters)`` runs: the font itself, or its fallback where it lacks letters."""
    own = characters(font)
    letters = set(text)
    if letters <= own:
        return [(font, text)]
    fallback = FALLBACK_OF[font]
    spare = characters(fallback)
    for missing in letters - own - spare:
        text = text.replace(missing, MISSING)
    pieces: list[tuple[str, str]] = []
    for char in text:
        # A space stays with the run before it, so that runs are words rather than letters.
        face = font if char in own and char != " " else fallback
        if char == " ":
            face = pieces[-1][0] if pieces else font
        if pieces and pieces[-1][0] == face:
            pieces[-1] = (face, pieces[-1][1] + char)
        else:
            pieces.append((face, char))
    return pieces


def _line(text: str, font: str, limit: int) -> list[tuple[str, str]]:
    flat = _SPACES.sub(" ", printable(text, limit))
    if has_rtl(flat):
        flat = _RTL_RUN.sub(_reversed_run, flat)
    found = runs(flat, font)
    if len(found) > 1 and _LONG_WORD.search(flat):
        # reportlab breaks a long word of one font quickly, one of many fonts in quadratic time.
        found = runs(_LONG_WORD.sub(r"\1 ", flat), font)
    return found


def one_font(text: str, font: str) -> tuple[str, str]:
    """Return a short label as ``(font, text)``: in the fallback as a whole where the font lacks a letter."""
    found = _line(text, font, LONGEST_LABEL)
    return (font if len(found) == 1 and found[0][0] == font else FALLBACK_OF[font]), "".join(each for _, each in found)


def label_width(text: str, size: float) -> float:
    """Return how wide a strong label is, in points, in the font it will be drawn in."""
    font, shown = one_font(text, STRONG)
    return float(pdfmetrics.stringWidth(shown, font, size))


def shortened(text: str, size: float, width: float) -> str:
    """Return a label cut with an ellipsis to fit a width in points."""
    if label_width(text, size) <= width:
        return text
    while text and label_width(f"{text}…", size) > width:
        text = text[:-1]
    return f"{text}…"


class TextRun:
    """A piece of text with its font and colour, to be put into a paragraph."""

    __slots__ = ("color", "font", "text")

    def __init__(self, text: str, font: str = "", color: Color | None = None) -> None:
        self.text = text
        self.font = font
        self.color = color


def _fragments(span: TextRun, style: ParagraphStyle, limit: int) -> list[ParaFrag]:
    # A span's own outer spaces part it from its neighbours; the cleaning strips them.
    before = " " if span.text[:1].isspace() else ""
    after = " " if span.text[-1:].isspace() and span.text.strip() else ""
    found = _line(span.text, span.font or style.fontName, limit)
    found = [(font, text) for font, text in found if text]
    if not found:
        return []
    found[0] = (found[0][0], before + found[0][1])
    found[-1] = (found[-1][0], found[-1][1] + after)
    return [_fragment(text, font, span.color or style.textColor, style) for font, text in found]


def _fragment(text: str, font: str, color: Color, style: ParagraphStyle) -> ParaFrag:
    return ParaFrag(
        text=text,
        fontName=font,
        fontSize=style.fontSize,
        textColor=color,
        bold=0,
        italic=0,
        rise=0,
        greek=0,
        link=[],
        us_lines=[],
    )


class _Laid(Paragraph):
    """A paragraph that breaks its lines once for a width: tables, frames and groups each ask for its size again."""

    _laid_for: float | None = None

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Return the size needed."""
        # A split that fails throws the lines away, so the width alone does not say that they are still there.
        if self._laid_for != width or not hasattr(self, "blPara"):
            super().wrap(width, height)
            self._laid_for = width
        return self.width, self.height


def paragraph(style: ParagraphStyle, *spans: TextRun | str, limit: int = LONGEST_PRINTED) -> Paragraph:
    """Return a paragraph of plain text; this is the only way text gets into a PDF's flow.

    Args:
        style: Font, size and colour for spans that say nothing else.
        spans: What to print, in order.
        limit: Characters printed of each span.
    """
    pieces: list[ParaFrag] = []
    for span in spans:
        pieces += _fragments(span if isinstance(span, TextRun) else TextRun(span), style, limit)
    return _Laid("", style, frags=pieces or [_fragment(" ", style.fontName, style.textColor, style)])
