"""A calm line at the top of the window: what happened and what can be done. Must not know errors."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QWidget

from simpatient.gui.base.theme import set_property
from simpatient.gui.base.tokens import SPACE_3, SPACE_4
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.conversation import announce
from simpatient.gui.widgets.layout import column, row
from simpatient.gui.widgets.text import label, presentable


class Banner(QWidget):
    """One message at a time, ``calm`` or ``trouble``, with at most two actions."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        outer = column(self)
        outer.setContentsMargins(SPACE_4, SPACE_3, SPACE_4, SPACE_3)
        self._frame = QFrame()
        self._frame.setProperty("role", "banner")
        self._frame.setProperty("tone", "calm")
        outer.addWidget(self._frame)
        self._words = label("", "body")
        self._action, self._other = Button(""), Button("")
        self._close = Button("Dismiss", "quiet", name="Dismiss this message", on_click=self.hide)
        self._on_action: Callable[[], object] | None = None
        self._on_other: Callable[[], object] | None = None
        for button in (self._action, self._other, self._close):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the focus where one was typing
        line = row(spacing=SPACE_3)
        line.setContentsMargins(SPACE_4, 10, SPACE_3, 10)
        line.addWidget(self._words, 1)
        for button in (self._action, self._other, self._close):
            line.addWidget(button)
        self._frame.setLayout(line)
        self._action.clicked.connect(self._on_action_clicked)
        self._other.clicked.connect(lambda: self._on_other() if self._on_other else None)
        self.hide()

    @property
    def text(self) -> str:
        """The words shown."""
        return self._words.text()

    def tell(
        self,
        words: str,
        tone: str = "calm",
        action: str = "",
        on_action: Callable[[], object] | None = None,
        other: tuple[str, Callable[[], object]] | None = None,
    ) -> None:
        """Show a message, and read it out."""
        self._on_other = other[1] if other else None
        self._other.setText(other[0] if other else "")
        self._other.setAccessibleName(other[0] if other else "")
        self._other.setVisible(other is not None)
        set_property(self._frame, "tone", tone)
        self._words.setText(presentable(words, 600))
        self.setAccessibleName(presentable(words, 600))
        self._on_action = on_action
        self._action.setText(action or "Continue")
        self._action.setAccessibleName(action or "Continue")
        self._action.setVisible(on_action is not None)
        self.show()
        announce(self, words)

    def dismiss_calm(self) -> None:
        """Take a calm message away; trouble stays until it is dealt with."""
        if self._frame.property("tone") == "calm":
            self.hide()

    def _on_action_clicked(self) -> None:
        self.hide()
        if self._on_action:
            self._on_action()
