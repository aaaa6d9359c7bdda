"""The child's side of a child process: answers its parent's requests one at a time until the parent is gone.

Every message is about a numbered request, so that what is left of an abandoned one cannot be taken for part of
the next. Must not know what the worker does. Importing this module loads no heavy library.
"""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from enum import IntEnum
from multiprocessing.connection import Connection
from typing import Any, Protocol

from simpatient.domain.errors import Cancelled, ModelUnavailable
from simpatient.runtime.frames import Frame, send

DEAD = (EOFError, BrokenPipeError, ConnectionError, OSError)
ALIVE_EVERY_S = 0.5
LOADING = 0  # the number of the request that every child starts with
_LONGEST_REASON = 500


class FrameKind(IntEnum):
    """What a child can say."""

    ALIVE = 0
    DONE = 1
    PIECE = 2
    OFFER = 3
    UNAVAILABLE = 4
    BROKEN = 5


class Word:
    """What a parent can say about a request."""

    ASK = "ask"
    CANCEL = "cancel"
    MORE = "more"
    ENOUGH = "enough"


class DeviceFailed(ModelUnavailable):
    """The graphics card failed, so that nothing this process computes can be trusted."""


class Call:
    """One request as a worker sees it: a way to hand over pieces, and whether anybody still wants them."""

    def __init__(self, pipe: Connection, number: int) -> None:
        self._pipe = pipe
        self._number = number
        self._is_cancelled = False
        self._is_answered = False
        self._last_sign = time.monotonic()

    @property
    def is_cancelled(self) -> bool:
        """Whether to stop; workers check it between steps, which also shows the parent that they are alive.

        Once the request is answered, it is whether the parent wants something else.
        """
        if self._is_answered:
            return self._pipe.poll()
        while not self._is_cancelled and self._pipe.poll():
            self._read()
        if time.monotonic() - self._last_sign > ALIVE_EVERY_S:
            self.send(FrameKind.ALIVE)
        return self._is_cancelled

    @property
    def is_answered(self) -> bool:
        """Whether the parent has its answer."""
        return self._is_answered

    def give(self, piece: Any) -> None:
        """Hand over a piece of the answer; waits until the parent has room for it."""
        self.send(FrameKind.PIECE, piece)

    def offer(self, piece: Any) -> bool:
        """Hand over a piece of the answer and return whether the parent wants more."""
        if self._is_cancelled:
            return False
        self.send(FrameKind.OFFER, piece)
        return self._read() == Word.MORE

    def finish(self, answer: Any) -> None:
        """Give the answer now; what the worker does afterwards is work ahead, to be dropped for the next request."""
        self.send(FrameKind.DONE, answer)
        self._is_answered = True

    def send(self, kind: FrameKind, value: Any = None) -> None:
        """Send a message about this request."""
        self._last_sign = time.monotonic()
        send(self._pipe, Frame(kind, self._number, value))

    def _read(self) -> str:
        word: str = self._pipe.recv()[1]
        self._is_cancelled = self._is_cancelled or word == Word.CANCEL
        return word


class ChildWorker(Protocol):
    """What lives in the child. It returns plain values; see ``runtime.frames``."""

    def load(self) -> Any:
        """Load what is needed; what it returns reaches ``ChildProcess.load``.

        Raises:
            ModelUnavailable: It cannot be loaded.
        """
        ...

    def answer(self, request: Any, call: Call) -> Any:
        """Answer one request, by returning or by ``Call.finish``.

        Raises:
            ModelUnavailable: It cannot be answered, and a new child would not help.
            Cancelled: The parent has given up.
            DeviceFailed: The graphics card failed.
        """
        ...


def serve(pipe: Connection, factory: Callable[[], ChildWorker]) -> None:
    """Load the worker and answer requests until the pipe closes; runs in the child."""
    # Ctrl-C in a terminal reaches the whole group; the parent decides when the child ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(*DEAD):
        worker = _opened(Call(pipe, LOADING), factory)
        while worker is not None:
            number, word, *rest = pipe.recv()
            if word == Word.ASK:  # else it is about a request that has ended by now
                _answer(worker, rest[0], Call(pipe, number))


def _opened(start: Call, factory: Callable[[], ChildWorker]) -> ChildWorker | None:
    with _reporting_errors(start):
        worker = factory()
        start.finish(worker.load())
        return worker
    return None


def _answer(worker: ChildWorker, request: Any, call: Call) -> None:
    with _reporting_errors(call):
        answer = worker.answer(request, call)
        if not call.is_answered:
            call.finish(answer)


@contextlib.contextmanager
def _reporting_errors(call: Call) -> Iterator[None]:
    try:
        yield
    except Cancelled:
        pass  # no one is waiting any longer
    except DeviceFailed as error:
        _give_up(call, error)
    except ModelUnavailable as error:
        call.send(FrameKind.UNAVAILABLE, [error.message, error.action])
    except Exception as error:  # nothing can be trusted from here on
        _give_up(call, error)


def _give_up(call: Call, error: Exception) -> None:
    """Say why and end at once: after a device has failed, even an orderly end may hang."""
    with contextlib.suppress(*DEAD):
        reason = f"{type(error).__name__}: {error}"[:_LONGEST_REASON]
        call.send(FrameKind.BROKEN, [reason, type(error).__name__, isinstance(error, DeviceFailed)])
    os._exit(1)
