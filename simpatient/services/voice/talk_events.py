"""The events of a spoken conversation, for the page that shows it. Sent from threads of the conversation, in order."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from simpatient.domain.errors import UserFacingError
from simpatient.services.sessions.practise import Exchange

Part = Literal["microphone", "recogniser", "voice", "answer", "recording"]


@dataclass(frozen=True)
class MissingPart:
    """Something a spoken conversation needs and does not have.

    Attributes:
        part: Which part.
        error: Why it is not there, and what to do.
    """

    part: Part
    error: UserFacingError


@dataclass(frozen=True)
class VoiceBegan:
    """The trainee has begun to speak."""


@dataclass(frozen=True)
class VoiceEnded:
    """The trainee has stopped; ``Transcribed``, ``NothingSaid`` or ``Failed`` follows."""


@dataclass(frozen=True)
class NothingSaid:
    """What sounded like a voice in hands-free mode held no words: nothing to say about it."""


@dataclass(frozen=True)
class PartialTranscript:
    """What the trainee is probably saying; the next guess takes its place."""

    text: str


@dataclass(frozen=True)
class Transcribed:
    """All that was said and is not sent yet, ready to be corrected.

    Attributes:
        text: Empty when no words were recognised.
        was_heard: Whether the last segment had words in it.
    """

    text: str
    was_heard: bool = True


@dataclass(frozen=True)
class Answering:
    """The trainee's words, as sent; the patient's are on their way."""

    text: str


@dataclass(frozen=True)
class Captioned:
    """The sentence the patient is beginning to speak."""

    text: str


@dataclass(frozen=True)
class Answered:
    """The patient has ended or was interrupted; both turns as they are stored."""

    exchange: Exchange


@dataclass(frozen=True)
class Failed:
    """One part does not work; the rest keeps running.

    Attributes:
        unsent: Words of the trainee's that may not have been stored, to be put back.
    """

    part: Part
    error: UserFacingError
    unsent: str = ""


TalkEvent = (
    VoiceBegan | VoiceEnded | NothingSaid | PartialTranscript | Transcribed | Answering | Captioned | Answered | Failed
)
OnTalkEvent = Callable[[TalkEvent], None]
