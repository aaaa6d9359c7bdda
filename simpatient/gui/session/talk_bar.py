"""The voice bar: what the microphone is doing, a button to hold while speaking, pause and quiet.

The recording state is always visible, in words and with a dot. Must not know devices or services.
"""

from typing import Literal, NamedTuple

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QWidget

from simpatient.domain.speech import ListeningMode
from simpatient.gui.base.theme import Theme, set_property
from simpatient.gui.base.tokens import SPACE_2, SPACE_3, SPACE_5
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.conversation import announce
from simpatient.gui.widgets.drawn.meter import LevelBar
from simpatient.gui.widgets.layout import column, row
from simpatient.gui.widgets.text import label

TalkState = Literal[
    "off", "ready", "hearing", "understanding", "thinking", "speaking", "paused", "broken", "no_recogniser"
]
METER_INTERVAL_MS = 80
_ROOM_FOR_METER = 760
_LEAST_WORDS = 200


class _Look(NamedTuple):
    words: str
    is_open: bool = False


_LOOKS: dict[TalkState, _Look] = {
    "off": _Look("Microphone off"),
    "ready": _Look("Microphone on: listening", is_open=True),
    "hearing": _Look("Microphone on: hearing you", is_open=True),
    "understanding": _Look("Turning your words into text …", is_open=True),
    "thinking": _Look("The patient is thinking …", is_open=True),
    "speaking": _Look("The patient is speaking …", is_open=True),
    "paused": _Look("Microphone paused: nothing is recorded"),
    "broken": _Look("Microphone not working: type instead"),
    "no_recogniser": _Look("Speech recognition is not installed: type instead"),
}
_HOLD = "Microphone on: hold the button to speak"
# With loudspeakers the microphone would hear the patient, so what it hears is dropped meanwhile.
_WAITS = "Patient speaking: the microphone waits"


class HoldButton(Button):
    """A button that acts while it is held, by mouse, Space or Enter.

    Signals:
        held: True when it goes down, False when it comes up.
    """

    held = Signal(bool)

    def __init__(self, text: str, name: str) -> None:
        super().__init__(text, "primary", "microphone", name=name)
        self.pressed.connect(lambda: self.held.emit(True))
        self.released.connect(lambda: self.held.emit(False))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter holds as Space does."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.isAutoRepeat():
            self.setDown(True)
            self.held.emit(True)
            return
        super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Let go."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.isAutoRepeat():
            self.setDown(False)
            self.held.emit(False)
            return
        super().keyReleaseEvent(event)


class TalkBar(QWidget):
    """Between conversation and composer while one talks.

    Signals:
        held: The talk button went down or up.
        pause_asked: The microphone should be paused, or opened again.
        quiet_asked: The patient should stop speaking.
        level_wanted: The meter wants the level; answer with ``show_level``.
        recogniser_wanted: The trainee wants to get a recogniser.
    """

    held = Signal(bool)
    pause_asked = Signal()
    quiet_asked = Signal()
    level_wanted = Signal()
    recogniser_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "footer")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._mode: ListeningMode = "push_to_talk"
        self._hears_all_along = False
        self._state: TalkState = "off"
        self.dot = label("●", "recording")
        self.words = label("", "strong")
        self.meter = LevelBar()
        self.guess = label("", "soft")
        self.guess.setAccessibleName("What is being understood")
        self.talk = HoldButton("Hold to talk", "Hold while you speak")
        self.talk.setToolTip("Hold while you speak (F8)")
        self.talk.held.connect(self.held)
        self.quiet = Button("Interrupt", "plain", "stop", name="Interrupt the patient")
        self.quiet.setToolTip("Stop the patient (F7)")
        self.quiet.clicked.connect(self.quiet_asked)
        self.pause = Button("Pause mic", "plain", "pause", name="Pause the microphone")
        self.pause.setToolTip("Pause or resume the microphone (F9)")
        self.pause.clicked.connect(self.pause_asked)
        self.get = Button("Download speech recognition", "primary", name="Download speech recognition")
        self.get.clicked.connect(self.recogniser_wanted)
        self._buttons = (self.get, self.talk, self.quiet, self.pause)
        for button in self._buttons:
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the focus in the composer
        self._build()
        self._timer = QTimer(self)
        self._timer.setInterval(METER_INTERVAL_MS)
        self._timer.timeout.connect(self.level_wanted)
        self.set_state("off")

    def _build(self) -> None:
        box = column(self, SPACE_2)
        box.setContentsMargins(SPACE_5, SPACE_3, SPACE_5, SPACE_3)
        said = row(self.dot, spacing=SPACE_3)
        said.addWidget(self.words, 1)
        said.addWidget(self.meter)
        self._line = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._line.setSpacing(SPACE_3)
        self._line.addLayout(said, 1)
        self._line.addLayout(row(*self._buttons, spacing=SPACE_3, stretch_last=True))
        box.addLayout(self._line)
        box.addWidget(self.guess)

    @property
    def state(self) -> TalkState:
        """What is shown."""
        return self._state

    def set_mode(self, mode: ListeningMode, *, hears_all_along: bool = False) -> None:
        """Show a button to hold, or none; ``hears_all_along`` with headphones, while the patient speaks too."""
        self._mode = mode
        self._hears_all_along = hears_all_along
        self.talk.setVisible(mode == "push_to_talk")

    def set_state(self, state: TalkState) -> None:
        """Show what is happening."""
        changed, self._state = state != self._state, state
        look = _LOOKS[state]
        waits = state == "speaking" and not self._hears_all_along
        self.words.setText(_WAITS if waits else _HOLD if self._is_waiting_for_key else look.words)
        self.dot.setText("○" if waits else "●")
        set_property(self.dot, "on", "yes" if look.is_open else "no")
        self.dot.setAccessibleName("Waiting" if waits else "Recording" if look.is_open else "Not recording")
        self.talk.setEnabled(look.is_open)
        self.talk.setVisible(self._mode == "push_to_talk" and state != "no_recogniser")
        self.get.setVisible(state == "no_recogniser")
        self.quiet.setVisible(state in ("thinking", "speaking"))
        can_open = "Try again" if state == "broken" else "Turn mic on"
        self.pause.setText("Pause mic" if look.is_open else can_open)
        self.pause.setVisible(state != "no_recogniser")
        self.pause.set_icon("pause" if look.is_open else "microphone")
        self.pause.setAccessibleName(f"{'Pause' if look.is_open else 'Turn on'} the microphone")
        self._arrange()
        if look.is_open:
            self._timer.start()
        else:
            self._timer.stop()
        if state not in ("hearing", "understanding"):
            self.show_guess("")
        if changed:
            announce(self, self.words.text())

    @property
    def _is_waiting_for_key(self) -> bool:
        return self._mode == "push_to_talk" and self._state == "ready"

    def _arrange(self) -> None:
        self.meter.setVisible(_LOOKS[self._state].is_open and self.width() >= _ROOM_FOR_METER)
        shown = [each for each in self._buttons if not each.isHidden()]
        needed = round(_LEAST_WORDS * max(1.0, Theme.current().scale)) + 2 * SPACE_5
        needed += sum(each.sizeHint().width() + SPACE_3 for each in shown)
        needed += self.meter.sizeHint().width() + SPACE_3 if not self.meter.isHidden() else 0
        beside, below = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._line.setDirection(beside if needed <= self.width() else below)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where room is short the words matter more than the meter."""
        super().resizeEvent(event)
        self._arrange()

    def show_level(self, level_db: float) -> None:
        """Show how loud it is."""
        self.meter.set_level(level_db)

    def show_guess(self, text: str) -> None:
        """Show what is being understood while somebody speaks."""
        self.guess.setText(text)
        self.guess.setVisible(bool(text))
