"""What every page is given beside its own services: who acts, the lanes to call them on, and where to go next.

Loads nothing heavy before the first paint.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from PySide6.QtWidgets import QFileDialog, QWidget

from simpatient.gui.base.bridge import Trouble, Worker
from simpatient.gui.base.draft_keeper import DraftKeeper
from simpatient.gui.base.preferences import Preferences

if TYPE_CHECKING:
    from simpatient.domain.people.actor import Actor
    from simpatient.domain.session.session import Session


class Navigator(Protocol):
    """Where a page can send the user; the window is the one implementation."""

    def go(self, place: str) -> None:
        """Show one of the main places."""
        ...

    def open_settings(self, section: str) -> None:
        """Show one section of the settings, as ``SettingsPage.show_section`` names it."""
        ...

    def open_case(self, case_id: str, curriculum_id: str | None = None, unit_id: str | None = None) -> None:
        """Show a case before its session."""
        ...

    def open_session(self, session: Session) -> None:
        """Show a running session."""
        ...

    def resume(self, session_id: str) -> None:
        """Go on with a stored session."""
        ...

    def open_debrief(self, session_id: str, leaf: int | None = None) -> None:
        """Show the debrief of a session, or of another ended branch of it."""
        ...

    def open_drill(self, drill_id: str) -> None:
        """Begin a drill."""
        ...

    def show_shortcuts(self) -> None:
        """Show the list of keyboard shortcuts."""
        ...

    def tell(
        self,
        words: str,
        action: str = "",
        on_action: Callable[[], object] | None = None,
        other: tuple[str, Callable[[], object]] | None = None,
    ) -> None:
        """Show a calm message above the page, with up to two things to do about it."""
        ...

    def dismiss(self) -> None:
        """Take a calm message away: it has been read, or concerns nothing any more."""
        ...

    def tell_trouble(self, trouble: Trouble, action: str = "", on_action: Callable[[], object] | None = None) -> None:
        """Show what went wrong above the page."""
        ...


class Files(Protocol):
    """Asks the user for a file."""

    def save(self, parent: QWidget, title: str, suggested: str, kinds: str) -> Path | None:
        """Return where to save, or None."""
        ...

    def open(self, parent: QWidget, title: str, kinds: str) -> Path | None:
        """Return what to open, or None."""
        ...

    def folder(self, parent: QWidget, title: str) -> Path | None:
        """Return a folder that is there, or None."""
        ...


class FileDialogs:
    """The system's file dialogs."""

    def save(self, parent: QWidget, title: str, suggested: str, kinds: str) -> Path | None:
        """Ask where to save."""
        name, _ = QFileDialog.getSaveFileName(parent.window(), title, str(Path.home() / suggested), kinds)
        return Path(name) if name else None

    def open(self, parent: QWidget, title: str, kinds: str) -> Path | None:
        """Ask what to open."""
        name, _ = QFileDialog.getOpenFileName(parent.window(), title, str(Path.home()), kinds)
        return Path(name) if name else None

    def folder(self, parent: QWidget, title: str) -> Path | None:
        """Ask for a folder."""
        path = QFileDialog.getExistingDirectory(parent.window(), title)
        return Path(path) if path else None


@dataclass(frozen=True, slots=True)
class Context:
    """Handed to every page. Holds no service: each page names the ones it uses, beside its class.

    Attributes:
        actor: Who sits before the window.
        lane: For everything a user waits for.
        errands: For what takes minutes or hours, so that the lane stays free.
        sounds: For what is heard or recorded here, so that it waits for no errand.
        drafts: Keeps what is half-written.
    """

    actor: Actor
    lane: Worker
    background: Worker
    sounds: Worker
    drafts: DraftKeeper
    navigator: Navigator
    preferences: Preferences
    files: Files
