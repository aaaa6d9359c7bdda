"""Starts the desktop app. The factory of the wired program is handed in, so this knows no adapter."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication

from simpatient.gui.base.fonts import install_fonts
from simpatient.gui.base.preferences import Preferences
from simpatient.gui.shell.main_window import MainWindow

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from simpatient.runtime.settings_store import SettingsStore
    from simpatient.services.application import App


def start(open_app: Callable[[], App], argv: Sequence[str], preferences: Preferences) -> MainWindow:
    """Make the application and show its window; the event loop is the caller's.

    Args:
        open_app: Builds the wired program; called on a worker thread after the first paint.
        argv: Command line, for Qt's own options.
        preferences: Theme, text size and the like.
    """
    existing = QCoreApplication.instance()
    # One base style everywhere, so that the stylesheet looks the same on every system. Asked for on the
    # command line, because setStyle() makes Python load all of QStyle before the first paint.
    styled = [*argv[:1], "-style", "fusion", *argv[1:]]
    application = cast("QApplication", existing) if existing else QApplication(styled)
    application.setApplicationName("simpatient")
    application.setApplicationDisplayName("simpatient")
    install_fonts(application)
    window = MainWindow(open_app, preferences)
    window.show()
    return window


def run(open_app: Callable[[], App], argv: Sequence[str], settings: SettingsStore) -> int:
    """Run the desktop app until its window is closed.

    Args:
        open_app: Builds the wired program; called on a worker thread after the first paint.
        argv: Command line, for Qt's own options.
        settings: The settings of the user's home.

    Returns:
        The exit code.
    """
    window = start(open_app, argv, Preferences(settings))
    code = QApplication.exec()
    window.deleteLater()
    return code
