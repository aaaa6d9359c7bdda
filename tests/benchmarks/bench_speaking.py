"""What speaking costs beside the engine itself, and how fast engines render.

A stub of an engine with a known delay and a loudspeaker that notes its first sample stand at the ends of the path
"first sentence complete" to "first audio"; what is left after the engine's own time is ours.
"""

import shutil
from pathlib import Path
from statistics import median, quantiles
from threading import Event
from time import monotonic, perf_counter

import pytest
import yaml

from simpatient.bootstrap.clock import SystemClock
from simpatient.domain.cancellation import Cancellation, CancelToken
from simpatient.domain.speech import Sound, VoiceStyle
from simpatient.patient.realisation.delivery import SentenceStream
from simpatient.services.voice.speech_output import SpeechOutput
from simpatient.speech.synthesis.voice_book import VoiceBook
from simpatient.speech.synthesis.voices import open_synthesizer
from tests.benchmarks.conftest import Results
from tests.file_sink import FileSink
from tests.speech_fakes import FakeSynthesizer, tone

COMMAND = "python3 packaging/bootstrap.py test tests/benchmarks/bench_speaking.py"
TURNS, RENDER_S, LIMIT_MS = 100, 0.05, 60.0
TEXT = "I've not been sleeping, and I go out in the mornings so that nobody sees me at home. "
VOICES = Path(__file__).parents[2] / "assets" / "speech" / "voices.yaml"


class TimedSynthesizer(FakeSynthesizer):
    """Takes ``RENDER_S``, and notes how long that really was."""

    took_s = 0.0

    def render(self, text: str, style: VoiceStyle, cancel: Cancellation | None = None) -> Sound:
        began_s = monotonic()
        Event().wait(RENDER_S)
        self.took_s = monotonic() - began_s
        return Sound(tone(0.02))


class TimedSink(FileSink):
    """Notes when it was given the first sound."""

    first_s = 0.0

    def play(self, sound: Sound, cancel: Cancellation | None = None) -> float:
        self.first_s = self.first_s or monotonic()
        return super().play(sound, cancel)


def _overhead_s() -> float:
    engine, sink = TimedSynthesizer(), TimedSink(speed=0)
    words = SentenceStream(VoiceStyle())
    complete_s = monotonic()
    SpeechOutput(engine, sink, SystemClock()).say(words.add(TEXT), lambda sentence: None, CancelToken())
    return sink.first_s - complete_s - engine.took_s


def _late_s() -> float:
    began_s = monotonic()
    Event().wait(0.005)
    return monotonic() - began_s - 0.005


def _p95(values: list[float]) -> float:
    return quantiles(values, n=20)[-1]


def test_own_overhead_from_sentence_to_sound(results: Results) -> None:
    taken, late = [], []
    for _ in range(TURNS):
        taken.append(_overhead_s())
        late.append(_late_s())
    above_ms = (_p95(taken) - _p95(late)) * 1000
    results.add(
        "From the first sentence to its sound, p95, beside the engine",
        f"{_p95(taken) * 1000:.1f} ms",
        f"idle timer {_p95(late) * 1000:.1f} ms",
        above_ms / LIMIT_MS,
        "≤ 1 (of 60 ms)",
        COMMAND,
    )
    assert above_ms <= LIMIT_MS


@pytest.mark.parametrize("engine", ["flite", "espeak-ng"])
def test_an_engine_renders_faster_than_it_speaks(engine: str, results: Results) -> None:
    if shutil.which(engine) is None:
        pytest.skip(f"{engine} is not installed")
    synthesizer = open_synthesizer(VoiceBook.model_validate(yaml.safe_load(VOICES.read_text("utf-8"))), engine)
    ratios = []
    for _ in range(5):
        began_s = perf_counter()
        sound = synthesizer.render(TEXT, VoiceStyle())
        ratios.append((perf_counter() - began_s) / sound.duration_s)
    share = median(ratios)
    results.add(f"{engine} renders a sentence", f"{share:.3f} s", "1 s of sound", share, "< 1", COMMAND)
    assert share < 1.0
