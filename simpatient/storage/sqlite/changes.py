"""Notices that a database has lost its newest changes, as when a synchroniser or a cleaner takes its ``-wal`` away.

The number of changes ever stored is kept in the database, in each change's own transaction, and once more in a
small file beside it. The file is written after the change is durable, so it is never ahead of a database that
is whole.
"""

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection, select, update

from simpatient.runtime.private_files import FILE_MODE
from simpatient.storage.tables import change_count

SUFFIX = "-changes"
_WIDTH = 20


def count_change(connection: Connection) -> int:
    """Count the change of this transaction and return its number."""
    connection.execute(update(change_count).values(number=change_count.c.number + 1))
    return int(connection.execute(select(change_count.c.number)).scalar_one())


def stored_number(connection: sqlite3.Connection) -> int:
    """Return the number of the newest change in an opened database; 0 where none was ever counted."""
    try:
        return int(connection.execute("SELECT number FROM change_count").fetchone()[0])
    except (sqlite3.OperationalError, TypeError, ValueError):
        return 0


def note(path: Path, number: int, *, is_settled: bool = False) -> None:
    """Write the number beside the database.

    Args:
        path: The database file.
        number: Number of its newest change.
        is_settled: Waits for the disk. Within a session it does not: a lost note only loses detail, and is never wrong.
    """
    # Where it cannot be written, a loss will not be noticed; what was stored is stored.
    with suppress(OSError):
        handle = os.open(beside(path), os.O_WRONLY | os.O_CREAT, FILE_MODE)
        try:
            os.write(handle, f"{number:0{_WIDTH}}\n".encode("ascii"))
            if is_settled:
                os.fsync(handle)
        finally:
            os.close(handle)


def noted(path: Path) -> int:
    """Return the number written beside a database; 0 where there is none or it cannot be read."""
    try:
        return int(beside(path).read_bytes()[:_WIDTH])
    except (OSError, ValueError):
        return 0


def beside(path: Path) -> Path:
    """Return the file that holds the number."""
    return path.with_name(path.name + SUFFIX)
