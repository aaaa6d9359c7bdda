"""What counts as heard: the order of key, echo gate and endpointer, without threads.

Must not know where the sound comes from, nor what is done with what was heard.
"""

from collections import deque
from dataclasses import dataclass

from simpatient.domain.speech import SAMPLE_RATE, ListeningMode, Samples, SoundBlock
from simpatient.services.voice.echo_gate import EchoGate
from simpatient.services.voice.ports import Endpointer, ListeningEvent, SpeechEnded

# People begin to speak as they press the key, and let it go on the last syllable.
_BEFORE_KEY_S = 0.3
_AFTER_KEY_S = 0.12


@dataclass(frozen=True)
class NothingHeard:
    """The key was held and let go, and no voice was heard; ``at_s`` is monotonic."""

    at_s: float


GateEvent = ListeningEvent | NothingHeard


class TurnGate:
    """The order of things in listening, without threads: key, echo gate, endpointer.

    Args:
        endpointer: Cuts what is let through into spells; for ``push_to_talk`` one that waits for the key.
        mode: Listen while a key is held, or always.
        uses_headphones: The microphone does not hear the patient.
    """

    def __init__(self, endpointer: Endpointer, mode: ListeningMode, *, uses_headphones: bool) -> None:
        self._endpointer = endpointer
        self._waits_for_key = mode == "push_to_talk"
        self._gate = EchoGate(is_needed=not uses_headphones)
        self._before: deque[SoundBlock] = deque()
        self._is_held = False
        self._left: int | None = None

    def hear(self, block: SoundBlock) -> tuple[GateEvent, ...]:
        """Take the next block and return what it begins or ends."""
        let_through = self._gate.through(block)
        if not self._waits_for_key:
            return self._endpointer.feed(let_through) if let_through else ()
        if not self._is_held:
            self._keep_for_the_key(let_through)
            return ()
        # The key says who speaks: while it is held the gate does not count.
        if self._left is None:
            return self._endpointer.feed(block)
        return self._hear_the_end(block)

    def press(self) -> tuple[GateEvent, ...]:
        """The key is held from now on; what was said just before belongs to it."""
        if not self._waits_for_key or (self._is_held and self._left is None):
            return ()
        events = list(self._finished(0.0)) if self._is_held else []
        self._endpointer.reset()
        self._is_held = True
        for block in self._before:
            events += self._endpointer.feed(block)
        self._before.clear()
        return tuple(events)

    def release(self) -> None:
        """The key was let go; the spell ends a moment of sound later."""
        if self._is_held and self._left is None:
            self._left = round(_AFTER_KEY_S * SAMPLE_RATE)

    def mute(self) -> None:
        """The patient begins to speak: nothing is heard, and what was begun is dropped, unless the key is held."""
        if self._gate.shut() and not self._is_held:
            self._before.clear()
            self._endpointer.reset()

    def unmute(self) -> None:
        """The patient has ended."""
        self._gate.open()

    def so_far(self) -> Samples:
        """Return the sound of the spell that is going on."""
        return self._endpointer.so_far()

    def _keep_for_the_key(self, block: SoundBlock | None) -> None:
        if block is None:
            self._before.clear()
            return
        self._before.append(block)
        kept = sum(len(one.samples) for one in self._before)
        while kept - len(self._before[0].samples) >= _BEFORE_KEY_S * SAMPLE_RATE:
            kept -= len(self._before.popleft().samples)

    def _hear_the_end(self, block: SoundBlock) -> tuple[GateEvent, ...]:
        taken = block.samples[: self._left]
        self._left = (self._left or 0) - len(taken)
        events = self._endpointer.feed(SoundBlock(taken, block.at_s))
        if self._left > 0:
            return events
        return (*events, *self._finished(block.at_s + len(taken) / SAMPLE_RATE))

    def _finished(self, at_s: float) -> tuple[GateEvent, ...]:
        self._is_held, self._left = False, None
        spell = self._endpointer.finish()
        return (SpeechEnded(spell),) if spell else (NothingHeard(at_s),)
