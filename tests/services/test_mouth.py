"""Speaking a turn: what was heard and what was not, whatever breaks in or breaks down."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from statistics import quantiles
from threading import Event, Timer
from time import monotonic

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simpatient.bootstrap.clock import SystemClock
from simpatient.domain.cancellation import CancelToken
from simpatient.domain.errors import AudioUnavailable
from simpatient.domain.speech import DeliveredSentence, Sound
from simpatient.services.voice.speech_output import SpeechOutcome, SpeechOutput, spoken_prefix
from tests.file_sink import FileSink
from tests.speech_fakes import FakeSink, FakeSynthesizer, silence, tone

TEXTS = ("I've not been sleeping.", "It's nothing much.", "There are people with real trouble.")
WHOLE = " ".join(TEXTS)


def sentences(*texts: str, pause_s: float = 0.0) -> list[DeliveredSentence]:
    return [DeliveredSentence(text=text, aloud=text.strip("…"), pause_s=pause_s) for text in texts]


class Scene:
    """A mouth made of fakes, the captions it gave, and a token that is cancelled at a second of what is played."""

    def __init__(self, cancel_at_s: float | None = None) -> None:
        self.synthesizer, self.sink, self.cancel = FakeSynthesizer(), FakeSink(), CancelToken()
        self.captions: list[str] = []
        self._cancel_at_s = cancel_at_s
        self.sink.before_block = self._look
        self.mouth = SpeechOutput(self.synthesizer, self.sink, SystemClock())

    def say(self, given: list[DeliveredSentence]) -> SpeechOutcome:
        return self.mouth.say(iter(given), lambda sentence: self.captions.append(sentence.text), self.cancel)

    def _look(self, at_s: float) -> None:
        if self._cancel_at_s is not None and at_s >= self._cancel_at_s - 1e-9:
            self.cancel.cancel()


def test_all_is_heard_in_order() -> None:
    scene = Scene()
    said = scene.say(sentences(*TEXTS, pause_s=0.25))
    assert (said.heard, said.unheard, said.was_interrupted, said.failed) == (WHOLE, "", False, None)
    assert scene.captions == list(TEXTS) == scene.synthesizer.rendered
    assert scene.sink.played_s == pytest.approx(0.75 + 0.01 * sum(map(len, TEXTS)), abs=0.001)
    scene.mouth.close()
    assert scene.synthesizer.is_closed
    assert scene.sink.is_closed


def test_a_pause_of_any_length_is_no_interruption() -> None:
    said = Scene().say(sentences("Well.", pause_s=0.123456789))
    assert (said.heard, said.was_interrupted) == ("Well.", False)


def test_broken_off_in_a_pause() -> None:
    scene = Scene(cancel_at_s=0.3)
    said = scene.say(sentences("Well, then.", pause_s=2.0))
    assert (said.heard, said.unheard, said.was_interrupted, scene.captions) == ("", "Well, then.", True, [])


def test_broken_off_before_anything() -> None:
    scene = Scene()
    scene.cancel.cancel()
    said = scene.say(sentences(*TEXTS))
    assert (said.heard, said.unheard, scene.captions, scene.sink.played_s) == ("", WHOLE, [], 0.0)


def test_broken_off_within_a_word_leaves_that_word_unheard() -> None:
    scene = Scene(cancel_at_s=0.10)
    said = scene.say(sentences(*TEXTS))
    assert said.heard == "I've not"
    assert f"{said.heard} {said.unheard}" == WHOLE
    assert scene.captions == [TEXTS[0]]


def test_broken_off_between_sentences() -> None:
    scene = Scene(cancel_at_s=0.01 * len(TEXTS[0]))
    said = scene.say(sentences(*TEXTS))
    assert (said.heard, said.was_interrupted) == (TEXTS[0], True)
    assert f"{said.heard} {said.unheard}" == WHOLE


def test_a_sentence_that_cannot_be_spoken_keeps_its_caption() -> None:
    scene = Scene()
    scene.synthesizer.fails_at = {TEXTS[1]}
    said = scene.say(sentences(*TEXTS))
    assert said.heard == WHOLE
    assert said.failed is not None
    assert scene.captions == list(TEXTS)


def test_what_only_the_eye_reads_is_shown_after_its_pause() -> None:
    scene = Scene()
    said = scene.say(sentences("…", pause_s=2.5))
    assert (said.heard, scene.captions, scene.sink.played_s) == ("…", ["…"], pytest.approx(2.5))
    assert scene.synthesizer.rendered == []


def test_no_loudspeaker_is_told_before_anything_is_shown_as_heard() -> None:
    scene = Scene()
    scene.sink.error = AudioUnavailable("There is no loudspeaker.")
    with pytest.raises(AudioUnavailable):
        scene.say(sentences(*TEXTS))


def test_a_loudspeaker_that_breaks_off_leaves_captions() -> None:
    scene = Scene()
    scene.sink.error, scene.sink.breaks_after_s = AudioUnavailable("The loudspeaker stopped working."), 0.4
    said = scene.say(sentences(*TEXTS, pause_s=0.1))
    assert (said.heard, said.unheard, said.failed) == (WHOLE, "", scene.sink.error)
    assert scene.captions == list(TEXTS)


def test_a_slow_stream_is_spoken_as_it_comes() -> None:
    scene, spoken_first = Scene(), Event()

    def slow() -> Iterator[DeliveredSentence]:
        yield sentences(TEXTS[0])[0]
        assert spoken_first.wait(30)  # only goes on when the first was begun
        yield sentences(TEXTS[1])[0]

    said = scene.mouth.say(slow(), lambda sentence: spoken_first.set(), scene.cancel)
    assert said.heard == " ".join(TEXTS[:2])


def test_an_error_of_the_stream_is_not_swallowed() -> None:
    def broken() -> Iterator[DeliveredSentence]:
        yield sentences(TEXTS[0])[0]
        raise ValueError("the stream broke")

    with pytest.raises(ValueError, match="the stream broke"):
        Scene().mouth.say(broken(), lambda sentence: None, CancelToken())


WORDS = st.lists(st.text("abcdefgé'.,…", min_size=1, max_size=9), min_size=1, max_size=12).map(" ".join)


@given(WORDS, st.floats(0.0, 3.0), st.floats(0.0, 3.0), st.floats(0.0, 0.3), st.floats(0.0, 0.3))
@settings(max_examples=300, deadline=None)
def test_heard_and_unheard_are_the_whole_and_more_time_is_more_words(
    text: str, one_s: float, other_s: float, lead_s: float, tail_s: float
) -> None:
    sound = Sound(np.concatenate([silence(lead_s), tone(1.0), silence(tail_s)]))
    less, more = (spoken_prefix(text, sound, at_s) for at_s in sorted((one_s, other_s)))
    for heard, rest in (less, more):
        assert f"{heard} {rest}".split() == text.split()
    assert more[0].startswith(less[0])
    played_share = (min(one_s, other_s) - lead_s) / 1.0
    if min(one_s, other_s) < sound.duration_s - 0.001:
        assert len(less[0]) <= max(0.0, played_share + 0.01) * len(text)


@given(st.lists(WORDS, min_size=1, max_size=4), st.floats(0.0, 2.0), st.floats(0.0, 0.4))
@settings(max_examples=100, deadline=None)
def test_no_word_of_a_turn_is_lost_or_told_twice(texts: list[str], at_s: float, pause_s: float) -> None:
    scene = Scene(cancel_at_s=at_s)
    given_ = sentences(*texts, pause_s=pause_s)
    said = scene.say(given_)
    assert f"{said.heard} {said.unheard}".split() == " ".join(one.text for one in given_).split()
    assert said.was_interrupted == bool(said.unheard)


def _jitter_s(count: int = 100) -> float:
    """Return how late a timer of an idle process is, p95, seconds."""
    late = []
    for _ in range(count):
        began_s = monotonic()
        Event().wait(0.005)
        late.append(monotonic() - began_s - 0.005)
    return quantiles(late, n=20)[-1]


def test_five_hundred_barge_ins_stop_in_time_and_keep_what_was_heard() -> None:
    rng = random.Random(5)
    # Nearly all of the time is waiting, so a few of them wait side by side.
    with ThreadPoolExecutor(4) as few:
        told = list(few.map(_barge_in, [rng.uniform(0.0, 0.12) for _ in range(500)]))
    for said, after_s, told_s, sounded_s in told:
        assert f"{said.heard} {said.unheard}".strip() == WHOLE
        # The fakes say a letter in 2 ms: whoever knows the words knows how long they took.
        assert len(said.heard) * 0.002 <= sounded_s + 1e-6
        assert said.ended_s <= told_s + after_s + 0.001
    assert max(after_s for _, after_s, _, _ in told) <= 0.2 + max(_jitter_s(), 0.0)


def _barge_in(at_s: float) -> tuple[SpeechOutcome, float, float, float]:
    """Return what was said, how long after the cancel the sound stopped, when, and how much was sounded."""
    sink, cancel, cancelled = FileSink(), CancelToken(), []

    def barge_in() -> None:
        cancelled.append(monotonic())
        cancel.cancel()

    timer = Timer(at_s, barge_in)
    mouth = SpeechOutput(FakeSynthesizer(seconds_a_letter=0.002), sink, SystemClock())
    timer.start()
    said = mouth.say(iter(sentences(*TEXTS, pause_s=0.02)), lambda sentence: None, cancel)
    stopped_s = monotonic()
    timer.join()
    return said, stopped_s - cancelled[0], cancelled[0], sink.heard.duration_s
