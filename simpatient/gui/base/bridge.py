"""The one door between worker threads and the window.

A lane is one named worker thread with a queue. Work is a plain function that never sees a Qt
object; its chunks, result or error come back in the GUI thread. Must not know what the work does.
"""

import contextlib
import logging
import queue
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from simpatient.domain.cancellation import CancelToken
from simpatient.domain.errors import Cancelled, ContentError, OpenElsewhere, UserFacingError

T = TypeVar("T")
CHUNK_INTERVAL_MS = 33
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trouble:
    """An error in words fit to be shown."""

    message: str
    action: str
    is_bug: bool = False
    is_open_elsewhere: bool = False


def describe(error: BaseException) -> Trouble:
    """Return what a user may read about an error; never a traceback."""
    if isinstance(error, ContentError) and error.line:
        return _in_a_file(error)
    if isinstance(error, UserFacingError):
        return Trouble(error.message, error.action, is_open_elsewhere=isinstance(error, OpenElsewhere))
    return Trouble(
        "Something went wrong inside simpatient. Every turn that was answered is saved; what you just did may not be.",
        "Try again; if it happens again, restart the app.",
        is_bug=True,
    )


def _in_a_file(error: ContentError) -> Trouble:
    """Return a mistake with the place an author has to go to; elsewhere than in a list of problems it stands alone."""
    path = Path(error.file)
    what = f"{error.field}: {error.message}" if error.field else error.message
    way_out = f"The file is in {path.parent}. Correct it, then try again."
    return Trouble(f"There is a mistake in {path.name}, line {error.line}: {what}", f"{error.action} {way_out}".strip())


def without_words(error: BaseException) -> str:
    """Return an error's type and where it came from, without its message.

    A library's message may quote what was said in a session, and a log is no place for that.
    """
    frames = traceback.extract_tb(error.__traceback__)
    return "; ".join((type(error).__name__, *(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames)))


class Work:
    """What a running function may use: its cancel token and a place for streamed text."""

    def __init__(self, notify: Callable[[], None]) -> None:
        self.cancel = CancelToken()
        self._notify = notify
        self._lock = threading.Lock()
        self._pending: list[str] = []

    def chunk(self, text: str) -> None:
        """Hand over streamed text; many calls become one update."""
        with self._lock:
            is_first = not self._pending
            self._pending.append(text)
        if is_first:
            self._notify()

    def take(self) -> str:
        """Return the text handed over since the last call."""
        with self._lock:
            text = "".join(self._pending)
            self._pending.clear()
        return text


class WorkerJob(Generic[T]):
    """One call on a lane, as the GUI thread sees it."""

    def __init__(
        self,
        lane: "Worker",
        on_done: Callable[[T], None] | None,
        on_error: Callable[[Trouble], None] | None,
        on_chunk: Callable[[str], None] | None,
    ) -> None:
        self.work = Work(lambda: lane.post(self._start_flush))
        self.is_over = False
        self._on_done = on_done
        self._on_error = on_error
        self._on_chunk = on_chunk

    def cancel(self) -> None:
        """Ask the work to stop; from now on nothing more is delivered."""
        self.is_over = True
        self.work.cancel.cancel()

    def succeed(self, result: T) -> None:
        """Deliver the remaining text and the result (GUI thread)."""
        self._flush()
        if not self.is_over:
            self.is_over = True
            if self._on_done:
                self._on_done(result)

    def fail(self, error: BaseException) -> None:
        """Deliver an error (GUI thread); a cancelled job is silent."""
        if self.is_over or isinstance(error, Cancelled):
            self.is_over = True
            return
        self._flush()
        self.is_over = True
        if self._on_error:
            self._on_error(describe(error))

    def _start_flush(self) -> None:
        if not self.is_over:
            QTimer.singleShot(CHUNK_INTERVAL_MS, self._flush)

    def _flush(self) -> None:
        text = self.work.take()
        if text and not self.is_over and self._on_chunk:
            self._on_chunk(text)


class Worker(QObject):
    """One worker thread that runs calls in order.

    Lives in the GUI thread; all callbacks run there.
    """

    _posted = Signal(object)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._jobs: set[WorkerJob[Any]] = set()
        self._is_closed = False
        self._posted.connect(self._on_posted, Qt.ConnectionType.QueuedConnection)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def call(
        self,
        fn: Callable[[Work], T],
        on_done: Callable[[T], None] | None = None,
        on_error: Callable[[Trouble], None] | None = None,
        on_chunk: Callable[[str], None] | None = None,
    ) -> WorkerJob[T]:
        """Run ``fn`` on the worker thread; the callbacks run in the GUI thread.

        Args:
            fn: Plain blocking function; may use ``work.chunk`` and ``work.cancel``.
            on_done: Gets the return value.
            on_error: Gets what may be shown. Without it an error is only logged.
            on_chunk: Gets streamed text, joined to about 30 updates a second.

        Returns:
            A handle to cancel the call.
        """
        job: WorkerJob[T] = WorkerJob(self, on_done, on_error, on_chunk)
        if self._is_closed:
            job.cancel()
            return job
        self._jobs = {each for each in self._jobs if not each.is_over}
        self._jobs.add(job)
        self._queue.put(lambda: self._perform(job, fn))
        return job

    def post(self, deliver: Callable[[], None]) -> None:
        """Run ``deliver`` in the GUI thread; may be called from any thread."""
        # The window may be gone while the worker finishes: Qt then has no object to emit from.
        with contextlib.suppress(RuntimeError):
            self._posted.emit(deliver)

    def close(self, last: Callable[[], None] | None = None, timeout_s: float = 3.0) -> bool:
        """Cancel everything, run ``last`` on the worker, and wait a bounded time.

        Returns:
            Whether the thread ended in time.
        """
        if not self._is_closed:
            self._is_closed = True
            for job in self._jobs:
                job.cancel()
            if last:
                self._queue.put(last)
            self._queue.put(None)
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _perform(self, job: WorkerJob[T], fn: Callable[[Work], T]) -> None:
        if job.work.cancel.is_cancelled:
            return
        try:
            result = fn(job.work)
        except Exception as error:
            if not isinstance(error, UserFacingError | Cancelled):
                _log.error("work on lane %s failed: %s", self._thread.name, without_words(error))
            self.post(lambda error=error: job.fail(error))  # type: ignore[misc]
        else:
            self.post(lambda: job.succeed(result))

    def _run(self) -> None:
        while (task := self._queue.get()) is not None:
            try:
                task()
            except Exception as error:
                _log.error("closing lane %s failed: %s", self._thread.name, without_words(error))

    def _on_posted(self, deliver: Callable[[], None]) -> None:
        if not self._is_closed:
            deliver()
