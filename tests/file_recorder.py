"""A file, or sound given by the program, that stands in for a microphone on a computer without one.

Must not know who listens.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Lock, Thread
from time import monotonic

import numpy as np

from simpatient.domain.errors import AudioUnavailable
from simpatient.domain.speech import SAMPLE_RATE, AudioDevice, Samples, Sound, SoundBlock
from simpatient.services.voice.ports import OnBlock
from simpatient.speech.resampling import mono, resampled

FILE_DEVICE = "file"
_BLOCK = SAMPLE_RATE // 50


def read_sound(path: Path) -> Samples:
    """Return a wav or flac file as sound at ``SAMPLE_RATE``.

    Raises:
        AudioUnavailable: It cannot be read.
    """
    try:
        import soundfile

        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except Exception as error:  # libsndfile's own kinds, a missing library, a missing file
        raise AudioUnavailable(f"{path.name} cannot be read as sound.", "Give a wav or flac file.") from error
    return resampled(mono(samples), rate)


class FileRecorder:
    """The ``Recorder`` port over a tape: silence, with a file or given sounds in it.

    The file does not advance while no one records.

    Args:
        path: A wav or flac file to begin with; None for silence.
        speed: How many times faster than real time the tape runs. The times of its blocks run as fast.
    """

    def __init__(self, path: Path | None = None, *, speed: float = 1.0) -> None:
        self._path = path
        self._speed = speed
        self._lock = Lock()
        self._to_come: Samples = np.zeros(0, np.float32)
        self._played = 0
        self._began_s: float | None = None

    def devices(self) -> tuple[AudioDevice, ...]:
        """Return the file as the one microphone there is."""
        return (AudioDevice(id=FILE_DEVICE, name=self._path.name if self._path else FILE_DEVICE, is_default=True),)

    @property
    def played_s(self) -> float:
        """Seconds of tape that were recorded so far."""
        with self._lock:
            return self._played / SAMPLE_RATE

    def hear(self, sound: Sound, *, after_s: float = 0.0) -> None:
        """Mix a sound into the tape from where it stands now, or seconds after."""
        samples = np.pad(resampled(sound.samples, sound.rate), (round(after_s * SAMPLE_RATE), 0))
        with self._lock:
            longest = max(len(samples), len(self._to_come))
            mixed = np.zeros(longest, np.float32)
            mixed[: len(self._to_come)] = self._to_come
            mixed[: len(samples)] += samples
            self._to_come = mixed

    @property
    def left_s(self) -> float:
        """Seconds of tape until there is only silence."""
        with self._lock:
            return len(self._to_come) / SAMPLE_RATE

    @contextmanager
    def open(self, on_block: OnBlock, device: str = "") -> Iterator[None]:
        """Play into ``on_block`` until the context is left; see ``services.voice.ports.Recorder``.

        Raises:
            AudioUnavailable: The file cannot be read, or another device was asked for.
        """
        if device not in ("", FILE_DEVICE):
            raise AudioUnavailable(f"The microphone '{device}' is not connected.", "Choose another one in Settings.")
        if self._path is not None and self._began_s is None:
            self.hear(Sound(read_sound(self._path)))
        stop = Event()
        player = Thread(target=self._play, args=(on_block, stop), name="file-recorder", daemon=True)
        player.start()
        try:
            yield
        finally:
            stop.set()
            player.join()

    def _play(self, on_block: OnBlock, stop: Event) -> None:
        started, number = monotonic(), 0
        began_s = started - self._played / SAMPLE_RATE
        # A tape that ran fast was ahead of the clock; its time still never goes back.
        self._began_s = began_s if self._began_s is None else max(began_s, self._began_s)
        while not stop.is_set():
            number += 1
            due = started + number * _BLOCK / SAMPLE_RATE / self._speed
            if stop.wait(max(0.0, due - monotonic())):
                return
            on_block(self._next())

    def _next(self) -> SoundBlock:
        with self._lock:
            samples = np.zeros(_BLOCK, np.float32)
            taken = self._to_come[:_BLOCK]
            samples[: len(taken)] = taken
            self._to_come = self._to_come[_BLOCK:]
            at_s = (self._began_s or 0.0) + self._played / SAMPLE_RATE
            self._played += _BLOCK
        return SoundBlock(samples, at_s)
