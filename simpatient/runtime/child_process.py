"""The parent's side of a child process: started when needed, watched, cancelled, killed, replaced.

What is done about a lost child (try again, use another device, say so) is up to the adapter that owns it. Must not
know what the worker does. Importing this module loads no heavy library.
"""

import contextlib
import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any

from simpatient.domain.cancellation import Cancellation, stop_if_cancelled
from simpatient.domain.errors import ModelUnavailable
from simpatient.runtime.child_serving import DEAD, LOADING, ChildWorker, FrameKind, Word, serve
from simpatient.runtime.frames import BadFrame, Frame, Inbox
from simpatient.runtime.launching import launch

LOOK_EVERY_S = 0.02
SEND_S = 10.0  # a child that reads takes a request in milliseconds
END_S = 2.0


class ChildLost(Exception):
    """There is no answer to be had from this child: it died, or can no longer be trusted."""


class ChildSilent(ChildLost):
    """The child gave no sign of life for too long."""


class ChildBroken(ChildLost):
    """The child said that something in it broke.

    Args:
        why: For the log.
        error: The type of its exception.
        is_device: Its graphics card failed or is full.
    """

    def __init__(self, why: str, error: str, *, is_device: bool) -> None:
        super().__init__(why)
        self.error = error
        self.is_device = is_device


class ChildProcess:
    """At most one child, started when needed. ``kill`` and ``close`` may be called from any thread, the rest not.

    Args:
        factory: Makes the worker in the child; must be importable by name.
        name: What the process is called.
        silence_s: Longest wait for a sign of life while the child works.
        start_s: Longest wait for a child to load.
        bare: Give the child none of this process's environment variables.
    """

    def __init__(
        self, factory: Callable[[], ChildWorker], name: str, *, silence_s: float, start_s: float, bare: bool = False
    ) -> None:
        self._factory = factory
        self._name = name
        self._silence_s = silence_s
        self._start_s = start_s
        self._bare = bare
        self._process: SpawnProcess | None = None
        self._pipe: Connection | None = None
        self._inbox: Inbox | None = None
        self._is_ready = False
        self._is_closed = False
        self._loaded: Any = None
        self._number = LOADING
        self._starts = 0

    @property
    def pid(self) -> int | None:
        """Process id of the child, None when there is none."""
        process = self._process
        return process.pid if process else None

    @property
    def starts(self) -> int:
        """How many children there have been."""
        return self._starts

    @property
    def is_ready(self) -> bool:
        """Whether the child has loaded."""
        return self._is_ready

    def start(self) -> None:
        """Start the child; returns at once while it loads.

        Raises:
            ChildLost: This has been closed.
        """
        if self._is_closed:
            raise ChildLost("it was closed")
        if self._pipe is None:
            ours, theirs = multiprocessing.get_context("spawn").Pipe()
            try:
                self._process = launch(serve, (theirs, self._factory), self._name, bare=self._bare)
            finally:
                theirs.close()  # else the child's death would not close the pipe
            self._pipe, self._inbox, self._is_ready = ours, Inbox(ours), False
            self._starts += 1
            if self._is_closed:  # meanwhile, from another thread
                self.kill()

    def load(self, cancel: Cancellation | None = None) -> Any:
        """Wait until the child has loaded and return what its worker's ``load`` returned.

        Raises:
            ChildLost: It died meanwhile.
            ModelUnavailable: It cannot be loaded.
            Cancelled: ``cancel`` was set; the child keeps loading.
        """
        if self._is_ready and self._process is not None and not self._process.is_alive():
            self.drop()  # it died between two requests, which costs no request anything
        self.start()
        if not self._is_ready:
            try:
                self._loaded = self._received(LOADING, self._start_s, cancel).value
            except ModelUnavailable:
                self.drop()
                raise
            self._is_ready = True
        return self._loaded

    def ask(
        self, request: Any, *, on_piece: Callable[[Any], object] | None = None, cancel: Cancellation | None = None
    ) -> Any:
        """Have one request answered.

        Args:
            request: Anything that can be pickled; the child trusts its parent, never the other way round.
            on_piece: Takes pieces of the answer; for those on offer it returns whether more are wanted.
            cancel: Checked all the time.

        Raises:
            ChildLost: There is no answer to be had from this child.
            ModelUnavailable: The worker cannot answer it.
            Cancelled: ``cancel`` was set; the child stops as soon as it can.
        """
        self.load(cancel)
        self._number += 1
        number = self._number
        self._send_watched((number, Word.ASK, request))
        try:
            while (frame := self._received(number, self._silence_s, cancel)).kind != FrameKind.DONE:
                wants_more = on_piece is None or on_piece(frame.value)
                if frame.kind == FrameKind.OFFER:
                    self._send((number, Word.MORE if wants_more else Word.ENOUGH))
            return frame.value
        except (ChildLost, ModelUnavailable):
            raise
        except BaseException:  # cancelled, or the caller's own
            with contextlib.suppress(ChildLost):
                self._send((number, Word.CANCEL))
            raise

    def notify(self, request: Any) -> None:
        """Send a request without waiting for an answer; does nothing while there is no loaded child."""
        if self._is_ready:
            with contextlib.suppress(ChildLost):
                self._send_watched((LOADING, Word.ASK, request))

    def kill(self) -> None:
        """Kill the child; a request under way then finds it lost."""
        process = self._process
        if process is not None:
            process.kill()

    def close(self) -> None:
        """Kill the child and start no other; its owner still has to ``drop`` it."""
        self._is_closed = True
        self.kill()

    def drop(self) -> None:
        """End the child, whatever it is doing, and forget it; the next request starts another."""
        if self._process is not None:
            self._process.kill()
            self._process.join(END_S)  # not for ever: a driver may hold even a killed process
        if self._pipe is not None:
            self._pipe.close()
        self._pipe = self._process = self._inbox = None
        self._is_ready = False

    def _received(self, number: int, silence_s: float, cancel: Cancellation | None) -> Frame:
        """Return the next message about a request; those about abandoned ones are passed over."""
        until = time.monotonic() + silence_s
        while True:
            stop_if_cancelled(cancel)
            if self._is_closed:
                raise ChildLost("it was closed")
            frame = self._next_frame()
            if frame is None:
                if time.monotonic() > until:
                    raise ChildSilent("it stopped responding")
                continue
            until = time.monotonic() + silence_s
            if frame.kind == FrameKind.BROKEN:
                why, error, is_device = _values(frame, str, str, bool)
                raise ChildBroken(why, error, is_device=is_device)
            if frame.number == number and frame.kind != FrameKind.ALIVE:
                if frame.kind == FrameKind.UNAVAILABLE:
                    raise ModelUnavailable(*_values(frame, str, str))
                return frame

    def _next_frame(self) -> Frame | None:
        if self._inbox is None:
            raise ChildLost("there is none")
        try:
            return self._inbox.receive(LOOK_EVERY_S)
        except BadFrame as error:
            self.kill()
            raise ChildLost(f"it sent something unexpected: {error}") from error
        except DEAD as error:
            raise ChildLost("it died") from error

    def _send_watched(self, message: tuple[Any, ...]) -> None:
        """Send what may be long: a hung child does not empty its end, and is killed then."""
        watch = threading.Timer(SEND_S, self.kill)
        watch.daemon = True
        watch.start()
        try:
            self._send(message)
        finally:
            watch.cancel()

    def _send(self, message: tuple[Any, ...]) -> None:
        if self._pipe is None:
            raise ChildLost("there is none")
        try:
            self._pipe.send(message)
        except DEAD as error:
            raise ChildLost("it took no request") from error


class _Once:
    """A worker for a single piece of work."""

    def __init__(self, work: Callable[..., Any]) -> None:
        self._work = work

    def load(self) -> None:
        """Nothing to load: the work does that itself."""

    def answer(self, request: Any, call: Any) -> Any:
        """Do the work."""
        return self._work(*request, call)


@contextlib.contextmanager
def child_for(work: Callable[..., Any], name: str, *, silence_s: float, bare: bool = False) -> Iterator[ChildProcess]:
    """Give a child that does one piece of work and is ended with the block; ``ask`` takes the work's arguments.

    Args:
        work: Called with the arguments and a ``Call``; must be importable by name.
        name: What the process is called.
        silence_s: Longest wait for a sign of life.
        bare: Give the child none of this process's environment variables.
    """
    child = ChildProcess(partial(_Once, work), name, silence_s=silence_s, start_s=silence_s, bare=bare)
    try:
        yield child
    finally:
        child.drop()


def _values(frame: Frame, *kinds: type) -> list[Any]:
    """Return the values of a message, which a hostile child may have made up."""
    value = frame.value
    if not isinstance(value, list) or [type(one) for one in value] != list(kinds):
        raise ChildLost("it sent something unexpected")
    return value
