"""Opens the database: looks before it writes, refuses what is newer, sets aside what is damaged.

Nothing is ever deleted here.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from simpatient.domain.errors import StorageUnavailable
from simpatient.storage.history_repository import SqlHistoryRepository
from simpatient.storage.repositories.consent_repository import SqlConsentRepository
from simpatient.storage.repositories.drill_repository import SqlDrillRepository
from simpatient.storage.repositories.session_draft_repository import SqlSessionDraftRepository
from simpatient.storage.repositories.session_repository import SqlSessionRepository
from simpatient.storage.repositories.writing_repository import SqlWritingRepository
from simpatient.storage.sqlite.engine import make_engine
from simpatient.storage.sqlite.failures import is_damage, translated, translating
from simpatient.storage.sqlite.lane import DatabaseThread
from simpatient.storage.sqlite.schema import SCHEMA_VERSION, free_name, upgrade
from simpatient.storage.sqlite.transactions import OpenTransaction, SqlUnitOfWork
from simpatient.storage.tables import metadata

# Up to this size a quick check takes well under a second and is done each time the database is opened.
CHECK_UP_TO_BYTES = 64_000_000
COMPANIONS = ("-wal", "-shm")


@dataclass(frozen=True)
class Found:
    """What is in a database file."""

    version: int
    tables: frozenset[str]


@dataclass(frozen=True)
class Repositories:
    """Everything kept in one opened database; closing any closes it for all."""

    sessions: SqlSessionRepository
    history: SqlHistoryRepository
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

    Raises:
        StorageUnavailable: It cannot be opened, is newer than this program, is something else, or is
            damaged; a damaged file is renamed, so that the next start begins with an empty database.
    """
    lane = DatabaseThread()
    try:
        lane.run(lambda: _prepare(path))
    except BaseException:
        lane.close()
        raise
    engine = make_engine(path)
    shared = (engine, path, lane, OpenTransaction())
    return Repositories(
        SqlSessionRepository(*shared),
        SqlHistoryRepository(*shared),
        SqlDrillRepository(*shared),
        SqlConsentRepository(*shared),
        SqlWritingRepository(*shared),
        SqlSessionDraftRepository(*shared),
        SqlUnitOfWork(*shared),
    )


def _prepare(path: Path) -> None:
    with translating(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        is_there = path.exists() and path.stat().st_size > 0
    found = _look(path) if is_there else Found(0, frozenset())
    if found.version > SCHEMA_VERSION:
        message = f"The database was written by a newer simpatient (schema {found.version}). ({path})"
        raise StorageUnavailable(message, "Update simpatient; nothing was changed.")
    if found.tables and "alembic_version" not in found.tables:
        message = f"This file is a database of another program. ({path})"
        raise StorageUnavailable(message, "Move it away or choose another folder; nothing was changed.")
    if found.version < SCHEMA_VERSION:
        upgrade(path, is_new=not found.tables)


def _look(path: Path) -> Found:
    """Read version and tables without writing; set the file aside when it is damaged."""
    try:
        found, damage = _read(path, "ro")
    except UnicodeDecodeError as error:
        # What SQLite says of a damaged schema quotes it, which Python's own module then fails to decode.
        raise _set_aside(path) from error
    except sqlite3.Error as error:
        if not is_damage(error):
            raise translated(error, path) from error
        raise _set_aside(path) from error
    if damage:
        raise _set_aside(path)
    return found


def _read(path: Path, mode: str) -> tuple[Found, str | None]:
    """Return what is in the file and what damage there is."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True)) as connection:
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
            tables = frozenset(row[0] for row in connection.execute("SELECT name FROM sqlite_master"))
            return Found(version, tables), None if version > SCHEMA_VERSION else _damage(connection, path, version)
    except sqlite3.OperationalError as error:
        # Killed in the middle of a write, the file has to be rolled back by SQLite before anyone can read it.
        if mode != "ro" or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_READONLY:
            raise
        return _read(path, "rw")


def _damage(connection: sqlite3.Connection, path: Path, version: int) -> str | None:
    if version == SCHEMA_VERSION and (wrong := _wrong_schema(connection)):
        return wrong
    if path.stat().st_size > CHECK_UP_TO_BYTES:
        return None
    found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    return None if found == "ok" else found


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


def _set_aside(path: Path) -> StorageUnavailable:
    """Rename a damaged database with its companions and return the error that tells where it is."""
    kept = free_name(path.with_name(f"{path.stem}-damaged{path.suffix}"))
    with translating(path):
        for companion in COMPANIONS:
            beside = path.with_name(path.name + companion)
            if beside.exists():
                beside.rename(kept.with_name(kept.name + companion))
        path.rename(kept)
    message = f"The database was damaged. It is kept, unchanged, as {kept}."
    backups = path.parent / "backups"
    copies = f" Earlier copies are in {backups}." if backups.is_dir() else ""
    return StorageUnavailable(message, f"Start again to begin with an empty one.{copies}")
