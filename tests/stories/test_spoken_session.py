"""A whole session aloud without a sound card: spoken by an engine, heard by real ears, answered by a real patient.

The microphone is a tape, the loudspeaker a file in memory. With pocketsphinx the words are really recognised; with
whisper's own code (random weights of a small shape) only the path is real.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from simpatient.bootstrap.voice import open_synthesizer_for
from simpatient.domain.session.session import SelfRating
from simpatient.domain.speech import Sound, TalkSettings, VoiceStyle
from simpatient.services.application import App
from simpatient.services.voice.microphone_listener import MicrophoneListener
from simpatient.services.voice.ports import Transcriber
from simpatient.services.voice.speech_output import SpeechOutput
from simpatient.services.voice.talk import Talk, TalkService, TalkTools
from simpatient.services.voice.talk_events import Answered, Captioned, Failed, TalkEvent, Transcribed
from simpatient.speech.capture.endpointing import Endpointing
from simpatient.speech.capture.voice_activity import best_detector
from simpatient.speech.recognition.transcriber import open_transcriber
from tests.builders import ME
from tests.file_recorder import FileRecorder
from tests.file_sink import FileSink
from tests.speech.conftest import rendered
from tests.speech.sphinx import SphinxTranscriber, word_errors, words_of
from tests.speech_fakes import FakeTranscriber
from tests.tiny_whisper import credulous, save_whisper, settings_of

LIMIT_S = 180.0
SPEED = 8.0
CASE = "ray-first-talk"
# What is said, and a code that has to be among those of the turn.
LINES = (
    ("What brings you here today?", "open_question"),
    ("You are worried about your children.", "complex_reflection simple_reflection"),
    ("How long have you felt this way?", "open_question closed_question"),
)

pytestmark = [pytest.mark.torch, pytest.mark.timeout(900)]


class Desk:
    """A trainee's desk: everything of the program but the sound card."""

    def __init__(self, app: App, transcriber: Transcriber, settings: TalkSettings) -> None:
        self.app, self.settings = app, settings
        self.recorder = FileRecorder(speed=SPEED)
        self.sink = FileSink(speed=SPEED)
        self.events: list[TalkEvent] = []
        app.consents.give(ME, "microphone")
        tools = TalkTools(
            listener=self._hearing,
            transcriber=lambda _: transcriber,
            speech_output=lambda _: SpeechOutput(open_synthesizer_for("flite"), self.sink, app.talking.clock),
        )
        self._service = TalkService(
            practise=app.practise, library=app.library, consents=app.consents, clips=app.talking.clips,
            clock=app.talking.clock, tools=tools,
        )  # fmt: skip
        self.session_id = app.practise.start(ME, CASE, seed=3).id
        self.talk: Talk = self._service.begin(ME, self.session, settings, self.events.append)
        self.until(lambda: self.session.turns[0].speech is not None)
        self.talk.listen()
        self.until(lambda: self.listener.is_recording)

    @property
    def session(self):
        return self.app.sessions.get(self.session_id)

    def _hearing(self, settings, on_event, on_error) -> MicrophoneListener:
        self.listener = MicrophoneListener(
            recorder=self.recorder, endpointer=Endpointing.chosen(best_detector(), settings), on_event=on_event,
            on_error=on_error, mode=settings.mode, stalls_after_s=LIMIT_S,
        )  # fmt: skip
        return self.listener

    def until(self, condition: Callable[[], object]) -> None:
        end = time.monotonic() + LIMIT_S
        while not condition():
            assert time.monotonic() < end, self.events
            time.sleep(0.01)

    def of(self, kind: type) -> list:
        return [event for event in list(self.events) if isinstance(event, kind)]

    def say(self, line: str, voice: str, folder: Path) -> str:
        """Speak a line as the trainee and return what was understood."""
        before = len(self.of(Transcribed))
        self.recorder.hear(Sound(rendered(line, voice, folder / "line.wav")))
        self.until(lambda: len(self.of(Transcribed)) > before)
        return self.of(Transcribed)[-1].text

    def send(self, text: str) -> None:
        before = len(self.of(Answered))
        self.talk.send(text)
        self.until(lambda: len(self.of(Answered)) > before)


@pytest.fixture
def desk(app: App) -> Iterator[Callable[..., Desk]]:
    made: list[Desk] = []

    def make(transcriber: Transcriber, **chosen: object) -> Desk:
        settings = TalkSettings(**{"mode": "hands_free", "patience_s": 0.8, **chosen})
        made.append(Desk(app, transcriber, settings))
        return made[-1]

    yield make
    for each in made:
        each.talk.close()


def test_spoken_words_are_understood_coded_answered_aloud_and_scored(desk, tmp_path: Path) -> None:
    here = desk(SphinxTranscriber())
    wrong = total = 0
    for line, codes in LINES:
        understood = here.say(line, "slt", tmp_path)
        wrong += word_errors(words_of(line), words_of(understood))
        total += len(words_of(line))
        here.send(understood)
        assert set(here.session.turns[-2].codes.utterance_codes()) & set(codes.split()), understood
    assert wrong <= 0.1 * total
    session = here.session
    assert all(turn.speech is not None for turn in session.turns)
    spoken = [turn.text for turn in session.turns if turn.speaker == "patient"]
    captions = " ".join(event.text for event in here.of(Captioned))
    assert captions.split() == " ".join(spoken).split()
    assert here.sink.heard.duration_s > 0.5 * len(spoken)
    assert not here.of(Failed)
    ended = here.app.practise.end(ME, here.session_id)
    rating = SelfRating(ratings=dict.fromkeys(here.app.review.questions(), 3))
    here.app.review.rate_self(ME, here.session_id, rating)
    debrief = here.app.review.debrief(ME, here.session_id)
    assert ended.scorecards
    assert debrief.speaking is not None


def test_the_patients_own_voice_is_not_taken_for_the_trainees(desk, tmp_path: Path) -> None:
    here = desk(SphinxTranscriber(), reviews_text=False)
    play = here.sink.play
    # The loudspeaker stands beside the microphone.
    here.sink.play = lambda sound, cancel=None: (here.recorder.hear(Sound(0.5 * sound.samples, sound.rate)), play(sound, cancel))[1]  # fmt: skip
    here.recorder.hear(Sound(rendered(LINES[0][0], "slt", tmp_path / "line.wav")))
    here.until(lambda: here.of(Answered))
    here.until(lambda: here.recorder.left_s == 0)
    time.sleep(2.0)
    assert [turn.speaker for turn in here.session.turns] == ["patient", "trainee", "patient"]
    assert not here.of(Failed)


def test_whispers_own_code_runs_the_whole_way(desk, tmp_path: Path) -> None:
    weights = tmp_path / "small.pt"
    transcriber = open_transcriber(settings_of(weights, save_whisper(weights), credulous(), most_tokens=6))
    try:
        here = desk(transcriber)
        understood = here.say(LINES[0][0], "en-gb", tmp_path)
        assert understood  # nonsense, as random weights give, but words
        here.send(LINES[0][0])
        turn = here.session.turns[1]
        assert [version.text for version in turn.speech.versions] == [understood, LINES[0][0]]
        assert here.session.turns[2].text
    finally:
        transcriber.close()


def test_espeak_says_a_session_that_a_stand_in_understands(desk, tmp_path: Path) -> None:
    here = desk(FakeTranscriber(*(line for line, _ in LINES)))
    for line, _ in LINES:
        here.send(here.say(line, "en-gb+m3", tmp_path))
    assert [turn.text for turn in here.session.turns if turn.speaker == "trainee"] == [line for line, _ in LINES]
    times = [(turn.speech.began_s, turn.speech.ended_s) for turn in here.session.turns]
    assert all(began <= ended for began, ended in times)


def test_a_persona_sounds_the_same_each_time() -> None:
    voice = open_synthesizer_for("flite")
    one, two = (voice.render("I don't count them.", VoiceStyle(height="low")) for _ in range(2))
    assert np.array_equal(one.samples, two.samples)
