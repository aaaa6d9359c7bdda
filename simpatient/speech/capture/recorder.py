"""The microphone, through PortAudio. Must not know who listens, nor keep anything that was recorded.

PortAudio's thread only copies blocks into a ring; a thread of the recorder makes them mono at the one rate
and hands them on.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simpatient.domain.errors import AudioUnavailable
from simpatient.domain.speech import SAMPLE_RATE, AudioDevice, SoundBlock
from simpatient.runtime.bounded_queue import BoundedQueue
from simpatient.services.voice.ports import OnBlock
from simpatient.speech.portaudio import (
    HOST_ERROR,
    IN_USE,
    NO_SUCH_DEVICE,
    STREAMS,
    WRONG_CHANNELS,
    WRONG_RATE,
    Side,
    error_code,
    portaudio,
)
from simpatient.speech.resampling import Resampler, mono

_log = logging.getLogger(__name__)
_CHOOSE = "Plug one in, or choose another one in Settings; typing always works."
_REASONS = {
    HOST_ERROR: (
        "The computer did not let this program use the microphone.",
        "Allow it in the computer's privacy settings, check that no other program holds the microphone, and try again.",
    ),
    IN_USE: ("Another program is using the microphone.", "Close that program, or choose another microphone."),
    NO_SUCH_DEVICE: ("There is no microphone.", _CHOOSE),
}
_OTHERWISE = ("The microphone cannot be opened.", _CHOOSE)
_MICROPHONES = Side("microphone", 0, "max_input_channels", _CHOOSE, _REASONS, _OTHERWISE)
_BLOCK_S = 0.02
# Sound that waits for the recorder's thread; what comes after that is lost, and counted.
_RING_S = 5
_LOOK_EVERY_S = 0.2
# Time stamps that are so far ahead mean lost sound; smaller differences are followed by that share a block.
_LOST_S, _FOLLOWS = 0.2, 0.01
# A microphone always gives a little noise. Nothing but zeros for so long is what some systems (macOS) give
# to programs they do not let listen.
_DEAD_SILENCE_S = 3.0


class DeviceRecorder:
    """The ``Recorder`` port on the microphones of this computer.

    Args:
        library: Returns sounddevice, or raises AudioUnavailable.
    """

    def __init__(self, library: Callable[[], Any] = portaudio) -> None:
        self._library = library
        self.lost_s = 0.0

    def devices(self) -> tuple[AudioDevice, ...]:
        """Return the available microphones; empty if there are none."""
        return _MICROPHONES.devices(self._library)

    def check(self, device: str = "") -> None:
        """Say whether a microphone is here, without opening it.

        Raises:
            AudioUnavailable: It is not.
        """
        _MICROPHONES.number_of(self._library(), device)

    @contextmanager
    def open(self, on_block: OnBlock, device: str = "") -> Iterator[None]:
        """Record until the context is left; see ``services.voice.ports.Recorder``.

        Raises:
            AudioUnavailable: There is no microphone, it is in use or forbidden, or it stopped working in between.
        """
        library = self._library()
        with STREAMS.opening():
            recording = _Recording(library, _MICROPHONES.number_of(library, device), on_block)
            STREAMS.opened(library)
        try:
            yield
        finally:
            recording.stop()
            STREAMS.closed(library)
            self.lost_s += recording.lost_s
        recording.check()


class _Recording:
    """One opening of the microphone."""

    def __init__(self, library: Any, number: int, on_block: OnBlock) -> None:
        self._library = library
        self._on_block = on_block
        self._is_stopping = Event()
        self._broke = False
        self._heard_s = 0.0
        self._is_dead_silent = True
        self._overflows = 0
        self._stream, self._rate = self._opened(number)
        self._ring: BoundedQueue[tuple[NDArray[np.float32], float] | None] = BoundedQueue(_RING_S * self._rate)
        self._pump = Thread(target=self._hand_on, name="recorder", daemon=True)
        self._pump.start()
        self._start()

    @property
    def lost_s(self) -> float:
        """Seconds of sound for which there was no room; the device's own overflows count as a block each."""
        return self._ring.lost / self._rate + self._overflows * _BLOCK_S

    def stop(self) -> None:
        """Close the microphone and hand on what it had given before."""
        self._is_stopping.set()
        try:
            self._stream.stop()
            self._stream.close()
        except Exception as error:  # a device that is gone cannot be closed properly either
            _log.warning("The microphone was not closed properly: %s", error)
            self._broke = True
        self._let_the_pump_end()
        if self.lost_s:
            _log.warning("%.2f s of sound were lost while recording.", self.lost_s)

    def check(self) -> None:
        """Say whether it had worked to the end.

        Raises:
            AudioUnavailable: It had not.
        """
        if self._broke:
            raise AudioUnavailable("The microphone stopped working.", "Check that it is plugged in, and try again.")
        if self._is_dead_silent and self._heard_s >= _DEAD_SILENCE_S:
            raise AudioUnavailable(
                "The microphone sends only silence.",
                "Switch it on, and allow this program to use it in the computer's privacy settings.",
            )

    def _opened(self, number: int) -> tuple[Any, int]:
        """Open the device as it can be opened; what it cannot do is made up for afterwards."""
        about = self._library.query_devices(number)
        own = int(about["default_samplerate"])
        failed: Exception | None = None
        for rate, channels in ((SAMPLE_RATE, 1), (own, 1), (own, min(2, int(about["max_input_channels"])))):
            try:
                return self._stream_of(number, rate, channels), rate
            except self._library.PortAudioError as error:
                failed = error
                if error_code(error) not in (WRONG_RATE, WRONG_CHANNELS):
                    break
        raise _MICROPHONES.translated(failed) from failed

    def _stream_of(self, number: int, rate: int, channels: int) -> Any:
        return self._library.InputStream(
            device=number,
            samplerate=rate,
            channels=channels,
            dtype="float32",
            blocksize=round(rate * _BLOCK_S),
            callback=self._on_sound,
            finished_callback=self._on_finished,
        )

    def _start(self) -> None:
        try:
            self._stream.start()
        except self._library.PortAudioError as error:
            self._is_stopping.set()
            self._stream.close()
            self._let_the_pump_end()
            raise _MICROPHONES.translated(error) from error

    def _let_the_pump_end(self) -> None:
        self._ring.put(None)
        self._pump.join()

    def _on_sound(self, sound: NDArray[np.float32], frames: int, times: Any, status: Any) -> None:
        """Copy a block; on PortAudio's thread."""
        self._overflows += bool(status.input_overflow)
        # The stream's clock is not ours; how long ago the first sample was is the same on both.
        ago_s = times.currentTime - times.inputBufferAdcTime
        ago_s = ago_s if 0 < ago_s < 1 else frames / self._rate
        self._ring.offer((sound.copy(), monotonic() - ago_s), frames)

    def _on_finished(self) -> None:
        """Note that the stream has ended; on PortAudio's thread."""
        if not self._is_stopping.is_set():
            self._broke = True

    def _hand_on(self) -> None:
        resampler, clock = Resampler(self._rate), _Clock()
        while True:
            taken = self._ring.take(_LOOK_EVERY_S)
            if taken is None and self._is_stopping.is_set():
                return
            if taken is None:
                continue
            sound, at_s = taken
            self._note(sound)
            ends_s = at_s + len(sound) / self._rate
            samples = resampler.take(mono(sound))
            if len(samples):
                began_s = ends_s - resampler.delay_s - len(samples) / SAMPLE_RATE
                self._on_block(SoundBlock(samples, clock.smooth(began_s, len(samples))))

    def _note(self, sound: NDArray[np.float32]) -> None:
        self._heard_s += len(sound) / self._rate
        if self._is_dead_silent and np.any(sound):
            self._is_dead_silent = False


class _Clock:
    """Makes steady times of a device's, which jitter by a block or so, and follows it where sound was lost."""

    def __init__(self) -> None:
        self._last_s = 0.0
        self._next_s: float | None = None

    def smooth(self, at_s: float, count: int) -> float:
        """Return the time of a block's first sample; never goes back."""
        expected = at_s if self._next_s is None else self._next_s
        drift = at_s - expected
        self._last_s = at_s if drift > _LOST_S else max(expected + _FOLLOWS * drift, self._last_s)
        self._next_s = self._last_s + count / SAMPLE_RATE
        return self._last_s
