"""What listening costs beside the detector itself, and what it takes of the time there is.

The same minute of speech with pauses goes through the whole path (a recorder's blocks, the ring, the
listening thread, gate, endpointing, meter) and through the bare detector.
"""

from pathlib import Path
from threading import Event

import numpy as np
import pytest

from simpatient.domain.speech import SAMPLE_RATE, Samples
from simpatient.services.voice.microphone_listener import MicrophoneListener
from simpatient.services.voice.ports import ListeningEvent, SpeechEnded
from simpatient.speech.capture.endpointing import Endpointing, Timing
from simpatient.speech.capture.voice_activity import SileroDetector, best_detector
from tests.benchmarks.conftest import Results, interleaved
from tests.speech.conftest import rendered
from tests.speech_fakes import FakeRecorder, blocks_of, silence

COMMAND = "python3 packaging/bootstrap.py test tests/benchmarks/bench_listening.py"
ROUNDS = 9
LINES = ("What brings you here today?", "You are worried about your children.", "How long have you felt this way?")
SECONDS = 50.0
PATIENT = Timing(patience_s=0.8)


def _minute(folder: Path) -> Samples:
    parts = [part for line in LINES for part in (rendered(line, "slt", folder / "said.wav"), silence(2.0))]
    sound = np.concatenate(parts)
    return np.tile(sound, 20)[: round(SECONDS * SAMPLE_RATE)]


class Desk:
    """Hears a minute through everything there is between a recorder and an event."""

    def __init__(self, said: Samples) -> None:
        self._said = np.concatenate([said, silence(2.0)])
        self._is_heard = Event()
        self._segments = 0
        self._wanted = -1
        self.recorder = FakeRecorder()
        self.hearing = MicrophoneListener(
            recorder=self.recorder,
            endpointer=Endpointing(best_detector(), PATIENT),
            on_event=self._on_event,
            on_error=lambda error: None,
            mode="hands_free",
            stalls_after_s=600.0,
        )
        self.hearing.start()

    def _on_event(self, event: ListeningEvent) -> None:
        self._segments += isinstance(event, SpeechEnded)
        if self._segments == self._wanted:
            self._is_heard.set()

    def count(self) -> int:
        """Return how many segments are in it, by hearing it once without a thread."""
        endpointer = Endpointing(best_detector(), PATIENT)
        events = [event for block in blocks_of(self._said) for event in endpointer.feed(block)]
        return sum(isinstance(event, SpeechEnded) for event in events)

    def hear(self, segments: int) -> None:
        self._is_heard.clear()
        self._segments, self._wanted = 0, segments
        self.recorder.say(self._said)
        assert self._is_heard.wait(600)


@pytest.mark.timeout(900)
def test_listening_beside_the_bare_detector(benchmark, results: Results, tmp_path: Path) -> None:
    said = _minute(tmp_path)
    desk, detector = Desk(said), SileroDetector()
    segments = desk.count()
    assert segments >= 10

    def bare(_: int) -> None:
        for at in range(0, len(said) - 511, 512):
            detector.chance(said[at : at + 512])

    ours, baseline = interleaved(lambda _: desk.hear(segments), bare, ROUNDS)
    desk.hearing.close()
    name = "listening (ring, thread, gate, endpointing, meter, detector) / bare detector, a second of speech"
    told = [f"{1000 * seconds / SECONDS:.2f} ms" for seconds in (ours, baseline)]
    results.add(name, told[0], told[1], ours / baseline, "≤ 2", COMMAND)
    name = "sound listened to / time that took, one thread"
    results.add(name, f"{SECONDS:.0f} s", f"{ours:.2f} s", SECONDS / ours, "≥ 20", COMMAND)
    benchmark.extra_info["ratio"] = ours / baseline
    benchmark.pedantic(lambda: None, rounds=1)
