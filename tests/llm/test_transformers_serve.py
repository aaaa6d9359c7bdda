"""The remote voice on a real server: ``transformers serve`` on loopback, with a tiny model of random weights."""

import os
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from simpatient.domain.cancellation import CancelToken
from simpatient.domain.errors import Cancelled, ModelUnavailable
from simpatient.domain.models.chat import Message, Request, Sampling
from simpatient.domain.models.servers import RemoteServer
from simpatient.llm.remote.remote_model import RemoteChatModel
from tests.tiny_models import tiny_chat_model

pytestmark = [pytest.mark.slow, pytest.mark.torch]
START_S = 400.0
TALK = [
    Message(role="system", content="You are Nell."),
    Message(role="user", content="What brings you in today?"),
]
GREEDY = Sampling(max_tokens=24)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Return the address and the model's name of a running server."""
    folder = tiny_chat_model(tmp_path_factory.mktemp("served") / "tiny")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder.parent / "log.txt"
    start = "from transformers.cli.transformers import main; main()"
    options = ["serve", str(folder), "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    silent = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    with log.open("wb") as out:
        server = subprocess.Popen([sys.executable, "-c", start, *options], stdout=out, stderr=out, env=silent)
    try:
        _wait(server, port, log)
        yield f"http://127.0.0.1:{port}/v1", str(folder)
    finally:
        server.terminate()
        server.wait(20)


def _wait(server, port, log):
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        assert server.poll() is None, log.read_text(errors="replace")[-3000:]
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2):
                return
        except OSError:
            time.sleep(0.3)
    pytest.fail(f"the server did not start: {log.read_text(errors='replace')[-3000:]}")


@pytest.fixture
def model(served):
    url, name = served
    made = RemoteChatModel(RemoteServer(url=url, model=name, secret="s"), "ann")
    yield made
    made.close()


def test_it_speaks_in_pieces_and_the_same_again(model):
    heard = []
    answer = model.speak("s", TALK, "Say little.", GREEDY, lambda piece: heard.append(piece) or True)
    assert "".join(heard) == answer.text
    assert answer.text
    assert 0 < answer.tokens <= 24
    assert model.speak("s", TALK, "Say little.", GREEDY, lambda _: True).text == answer.text


def test_it_reads_ahead_and_is_cut_off_and_cancelled(model):
    model.prepare("s", TALK)
    long = Sampling(max_tokens=400, temperature=1.0, seed=3)
    stopped = model.speak("s", TALK, "", long, lambda _: False)
    assert not stopped.is_complete
    cancel = CancelToken()
    with pytest.raises(Cancelled):
        model.speak("s", TALK, "", long, lambda _: cancel.cancel() or True, cancel=cancel)
    assert model.speak("s", TALK, "", GREEDY, lambda _: True).text


def test_it_answers_requests(model):
    requests = [Request(messages=(Message(role="user", content=f"{at} 2 3"),)) for at in range(3)]
    found = model.complete(TALK[:1], requests, Sampling(max_tokens=8))
    assert [len(answers) for answers in found] == [1, 1, 1]
    assert model.complete(TALK[:1], requests, Sampling(max_tokens=8)) == found


def test_another_model_is_refused_in_words(served):
    url, _ = served
    other = RemoteChatModel(RemoteServer(url=url, model="other/model"))
    with pytest.raises(ModelUnavailable, match='does not have the model "other/model"'):
        other.prepare("s", TALK)
    other.close()
