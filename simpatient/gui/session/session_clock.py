"""How long one has been talking, against the minutes a case takes. Pauses and time away do not count."""

from itertools import pairwise

from PySide6.QtCore import QElapsedTimer, QTimer

from simpatient.domain.session.session import Session
from simpatient.gui.widgets.text import chip

_TICK_MS = 5_000
# A longer gap between two turns is time away from the session.
_LONGEST_GAP_S = 300.0


def talked_seconds(session: Session) -> float:
    """Return how long one talked on the branch in use, from the times of its turns."""
    times = [session.started_at, *(turn.at for turn in session.path())]
    gaps = ((later - earlier).total_seconds() for earlier, later in pairwise(times))
    return sum(min(max(0.0, gap), _LONGEST_GAP_S) for gap in gaps)


class SessionClock:
    """Shows the minutes talked beside those a case takes."""

    def __init__(self) -> None:
        self.chip = chip("", "plain")
        self._before_s = 0.0
        self._minutes = 0
        self._since = QElapsedTimer()
        self._timer = QTimer(self.chip)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._show)

    def open(self, session: Session, minutes: int) -> None:
        """Begin to count for a session."""
        self._before_s, self._minutes = talked_seconds(session), minutes
        self._since.invalidate()
        self.run(True)

    def run(self, running: bool) -> None:
        """Count, or stand still."""
        if self._since.isValid():
            self._before_s += self._since.elapsed() / 1000
        self._since.invalidate()
        if running:
            self._since.start()
            self._timer.start()
        else:
            self._timer.stop()
        self._show()

    def _show(self) -> None:
        now_s = self._before_s + (self._since.elapsed() / 1000 if self._since.isValid() else 0.0)
        words = f"{int(now_s // 60)} of {self._minutes} min"
        if words != self.chip.text():
            self.chip.setText(words)
            self.chip.setAccessibleName(f"{words} talked")
            self.chip.setToolTip("How long you have talked, and how long the case takes. Nothing ends by itself.")
