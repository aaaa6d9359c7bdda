"""How loud sound is, in numbers a level meter can show. Must not know where the sound comes from."""

import numpy as np

from simpatient.domain.speech import SAMPLE_RATE, Samples

# Below this nothing can be heard: 16-bit sound ends at about -96 dB.
FLOOR_DB = -90.0
# How fast a meter's needle falls back; quick enough to follow words, slow enough to be read.
_FALL_DB_PER_S = 40.0


def level_db(samples: Samples) -> float:
    """Return the root mean square level in decibels below full scale, ``FLOOR_DB`` at the least."""
    if not len(samples):
        return FLOOR_DB
    mean_square = float(np.mean(np.square(samples, dtype=np.float64)))
    return max(FLOOR_DB, 10 * float(np.log10(max(mean_square, 1e-12))))


class LevelMeter:
    """Follows a rising level at once and a falling one slowly."""

    def __init__(self) -> None:
        self.db = FLOOR_DB

    def feed(self, samples: Samples) -> float:
        """Take the next sound and return where the needle stands, in decibels below full scale."""
        fallen = self.db - _FALL_DB_PER_S * len(samples) / SAMPLE_RATE
        self.db = max(level_db(samples), fallen, FLOOR_DB)
        return self.db
