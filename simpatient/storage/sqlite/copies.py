"""Copies of the database: the rolling ones made when it is closed, those a user asks for, and what is erased in them.

A copy is one file that needs nothing beside it. What is deleted for good is deleted in the copies, too.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from simpatient.domain.errors import StorageUnavailable
from simpatient.runtime.files import move
from simpatient.runtime.private_files import private_file, private_folder
from simpatient.storage.sqlite.failures import is_damage, translating

FOLDER = "backups"
GENERATIONS = 3
# Copying more than this takes longer than closing a window may: such a database is copied once a day.
COPY_AT_EACH_CLOSE_BYTES = 64_000_000
_A_DAY = timedelta(days=1)
Statement = tuple[str, tuple[object, ...]]


def copies_of(path: Path) -> tuple[Path, ...]:
    """Return the copies kept beside a database, newest first."""
    found = (path.parent / FOLDER).glob(f"{path.stem}-*{path.suffix}")
    return tuple(sorted(found, key=lambda copy: copy.stat().st_mtime, reverse=True))


def set_aside_files(path: Path) -> tuple[Path, ...]:
    """Return the damaged files that were once the database, oldest first."""
    found = path.parent.glob(f"{path.stem}-damaged-*{path.suffix}")
    return tuple(sorted(found, key=lambda kept: kept.stat().st_mtime))


def copy_database(path: Path, target: Path) -> Path:
    """Copy a database, whole and consistent even while it is in use; the copy is complete or not there.

    Raises:
        StorageUnavailable: The copy could not be made.
    """
    aside = target.with_name(target.name + ".part")
    with translating(target):
        private_folder(target.parent)
        try:
            _copy(path, private_file(aside))
            move(aside, target)
        except BaseException:
            for left in (aside, aside.with_name(aside.name + "-journal")):
                left.unlink(missing_ok=True)
            raise
    return target


def _copy(path: Path, target: Path) -> None:
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(target, isolation_level=None)) as copy:
        source.backup(copy)
        # By itself: a copy in WAL mode would make two files beside it at each access.
        copy.execute("PRAGMA journal_mode=DELETE")
        if target.stat().st_size <= COPY_AT_EACH_CLOSE_BYTES:
            found = str(copy.execute("PRAGMA quick_check(1)").fetchone()[0])
            if found != "ok":
                raise sqlite3.DatabaseError(f"malformed: {found}")


def keep_rolling_copy(path: Path) -> None:
    """Copy the database as it is now and drop the oldest of ``GENERATIONS`` copies.

    Where that fails, as on a full disk, the earlier copies stay and no error is raised: the change itself is stored.
    """
    with suppress(StorageUnavailable, OSError):
        newest = _generation(path, 1)
        if path.stat().st_size > COPY_AT_EACH_CLOSE_BYTES and _is_fresh(newest):
            return
        made = copy_database(path, newest.with_name(f"{newest.name}.new"))
        for number in range(GENERATIONS - 1, 0, -1):
            with suppress(FileNotFoundError):
                move(_generation(path, number), _generation(path, number + 1))
        move(made, newest)


def _generation(path: Path, number: int) -> Path:
    return path.parent / FOLDER / f"{path.stem}-copy-{number}{path.suffix}"


def _is_fresh(copy: Path) -> bool:
    if not copy.exists():
        return False
    return datetime.now(tz=UTC) - datetime.fromtimestamp(copy.stat().st_mtime, tz=UTC) < _A_DAY


def remove_leftovers(path: Path) -> None:
    """Remove what a copy that was cut off has left behind."""
    for pattern in (f"{path.stem}-*.part*", f"{path.stem}-*.new"):
        for left in (path.parent / FOLDER).glob(pattern):
            with suppress(OSError):
                left.unlink()


def erase_in_copies(path: Path, statements: Sequence[Statement]) -> None:
    """Delete in every copy what is deleted in the database; a copy in which that fails is deleted itself.

    Raises:
        StorageUnavailable: A copy is in use, or cannot be written or deleted.
    """
    for copy in copies_of(path):
        with translating(copy):
            try:
                _erase(copy, statements)
            except sqlite3.DatabaseError as error:
                if not is_damage(error):
                    raise
                copy.unlink()


def erase_in_set_aside(path: Path, statements: Sequence[Statement], words: Sequence[str]) -> tuple[Path, ...]:
    """Delete in the files that were set aside as damaged or emptied; return those that still hold one of ``words``."""
    for kept in (*set_aside_files(path), *path.parent.glob(f"{path.stem}-rescued-*{path.suffix}")):
        with suppress(sqlite3.Error):
            _erase(kept, statements)
    searched = [word.encode("utf-8") for word in words]
    with translating(path):
        files = [
            file for kind in ("damaged", "emptied", "rescued") for file in path.parent.glob(f"{path.stem}-{kind}-*")
        ]
        return tuple(file for file in files if any(word in file.read_bytes() for word in searched))


def _erase(file: Path, statements: Sequence[Statement]) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection, _transaction(connection):
        for statement, values in statements:
            # A copy from before an update may not have the table yet.
            with _suppress_missing_table():
                connection.execute(statement, values)


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    for pragma in ("secure_delete=ON", "foreign_keys=ON", "busy_timeout=5000", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("BEGIN IMMEDIATE")
    yield
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def _suppress_missing_table() -> Iterator[None]:
    """Pass over a statement for a table that is not there."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "no such table" not in str(error):
            raise
