"""Connections that are safe: WAL, every commit on disk, foreign keys, a wait for other writers.

The settings are read back on every connection, because SQLite ignores what it cannot do.
"""

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from simpatient.domain.errors import StorageUnavailable
from simpatient.storage.cells import read_json, read_text

BUSY_TIMEOUT_MS = 5000
# What each setting must read back as. synchronous 2 is FULL: with it a commit survives power loss, too.
PRAGMAS: dict[str, tuple[str, str]] = {
    "busy_timeout": (str(BUSY_TIMEOUT_MS), str(BUSY_TIMEOUT_MS)),
    "journal_mode": ("WAL", "wal"),
    "synchronous": ("FULL", "2"),
    "foreign_keys": ("ON", "1"),
    # What is deleted is overwritten with zeros, and nothing is sorted in files outside the home folder.
    "secure_delete": ("ON", "1"),
    "temp_store": ("MEMORY", "2"),
}
WRITING = {"simpatient_writing": True}

# What is set where nothing can be written: nothing is locked, logged or made.
READING_PRAGMAS = {name: PRAGMAS[name] for name in ("busy_timeout", "foreign_keys", "temp_store")}


def make_engine(path: Path, *, is_migrating: bool = False) -> Engine:
    """Return an engine over a database file with one safe connection; nothing is opened yet.

    While migrating, foreign keys are off: a table rebuilt by a migration is dropped for a moment, which
    would delete every row that refers to it. The migration checks the keys before it commits.
    """
    pragmas = PRAGMAS | ({"foreign_keys": ("OFF", "0")} if is_migrating else {})
    url = URL.create("sqlite", database=str(path))
    # Parameters are words of sessions: no error text, and so no log, may hold them.
    engine = create_engine(
        url, poolclass=QueuePool, pool_size=1, max_overflow=0, hide_parameters=True, json_deserializer=read_json
    )
    _listen(engine, pragmas)
    return engine


def make_reading_engine(path: Path) -> Engine:
    """Return an engine that only reads, for an unwritable folder or disk; no other process may have it open."""
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(unchanging(path), uri=True, check_same_thread=False),
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        hide_parameters=True,
        json_deserializer=read_json,
    )
    _listen(engine, READING_PRAGMAS)
    return engine


def unchanging(path: Path) -> str:
    """Return the address by which SQLite reads a file without locks and without files beside it."""
    return f"{path.absolute().as_uri()}?mode=ro&immutable=1"


def _listen(engine: Engine, pragmas: dict[str, tuple[str, str]]) -> None:
    event.listen(engine, "connect", lambda connection, _record: _make_safe(connection, pragmas))
    event.listen(engine, "begin", _begin)


def _make_safe(dbapi_connection: Any, pragmas: dict[str, tuple[str, str]]) -> None:
    # Python's own transaction handling commits before schema changes; we begin transactions ourselves.
    dbapi_connection.isolation_level = None
    dbapi_connection.text_factory = read_text
    for name, (wanted, expected) in pragmas.items():
        dbapi_connection.execute(f"PRAGMA {name}={wanted}")
        found = str(dbapi_connection.execute(f"PRAGMA {name}").fetchone()[0])
        if found != expected:
            message = f"The database cannot be kept safely here ({name} is {found}, not {expected})."
            raise StorageUnavailable(message, "Keep it on a local disk rather than a network drive.")


def _begin(connection: Connection) -> None:
    # A transaction that will write takes the lock at once: upgrading a read lock can fail without waiting.
    is_writing = connection.get_execution_options().get("simpatient_writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")
