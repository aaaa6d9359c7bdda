"""Opens the database: looks before it writes, refuses what is newer, sets aside what is damaged.

Nothing is ever deleted here.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from simpatient.domain.errors import StorageUnavailable
from simpatient.runtime.files import move
from simpatient.runtime.private_files import private_file, private_folder, tighten
from simpatient.storage.repositories.bin_repository import SqlBinRepository
from simpatient.storage.repositories.consent_repository import SqlConsentRepository
from simpatient.storage.repositories.drill_repository import SqlDrillRepository
from simpatient.storage.repositories.history_repository import SqlHistoryRepository
from simpatient.storage.repositories.session_draft_repository import SqlSessionDraftRepository
from simpatient.storage.repositories.session_repository import SqlSessionRepository
from simpatient.storage.repositories.writing_repository import SqlWritingRepository
from simpatient.storage.sqlite.changes import SUFFIX, note, noted, stored_number
from simpatient.storage.sqlite.copies import FOLDER, copies_of, remove_leftovers
from simpatient.storage.sqlite.engine import make_engine, make_reading_engine
from simpatient.storage.sqlite.failures import is_damage, translated, translating
from simpatient.storage.sqlite.lane import DatabaseThread
from simpatient.storage.sqlite.schema import SCHEMA_VERSION, free_name, upgrade
from simpatient.storage.sqlite.transactions import OpenTransaction, SqlUnitOfWork
from simpatient.storage.tables import metadata

# Up to this size a quick check takes well under a second and is done each time the database is opened.
CHECK_UP_TO_BYTES = 64_000_000
COMPANIONS = ("-wal", "-shm", SUFFIX)
# Why a database that can be read cannot be opened for writing.
_UNWRITABLE = (
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_PERM,
)
_REVISIONS = frozenset(f"{number:04}" for number in range(1, SCHEMA_VERSION + 1))


@dataclass(frozen=True)
class Found:
    """What is in a database file: its schema, and the number of its newest change."""

    version: int = 0
    tables: frozenset[str] = frozenset()
    revision: str | None = None
    changes: int = 0


@dataclass(frozen=True)
class Repositories:
    """Everything kept in one opened database; closing any closes it for all."""

    sessions: SqlSessionRepository
    history: SqlHistoryRepository
    bin: SqlBinRepository
    drills: SqlDrillRepository
    consents: SqlConsentRepository
    writings: SqlWritingRepository
    session_drafts: SqlSessionDraftRepository
    unit_of_work: SqlUnitOfWork


def open_sessions(path: Path) -> SqlSessionRepository:
    """Open the database for its sessions alone; raises as ``open_repositories`` does."""
    return open_repositories(path).sessions


def open_repositories(path: Path) -> Repositories:
    """Open the database, made or brought up to date where needed.

    Where nothing can be written (a full disk, a folder that can only be read) an up-to-date database is opened for
    reading; writing to it then says why it cannot be done.

    Raises:
        StorageUnavailable: It cannot be opened, is newer than this program, is something else, is damaged or
            emptied, or has lost its newest changes. A damaged or emptied file is renamed, and a loss is reported
            once, so that the next start succeeds.
    """
    lane = DatabaseThread()
    try:
        engine = lane.run(lambda: _prepared(path))
    except BaseException:
        lane.close()
        raise
    shared = (engine, path, lane, OpenTransaction())
    return Repositories(
        SqlSessionRepository(*shared),
        SqlHistoryRepository(*shared),
        SqlBinRepository(*shared),
        SqlDrillRepository(*shared),
        SqlConsentRepository(*shared),
        SqlWritingRepository(*shared),
        SqlSessionDraftRepository(*shared),
        SqlUnitOfWork(*shared),
    )


def _prepared(path: Path) -> Engine:
    """Return the engine of a database that is sound and up to date."""
    with translating(path):
        private_folder(path.parent)
        is_there = path.exists() and path.stat().st_size > 0
    if not is_there and _was_more(path):
        raise _set_aside_emptied(path)
    found = _look(path) if is_there else Found()
    refuse(found, path)
    if found.version == SCHEMA_VERSION and not _can_write(path):
        return make_reading_engine(path)
    with translating(path):
        private_file(path)
        tighten(path.with_name(path.name + companion) for companion in COMPANIONS)
        tighten([path.parent / FOLDER])
        remove_leftovers(path)
    if found.version < SCHEMA_VERSION:
        upgrade(path, is_new=not found.tables)
    _tell_loss(path, found.changes)
    return make_engine(path)


def refuse(found: Found, path: Path) -> None:
    """Refuse what is not a database of this program, or of a later one."""
    if found.version > SCHEMA_VERSION:
        message = f"The database was written by a newer simpatient (schema {found.version}). ({path})"
        raise StorageUnavailable(message, "Update simpatient; nothing was changed.")
    if found.tables and "alembic_version" not in found.tables:
        message = f"This file is a database of another program. ({path})"
        raise StorageUnavailable(message, "Move it away or choose another folder; nothing was changed.")
    if found.revision is not None and found.revision not in _REVISIONS:
        message = f'The database does not fit this program (its schema is called "{found.revision}"). ({path})'
        raise StorageUnavailable(message, "Update simpatient; nothing was changed.")


def _tell_loss(path: Path, changes: int) -> None:
    """Say once that changes are missing that were stored, and count from here on."""
    known = noted(path)
    # Noted before the error is raised, so that the next start opens what is left.
    if known != changes:
        note(path, changes, is_settled=True)
    if known > changes:
        lost = known - changes
        missing = f"{lost} changes are" if lost > 1 else "one change is"
        message = f"Some of the latest work is missing: {missing} no longer in the database. ({path})"
        cause = f"Another program, such as a synchroniser, may have removed or changed {path.name}-wal."
        raise StorageUnavailable(f"{message} {cause}", f"Start again to continue with what is left.{_ways_back(path)}")


def _can_write(path: Path) -> bool:
    """Whether a transaction that writes can be begun; a wait for another program's counts as yes."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            # Only taking the lock for writing shows whether the disk lets anything be written.
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        if (error.sqlite_errorcode & 0xFF) in _UNWRITABLE:
            return not _is_left_alone(path)
    return True


def _is_left_alone(path: Path) -> bool:
    """Whether no one has the database open and everything is in the one file."""
    wal, shm = (path.with_name(path.name + companion) for companion in ("-wal", "-shm"))
    return not shm.exists() and not (wal.exists() and wal.stat().st_size > 0)


def look(path: Path) -> tuple[Found, str | None]:
    """Read what is in the file, and what damage there is to it, without writing.

    Raises:
        StorageUnavailable: It cannot be opened for a reason that is not damage.
    """
    try:
        return _read(path, "mode=ro")
    except UnicodeDecodeError:
        # What SQLite says of a damaged schema quotes it, which Python's own module then fails to decode.
        return Found(), "the schema is damaged"
    except sqlite3.Error as error:
        if not is_damage(error):
            raise translated(error, path) from error
        return Found(), str(error)


def _look(path: Path) -> Found:
    """Read what is in the file; set it aside when it is damaged."""
    found, damage = look(path)
    if damage:
        raise _set_aside(path)
    return found


def _read(path: Path, mode: str) -> tuple[Found, str | None]:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True)) as connection:
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
            tables = frozenset(row[0] for row in connection.execute("SELECT name FROM sqlite_master"))
            if version > SCHEMA_VERSION:
                return Found(version, tables), None
            damage = _damage(connection, path, version)
            return Found(version, tables, _revision(connection, tables), stored_number(connection)), damage
    except sqlite3.OperationalError as error:
        code = error.sqlite_errorcode & 0xFF
        # Killed in the middle of a write, the file has to be rolled back by SQLite before anyone can read it.
        if mode == "mode=ro" and code == sqlite3.SQLITE_READONLY:
            return _read(path, "mode=rw")
        if mode == "mode=ro" and code in _UNWRITABLE and _is_left_alone(path):
            return _read(path, "mode=ro&immutable=1")
        raise


def _revision(connection: sqlite3.Connection, tables: frozenset[str]) -> str | None:
    if "alembic_version" not in tables:
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def _damage(connection: sqlite3.Connection, path: Path, version: int) -> str | None:
    if version == SCHEMA_VERSION and (wrong := _wrong_schema(connection)):
        return wrong
    if path.stat().st_size > CHECK_UP_TO_BYTES:
        return None
    # The quick check leaves out whether an index says what its table says. Every session is found by the index of
    # ``sessions``, which is small: one wrong bit in it would hide more than one.
    checks = ["PRAGMA quick_check(1)", *(["PRAGMA integrity_check(sessions)"] if version == SCHEMA_VERSION else [])]
    found = (str(connection.execute(check).fetchone()[0]) for check in checks)
    return next((damage for damage in found if damage != "ok"), None)


def _wrong_schema(connection: sqlite3.Connection) -> str | None:
    """Return what is damaged in the schema itself: statements for every table are compiled, none is run."""
    connection.execute("PRAGMA foreign_keys=ON")
    for table in metadata.sorted_tables:
        columns = ", ".join(f'{table.name}."{column.name}"' for column in table.columns)
        try:
            connection.execute(f"EXPLAIN SELECT {columns} FROM {table.name}").close()
            connection.execute(f"EXPLAIN DELETE FROM {table.name}").close()
        except sqlite3.OperationalError as error:
            return str(error)
    return None


def _was_more(path: Path) -> bool:
    """Whether there are signs that a database that is missing or empty held something."""
    wal = path.with_name(path.name + "-wal")
    has_log = wal.exists() and wal.stat().st_size > 0
    return noted(path) > 0 or (path.exists() and (has_log or bool(copies_of(path))))


def _set_aside(path: Path) -> StorageUnavailable:
    """Rename a damaged database with its companions and return the error that says where it is."""
    kept = free_name(path.with_name(f"{path.stem}-damaged{path.suffix}"))
    _rename(path, kept)
    message = f"The database was damaged. It is kept, unchanged, as {kept}."
    rescue = "Run `simpatient db rescue` to get back what can still be read"
    return StorageUnavailable(message, f"{rescue}, or start again to begin with an empty one.{_ways_back(path)}")


def _set_aside_emptied(path: Path) -> StorageUnavailable:
    """Rename what is left of a database that was emptied or taken away, and return the error that reports it."""
    is_there = path.exists()
    kept = free_name(path.with_name(f"{path.stem}-emptied{path.suffix}"))
    _rename(path, kept)
    what = f"was emptied by another program; what is left is kept as {kept}" if is_there else "is no longer there"
    message = f"The database {what}. ({path})"
    return StorageUnavailable(message, f"Put it back, or start again to begin with an empty one.{_ways_back(path)}")


def _rename(path: Path, kept: Path) -> None:
    with translating(path):
        for companion in COMPANIONS:
            beside = path.with_name(path.name + companion)
            if beside.exists():
                move(beside, kept.with_name(kept.name + companion))
        if path.exists():
            move(path, kept)


def _ways_back(path: Path) -> str:
    """Return where the copies are, as the end of an advice."""
    copies = copies_of(path)
    if not copies:
        return ""
    return f" Earlier copies are in {path.parent / FOLDER}; `simpatient db restore` puts one back."
