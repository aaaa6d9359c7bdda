"""What every decoder of recordings must do, and what files from elsewhere cannot do to the real one."""

import os
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from simpatient.domain.cancellation import CancelToken
from simpatient.domain.errors import Cancelled, ContentError
from simpatient.domain.speech import SAMPLE_RATE
from simpatient.services.voice.ports import RecordedSound
from simpatient.speech.recordings.recording_file import RecordingFiles, RecordingLimits, kind_of
from tests.speech_fakes import FakeDecoder, tone


def stereo(seconds: float, rate: int = SAMPLE_RATE) -> np.ndarray:
    times = np.arange(round(seconds * rate)) / rate
    return np.stack([0.5 * np.sin(2 * np.pi * 300 * times), 0.25 * np.sin(2 * np.pi * 800 * times)], 1).astype("f4")


def written(path: Path, seconds: float = 2.5, rate: int = SAMPLE_RATE, **more: str) -> Path:
    soundfile.write(path, stereo(seconds, rate), rate, **more)
    return path


def heard(decoder, path: Path, cancel=None) -> tuple[np.ndarray, list[RecordedSound]]:
    pieces: list[RecordedSound] = []
    decoder.decode(path, pieces.append, cancel)
    return np.concatenate([piece.samples for piece in pieces]), pieces


@pytest.fixture(params=["fake", "real"])
def decoder(request):
    return FakeDecoder(stereo(2.5)) if request.param == "fake" else RecordingFiles()


def test_a_recording_comes_whole_and_in_order(decoder, tmp_path):
    samples, pieces = heard(decoder, written(tmp_path / "talk.wav"))
    assert samples.shape == (40_000, 2)
    assert samples.dtype == np.float32
    assert np.allclose(samples, stereo(2.5), atol=1e-3)
    assert len(pieces) > 1
    assert all(piece.total_s == pytest.approx(2.5) for piece in pieces)
    starts = np.cumsum([0, *(len(piece.samples) for piece in pieces)][:-1]) / SAMPLE_RATE
    assert [piece.at_s for piece in pieces] == pytest.approx(list(starts))


def test_a_cancel_ends_it(decoder, tmp_path):
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        heard(decoder, written(tmp_path / "talk.wav"), token)


def test_there_must_be_a_file(decoder, tmp_path):
    with pytest.raises(ContentError, match="cannot be read"):
        heard(decoder, tmp_path / "none.wav")


@pytest.mark.parametrize(
    ("name", "rate", "more"),
    [
        ("a.wav", 48_000, {"subtype": "PCM_24"}),
        ("a.wav", 44_100, {"subtype": "FLOAT"}),
        ("a.wav", 8_000, {"subtype": "ULAW"}),
        ("a.flac", 44_100, {}),
        ("a.mp3", 44_100, {}),
        ("a.mp3", 16_000, {}),
        ("a.dat", 48_000, {"format": "FLAC"}),
    ],
)
def test_every_kind_and_rate_sounds_the_same(tmp_path, name, rate, more):
    samples, _ = heard(RecordingFiles(), written(tmp_path / name, 2.0, rate, **more))
    assert len(samples) == pytest.approx(2 * SAMPLE_RATE, rel=0.06)
    middle = samples[SAMPLE_RATE // 2 : SAMPLE_RATE // 2 + SAMPLE_RATE]
    spectrum = np.abs(np.fft.rfft(middle, axis=0))
    assert list(np.argmax(spectrum, axis=0)) == [300, 800]
    assert np.abs(middle).max(axis=0) == pytest.approx([0.5, 0.25], rel=0.1)


def flac_cut_off(path: Path) -> None:
    whole = written(path.with_suffix(".whole.flac"), 20.0).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def wav_cut_off(path: Path) -> None:
    path.write_bytes(written(path.with_suffix(".whole.wav"), 3.0).read_bytes()[:50_000])


BAD = {
    "text.wav": (lambda path: path.write_text("What brings you here? " * 100), "not a WAV, FLAC or MP3"),
    "playlist.wav": (lambda path: path.write_text("#EXTM3U\nfile:///etc/passwd\n"), "not a WAV, FLAC or MP3"),
    "utf16.mp3": (lambda path: path.write_text("words " * 50, encoding="utf-16"), "not a WAV, FLAC or MP3"),
    "empty.wav": (lambda path: path.touch(), "is empty"),
    "head-only.wav": (lambda path: path.write_bytes(b"RIFF\x24\0\0\0WAVE"), "incomplete"),
    "no-sound.wav": (lambda path: soundfile.write(path, np.zeros((0, 1), "f4"), 16_000), "no sound"),
    "cut-off.wav": (wav_cut_off, "incomplete"),
    "cut-off.flac": (flac_cut_off, "incomplete|damaged"),
    "rubbish.flac": (lambda path: path.write_bytes(b"fLaC" + os.urandom(5_000)), "damaged|cannot be read"),
    "rubbish.mp3": (lambda path: path.write_bytes(b"ID3" + os.urandom(5_000)), "damaged|no sound"),
    "aiff.wav": (lambda path: soundfile.write(path, stereo(0.2), 16_000, format="AIFF"), "not a WAV, FLAC or MP3"),
    "folder.wav": (lambda path: path.mkdir(), "not a plain file|cannot be read"),
    "nine.wav": (lambda path: soundfile.write(path, np.zeros((800, 9), "f4"), 16_000), "9 channels"),
    "long.flac": (lambda path: soundfile.write(path, np.zeros(3_000_000, "f4"), 4_000), "longer than 0.2 hours"),
    "large.wav": (lambda path: soundfile.write(path, np.zeros(9_000_000, "f4"), 48_000), "larger than 0.01 GB"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_one_clear_sentence(tmp_path, name):
    make, words = BAD[name]
    make(tmp_path / name)
    limits = RecordingLimits(size_bytes=10_000_000, duration_s=720.0)
    with pytest.raises(ContentError, match=words) as raised:
        heard(RecordingFiles(limits), tmp_path / name)
    assert raised.value.file == str(tmp_path / name)
    assert raised.value.action
    assert str(raised.value).count("\n") == 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in the file system here")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(ContentError, match="not a plain file"):
        heard(RecordingFiles(), tmp_path / "pipe.wav")
    with pytest.raises(ContentError, match="not a plain file"):
        heard(RecordingFiles(), Path("/dev/zero"))


@pytest.mark.skipif(sys.platform != "linux", reason="the limits are Linux's")
def test_a_decoder_beyond_its_memory_or_time_is_stopped(tmp_path):
    path = tmp_path / "wide.wav"
    soundfile.write(path, np.zeros((400_000, 8), "f4"), 384_000)
    with pytest.raises(ContentError, match="too much time or memory"):
        heard(RecordingFiles(RecordingLimits(memory_bytes=1 << 20)), path)
    long = tmp_path / "long.flac"
    soundfile.write(long, np.random.default_rng(0).standard_normal(30_000_000).astype("f4") * 0.1, 16_000)
    with pytest.raises(ContentError, match="too much time or memory"):
        heard(RecordingFiles(RecordingLimits(cpu_s=0)), long)


def test_no_process_is_left_behind(tmp_path):
    path, token = written(tmp_path / "talk.wav", 30.0), CancelToken()
    threading.Timer(1.0, token.cancel).start()
    with pytest.raises(Cancelled):
        RecordingFiles().decode(path, lambda _: time.sleep(0.2), token)
    import multiprocessing

    assert not [child for child in multiprocessing.active_children() if child.name == "simpatient-decoder"]


@given(st.binary(max_size=12))
def test_kinds_are_told_from_any_bytes(head):
    assert kind_of(head) in (None, "wav", "flac", "mp3")


@given(st.text(min_size=4, max_size=60), st.sampled_from(["utf-8", "utf-16", "utf-32", "latin-1"]))
def test_text_is_hardly_ever_taken_for_sound(text, encoding):
    head = text.encode(encoding, "replace")[:12]
    if not head.startswith((b"ID3", b"fLaC", b"RIFF")) and encoding != "latin-1":
        assert kind_of(head) is None


@pytest.mark.slow
def test_mutated_files_never_harm_this_process(tmp_path):
    sources = [written(tmp_path / name, 0.3).read_bytes() for name in ("a.wav", "a.flac", "a.mp3")]
    rng, outcomes = np.random.default_rng(5), []
    for number in range(24):
        raw = bytearray(sources[number % 3])
        for at in rng.integers(4, min(len(raw), 400), 6):
            raw[at] = int(rng.integers(256))
        (tmp_path / "mutated").write_bytes(bytes(raw[: int(rng.integers(20, len(raw)))]))
        try:
            outcomes.append(len(heard(RecordingFiles(), tmp_path / "mutated")[0]))
        except ContentError as error:
            assert error.action
            outcomes.append(-1)
    assert -1 in outcomes


def test_the_fakes_tone_is_a_sound():
    assert tone(0.1).max() > 0.2
