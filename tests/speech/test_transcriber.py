"""The transcriber's process: what it promises, and what happens when the process does not."""

import os
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from simpatient.domain.cancellation import CancelToken
from simpatient.domain.errors import Cancelled, ModelUnavailable
from simpatient.speech.recognition.transcriber import WhisperTranscriber, open_transcriber
from tests.hosted_readers import Reader
from tests.speech_fakes import FakeTranscriber
from tests.tiny_whisper import credulous, save_whisper, settings_of

SECOND = 16_000


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    return (np.random.default_rng(seed).standard_normal(int(seconds * SECOND)) * 0.1).astype(np.float32)


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> tuple[Path, str]:
    path = tmp_path_factory.mktemp("weights") / "small.pt"
    return path, save_whisper(path)


@pytest.fixture(params=["whisper", "fake"])
def opened(request, weights):
    if request.param == "whisper":
        return partial(open_transcriber, settings_of(*weights, credulous(), most_tokens=6))
    return FakeTranscriber


@pytest.fixture
def transcriber(opened):
    made = opened()
    yield made
    made.close()


class TestContract:
    def test_it_says_who_recognised(self, transcriber):
        transcriber.prepare()
        found = transcriber.transcribe(noise(2.0), hint="Ray")
        assert found.text
        assert found.model_id == transcriber.model_id != ""
        assert not found.rejected
        assert 0.0 <= found.confidence <= 1.0

    @pytest.mark.parametrize("samples", [np.zeros(0, np.float32), np.zeros(SECOND, np.float32)])
    def test_silence_has_no_words(self, transcriber, samples):
        found = transcriber.transcribe(samples)
        assert found.text == ""
        assert found.rejected

    def test_any_length_and_kind_of_call(self, transcriber):
        for seconds in (0.01, 0.3, 1.0, 12.0):
            for is_final in (False, True):
                assert transcriber.transcribe(noise(seconds), is_final=is_final).text

    def test_the_same_sound_has_the_same_words(self, transcriber):
        assert transcriber.transcribe(noise(1.5)) == transcriber.transcribe(noise(1.5))

    def test_a_cancelled_call_gives_nothing_and_harms_nothing(self, transcriber):
        token = CancelToken()
        token.cancel()
        with pytest.raises(Cancelled):
            transcriber.transcribe(noise(1.0), cancel=token)
        assert transcriber.transcribe(noise(1.0), cancel=CancelToken()).text

    def test_closed_is_closed(self, transcriber):
        transcriber.close()
        for call in (transcriber.prepare, lambda: transcriber.transcribe(noise(1.0))):
            with pytest.raises(ModelUnavailable):
                call()


@pytest.fixture
def hosted(tmp_path):
    made: list[WhisperTranscriber] = []

    def make(fault: str = "", times: int = 0, **limits: float) -> WhisperTranscriber:
        made.append(WhisperTranscriber(partial(Reader, tmp_path, fault, times), "reader@1", **limits))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.mark.parametrize("fault", ["exit", "kill", "hang", "memory", "error"])
def test_a_lost_process_is_replaced_and_the_call_repeated(hosted, fault):
    transcriber = hosted(fault, 1, silence_s=10.0)
    found = transcriber.transcribe(noise(0.5))
    assert found.text == f"{transcriber.pid} any {SECOND // 2}"
    assert found.model_id == "reader@1"


@pytest.mark.parametrize("fault", ["device", "full card"])
def test_after_a_fault_of_the_graphics_card_the_processor_is_used(hosted, fault):
    transcriber = hosted(fault, 1)
    assert transcriber.transcribe(noise(0.5)).text.split()[1] == "cpu"
    assert transcriber.transcribe(noise(0.5)).text.split()[1] == "cpu"


def test_twice_lost_is_one_calm_sentence_and_the_next_call_is_tried(hosted):
    transcriber = hosted("exit", 2)
    with pytest.raises(ModelUnavailable, match="has stopped") as raised:
        transcriber.transcribe(noise(0.5))
    assert "Type instead" in raised.value.action
    assert transcriber.transcribe(noise(0.5)).text


def test_what_a_new_process_cannot_help_is_not_repeated(hosted, tmp_path):
    transcriber = hosted("unavailable", 1)
    with pytest.raises(ModelUnavailable, match=r"This language is not known\. Choose another\."):
        transcriber.transcribe(noise(0.5))
    assert len(list(tmp_path.glob("fault-*"))) == 1
    assert transcriber.transcribe(noise(0.5)).text


def test_weights_that_came_later_are_found(hosted):
    transcriber = hosted("load", 1)
    with pytest.raises(ModelUnavailable, match="There are no weights"):
        transcriber.prepare()
    transcriber.prepare()
    assert transcriber.transcribe(noise(0.5)).text


def test_a_process_that_died_between_calls_costs_none(hosted):
    transcriber = hosted()
    transcriber.start()
    first = transcriber.transcribe(noise(0.5)).text
    os.kill(transcriber.pid, signal.SIGTERM)
    assert transcriber.transcribe(noise(0.5)).text != first


def test_a_cancel_reaches_the_process_and_the_next_call_is_its_own(hosted, tmp_path):
    transcriber, token = hosted("wait"), CancelToken()
    transcriber.prepare()
    pid = transcriber.pid
    threading.Timer(0.3, token.cancel).start()
    with pytest.raises(Cancelled):
        transcriber.transcribe(noise(0.5), cancel=token)
    until = time.monotonic() + 20
    while not (tmp_path / "cancelled").exists() and time.monotonic() < until:
        time.sleep(0.01)
    assert (tmp_path / "cancelled").exists()
    assert transcriber.pid == pid


def test_who_waits_for_another_thread_can_be_cancelled(hosted):
    transcriber, first, second = hosted("wait"), CancelToken(), CancelToken()
    transcriber.prepare()
    ended: list[str] = []

    def guess() -> None:
        try:
            transcriber.transcribe(noise(0.5), is_final=False, cancel=first)
        except Cancelled:
            ended.append("guess")

    thread = threading.Thread(target=guess)
    thread.start()
    time.sleep(0.2)
    threading.Timer(0.2, second.cancel).start()
    with pytest.raises(Cancelled):
        transcriber.transcribe(noise(0.5), cancel=second)
    assert not ended
    first.cancel()
    thread.join(30)
    assert ended == ["guess"]


def test_closing_ends_a_call_under_way(hosted):
    transcriber = hosted("wait")
    transcriber.prepare()
    threading.Timer(0.3, transcriber.close).start()
    with pytest.raises(ModelUnavailable, match="closed"):
        transcriber.transcribe(noise(0.5))
    assert transcriber.pid is None


def test_damaged_weights_are_never_opened(weights, tmp_path):
    path = tmp_path / "weights.pt"
    path.write_bytes(weights[0].read_bytes() + b"x")
    with pytest.raises(ModelUnavailable, match="damaged"):
        open_transcriber(settings_of(path, weights[1], credulous())).prepare()
    path.unlink()
    with pytest.raises(ModelUnavailable, match="weights are not on this computer") as raised:
        open_transcriber(settings_of(path, weights[1], credulous())).prepare()
    assert "typing always works" in raised.value.action


def test_a_language_nobody_knows_is_one_sentence(weights):
    with pytest.raises(ModelUnavailable, match="does not support the language 'xx'"):
        open_transcriber(settings_of(*weights, credulous(), language="xx")).prepare()


def test_the_calling_process_loads_no_torch(weights):
    path, sha = weights
    script = (
        "import sys, numpy as np\n"
        "from pathlib import Path\n"
        "from simpatient.speech.recognition.transcriber import open_transcriber\n"
        "from tests.tiny_whisper import credulous, settings_of\n"
        "if __name__ == '__main__':\n"
        f"    made = open_transcriber(settings_of(Path({str(path)!r}), {sha!r}, credulous(), most_tokens=3))\n"
        "    text = made.transcribe(np.full(16000, 0.1, np.float32)).text\n"
        "    made.close()\n"
        "    print(bool(text), sorted({'torch', 'whisper', 'numba'} & set(sys.modules)))\n"
    )
    file = path.with_name("calling.py")
    file.write_text(script, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, timeout=300, env=environment)
    assert done.stdout.split("\n")[0] == "True []", done.stderr
