"""Takes out of a speaker's channel what leaks into it from the others. Pure; time comes from the samples alone."""

import numpy as np
from numpy.typing import NDArray

from simpatient.domain.speech import SAMPLE_RATE

Channels = NDArray[np.float32]
_FRAME = SAMPLE_RATE // 50
# A voice from across the table is 12 dB or more below that at its own microphone when that is three times nearer
# than the other (10 dB by distance), and directed. Quiet words spoken into a louder voice are lost with it.
_LEAK = 10 ** (-12 / 10)
# How fast a loudness fades that has just been heard, for 20 ms: 48 dB a second, about as fast as a room.
_FADES = 0.8


class ChannelGate:
    """Silences a channel while another is that much louder that it only picks up the other.

    Args:
        channels: How many there are; a single one is left as it is.
    """

    def __init__(self, channels: int) -> None:
        self._rest: Channels = np.zeros((0, channels), np.float32)
        self._loudness = np.zeros(channels)

    def take(self, samples: Channels) -> Channels:
        """Return as much as can be judged by now, shape (n, channels); the rest comes with the next."""
        sound = np.concatenate([self._rest, samples])
        whole = len(sound) // _FRAME * _FRAME
        self._rest = sound[whole:]
        return self._gated(sound[:whole].reshape(-1, _FRAME, sound.shape[1]))

    def finish(self) -> Channels:
        """Return what is left, less than 20 ms."""
        rest, self._rest = self._rest, self._rest[:0]
        return self._gated(rest[None]) if len(rest) else rest

    def _gated(self, frames: Channels) -> Channels:
        energy = np.square(frames, dtype=np.float64).mean(axis=1)
        kept = np.empty_like(frames)
        for at, now in enumerate(energy):
            self._loudness = np.maximum(now, self._loudness * _FADES)
            is_leak = self._loudness < self._loudness.max() * _LEAK
            kept[at] = np.where(is_leak, np.float32(0.0), frames[at])
        return kept.reshape(-1, frames.shape[2])
