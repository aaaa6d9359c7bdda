"""Keeps the patient's own voice out of the microphone: while it sounds, and shortly after, nothing is let through.

Pure: time is counted in samples, so it holds at any speed. Must not know what is done with the sound.
"""

from dataclasses import replace

from simpatient.domain.speech import SAMPLE_RATE, SoundBlock

# A loudspeaker's delay and a room's echo: what is still in the air when the patient has ended.
TAIL_S = 0.3


class EchoGate:
    """Half duplex: one of the two speaks at a time.

    Args:
        is_needed: False when the trainee wears headphones; then everything is let through.
        tail_s: How long it stays shut after the patient has ended, seconds.
    """

    def __init__(self, *, is_needed: bool = True, tail_s: float = TAIL_S) -> None:
        self._is_needed = is_needed
        self._tail = round(tail_s * SAMPLE_RATE)
        self._is_shut = False
        self._left = 0

    @property
    def is_open(self) -> bool:
        """Whether sound is let through just now."""
        return not self._is_shut and self._left == 0

    def shut(self) -> bool:
        """The patient begins to speak; returns whether that shuts the gate."""
        self._is_shut = self._is_needed
        return self._is_shut

    def open(self) -> None:
        """The patient has ended; the gate opens when the tail is over."""
        if self._is_shut:
            self._is_shut = False
            self._left = self._tail

    def through(self, block: SoundBlock) -> SoundBlock | None:
        """Return the part of the next block that is let through; None when nothing is."""
        if self._is_shut:
            return None
        dropped = min(self._left, len(block.samples))
        self._left -= dropped
        if not dropped:
            return block
        rest = block.samples[dropped:]
        return replace(block, samples=rest, at_s=block.at_s + dropped / SAMPLE_RATE) if len(rest) else None
