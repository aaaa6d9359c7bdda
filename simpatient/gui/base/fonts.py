"""The fonts the app brings along, so that it looks the same everywhere.

Must not know pages or services.
"""

from pathlib import Path

from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QApplication

from simpatient.gui.base.tokens import FALLBACK_FAMILY, FONT_FAMILY, TYPE_SCALE

_FIRST = ("Regular", "SemiBold")


def font_folder() -> Path:
    """Return the folder of the bundled fonts: in a checkout beside the package, in a wheel inside it."""
    package = Path(__file__).resolve().parents[2]
    inside = package / "_data" / "assets" / "fonts"
    return inside if inside.is_dir() else package.parent / "assets" / "fonts"


def install_fonts(application: QApplication) -> None:
    """Register the app's own typeface and make it the default, before the first paint.

    A missing folder is no error: Qt then takes the system's font.
    """
    for weight in _FIRST:
        QFontDatabase.addApplicationFont(str(font_folder() / f"{FONT_FAMILY}-{weight}.otf"))
    font = QFont(FONT_FAMILY)
    font.setFamilies([FONT_FAMILY, FALLBACK_FAMILY])
    font.setPixelSize(TYPE_SCALE["body"])
    application.setFont(font)


def install_other_fonts() -> None:
    """Register what the first paint does without: further weights, and a family for scripts the typeface lacks."""
    further = (
        path for path in font_folder().glob(f"{FONT_FAMILY}-*.otf") if path.stem.rpartition("-")[2] not in _FIRST
    )
    for path in sorted((*further, *font_folder().glob(f"{FALLBACK_FAMILY.replace(' ', '')}*.ttf"))):
        QFontDatabase.addApplicationFont(str(path))
