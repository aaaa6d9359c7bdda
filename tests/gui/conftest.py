"""Fixtures of the window's tests: a fake program, a window on it, and real waiting."""

import os
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QCoreApplication, QEvent, QSettings
from PySide6.QtWidgets import QApplication

from simpatient.gui.base.fonts import install_fonts, install_other_fonts
from simpatient.gui.base.preferences import Preferences
from simpatient.gui.base.refcount_guard import protect_singletons
from simpatient.gui.base.theme import Theme
from simpatient.gui.shell.main_window import MainWindow
from simpatient.runtime.settings_store import SettingsStore
from tests.gui.driver import WAIT_MS
from tests.gui.fake_app import FakeApp


class FakeFiles:
    """Answers file questions with what a test put there."""

    def __init__(self) -> None:
        self.path: Path | None = None
        self.suggested = ""

    def save(self, parent, title, suggested, kinds):
        self.suggested = suggested
        return self.path

    def open(self, parent, title, kinds):
        return self.path

    def folder(self, parent, title):
        return self.path


@pytest.fixture(scope="session")
def themed(qapp: QApplication) -> QApplication:
    qapp.setStyle("Fusion")
    install_fonts(qapp)
    install_other_fonts()
    Theme.install(qapp, "light", "normal")
    protect_singletons()
    return qapp


@pytest.fixture
def fake_app(tmp_path: Path) -> FakeApp:
    return FakeApp(tmp_path / "home")


@pytest.fixture
def files() -> FakeFiles:
    return FakeFiles()


@pytest.fixture
def preferences(tmp_path: Path) -> Preferences:
    return Preferences(
        SettingsStore(tmp_path / "settings.json"), QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    )


@pytest.fixture
def window(qtbot, themed, fake_app, preferences, files):
    """A shown window whose start page is filled."""
    made = MainWindow(lambda: fake_app, preferences, files)
    made.resize(1180, 780)  # the offscreen screen is smaller than any real one
    with qtbot.waitSignal(made.opened, timeout=WAIT_MS):
        made.show()
    qtbot.waitUntil(lambda: made.pages.start.state != "loading", timeout=WAIT_MS)
    yield made
    made.close()
    # A window that lived on would be restyled in every test to come, each slower than the one before.
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    Theme.current().choose("light", "normal")
