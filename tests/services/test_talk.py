"""A conversation aloud on stand-ins for microphone, recogniser, voice and loudspeaker; everything else is real."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest

from simpatient.bootstrap.clock import SystemClock
from simpatient.domain.errors import AudioUnavailable, ModelUnavailable
from simpatient.domain.speech import Sound, TalkSettings
from simpatient.services.privacy.consent import ConsentNeeded, ConsentService
from simpatient.services.voice.microphone_listener import MicrophoneListener
from simpatient.services.voice.ports import MissingTranscriber
from simpatient.services.voice.speech_output import SpeechOutput
from simpatient.services.voice.talk import Talk, TalkService, TalkTools
from simpatient.services.voice.talk_events import (
    Answered,
    Answering,
    Captioned,
    Failed,
    NothingSaid,
    PartialTranscript,
    TalkEvent,
    Transcribed,
    VoiceBegan,
    VoiceEnded,
)
from tests.builders import ME
from tests.speech_fakes import FakeEndpointer, FakeRecorder, FakeTranscriber, silence, tone
from tests.talk_fakes import InMemoryClips, InMemoryConsents
from tests.world import World

WAIT_S = 20.0
LINE = "How is the choir?"


class Speaks:
    """A voice whose every word lasts a tenth of a second."""

    engine_id = "fake-voice@1"

    def __init__(self) -> None:
        self.fails: AudioUnavailable | None = None
        self.rendered: list[str] = []

    def voices(self):
        return ()

    def render(self, text, style, cancel=None):
        if self.fails:
            raise self.fails
        self.rendered.append(text)
        return Sound(np.full(1600 * max(1, len(text.split())), 0.3, np.float32))

    def close(self):
        """Nothing to let go of."""


class Plays:
    """A loudspeaker ``speed`` times as fast as time; ``hold`` makes it wait in the middle of a sound."""

    def __init__(self, speed: float = 50.0) -> None:
        self.speed = speed
        self.hold = threading.Event()
        self.hold.set()
        self.holding = threading.Event()
        self.fails: AudioUnavailable | None = None
        self.is_closed = False

    def devices(self):
        return ()

    def play(self, sound, cancel=None):
        if self.fails:
            raise self.fails
        steps, step_s = 10, sound.duration_s / 10
        for done in range(steps):
            if cancel is not None and cancel.is_cancelled:
                return done * step_s
            if done == steps // 2 and sound.samples.any():
                while not self.hold.is_set():
                    self.holding.set()
                    if cancel is not None and cancel.is_cancelled:
                        return done * step_s
                    time.sleep(0.005)
            time.sleep(step_s / self.speed)
        return sound.duration_s

    def close(self):
        self.is_closed = True


@dataclass
class Room:
    """A talk with everything around it that a test may move or look at."""

    world: World
    settings: TalkSettings = field(default_factory=TalkSettings)
    recorder: FakeRecorder = field(default_factory=FakeRecorder)
    transcriber: FakeTranscriber = field(default_factory=lambda: FakeTranscriber(LINE))
    voice: Speaks = field(default_factory=Speaks)
    speaker: Plays = field(default_factory=Plays)
    events: list[TalkEvent] = field(default_factory=list)
    talk: Talk | None = None
    listener: MicrophoneListener | None = None

    def __post_init__(self) -> None:
        self.clock = SystemClock()
        self.clips = InMemoryClips(self.clock)
        self.consents = ConsentService(consents=InMemoryConsents(), clips=self.clips, clock=self.clock)
        self.consents.give(ME, "microphone")
        self.session_id = self.world.begin()

    def hearing(self, settings, on_event, on_error) -> MicrophoneListener:
        self.listener = MicrophoneListener(
            recorder=self.recorder, endpointer=FakeEndpointer(), on_event=on_event, on_error=on_error,
            mode=settings.mode, uses_headphones=settings.uses_headphones,
        )  # fmt: skip
        return self.listener

    def begin(self, *, listen: bool = True) -> "Room":
        """Begin to talk, and let the patient say its opening words."""
        tools = TalkTools(
            listener=self.hearing,
            transcriber=lambda _: self.transcriber,
            speech_output=lambda _: SpeechOutput(self.voice, self.speaker, self.clock),
        )
        service = TalkService(
            practise=self.world.practise, library=self.world.library, consents=self.consents, clips=self.clips,
            clock=self.clock, tools=tools,
        )  # fmt: skip
        self.talk = service.begin(ME, self.session, self.settings, self.events.append)
        if self.voice.fails is None and self.speaker.fails is None:
            self.wait(lambda: self.session.turns[0].speech is not None)
        if listen:
            self.talk.listen()
            self.wait(lambda: self.listener.is_recording)
        return self

    @property
    def session(self):
        return self.world.sessions.get(self.session_id)

    def wait(self, condition: Callable[[], object]) -> None:
        until = time.monotonic() + WAIT_S
        while not condition():
            assert time.monotonic() < until, self.events
            time.sleep(0.005)

    def wait_for(self, kind: type, times: int = 1) -> TalkEvent:
        self.wait(lambda: len(self.of(kind)) >= times)
        return self.of(kind)[-1]

    def of(self, kind: type) -> list:
        return [event for event in list(self.events) if isinstance(event, kind)]

    def speak(self, seconds: float = 1.0) -> None:
        """Hold the key while speaking, or just speak."""
        if self.settings.mode == "push_to_talk":
            self.talk.press()
            self.recorder.say(tone(seconds))
            self.talk.release()
        else:
            self.recorder.say(tone(seconds))
        self.recorder.say(silence(1.0))


@pytest.fixture
def room(world: World) -> Iterator[Room]:
    made = Room(world)
    yield made
    made.speaker.hold.set()
    if made.talk is not None:
        made.talk.close()


def test_spoken_words_are_read_corrected_sent_answered_and_kept_with_both_texts(room: Room) -> None:
    room.begin()
    room.speak()
    assert room.wait_for(Transcribed) == Transcribed(LINE)
    room.talk.send("How is the choir now?")
    exchange = room.wait_for(Answered).exchange
    assert room.wait_for(Answering) == Answering("How is the choir now?")
    trainee, patient = room.session.turns[-2:]
    assert (exchange.trainee.turn, exchange.patient) == (trainee.turn, patient)
    assert trainee.text == "How is the choir now?"
    assert [(v.text, v.source) for v in trainee.speech.versions] == [(LINE, "recogniser"), (trainee.text, "trainee")]
    assert trainee.speech.confidence == pytest.approx(0.9)
    assert " ".join(event.text for event in room.of(Captioned)).endswith(patient.text)
    assert not patient.speech.was_interrupted
    assert patient.speech.began_s <= patient.speech.ended_s


def test_the_patients_opening_is_spoken_too(room: Room) -> None:
    room.begin(listen=False)
    opening = room.session.turns[0]
    assert " ".join(event.text for event in room.of(Captioned)) == opening.text
    assert room.session.turns[0].text == opening.text


def test_a_conversation_that_ends_lets_go_of_microphone_and_loudspeaker(room: Room) -> None:
    room.begin()
    room.talk.close()
    assert not room.recorder.is_open
    assert room.speaker.is_closed


def test_without_consent_nothing_opens(world: World) -> None:
    room = Room(world)
    room.consents.withdraw(ME, "microphone")
    with pytest.raises(ConsentNeeded):
        room.begin()
    assert room.recorder.opened == 0


def test_paused_the_microphone_is_closed_and_nothing_said_then_is_heard(room: Room) -> None:
    room.settings = TalkSettings(mode="hands_free")
    room.begin()
    room.talk.pause()
    assert not room.recorder.is_open
    room.recorder.say(tone(2.0))
    room.talk.listen()
    room.wait(lambda: room.listener.is_recording)
    room.speak()
    room.wait_for(Transcribed)
    assert len(room.transcriber.calls) == 1


@pytest.mark.parametrize("how", ["key", "button", "voice", "words"])
def test_breaking_in_stops_the_patient_and_only_what_was_heard_has_been_said(world: World, how: str) -> None:
    mode = TalkSettings(mode="hands_free", uses_headphones=True) if how == "voice" else TalkSettings()
    room = Room(world, mode)
    room.begin()
    room.speaker.hold.clear()
    room.talk.send(LINE)
    room.wait(room.speaker.holding.is_set)
    if how == "key":
        room.talk.press()
    elif how == "voice":
        room.recorder.say(tone(0.6))
    elif how == "words":
        room.talk.send("Sorry, go on.")
    else:
        room.talk.interrupt()
    room.wait_for(Answered)
    turn = room.session.turns[2]
    whole = world.practise.start(ME, "nell-first", seed=5)
    meant = world.say(whole.id, LINE).patient.text
    assert turn.speech.was_interrupted
    assert f"{turn.text} {turn.speech.unheard}".split() == meant.split()
    assert turn.speech.unheard
    room.speaker.hold.set()
    room.talk.close()
    room.talk = None


def test_half_duplex_the_patient_does_not_answer_itself(room: Room) -> None:
    room.settings = TalkSettings(mode="hands_free", reviews_text=False)
    room.begin()
    room.speaker.hold.clear()
    room.talk.send(LINE)
    room.wait(room.speaker.holding.is_set)
    room.recorder.say(tone(1.0))  # its own voice, coming back through the microphone
    room.recorder.say(silence(1.0))
    room.speaker.hold.set()
    room.wait_for(Answered)
    time.sleep(0.2)
    assert not room.transcriber.calls
    assert [turn.speaker for turn in room.session.turns] == ["patient", "trainee", "patient"]


def test_hands_free_and_unread_words_go_at_once(room: Room) -> None:
    room.settings = TalkSettings(mode="hands_free", reviews_text=False)
    room.begin()
    room.speak()
    room.wait_for(Answered)
    assert room.session.turns[1].text == LINE


def test_a_noise_that_holds_no_words_is_passed_over_and_the_listening_goes_on(room: Room) -> None:
    room.settings = TalkSettings(mode="hands_free")
    room.transcriber = FakeTranscriber("")
    room.begin()
    room.speak()
    room.wait_for(VoiceEnded)
    room.wait_for(NothingSaid)
    assert room.listener.is_recording
    assert [turn.speaker for turn in room.session.turns] == ["patient"]


def test_a_key_held_in_silence_is_told_and_words_nobody_said_are_not(room: Room) -> None:
    room.begin()
    room.talk.press()
    room.recorder.say(silence(1.0))
    room.talk.release()
    room.recorder.say(silence(1.0))
    assert room.wait_for(Transcribed) == Transcribed("", was_heard=False)
    assert not room.transcriber.calls


def test_what_is_said_in_two_goes_is_joined_until_it_is_sent(room: Room) -> None:
    room.transcriber = FakeTranscriber("So you sing.", "And at home?", "Else.")
    room.begin()
    room.speak()
    room.wait_for(Transcribed)
    room.speak()
    assert room.wait_for(Transcribed, 2) == Transcribed("So you sing. And at home?")
    assert room.transcriber.calls[-1][1] == "So you sing."
    room.talk.send("So you sing. And at home?")
    room.wait_for(Answered)
    room.speak()
    assert room.wait_for(Transcribed, 3) == Transcribed("Else.")


def test_a_first_guess_comes_while_somebody_speaks(room: Room) -> None:
    room.settings = TalkSettings(mode="hands_free")
    room.begin()
    room.recorder.say(tone(1.2))
    room.wait_for(VoiceBegan)
    assert room.wait_for(PartialTranscript) == PartialTranscript(LINE)
    assert not room.transcriber.calls[-1][2]


def test_without_a_recogniser_typing_is_answered_aloud(room: Room) -> None:
    room.transcriber.unavailable = ModelUnavailable("No weights.", "Get them.")
    room.begin(listen=False)
    with pytest.raises(ModelUnavailable):
        room.talk.listen()
    assert not room.recorder.is_open
    room.talk.send(LINE)
    room.wait_for(Answered)
    assert room.session.turns[1].speech is None
    assert room.session.turns[2].speech is not None


@pytest.mark.parametrize("what", ["voice", "loudspeaker"])
def test_without_a_voice_the_words_are_read_and_stand_as_they_are(room: Room, what: str) -> None:
    error = AudioUnavailable("No sound here.", "Plug it in.")
    room.voice.fails, room.speaker.fails = (error, None) if what == "voice" else (None, error)
    room.begin()
    room.talk.send(LINE)
    exchange = room.wait_for(Answered).exchange
    assert {event.part for event in room.of(Failed)} == {"voice"}
    assert exchange.patient.text
    assert exchange.patient == room.session.turns[-1]


def test_a_recogniser_that_stops_is_told_and_typing_goes_on(room: Room) -> None:
    room.begin()
    room.transcriber.unavailable = ModelUnavailable("It has stopped.", "Type.")
    room.speak()
    assert room.wait_for(Failed).part == "recogniser"
    room.talk.send(LINE)
    room.wait_for(Answered)


def test_a_microphone_that_is_not_there_is_told_once(room: Room) -> None:
    room.recorder.error = AudioUnavailable("No microphone.", "Plug one in.")
    room.begin(listen=False)
    room.talk.listen()
    assert room.wait_for(Failed).part == "microphone"
    time.sleep(0.1)
    assert len([event for event in room.of(Failed) if event.part == "microphone"]) == 1


def test_words_that_could_not_be_stored_come_back(room: Room) -> None:
    room.begin()
    room.world.sessions.fails_on.add("add_turn trainee")
    room.talk.send(LINE)
    failed = room.wait_for(Failed)
    assert (failed.part, failed.unsent) == ("answer", LINE)
    assert "disk is full" in failed.error.message


def test_sound_is_kept_only_if_chosen_and_agreed(world: World) -> None:
    for keeps, agreed, kept in ((False, True, 0), (True, False, 0), (True, True, 1)):
        room = Room(world, TalkSettings(keeps_audio=keeps, keep_days=7))
        if agreed:
            room.consents.give(ME, "keep_audio")
        room.begin()
        room.speak()
        room.wait_for(Transcribed)
        room.talk.send(LINE)
        room.wait_for(Answered)
        clip = room.session.turns[1].speech.clip
        assert len(room.clips.kept) == kept
        assert bool(clip) == bool(kept)
        if kept:
            assert (room.clips.kept[clip][3] - room.clock.now()).days == 6
        room.talk.close()


def test_what_stands_where_there_is_no_recogniser_says_why() -> None:
    error = ModelUnavailable("No weights.", "Get them.")
    missing = MissingTranscriber(error)
    for use in (missing.prepare, lambda: missing.transcribe(silence(1.0))):
        with pytest.raises(ModelUnavailable, match="No weights"):
            use()
    missing.close()
