"""The pause: words that cover the conversation until one continues or leaves."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.layout import column, message_box

_WORDS = (
    ("Paused", "h1"),
    ("Take the time you need. The clock stands still, and every word so far is kept.", "lead"),
    ("If this touched something of your own, leave it here and talk with someone you trust.", "soft"),
)


class PauseCover(QWidget):
    """Covers the conversation.

    Signals:
        continued: The trainee wants to continue.
        left: The trainee wants to leave; the session stays open.
    """

    continued = Signal()
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "overlay")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.resume = Button("Continue", "primary", on_click=self.continued.emit)
        self.leave = Button("Leave for now", on_click=self.left.emit)
        box = column(self)
        box.addWidget(message_box(_WORDS, self.leave, self.resume))
