"""Trying out a microphone: a few seconds are recorded and given back, with the level while they last.

Must not know which page shows it. Nothing is kept here.
"""

from collections.abc import Callable
from time import monotonic

import numpy as np

from simpatient.domain.cancellation import Cancellation, stop_if_cancelled
from simpatient.domain.errors import AudioUnavailable
from simpatient.domain.speech import SAMPLE_RATE, Samples, Sound, SoundBlock
from simpatient.runtime.bounded_queue import BoundedQueue
from simpatient.services.voice.ports import Recorder
from simpatient.services.voice.sound_level import LevelMeter

OnLevel = Callable[[float], None]
_POLL_S = 0.05
_ROOM_S = 60


def record_sample(
    recorder: Recorder,
    seconds: float,
    *,
    device: str = "",
    on_level: OnLevel | None = None,
    cancel: Cancellation | None = None,
    stalls_after_s: float = 5.0,
) -> Sound:
    """Record a few seconds; blocks until they are over.

    Args:
        recorder: The microphone.
        seconds: How long.
        device: Id of a microphone; '' for the system's default.
        on_level: Called after every block with the level, decibels below full scale.
        cancel: Checked between blocks.
        stalls_after_s: A microphone that sends nothing for so long is given up, seconds.

    Raises:
        AudioUnavailable: The microphone cannot be opened, or stopped working.
        Cancelled: ``cancel`` was set.
    """
    ring: BoundedQueue[SoundBlock] = BoundedQueue(_ROOM_S * SAMPLE_RATE)
    wanted = round(seconds * SAMPLE_RATE)
    with recorder.open(lambda block: _enqueue(ring, block), device):
        heard = _collected(ring, wanted, on_level, cancel, stalls_after_s)
    samples = np.concatenate(heard) if heard else np.zeros(0, np.float32)
    if len(samples) < wanted:
        raise AudioUnavailable("The microphone sends no sound.", "Check that it is plugged in, or choose another one.")
    return Sound(samples[:wanted])


def _enqueue(ring: BoundedQueue[SoundBlock], block: SoundBlock) -> None:
    ring.offer(block, len(block.samples))


def _collected(
    ring: BoundedQueue[SoundBlock],
    wanted: int,
    on_level: OnLevel | None,
    cancel: Cancellation | None,
    stalls_after_s: float,
) -> list[Samples]:
    meter, heard, have, last = LevelMeter(), [], 0, monotonic()
    while have < wanted and monotonic() - last <= stalls_after_s:
        stop_if_cancelled(cancel)
        block = ring.take(_POLL_S)
        if block is None:
            continue
        last, have = monotonic(), have + len(block.samples)
        heard.append(block.samples)
        level = meter.feed(block.samples)
        if on_level is not None:
            on_level(level)
    return heard
