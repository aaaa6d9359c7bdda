"""The fonts a PDF carries, and which of them has which character. Knows nothing of reports.

Open Sans for the text; DejaVu Sans for what Open Sans lacks (subscripts, arrows, ticks, more scripts).
Both are TrueType, because reportlab cannot embed the OpenType (CFF) files the window uses.
"""

from functools import cache, lru_cache
from pathlib import Path

from reportlab.graphics.shapes import STATE_DEFAULTS
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

BODY, STRONG, SLANTED = "SimpatientBody", "SimpatientStrong", "SimpatientSlanted"
FALLBACK, FALLBACK_STRONG = "SimpatientFallback", "SimpatientFallbackStrong"
FALLBACK_OF = {BODY: FALLBACK, SLANTED: FALLBACK, STRONG: FALLBACK_STRONG}
FILES = {
    BODY: "OpenSans-Regular.ttf",
    STRONG: "OpenSans-Semibold.ttf",
    SLANTED: "OpenSans-Italic.ttf",
    FALLBACK: "DejaVuSans.ttf",
    FALLBACK_STRONG: "DejaVuSans-Bold.ttf",
}


def font_folder() -> Path:
    """Return the folder of the bundled fonts: inside the package in a wheel, beside it in a checkout."""
    package = Path(__file__).resolve().parents[2]
    inside = package / "_data" / "assets" / "fonts"
    return inside if inside.is_dir() else package.parent / "assets" / "fonts"


WORDS_MEASURED = 1 << 14


class _MeasuredFont(TTFont):
    """A font that remembers how wide words are.

    ReportLab adds up the letters of every word in Python each time a paragraph is laid out, and a report repeats
    most of its words.
    """

    def __init__(self, name: str, file: str) -> None:
        super().__init__(name, file)
        self._measured = lru_cache(WORDS_MEASURED)(super().stringWidth)

    def stringWidth(self, text: str, size: float, encoding: str = "utf8") -> float:  # noqa: N802
        """Return the width of a text in points."""
        return float(self._measured(text, size))


@cache
def register_fonts() -> None:
    """Make the fonts known to reportlab; reads the files once per process."""
    for name, file in FILES.items():
        pdfmetrics.registerFont(_MeasuredFont(name, str(font_folder() / file)))
    # Drawings set a font before they draw anything; by default one that is not embedded.
    STATE_DEFAULTS["fontName"] = BODY
    pdfmetrics.registerFontFamily(BODY, normal=BODY, bold=STRONG, italic=SLANTED, boldItalic=STRONG)


@cache
def characters(font: str) -> frozenset[str]:
    """Return the characters a registered font can draw."""
    register_fonts()
    return frozenset(map(chr, pdfmetrics.getFont(font).face.charToGlyph))
