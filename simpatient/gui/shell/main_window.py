"""The window: navigation rail, message banner, pages. Paints its shape before anything heavy is loaded.

What it imports at the top is all that exists at the first paint; the frame comes right after it, the pages when
the app is open. Must not know what services do.
"""

from __future__ import annotations

import importlib
import logging
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QRect, QSize, QTimer, Signal
from PySide6.QtWidgets import QMainWindow

from simpatient.gui.base.preferences import Preferences
from simpatient.gui.shell.skeleton import Skeleton

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QCloseEvent

    from simpatient.domain.session.session import Session
    from simpatient.gui.base.bridge import Trouble, Worker
    from simpatient.gui.base.context import Files
    from simpatient.gui.base.draft_keeper import DraftKeeper
    from simpatient.gui.shell.frame import WindowFrame
    from simpatient.gui.shell.pages import Pages
    from simpatient.gui.widgets.banner import Banner
    from simpatient.services.application import App

_T = TypeVar("_T")
_log = logging.getLogger(__name__)
_WANTED, _LEAST = QSize(1180, 780), QSize(720, 450)
# What the system draws above a window; how much it is nobody says before the window is shown.
_TITLE_BAR = 36


class MainWindow(QMainWindow):
    """The one window.

    Signals:
        first_painted: The window's shape is on the screen; nothing heavy has been loaded yet.
        opened: The app is wired and the start page is asked for.
    """

    first_painted = Signal()
    opened = Signal()

    def __init__(self, open_app: Callable[[], App], preferences: Preferences, files: Files | None = None) -> None:
        super().__init__()
        self._open_app = open_app
        self._preferences = preferences
        self._files = files
        self._has_painted = False
        self._app: App | None = None
        self._frame: WindowFrame | None = None
        self._pages: Pages | None = None
        self._lane: Worker | None = None
        self._background: Worker | None = None
        self._sounds: Worker | None = None
        self._drafts: DraftKeeper | None = None
        self._wanted = "start"
        self.setWindowTitle("simpatient")
        self.resize(_WANTED)
        if not self._preferences.geometry.isEmpty():
            self.restoreGeometry(self._preferences.geometry)
        self._fit_screen(self.screen().availableGeometry())
        self.setCentralWidget(Skeleton(self._preferences.theme, self._preferences.text_size, self._on_painted))

    @property
    def pages(self) -> Pages:
        """The pages, once the app is open."""
        return _existing(self._pages)

    @property
    def frame(self) -> WindowFrame:
        """Rail, banner and stack, once the window was painted."""
        return _existing(self._frame)

    @property
    def lane(self) -> Worker:
        """The worker, once the window was painted."""
        return _existing(self._lane)

    @property
    def banner(self) -> Banner:
        """Messages above the page."""
        return self.frame.banner

    def _fit_screen(self, available: QRect) -> None:
        """Keep the whole window on the screen, also on one that is small or shows everything larger."""
        room = available.adjusted(0, 0, 0, -_TITLE_BAR)
        self.setMinimumSize(_LEAST.boundedTo(room.size()))
        self.resize(self.size().boundedTo(room.size()))

    # Opening, after the first paint

    def _on_painted(self) -> None:
        if not self._has_painted:
            self._has_painted = True
            QTimer.singleShot(0, self._on_first_painted)

    def _on_first_painted(self) -> None:
        self.first_painted.emit()
        from simpatient.gui.base.bridge import Worker
        from simpatient.gui.base.fonts import install_other_fonts
        from simpatient.gui.base.refcount_guard import protect_singletons
        from simpatient.gui.base.theme import Theme
        from simpatient.gui.shell.frame import WindowFrame

        protect_singletons()
        install_other_fonts()
        Theme.current().choose(self._preferences.theme, self._preferences.text_size)
        self._lane, self._background = Worker("practice", self), Worker("errands", self)
        self._sounds = Worker("sounds", self)
        self._frame = WindowFrame(self.go)
        self._frame.mark(self._wanted)
        self._frame.add_shortcuts(self)
        self.setCentralWidget(self._frame)
        # No control is asked for yet: the first Tab goes to the rail, and no ring shows before.
        self._frame.setFocus()
        self.open()

    def open(self) -> None:
        """Wire the app on the worker thread and then fill the pages."""
        self.lane.call(lambda _: self._open_and_import(), self._on_opened, self._on_open_failed)

    def _open_and_import(self) -> App:
        # Pages pull in the domain model; importing here keeps the window alive.
        import simpatient.gui.shell.pages  # noqa: F401

        return self._open_app()

    def _on_opened(self, app: App) -> None:
        from simpatient.gui.base.bridge import Worker
        from simpatient.gui.base.context import Context, FileDialogs
        from simpatient.gui.base.draft_keeper import DraftKeeper
        from simpatient.gui.shell.model_hint import offer_model
        from simpatient.gui.shell.pages import Pages

        self._app = app
        files = self._files or FileDialogs()
        lanes = self.lane, _existing(self._background), _existing(self._sounds)
        self._drafts = DraftKeeper(app.session_drafts, app.actor, Worker("drafts", self), self.tell_trouble, self)
        context = Context(app.actor, *lanes, self._drafts, self, self._preferences, files)
        self._pages = Pages(app, context, self.frame.stack)
        self.go(self._wanted)
        offer_model(app.models, context)
        # What later pages need is loaded beside the first one, so that nobody waits for it.
        context.background.call(lambda _: _import_other_pages())
        self.opened.emit()

    def _on_open_failed(self, trouble: Trouble) -> None:
        self.frame.show_trouble(trouble, self.open)

    # Navigator

    def go(self, place: str) -> None:
        """Show one of the main places."""
        self._wanted = place
        self.frame.mark(place)
        if self._pages is not None:
            self.banner.hide()
            self._pages.show(place)

    def open_settings(self, section: str) -> None:
        """Show one section of the settings."""
        self.go("settings")
        self.pages.settings.show_section(section)

    def open_case(self, case_id: str, curriculum_id: str | None = None, unit_id: str | None = None) -> None:
        """Show a case before its session."""
        self.banner.hide()
        self.frame.mark("start")
        self.pages.show_case(case_id, curriculum_id, unit_id)

    def open_session(self, session: Session) -> None:
        """Show a running session."""
        self.banner.hide()
        self.frame.mark("start")
        self.pages.show_session(session)

    def resume(self, session_id: str) -> None:
        """Go on with a stored session."""
        self.banner.hide()
        self.frame.mark("start")
        self.pages.resume(session_id)

    def open_debrief(self, session_id: str, leaf: int | None = None) -> None:
        """Show the debrief of a session, or of another ended branch of it."""
        self.banner.hide()
        self.frame.mark("progress")
        self.pages.show_debrief(session_id, leaf)

    def open_drill(self, drill_id: str) -> None:
        """Begin a drill."""
        self.banner.hide()
        self.frame.mark("drills")
        self.pages.show_drill(drill_id)

    def show_shortcuts(self) -> None:
        """Show the list of keyboard shortcuts."""
        self.frame.show_shortcuts()

    def tell(
        self,
        words: str,
        action: str = "",
        on_action: Callable[[], object] | None = None,
        other: tuple[str, Callable[[], object]] | None = None,
    ) -> None:
        """Show a calm message above the page, with up to two things to do about it."""
        self.banner.tell(words, "calm", action, on_action, other)

    def dismiss(self) -> None:
        """Take a calm message away."""
        self.banner.dismiss_calm()

    def tell_trouble(self, trouble: Trouble, action: str = "", on_action: Callable[[], object] | None = None) -> None:
        """Show what went wrong above the page."""
        self.banner.tell(f"{trouble.message} {trouble.action}".strip(), "trouble", action, on_action)

    # Closing: a session is stored turn by turn, so nothing has to be asked.

    def closeEvent(self, event: QCloseEvent) -> None:
        """Keep the size and let the worker end."""
        self._preferences.geometry = self.saveGeometry()
        self.hide()
        if self._drafts is not None:
            self._drafts.close()
        for lane in (self._background, self._sounds):
            if lane is not None:
                lane.close(timeout_s=1.0)
        if self._lane is not None and not self._lane.close(last=self._app.close if self._app else None):
            _log.warning("the worker did not end in time; the window closes without it")
        super().closeEvent(event)


def _import_other_pages() -> None:
    for name in ("debrief.debrief_page", "progress.progress_page", "widgets.drawn.plots"):
        importlib.import_module(f"simpatient.gui.{name}")


def _existing(thing: _T | None) -> _T:
    if thing is None:
        raise RuntimeError("asked for before the window was ready")
    return thing
