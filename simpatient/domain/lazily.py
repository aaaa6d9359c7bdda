"""A sequence whose items are made on first access, so that a year of rows costs nothing until shown."""

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar, overload

Item = TypeVar("Item")


class Lazily(Sequence[Item], Generic[Item]):
    """Reads like a tuple.

    Args:
        size: How many items there are.
        make: Returns the item at a place from 0 to ``size`` - 1; has to give the same for the same place.
    """

    def __init__(self, size: int, make: Callable[[int], Item]) -> None:
        self._size = size
        self._make = make

    @overload
    def __getitem__(self, at: int) -> Item: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Item, ...]: ...
    def __getitem__(self, at: int | slice) -> Item | tuple[Item, ...]:
        """Return an item, or a tuple of several."""
        places = range(self._size)[at]
        return self._make(places) if isinstance(places, int) else tuple(map(self._make, places))

    def __len__(self) -> int:
        """Return how many items there are; makes none."""
        return self._size

    def __iter__(self) -> Iterator[Item]:
        """Make the items one after the other."""
        return map(self._make, range(self._size))

    def __eq__(self, other: object) -> bool:
        """Compare item by item with any sequence."""
        return isinstance(other, Sequence) and len(self) == len(other) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        """Return the hash of the tuple it reads like."""
        return hash(tuple(self))
