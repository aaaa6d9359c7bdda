"""A limit in seconds for work in Python that may never end, such as rendering a template from elsewhere."""

import ctypes
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class TimeLimitExceeded(Exception):
    """The work took too long and was ended."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """End what this thread does in the block after some seconds.

    It is ended between two steps of Python code; a single call into a C library is waited for.

    Raises:
        TimeLimitExceeded: It took longer.
    """
    thread, lock, is_over, is_sent = threading.get_ident(), threading.Lock(), False, False

    def end() -> None:
        nonlocal is_sent
        with lock:
            if not is_over:
                is_sent = True
                _raise_in(thread, TimeLimitExceeded)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    is_raised = False
    try:
        yield
    except TimeLimitExceeded:
        is_raised = True
        raise
    finally:
        timer.cancel()
        with lock:
            is_over = True
        if is_sent and not is_raised:
            _receive()


def _receive() -> None:
    """Take an exception that was sent in the last moment, so that it does not reach what comes next.

    It is not called back: once nothing was to be taken back, Python 3.11 makes no progress under a tracer (a debugger,
    coverage).
    """
    with suppress(TimeLimitExceeded):
        for _ in range(1000):
            time.sleep(0)


def _raise_in(thread: int, error: type[Exception]) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(error))
