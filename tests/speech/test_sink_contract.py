"""What every loudspeaker does, whatever is behind it; then what only the real ones can."""

from collections.abc import Callable
from pathlib import Path
from threading import Timer
from time import monotonic

import numpy as np
import pytest

from simpatient.domain.cancellation import CancelToken
from simpatient.domain.errors import AudioUnavailable
from simpatient.domain.speech import SAMPLE_RATE, Samples, Sound
from simpatient.services.voice.ports import Sink
from simpatient.speech.playback.sink import DeviceSink
from tests.file_recorder import FileRecorder, read_sound
from tests.file_sink import FileSink
from tests.speech.sound_card import SoundCard
from tests.speech_fakes import FakeSink, silence, tone

SINKS: dict[str, Callable[[], Sink]] = {
    "file": lambda: FileSink(speed=20.0),
    "device": lambda: DeviceSink(library=lambda: SoundCard(rate=48_000)),
    "fake": FakeSink,
}


@pytest.fixture(params=SINKS)
def sink(request: pytest.FixtureRequest) -> Sink:
    return SINKS[request.param]()


def test_a_whole_sound_is_heard_to_the_sample(sink: Sink) -> None:
    for rate in (SAMPLE_RATE, 22_050):
        sound = Sound(tone(0.5317), rate)
        assert sink.play(sound, CancelToken()) == sound.duration_s
    sink.close()


def test_after_a_cancel_nothing_is_heard(sink: Sink) -> None:
    cancel = CancelToken()
    cancel.cancel()
    assert sink.play(Sound(tone(1.0)), cancel) == 0.0
    sink.close()


def test_no_sound_takes_no_time(sink: Sink) -> None:
    assert sink.play(Sound(silence(0.0))) == 0.0
    sink.close()


def test_there_is_one_default_loudspeaker(sink: Sink) -> None:
    assert len(sink.devices()) == 1
    sink.close()


@pytest.mark.parametrize("new", [lambda: FileSink(), lambda: DeviceSink(library=lambda: _card(speed=1.0))])
def test_a_cancel_stops_the_sound_and_says_how_much_was_heard(new: Callable[[], Sink]) -> None:
    sink, cancel, began_s = new(), CancelToken(), monotonic()
    Timer(0.3, cancel.cancel).start()
    heard_s = sink.play(Sound(tone(60.0)), cancel)
    assert 0.0 < heard_s <= monotonic() - began_s + 0.02
    assert heard_s < 30.0
    sink.close()


def _card(**settings: float) -> SoundCard:
    card = SoundCard(rate=48_000)
    for name, value in settings.items():
        setattr(card, name, value)
    return card


def _sounding(samples: Samples) -> Samples:
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    return samples[loud[0] : loud[-1] + 1]


def test_the_device_gets_the_sound_at_its_own_rate_without_a_gap() -> None:
    card = SoundCard(rate=44_100, channels=2)
    sink = DeviceSink(library=lambda: card)
    sink.play(Sound(tone(1.0, 440.0)))
    sink.close()
    sounded = _sounding(card.sounded)
    assert len(sounded) == pytest.approx(44_100, abs=60)
    loudest = np.argmax(np.abs(np.fft.rfft(sounded)))
    assert loudest * 44_100 / len(sounded) == pytest.approx(440, abs=2)
    assert np.sqrt(np.mean(sounded**2)) == pytest.approx(0.3 / np.sqrt(2), rel=0.01)


def test_what_the_device_got_before_a_cancel_is_what_is_reported_less_its_latency() -> None:
    card, cancel = _card(latency_s=0.02), CancelToken()
    sink = DeviceSink(library=lambda: card)
    asked = 40

    class AfterBlocks:
        @property
        def is_cancelled(self) -> bool:
            return sum(bool(np.abs(block).max() > 0.01) for block in card.heard) >= asked

    heard_s = sink.play(Sound(tone(10.0)), AfterBlocks())
    before = len(_sounding(card.sounded))
    sink.play(Sound(silence(0.2)), cancel)
    sink.close()
    assert len(_sounding(card.sounded)) == before  # nothing of it came later
    assert heard_s == pytest.approx(before / 48_000 - 0.02, abs=0.001)
    assert before / 48_000 == pytest.approx(asked * 0.01, abs=0.021)


def test_a_device_with_a_long_buffer_is_emptied_and_opened_again() -> None:
    card, cancel = _card(latency_s=0.3), CancelToken()
    sink = DeviceSink(library=lambda: card)
    Timer(0.05, cancel.cancel).start()
    sink.play(Sound(tone(60.0)), cancel)
    assert card.open_streams == 0
    card.latency_s = 0.005
    assert sink.play(Sound(tone(0.1))) == Sound(tone(0.1)).duration_s
    sink.close()
    assert card.open_streams == 0


@pytest.mark.parametrize(
    ("code", "words"),
    [(-9985, "Another program"), (-9999, "did not let"), (-9996, "no loudspeaker"), (-1, "cannot be opened")],
)
def test_a_refusal_is_told_in_words(code: int, words: str) -> None:
    for name in ("refuses_with", "starts_with"):
        card = _card(**{name: code})
        with pytest.raises(AudioUnavailable, match=words) as raised:
            DeviceSink(library=lambda card=card: card).play(Sound(tone(0.1)))
        assert raised.value.action


def test_a_device_that_breaks_off_is_told_and_can_come_back() -> None:
    card = _card(breaks_after=5)
    sink = DeviceSink(library=lambda: card)
    with pytest.raises(AudioUnavailable, match="stopped working"):
        sink.play(Sound(tone(5.0)))
    card.breaks_after = None
    assert sink.play(Sound(tone(0.1))) == Sound(tone(0.1)).duration_s
    sink.close()


def test_a_loudspeaker_that_is_not_here_and_no_portaudio() -> None:
    with pytest.raises(AudioUnavailable, match="Other"):
        DeviceSink("Other|Card", library=SoundCard).play(Sound(tone(0.1)))
    assert DeviceSink("Loudspeaker|Card", library=lambda: SoundCard(rate=48_000)).devices()[0].id == "Loudspeaker|Card"

    def missing() -> SoundCard:
        raise AudioUnavailable("PortAudio is missing.")

    assert DeviceSink(library=missing).devices() == ()
    with pytest.raises(AudioUnavailable, match="PortAudio"):
        DeviceSink(library=missing).play(Sound(tone(0.1)))


def test_a_file_holds_exactly_what_was_heard(tmp_path: Path) -> None:
    sink = FileSink(tmp_path / "out.wav", speed=0)
    sink.play(Sound(tone(0.3)))
    sink.play(Sound(tone(0.2)))
    sink.close()
    assert len(read_sound(tmp_path / "out.wav")) == len(sink.heard.samples) == round(0.5 * SAMPLE_RATE)
    np.testing.assert_allclose(sink.heard.samples, np.concatenate([tone(0.3), tone(0.2)]))


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(AudioUnavailable, match=r"out\.wav"):
        FileSink(tmp_path / "missing" / "out.wav").close()


def test_a_microphone_beside_hears_the_whole_sound() -> None:
    recorder = FileRecorder()
    heard: list[Samples] = []
    sink = FileSink(beside=recorder)
    with recorder.open(lambda block: heard.append(block.samples)):
        sink.play(Sound(tone(1.0)))
        until = monotonic() + 30
        while recorder.left_s and monotonic() < until:
            pass
    energy = float(np.sum(np.concatenate(heard) ** 2))
    assert energy == pytest.approx(float(np.sum(tone(1.0) ** 2)), rel=0.1)
