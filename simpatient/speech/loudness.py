"""Brings rendered sentences to one loudness and cuts the silence engines put around them. Must not know engines."""

import numpy as np
from numpy.typing import NDArray

from simpatient.domain.speech import Sound

# Near the level of recorded talk (EBU R 128 asks for -23 LUFS; a little louder suits laptops).
_LEVEL = 0.1
_PEAK = 0.95
# Engines begin with up to a third of a second of silence; a little is left, so that no sound is cut.
_KEPT_S = 0.03
_FRAME_S = 0.01
_VOICED_SHARE = 0.05


def levelled(samples: NDArray[np.float32], rate: int, volume: float) -> Sound:
    """Return a sentence without the silence around it, at the common level times ``volume``, never clipped.

    Args:
        samples: Mono, shape (n,), -1..1.
        rate: Samples a second.
        volume: 0..1.
    """
    frame = max(1, round(_FRAME_S * rate))
    framed = samples[: len(samples) // frame * frame].reshape(-1, frame)
    loudness = np.sqrt(np.mean(framed**2, axis=1)) if len(framed) else np.zeros(0, np.float32)
    voiced = np.flatnonzero(loudness > _VOICED_SHARE * loudness.max(initial=0.0))
    if not len(voiced):
        return Sound(np.zeros(0, np.float32), rate)
    kept = round(_KEPT_S * rate)
    cut = samples[max(0, voiced[0] * frame - kept) : (voiced[-1] + 1) * frame + kept]
    level = float(np.sqrt(np.mean(loudness[voiced] ** 2)))
    gain = min(volume * _LEVEL / level, _PEAK / float(np.abs(cut).max()))
    return Sound((cut * np.float32(gain)).astype(np.float32), rate)
