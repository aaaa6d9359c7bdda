"""Says in plain words what went wrong with the database. The one place library errors are translated."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from simpatient.domain.errors import BugError, StorageUnavailable

_KNOWN = (
    ("disk is full", "The disk is full, so nothing more can be stored.", "Free some space and try again."),
    ("locked", "The database is in use by another program.", "Close the other simpatient and try again."),
    ("readonly", "The database cannot be written to.", "Allow writing to its folder and try again."),
    ("unable to open", "The database cannot be opened.", "Check that its folder exists and can be written to."),
    ("disk i/o", "The disk reported an error.", "Check the disk, or move the folder to another one."),
)
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
# What SQLite says, without a code of its own, of a file whose head is damaged.
_DAMAGED_HEAD = ("malformed", "unsupported file format", "same text encoding")


def is_damage(error: BaseException) -> bool:
    """Whether the error says that the file itself is damaged."""
    said = getattr(error, "orig", None) or error
    code = getattr(said, "sqlite_errorcode", None)
    if code is not None and code & 0xFF in _DAMAGE:
        return True
    return isinstance(said, sqlite3.Error) and any(sign in str(said).lower() for sign in _DAMAGED_HEAD)


def translated(error: Exception, path: Path) -> Exception:
    """Return the program's own error for a library's error."""
    text = str(error).lower()
    is_our_mistake = isinstance(getattr(error, "orig", None), ValueError | TypeError)
    if is_our_mistake or isinstance(error, IntegrityError | sqlite3.IntegrityError):
        return BugError(f"the database refused a row: {error}")
    for sign, message, action in _KNOWN:
        if sign in text:
            return StorageUnavailable(f"{message} ({path})", action)
    if is_damage(error):
        action = "Start the program again: it keeps the damaged file and tells where."
        return StorageUnavailable(f"The database is damaged. ({path})", action)
    reason = getattr(error, "orig", None) or error
    return StorageUnavailable(f"The database cannot be used: {reason}. ({path})", "Run `simpatient db check`.")


@contextmanager
def translating(path: Path) -> Iterator[None]:
    """Turn library errors raised within into ``StorageUnavailable`` (or ``BugError`` for a refused row)."""
    try:
        yield
    except (DBAPIError, SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise translated(error, path) from error
