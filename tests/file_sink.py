"""A file, or memory, that stands in for a loudspeaker on a computer without one.

Must not know what is said.
"""

from pathlib import Path
from threading import Event, Lock
from time import monotonic

import numpy as np

from simpatient.domain.cancellation import Cancellation
from simpatient.domain.errors import AudioUnavailable
from simpatient.domain.speech import SAMPLE_RATE, AudioDevice, Samples, Sound
from simpatient.speech.resampling import resampled
from tests.file_recorder import FILE_DEVICE, FileRecorder

_BLOCK = SAMPLE_RATE // 100
# How long sound takes from this loudspeaker to the microphone beside it; more than timers are late by.
_ON_THE_WAY_S = 0.04


class FileSink:
    """The ``Sink`` port in memory; what was played can be read back, and is written to a file on closing.

    Args:
        path: A wav file to write; None to keep it in memory only.
        speed: How many times faster than real time it plays; 0 for at once.
        beside: A microphone that picks up the loudspeaker, for tests of echo; it must run as fast.
    """

    def __init__(self, path: Path | None = None, *, speed: float = 1.0, beside: FileRecorder | None = None) -> None:
        self._path = path
        self._speed = speed
        self._beside = beside
        self._lock = Lock()
        self._heard: list[Samples] = []

    @property
    def heard(self) -> Sound:
        """Everything that was played so far, without the time in between."""
        pieces = list(self._heard)
        return Sound(np.concatenate(pieces) if pieces else np.zeros(0, np.float32))

    def devices(self) -> tuple[AudioDevice, ...]:
        """Return the file as the one loudspeaker there is."""
        return (AudioDevice(id=FILE_DEVICE, name=self._path.name if self._path else FILE_DEVICE, is_default=True),)

    def play(self, sound: Sound, cancel: Cancellation | None = None) -> float:
        """Play a sound to its end, or until ``cancel`` is set; see ``services.voice.ports.Sink``."""
        samples = resampled(sound.samples, sound.rate)
        with self._lock:
            given = self._given(samples, cancel)
        return sound.duration_s if given == len(samples) else given / SAMPLE_RATE

    def close(self) -> None:
        """Write the file.

        Raises:
            AudioUnavailable: It cannot be written.
        """
        if self._path is None:
            return
        try:
            import soundfile

            soundfile.write(self._path, self.heard.samples, SAMPLE_RATE)
        except Exception as error:  # libsndfile's own kinds, a missing library, a full disk
            raise AudioUnavailable(f"{self._path.name} cannot be written.", "Choose another file.") from error

    def _given(self, samples: Samples, cancel: Cancellation | None) -> int:
        """Return how many samples were played."""
        started = monotonic()
        tape_s = self._beside.played_s + _ON_THE_WAY_S if self._beside else 0.0
        for start in range(0, len(samples), _BLOCK):
            if cancel is not None and cancel.is_cancelled:
                return start
            piece = samples[start : start + _BLOCK]
            self._heard.append(piece)
            if self._beside is not None:
                after_s = tape_s + start / SAMPLE_RATE - self._beside.played_s
                self._beside.hear(Sound(piece), after_s=max(0.0, after_s))
            if self._speed:
                due = started + (start + len(piece)) / SAMPLE_RATE / self._speed
                Event().wait(max(0.0, due - monotonic()))
        return len(samples)
