"""How every repository reads and writes: one transaction on the storage lane, durable on return.

Must not know tables or which domain values there are.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Select
from sqlalchemy.exc import DBAPIError

from simpatient.domain.errors import StorageUnavailable
from simpatient.domain.people.actor import Actor
from simpatient.storage.rows import NOT_SOUND
from simpatient.storage.sqlite.changes import count_change, note, stored_number
from simpatient.storage.sqlite.copies import Statement, erase_in_copies, erase_in_set_aside, keep_rolling_copy
from simpatient.storage.sqlite.engine import WRITING
from simpatient.storage.sqlite.failures import is_damage, translating
from simpatient.storage.sqlite.lane import DatabaseThread

Result = TypeVar("Result")
Work = Callable[[Connection], Result]


@dataclass
class OpenTransaction:
    """The transaction of the unit of work in hand, which repositories join; only touched on the storage lane.

    Attributes:
        connection: The transaction's; None while no unit of work is in hand.
        wants_checkpoint: Whether everything is to be brought into the one file once it is committed.
    """

    connection: Connection | None = None
    wants_checkpoint: bool = False


class SqlRepository:
    """What repositories of one opened and migrated database share.

    Args:
        engine: Engine with safe connections (``engine.make_engine``).
        path: The database file, for messages.
        lane: The thread all work is done on; closed together with any repository that uses it.
        unit: Where the transaction of a unit of work is found; shared by all repositories of the database.
            A repository without it takes part in none.
    """

    def __init__(self, engine: Engine, path: Path, lane: DatabaseThread, unit: OpenTransaction | None = None) -> None:
        self._engine = engine
        self._path = path
        self._lane = lane
        self._unit = unit or OpenTransaction()

    def close(self) -> None:
        """Release the database, with a copy kept when something was changed; closing twice is fine."""
        # A copy that cannot be made must not keep the program from ending.
        with suppress(StorageUnavailable):
            self._lane.run(self._leave)
        self._lane.close()
        self._engine.dispose()

    def _read(self, work: Work[Result]) -> Result:
        def on_lane() -> Result:
            with translating(self._path):
                if self._unit.connection is not None:
                    return work(self._unit.connection)
                with self._engine.connect() as connection:
                    return work(connection)

        return self._lane.run(on_lane)

    def _sound(self, query: Select[Any], to_value: Callable[[Mapping[str, Any]], Result]) -> tuple[Result, ...]:
        """Return the values of all rows that can be read; one damaged row takes no other with it."""

        def work(connection: Connection) -> tuple[Result, ...]:
            return tuple(_sound_values(rows_until_damage(connection, query), to_value))

        return self._read(work)

    def _write(self, work: Work[Result]) -> Result:
        def on_lane() -> Result:
            with translating(self._path):
                if self._unit.connection is not None:
                    return work(self._unit.connection)
                with self._engine.connect().execution_options(**WRITING) as connection, connection.begin():
                    result = work(connection)
                    number = count_change(connection)
            note(self._path, number)
            return result

        return self._lane.run(on_lane)

    def _erase(self, statements: Sequence[Statement], words: Sequence[str]) -> None:
        """Delete for good: here, in the log, in every copy and in every file that was set aside.

        The copies go first: if the disk fails on the way, what is left can be seen and deleted again.

        Args:
            statements: What deletes it, with its values.
            words: Ids that no file may hold afterwards.

        Raises:
            StorageUnavailable: A file that was set aside still holds some of it, or the disk failed.
        """

        def work(connection: Connection) -> None:
            for statement, values in statements:
                connection.exec_driver_sql(statement, values)

        self._lane.run(lambda: erase_in_copies(self._path, statements))
        self._write(work)
        self._checkpoint()
        left = self._lane.run(lambda: erase_in_set_aside(self._path, statements, words))
        if left:
            named = ", ".join(kept.name for kept in left)
            message = f"It is deleted, but a damaged file may still hold some of its words. ({named})"
            raise StorageUnavailable(message, "Run `simpatient db rescue`, then delete that file yourself.")

    def _checkpoint(self) -> None:
        """Bring everything into the one file, and empty the log beside it."""

        def on_lane() -> None:
            if self._unit.connection is not None:
                self._unit.wants_checkpoint = True
                return
            with translating(self._path), self._engine.connect() as connection:
                raw = connection.connection.driver_connection
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]
                note(self._path, stored_number(raw), is_settled=True)  # type: ignore[arg-type]

        self._lane.run(on_lane)

    def _leave(self) -> None:
        with translating(self._path), self._engine.connect() as connection:
            is_changed = bool(connection.exec_driver_sql("SELECT total_changes()").scalar())
        if is_changed:
            self._checkpoint()
            self._engine.dispose()
            keep_rolling_copy(self._path)


class SqlUnitOfWork(SqlRepository):
    """``UnitOfWork`` on the storage lane: repositories called meanwhile share its one transaction."""

    def run(self, actor: Actor, action: str, work: Callable[[], Result]) -> Result:
        """Do the work in one transaction, or in the one already open."""

        def within(connection: Connection) -> Result:
            outer, self._unit.connection = self._unit.connection, connection
            try:
                return work()
            finally:
                self._unit.connection = outer

        def on_lane() -> Result:
            result = self._write(within)
            if self._unit.connection is None and self._unit.wants_checkpoint:
                self._unit.wants_checkpoint = False
                self._checkpoint()
            return result

        return self._lane.run(on_lane)


def rows_until_damage(connection: Connection, query: Select[Any]) -> Iterator[Mapping[str, Any]]:
    """Go through a query's rows; where the file itself is damaged on the way, those after it are not reached."""
    found = connection.execute(query)
    try:
        for row in found:
            yield row._asdict()
    except DBAPIError as error:
        if not is_damage(error):
            raise


def _sound_values(
    rows: Iterator[Mapping[str, Any]], to_value: Callable[[Mapping[str, Any]], Result]
) -> Iterator[Result]:
    for row in rows:
        with suppress(*NOT_SOUND):
            yield to_value(row)
