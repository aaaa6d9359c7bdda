"""The computer's clock. Nothing else in the program asks what time it is."""

import time
from datetime import UTC, datetime


class SystemClock:
    """The computer's clock, in UTC."""

    def now(self) -> datetime:
        """Return the present moment."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds for durations."""
        return time.monotonic()
