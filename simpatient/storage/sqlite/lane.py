"""One thread for all database work. Calls block until the work is done on it.

SQLite connections stay on the thread that made them, and two writers of one process never meet.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import current_thread
from typing import TypeVar

from simpatient.domain.errors import StorageUnavailable

Result = TypeVar("Result")


class DatabaseThread:
    """Runs one piece of work after the other on a separate thread."""

    def __init__(self, name: str = "storage") -> None:
        self._name = name
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._is_closed = False

    def run(self, work: Callable[[], Result]) -> Result:
        """Return what ``work`` returns, or raise what it raises. Work may ask for more work.

        Raises:
            StorageUnavailable: The lane is closed.
        """
        if current_thread().name.startswith(f"{self._name}_"):
            return work()
        if self._is_closed:
            raise StorageUnavailable("The database is closed.", "Start the program again.")
        return self._pool.submit(work).result()

    def close(self) -> None:
        """Finish the work in hand and end the thread; closing twice is fine."""
        self._is_closed = True
        self._pool.shutdown(wait=True)
