"""Speech as values: sound, what was recognised, how a voice sounds, when someone spoke.

Times only: nothing here, or made from it, says anything about a speaker's emotion, accent or identity.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from simpatient.domain.base import Value

# One sound format everywhere between microphone and recogniser: mono, float32 in -1..1.
SAMPLE_RATE = 16_000

Samples = NDArray[np.float32]
VoiceHeight = Literal["low", "middle", "high"]
ListeningMode = Literal["push_to_talk", "hands_free"]
TextSource = Literal["recogniser", "trainee"]


@dataclass(frozen=True)
class SoundBlock:
    """Sound as it comes from a microphone.

    Attributes:
        samples: Mono at ``SAMPLE_RATE``, shape (n,), -1..1.
        at_s: Monotonic time of the first sample, seconds.
    """

    samples: Samples
    at_s: float


@dataclass(frozen=True)
class Sound:
    """A stretch of sound to be played or stored: mono, shape (n,), -1..1, ``rate`` samples per second."""

    samples: Samples
    rate: int = SAMPLE_RATE

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.rate


@dataclass(frozen=True)
class SpeechSegment:
    """One uninterrupted stretch of speech, cut out of what a microphone recorded.

    Attributes:
        samples: At ``SAMPLE_RATE``, with a little of what came before and after.
        began_s: Monotonic time at which the voice began, seconds.
        ended_s: Monotonic time at which it ended.
        is_continued: It had grown too long and was cut; the speaker continued, and another segment follows.
    """

    samples: Samples
    began_s: float
    ended_s: float
    is_continued: bool = False


class Recognised(Value):
    """What a recogniser made of a segment; ``text`` is empty where it found no words.

    Attributes:
        confidence: 0..1, mean probability of the words.
        model_id: Which recogniser, for provenance.
        rejected: Why words were not believed (``silence``, ``repetition`` ...); '' when they were.
    """

    text: str
    confidence: float = Field(default=0.0, ge=0.0, le=1.0)
    model_id: str = ""
    rejected: str = ""


class VoiceStyle(Value):
    """How a patient's voice sounds. Chosen by its author for age and manner, never for a group.

    Attributes:
        height: Roughly how high the voice is.
        words_per_minute: Pace of plain talk.
        pitch: -1..1, a shade lower or higher than the middle of its height.
        volume: 0..1.
        seed: Keeps one of several fitting voices for a persona.
    """

    height: VoiceHeight = "middle"
    words_per_minute: int = Field(default=160, ge=80, le=260)
    pitch: float = Field(default=0.0, ge=-1.0, le=1.0)
    volume: float = Field(default=0.9, ge=0.0, le=1.0)
    seed: int = 0


class DeliveredSentence(Value):
    """A sentence as it is to be spoken.

    Attributes:
        text: As shown in captions and stored.
        aloud: As read to the engine: without what only the eye understands.
        pause_s: Silence before it; hesitations are part of how a patient speaks.
        style: The voice for this sentence.
    """

    text: str
    aloud: str
    pause_s: float = Field(default=0.0, ge=0.0, le=10.0)
    style: VoiceStyle = VoiceStyle()


class SynthesisVoice(Value):
    """A voice an engine offers."""

    id: str
    name: str
    language: str = "en"
    height: VoiceHeight = "middle"


class SpeechEngine(Value):
    """A program that speaks texts.

    Attributes:
        is_here: Whether it can be used on this computer.
        is_best: Whether it is used when none is chosen.
        note: Why it is or is not, in a sentence.
    """

    id: str
    title: str
    is_here: bool
    is_best: bool = False
    note: str = ""


class AudioDevice(Value):
    """A microphone or a loudspeaker of this computer."""

    id: str
    name: str
    is_default: bool = False


class TextVersion(Value):
    """What a spoken turn was taken to say, by whom, when."""

    text: str
    source: TextSource
    at: datetime

    model_config = {**Value.model_config, "str_strip_whitespace": False}


class TurnSpeech(Value):
    """How a turn was spoken.

    Attributes:
        began_s: Seconds after the session began.
        ended_s: As above; what was cut off does not count.
        was_interrupted: The other speaker broke in.
        unheard: The rest of a patient's turn, which was not heard.
        confidence: The recogniser's, for a trainee's turn.
        versions: All that the turn's text has been, oldest first; empty when it was never changed or recognised.
        clip: Id of the stored sound; '' when none is kept.
    """

    began_s: float = Field(ge=0.0)
    ended_s: float = Field(ge=0.0)
    was_interrupted: bool = False
    unheard: str = ""
    confidence: float | None = Field(default=None, ge=0.0, le=1.0)
    versions: tuple[TextVersion, ...] = ()
    clip: str = ""

    model_config = {**Value.model_config, "str_strip_whitespace": False}


class TalkSettings(Value):
    """What a trainee has chosen for talking.

    Attributes:
        mode: Speak while a key is held, or whenever someone speaks.
        patience_s: Silence after which a turn is over in hands-free mode; long silences have their place in therapy.
        uses_headphones: The microphone does not pick up the patient, so speaking alone may interrupt it.
        microphone: Device id; '' for the system's default.
        loudspeaker: Device id; '' for the system's default.
        engine: Id of the synthesis engine; '' for the best one here.
        recogniser: Id of the recogniser's weights; '' for what suits this computer.
        reviews_text: Recognised text waits to be corrected before it is sent.
        keeps_audio: The trainee's sound is kept, encrypted, for ``keep_days``.
    """

    mode: ListeningMode = "push_to_talk"
    patience_s: float = Field(default=1.2, ge=0.3, le=10.0)
    uses_headphones: bool = False
    microphone: str = ""
    loudspeaker: str = ""
    engine: str = ""
    recogniser: str = ""
    reviews_text: bool = True
    keeps_audio: bool = False
    keep_days: int = Field(default=30, ge=1, le=3650)
