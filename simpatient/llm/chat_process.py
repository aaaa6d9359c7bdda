"""A chat model of this computer for one long piece of work, in a process that is ended afterwards.

For judging, where minutes are fine and the window's own process must stay free of models. Must not know what is asked.
"""

import contextlib
import multiprocessing
import signal
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from simpatient.domain.cancellation import Cancellation, stop_if_cancelled
from simpatient.domain.chat import Completion, Message, Request, Sampling
from simpatient.domain.errors import ModelUnavailable
from simpatient.domain.ports import ChatModel, OnDone
from simpatient.llm.chat import TransformersChatModel

_DEAD = (EOFError, BrokenPipeError, ConnectionError, OSError)
_LOOK_EVERY_S = 0.2
_SMALLER = "Choose a smaller model, or close other programs."


class ChatProcess:
    """The ``ChatModel`` port; each call loads the model in a child, asks it and ends the child.

    Args:
        folder: The model's folder.
        make_model: Makes the model from its folder in the child; must be importable by name.
        timeout_s: Longest silence of the child, loading included.
    """

    def __init__(
        self,
        folder: Path,
        make_model: Callable[[Path], ChatModel] = TransformersChatModel,
        *,
        timeout_s: float = 1800.0,
    ) -> None:
        self._folder = folder
        self._make_model = make_model
        self._timeout_s = timeout_s

    @property
    def model_id(self) -> str:
        """Folder name and hash of all its model files; reads the files, loads nothing."""
        return self._make_model(self._folder).model_id

    def complete(
        self,
        prefix: Sequence[Message],
        requests: Sequence[Request],
        sampling: Sampling,
        *,
        cancel: Cancellation | None = None,
        on_done: OnDone | None = None,
    ) -> tuple[tuple[Completion, ...], ...]:
        """Answer several requests that begin alike; see ``domain.ports.ChatModel``.

        Raises:
            ModelUnavailable: The model cannot be run here, or its process died.
            Cancelled: ``cancel`` was set.
        """
        if not requests:
            return ()
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe(duplex=False)
        work = (self._make_model, self._folder, tuple(prefix), tuple(requests), sampling)
        child = context.Process(target=_serve, args=(theirs, *work), name="simpatient-judge", daemon=True)
        child.start()
        theirs.close()  # else the child's death would not close the pipe
        try:
            return self._answers(ours, cancel, on_done)
        finally:
            if child.is_alive():
                child.kill()
            child.join()
            ours.close()

    def _answers(
        self, pipe: Connection, cancel: Cancellation | None, on_done: OnDone | None
    ) -> tuple[tuple[Completion, ...], ...]:
        while True:
            told = _heard(pipe, self._timeout_s, cancel)
            if told[0] == "answers":
                return tuple(tuple(each) for each in told[1])
            if told[0] == "unavailable":
                raise ModelUnavailable(told[1], told[2])
            if on_done is not None:
                on_done(told[1])


def _heard(pipe: Connection, timeout_s: float, cancel: Cancellation | None) -> tuple[Any, ...]:
    end = time.monotonic() + timeout_s
    while not pipe.poll(_LOOK_EVERY_S):
        stop_if_cancelled(cancel)
        if time.monotonic() > end:
            raise ModelUnavailable("The model did not answer in time.", _SMALLER)
    try:
        told: tuple[Any, ...] = pipe.recv()
    except _DEAD as error:
        raise ModelUnavailable("The model ended its process, most likely for want of memory.", _SMALLER) from error
    return told


def _serve(
    pipe: Connection,
    make_model: Callable[[Path], ChatModel],
    folder: Path,
    prefix: Sequence[Message],
    requests: Sequence[Request],
    sampling: Sampling,
) -> None:
    """Answer and end; runs in the child."""
    # Ctrl-C in a terminal reaches the whole group; the parent decides when the child ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        model = make_model(folder)
        load: Callable[[], None] | None = getattr(model, "load", None)
        if load is not None:
            load()
        told: tuple[Any, ...] = (
            "answers",
            model.complete(prefix, requests, sampling, on_done=lambda done: pipe.send(("done", done))),
        )
    except ModelUnavailable as error:
        told = ("unavailable", error.message, error.action)
    except Exception as error:  # the parent must get an answer, whatever the library raised
        told = ("unavailable", f"The model failed ({type(error).__name__}).", "Choose another model.")
    with contextlib.suppress(*_DEAD):
        pipe.send(told)
