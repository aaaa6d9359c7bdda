"""Says in plain words what went wrong with the database. The one place library errors are translated."""

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from simpatient.domain.errors import BugError, StorageUnavailable

_FULL = ("The disk is full, so nothing more can be stored.", "Free some space and try again.")
_READ_ONLY = ("The database cannot be written to.", "Allow writing to its folder and try again.")
_LOCKED = ("The database is in use by another program.", "Close the other simpatient and try again.")
_UNOPENED = ("The database cannot be opened.", "Check that its folder exists and can be written to.")
_BROKEN_DISK = ("The disk reported an error.", "Check the disk, or move the folder to another one.")
_CODES = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: _UNOPENED,
    sqlite3.SQLITE_IOERR: _BROKEN_DISK,
}
_IN_THE_WAY = ("There is a file where the folder should be.", "Move the file away, or choose another folder.")
_ERRNOS = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EACCES: _READ_ONLY,
    errno.EPERM: _READ_ONLY,
    errno.EROFS: _READ_ONLY,
    errno.EEXIST: _IN_THE_WAY,
    errno.ENOTDIR: _IN_THE_WAY,
    errno.ENOENT: _UNOPENED,
    errno.EIO: _BROKEN_DISK,
}
# With less than this free, what SQLite reports as an error of the disk, or of opening, is a full disk.
_NO_SPACE_BYTES = 1_000_000
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
# What SQLite says, without a specific code, of a file whose head is damaged.
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
    is_our_mistake = isinstance(getattr(error, "orig", None), ValueError | TypeError)
    if is_our_mistake or isinstance(error, IntegrityError | sqlite3.IntegrityError):
        return BugError(f"the database refused a row: {error}")
    if (words := _words(error, path)) is not None:
        return StorageUnavailable(f"{words[0]} ({path})", words[1])
    if is_damage(error):
        action = "Start the program again: it keeps the damaged file and says where."
        return StorageUnavailable(f"The database is damaged. ({path})", action)
    reason = getattr(error, "orig", None) or error
    return StorageUnavailable(f"The database cannot be used: {reason}. ({path})", "Run `simpatient db check`.")


def _words(error: Exception, path: Path) -> tuple[str, str] | None:
    """Return what an error of disk or lock means, and what to do about it; None for any other."""
    said = getattr(error, "orig", None) or error
    if isinstance(said, OSError):
        return _ERRNOS.get(
            said.errno or 0, (f"The disk reported an error: {said.strerror}.", "Check its folder, then try again.")
        )
    code = getattr(said, "sqlite_errorcode", 0) & 0xFF
    found = _CODES.get(code)
    return _FULL if found in (_BROKEN_DISK, _UNOPENED, _READ_ONLY) and _is_full(path) else found


def _is_full(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < _NO_SPACE_BYTES
    except OSError:
        return False


@contextmanager
def translating(path: Path) -> Iterator[None]:
    """Turn library errors raised within into ``StorageUnavailable`` (or ``BugError`` for a refused row)."""
    try:
        yield
    except (DBAPIError, SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise translated(error, path) from error
