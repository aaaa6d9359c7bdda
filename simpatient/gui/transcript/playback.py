"""Hearing kept turns again: one button per turn, one sound at a time. Must not know devices."""

from PySide6.QtCore import QObject

from simpatient.gui.base.bridge import Trouble, WorkerJob
from simpatient.gui.base.context import Context
from simpatient.gui.base.talk_settings import read_talk_settings
from simpatient.gui.widgets.controls import Button
from simpatient.presentation.words.numbers import turn_words
from simpatient.services.voice.recording_playback import RecordingPlaybackService

HEAR, STOP = "Hear it again", "Stop"


class Playback(QObject):
    """Makes the buttons, and plays what they stand for."""

    def __init__(self, playback: RecordingPlaybackService, context: Context, parent: QObject) -> None:
        super().__init__(parent)
        self._playback, self._context = playback, context
        self._job: WorkerJob[float] | None = None
        self._playing: Button | None = None
        self.buttons: dict[int, Button] = {}

    def button(self, turn: int, clip: str) -> Button:
        """Return a button that plays a turn's sound, and stops it while it plays."""
        made = Button(HEAR, "link", name=f"Hear {turn_words(turn)} again")
        made.clicked.connect(lambda: self._on_clicked(made, clip))
        self.buttons[turn] = made
        return made

    def stop(self) -> None:
        """Be quiet."""
        if self._job is not None:
            self._job.cancel()
        self._show_ended()

    def _on_clicked(self, button: Button, clip: str) -> None:
        was_playing = self._playing is button
        self.stop()
        if was_playing:
            return
        actor, loudspeaker = self._context.actor, read_talk_settings(self._context.preferences).loudspeaker
        self._playing = button
        button.setText(STOP)
        self._job = self._context.sounds.call(
            lambda work: self._playback.play(actor, clip, loudspeaker, work.cancel),
            lambda _: self._show_ended(),
            self._on_failed,
        )

    def _on_failed(self, trouble: Trouble) -> None:
        self._show_ended()
        self._context.navigator.tell_trouble(trouble)

    def _show_ended(self) -> None:
        if self._playing is not None:
            self._playing.setText(HEAR)
        self._playing = self._job = None
