"""What drills need from outside."""

from typing import Protocol

from simpatient.domain.learning.drill import DrillState, DrillTry
from simpatient.domain.learning.practice_history import PracticeHistory


class DrillRepository(Protocol):
    """Tries at drills and where a trainee is in each, on disk. Every call returns only when the change is durable.

    All methods raise ``StorageUnavailable`` when the disk or database fails.
    """

    def add_try(self, made: DrillTry, state: DrillState) -> None:
        """Append a try and store the state that follows from it; both or neither."""
        ...

    def save_state(self, state: DrillState) -> None:
        """Store where a trainee is in a drill, in the place of what was stored before."""
        ...

    def state(self, trainee_id: str, drill_id: str) -> DrillState | None:
        """Return where a trainee is in a drill; None before the first try."""
        ...

    def states(self, trainee_id: str) -> tuple[DrillState, ...]:
        """Return where a trainee is in every drill begun, sorted by drill id."""
        ...

    def tries(self, trainee_id: str, drill_id: str, round_number: int | None = None) -> tuple[DrillTry, ...]:
        """Return a trainee's tries at a drill, oldest first; those of one round when it is given."""
        ...

    def delete_all(self, trainee_id: str) -> None:
        """Erase a trainee's tries and where they are in each drill for good, also in every copy that is kept."""
        ...


class HistoryRepository(Protocol):
    """What trainees have done, as rows kept in the transaction of every change: read whole, however long ago.

    All methods raise ``StorageUnavailable`` when the disk or database fails.
    """

    def history(self, trainee_id: str) -> PracticeHistory:
        """Return all attempts of a trainee, newest session first, with every measure of their scores."""
        ...
