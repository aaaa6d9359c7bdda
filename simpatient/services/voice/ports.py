"""Ports of talking: input (recorder, detector, endpointer, transcriber) and output (synthesizer, sink).

All are blocking and push-style. Devices and models are made by adapters in ``speech``; files stand in for
devices behind the same ports.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simpatient.domain.cancellation import Cancellation
from simpatient.domain.errors import ModelUnavailable
from simpatient.domain.speech import (
    AudioDevice,
    Recognised,
    Samples,
    Sound,
    SoundBlock,
    SpeechSegment,
    SynthesisVoice,
    VoiceStyle,
)

OnBlock = Callable[[SoundBlock], None]


class Recorder(Protocol):
    """A microphone, or a file that is played into the program as if it were one."""

    def devices(self) -> tuple[AudioDevice, ...]:
        """Return the available microphones; empty if there are none."""
        ...

    def open(self, on_block: OnBlock, device: str = "") -> AbstractContextManager[None]:
        """Record until the returned context is left; nothing is recorded, or buffered, before or after.

        Args:
            on_block: Called with every block in order, from a thread of the recorder; must return at once.
            device: Id of a microphone; '' for the system's default.

        Raises:
            AudioUnavailable: There is no microphone, or it is in use or forbidden. Also raised on leaving
                when the device failed in between.
        """
        ...


class VoiceDetector(Protocol):
    """Distinguishes voice from everything else, block by block; remembers earlier blocks."""

    @property
    def block(self) -> int:
        """How many samples it takes at a time."""
        ...

    def chance(self, samples: Samples) -> float:
        """Return the probability that the next ``block`` samples hold a voice."""
        ...

    def reset(self) -> None:
        """Forget the earlier blocks."""
        ...


@dataclass(frozen=True)
class SpeechBegan:
    """A voice has begun; ``at_s`` is monotonic."""

    at_s: float


@dataclass(frozen=True)
class SpeechEnded:
    """A segment of speech is over."""

    segment: SpeechSegment


ListeningEvent = SpeechBegan | SpeechEnded


class Endpointer(Protocol):
    """Cuts a stream of sound into segments of speech. Pure: time comes from the blocks alone."""

    def feed(self, block: SoundBlock) -> tuple[ListeningEvent, ...]:
        """Take the next block of sound and return what it begins or ends."""
        ...

    def so_far(self) -> Samples:
        """Return the sound of the segment in progress; empty when there is none."""
        ...

    def finish(self) -> SpeechSegment | None:
        """End the segment in progress (the key was released); None when no voice was in it. Ready for the next."""
        ...

    def reset(self) -> None:
        """Drop everything taken in so far."""
        ...


class Transcriber(Protocol):
    """Speech to text, on this computer."""

    @property
    def model_id(self) -> str:
        """Name and content hash of the recogniser, for provenance."""
        ...

    def prepare(self) -> None:
        """Load what is needed, so that the first turn does not wait.

        Raises:
            ModelUnavailable: The weights are missing, or  cannot be run.
        """
        ...

    def transcribe(
        self, samples: Samples, *, hint: str = "", is_final: bool = True, cancel: Cancellation | None = None
    ) -> Recognised:
        """Return the words in a segment of speech; no words for silence or noise.

        Args:
            samples: Mono at ``SAMPLE_RATE``; any length, also under a second.
            hint: Words that came before, or names that may come.
            is_final: False for a first guess while someone is still speaking; quicker, less careful.
            cancel: Checked between steps.

        Raises:
            ModelUnavailable: The recogniser cannot be run, or no longer.
            Cancelled: ``cancel`` was set.
        """
        ...

    def close(self) -> None:
        """Release its process."""
        ...


class MissingTranscriber:
    """Stands in where there is no recogniser: every use raises the reason. Typing and hearing the patient still work.

    Args:
        error: Why there is none, and what to do.
    """

    model_id = ""

    def __init__(self, error: ModelUnavailable) -> None:
        self._error = error

    def prepare(self) -> None:
        """Raise the reason why there is none."""
        raise self._error

    def transcribe(
        self, samples: Samples, *, hint: str = "", is_final: bool = True, cancel: Cancellation | None = None
    ) -> Recognised:
        """Raise the reason why there is none."""
        raise self._error

    def close(self) -> None:
        """There is nothing to release."""


class Synthesizer(Protocol):
    """Text to sound, a sentence at a time."""

    @property
    def engine_id(self) -> str:
        """Name and version of the engine, for provenance and settings."""
        ...

    def voices(self) -> tuple[SynthesisVoice, ...]:
        """Return the available English voices."""
        ...

    def render(self, text: str, style: VoiceStyle, cancel: Cancellation | None = None) -> Sound:
        """Return a sentence as sound; the same text and style give the same voice.

        Raises:
            AudioUnavailable: The engine is not installed or failed.
            Cancelled: ``cancel`` was set.
        """
        ...

    def close(self) -> None:
        """Release its process."""
        ...


class Sink(Protocol):
    """A loudspeaker, or a file that stands in for one."""

    def devices(self) -> tuple[AudioDevice, ...]:
        """Return the available loudspeakers; empty if there are none."""
        ...

    def play(self, sound: Sound, cancel: Cancellation | None = None) -> float:
        """Play a sound to its end, or until ``cancel`` is set.

        Returns:
            How many seconds of it were actually played: its duration, or less when it was cancelled. After a
            cancel it returns within 50 ms, and nothing of the sound comes later.

        Raises:
            AudioUnavailable: There is no loudspeaker, or it stopped working.
        """
        ...

    def close(self) -> None:
        """Release the device."""
        ...


@dataclass(frozen=True)
class RecordedSound:
    """The next piece of a recording.

    Attributes:
        samples: At ``SAMPLE_RATE``, shape (n, channels), -1..1.
        at_s: Where it begins in the recording, seconds.
        total_s: How long the whole recording is, seconds.
    """

    samples: NDArray[np.float32]
    at_s: float
    total_s: float


class RecordingDecoder(Protocol):
    """Reads recordings that come from elsewhere; nothing a file holds can do harm."""

    def decode(self, path: Path, on_sound: Callable[[RecordedSound], None], cancel: Cancellation | None = None) -> None:
        """Hand a recording over piece by piece, at least one, from the calling thread.

        Raises:
            ContentError: It is no plain file, no recording of a known kind, damaged, or beyond the limits.
            Cancelled: ``cancel`` was set.
        """
        ...
