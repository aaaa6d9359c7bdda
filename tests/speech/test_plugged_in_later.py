"""A headset plugged in after the start is found, and looking for it never ends a stream that is open."""

import numpy as np
import pytest

from simpatient.domain.errors import AudioUnavailable
from simpatient.domain.speech import Sound
from simpatient.speech.capture.recorder import DeviceRecorder
from simpatient.speech.playback.sink import DeviceSink
from tests.speech.sound_card import SoundCard


@pytest.fixture
def card() -> SoundCard:
    made = SoundCard()
    made.unplug()
    return made


def ignore(_block: object) -> None:
    """Take a block of sound."""


def test_a_microphone_plugged_in_later_is_opened(card: SoundCard) -> None:
    recorder = DeviceRecorder(lambda: card)
    with pytest.raises(AudioUnavailable, match="no microphone"), recorder.open(ignore):
        pass
    card.plug_in()
    with recorder.open(ignore):
        assert card.open_streams == 1
    assert card.open_streams == 0


def test_a_loudspeaker_plugged_in_later_is_opened(card: SoundCard) -> None:
    sink = DeviceSink("Loudspeaker|Card", lambda: card)
    sound = Sound(np.zeros(320, np.float32))
    with pytest.raises(AudioUnavailable):
        sink.play(sound)
    card.plug_in()
    assert sink.play(sound) == pytest.approx(sound.duration_s)
    sink.close()
    assert card.open_streams == 0


def test_the_list_of_devices_shows_what_was_plugged_in(card: SoundCard) -> None:
    assert DeviceRecorder(lambda: card).devices() == ()
    card.plug_in()
    assert [each.name for each in DeviceRecorder(lambda: card).devices()] == ["Headset"]
    assert [each.name for each in DeviceSink("", lambda: card).devices()] == ["Loudspeaker"]


def test_a_check_opens_nothing_and_says_what_is_missing(card: SoundCard) -> None:
    recorder, sink = DeviceRecorder(lambda: card), DeviceSink("", lambda: card)
    for check in (recorder.check, sink.check):
        with pytest.raises(AudioUnavailable):
            check()
    card.plug_in()
    recorder.check()
    sink.check()
    assert card.open_streams == 0


def test_while_a_stream_is_open_nothing_is_initialised_anew() -> None:
    card = SoundCard()
    recorder = DeviceRecorder(lambda: card)
    with recorder.open(ignore):
        before = card.initialisations
        assert recorder.devices()
        with pytest.raises(AudioUnavailable, match="is not connected"):
            recorder.check("Another|Card")
        assert card.initialisations == before
    with pytest.raises(AudioUnavailable, match="is not connected"):
        recorder.check("Another|Card")
    assert card.initialisations == before + 1


def test_a_stream_that_failed_to_open_does_not_count_as_open() -> None:
    card = SoundCard()
    card.refuses_with = -9985
    with pytest.raises(AudioUnavailable), DeviceRecorder(lambda: card).open(ignore):
        pass
    before = card.initialisations
    DeviceRecorder(lambda: card).devices()
    assert card.initialisations == before + 1
