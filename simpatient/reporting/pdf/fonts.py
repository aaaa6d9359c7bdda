"""The fonts a PDF carries, and which of them has which character. Knows nothing of reports.

Open Sans for the text; DejaVu Sans for what Open Sans lacks (subscripts, arrows, ticks, more scripts).
Both are TrueType, because reportlab cannot embed the OpenType (CFF) files the window uses.
"""

from functools import cache
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


@cache
def register_fonts() -> None:
    """Make the fonts known to reportlab; reads the files once per process."""
    for name, file in FILES.items():
        pdfmetrics.registerFont(TTFont(name, str(font_folder() / file)))
    # Drawings set a font before they draw anything; by default one that is not embedded.
    STATE_DEFAULTS["fontName"] = BODY
    pdfmetrics.registerFontFamily(BODY, normal=BODY, bold=STRONG, italic=SLANTED, boldItalic=STRONG)


@cache
def characters(font: str) -> frozenset[str]:
    """Return the characters a registered font can draw."""
    register_fonts()
    return frozenset(map(chr, pdfmetrics.getFont(font).face.charToGlyph))
