"""A bounded store between a thread that must never wait (a sound card's) and one that works.

Must not know what it holds.
"""

from collections import deque
from threading import Condition
from typing import Generic, TypeVar

Item = TypeVar("Item")


class RingBuffer(Generic[Item]):
    """First in, first out; what finds no room is refused and counted, so that nobody waits for room.

    Args:
        room: How much it holds, in the unit of ``offer``'s ``size``.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._held = 0
        self._items: deque[tuple[Item, int]] = deque()
        self._changed = Condition()
        self._lost = 0

    @property
    def lost(self) -> int:
        """How much was refused so far, in the unit of ``size``."""
        return self._lost

    def offer(self, item: Item, size: int = 1) -> bool:
        """Take an item if there is room for it; never waits."""
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

    def take(self, wait_s: float) -> Item | None:
        """Return the oldest item; None when none came within ``wait_s``."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._items, wait_s):
                return None
            item, size = self._items.popleft()
            self._held -= size
            return item

    def _put(self, item: Item, size: int) -> None:
        self._items.append((item, size))
        self._held += size
        self._changed.notify()
