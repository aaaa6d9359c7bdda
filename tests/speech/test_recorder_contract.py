"""What every recorder does, whatever is behind it; then what only the real ones can."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event
from time import monotonic, sleep

import numpy as np
import pytest

from simpatient.domain.errors import AudioUnavailable
from simpatient.domain.speech import SAMPLE_RATE, Samples, Sound, SoundBlock
from simpatient.services.voice.device_test import record_sample
from simpatient.services.voice.ports import Recorder
from simpatient.speech.capture.recorder import DeviceRecorder
from tests.file_recorder import FileRecorder, read_sound
from tests.speech.sound_card import SoundCard
from tests.speech_fakes import FakeRecorder, silence, tone

LIMIT_S = 60.0


class Heard:
    """Collects blocks and waits for enough of them."""

    def __init__(self) -> None:
        self.blocks: list[SoundBlock] = []
        self._enough = Event()
        self._wanted = 0

    def __call__(self, block: SoundBlock) -> None:
        self.blocks.append(block)
        if self._wanted and self.count >= self._wanted:
            self._enough.set()

    @property
    def count(self) -> int:
        return sum(len(block.samples) for block in self.blocks)

    @property
    def samples(self) -> Samples:
        return np.concatenate([block.samples for block in self.blocks])

    def wait_for(self, seconds: float) -> None:
        self._wanted = round(seconds * SAMPLE_RATE)
        if self.count < self._wanted:
            assert self._enough.wait(LIMIT_S)


def wait_until(is_true: Callable[[], bool]) -> None:
    until = monotonic() + LIMIT_S
    while not is_true():
        assert monotonic() < until, "it did not happen"
        sleep(0.01)


def _device(sound: Samples) -> tuple[Recorder, Callable[[], None]]:
    return DeviceRecorder(lambda: SoundCard(sound=sound)), lambda: None


def _resampled_device(sound: Samples) -> tuple[Recorder, Callable[[], None]]:
    at_48k = np.repeat(sound, 3) if not len(sound) else _stretched(sound, 48_000)
    return DeviceRecorder(lambda: SoundCard(48_000, 2, at_48k)), lambda: None


def _file(sound: Samples) -> tuple[Recorder, Callable[[], None]]:
    recorder = FileRecorder(speed=20)
    recorder.hear(Sound(sound))
    return recorder, lambda: None


def _fake(sound: Samples) -> tuple[Recorder, Callable[[], None]]:
    recorder = FakeRecorder()
    return recorder, lambda: recorder.say(np.concatenate([sound, silence(1)]))


def _stretched(sound: Samples, rate: int) -> Samples:
    at = np.arange(round(len(sound) * rate / SAMPLE_RATE)) * SAMPLE_RATE / rate
    return np.interp(at, np.arange(len(sound)), sound).astype(np.float32)


@pytest.fixture(params=[_device, _resampled_device, _file, _fake], ids=["device", "device-48k", "file", "fake"])
def make(request: pytest.FixtureRequest) -> Callable[[Samples], tuple[Recorder, Callable[[], None]]]:
    return request.param


def test_hands_on_what_is_said_in_order(make) -> None:
    said = np.concatenate([tone(0.5, 300), tone(0.5, 600)])
    recorder, speak = make(said)
    heard = Heard()
    with recorder.open(heard):
        speak()
        heard.wait_for(1.2)
    assert all(block.samples.dtype == np.float32 and block.samples.ndim == 1 for block in heard.blocks)
    first, second = heard.samples[2000:6000], heard.samples[10000:14000]
    assert _height(first) == pytest.approx(300, abs=5)
    assert _height(second) == pytest.approx(600, abs=5)
    assert np.abs(heard.samples).max() == pytest.approx(0.3, rel=0.1)
    times = [block.at_s for block in heard.blocks]
    assert times == sorted(times)


def test_nothing_comes_after_the_context_is_left(make) -> None:
    recorder, speak = make(tone(3))
    heard = Heard()
    with recorder.open(heard):
        speak()
        heard.wait_for(0.1)
    count = heard.count
    speak()
    sleep(0.3)
    assert heard.count == count


def test_can_be_opened_again(make) -> None:
    recorder, speak = make(tone(0.2))
    for _ in range(3):
        heard = Heard()
        with recorder.open(heard):
            speak()
            heard.wait_for(0.2)


def test_names_its_devices_and_opens_each(make) -> None:
    recorder, speak = make(tone(0.5))
    (device,) = recorder.devices()
    assert device.is_default
    heard = Heard()
    with recorder.open(heard, device.id):
        speak()
        heard.wait_for(0.2)


def test_a_device_that_is_not_here_is_refused_in_plain_words(make) -> None:
    recorder, _ = make(tone(0.1))
    with pytest.raises(AudioUnavailable, match="is not connected") as error, recorder.open(lambda _: None, "gone"):
        pass
    assert error.value.action


def test_an_error_of_the_caller_comes_through(make) -> None:
    recorder, _ = make(tone(0.1))
    with pytest.raises(KeyError), recorder.open(lambda _: None):
        raise KeyError("the caller's")


# --- the device -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "words"), [(-9985, "Another program"), (-9996, "no microphone"), (-9999, "did not let"), (-1, "cannot be")]
)
def test_what_portaudio_refuses_is_said_in_one_sentence(code: int, words: str) -> None:
    card = SoundCard()
    card.refuses_with = code
    with pytest.raises(AudioUnavailable, match=words) as error, DeviceRecorder(lambda: card).open(lambda _: None):
        pass
    assert error.value.action


def test_without_a_microphone_there_are_no_devices_and_opening_says_so() -> None:
    card = SoundCard(channels=0)
    recorder = DeviceRecorder(lambda: card)
    assert recorder.devices() == ()
    with pytest.raises(AudioUnavailable, match="There is no microphone"), recorder.open(lambda _: None):
        pass


def test_without_portaudio_there_are_no_devices_and_opening_says_what_to_install() -> None:
    def missing() -> object:
        raise AudioUnavailable("PortAudio is missing.", "Install it.")

    recorder = DeviceRecorder(missing)
    assert recorder.devices() == ()
    with pytest.raises(AudioUnavailable, match="Install it"), recorder.open(lambda _: None):
        pass


def test_a_device_that_breaks_off_is_told_on_leaving_and_closed() -> None:
    card = SoundCard(sound=tone(1))
    card.breaks_after = 5
    heard = Heard()
    context = DeviceRecorder(lambda: card).open(heard)
    context.__enter__()
    heard.wait_for(0.1)
    wait_until(lambda: card.has_broken)
    with pytest.raises(AudioUnavailable, match="stopped working"):
        context.__exit__(None, None, None)
    assert heard.count == 5 * 320
    assert card.open_streams == 0


def test_a_device_that_refuses_to_start_is_closed_again() -> None:
    card = SoundCard()
    card.starts_with = -9985
    with pytest.raises(AudioUnavailable, match="Another program"), DeviceRecorder(lambda: card).open(lambda _: None):
        pass
    assert card.open_streams == 0


def test_a_device_that_cannot_even_be_closed_is_told() -> None:
    card = SoundCard()
    card.is_gone = True
    with pytest.raises(AudioUnavailable, match="stopped working"), DeviceRecorder(lambda: card).open(lambda _: None):
        pass


def test_a_computer_without_the_library_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(AudioUnavailable, match="libportaudio2"), DeviceRecorder().open(lambda _: None):
        pass
    assert DeviceRecorder().devices() == ()


def test_a_device_that_is_lost_has_stopped_hearing_with_one_error() -> None:
    card = SoundCard()
    card.breaks_after = 5
    with pytest.raises(AudioUnavailable, match="stopped working"):
        record_sample(DeviceRecorder(lambda: card), 2.0, stalls_after_s=0.5)


def test_a_microphone_that_is_not_allowed_gives_only_zeros_and_is_told() -> None:
    card = SoundCard()
    card.noise, card.speed = 0.0, 200.0
    with pytest.raises(AudioUnavailable, match="privacy settings"):
        record_sample(DeviceRecorder(lambda: card), 4.0)


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000, 96_000])
def test_other_rates_are_filtered_and_not_decimated(rate: int) -> None:
    """A tone above 8 kHz would fold back into speech if samples were just left out."""
    times = np.arange(rate) / rate
    low = 0.3 * np.sin(2 * np.pi * 440 * times)
    high = 0.3 * np.sin(2 * np.pi * 9_000 * times) if rate > 18_000 else 0 * times
    card = SoundCard(rate, 1, (low + high).astype(np.float32))
    heard = Heard()
    with DeviceRecorder(lambda: card).open(heard):
        heard.wait_for(0.9)
    spectrum = np.abs(np.fft.rfft(heard.samples[1600:14_400] * np.hanning(12_800)))
    hertz = np.fft.rfftfreq(12_800, 1 / SAMPLE_RATE)
    wanted = spectrum[np.abs(hertz - 440) < 20].max()
    folded = spectrum[np.abs(hertz - 440) > 60].max()
    assert 20 * np.log10(folded / wanted) < -60
    assert heard.blocks[-1].at_s - heard.blocks[0].at_s > 0


def test_sound_for_which_there_is_no_room_is_counted_and_nobody_waits() -> None:
    card = SoundCard(sound=tone(20))
    card.speed = 1000.0
    held = Event()
    recorder = DeviceRecorder(lambda: card)
    with recorder.open(lambda _: held.wait(LIMIT_S) and None):
        wait_until(lambda: card.given > 6 * SAMPLE_RATE)
        held.set()
    assert recorder.lost_s > 0


def test_portaudio_itself_opens_a_device_and_closes_it(tmp_path: Path) -> None:
    """The real library over ALSA's null device, in a process of its own: no sound card is needed for that."""
    sounddevice = pytest.importorskip("sounddevice", reason="needs PortAudio", exc_type=(ImportError, OSError))
    assert sounddevice.get_portaudio_version()[0]
    if not sys.platform.startswith("linux") or not Path("/usr/share/alsa/alsa.conf").exists():
        pytest.skip("needs ALSA's configuration (Debian package libasound2-data)")
    config = tmp_path / "asound.conf"
    config.write_text("</usr/share/alsa/alsa.conf>\npcm.testmic { type null }\n", encoding="utf-8")
    script = (
        "from simpatient.speech.capture.recorder import DeviceRecorder\n"
        "from threading import Event\n"
        "r = DeviceRecorder(); d = r.devices(); assert [x.name for x in d] == ['testmic'], d\n"
        "for device in ('', d[0].id):\n"
        "    came = Event()\n"
        "    try:\n"
        "        with r.open(lambda b: came.set(), device): assert came.wait(30)\n"
        "    except Exception as e: assert 'nothing but silence' in str(e), e\n"
        "print('heard')\n"
    )
    environment = {**os.environ, "ALSA_CONFIG_PATH": str(config)}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.stdout.strip() == "heard", done.stderr[-2000:]


# --- the file ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["wav", "flac"])
def test_a_file_is_heard_and_then_silence(tmp_path: Path, ending: str) -> None:
    soundfile = pytest.importorskip("soundfile")
    path = tmp_path / f"said.{ending}"
    soundfile.write(path, np.stack([_stretched(tone(0.5, 500), 44_100)] * 2, axis=1), 44_100)
    recorder, heard = FileRecorder(path, speed=20), Heard()
    with recorder.open(heard):
        heard.wait_for(1.0)
    assert _height(heard.samples[1000:7000]) == pytest.approx(500, abs=5)
    assert np.abs(heard.samples[8200:]).max() == 0
    assert recorder.devices()[0].name == path.name


@pytest.mark.parametrize("content", [b"", b"not sound at all", b"RIFF\x00\x00\x00\x00WAVE"])
def test_a_file_that_is_no_sound_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.wav"
    path.write_bytes(content)
    with pytest.raises(AudioUnavailable, match=r"bad\.wav"):
        read_sound(path)
    with pytest.raises(AudioUnavailable, match="missing"), FileRecorder(tmp_path / "missing.wav").open(lambda _: None):
        pass


def test_the_tape_stands_still_while_nobody_records() -> None:
    recorder = FileRecorder(speed=20)
    recorder.hear(Sound(tone(2)))
    with recorder.open(lambda _: None):
        sleep(0.02)
    left = recorder.left_s
    sleep(0.3)
    assert recorder.left_s == left
    heard = Heard()
    with recorder.open(heard):
        heard.wait_for(0.02)
    assert np.abs(heard.blocks[0].samples).max() > 0.1


def test_in_real_time_a_second_takes_a_second() -> None:
    recorder, heard = FileRecorder(), Heard()
    started = monotonic()
    with recorder.open(heard):
        heard.wait_for(1.0)
    assert monotonic() - started >= 0.98
    assert heard.blocks[0].at_s == pytest.approx(started, abs=10)


def _height(samples: Samples) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * SAMPLE_RATE / len(samples)
