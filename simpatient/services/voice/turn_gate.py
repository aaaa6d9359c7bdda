"""What is let through to the recogniser: the order of key, echo gate and endpointer, without threads.

Must not know where the sound comes from, nor what is done with what was heard.
"""

from collections import deque
from dataclasses import dataclass

from simpatient.domain.speech import SAMPLE_RATE, ListeningMode, Samples, SoundBlock
from simpatient.services.voice.echo_gate import EchoGate
from simpatient.services.voice.ports import Endpointer, ListeningEvent, SpeechEnded

# People begin to speak as they press the key, and release it on the last syllable.
_BEFORE_KEY_S = 0.3
_AFTER_KEY_S = 0.12


@dataclass(frozen=True)
class NothingHeard:
    """The key was held and released, and no voice was heard; ``at_s`` is monotonic."""

    at_s: float


GateEvent = ListeningEvent | NothingHeard


class TurnGate:
    """The order of things in listening, without threads: key, echo gate, endpointer.

    Args:
        endpointer: Cuts what is let through into segments; for ``push_to_talk`` one that waits for the key.
        mode: Listen while a key is held, or always.
        uses_headphones: The microphone does not pick up the patient.
    """

    def __init__(self, endpointer: Endpointer, mode: ListeningMode, *, uses_headphones: bool) -> None:
        self._endpointer = endpointer
        self._waits_for_key = mode == "push_to_talk"
        self._gate = EchoGate(is_needed=not uses_headphones)
        self._before: deque[SoundBlock] = deque()
        self._is_held = False
        self._tail_left: int | None = None

    def feed(self, block: SoundBlock) -> tuple[GateEvent, ...]:
        """Take the next block and return what it begins or ends."""
        let_through = self._gate.through(block)
        if not self._waits_for_key:
            return self._endpointer.feed(let_through) if let_through else ()
        if not self._is_held:
            self._keep_for_the_key(let_through)
            return ()
        # The key says who speaks: while it is held the gate does not count.
        if self._tail_left is None:
            return self._endpointer.feed(block)
        return self._feed_tail(block)

    def press(self) -> tuple[GateEvent, ...]:
        """The key is held from now on; what was said just before belongs to it."""
        if not self._waits_for_key or (self._is_held and self._tail_left is None):
            return ()
        # Pressed again within the tail of the last release: that segment ends here, and a new one begins.
        events = list(self._finished(0.0)) if self._is_held else []
        self._endpointer.reset()
        self._is_held = True
        for block in self._before:
            events += self._endpointer.feed(block)
        self._before.clear()
        return tuple(events)

    def release(self) -> None:
        """The key was released; the segment ends a moment of sound later."""
        if self._is_held and self._tail_left is None:
            self._tail_left = round(_AFTER_KEY_S * SAMPLE_RATE)

    def mute(self) -> None:
        """The patient begins to speak: input is ignored and what was begun is dropped, unless the key is held."""
        if self._gate.shut() and not self._is_held:
            self._before.clear()
            self._endpointer.reset()

    def unmute(self) -> None:
        """The patient has ended."""
        self._gate.open()

    def so_far(self) -> Samples:
        """Return the sound of the segment in progress."""
        return self._endpointer.so_far()

    def _keep_for_the_key(self, block: SoundBlock | None) -> None:
        if block is None:
            self._before.clear()
            return
        self._before.append(block)
        kept = sum(len(one.samples) for one in self._before)
        while kept - len(self._before[0].samples) >= _BEFORE_KEY_S * SAMPLE_RATE:
            kept -= len(self._before.popleft().samples)

    def _feed_tail(self, block: SoundBlock) -> tuple[GateEvent, ...]:
        taken = block.samples[: self._tail_left]
        self._tail_left = (self._tail_left or 0) - len(taken)
        events = self._endpointer.feed(SoundBlock(taken, block.at_s))
        if self._tail_left > 0:
            return events
        return (*events, *self._finished(block.at_s + len(taken) / SAMPLE_RATE))

    def _finished(self, at_s: float) -> tuple[GateEvent, ...]:
        self._is_held, self._tail_left = False, None
        segment = self._endpointer.finish()
        return (SpeechEnded(segment),) if segment else (NothingHeard(at_s),)
