"""Listens to the trainee: from a recorder through the echo gate and the endpointer to events.

Must not know which microphone or recogniser there is, nor what is done with what was heard.
"""

from collections.abc import Callable
from threading import Event, Lock, Thread, current_thread
from time import monotonic
from typing import Literal

from simpatient.domain.errors import AudioUnavailable
from simpatient.domain.speech import SAMPLE_RATE, ListeningMode, Samples, SoundBlock
from simpatient.runtime.bounded_queue import BoundedQueue
from simpatient.services.voice.ports import Endpointer, Recorder
from simpatient.services.voice.sound_level import FLOOR_DB, LevelMeter
from simpatient.services.voice.turn_gate import GateEvent, TurnGate

# Sound that waits for a busy computer; what comes after that is lost, and counted.
_LONGEST_WAIT_S = 60
_POLL_S = 0.1

Command = Literal["press", "release", "mute", "unmute", "wake"]
Inbox = BoundedQueue[SoundBlock | Command]


class MicrophoneListener:
    """Listens on a separate thread while it is not paused. All methods may be called from any thread.

    While it is paused or closed the recorder is closed: nothing is recorded, nothing is kept. What was
    begun when it was paused is dropped.

    Args:
        recorder: Where the sound comes from.
        endpointer: Cuts it into segments; used by this object alone.
        on_event: Called with each event, on the listening thread; must return quickly.
        on_error: Called once, on the listening thread, with the reason why listening ended by itself.
        mode: Listen while a key is held, or always.
        uses_headphones: The microphone does not pick up the patient, so muting is not needed.
        device: Id of a microphone; '' for the system's default.
        stalls_after_s: A microphone that sends nothing for so long is given up, seconds.
    """

    def __init__(
        self,
        *,
        recorder: Recorder,
        endpointer: Endpointer,
        on_event: Callable[[GateEvent], None],
        on_error: Callable[[AudioUnavailable], None],
        mode: ListeningMode = "push_to_talk",
        uses_headphones: bool = False,
        device: str = "",
        stalls_after_s: float = 5.0,
    ) -> None:
        self._recorder = recorder
        self._endpointer = endpointer
        self._on_event = on_event
        self._on_error = on_error
        self._mode: ListeningMode = mode
        self._uses_headphones = uses_headphones
        self._device = device
        self._stalls_after_s = stalls_after_s
        self._lock = Lock()
        self._gate_lock = Lock()
        self._gate = self._new_gate()
        self._inbox: Inbox = BoundedQueue(0)
        self._stop = Event()
        self._worker: Thread | None = None
        self._is_muted = False
        self._is_closed = False
        self._is_recording = False
        self._level = FLOOR_DB

    @property
    def is_recording(self) -> bool:
        """Whether the microphone is open."""
        return self._is_recording

    @property
    def level(self) -> float:
        """How loud it is, in decibels below full scale, smoothed for a meter; ``FLOOR_DB`` when paused."""
        return self._level

    @property
    def lost_s(self) -> float:
        """Seconds of sound lost since the last start because the computer was too busy to listen."""
        return self._inbox.lost / SAMPLE_RATE

    def start(self) -> None:
        """Open the microphone and listen; does nothing when listening already, or closed.

        Returns at once; a microphone that cannot be opened is reported to ``on_error``.
        """
        with self._lock:
            is_busy = self._worker is not None and self._worker.is_alive() and not self._stop.is_set()
            if self._is_closed or is_busy:
                return
            self._inbox, self._stop = BoundedQueue(_LONGEST_WAIT_S * SAMPLE_RATE), Event()
            # The patient may be speaking already, and the new gate does not know.
            if self._is_muted:
                self._inbox.put("mute")
            run = (self._inbox, self._stop, self._worker)
            self._worker = Thread(target=self._run, args=run, name="hearing", daemon=True)
            self._worker.start()

    def pause(self) -> None:
        """Close the microphone; when this returns nothing is being recorded and no further callback comes."""
        with self._lock:
            worker = self._worker
            self._stop.set()
            self._inbox.put("wake")
        # A callback may pause from the listening thread itself, which cannot wait for its own end.
        if worker is not None and worker is not current_thread():
            worker.join()

    def close(self) -> None:
        """As ``pause``, for good."""
        self._is_closed = True
        self.pause()

    def mute(self) -> None:
        """The patient begins to speak."""
        self._send("mute", is_muted=True)

    def unmute(self) -> None:
        """The patient has ended."""
        self._send("unmute", is_muted=False)

    def press(self) -> None:
        """The trainee holds the key."""
        self._send("press")

    def release(self) -> None:
        """The trainee lets the key go: ``SpeechEnded`` or ``NothingHeard`` follows."""
        self._send("release")

    def so_far(self) -> Samples:
        """Return the sound of the segment in progress, for a first guess at its words; may be empty."""
        with self._gate_lock:
            return self._gate.so_far()

    def _send(self, command: Command, *, is_muted: bool | None = None) -> None:
        with self._lock:
            self._is_muted = self._is_muted if is_muted is None else is_muted
            self._inbox.put(command)

    def _new_gate(self) -> TurnGate:
        return TurnGate(self._endpointer, self._mode, uses_headphones=self._uses_headphones)

    def _run(self, inbox: Inbox, stop: Event, before: Thread | None) -> None:
        if before is not None:
            before.join()  # it was stopped from one of its own callbacks
        with self._gate_lock:
            self._endpointer.reset()
            self._gate = self._new_gate()
        error = self._recorded(inbox, stop)
        self._is_recording, self._level = False, FLOOR_DB
        with self._gate_lock:
            self._endpointer.reset()
        if error is not None:
            self._on_error(error)

    def _recorded(self, inbox: Inbox, stop: Event) -> AudioUnavailable | None:
        """Listen until stopped; return the error if that is what ended it."""
        try:
            with self._recorder.open(lambda block: _enqueue(inbox, block), self._device):
                self._is_recording = True
                self._listen(inbox, stop)
        except AudioUnavailable as error:
            return error
        if stop.is_set():
            return None
        return AudioUnavailable(
            "The microphone has stopped sending sound.", "Check that it is plugged in, then switch listening on again."
        )

    def _listen(self, inbox: Inbox, stop: Event) -> None:
        """Return when stopped, or when no more sound arrives."""
        meter, last = LevelMeter(), monotonic()
        while not stop.is_set():
            item = inbox.take(_POLL_S)
            if isinstance(item, SoundBlock):
                last = monotonic()
                self._level = meter.feed(item.samples)
            if item is not None:
                self._pass_on(item)
            elif monotonic() - last > self._stalls_after_s:
                return

    def _pass_on(self, item: SoundBlock | Command) -> None:
        with self._gate_lock:
            events = self._gate.feed(item) if isinstance(item, SoundBlock) else self._commanded(item)
        for event in events:
            self._on_event(event)

    def _commanded(self, command: Command) -> tuple[GateEvent, ...]:
        if command == "press":
            return self._gate.press()
        if command == "release":
            self._gate.release()
        elif command == "mute":
            self._gate.mute()
        elif command == "unmute":
            self._gate.unmute()
        return ()


def _enqueue(inbox: Inbox, block: SoundBlock) -> None:
    inbox.offer(block, len(block.samples))
