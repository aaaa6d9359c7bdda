"""Cuts a stream of sound into segments of speech. Pure: time comes from the blocks alone.

Must not know where the sound comes from, nor which detector judges it.
"""

from collections import deque
from dataclasses import dataclass
from itertools import islice

import numpy as np

from simpatient.domain.speech import SAMPLE_RATE, Samples, SoundBlock, SpeechSegment, TalkSettings
from simpatient.services.voice.ports import ListeningEvent, SpeechBegan, SpeechEnded, VoiceDetector

# Two thresholds, so that a voice does not flicker; silero's own defaults (silero_vad/utils_vad.py).
_BEGINS, _STAYS = 0.5, 0.35
# While a key is held one faint block is enough: who holds it means to speak.
_FAINT = 0.2
# A microphone's time stamps jitter by some milliseconds; what is further off is time that really passed.
_JITTER_S = 0.05
_NO_SOUND: Samples = np.zeros(0, np.float32)


@dataclass(frozen=True)
class Timing:
    """How long things take in speech, seconds.

    Attributes:
        before_s: Kept from before a voice begins, so that soft first sounds are not cut.
        after_s: Kept from after it ends; also the quiet after which a short sound was none of speech.
        minimum_s: A voice shorter than that is a cough or a click. "Yes" has about 0.25 s of voice.
        patience_s: Quiet after which a segment is over.
        longest_s: A segment is cut here at the latest; bounds the memory.
        cut_after_s: From here on it is cut at the next pause of ``cut_pause_s``.
        cut_pause_s: The shortest pause to cut at.
        cut_search_s: Without such a pause it is cut where a voice is least likely in the last so many seconds.
    """

    before_s: float = 0.4
    after_s: float = 0.25
    minimum_s: float = 0.1
    patience_s: float = 1.2
    longest_s: float = 120.0
    cut_after_s: float = 90.0
    cut_pause_s: float = 0.3
    cut_search_s: float = 3.0


@dataclass(frozen=True)
class _Frame:
    samples: Samples
    at_s: float
    end_s: float
    chance: float


@dataclass
class _Voice:
    """What is known of the voice in progress."""

    began_s: float
    last_s: float
    heard_s: float = 0.0
    is_sure: bool = False


class Endpointing:
    """The ``Endpointer`` port over a ``VoiceDetector``.

    Args:
        detector: Judges the sound; used by this object alone.
        timing: How long things take.
        waits_for_key: A key says when a segment begins and ends: everything since ``reset`` is kept, and only
            ``finish`` ends the segment.
    """

    def __init__(self, detector: VoiceDetector, timing: Timing | None = None, *, waits_for_key: bool = False) -> None:
        self._detector = detector
        self._timing = timing or Timing()
        self._waits_for_key = waits_for_key
        self.reset()

    @classmethod
    def chosen(cls, detector: VoiceDetector, settings: TalkSettings) -> "Endpointing":
        """Return one that does what a trainee has chosen."""
        timing = Timing(patience_s=settings.patience_s)
        return cls(detector, timing, waits_for_key=settings.mode == "push_to_talk")

    def reset(self) -> None:
        """Drop everything taken in so far."""
        self._detector.reset()
        self._kept: deque[_Frame] = deque()
        self._rest = _NO_SOUND
        self._next_s: float | None = None
        self._voice: _Voice | None = None
        self._was_cut = False

    def feed(self, block: SoundBlock) -> tuple[ListeningEvent, ...]:
        """Take the next block of sound and return what it begins or ends."""
        self._follow_the_clock(block)
        sound = np.concatenate([self._rest, block.samples]).astype(np.float32, copy=False)
        size = self._detector.block
        events: list[ListeningEvent] = []
        for start in range(0, len(sound) - size + 1, size):
            events += self._hear(sound[start : start + size].copy())
        self._rest = sound[len(sound) - len(sound) % size :].copy()
        return tuple(events)

    def so_far(self) -> Samples:
        """Return the sound of the segment in progress; empty when there is none."""
        if self._voice is None or not self._voice.is_sure:
            return _NO_SOUND
        return _joined(self._kept)

    def finish(self) -> SpeechSegment | None:
        """End the segment in progress; None when no voice was in it. Ready for the next."""
        self._hear_the_rest()
        segment = self._held_segment() if self._waits_for_key else self._begun_segment()
        self.reset()
        return segment

    @property
    def _kept_s(self) -> float:
        return len(self._kept) * self._detector.block / SAMPLE_RATE

    def _follow_the_clock(self, block: SoundBlock) -> None:
        expected = None if self._next_s is None else self._next_s + len(self._rest) / SAMPLE_RATE
        if expected is None:
            self._next_s = block.at_s
            return
        # Sound was lost, or the device counts a shade fast or slow. In a segment time only moves on.
        drift = block.at_s - expected
        if drift > _JITTER_S or (drift < -_JITTER_S and self._voice is None):
            self._next_s = block.at_s - len(self._rest) / SAMPLE_RATE

    def _hear(self, samples: Samples) -> list[ListeningEvent]:
        at_s = self._next_s or 0.0
        end_s = at_s + len(samples) / SAMPLE_RATE
        self._next_s = end_s
        frame = _Frame(samples, at_s, end_s, self._detector.chance(samples))
        is_voiced = frame.chance >= (_BEGINS if self._voice is None else _STAYS)
        return self._on_voice(frame) if is_voiced else self._on_quiet(frame)

    def _on_voice(self, frame: _Frame) -> list[ListeningEvent]:
        events = self._ended_before(frame)
        self._kept.append(frame)
        if self._voice is None:
            self._voice = _Voice(frame.at_s, frame.end_s)
        voice = self._voice
        voice.last_s = frame.end_s
        voice.heard_s += frame.end_s - frame.at_s
        if not voice.is_sure and voice.heard_s >= self._timing.minimum_s:
            voice.is_sure = True
            events.append(SpeechBegan(voice.began_s))
        return events + self._cut_at_the_limit()

    def _on_quiet(self, frame: _Frame) -> list[ListeningEvent]:
        self._kept.append(frame)
        voice, events = self._voice, list[ListeningEvent]()
        if voice is not None:
            quiet_s = frame.end_s - voice.last_s
            if not voice.is_sure and quiet_s >= self._timing.after_s:
                self._voice = None
            elif voice.is_sure and not self._waits_for_key and quiet_s >= self._timing.patience_s:
                events = self._ended()
        self._forget_old()
        return events + (self._cut_at_the_limit() if self._waits_for_key else [])

    def _ended_before(self, frame: _Frame) -> list[ListeningEvent]:
        """Return the end of the segment before a voice that comes after a pause, if that ends or cuts it."""
        voice, timing = self._voice, self._timing
        pause_s = frame.at_s - voice.last_s if voice is not None else 0.0
        if voice is None or not voice.is_sure:
            self._voice = voice if pause_s < timing.after_s else None
            return []
        if not self._waits_for_key and pause_s >= timing.patience_s:  # the sound between was lost
            return self._ended()
        if pause_s >= timing.cut_pause_s and self._kept_s >= timing.cut_after_s:
            until = max(voice.last_s + timing.after_s, frame.at_s - timing.before_s)
            return self._cut(sum(kept.end_s <= until for kept in self._kept), frame.at_s)
        return []

    def _cut_at_the_limit(self) -> list[ListeningEvent]:
        if self._voice is None or self._kept_s < self._timing.longest_s:
            return []
        back = min(len(self._kept) - 1, int(self._timing.cut_search_s * SAMPLE_RATE / self._detector.block))
        tail = list(islice(self._kept, len(self._kept) - back, None))
        least = min(range(len(tail)), key=lambda at: tail[at].chance)
        return self._cut(len(self._kept) - back + least, tail[least].at_s)

    def _cut(self, first: int, at_s: float) -> list[ListeningEvent]:
        """End the segment with its first ``first`` frames; the next has begun, whatever comes."""
        voice = self._voice or _Voice(at_s, at_s)
        taken = [self._kept.popleft() for _ in range(first)]
        ended_s = min(voice.last_s, taken[-1].end_s)
        self._voice = _Voice(at_s, max(at_s, voice.last_s), is_sure=True)
        self._was_cut = True
        return [
            SpeechEnded(SpeechSegment(_joined(taken), voice.began_s, ended_s, is_continued=True)),
            SpeechBegan(at_s),
        ]

    def _ended(self) -> list[ListeningEvent]:
        segment = self._begun_segment()
        self._voice, self._was_cut = None, False
        return [SpeechEnded(segment)] if segment else []

    def _begun_segment(self) -> SpeechSegment | None:
        """Return what the voice in progress has said, and take it out of what is kept."""
        voice = self._voice
        if voice is None:
            return None
        until = voice.last_s + self._timing.after_s
        taken = []
        while self._kept and self._kept[0].end_s <= until:
            taken.append(self._kept.popleft())
        return SpeechSegment(_joined(taken), voice.began_s, voice.last_s)

    def _held_segment(self) -> SpeechSegment | None:
        """Return all that was said while the key was held."""
        faint = [frame for frame in self._kept if frame.chance >= _FAINT]
        if faint:
            return SpeechSegment(_joined(self._kept), faint[0].at_s, faint[-1].end_s)
        if self._was_cut and self._kept:  # the rest of a segment whose end was announced
            return SpeechSegment(_joined(self._kept), self._kept[0].at_s, self._kept[-1].end_s)
        return None

    def _hear_the_rest(self) -> None:
        """Give the detector what is less than a block."""
        if len(self._rest):
            at_s, rest = self._next_s or 0.0, self._rest
            full = np.pad(rest, (0, self._detector.block - len(rest)))
            self._kept.append(_Frame(rest, at_s, at_s + len(rest) / SAMPLE_RATE, self._detector.chance(full)))

    def _forget_old(self) -> None:
        """Keep no more than is needed of what came before a voice."""
        if self._voice is not None:
            return
        # Half of it leaves room to cut after a voice that comes late.
        longest_s = self._timing.longest_s / 2 if self._waits_for_key else self._timing.before_s
        while self._kept_s > longest_s:
            self._kept.popleft()


def _joined(frames: "deque[_Frame] | list[_Frame]") -> Samples:
    return np.concatenate([frame.samples for frame in frames]) if frames else _NO_SOUND
