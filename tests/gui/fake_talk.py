"""Talking without sound: a conversation whose ears and mouth a test moves by hand."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

from simpatient.domain.errors import UserFacingError
from simpatient.domain.models.recognisers import RecogniserWeights
from simpatient.domain.speech import AudioDevice, SpeechEngine, TalkSettings, TextVersion, TurnSpeech
from simpatient.services.models.recognisers import RecogniserRow
from simpatient.services.voice.talk_events import Answered, Answering, Captioned, MissingPart, TalkEvent
from tests.builders import ME

NOW = datetime(2026, 11, 18, 14, 30, tzinfo=UTC)


class FakeConsents:
    def __init__(self) -> None:
        self.given: set[str] = set()

    def has(self, actor, purpose):
        return purpose in self.given

    def give(self, actor, purpose):
        self.given.add(purpose)

    def withdraw(self, actor, purpose):
        self.given.discard(purpose)


@dataclass
class FakeTalk:
    """One conversation; ``did`` lists what the page asked of it."""

    practise: object
    session_id: str
    tell: object
    did: list[str] = field(default_factory=list)
    level: float = -20.0
    is_open: bool = False
    fails: UserFacingError | None = None
    heard: str = ""

    def listen(self):
        if self.fails:
            raise self.fails
        self.did.append("listen")
        self.is_open = True

    def pause(self):
        self.did.append("pause")
        self.is_open = False

    def press(self):
        self.did.append("press")

    def release(self):
        self.did.append("release")

    def interrupt(self):
        self.did.append("interrupt")

    def close(self):
        self.did.append("close")
        self.is_open = False

    def send(self, text):
        """Answer at once, a sentence at a time, as the threads of a real conversation would."""
        self.tell(Answering(text))
        exchange = self.practise.reply(ME, self.session_id, text, lambda _: None, None, self._speech(text))
        for sentence in exchange.patient.text.split(". "):
            self.tell(Captioned(sentence))
        self.tell(Answered(exchange))

    def _speech(self, text):
        """Return how the words were spoken; None for typed ones. ``heard`` is what was recognised."""
        if not self.heard:
            return None
        versions = [TextVersion(text=self.heard, source="recogniser", at=NOW)]
        if text != self.heard:
            versions.append(TextVersion(text=text, source="trainee", at=NOW))
        return TurnSpeech(began_s=1.0, ended_s=3.0, versions=tuple(versions), clip="c1")

    def happen(self, event: TalkEvent) -> None:
        self.tell(event)


class FakeListeningBack:
    """Plays nothing; ``lasts`` holds a sound until it is set or cancelled."""

    def __init__(self) -> None:
        self.did: list[str] = []
        self.lasts = Event()
        self.lasts.set()
        self.fails: UserFacingError | None = None

    def play(self, actor, clip, loudspeaker, cancel):
        if self.fails:
            raise self.fails
        self.did.append(f"play {clip}")
        while not self.lasts.wait(0.02):
            if cancel.is_cancelled:
                self.did.append("stop")
                return 0.5
        return 2.0


class FakeTalkService:
    def __init__(self, practise) -> None:
        self._practise = practise
        self.talks: list[FakeTalk] = []
        self.settings: TalkSettings | None = None
        self.fails: Exception | None = None
        self.microphone_fails: UserFacingError | None = None
        self.lacks: tuple[MissingPart, ...] = ()

    def missing(self, settings):
        return self.lacks

    def begin(self, actor, session, settings, tell):
        if self.fails:
            raise self.fails
        self.settings = settings
        self.talks.append(FakeTalk(self._practise, session.id, tell, fails=self.microphone_fails))
        return self.talks[-1]


class FakeSoundCheck:
    """Devices and engines a test sets; ``did`` lists the tests that were run."""

    def __init__(self) -> None:
        self.all_microphones = (
            AudioDevice(id="m1", name="Built-in microphone", is_default=True),
            AudioDevice(
                id="m2", name="A headset with a rather long name, as sound systems like to give them, Analogue"
            ),
        )
        self.all_loudspeakers = (AudioDevice(id="l1", name="Built-in loudspeakers", is_default=True),)
        self.all_engines = (
            SpeechEngine(id="flite", title="Flite", is_here=True, is_best=True, note="Natural voices, made here."),
            SpeechEngine(id="espeak", title="eSpeak NG", is_here=True, note="Robotic, but speaks at once."),
            SpeechEngine(id="system", title="System voices", is_here=False, note="Not on Linux."),
        )
        self.fails: Exception | None = None
        self.did: list[str] = []

    def microphones(self):
        return self.all_microphones

    def loudspeakers(self):
        return self.all_loudspeakers

    def engines(self):
        return self.all_engines

    def record_and_play(self, actor, settings, on_level, cancel):
        if self.fails:
            raise self.fails
        for level in (-50.0, -20.0):
            on_level(level)
        self.did.append(f"record {settings.microphone}")

    def speak(self, style, settings, cancel):
        if self.fails:
            raise self.fails
        self.did.append(f"speak {settings.engine}")


def _weights(name: str, title: str, size: float, rank: int) -> RecogniserWeights:
    return RecogniserWeights(
        id=name, title=title, file=f"{name}.pt", url=f"https://models.example.org/{name}.pt", sha256="0" * 64,
        disk_gb=size, gpu_gb=1.0, ram_gb=size * 4, cores=2, rank=rank, languages=("en",),
        good_for="Most laptops. Hears plain talk well; names less so.",
    )  # fmt: skip


class FakeRecognisers:
    """Two recognisers, one of which suits; ``fetch`` replaces what a download does."""

    def __init__(self) -> None:
        self.known = (_weights("base", "Base, English", 0.15, 20), _weights("small", "Small, English", 0.48, 30))
        self.here: set[str] = set()
        self.fetch = self._fetched

    def rows(self):
        return tuple(
            RecogniserRow(
                weights=each,
                path=f"/models/{each.file}" if each.id in self.here else "",
                is_own=each.id in self.here,
                suits=each.id == "base",
                is_suggested=each.id == "base",
                is_used=each.id in self.here,
            )
            for each in self.known
        )

    def download(self, wanted, tell, cancel):
        return self.fetch(wanted, tell, cancel)

    def delete(self, wanted):
        self.here.discard(wanted)
        return 150_000_000

    def _fetched(self, wanted, tell, cancel):
        self.here.add(wanted)
        return Path(f"/models/{wanted}.pt")
