"""The bar above the conversation: back, who it is, how long, and what can be done.

In little room buttons show their icon alone, so that the patient's name stays readable. Must not know sessions.
"""

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from simpatient.gui.base.theme import set_property
from simpatient.gui.base.tokens import SPACE_2, SPACE_3, SPACE_4
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.layout import column, row
from simpatient.gui.widgets.text import Elided

_LEAST_NAME = 120
_MOST_NAME = 320
_AROUND_ICON = 8  # a plain button is this much wider than a quiet one


class SessionBar(QWidget):
    """Title and buttons of a session.

    Args:
        clock: Shows how long one has talked.
    """

    def __init__(self, clock: QWidget) -> None:
        super().__init__()
        self.setProperty("role", "bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.back = _quiet("back", "Back to the start page; the session stays open")
        self.panel = _quiet("panel", "Show or hide the referral")
        self.name = Elided("", "h3")
        self._case = Elided("", "small")
        self._clock = clock
        self.talk = _action("Talk", "microphone", "Talk instead of typing", "Ctrl+T", is_toggle=True)
        self.codes = _action("Codes", "tags", "Show codes beside your words", is_toggle=True)
        self.mark = _action("Mark", "flag", "Mark this moment", "Ctrl+M")
        self.pause = _action("Pause", "pause", "Pause the session", "Esc")
        self.end = _action("End", "stop", "End the session", "Ctrl+E")
        # In this order they give up their words.
        self._actions = {each: each.text() for each in (self.codes, self.pause, self.mark, self.talk, self.end)}
        self._build()

    def _build(self) -> None:
        names = column(spacing=0)
        names.addWidget(self.name)
        names.addWidget(self._case)
        line = row(self.back, self.panel, spacing=SPACE_2)
        line.setContentsMargins(SPACE_3, SPACE_3, SPACE_4, SPACE_3)
        line.addLayout(names, 1)
        line.addWidget(self._clock)
        for button in (self.talk, self.codes, self.mark, self.pause, self.end):
            line.addWidget(button)
        self.setLayout(line)

    @property
    def title_words(self) -> str:
        """Whom one talks with, and in which case."""
        return f"{self.name.text()} · {self._case.text()}"

    def show_title(self, patient_name: str, case_title: str) -> None:
        """Show whom one talks with, and in which case."""
        self.name.set_text(patient_name)
        self._case.set_text(case_title)
        self._arrange()

    def minimumSizeHint(self) -> QSize:
        """Return the least useful size: every button an icon."""
        return QSize(_LEAST_NAME, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange for the new size."""
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        """Arrange for another text size."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._arrange()

    def _arrange(self) -> None:
        room = "little" if self.width() < self.least_width() else "enough"
        for button, words in self._actions.items():
            set_property(button, "room", room)
            button.setText(words)
        self._clock.show()
        for button in self._actions:
            if self._fits():
                return
            button.setText("")
        if not self._fits():
            self._clock.hide()

    def least_width(self) -> int:
        """Return in how little room the name is still readable: every button an icon, and no clock."""
        icon = self.back.sizeHint().width() + _AROUND_ICON
        quiet = 2 * (self.back.sizeHint().width() + SPACE_2)
        return self._name_width() + quiet + len(self._actions) * (icon + SPACE_2)

    def _name_width(self) -> int:
        self.name.ensurePolished()
        name = self.name.fontMetrics().horizontalAdvance(self.name.text()) + SPACE_2
        return min(_MOST_NAME, max(_LEAST_NAME, name)) + SPACE_3 + SPACE_4

    def _fits(self) -> bool:
        shown = [each for each in (self.back, self.panel, self._clock, *self._actions) if not each.isHidden()]
        return self._name_width() + sum(each.sizeHint().width() + SPACE_2 for each in shown) <= self.width()


def _quiet(icon_name: str, words: str) -> Button:
    button = Button("", "quiet", icon_name, name=words)
    button.setToolTip(words)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button


def _action(text: str, icon_name: str, words: str, keys: str = "", *, is_toggle: bool = False) -> Button:
    button = Button(text, "toggle" if is_toggle else "plain", icon_name, name=words)
    button.setCheckable(is_toggle)
    button.setToolTip(f"{words} ({keys})" if keys else words)
    # A click leaves the focus in the composer, so that the next key is a letter and not another click.
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
