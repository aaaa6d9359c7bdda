"""One worker in a child process: the parent's side and the child's side of the pipe between them.

Every message is about a numbered request, so that what is left of one given up cannot be taken for part of
the next. Must not know what the worker does. Importing this module loads no heavy library.
"""

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any, Protocol

from simpatient.domain.cancellation import Cancellation, stop_if_cancelled
from simpatient.domain.errors import Cancelled, ModelUnavailable

DEAD = (EOFError, BrokenPipeError, ConnectionError, OSError)
LOOK_EVERY_S = 0.02
ALIVE_EVERY_S = 0.5
END_S = 2.0


class DeviceFailed(Exception):
    """The graphics card failed, so that nothing this process computes can be trusted any more."""


class ChildLost(Exception):
    """The child died, is silent, or says that it is broken.

    Args:
        why: For the log.
        is_device: Its graphics card failed or is full.
    """

    def __init__(self, why: str, *, is_device: bool = False) -> None:
        super().__init__(why)
        self.is_device = is_device


class Call:
    """What a worker sees of one request: whether the parent has given up, and a way to hand over pieces."""

    def __init__(self, pipe: Connection, number: int) -> None:
        self._pipe = pipe
        self._number = number
        self._is_cancelled = False
        self._told = time.monotonic()

    @property
    def is_cancelled(self) -> bool:
        """Whether the parent has given up; asked between steps, so that it also tells that all is well."""
        while not self._is_cancelled and self._pipe.poll():
            self._is_cancelled = self._pipe.recv() is None or True  # nothing but a cancel comes in between
        if time.monotonic() - self._told > ALIVE_EVERY_S:
            self.tell("alive")
        return self._is_cancelled

    def give(self, piece: Any) -> None:
        """Hand a piece of the answer over; waits until the parent has room for it."""
        self.tell("piece", piece)

    def tell(self, *message: Any) -> None:
        """Send a message about this request."""
        self._told = time.monotonic()
        self._pipe.send((self._number, *message))


class Worker(Protocol):
    """What lives in the child."""

    def load(self) -> None:
        """Load what is needed.

        Raises:
            ModelUnavailable: It cannot be loaded.
        """
        ...

    def answer(self, request: Any, call: Call) -> Any:
        """Answer one request.

        Raises:
            ModelUnavailable: It cannot be answered, and a new child would not help.
            Cancelled: The parent has given up.
            DeviceFailed: The graphics card failed.
        """
        ...


def serve(pipe: Connection, factory: Callable[[], Worker]) -> None:
    """Load the worker and answer requests until the pipe closes; runs in the child."""
    # Ctrl-C in a terminal reaches the whole group; the parent decides when the child ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(*DEAD):
        worker = _opened(Call(pipe, 0), factory)
        while worker is not None and (message := pipe.recv()) is not None:
            number, what, *rest = message
            if what == "ask":  # else a word about a request that has ended by now
                call = Call(pipe, number)
                with _telling_errors(call):
                    call.tell("done", worker.answer(rest[0], call))


def _opened(start: Call, factory: Callable[[], Worker]) -> Worker | None:
    with _telling_errors(start):
        worker = factory()
        worker.load()
        start.tell("ready")
        return worker
    return None


@contextlib.contextmanager
def _telling_errors(call: Call) -> Iterator[None]:
    try:
        yield
    except Cancelled:
        pass  # the parent has gone on
    except ModelUnavailable as error:
        call.tell("unavailable", error.message, error.action)
    except DEAD:
        raise
    except Exception as error:  # nothing can be trusted any more; even an orderly end may hang
        with contextlib.suppress(*DEAD):
            call.tell("broken", f"{type(error).__name__}: {error}"[:500], isinstance(error, DeviceFailed))
        os._exit(1)


class ChildProcess:
    """The parent's side: at most one child, started when asked for. Not for several threads at once.

    Args:
        factory: Makes the worker in the child; must be importable by name.
        name: What the process is called.
        silence_s: Longest wait for a sign of life while the child works.
        start_s: Longest wait for a child to load.
    """

    def __init__(self, factory: Callable[[], Worker], name: str, *, silence_s: float, start_s: float) -> None:
        self._factory = factory
        self._name = name
        self._silence_s = silence_s
        self._start_s = start_s
        self._process: SpawnProcess | None = None
        self._pipe: Connection | None = None
        self._is_ready = False
        self._number = 0

    @property
    def pid(self) -> int | None:
        """Process id of the child, None when there is none."""
        process = self._process
        return process.pid if process else None

    def start(self) -> None:
        """Start the child; returns at once while it loads."""
        self._spawned()

    def load(self, cancel: Cancellation | None = None) -> None:
        """Wait until the child has loaded.

        Raises:
            ChildLost: It died meanwhile.
            ModelUnavailable: It cannot be loaded.
            Cancelled: ``cancel`` was set; the child goes on loading.
        """
        if self._is_ready and self._process is not None and not self._process.is_alive():
            self.drop()  # it died between two requests, which costs no request anything
        self._spawned()
        if self._is_ready:
            return
        kind, *rest = self._heard(0, self._start_s, cancel)
        if kind == "unavailable":
            self.drop()
            raise ModelUnavailable(*rest)
        self._is_ready = True

    def ask(
        self, request: Any, *, on_piece: Callable[[Any], None] | None = None, cancel: Cancellation | None = None
    ) -> Any:
        """Have one request answered.

        Raises:
            ChildLost: There is no answer to be had from this child.
            ModelUnavailable: The worker cannot answer it.
            Cancelled: ``cancel`` was set; the child stops as soon as it can.
        """
        self.load(cancel)
        self._number += 1
        self._send((self._number, "ask", request))
        try:
            while True:
                kind, *rest = self._heard(self._number, self._silence_s, cancel)
                if kind == "done":
                    return rest[0]
                if kind == "unavailable":
                    raise ModelUnavailable(*rest)
                if on_piece is not None:
                    on_piece(rest[0])
        except (ChildLost, ModelUnavailable):
            raise
        except BaseException:  # cancelled, or the caller's own
            with contextlib.suppress(ChildLost):
                self._send((self._number, "cancel"))
            raise

    def kill(self) -> None:
        """Kill the child; a request under way then finds it lost. Safe from any thread."""
        process = self._process
        if process is not None:
            process.kill()

    def drop(self) -> None:
        """Let go of the child, whatever it is doing."""
        if self._process is not None:
            self._process.kill()
            self._process.join(END_S)  # not for ever: a driver may hold even a killed process
        if self._pipe is not None:
            self._pipe.close()
        self._pipe = self._process = None
        self._is_ready = False

    def _heard(self, number: int, silence_s: float, cancel: Cancellation | None) -> tuple[Any, ...]:
        """Return the next message about a request; those about requests given up are passed over."""
        until = time.monotonic() + silence_s
        pipe = self._spawned()
        while True:
            stop_if_cancelled(cancel)
            try:
                heard: tuple[Any, ...] = pipe.recv() if pipe.poll(LOOK_EVERY_S) else (number, "silence")
            except DEAD as error:
                raise ChildLost("it died") from error
            about, *message = heard
            if message[0] == "broken":
                raise ChildLost(message[1], is_device=message[2])
            if message[0] != "silence":
                until = time.monotonic() + silence_s
            elif time.monotonic() > until:
                raise ChildLost("it gave no sign of life")
            if about == number and message[0] not in ("silence", "alive"):
                return tuple(message)

    def _send(self, message: tuple[Any, ...]) -> None:
        """Send what may be long: a hung child does not empty its end, and is killed then."""
        watch = threading.Timer(self._silence_s, self.kill)
        watch.daemon = True
        watch.start()
        try:
            self._spawned().send(message)
        except DEAD as error:
            raise ChildLost("it took no request") from error
        finally:
            watch.cancel()

    def _spawned(self) -> Connection:
        if self._pipe is None:
            context = multiprocessing.get_context("spawn")
            ours, theirs = context.Pipe()
            self._process = context.Process(target=serve, args=(theirs, self._factory), name=self._name, daemon=True)
            self._process.start()
            theirs.close()  # else the child's death would not close the pipe
            self._pipe, self._is_ready = ours, False
        return self._pipe
