"""What every endpointer does, with a tone for a voice."""

from collections.abc import Callable

import numpy as np
import pytest

from simpatient.domain.speech import SAMPLE_RATE, Samples
from simpatient.services.voice.ports import Endpointer, ListeningEvent, SpeechBegan, SpeechEnded
from simpatient.speech.capture.endpointing import Endpointing, Timing
from tests.speech_fakes import FakeDetector, FakeEndpointer, blocks_of, silence, tone

PATIENCE_S = 0.4


@pytest.fixture(
    params=[FakeEndpointer, lambda s: Endpointing(FakeDetector(), Timing(patience_s=s))], ids=["fake", "real"]
)
def endpointer(request: pytest.FixtureRequest) -> Endpointer:
    return request.param(PATIENCE_S)


def fed(endpointer: Endpointer, samples: Samples, at_s: float = 100.0) -> list[ListeningEvent]:
    return [event for block in blocks_of(samples, at_s) for event in endpointer.feed(block)]


def test_a_voice_between_silences_is_one_spell(endpointer: Endpointer) -> None:
    began, ended = fed(endpointer, np.concatenate([silence(1), tone(0.8), silence(2)]))
    assert isinstance(began, SpeechBegan)
    assert isinstance(ended, SpeechEnded)
    assert began.at_s == pytest.approx(101.0, abs=0.04)
    assert ended.segment.began_s == began.at_s
    assert ended.segment.ended_s == pytest.approx(101.8, abs=0.04)
    assert len(ended.segment.samples) >= 0.75 * SAMPLE_RATE
    assert ended.segment.samples.dtype == np.float32
    assert len(endpointer.so_far()) == 0


def test_a_short_pause_does_not_end_it_and_a_long_one_does(endpointer: Endpointer) -> None:
    pauses = np.concatenate([tone(0.5), silence(0.25), tone(0.5), silence(1), tone(0.5), silence(1)])
    segments = [event.segment for event in fed(endpointer, pauses) if isinstance(event, SpeechEnded)]
    assert [segment.ended_s - segment.began_s for segment in segments] == pytest.approx([1.25, 0.5], abs=0.07)


def test_silence_is_nothing(endpointer: Endpointer) -> None:
    assert fed(endpointer, silence(3)) == []
    assert endpointer.finish() is None


def test_while_somebody_speaks_there_is_sound_so_far_and_it_grows(endpointer: Endpointer) -> None:
    fed(endpointer, tone(0.5))
    first = len(endpointer.so_far())
    fed(endpointer, tone(0.5), 100.5)
    assert 0 < first < len(endpointer.so_far())


def test_finish_ends_a_spell_at_once_and_is_ready_for_the_next(endpointer: Endpointer) -> None:
    fed(endpointer, tone(0.5))
    segment = endpointer.finish()
    assert segment is not None
    assert len(segment.samples) == 0.5 * SAMPLE_RATE
    assert endpointer.finish() is None
    assert [type(event) for event in fed(endpointer, tone(0.5), 200.0)] == [SpeechBegan]


def test_reset_drops_everything(endpointer: Endpointer) -> None:
    fed(endpointer, tone(0.5))
    endpointer.reset()
    assert len(endpointer.so_far()) == 0
    assert endpointer.finish() is None
    assert fed(endpointer, silence(2), 101.0) == []


def test_an_empty_block_changes_nothing(endpointer: Endpointer) -> None:
    make: Callable[[float], Samples] = silence
    assert fed(endpointer, make(0)) == []
    assert [endpointer.feed(block) for block in blocks_of(tone(0.02))]
