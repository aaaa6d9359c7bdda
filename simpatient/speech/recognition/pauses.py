"""Cuts long segments of sound at their quietest moments. Pure; must not know what is done with the pieces."""

from collections.abc import Iterator

import numpy as np

from simpatient.domain.speech import SAMPLE_RATE, Samples

# Sound is weighed in frames of 20 ms, and a pause is where 200 ms of them are quietest together.
_FRAME = SAMPLE_RATE // 50
_FRAMES_PER_PAUSE = 10


def pieces_at_pauses(samples: Samples, shortest: int, longest: int) -> Iterator[Samples]:
    """Yield the pieces of a segment in order; together they are the whole of it.

    Args:
        samples: Any length.
        shortest: No piece but the last is shorter; in samples.
        longest: No piece is longer; in samples.
    """
    while len(samples) > longest:
        cut = shortest + quietest(samples[shortest:longest])
        yield samples[:cut]
        samples = samples[cut:]
    yield samples


def quietest(samples: Samples) -> int:
    """Return the middle of the quietest moment, in samples from the start; the middle of all in very short sound."""
    frames = len(samples) // _FRAME
    if frames < _FRAMES_PER_PAUSE:
        return len(samples) // 2
    energy = np.square(samples[: frames * _FRAME].astype(np.float64)).reshape(frames, _FRAME).sum(axis=1)
    sums = np.convolve(energy, np.ones(_FRAMES_PER_PAUSE), mode="valid")
    return (int(np.argmin(sums)) + _FRAMES_PER_PAUSE // 2) * _FRAME
