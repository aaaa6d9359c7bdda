"""Cancel tokens: how one thread asks another to stop."""

from threading import Event


class CancelToken:
    """Cancelled at most once, from any thread."""

    def __init__(self) -> None:
        self._event = Event()

    def cancel(self) -> None:
        """Ask for the work to stop."""
        self._event.set()

    @property
    def is_cancelled(self) -> bool:
        """Whether the work should stop."""
        return self._event.is_set()
