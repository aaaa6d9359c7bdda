"""What the conversation itself costs: from the end of the trainee's speech to the patient's first sound, less the stages.

Stages are stand-ins of known delay (recogniser, voice) or measured as they run (the patient's mind); what is left
is threads, queues and storage in memory. Set against the timer jitter of an idle process in the same run.
"""

from collections.abc import Callable
from statistics import quantiles
from time import perf_counter, sleep
from typing import Any

import numpy as np
import pytest

from simpatient.domain.speech import Sound, TalkSettings
from simpatient.services.voice.talk_events import Answered
from tests.benchmarks.conftest import Results
from tests.services.test_talk import Plays, Room, Speaks
from tests.speech_fakes import FakeTranscriber, silence, tone
from tests.world import World

TURNS = 60
RECOGNISING_S, RENDERING_S = 0.04, 0.03
LINES = ("How is the choir?", "It sounds as if you miss the singing.", "How do you sleep?", "Go on.")
COMMAND = "python3 packaging/bootstrap.py test tests/benchmarks/bench_talk.py"


class Course:
    """When each thing of one turn happened, and how long the stages took."""

    def __init__(self) -> None:
        self.ended_s = self.first_sound_s = 0.0
        self.stages_s = 0.0

    def stage(self, work: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*given: Any, **named: Any) -> Any:
            before = perf_counter()
            try:
                return work(*given, **named)
            finally:
                if not self.first_sound_s:
                    self.stages_s += perf_counter() - before

        return timed


@pytest.mark.timeout(600)
def test_own_overhead_of_a_spoken_turn(benchmark, results: Results) -> None:
    room, course = Room(World(), TalkSettings(mode="hands_free", reviews_text=False)), [Course()]
    transcriber, voice, speaker = FakeTranscriber(*LINES * TURNS), Speaks(), Plays(speed=1000.0)
    room.transcriber, room.voice, room.speaker = transcriber, voice, speaker
    recognise, play, reply = transcriber.transcribe, speaker.play, room.world.practise.reply

    def recognised(*given: Any, **named: Any) -> Any:
        course[0].ended_s = course[0].ended_s or perf_counter()
        sleep(RECOGNISING_S)
        return recognise(*given, **named)

    def rendered(text: str, style: object, cancel: object = None) -> Sound:
        sleep(RENDERING_S)
        return Sound(np.full(1600, 0.3, np.float32))

    def played(sound: Sound, cancel: object = None) -> float:
        if sound.samples.any() and not course[0].first_sound_s:
            course[0].first_sound_s = perf_counter()
        return course[0].stage(play)(sound, cancel)

    transcriber.transcribe = lambda *given, **named: course[0].stage(recognised)(*given, **named)
    voice.render = lambda *given: course[0].stage(rendered)(*given)
    speaker.play = played
    room.world.practise.reply = lambda *given, **named: course[0].stage(reply)(*given, **named)
    room.begin()
    overheads = []
    for turn in range(TURNS):
        course[0] = Course()
        room.recorder.say(tone(0.6))
        room.recorder.say(silence(0.6))
        room.wait_for(Answered, turn + 1)
        overheads.append(course[0].first_sound_s - course[0].ended_s - course[0].stages_s)
    room.talk.close()
    own, idle = p95(overheads), p95(jitter())
    results.add(
        "own time from end of speech to first sound, p95, over timer jitter of an idle process (ratio of the two)",
        f"{own * 1000:.1f} ms", f"{idle * 1000:.1f} ms", own / idle, "difference ≤ 60 ms", COMMAND,
    )  # fmt: skip
    benchmark.extra_info.update(own_ms=own * 1000, idle_ms=idle * 1000)
    benchmark.pedantic(lambda: None, rounds=1)


def jitter(step_s: float = 0.01, times: int = 300) -> list[float]:
    """Return by how much sleeping takes longer than asked, seconds."""
    found = []
    for _ in range(times):
        before = perf_counter()
        sleep(step_s)
        found.append(perf_counter() - before - step_s)
    return found


def p95(values: list[float]) -> float:
    return quantiles(values, n=20)[-1]
