"""The whole of listening, with real speech: recorder, echo gate, detector, endpointing, and words at the end.

Nothing here waits less than a minute: the tape runs faster than real time, the machine may be slow.
"""

from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import numpy as np
import pytest

from simpatient.domain.errors import AudioUnavailable
from simpatient.domain.speech import SAMPLE_RATE, Samples, Sound, SpeechSegment, TalkSettings
from simpatient.services.voice.microphone_listener import MicrophoneListener
from simpatient.services.voice.ports import SpeechEnded
from simpatient.services.voice.turn_gate import GateEvent
from simpatient.speech.capture.endpointing import Endpointing
from simpatient.speech.capture.voice_activity import best_detector
from tests.file_recorder import FileRecorder
from tests.speech.conftest import Say, pink
from tests.speech.sphinx import SphinxTranscriber, word_errors, words_of
from tests.speech_fakes import silence

LIMIT_S = 120.0
SPEED = 8.0
PATIENT = ("I don't know why I came here.", "My wife says I drink too much.", "Yes.", "Well, she is right, I suppose.")
TRAINEE = "What would you like to change?"
LINES = (
    "What brings you here today?",
    "Thank you for telling me.",
    "How long have you felt this way?",
    "What matters most to you right now?",
    "You are worried about your children.",
    "So you feel angry with your brother.",
)


class Talk:
    """A trainee's desk without a sound card: a tape for a microphone, a loudspeaker that stands beside it."""

    def __init__(self, mode: str = "hands_free", *, uses_headphones: bool = False, path: Path | None = None) -> None:
        settings = TalkSettings(mode=mode, patience_s=0.8, uses_headphones=uses_headphones)
        self.recorder = FileRecorder(path, speed=SPEED)
        self.events: list[GateEvent] = []
        self.errors: list[AudioUnavailable] = []
        self.hearing = MicrophoneListener(
            recorder=self.recorder,
            endpointer=Endpointing.chosen(best_detector(), settings),
            on_event=self.events.append,
            on_error=self.errors.append,
            mode=settings.mode,
            uses_headphones=settings.uses_headphones,
            stalls_after_s=LIMIT_S,
        )

    @property
    def segments(self) -> list[SpeechSegment]:
        return [event.segment for event in self.events if isinstance(event, SpeechEnded)]

    def play(self, said: Samples) -> None:
        """The patient speaks: what leaves the loudspeaker is in the microphone a moment later, and then its echo."""
        echoed = np.concatenate([silence(0.05), said, silence(0.12)])
        echoed[-len(said) :] += 0.3 * said
        self.hearing.mute()
        self.recorder.hear(Sound(0.5 * echoed))
        self.until(lambda: self.recorder.left_s <= 0.17)
        self.hearing.unmute()
        self.until(lambda: self.recorder.left_s == 0)

    def say(self, said: Samples) -> None:
        """The trainee speaks, and is silent again."""
        self.recorder.hear(Sound(np.concatenate([said, silence(2)])))
        self.until(lambda: self.recorder.left_s == 0)

    def rest(self, seconds: float) -> None:
        self.recorder.hear(Sound(silence(seconds)))
        self.until(lambda: self.recorder.left_s == 0)

    def until(self, is_true) -> None:
        until = monotonic() + LIMIT_S
        while not is_true():
            assert monotonic() < until, "it did not happen"
            sleep(0.002)


@pytest.fixture
def talk() -> Iterator[Talk]:
    made = Talk()
    made.hearing.start()
    yield made
    made.hearing.close()
    assert made.errors == []


def test_the_program_does_not_answer_itself(talk: Talk, say: Say) -> None:
    for line in PATIENT:
        talk.play(say(line, "rms"))
        talk.rest(2)
    assert talk.events == []
    talk.say(say(TRAINEE, "slt"))
    talk.until(lambda: talk.segments)
    assert len(talk.segments) == 1


def test_without_the_gate_it_would(say: Say) -> None:
    """So the test above can fail: who says there are headphones, and there are none, hears the patient."""
    talk = Talk(uses_headphones=True)
    talk.hearing.start()
    talk.play(say(PATIENT[0], "rms"))
    talk.rest(2)
    talk.until(lambda: talk.segments)
    talk.hearing.close()


def test_with_headphones_the_trainee_may_break_in(say: Say) -> None:
    talk = Talk(uses_headphones=True)
    talk.hearing.start()
    talk.hearing.mute()
    talk.say(say("Wait a moment.", "slt"))
    talk.until(lambda: talk.segments)
    talk.hearing.close()


def test_a_file_is_heard_as_if_it_came_from_a_microphone(tmp_path: Path, say: Say) -> None:
    soundfile = pytest.importorskip("soundfile")
    lines = [np.concatenate([silence(1), say(line, "slt"), silence(2)]) for line in LINES[:3]]
    path = tmp_path / "trainee.flac"
    soundfile.write(path, np.concatenate(lines), SAMPLE_RATE)
    talk = Talk(path=path)
    talk.hearing.start()
    talk.until(lambda: len(talk.segments) == 3)
    talk.hearing.close()
    began = [segment.began_s for segment in talk.segments]
    assert began[1] - began[0] == pytest.approx(len(lines[0]) / SAMPLE_RATE, abs=0.4)


@pytest.mark.parametrize(("mode", "voices"), [("push_to_talk", ("slt",)), ("hands_free", ("slt", "rms"))])
def test_what_flite_says_into_the_microphone_comes_out_as_the_right_words(mode: str, voices, say: Say) -> None:
    """Six lines, 37 words a voice, through the whole of listening: slt's are all right, of rms's two may be wrong."""
    pytest.importorskip("pocketsphinx")
    ears, talk = SphinxTranscriber(), Talk(mode)
    talk.hearing.start()
    errors = dict.fromkeys(voices, 0)
    for number, (voice, line) in enumerate((voice, line) for voice in voices for line in LINES):
        said = say(line, voice)
        _speak(talk, mode, said + pink(len(said) / SAMPLE_RATE + 1, -65)[: len(said)])
        talk.until(lambda wanted=number: len(talk.segments) == wanted + 1)
        found = words_of(ears.transcribe(talk.segments[-1].samples).text)
        errors[voice] += word_errors(words_of(line), found)
    talk.hearing.close()
    ears.close()
    assert errors["slt"] == 0
    assert errors.get("rms", 0) <= 2


def test_the_recogniser_of_the_tests_hears_no_words_in_silence() -> None:
    pytest.importorskip("pocketsphinx")
    heard = SphinxTranscriber().transcribe(silence(1))
    assert (heard.text, heard.confidence, heard.rejected) == ("", 0.0, "silence")


def _speak(talk: Talk, mode: str, said: Samples) -> None:
    if mode == "hands_free":
        talk.say(said)
        return
    talk.hearing.press()
    talk.recorder.hear(Sound(np.concatenate([said, silence(0.3)])))
    talk.until(lambda: talk.recorder.left_s == 0)
    talk.hearing.release()


def test_silence_and_noise_give_a_recogniser_nothing_to_invent_from(talk: Talk) -> None:
    talk.recorder.hear(Sound(np.concatenate([silence(10), pink(10, -40)])))
    talk.until(lambda: talk.recorder.left_s == 0)
    talk.rest(2)
    assert talk.events == []
