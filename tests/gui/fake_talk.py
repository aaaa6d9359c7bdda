"""Talking without sound: a conversation whose ears and mouth a test moves by hand."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

from simpatient.domain.cancellation import Cancellation
from simpatient.domain.errors import ModelUnavailable, UserFacingError
from simpatient.domain.models.recognisers import ENGLISH, RecogniserWeights
from simpatient.domain.people.actor import Actor
from simpatient.domain.people.consent import Consent, Purpose
from simpatient.domain.session.session import Session
from simpatient.domain.speech import AudioDevice, SpeechEngine, TalkSettings, TextVersion, TurnSpeech, VoiceStyle
from simpatient.services.models.model_download import OnProgress
from simpatient.services.models.recognisers import RecogniserRow
from simpatient.services.privacy.consent import WORDINGS, ConsentNeeded
from simpatient.services.sessions.practise import NOT_SPOKEN, SpokenTurn
from simpatient.services.voice.device_test import OnLevel
from simpatient.services.voice.talk_events import Answered, Answering, Captioned, MissingPart, OnTalkEvent, TalkEvent
from tests.builders import ME
from tests.gui.fake_sessions import FakePractise

NOW = datetime(2026, 11, 18, 14, 30, tzinfo=UTC)


class FakeConsents:
    """Consents by purpose, everybody's; what is taken back was never given."""

    def __init__(self) -> None:
        self.given: set[Purpose] = set()

    def has(self, actor: Actor, purpose: Purpose) -> bool:
        return purpose in self.given

    def require(self, actor: Actor, purpose: Purpose) -> None:
        if purpose not in self.given:
            raise ConsentNeeded("You have not agreed to this yet.", "Agree to it first.")

    def give(self, actor: Actor, purpose: Purpose) -> None:
        self.given.add(purpose)

    def withdraw(self, actor: Actor, purpose: Purpose) -> None:
        self.given.discard(purpose)

    def history(self, actor: Actor) -> tuple[Consent, ...]:
        return tuple(
            Consent(trainee_id=actor.person_id, purpose=purpose, wording=WORDINGS[purpose], given_at=NOW)
            for purpose in sorted(self.given)
        )


@dataclass
class FakeTalk:
    """One conversation; ``did`` lists what the page asked of it."""

    practise: FakePractise
    session_id: str
    tell: OnTalkEvent
    did: list[str] = field(default_factory=list)
    level: float = -20.0
    is_listening: bool = False
    fails: UserFacingError | None = None
    heard: str = ""

    def listen(self) -> None:
        if self.fails:
            raise self.fails
        self.did.append("listen")
        self.is_listening = True

    def pause(self) -> None:
        self.did.append("pause")
        self.is_listening = False

    def press(self) -> None:
        self.did.append("press")

    def release(self) -> None:
        self.did.append("release")

    def interrupt(self) -> None:
        self.did.append("interrupt")

    def close(self) -> None:
        self.did.append("close")
        self.is_listening = False

    def send(self, text: str) -> None:
        """Answer at once, a sentence at a time, as the threads of a real conversation would."""
        self.tell(Answering(text))
        exchange = self.practise.reply(ME, self.session_id, text, lambda _: None, None, self._spoken(text))
        for sentence in exchange.patient.text.split(". "):
            self.tell(Captioned(sentence))
        self.tell(Answered(exchange))

    def _spoken(self, text: str) -> SpokenTurn:
        """Return how the words were spoken. ``heard`` is what was recognised; typed ones when it is empty."""
        if not self.heard:
            return NOT_SPOKEN
        versions = [TextVersion(text=self.heard, source="recogniser", at=NOW)]
        if text != self.heard:
            versions.append(TextVersion(text=text, source="trainee", at=NOW))
        return SpokenTurn(speech=TurnSpeech(began_s=1.0, ended_s=3.0, versions=tuple(versions), clip="c1"))

    def happen(self, event: TalkEvent) -> None:
        self.tell(event)


class FakeListeningBack:
    """Plays nothing; ``lasts`` holds a sound until it is set or cancelled."""

    def __init__(self) -> None:
        self.did: list[str] = []
        self.lasts = Event()
        self.lasts.set()
        self.fails: UserFacingError | None = None

    def play(self, actor: Actor, clip: str, loudspeaker: str = "", cancel: Cancellation | None = None) -> float:
        if self.fails:
            raise self.fails
        self.did.append(f"play {clip}")
        while not self.lasts.wait(0.02):
            if cancel is not None and cancel.is_cancelled:
                self.did.append("stop")
                return 0.5
        return 2.0


class FakeTalkService:
    """Begins talks that a test moves."""

    def __init__(self, practise: FakePractise) -> None:
        self._practise = practise
        self.talks: list[FakeTalk] = []
        self.settings: TalkSettings | None = None
        self.fails: Exception | None = None
        self.microphone_fails: UserFacingError | None = None
        self.lacks: tuple[MissingPart, ...] = ()

    def missing(self, settings: TalkSettings) -> tuple[MissingPart, ...]:
        return self.lacks

    def begin(self, actor: Actor, session: Session, settings: TalkSettings, on_event: OnTalkEvent) -> FakeTalk:
        if self.fails:
            raise self.fails
        self.settings = settings
        self.talks.append(FakeTalk(self._practise, session.id, on_event, fails=self.microphone_fails))
        return self.talks[-1]

    def style_of(self, session: Session) -> VoiceStyle:
        return VoiceStyle()


class FakeSoundCheck:
    """Devices and engines a test sets; ``did`` lists the tests that were run."""

    def __init__(self) -> None:
        self.all_microphones: tuple[AudioDevice, ...] = (
            AudioDevice(id="m1", name="Built-in microphone", is_default=True),
            AudioDevice(
                id="m2", name="A headset with a rather long name, as sound systems like to give them, Analogue"
            ),
        )
        self.all_loudspeakers: tuple[AudioDevice, ...] = (
            AudioDevice(id="l1", name="Built-in loudspeakers", is_default=True),
        )
        self.all_engines: tuple[SpeechEngine, ...] = (
            SpeechEngine(id="flite", title="Flite", is_here=True, is_best=True, note="Natural voices, made here."),
            SpeechEngine(id="espeak", title="eSpeak NG", is_here=True, note="Robotic, but speaks at once."),
            SpeechEngine(id="system", title="System voices", is_here=False, note="Not on Linux."),
        )
        self.fails: Exception | None = None
        self.did: list[str] = []

    def microphones(self) -> tuple[AudioDevice, ...]:
        return self.all_microphones

    def loudspeakers(self) -> tuple[AudioDevice, ...]:
        return self.all_loudspeakers

    def engines(self) -> tuple[SpeechEngine, ...]:
        return self.all_engines

    def record_and_play(
        self, actor: Actor, settings: TalkSettings, on_level: OnLevel, cancel: Cancellation | None = None
    ) -> None:
        if self.fails:
            raise self.fails
        for level in (-50.0, -20.0):
            on_level(level)
        self.did.append(f"record {settings.microphone}")

    def speak(self, style: VoiceStyle, settings: TalkSettings, cancel: Cancellation | None = None) -> None:
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
        self.fetch: Callable[[str, OnProgress, Cancellation | None], Path] = self._fetched

    def rows(self, language: str = ENGLISH) -> tuple[RecogniserRow, ...]:
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
            if each.hears(language)
        )

    def suggestion(self, language: str = ENGLISH) -> RecogniserWeights | None:
        return next((row.weights for row in self.rows(language) if row.is_suggested), None)

    def download(
        self, wanted: str = "", on_progress: OnProgress | None = None, cancel: Cancellation | None = None
    ) -> Path:
        return self.fetch(wanted, on_progress or (lambda _: None), cancel)

    def delete(self, wanted: str) -> int:
        self.here.discard(wanted)
        return 150_000_000

    def disk_use(self) -> int:
        return 150_000_000 * len(self.here)

    def resolve(self, wanted: str = "", language: str = ENGLISH) -> tuple[RecogniserWeights, Path]:
        for row in self.rows(language):
            if row.path and wanted in ("", row.weights.id):
                return row.weights, Path(row.path)
        raise ModelUnavailable("Its weights are not on this computer.", "Download them.")

    def _fetched(self, wanted: str, on_progress: OnProgress, cancel: Cancellation | None) -> Path:
        self.here.add(wanted)
        return Path(f"/models/{wanted}.pt")
