"""Makes the pages when first needed and shows them. Loaded after the first paint.

The one place below the window that sees the whole program: each page is given it under the name of the few services
it uses.
"""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QStackedWidget, QWidget

from simpatient.domain.session.session import Session
from simpatient.gui.base.context import Context
from simpatient.gui.session.session_page import SessionPage
from simpatient.gui.start.case_page import CasePage
from simpatient.gui.start.start_page import StartPage
from simpatient.gui.widgets.layout import PageStates
from simpatient.services.application import App

if TYPE_CHECKING:
    from simpatient.gui.authoring.author_page import AuthorPage
    from simpatient.gui.debrief.debrief_page import DebriefPage
    from simpatient.gui.drills.drill_page import DrillPage
    from simpatient.gui.drills.drills_page import DrillsPage
    from simpatient.gui.progress.progress_page import ProgressPage
    from simpatient.gui.settings.settings_page import SettingsPage


class Pages:
    """All pages of the window, one of each."""

    def __init__(self, app: App, context: Context, stack: QStackedWidget) -> None:
        self._app, self._context = app, context
        self._stack = stack
        self.start = StartPage(app, context)
        self.case = CasePage(app, context)
        self.session = SessionPage(app, context)
        self._progress: ProgressPage | None = None
        self._author: AuthorPage | None = None
        self._settings: SettingsPage | None = None
        self._debrief: DebriefPage | None = None
        self._drills: DrillsPage | None = None
        self._drill: DrillPage | None = None

    def show(self, place: str) -> None:
        """Show one of the main places with fresh content.

        A session that is open stays where it is: ``start`` leads back to its Continue card.
        """
        if place == "start":
            self._put(self.start)
            self.start.refresh()
        elif place == "drills":
            self._put(self.drills)
            self.drills.refresh()
        elif place == "progress":
            self._put(self.progress)
            self.progress.refresh()
        elif place == "author":
            self._put(self.author)
            self.author.refresh()
        else:
            self._put(self.settings)
            self.settings.refresh()

    def show_case(self, case_id: str, curriculum_id: str | None, unit_id: str | None) -> None:
        """Show a case before its session."""
        self._put(self.case)
        self.case.open(case_id, curriculum_id, unit_id)

    def show_session(self, session: Session) -> None:
        """Show a running session."""
        self._put(self.session)
        self.session.open(session)

    def resume(self, session_id: str) -> None:
        """Go on with a stored session."""
        self._put(self.session)
        self.session.resume(session_id)

    def show_debrief(self, session_id: str, leaf: int | None = None) -> None:
        """Show the debrief of a session, or of another ended branch of it."""
        self._put(self.debrief)
        self.debrief.open(session_id, leaf)

    def show_drill(self, drill_id: str) -> None:
        """Begin a drill."""
        self._put(self.drill)
        self.drill.open(drill_id)

    @property
    def drills(self) -> "DrillsPage":
        """The list of drills."""
        if self._drills is None:
            from simpatient.gui.drills.drills_page import DrillsPage

            self._drills = DrillsPage(self._app.drill, self._context)
        return self._drills

    @property
    def drill(self) -> "DrillPage":
        """The page of one drill."""
        if self._drill is None:
            from simpatient.gui.drills.drill_page import DrillPage

            self._drill = DrillPage(self._app.drill, self._context)
        return self._drill

    @property
    def progress(self) -> "ProgressPage":
        """The progress page."""
        if self._progress is None:
            from simpatient.gui.progress.progress_page import ProgressPage

            self._progress = ProgressPage(self._app, self._context)
        return self._progress

    @property
    def author(self) -> "AuthorPage":
        """The author page."""
        if self._author is None:
            from simpatient.gui.authoring.author_page import AuthorPage

            self._author = AuthorPage(self._app, self._context)
        return self._author

    @property
    def settings(self) -> "SettingsPage":
        """The settings page."""
        if self._settings is None:
            from simpatient.gui.settings.settings_page import SettingsPage

            self._settings = SettingsPage(self._app, self._context)
        return self._settings

    @property
    def debrief(self) -> "DebriefPage":
        """The debrief page."""
        if self._debrief is None:
            from simpatient.gui.debrief.debrief_page import DebriefPage

            self._debrief = DebriefPage(self._app, self._context)
        return self._debrief

    def _put(self, page: QWidget) -> None:
        if self._stack.indexOf(page) < 0:
            self._stack.addWidget(page)
        # From the second page on somebody has asked for something, and the page may take the focus.
        focused = self._stack.window().focusWidget()
        is_first = not isinstance(self._stack.currentWidget(), PageStates)
        if not is_first and focused is not None and focused.isAncestorOf(self._stack):
            focused.clearFocus()
        self._stack.setCurrentWidget(page)
