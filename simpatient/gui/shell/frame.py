"""What stays around every page: navigation rail, banner, shortcuts. Must not know what the pages are."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QStackedWidget, QWidget

from simpatient.gui.base.bridge import Trouble
from simpatient.gui.base.theme import Theme
from simpatient.gui.base.tokens import SPACE_4, SPACE_5
from simpatient.gui.shell.skeleton import RAIL_WIDTH
from simpatient.gui.widgets.banner import Banner
from simpatient.gui.widgets.controls import Button, RailButton
from simpatient.gui.widgets.layout import column, message_panel, waiting_page
from simpatient.gui.widgets.text import label

PLACES = (
    ("start", "Practise", "practise", "Ctrl+1"),
    ("drills", "Drills", "drill", "Ctrl+2"),
    ("progress", "Progress", "progress", "Ctrl+3"),
    ("author", "Author", "author", "Ctrl+4"),
    ("settings", "Settings", "settings", "Ctrl+5"),
)
LOADING = "Loading your sessions and courses …"
SHORTCUTS = (
    *((keys, f"Go to {name}") for _, name, _, keys in PLACES),
    ("Enter", "Send (Ctrl+Enter works too)"),
    ("Shift+Enter", "Start a new line"),
    ("Ctrl+M", "Mark this moment in a session"),
    ("Ctrl+E", "End the session"),
    ("Ctrl+T", "Switch between talking and typing"),
    ("F8", "Hold to speak"),
    ("F7", "Interrupt the patient"),
    ("F9", "Pause or resume the microphone"),
    ("Esc", "Pause or resume a session; leave a drill"),
    ("Ctrl+H", "Show the hint in a drill"),
    ("Ctrl+N", "Continue with the next line of a drill"),
    ("Tab / Shift+Tab", "Move to the next or previous control"),
    ("F1", "This list"),
)


class WindowFrame(QWidget):
    """Rail at the left, banner above a stack of pages."""

    def __init__(self, on_go: Callable[[str], None]) -> None:
        super().__init__()
        self._on_go = on_go
        self.rail: dict[str, RailButton] = {}
        self.banner = Banner()
        self.stack = QStackedWidget()
        self._rail_box = QWidget()
        self._rail_area = QScrollArea()
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        self._build_rail()
        line.addWidget(self._scrolling_rail())
        side = column(spacing=0)
        side.addWidget(self.banner)
        side.addWidget(self.stack, 1)
        line.addLayout(side, 1)
        waiting = waiting_page("Practise", LOADING)
        self.stack.addWidget(waiting)
        # The pages in the stack are dressed one by one, so that hidden ones cost nothing.
        for part in (self._rail_box, self.banner, waiting):
            Theme.current().dress(part)

    def mark(self, place: str) -> None:
        """Show one of the places as the one in use."""
        # Not an exclusive group: Qt would then let Tab reach only one of the places.
        for name, button in self.rail.items():
            button.setChecked(name == place)

    def add_shortcuts(self, window: QWidget) -> None:
        """Make the places and the list of shortcuts reachable from the keyboard."""
        for place, _, _, keys in PLACES:
            QShortcut(QKeySequence(keys), window, lambda place=place: self._on_go(place))
        QShortcut(QKeySequence(Qt.Key.Key_F1), window, self.show_shortcuts)

    def show_shortcuts(self) -> None:
        """Show the list of shortcuts."""
        from simpatient.gui.widgets.dialogs import Shortcuts

        Shortcuts(self, SHORTCUTS).open()

    def show_trouble(self, trouble: Trouble, on_retry: Callable[[], object]) -> None:
        """Say in place of the pages why the app could not open."""
        panel = message_panel(trouble.message, trouble.action, Button("Try again", "primary", on_click=on_retry))
        Theme.current().dress(panel)
        self.stack.addWidget(panel)
        self.stack.setCurrentWidget(panel)

    def _build_rail(self) -> None:
        rail = self._rail_box
        rail.setProperty("role", "rail")
        rail.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        rail.setAccessibleName("Main places")
        self._fit_rail()
        Theme.current().changed.connect(self._fit_rail)
        box = column(rail, 6)
        box.setContentsMargins(10, SPACE_5, 10, SPACE_4)
        mark = label("simpatient", "strong")
        mark.setWordWrap(False)
        mark.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        box.addWidget(mark)
        box.addSpacing(SPACE_4)
        for place, text, icon_name, keys in PLACES:
            if place == "settings":
                box.addStretch(1)
            button = RailButton(text, icon_name, keys)
            button.clicked.connect(lambda _=False, place=place: self._on_go(place))
            self.rail[place] = button
            box.addWidget(button)

    def _scrolling_rail(self) -> QWidget:
        """Return the rail so that it scrolls where a window is too low for all places."""
        area = self._rail_area
        area.setWidget(self._rail_box)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return area

    def _fit_rail(self) -> None:
        width = round(RAIL_WIDTH * max(1.0, Theme.current().scale))
        self._rail_box.setFixedWidth(width)
        self._rail_area.setFixedWidth(width)
