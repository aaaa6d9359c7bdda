"""What every engine's sound goes through, and how a program that speaks is run. Must not know which engine it is."""

import io
from pathlib import Path

import numpy as np

from simpatient.domain.cancellation import Cancellation
from simpatient.domain.errors import AudioUnavailable
from simpatient.domain.speech import Samples, Sound
from simpatient.runtime.launching import run_program
from simpatient.speech.resampling import mono

# Engines differ by 12 dB in loudness (flite's voices 0.05 to 0.20 RMS, measured); all are brought to one level, and
# what would clip there is left softer.
_LOUDNESS, _PEAK = 0.12, 0.95
_KEPT_S = 0.03
# What is softer than this share of the loudest 10 ms is silence.
_SILENT_SHARE = 0.02
_FRAME_S = 0.01
_LIMIT_S = 30.0
_OTHER = "Choose another voice in Settings; captions are always shown."


def failed(title: str) -> AudioUnavailable:
    """Return the error for an engine that gave no sound."""
    return AudioUnavailable(f"The voice {title} failed.", _OTHER)


def finished(samples: Samples, rate: int, volume: float) -> Sound:
    """Return an engine's sound without silence around it, at the common loudness times ``volume``."""
    size = max(1, round(rate * _FRAME_S))
    count = -(-len(samples) // size)
    frames = np.pad(samples, (0, count * size - len(samples))).reshape(count, size)
    loud = np.sqrt(np.mean(frames.astype(np.float64) ** 2, axis=1))
    voiced = np.flatnonzero(loud > _SILENT_SHARE * loud.max(initial=0.0))
    if not len(voiced):
        return Sound(np.zeros(0, np.float32), rate)
    kept = round(rate * _KEPT_S)
    # An engine may begin with the first sample; a loudspeaker that wakes up would swallow it.
    samples = np.pad(samples, kept)[voiced[0] * size : (voiced[-1] + 1) * size + 2 * kept]
    level = float(np.sqrt(np.mean(loud[voiced] ** 2)))
    gain = min(_LOUDNESS / level, _PEAK / float(np.abs(samples).max()))
    return Sound((samples * (gain * volume)).astype(np.float32), rate)


def read_wav(data: bytes | Path, title: str) -> tuple[Samples, int]:
    """Return a sound file an engine wrote; a stream's header may give no length.

    Raises:
        AudioUnavailable: It is none.
    """
    import soundfile

    try:
        samples, rate = soundfile.read(
            io.BytesIO(data) if isinstance(data, bytes) else data, dtype="float32", always_2d=True
        )
    except (soundfile.SoundFileError, RuntimeError, OSError) as error:
        raise failed(title) from error
    return mono(samples), int(rate)


def run_speaker(command: list[str], text: str, title: str, cancel: Cancellation | None) -> bytes:
    """Return what a program writes about a text given on its standard input; it is killed on cancel.

    Raises:
        AudioUnavailable: It is missing, failed, or took too long.
        Cancelled: ``cancel`` was set.
    """
    try:
        result = run_program(command, text.encode(), limit_s=_LIMIT_S, cancel=cancel)
    except OSError as error:  # a TimeoutError is one, too
        raise failed(title) from error
    if result.code != 0:
        raise failed(title)
    return result.output
