"""What every detector does; that silero's network is run as its authors run it; how each holds out against noise."""

import subprocess
import sys

import numpy as np
import pytest

from simpatient.domain.errors import AudioUnavailable
from simpatient.domain.speech import SAMPLE_RATE, Samples
from simpatient.services.voice.ports import VoiceDetector
from simpatient.speech.capture import voice_activity
from simpatient.speech.capture.voice_activity import Levelled, SileroDetector, WebRtcDetector, best_detector
from tests.speech.conftest import ESPEAK, FLITE, Say, clicks, hum, pink, white
from tests.speech_fakes import FakeDetector, silence, tone

SENTENCE = "So you have been sleeping badly, and your wife is worried about you."


def chances(detector: VoiceDetector, samples: Samples) -> np.ndarray:
    size = detector.block
    return np.array([detector.chance(samples[at : at + size]) for at in range(0, len(samples) - size + 1, size)])


def levelled() -> VoiceDetector:
    return Levelled(SileroDetector())


@pytest.fixture(params=[levelled, SileroDetector, WebRtcDetector, FakeDetector])
def detector(request: pytest.FixtureRequest) -> VoiceDetector:
    return request.param()


def test_a_voice_is_likely_and_silence_is_not(detector: VoiceDetector, say: Say) -> None:
    heard = chances(detector, say(SENTENCE, "slt"))
    assert ((heard >= 0) & (heard <= 1)).all()
    assert (heard > 0.5).mean() > 0.5
    detector.reset()
    assert chances(detector, silence(3)).max() < 0.2


def test_after_a_reset_the_past_is_forgotten(detector: VoiceDetector, say: Say) -> None:
    said = say(SENTENCE, "rms")
    fresh = chances(detector, said)
    chances(detector, white(2, -20))
    detector.reset()
    assert chances(detector, said).tolist() == fresh.tolist()


def test_sound_louder_than_full_scale_is_no_error(detector: VoiceDetector) -> None:
    heard = chances(detector, tone(0.5, loudness=3.0))
    assert np.isfinite(heard).all()


@pytest.mark.torch
def test_silero_gives_what_its_own_package_gives(say: Say) -> None:
    silero_vad = pytest.importorskip("silero_vad")
    torch = pytest.importorskip("torch")
    theirs = silero_vad.load_silero_vad(onnx=True)
    said = np.concatenate([say(SENTENCE, "slt"), silence(1), say(SENTENCE, "en-gb"), white(2, -40)])
    blocks = [said[at : at + 512] for at in range(0, len(said) - 511, 512)]
    wanted = np.array([theirs(torch.from_numpy(block), SAMPLE_RATE).item() for block in blocks])
    assert np.abs(chances(SileroDetector(), said) - wanted).max() < 1e-6


def test_silero_is_taken_where_it_is_here_and_torch_is_not_loaded() -> None:
    script = (
        "import sys; from simpatient.speech.capture.voice_activity import best_detector\n"
        "assert not {'onnxruntime', 'webrtcvad'} & set(sys.modules), 'loaded before it is needed'\n"
        "print(type(best_detector()._detector).__name__, 'torch' in sys.modules, 'silero_vad' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300, check=True)
    assert done.stdout.split() == ["SileroDetector", "False", "False"]


def test_without_the_network_the_filter_takes_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voice_activity, "find_spec", lambda name: None)
    with pytest.raises(AudioUnavailable, match="missing"):
        SileroDetector()
    assert isinstance(best_detector(), WebRtcDetector)


def test_without_any_detector_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voice_activity, "find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "webrtcvad", None)
    with pytest.raises(AudioUnavailable, match="Install"):
        best_detector()


@pytest.mark.parametrize("voice", [*FLITE, *ESPEAK])
@pytest.mark.parametrize(("noise", "ratio_db"), [(white, 20), (pink, 20), (pink, 10), (hum, 10), (clicks, 10)])
def test_a_voice_in_noise_is_still_found(say: Say, voice: str, noise, ratio_db: float) -> None:
    said = say(SENTENCE, voice)
    level = 10 * np.log10(np.mean(said**2))
    heard = chances(levelled(), said + noise(len(said) / SAMPLE_RATE, level - ratio_db)[: len(said)])
    assert (heard > 0.5).mean() > 0.5


@pytest.mark.parametrize("noise", [white, pink, hum, clicks])
@pytest.mark.parametrize("db", [-60, -40, -25])
def test_noise_alone_is_no_voice(noise, db: float) -> None:
    assert chances(levelled(), noise(20, db)).max() < 0.2


def test_a_quiet_microphone_is_heard_because_its_sound_is_made_louder(say: Say) -> None:
    """Single words, 30 dB less than usual: the bare network loses more than a third of them."""
    words = [0.03 * say(word, voice) for voice in ("kal16", "awb", "en-us") for word in ("Ah.", "No.", "Well.", "Oh.")]
    found = {}
    for name, detector in (("levelled", levelled()), ("bare", SileroDetector())):
        found[name] = 0
        for word in words:
            detector.reset()
            loud = np.flatnonzero(np.abs(word) > 0.0006)
            found[name] += bool(chances(detector, word[loud[0] : loud[-1] + 1]).max() > 0.5)
    assert found["levelled"] == 12
    assert found["bare"] < 8
