"""Goes through a table row by row where pages of the file are damaged, past the damage.

Rows are found by their row number, so no index is used: an index may be what is damaged.
"""

import sqlite3
from collections.abc import Iterator

from simpatient.storage.sqlite.failures import is_damage

# Row numbers are counted up from 1; one beyond this is itself damage.
_FAR = 2**40


def row_numbers(connection: sqlite3.Connection, table: str) -> Iterator[int]:
    """Return the row numbers of a table that can be reached, in order."""
    last = 0
    while True:
        try:
            for (number,) in connection.execute(f"SELECT rowid FROM {table} NOT INDEXED WHERE rowid > {last}"):
                last = number
                yield number
        except sqlite3.Error as error:
            if not is_damage(error):
                raise
        else:
            return
        beyond = _beyond_damage(connection, table, last + 1)
        if beyond is None:
            return
        last = beyond - 1


def _beyond_damage(connection: sqlite3.Connection, table: str, start: int) -> int | None:
    """Return the first row number from which on the table can be read again; None when it never can."""
    bad, step = start, 1
    while not _can_read_from(connection, table, bad + step):
        bad, step = bad + step, step * 2
        if bad > _FAR:
            return None
    good = bad + step
    while good - bad > 1:
        middle = (bad + good) // 2
        bad, good = (bad, middle) if _can_read_from(connection, table, middle) else (middle, good)
    return good


def _can_read_from(connection: sqlite3.Connection, table: str, number: int) -> bool:
    query = f"SELECT rowid FROM {table} NOT INDEXED WHERE rowid >= {number} LIMIT 1"
    try:
        connection.execute(query).fetchall()
    except sqlite3.Error as error:
        if not is_damage(error):
            raise
        return False
    return True
