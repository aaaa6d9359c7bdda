"""The hosted voice: whatever happens to the child, the session goes on and nobody waits for ever."""

import os
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path
from random import Random

import psutil
import pytest

from simpatient.domain.cancellation import CancelToken
from simpatient.domain.errors import Cancelled, ModelUnavailable
from simpatient.domain.models.chat import Completion, Message, Sampling
from simpatient.llm.local.engine import TransformersPatientModel
from simpatient.llm.local.host import PatientModelProcess, open_patient_model
from tests.chat_families import family_model
from tests.hosted_voices import FAULTS, FaultyVoice

GREEDY = Sampling(max_tokens=8)
OPENING = (Message(role="system", content="You are Ray."), Message(role="user", content="Begin."))


def talk(*said: str) -> tuple[Message, ...]:
    return (*OPENING, *(Message(role=("user", "assistant")[at % 2], content=text) for at, text in enumerate(said)))


def host(folder: Path, slow_s: float = 0.0, **named: float) -> PatientModelProcess:
    settings = {"silence_s": 5.0, "start_s": 120.0, **named}
    return PatientModelProcess(partial(FaultyVoice, folder, slow_s), lambda: "faulty-voice@1", **settings)


@pytest.fixture
def voice(tmp_path):
    found = host(tmp_path)
    yield found
    found.close()
    assert found.pid is None


def said(voice, messages, *, wants=lambda _: True, cancel=None, session="s") -> tuple[Completion, list[str]]:
    pieces: list[str] = []

    def take(piece: str) -> bool:
        pieces.append(piece)
        return wants(piece)

    completion = voice.speak(session, messages, "Be curt.", GREEDY, take, cancel=cancel)
    assert "".join(pieces) == completion.text
    return completion, pieces


def children() -> list[int]:
    return [child.pid for child in psutil.Process().children() if child.status() == psutil.STATUS_ZOMBIE]


def wait_for(what, seconds: float = 10.0):
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_speaks_as_the_voice_it_hosts(voice, tmp_path):
    voice.start()
    voice.prepare("s", OPENING)
    completion, pieces = said(voice, talk("How are you"))
    assert (completion.text, completion.is_complete, completion.tokens) == ("How are you", True, 3)
    assert pieces == ["How", " are", " you"]
    assert voice.model_id == "faulty-voice@1"
    voice.forget("s")
    wait_for((tmp_path / "forgotten").exists)
    stopped, pieces = said(voice, talk("one two three four"), wants=lambda piece: piece != " two")
    assert (stopped.text, stopped.is_complete) == ("one two", False)


def test_what_was_said_is_read_while_nobody_waits(voice, tmp_path):
    said(voice, talk("How are you"))
    said(voice, talk("How are you", "Fine.", "Really now"))
    wait_for(lambda: (tmp_path / "prepared").exists() and "Really now" in (tmp_path / "prepared").read_text())
    assert "s: assistant: Really now" in (tmp_path / "prepared").read_text()


def test_reading_ahead_that_breaks_the_child_costs_nothing(voice, tmp_path):
    for fault in FAULTS:
        (tmp_path / f"prepare-{fault}").touch()
        assert said(voice, talk("How are you"))[0].is_complete
        wait_for(lambda fault=fault: not (tmp_path / f"prepare-{fault}").exists())
        assert said(voice, talk("How are you"))[0].is_complete


@pytest.mark.parametrize("fault", FAULTS)
def test_a_lost_child_is_replaced_and_the_turn_tried_again(voice, tmp_path, fault):
    voice.prepare("s", OPENING)
    first = voice.pid
    (tmp_path / f"early-{fault}").touch()
    completion, pieces = said(voice, talk("How are you"))
    assert (completion.text, completion.is_complete) == ("How are you", True)
    assert pieces == ["How", " are", " you"]
    assert voice.pid not in (None, first)
    assert not psutil.pid_exists(first)


@pytest.mark.parametrize("fault", FAULTS)
def test_an_answer_begun_ends_where_the_child_was_lost(voice, tmp_path, fault):
    (tmp_path / f"late-{fault}").touch()
    completion, _ = said(voice, talk("one two three four"))
    assert (completion.text, completion.is_complete) == ("one two", False)
    assert said(voice, talk("one two three four"))[0].is_complete


def test_a_child_lost_twice_is_said_in_one_sentence_and_the_next_turn_goes_on(voice, tmp_path):
    for fault in ("kill", "raise"):
        (tmp_path / f"early-{fault}").touch()
    with pytest.raises(ModelUnavailable, match=r"^The language model has stopped\. Continue"):
        said(voice, talk("Hi there"))
    assert said(voice, talk("Hi there"))[0].is_complete


@pytest.mark.skipif(sys.platform == "win32", reason="processes are not stopped by signals there")
def test_a_frozen_child_is_replaced(voice, tmp_path):
    voice.prepare("s", OPENING)
    (tmp_path / "early-freeze").touch()
    assert said(voice, talk("Hi there"))[0].is_complete


@pytest.mark.skipif(sys.platform == "win32", reason="processes are not stopped by signals there")
def test_a_request_too_long_for_the_pipe_of_a_frozen_child_waits_for_nobody(voice, monkeypatch):
    monkeypatch.setattr("simpatient.runtime.child_process.SEND_S", 0.5)
    voice.prepare("s", OPENING)
    psutil.Process(voice.pid).suspend()
    started = time.monotonic()
    assert said(voice, talk("word " * 400_000, "Hm.", "Hi there"))[0].text == "Hi there"
    assert time.monotonic() - started < 20


def test_the_child_is_killed_from_outside_between_turns(voice):
    for _ in range(3):
        said(voice, talk("Hi there"))
        psutil.Process(voice.pid).kill()
        assert said(voice, talk("Hi there"))[0].is_complete
    assert children() == []


def test_a_refusal_in_words_costs_no_child(voice):
    voice.prepare("s", OPENING)
    first = voice.pid
    with pytest.raises(ModelUnavailable, match="too long"):
        said(voice, talk("too long"))
    assert said(voice, talk("Hi"))[0].is_complete
    assert voice.pid == first


def test_a_model_that_cannot_be_loaded_is_refused_in_its_own_words(voice, tmp_path):
    (tmp_path / "unavailable").touch()
    for _ in range(2):
        with pytest.raises(ModelUnavailable, match="no language model here"):
            voice.prepare("s", OPENING)
    (tmp_path / "unavailable").unlink()
    assert said(voice, talk("Hi"))[0].is_complete


@pytest.mark.parametrize("fault", FAULTS)
def test_a_child_lost_while_it_loads_is_replaced(tmp_path, fault):
    (tmp_path / f"load-{fault}").touch()
    voice = host(tmp_path, start_s=20.0)
    assert said(voice, talk("Hi"))[0].is_complete
    voice.close()


def test_a_fresh_child_that_answers_otherwise_is_not_trusted(voice, tmp_path):
    said(voice, talk("Hi"))
    (tmp_path / "other-canary").touch()
    psutil.Process(voice.pid).kill()
    with pytest.raises(ModelUnavailable, match="no longer answers as it did"):
        said(voice, talk("Hi"))
    (tmp_path / "other-canary").unlink()
    assert said(voice, talk("Hi"))[0].is_complete


def test_cancelling_is_heard_at_once_and_the_same_child_goes_on(tmp_path):
    voice, cancel = host(tmp_path, slow_s=0.2), CancelToken()
    voice.prepare("s", OPENING)
    first, pieces = voice.pid, []

    def take(piece: str) -> bool:
        pieces.append(piece)
        cancel.cancel()
        return True

    started = time.monotonic()
    with pytest.raises(Cancelled):
        voice.speak("s", talk("one two three " * 20), "", GREEDY, take, cancel=cancel)
    assert time.monotonic() - started < 10.0
    assert pieces == ["one"]
    assert said(voice, talk("four five"))[1] == ["four", " five"]
    assert voice.pid == first
    voice.close()


def test_a_caller_that_fails_leaves_the_child_ready(voice):
    def complain(_: str) -> bool:
        raise RuntimeError("the window is gone")

    voice.prepare("s", OPENING)
    first = voice.pid
    with pytest.raises(RuntimeError, match="window"):
        voice.speak("s", talk("one two three"), "", GREEDY, complain)
    assert said(voice, talk("four five"))[1] == ["four", " five"]
    assert voice.pid == first


def test_signs_of_life_keep_a_slow_child(tmp_path):
    voice = host(tmp_path, slow_s=0.8, silence_s=4.0)
    assert said(voice, talk("one two three four five six"))[0].is_complete
    voice.close()


def test_closing_never_hangs(tmp_path):
    idle = host(tmp_path)
    idle.close()
    idle.close()
    for fault in ("early-hang", "early-freeze", "load-hang"):
        voice = host(tmp_path, silence_s=300.0, start_s=300.0)
        if fault.startswith("early"):
            voice.prepare("s", OPENING)
        (tmp_path / fault).touch()
        refused: list[str] = []

        def ask(voice=voice, refused=refused) -> None:
            with pytest.raises(ModelUnavailable) as caught:
                said(voice, talk("Hi"))
            refused.append(caught.value.message)

        asking = threading.Thread(target=ask)
        asking.start()
        wait_for(lambda fault=fault: not (tmp_path / fault).exists())
        pid = voice.pid
        started = time.monotonic()
        voice.close()
        asking.join(5)
        assert time.monotonic() - started < 5
        assert refused == ["The language model has stopped."]
        assert not psutil.pid_exists(pid)
        with pytest.raises(ModelUnavailable, match="closed"):
            said(voice, talk("Hi"))


def test_the_child_ends_with_its_parent(tmp_path):
    program = (
        "import os, sys; from pathlib import Path; from functools import partial\n"
        "from simpatient.llm.local.host import PatientModelProcess; from tests.hosted_voices import FaultyVoice\n"
        "from tests.llm.test_host import OPENING\n"
        "if __name__ == '__main__':\n"
        f"    voice = PatientModelProcess(partial(FaultyVoice, Path({str(tmp_path)!r})), str)\n"
        "    voice.prepare('s', OPENING); print(voice.pid, flush=True); os._exit(0)\n"
    )
    (tmp_path / "program.py").write_text(program)
    env = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]),
    }
    done = subprocess.run(
        [sys.executable, tmp_path / "program.py"], capture_output=True, text=True, timeout=60, env=env
    )
    pid = int(done.stdout)
    wait_for(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


def test_importing_the_host_loads_no_torch():
    code = "import sys, simpatient.llm.local.host; print({'torch', 'transformers', 'accelerate'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "set()", done.stderr


@pytest.mark.torch
def test_a_real_model_speaks_the_same_from_its_child_and_after_a_death(tmp_path):
    folder = family_model(tmp_path / "tiny", "llama")
    alone, voice = TransformersPatientModel(folder, device="cpu", threads=1), open_patient_model(folder, threads=1)
    messages = talk("How are you?")
    expected = alone.speak("s", messages, "Be curt.", GREEDY, lambda _: True)
    assert voice.model_id == alone.model_id
    voice.prepare("s", OPENING)
    assert said(voice, messages)[0].text == expected.text
    psutil.Process(voice.pid).kill()
    assert said(voice, messages)[0].text == expected.text
    assert voice._canary == alone.canary()
    voice.close()
    assert children() == []


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("fault", FAULTS)
def test_the_session_goes_on_a_hundred_times(tmp_path, fault):
    voice, random = host(tmp_path, silence_s=1.0, start_s=4.0), Random(FAULTS.index(fault))
    for turn in range(100):
        when = random.choice(["early", "late", "prepare", "load"])
        if when == "load":
            voice.prepare("s", OPENING)
            child = psutil.Process(voice.pid)
            child.kill()
            wait_for(lambda child=child: child.status() == psutil.STATUS_ZOMBIE)
        (tmp_path / f"{when}-{fault}").touch()
        completion, _ = said(voice, talk(f"one two three {turn}"))
        assert completion.text == ("one two" if when == "late" else f"one two three {turn}")
        assert completion.is_complete == (when != "late")
        wait_for(lambda when=when: not (tmp_path / f"{when}-{fault}").exists())
        if when == "prepare":
            assert said(voice, talk("And now"))[0].is_complete
    voice.close()
    assert children() == []


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.torch
def test_a_real_model_killed_at_random_moments_goes_on(tmp_path):
    folder = family_model(tmp_path / "tiny", "llama")
    alone, voice = TransformersPatientModel(folder, device="cpu", threads=1), open_patient_model(folder, threads=1)
    random, long = Random(5), Sampling(max_tokens=200)
    for turn in range(12):
        messages = talk(f"How are you, {turn}?")
        voice.prepare("s", messages)
        threading.Timer(random.uniform(0, 0.6), psutil.Process(voice.pid).kill).start()
        found = voice.speak("s", messages, "", long, lambda _: True)
        expected = alone.speak("s", messages, "", long, lambda _: True)
        assert expected.text.startswith(found.text)
        assert found.text == expected.text or not found.is_complete
        time.sleep(0.6)
    voice.close()
    assert children() == []
