"""Reading by the real library with random weights: windows, equality with the library, doubt, cancelling."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simpatient.domain.errors import Cancelled
from simpatient.speech.recognition import whisper_decoding
from simpatient.speech.recognition.hallucination import WindowReading
from simpatient.speech.recognition.pauses import pieces_at_pauses, quietest
from simpatient.speech.recognition.whisper_decoding import frames_of
from simpatient.speech.recognition.whisper_reading import ReadingRequest, WhisperReader
from tests.tiny_whisper import SMALL, TRUE_TINY, credulous, rules, save_whisper, settings_of

SECOND = 16_000


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    return (np.random.default_rng(seed).standard_normal(int(seconds * SECOND)) * 0.1).astype(np.float32)


def stock(reader: WhisperReader, samples: np.ndarray, tokens: int, prompt: str | None = None) -> str:
    """Return what the library itself writes."""
    found = reader.model.transcribe(
        samples, temperature=0, without_timestamps=True, sample_len=tokens, fp16=False, initial_prompt=prompt
    )
    return found["text"].strip()


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> tuple[Path, str]:
    path = tmp_path_factory.mktemp("weights") / "small.pt"
    return path, save_whisper(path, SMALL)


@pytest.fixture(scope="module")
def reader(small) -> WhisperReader:
    return WhisperReader(settings_of(*small, credulous(), most_tokens=10))


@pytest.mark.parametrize("seconds", [1.0, 4.0, 4.0037, 28.99])
def test_the_whole_window_gives_the_librarys_own_words(reader, seconds):
    clip = noise(seconds, seed=round(seconds))
    found = reader.read_window(clip, 30.0)
    assert found.text == stock(reader, clip, 10) != ""


def test_with_a_hint_too(reader):
    clip = noise(3.0)
    assert reader.read_window(clip, 30.0, "Ray, Annika").text == stock(reader, clip, 10, "Ray, Annika")


def test_the_true_shape_of_tiny_gives_the_librarys_own_words(tmp_path):
    sha = save_whisper(tmp_path / "tiny.pt", TRUE_TINY)
    reader = WhisperReader(settings_of(tmp_path / "tiny.pt", sha, credulous(), most_tokens=6, least_window_s=30.0))
    clip = noise(4.0)
    assert reader.read(ReadingRequest(clip)).text == stock(reader, clip, 6) != ""
    assert reader.model.encoder.positional_embedding.shape == (1500, 384)


def test_a_short_clip_costs_a_short_window(reader, monkeypatch):
    taken: list[int] = []
    kept = reader.model.encoder.register_forward_hook(lambda _m, mel, _out: taken.append(mel[0].shape[-1]))
    for seconds in (0.2, 4.0, 14.0, 28.5):
        assert reader.read(ReadingRequest(noise(seconds))).text
    kept.remove()
    assert taken == [1000, 1000, 1500, 2950]
    assert reader.model.encoder.positional_embedding.shape[0] == 1500


def test_every_second_of_a_long_spell_is_read_once(reader, monkeypatch):
    heard: list[np.ndarray] = []
    real = whisper_decoding.decode

    def watched(model, samples, *arguments, **more):
        heard.append(samples)
        return real(model, samples, *arguments, **more)

    monkeypatch.setattr("simpatient.speech.recognition.whisper_reading.decode", watched)
    segment = noise(70.0)
    segment[22 * SECOND : int(22.4 * SECOND)] = 0.0
    found = reader.read(ReadingRequest(segment))
    assert np.array_equal(np.concatenate(heard), segment)
    assert len(heard[0]) / SECOND == pytest.approx(22.2, abs=0.2)
    assert max(map(len, heard)) <= 29 * SECOND
    assert len(found.text.split()) > 10
    heard.clear()
    assert reader.read(ReadingRequest(segment, is_final=False)).text
    assert len(heard) == 1


class Doubting:
    """Says what the windows of a reader hold, by their length."""

    def __init__(self, **readings: WindowReading) -> None:
        self._readings = readings
        self.windows: list[float] = []

    def __call__(self, _samples, window_s: float, _hint: str = "", _cancel=None) -> WindowReading:
        self.windows.append(window_s)
        return self._readings["whole" if window_s == 30.0 else "quick"]


SURE = WindowReading("I hear you.", -0.3, 0.01, 0.9, 0.9)
UNSURE = WindowReading("I here you.", -1.2, 0.01, 0.9, 0.4)
CIRCLES = WindowReading("no I " * 20, -0.2, 0.01, 9.0, 0.9)
NOTHING = WindowReading("Thank you.", -1.4, 0.9, 0.6, 0.2)


@pytest.mark.parametrize(
    ("quick", "whole", "is_final", "text", "rejected", "windows"),
    [
        (SURE, UNSURE, True, SURE.text, "", 1),
        (UNSURE, SURE, True, SURE.text, "", 2),
        (UNSURE, SURE, False, UNSURE.text, "", 1),
        (UNSURE, CIRCLES, True, UNSURE.text, "", 2),
        (CIRCLES, SURE, True, SURE.text, "", 2),
        (CIRCLES, CIRCLES, True, "", "repetition", 2),
        (NOTHING, SURE, True, "", "silence", 1),
    ],
)
def test_what_is_in_doubt_is_read_again_in_the_whole_window(
    small, monkeypatch, quick, whole, is_final, text, rejected, windows
):
    reader = WhisperReader(settings_of(*small, rules()))
    doubting = Doubting(quick=quick, whole=whole)
    monkeypatch.setattr(reader, "read_window", doubting)
    found = reader.read(ReadingRequest(noise(2.0), is_final=is_final))
    assert (found.text, found.rejected, len(doubting.windows)) == (text, rejected, windows)


def test_random_weights_are_not_believed_by_the_rules_that_ship(small):
    found = WhisperReader(settings_of(*small, rules())).read(ReadingRequest(noise(3.0)))
    assert found.text == ""
    assert found.rejected


class After:
    """Cancelled from the n-th look on."""

    def __init__(self, looks: int) -> None:
        self.looks = looks

    @property
    def is_cancelled(self) -> bool:
        self.looks -= 1
        return self.looks < 0


def test_a_cancel_is_seen_between_tokens_and_leaves_nothing_behind(reader):
    before = reader.read(ReadingRequest(noise(2.0)))
    after = After(4)
    with pytest.raises(Cancelled):
        reader.read(ReadingRequest(noise(2.0)), after)
    assert after.looks == -1
    assert reader.read(ReadingRequest(noise(2.0))) == before
    assert reader.model.encoder.positional_embedding.shape[0] == 1500


def test_two_hundred_clips_under_a_second_are_all_read(small):
    reader = WhisperReader(settings_of(*small, credulous(), most_tokens=2))
    clips = [noise(1.0, seed=number)[: 1 + number * 79] for number in range(200)]
    assert all(reader.read(ReadingRequest(clip)).text for clip in clips)


def test_sound_that_is_no_number_harms_nothing(reader):
    clip = noise(1.0)
    clip[5:9] = np.nan, np.inf, -np.inf, np.nan
    assert reader.read(ReadingRequest(clip)).text
    assert reader.read(ReadingRequest(np.full(SECOND, np.nan, np.float32))).rejected == "silence"


def test_windows_are_what_the_encoder_can_take():
    assert [frames_of(seconds) for seconds in (10.0, 10.001, 29.999, 30.0, 31.0)] == [1000, 1002, 3000, 3000, 3000]


@given(st.integers(0, 5000), st.integers(1, 60), st.integers(1, 60))
def test_pieces_are_the_whole_and_none_too_long(frames, shortest, more):
    samples = np.random.default_rng(frames).standard_normal(frames * 80).astype(np.float32)
    pieces = list(pieces_at_pauses(samples, shortest * 320, (shortest + more) * 320))
    assert np.array_equal(np.concatenate(pieces), samples)
    assert all(len(piece) <= (shortest + more) * 320 for piece in pieces)
    assert all(len(piece) >= shortest * 320 for piece in pieces[:-1])


def test_the_quietest_moment_is_found():
    samples = noise(3.0)
    samples[SECOND : int(1.3 * SECOND)] = 0.0
    assert SECOND <= quietest(samples) <= 1.3 * SECOND
