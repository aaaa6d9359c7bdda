"""Brings sound of any rate to the one rate used between microphone and recogniser, with a proper filter.

Must not know where the sound comes from.
"""

import numpy as np
from numpy.typing import NDArray

from simpatient.domain.speech import SAMPLE_RATE, Samples


def mono(sound: NDArray[np.float32]) -> Samples:
    """Return the mean of the channels; takes shape (n,) or (n, channels)."""
    mixed: Samples = sound if sound.ndim == 1 else sound.mean(axis=1, dtype=np.float32)
    return mixed


def resampled(samples: Samples, rate: int) -> Samples:
    """Return a whole sound of ``rate`` samples a second at ``SAMPLE_RATE``."""
    return changed_rate(samples, rate, SAMPLE_RATE)


def changed_rate(samples: Samples, rate: int, wanted: int) -> Samples:
    """Return a whole sound of ``rate`` samples a second at ``wanted``, for instance a loudspeaker's own rate."""
    if rate == wanted:
        return samples
    import soxr

    changed: Samples = soxr.resample(samples, rate, wanted)
    return changed


class Resampler:
    """The same for sound that comes piece by piece; no seam is audible between pieces."""

    def __init__(self, rate: int) -> None:
        self._stream = None
        if rate != SAMPLE_RATE:
            import soxr

            self._stream = soxr.ResampleStream(rate, SAMPLE_RATE, 1, dtype="float32")

    @property
    def delay_s(self) -> float:
        """How much sound the filter holds back just now, seconds."""
        return float(self._stream.delay()) / SAMPLE_RATE if self._stream is not None else 0.0

    def take(self, samples: Samples) -> Samples:
        """Return what the next piece gives; may be empty."""
        if self._stream is None:
            return samples
        changed: Samples = self._stream.resample_chunk(samples)
        return changed
