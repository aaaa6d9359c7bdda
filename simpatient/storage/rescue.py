"""Copies what can still be read out of damaged databases into a new one, row by row.

Every table is copied, whatever it holds; rows worked out from others are worked out anew. A cell that cannot be
read costs its row, a turn costs the turns that answer it, and a session's own row costs the session.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Column, Table

from simpatient.storage.attempt_rows import DERIVED
from simpatient.storage.cells import UNREADABLE, read_json, read_moment, read_text
from simpatient.storage.sqlite.failures import translating
from simpatient.storage.sqlite.scanning import row_numbers
from simpatient.storage.tables import UtcTime, change_count, metadata, sessions


@dataclass(frozen=True)
class Rescued:
    """What came out of damaged databases.

    Attributes:
        copied: Ids of the sessions that are in the new database.
        incomplete: How many rows of some of them could not be read, by session id.
        lost: Ids of sessions that could not be read.
        others: How many other rows were copied: tries at drills, consents.
    """

    copied: tuple[str, ...] = ()
    incomplete: dict[str, int] = field(default_factory=dict)
    lost: tuple[str, ...] = ()
    others: int = 0


def copied_tables() -> tuple[Table, ...]:
    """Return the tables that are copied, those first that others refer to."""
    left_out = (*DERIVED, change_count)
    return tuple(table for table in metadata.sorted_tables if table not in left_out)


def copy_readable(sources: Sequence[Path], target: Path) -> Rescued:
    """Copy everything readable into a new, empty, up-to-date database.

    Args:
        sources: Damaged or whole databases; a session of several is taken from the first that has it.
        target: The database to fill.

    Raises:
        StorageUnavailable: The new database cannot be written.
    """
    made = _Copying()
    with translating(target), closing(sqlite3.connect(target, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("BEGIN IMMEDIATE")
        for source in sources:
            # One that cannot even be opened gives nothing; the others may.
            with suppress(sqlite3.Error, UnicodeDecodeError):
                made.copy(source, connection)
        made.mend_leaves(connection)
        connection.execute("COMMIT")
    return made.result()


class _Copying:
    """What was copied so far."""

    def __init__(self) -> None:
        self._copied: list[str] = []
        self._missing: Counter[str] = Counter()
        self._seen: set[str] = set()
        self._others = 0

    def copy(self, source: Path, target: sqlite3.Connection) -> None:
        """Copy one database's rows."""
        earlier = set(self._copied)
        # Read only, so that a file that was set aside stays as it was set aside, with its log.
        with closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            connection.text_factory = read_text
            connection.execute("PRAGMA writable_schema=ON")  # a damaged entry of the schema costs its own table alone
            for table in copied_tables():
                with suppress(sqlite3.OperationalError):  # an older database may not have the table
                    for row in _rows(connection, table):
                        self._copy_row(table, row, target, earlier)

    def _copy_row(self, table: Table, row: dict[str, Any], target: sqlite3.Connection, earlier: set[str]) -> None:
        owner = row.get("id") if table is sessions else row.get("session_id")
        if isinstance(owner, str):
            if owner in earlier:
                return
            self._seen.add(owner)
        is_in = all(_is_readable(table.columns[name], cell) for name, cell in row.items()) and _insert(
            target, table, row
        )
        if table is sessions and is_in:
            self._copied.append(str(owner))
        elif isinstance(owner, str) and not is_in:
            self._missing[owner] += 1
        elif is_in and "session_id" not in row:
            self._others += 1

    def mend_leaves(self, target: sqlite3.Connection) -> None:
        """Let a session whose last turn was lost end in the last one that is there."""
        last = "(SELECT max(seq) FROM turns WHERE session_id = sessions.id)"
        there = "EXISTS (SELECT 1 FROM turns WHERE session_id = sessions.id AND seq = sessions.leaf)"
        target.execute(f"UPDATE sessions SET leaf = {last} WHERE leaf IS NOT NULL AND NOT {there}")

    def result(self) -> Rescued:
        copied = set(self._copied)
        incomplete = {session: count for session, count in self._missing.items() if session in copied}
        return Rescued(tuple(self._copied), incomplete, tuple(sorted(self._seen - copied)), self._others)


def _rows(connection: sqlite3.Connection, table: Table) -> Iterator[dict[str, Any]]:
    there = {row[1] for row in connection.execute(f"PRAGMA table_info({table.name})")}
    names = [column.name for column in table.columns if column.name in there]
    columns = ", ".join(f'"{name}"' for name in names)
    for number in row_numbers(connection, table.name):
        try:
            row = connection.execute(f"SELECT {columns} FROM {table.name} WHERE rowid = {number}").fetchone()
        except sqlite3.DatabaseError:
            continue
        if row is not None:
            yield dict(zip(names, row, strict=True))


def _is_readable(column: Column[Any], cell: Any) -> bool:
    if cell is None:
        return True
    if isinstance(column.type, JSON):
        return read_json(cell) is not UNREADABLE
    if isinstance(column.type, UtcTime):
        return read_moment(cell) is not UNREADABLE
    return cell is not UNREADABLE


def _insert(target: sqlite3.Connection, table: Table, row: dict[str, Any]) -> bool:
    """Insert a row as it is; a number that only counts rows is given anew, and the very same row is not taken twice."""
    if "id" in row and table is not sessions:
        row = {name: cell for name, cell in row.items() if name != "id"}
        same = " AND ".join(f'"{name}" IS ?' for name in row)
        if target.execute(f"SELECT 1 FROM {table.name} WHERE {same}", tuple(row.values())).fetchone():
            return False
    names = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join("?" * len(row))
    try:
        target.execute(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", tuple(row.values()))
    except sqlite3.IntegrityError:
        return False
    return True
