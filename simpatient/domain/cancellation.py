"""How one thread asks another to stop. At the bottom floor, because every floor can be asked."""

from threading import Event
from typing import Protocol

from simpatient.domain.errors import Cancelled


class Cancellation(Protocol):
    """How a caller asks blocking work to stop."""

    @property
    def is_cancelled(self) -> bool:
        """Whether the work should stop."""
        ...


class CancelToken:
    """A cancellation that is set at most once, from any thread."""

    def __init__(self) -> None:
        self._event = Event()

    def cancel(self) -> None:
        """Ask for the work to stop."""
        self._event.set()

    @property
    def is_cancelled(self) -> bool:
        """Whether the work should stop."""
        return self._event.is_set()


def stop_if_cancelled(cancel: Cancellation | None) -> None:
    """End the work here if it is no longer wanted.

    Raises:
        Cancelled: ``cancel`` is set.
    """
    if cancel is not None and cancel.is_cancelled:
        raise Cancelled
