"""The loudspeaker, through PortAudio. Must not know what is said, nor keep any of it.

The device runs at its own rate and asks for a block at a time; between sounds it is given silence. Whether a sound
was stopped is checked for every block, so that silence follows within one.
"""

import logging
from collections.abc import Callable
from threading import Event, Lock
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simpatient.domain.cancellation import Cancellation
from simpatient.domain.errors import AudioUnavailable
from simpatient.domain.speech import AudioDevice, Samples, Sound
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
from simpatient.speech.resampling import changed_rate

_log = logging.getLogger(__name__)
_CHOOSE = "Plug one in, or choose another one in Settings; captions are always shown."
_REASONS = {
    HOST_ERROR: (
        "The computer did not let this program use the loudspeaker.",
        "Check that no other program holds the loudspeaker, and try again.",
    ),
    IN_USE: ("Another program is using the loudspeaker.", "Close that program, or choose another loudspeaker."),
    NO_SUCH_DEVICE: ("There is no loudspeaker.", _CHOOSE),
}
_OTHERWISE = ("The loudspeaker cannot be opened.", _CHOOSE)
_LOUDSPEAKERS = Side("loudspeaker", 1, "max_output_channels", _CHOOSE, _REASONS, _OTHERWISE)
_BROKE_OFF = ("The loudspeaker stopped working.", "Check that it is plugged in, and try again.")
_BLOCK_S = 0.01
_LOOK_EVERY_S = 0.005
# A device that asks for nothing for so long is taken for gone.
_PATIENCE_S = 3.0
# After a cancel, so long is waited for the device's next block; a device that buffers more is emptied by force.
_CANCEL_S = 0.03
_COMMON_RATES = (48_000, 44_100, 16_000)


class DeviceSink:
    """The ``Sink`` port on a loudspeaker of this computer. One sound at a time.

    Args:
        device: Its id; '' for the system's default.
        library: Returns sounddevice, or raises AudioUnavailable.
    """

    def __init__(self, device: str = "", library: Callable[[], Any] = portaudio) -> None:
        self._device = device
        self._library = library
        self._lock = Lock()
        self._output: _Output | None = None

    def devices(self) -> tuple[AudioDevice, ...]:
        """Return the available loudspeakers; empty if there are none."""
        return _LOUDSPEAKERS.devices(self._library)

    def check(self) -> None:
        """Say whether the loudspeaker is here, without opening it.

        Raises:
            AudioUnavailable: It is not.
        """
        _LOUDSPEAKERS.number_of(self._library(), self._device)

    def play(self, sound: Sound, cancel: Cancellation | None = None) -> float:
        """Play a sound to its end, or until ``cancel`` is set; see ``services.voice.ports.Sink``.

        Raises:
            AudioUnavailable: There is no loudspeaker, it is in use, or it stopped working.
        """
        if not len(sound.samples) or (cancel is not None and cancel.is_cancelled):
            return 0.0
        with self._lock:
            output = self._opened()
            try:
                heard_s = output.play(changed_rate(sound.samples, sound.rate, output.rate), cancel)
            except AudioUnavailable:
                self._let_go()
                raise
            if output.is_emptied:
                self._let_go()
        return min(heard_s, sound.duration_s) if heard_s is not None else sound.duration_s

    def close(self) -> None:
        """Release the device; the next sound would open it again."""
        with self._lock:
            self._let_go()

    def _opened(self) -> "_Output":
        if self._output is None:
            library = self._library()
            with STREAMS.opening():
                self._output = _Output(library, _LOUDSPEAKERS.number_of(library, self._device))
                STREAMS.opened(library)
        return self._output

    def _let_go(self) -> None:
        output, self._output = self._output, None
        if output is not None:
            output.close()
            STREAMS.closed(output.library)


class _Playing:
    """A sound on its way to the device; ``fill`` runs on PortAudio's thread."""

    def __init__(self, samples: Samples, cancel: Cancellation | None) -> None:
        self._samples = samples
        self._cancel = cancel
        self.given = 0
        self.asked_at_s = monotonic()
        self.over = Event()

    @property
    def is_cancelled(self) -> bool:
        return self._cancel is not None and self._cancel.is_cancelled

    @property
    def is_given(self) -> bool:
        return self.given >= len(self._samples)

    def fill(self, block: NDArray[np.float32]) -> None:
        self.asked_at_s = monotonic()
        if self.over.is_set() or self.is_cancelled or self.is_given:
            self.over.set()
            return
        piece = self._samples[self.given : self.given + len(block)]
        block[: len(piece)] = piece[:, None]
        self.given += len(piece)


class _Output:
    """One opening of the loudspeaker."""

    def __init__(self, library: Any, number: int) -> None:
        self.library = library
        self._is_closing = False
        self._broke = Event()
        self._playing: _Playing | None = None
        self.is_emptied = False
        self._stream, self.rate = self._started(number)
        latency = self._stream.latency
        self._latency_s = min(max(float(latency[-1] if isinstance(latency, tuple) else latency), 0.0), 1.0)

    def play(self, samples: Samples, cancel: Cancellation | None) -> float | None:
        """Return how many seconds were played; None for all.

        Raises:
            AudioUnavailable: The device stopped working.
        """
        playing = self._playing = _Playing(samples, cancel)
        try:
            while not playing.over.wait(_LOOK_EVERY_S) and not playing.is_cancelled:
                self._check(playing)
            if playing.is_given and self._is_heard_out(playing):
                return None
            return self._broken_off(playing)
        finally:
            playing.over.set()
            self._playing = None

    def close(self) -> None:
        """Close the device."""
        self._is_closing = True
        try:
            self._stream.stop()
            self._stream.close()
        except Exception as error:  # a device that is gone cannot be closed properly either
            _log.warning("The loudspeaker was not closed properly: %s", error)

    def _is_heard_out(self, playing: _Playing) -> bool:
        """Wait until what the device still holds has been played; False when it was cancelled meanwhile."""
        until = playing.asked_at_s + self._latency_s - _BLOCK_S
        while monotonic() < until:
            if playing.over.is_set() and playing.is_cancelled:
                return False
            Event().wait(_LOOK_EVERY_S)
            self._check(playing)
        return True

    def _broken_off(self, playing: _Playing) -> float:
        playing.over.wait(_CANCEL_S)
        given = playing.given
        playing.over.set()
        if self._latency_s > _CANCEL_S:
            self.is_emptied = True
            self._is_closing = True
            try:
                self._stream.abort()
            except Exception as error:
                _log.warning("The loudspeaker could not be emptied: %s", error)
        return max(0.0, given / self.rate - self._latency_s)

    def _check(self, playing: _Playing) -> None:
        if self._broke.is_set() or monotonic() - playing.asked_at_s > _PATIENCE_S:
            raise AudioUnavailable(*_BROKE_OFF)

    def _started(self, number: int) -> tuple[Any, int]:
        """Open the device as it can be opened, and start it."""
        about = self.library.query_devices(number)
        rates = dict.fromkeys((int(about["default_samplerate"]), *_COMMON_RATES))
        failed: Exception | None = None
        for rate in rates:
            for channels in dict.fromkeys((1, min(2, int(about["max_output_channels"])))):
                try:
                    stream = self._stream_of(number, rate, channels)
                    stream.start()
                    return stream, rate
                except self.library.PortAudioError as error:
                    failed = error
                    if error_code(error) not in (WRONG_RATE, WRONG_CHANNELS):
                        raise _LOUDSPEAKERS.translated(error) from error
        raise _LOUDSPEAKERS.translated(failed) from failed

    def _stream_of(self, number: int, rate: int, channels: int) -> Any:
        return self.library.OutputStream(
            device=number,
            samplerate=rate,
            channels=channels,
            dtype="float32",
            blocksize=round(rate * _BLOCK_S),
            latency="low",
            callback=self._on_wanted,
            finished_callback=self._on_finished,
        )

    def _on_wanted(self, block: NDArray[np.float32], frames: int, times: Any, status: Any) -> None:
        """Fill a block; on PortAudio's thread."""
        block.fill(0)
        playing = self._playing
        if playing is not None:
            playing.fill(block)

    def _on_finished(self) -> None:
        """Note that the stream has ended; on PortAudio's thread."""
        if not self._is_closing:
            self._broke.set()
