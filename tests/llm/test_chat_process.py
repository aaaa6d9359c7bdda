"""Judging in a process of its own: the same answers, progress, and a plain word when it dies or is stopped."""

import os
from functools import partial
from pathlib import Path

import pytest

from simpatient.domain.cancellation import CancelToken
from simpatient.domain.errors import Cancelled, ModelUnavailable
from simpatient.domain.models.chat import Completion, Message, Request, Sampling
from simpatient.llm.local.chat import TransformersChatModel
from simpatient.llm.local.chat_process import ChatProcess
from tests.tiny_models import tiny_chat_model

PREFIX = (Message(role="system", content="Judge."),)
REQUESTS = tuple(Request(messages=(Message(role="user", content=f"Say {n}."),)) for n in range(3))
SAMPLING = Sampling(max_tokens=8, samples=2)


class Echo:
    """Answers with the last words it was shown; the folder's name tells it how to fail."""

    def __init__(self, folder: Path) -> None:
        self._kind = folder.name
        self.model_id = f"echo@{folder.name}"

    def load(self) -> None:
        if self._kind == "unavailable":
            raise ModelUnavailable("It is no model.", "Choose another one.")
        if self._kind == "raises":
            raise ZeroDivisionError
        if self._kind == "dies":
            os._exit(9)

    def complete(self, prefix, requests, sampling, *, cancel=None, on_done=None):
        if self._kind == "hangs":
            import time

            time.sleep(600)
        found = []
        for number, request in enumerate(requests, start=1):
            text = f"{prefix[0].content} {request.messages[-1].content}"
            one = Completion(text=text, tokens=2, log_probability=0, least_log_probability=0, is_complete=True)
            found.append((one,) * sampling.samples)
            on_done(number)
        return tuple(found)


def _process(kind: str, **more: float) -> ChatProcess:
    return ChatProcess(Path("/models") / kind, Echo, **more)


def test_answers_come_back_in_order_with_progress():
    done: list[int] = []
    answers = _process("good").complete(PREFIX, REQUESTS, SAMPLING, on_done=done.append)
    assert [[one.text for one in each] for each in answers] == [[f"Judge. Say {n}."] * 2 for n in range(3)]
    assert done == [1, 2, 3]
    assert _process("good").complete(PREFIX, (), SAMPLING) == ()
    assert _process("good").model_id == "echo@good"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("unavailable", "It is no model."),
        ("raises", r"The model failed \(ZeroDivisionError\)"),
        ("dies", "process ended"),
    ],
)
def test_a_model_that_fails_is_said_plainly(kind, words):
    with pytest.raises(ModelUnavailable, match=words):
        _process(kind).complete(PREFIX, REQUESTS, SAMPLING)


def test_it_can_be_stopped_and_does_not_wait_for_ever():
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        _process("hangs").complete(PREFIX, REQUESTS, SAMPLING, cancel=token)
    with pytest.raises(ModelUnavailable, match="in time"):
        _process("hangs", timeout_s=1.0).complete(PREFIX, REQUESTS, SAMPLING)


@pytest.mark.torch
def test_a_real_model_answers_as_it_does_in_the_same_process(tmp_path):
    folder = tiny_chat_model(tmp_path / "tiny")
    # One thread each: the order of sums, and so the last digit, depends on how many there are.
    alone = partial(TransformersChatModel, threads=1)
    here, apart = alone(folder), ChatProcess(folder, alone)
    here.load()
    assert apart.model_id == here.model_id
    assert apart.complete(PREFIX, REQUESTS, SAMPLING) == here.complete(PREFIX, REQUESTS, SAMPLING)
