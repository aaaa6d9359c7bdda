"""How threads hand things to one another: one queue with a bound, and a stream from a thread that can be left.

Must not know what is handed over.
"""

import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from threading import Condition, Thread
from typing import Generic, TypeVar

from simpatient.domain.cancellation import Cancellation, stop_if_cancelled

Item = TypeVar("Item")
LOOK_EVERY_S = 0.1
_ROOM = 16


class BoundedQueue(Generic[Item]):
    """First in, first out. The producer chooses what happens when it is full: refuse, wait, or add regardless.

    Args:
        room: How much it holds, in the unit of ``size``.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._held = 0
        self._items: deque[tuple[Item, int]] = deque()
        self._changed = Condition()
        self._lost = 0
        self._is_closed = False

    @property
    def lost(self) -> int:
        """How much was refused so far, in the unit of ``size``."""
        return self._lost

    def offer(self, item: Item, size: int = 1) -> bool:
        """Take an item if there is room for it; never waits, as a sound card's thread must not."""
        with self._changed:
            if self._held + size > self._room:
                self._lost += size
                return False
            self._put(item, size)
            return True

    def put(self, item: Item) -> None:
        """Take an item that must not be lost and takes no room, in its place among the others."""
        with self._changed:
            self._put(item, 0)

    def send(self, item: Item, size: int = 1) -> bool:
        """Wait for room and take an item; return False, without it, if the queue was closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or self._held + size <= self._room)
            if not self._is_closed:
                self._put(item, size)
            return not self._is_closed

    def take(self, wait_s: float | None = None) -> Item | None:
        """Return the oldest item; None when none came within ``wait_s`` (without it, as long as it takes)."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._items, wait_s):
                return None
            item, size = self._items.popleft()
            self._held -= size
            self._changed.notify_all()
            return item

    def close(self) -> None:
        """Accept nothing more that would have to wait; producers waiting for room give up."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _put(self, item: Item, size: int) -> None:
        self._items.append((item, size))
        self._held += size
        self._changed.notify_all()


@contextlib.contextmanager
def streamed_from_thread(
    produce: Callable[[], Iterable[Item]], name: str, cancel: Cancellation | None = None, *, room: int = _ROOM
) -> Iterator[Iterator[Item]]:
    """Give what a function yields in a separate thread, so that a waiting caller can be cancelled between items.

    Once the block is left, the thread ends at its next item.

    Args:
        produce: Runs in the thread; what it raises is raised where the items are taken.
        name: What the thread is called.
        cancel: Checked while waiting.
        room: How many items it may be ahead.

    Raises:
        Cancelled: ``cancel`` was set; raised where the items are taken.
    """
    come: BoundedQueue[tuple[Item] | BaseException] = BoundedQueue(room)
    over = StopIteration()

    def run() -> None:
        try:
            for item in produce():
                if not come.send((item,)):
                    return
            come.put(over)
        except BaseException as error:  # the waiting thread must learn of it, whatever was raised
            come.put(error)

    def taken() -> Iterator[Item]:
        while True:
            stop_if_cancelled(cancel)
            found = come.take(LOOK_EVERY_S)
            if found is over:
                return
            if isinstance(found, BaseException):
                raise found
            if found is not None:
                yield found[0]

    Thread(target=run, name=name, daemon=True).start()
    try:
        yield taken()
    finally:
        come.close()
