"""How every repository reads and writes: one transaction on the storage lane, durable on return.

Must not know tables or domain values.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine

from simpatient.storage.engine import WRITING
from simpatient.storage.failures import translating
from simpatient.storage.lane import Lane

Result = TypeVar("Result")
Work = Callable[[Connection], Result]


class SqlRepository:
    """What repositories of one opened and migrated database share.

    Args:
        engine: Engine with safe connections (``engine.make_engine``).
        path: The database file, for messages.
        lane: The thread all work is done on; closed together with any repository that uses it.
    """

    def __init__(self, engine: Engine, path: Path, lane: Lane) -> None:
        self._engine = engine
        self._path = path
        self._lane = lane

    def close(self) -> None:
        """Release the database; closing twice is fine."""
        self._lane.close()
        self._engine.dispose()

    def _read(self, work: Work[Result]) -> Result:
        def on_lane() -> Result:
            with translating(self._path), self._engine.connect() as connection:
                return work(connection)

        return self._lane.run(on_lane)

    def _write(self, work: Work[None]) -> None:
        def on_lane() -> None:
            with (
                translating(self._path),
                self._engine.connect().execution_options(**WRITING) as connection,
                connection.begin(),
            ):
                work(connection)

        self._lane.run(on_lane)
