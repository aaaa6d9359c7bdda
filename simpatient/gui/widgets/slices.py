"""Long content made a little at a time, so that the window keeps answering. Must not know what is made."""

from collections import deque
from collections.abc import Callable, Iterable
from time import perf_counter

from PySide6.QtCore import QObject, QTimer

# A screen's frame takes 16 ms; what is being made may take about one of them at a time.
_SLICE_S = 0.012


class Slices(QObject):
    """Runs steps in order, as many as fit in a moment, and the others when the window is idle again.

    Args:
        parent: What is being filled; when it goes, the steps left over go with it.
        steps: Each makes and places one part.
    """

    def __init__(self, parent: QObject, steps: Iterable[Callable[[], object]]) -> None:
        super().__init__(parent)
        self._steps = deque(steps)
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self._run)
        self._run()

    @property
    def is_over(self) -> bool:
        """Whether everything has been made."""
        return not self._steps

    def stop(self) -> None:
        """Make nothing more."""
        self._steps.clear()

    def finish(self) -> None:
        """Make everything that is left, now."""
        while self._steps:
            self._steps.popleft()()

    def _run(self) -> None:
        until = perf_counter() + _SLICE_S
        while self._steps and perf_counter() < until:
            self._steps.popleft()()
        if self._steps:
            self._timer.start()
