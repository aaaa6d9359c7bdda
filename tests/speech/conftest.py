"""Speech rendered on the spot by flite and espeak-ng, and noises, for every test of the ears."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from simpatient.domain.speech import SAMPLE_RATE, Samples
from tests.file_recorder import read_sound

Say = Callable[[str, str], Samples]
FLITE = ("slt", "rms", "awb", "kal16")
ESPEAK = ("en-us", "en-gb", "en-us+f3", "en-gb-x-rp", "en-us+m3", "en-us+f2")


@pytest.fixture(scope="session")
def say(tmp_path_factory: pytest.TempPathFactory) -> Say:
    """Returns a text read by a voice of flite or espeak-ng, at the one rate, without noise."""
    missing = [name for name in ("flite", "espeak-ng") if shutil.which(name) is None]
    if missing:
        pytest.skip(f"not installed here: {', '.join(missing)} (Debian packages of the same names)")
    folder, known = tmp_path_factory.mktemp("speech"), dict[tuple[str, str], Samples]()

    def said(text: str, voice: str = "slt") -> Samples:
        if (text, voice) not in known:
            known[text, voice] = rendered(text, voice, folder / "said.wav")
        return known[text, voice]

    return said


def rendered(text: str, voice: str, path: Path) -> Samples:
    """Return a text read by a voice; ``path`` is written on the way."""
    flite = ["flite", "-voice", voice, "-t", text, "-o", str(path)]
    espeak = ["espeak-ng", "-v", voice, "-w", str(path), text]
    subprocess.run(flite if voice in FLITE else espeak, check=True, capture_output=True, timeout=120)
    return read_sound(path)


def white(seconds: float, db: float, seed: int = 0) -> Samples:
    noise = np.random.default_rng(seed).standard_normal(round(seconds * SAMPLE_RATE))
    return _at(noise, db)


def pink(seconds: float, db: float, seed: int = 0) -> Samples:
    """Noise with equal power in every octave, as of wind, traffic and fans."""
    count = round(seconds * SAMPLE_RATE)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 1))
    return _at(np.fft.irfft(spectrum, count), db)


def hum(seconds: float, db: float) -> Samples:
    """Mains hum with its harmonics."""
    times = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return _at(sum(np.sin(2 * np.pi * 50 * times * n) / n for n in (1, 2, 3, 5)), db)


def clicks(seconds: float, db: float, seed: int = 0) -> Samples:
    """A keyboard: six short, dull knocks a second, each of 5 to 60 ms."""
    rng, count = np.random.default_rng(seed), round(seconds * SAMPLE_RATE)
    sound = np.zeros(count)
    for at in rng.integers(0, max(1, count - 2000), round(seconds * 6)):
        length = int(rng.integers(80, 1000))
        sound[at : at + length] += rng.standard_normal(length) * np.exp(-np.arange(length) / (length / 6))
    return _at(sound, db)


def _at(sound: np.ndarray, db: float) -> Samples:
    """Bring a sound to a level, in decibels below full scale (root mean square)."""
    loudness = float(np.sqrt(np.mean(sound**2)))
    return (sound / max(loudness, 1e-12) * 10 ** (db / 20)).astype(np.float32)
