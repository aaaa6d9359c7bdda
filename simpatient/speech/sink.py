"""The loudspeaker, through PortAudio, and a file that stands in for one. Must not know what is played, or why.

What was heard is counted in the device's own callback, so that breaking in is exact to a block.
"""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simpatient.domain.errors import AudioUnavailable
from simpatient.domain.ports import Cancellation
from simpatient.domain.speech import SAMPLE_RATE, AudioDevice, Samples, Sound
from simpatient.speech.recorder import portaudio
from simpatient.speech.resampling import resampled

_log = logging.getLogger(__name__)
_CHOOSE = "Plug one in, or choose another one in Settings; captions go on."
_BLOCK_S = 0.02
_LOOK_EVERY_S = 0.005
# A device that has played nothing for so long beyond a sound's length is lost.
_LOST_S = 3.0
_GONE = ("The loudspeaker has stopped playing.", "Check that it is plugged in; captions go on.")


class _Track:
    """One sound on its way through the device's callback."""

    def __init__(self, samples: Samples, cancel: Cancellation | None) -> None:
        self.samples = samples
        self.cancel = cancel
        self.given = 0
        self.is_over = Event()

    def next(self, count: int) -> Samples:
        """Return the next samples, fewer at the end; none once it is cancelled."""
        if self.cancel is not None and self.cancel.is_cancelled:
            self.is_over.set()
            return self.samples[:0]
        piece = self.samples[self.given : self.given + count]
        self.given += len(piece)
        if self.given >= len(self.samples):
            self.is_over.set()
        return piece


class DeviceSink:
    """The ``Sink`` port on a loudspeaker of this computer; the device is opened with the first sound.

    Args:
        device: Id of a loudspeaker; '' for the system's default.
        library: Returns sounddevice, or raises AudioUnavailable.
    """

    def __init__(self, device: str = "", library: Callable[[], Any] = portaudio) -> None:
        self._device = device
        self._library = library
        self._stream: Any = None
        self._rate = 0
        self._track: _Track | None = None
        self._lock = Lock()

    def devices(self) -> tuple[AudioDevice, ...]:
        """Return the loudspeakers there were when the program first used sound; empty where there is none."""
        try:
            library = self._library()
            found, hosts = library.query_devices(), library.query_hostapis()
            default = library.default.device[1]
        except Exception as error:  # PortAudio's own kinds; a list for a menu is no place to fail
            _log.warning("Loudspeakers cannot be listed: %s", error)
            return ()
        return tuple(
            AudioDevice(id=_id_of(one, hosts), name=one["name"], is_default=number == default)
            for number, one in enumerate(found)
            if one["max_output_channels"] > 0
        )

    def play(self, sound: Sound, cancel: Cancellation | None = None) -> float:
        """Play a sound; see ``services.speech_ports.Sink``."""
        if not len(sound.samples):
            return 0.0
        with self._lock:
            self._open(sound.rate)
            track = self._track = _Track(_at_rate(sound, self._rate), cancel)
            try:
                self._wait(track)
            finally:
                self._track = None
        if track.given >= len(track.samples):
            return sound.duration_s
        # What was handed over last is still in the device's buffer, and was not heard.
        return max(0.0, track.given / self._rate - self._latency_s())

    def close(self) -> None:
        """Let go of the device."""
        stream, self._stream = self._stream, None
        if stream is not None:
            try:
                stream.abort()
                stream.close()
            except Exception as error:  # it is gone anyway
                _log.info("A loudspeaker could not be closed: %s", error)

    def _wait(self, track: _Track) -> None:
        until = time.monotonic() + len(track.samples) / self._rate + _LOST_S
        while not track.is_over.wait(_LOOK_EVERY_S):
            if not self._stream.active or time.monotonic() > until:
                self.close()
                raise AudioUnavailable(*_GONE)
        if track.given >= len(track.samples):
            # Handed over is not heard yet; without a cancel the tail is waited for.
            time.sleep(self._latency_s())

    def _latency_s(self) -> float:
        return float(getattr(self._stream, "latency", 0.0) or 0.0)

    def _open(self, wanted_rate: int) -> None:
        if self._stream is not None and self._stream.active:
            return
        library = self._library()
        number = _number_of(library, self._device)
        own_rate = int(library.query_devices(number)["default_samplerate"])
        errors = []
        for rate in dict.fromkeys((wanted_rate, own_rate)):
            try:
                self._stream = library.OutputStream(
                    samplerate=rate, blocksize=round(rate * _BLOCK_S), device=number, channels=1, dtype="float32",
                    latency="low", callback=self._on_wanted,
                )  # fmt: skip
                self._stream.start()
                self._rate = rate
                return
            except library.PortAudioError as error:
                errors.append(error)
        self._stream = None
        raise AudioUnavailable("The loudspeaker cannot be opened.", _CHOOSE) from errors[-1]

    def _on_wanted(self, out: NDArray[np.float32], frames: int, times: Any, status: Any) -> None:
        track = self._track
        piece = track.next(frames) if track is not None else out[:0, 0]
        out[: len(piece), 0] = piece
        out[len(piece) :, 0] = 0.0


class FileSink:
    """The ``Sink`` port without a sound card: what was "heard" can be read back.

    Args:
        path: Written as wav when it is closed; None keeps it in memory alone.
        speed: How much faster than time it plays.
        on_heard: Told every piece that was heard, at ``SAMPLE_RATE``; for tests of the echo.
    """

    def __init__(
        self, path: Path | None = None, *, speed: float = 1.0, on_heard: Callable[[Samples], None] | None = None
    ) -> None:
        self._path = path
        self._speed = speed
        self._on_heard = on_heard
        self._heard: list[Samples] = []

    @property
    def heard(self) -> Samples:
        """All that was heard so far, at ``SAMPLE_RATE``."""
        return np.concatenate(self._heard) if self._heard else np.zeros(0, np.float32)

    def devices(self) -> tuple[AudioDevice, ...]:
        """Return itself."""
        return (AudioDevice(id="file", name=self._path.name if self._path else "Memory", is_default=True),)

    def play(self, sound: Sound, cancel: Cancellation | None = None) -> float:
        """Play a sound; see ``services.speech_ports.Sink``."""
        samples = _at_rate(sound, SAMPLE_RATE)
        size = round(_BLOCK_S * SAMPLE_RATE)
        began = time.monotonic()
        for start in range(0, len(samples), size):
            if cancel is not None and cancel.is_cancelled:
                return min(start / SAMPLE_RATE, sound.duration_s)
            self._hear(samples[start : start + size])
            # By the clock, not block by block, so that small delays do not add up.
            time.sleep(max(0.0, began + (start + size) / SAMPLE_RATE / self._speed - time.monotonic()))
        return sound.duration_s

    def close(self) -> None:
        """Write the file."""
        if self._path is not None:
            import soundfile

            soundfile.write(self._path, self.heard, SAMPLE_RATE)

    def _hear(self, piece: Samples) -> None:
        self._heard.append(piece)
        if self._on_heard is not None:
            self._on_heard(piece)


def _at_rate(sound: Sound, rate: int) -> Samples:
    if sound.rate == rate:
        return sound.samples
    if rate == SAMPLE_RATE:
        return resampled(sound.samples, sound.rate)
    import soxr

    changed: Samples = soxr.resample(sound.samples, sound.rate, rate)
    return changed


def _id_of(device: Any, hosts: Any) -> str:
    """Return an id that outlives the numbering, which changes with every device that is plugged in."""
    return f"{device['name']}|{hosts[device['hostapi']]['name']}"


def _number_of(library: Any, device: str) -> int:
    """Return PortAudio's number of a loudspeaker.

    Raises:
        AudioUnavailable: There is none, or not this one.
    """
    try:
        found, hosts = library.query_devices(), library.query_hostapis()
    except library.PortAudioError as error:
        raise AudioUnavailable("The loudspeakers of this computer cannot be listed.", _CHOOSE) from error
    default = int(library.default.device[1])
    if not device and 0 <= default < len(found) and found[default]["max_output_channels"] > 0:
        return default
    for number, one in enumerate(found):
        if one["max_output_channels"] > 0 and (not device or _id_of(one, hosts) == device):
            return number
    name = device.partition("|")[0]
    raise AudioUnavailable(f"The loudspeaker '{name}' is not here." if device else "There is no loudspeaker.", _CHOOSE)
