"""A limit in seconds for work in Python that may never end, such as rendering a template from elsewhere."""

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class TimeLimitExceeded(Exception):
    """The work took too long and was ended."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """End what this thread does in the block after some seconds.

    It is ended between two steps of Python code; a single call into a C library is waited for.

    Raises:
        TimeLimitExceeded: It took longer.
    """
    thread, lock, is_over = threading.get_ident(), threading.Lock(), False

    def end() -> None:
        with lock:
            if not is_over:
                _raise_in(thread, TimeLimitExceeded)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        with lock:
            is_over = True
            _raise_in(thread, None)  # one that was sent in the last moment must not reach what comes next


def _raise_in(thread: int, error: type[Exception] | None) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(error) if error else None)
