"""Stand-ins for the ports of talking, in memory. The contract suites hold them to what the real ones do."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import numpy as np

from simpatient.domain.cancellation import Cancellation, stop_if_cancelled
from simpatient.domain.errors import AudioUnavailable, ContentError, ModelUnavailable
from simpatient.domain.speech import (
    SAMPLE_RATE,
    AudioDevice,
    Recognised,
    Samples,
    Sound,
    SoundBlock,
    SpeechSegment,
    SynthesisVoice,
    VoiceStyle,
)
from simpatient.services.voice.ports import ListeningEvent, RecordedSound, SpeechBegan, SpeechEnded

LOUD = 0.01
BLOCK = SAMPLE_RATE // 50


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * SAMPLE_RATE), np.float32)


def tone(seconds: float, height: float = 220.0, loudness: float = 0.3) -> Samples:
    """A voice to the fakes, which only listen to loudness."""
    times = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return (loudness * np.sin(2 * np.pi * height * times)).astype(np.float32)


def blocks_of(samples: Samples, at_s: float = 100.0, size: int = BLOCK) -> Iterator[SoundBlock]:
    for start in range(0, len(samples), size):
        yield SoundBlock(samples[start : start + size], at_s + start / SAMPLE_RATE)


class FakeRecorder:
    """A microphone into which a test speaks; the sound is heard at once, in the test's own thread."""

    def __init__(self, error: AudioUnavailable | None = None) -> None:
        self.error = error
        self.breaks_with: AudioUnavailable | None = None
        self.opened = 0
        self._on_block: Callable[[SoundBlock], None] | None = None
        self._at_s = 100.0

    @property
    def is_open(self) -> bool:
        return self._on_block is not None

    def devices(self) -> tuple[AudioDevice, ...]:
        return () if self.error else (AudioDevice(id="fake", name="Fake microphone", is_default=True),)

    @contextmanager
    def open(self, on_block: Callable[[SoundBlock], None], device: str = "") -> Iterator[None]:
        if self.error or device not in ("", "fake"):
            raise self.error or AudioUnavailable(f"The microphone '{device}' is not connected.", "Choose another one.")
        self.opened += 1
        self._on_block = on_block
        try:
            yield
        finally:
            self._on_block = None
        if self.breaks_with:
            raise self.breaks_with

    def say(self, samples: Samples) -> None:
        """Speak; what is said while nobody records is lost, and time goes on."""
        for block in blocks_of(samples, self._at_s):
            if self._on_block is not None:
                self._on_block(block)
        self._at_s += len(samples) / SAMPLE_RATE


class FakeDetector:
    """Takes whatever is loud for a voice."""

    block = 512

    def __init__(self) -> None:
        self.resets = 0

    def chance(self, samples: Samples) -> float:
        assert len(samples) == self.block
        return float(_is_loud(samples))

    def reset(self) -> None:
        self.resets += 1


class FakeEndpointer:
    """A segment is what is loud, until it is quiet for ``patience_s``; judged block by block."""

    def __init__(self, patience_s: float = 0.3) -> None:
        self._patience_s = patience_s
        self.reset()

    def reset(self) -> None:
        self._sound: list[Samples] = []
        self._began_s = self._last_s = 0.0

    def feed(self, block: SoundBlock) -> tuple[ListeningEvent, ...]:
        is_loud, end_s = _is_loud(block.samples), block.at_s + len(block.samples) / SAMPLE_RATE
        began = () if self._sound or not is_loud else (SpeechBegan(block.at_s),)
        if began:
            self._began_s = block.at_s
        if is_loud:
            self._last_s = end_s
        if not self._sound and not is_loud:
            return ()
        self._sound.append(block.samples)
        if is_loud or end_s - self._last_s < self._patience_s:
            return began
        segment = self.finish()
        return (SpeechEnded(segment),) if segment else ()

    def so_far(self) -> Samples:
        return np.concatenate(self._sound) if self._sound else silence(0)

    def finish(self) -> SpeechSegment | None:
        segment = SpeechSegment(self.so_far(), self._began_s, self._last_s) if self._sound else None
        self.reset()
        return segment


def _is_loud(samples: Samples) -> bool:
    return bool(len(samples)) and float(np.sqrt(np.mean(samples**2))) > LOUD


class FakeTranscriber:
    """Gives the texts it was made with, in order, the last again and again; no words for silence.

    Attributes:
        calls: Of every call the number of samples, the hint, and whether it was final.
        unavailable: Raised by every call while it is set.
    """

    def __init__(self, *texts: str, confidence: float = 0.9) -> None:
        self._texts = list(texts) or ["Hello."]
        self._confidence = confidence
        self._is_closed = False
        self.calls: list[tuple[int, str, bool]] = []
        self.unavailable: ModelUnavailable | None = None

    @property
    def model_id(self) -> str:
        return "fake-recogniser@0"

    def prepare(self) -> None:
        if self._is_closed:
            raise ModelUnavailable("The speech recogniser has been closed.")
        if self.unavailable is not None:
            raise self.unavailable

    def transcribe(
        self, samples: Samples, *, hint: str = "", is_final: bool = True, cancel: Cancellation | None = None
    ) -> Recognised:
        self.prepare()
        stop_if_cancelled(cancel)
        if not len(samples) or not samples.any():
            return Recognised(text="", model_id=self.model_id, rejected="silence")
        self.calls.append((len(samples), hint, is_final))
        text = self._texts[0] if len(self._texts) == 1 or not is_final else self._texts.pop(0)
        return Recognised(text=text, confidence=self._confidence, model_id=self.model_id)

    def close(self) -> None:
        self._is_closed = True


class FakeDecoder:
    """A recording in memory, handed over in pieces of half a second, whatever the path.

    Args:
        samples: Shape (n,) or (n, channels), at the one rate.
    """

    def __init__(self, samples: Samples) -> None:
        self._samples = samples if samples.ndim == 2 else samples[:, None]

    def decode(self, path: Path, on_sound: Callable[[RecordedSound], None], cancel: Cancellation | None = None) -> None:
        if not path.is_file():
            raise ContentError("The file cannot be read.", file=str(path))
        size, total_s = SAMPLE_RATE // 2, len(self._samples) / SAMPLE_RATE
        for start in range(0, len(self._samples), size):
            stop_if_cancelled(cancel)
            on_sound(RecordedSound(self._samples[start : start + size], start / SAMPLE_RATE, total_s))


class FakeSynthesizer:
    """A tone of a length by the text's letters; silent about what is said.

    Attributes:
        rendered: The texts it was given.
        fails_at: Texts for which it raises.
        slow_s: How long each sentence takes to render.
    """

    def __init__(self, seconds_a_letter: float = 0.01) -> None:
        self._seconds_a_letter = seconds_a_letter
        self._is_closed = False
        self.rendered: list[str] = []
        self.fails_at: set[str] = set()
        self.slow_s = 0.0

    @property
    def engine_id(self) -> str:
        return "fake-voice"

    @property
    def is_closed(self) -> bool:
        return self._is_closed

    def voices(self) -> tuple[SynthesisVoice, ...]:
        return (SynthesisVoice(id="tone", name="A tone"),)

    def render(self, text: str, style: VoiceStyle, cancel: Cancellation | None = None) -> Sound:
        until = monotonic() + self.slow_s
        while (is_late := monotonic() < until) or (cancel is not None and cancel.is_cancelled):
            stop_if_cancelled(cancel)
            if is_late:
                sleep(0.001)
        self.rendered.append(text)
        if text in self.fails_at:
            raise AudioUnavailable("The fake voice failed.")
        length_s = self._seconds_a_letter * len(text) * 160 / style.words_per_minute
        return Sound(tone(length_s, 220 * 2 ** (style.pitch / 4), 0.2 * style.volume))

    def close(self) -> None:
        self._is_closed = True


class FakeSink:
    """A loudspeaker that plays at once; ``before_block`` may cancel at any 10 ms of all that is played.

    Attributes:
        played_s: Seconds that were heard.
        error: Raised instead of playing, after ``breaks_after_s``.
    """

    def __init__(self, error: AudioUnavailable | None = None, breaks_after_s: float = 0.0) -> None:
        self.error = error
        self.breaks_after_s = breaks_after_s
        self.before_block: Callable[[float], None] = lambda at_s: None
        self.played_s = 0.0
        self.is_closed = False

    def devices(self) -> tuple[AudioDevice, ...]:
        return () if self.error else (AudioDevice(id="fake", name="Fake loudspeaker", is_default=True),)

    def play(self, sound: Sound, cancel: Cancellation | None = None) -> float:
        size = sound.rate // 100
        for start in range(0, len(sound.samples), size):
            self.before_block(self.played_s)
            if self.error and self.played_s >= self.breaks_after_s:
                raise self.error
            if cancel is not None and cancel.is_cancelled:
                return start / sound.rate
            self.played_s += len(sound.samples[start : start + size]) / sound.rate
        return sound.duration_s

    def close(self) -> None:
        self.is_closed = True
