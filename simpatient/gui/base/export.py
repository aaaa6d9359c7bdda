"""Asks where an exported file goes, keeps the folder, and says afterwards where the file is.

Must not know what is exported.
"""

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from simpatient.gui.base.context import Files, Navigator
from simpatient.gui.base.preferences import Preferences


class Exporter:
    """One place for every export.

    Args:
        files: Asks for the file.
        navigator: Shows what came of it.
        preferences: Keeps the folder that was used last.
    """

    def __init__(self, files: Files, navigator: Navigator, preferences: Preferences) -> None:
        self._files = files
        self._navigator = navigator
        self._preferences = preferences

    def ask(self, parent: QWidget, title: str, name: str, kind: str) -> Path | None:
        """Return where to save a file of a kind such as ``pdf``; None when the user would rather not."""
        kept = self._preferences.export_folder
        folder = Path(kept) if kept and Path(kept).is_dir() else Path.home()
        path = self._files.save(parent, title, str(folder / name), f"{kind.upper()} (*.{kind})")
        if path is None:
            return None
        self._preferences.export_folder = str(path.parent)
        return path if path.suffix else path.with_suffix(f".{kind}")

    def tell(self, path: Path, beside: str = "") -> None:
        """Say where the file is, and offer to open it or its folder."""
        self._navigator.tell(
            f"Saved {path.name}{beside} in {path.parent}.",
            "Open",
            lambda: _open(path),
            ("Show in folder", lambda: _open(path.parent)),
        )


def _open(path: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
