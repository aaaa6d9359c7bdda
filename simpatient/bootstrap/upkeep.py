"""Builds what looks after the files of a home: the database as a whole, and deleting for good. Loads no model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from simpatient.bootstrap.voice import open_clips
from simpatient.content.reading.locations import app_home
from simpatient.runtime.single_instance import InstanceLock
from simpatient.services.privacy.deletion import DeletionService

if TYPE_CHECKING:
    from simpatient.services.privacy.kept_recordings import RecordingStore
    from simpatient.storage.opening import Repositories
    from simpatient.storage.upkeep import DatabaseUpkeep

DATABASE = "simpatient.sqlite"
WINDOW_LOCK = "window.lock"


def prepared_home(home: Path) -> Path:
    """Return the program's folder, made when it is not there, readable by its owner alone.

    Raises:
        StorageUnavailable: It cannot be made, or a file is in its place.
    """
    from simpatient.storage.home import prepare_home

    return prepare_home(home)


def hold_window(home: Path) -> Callable[[], None]:
    """Claim a home for the one window there may be on it, and return what gives it up.

    Raises:
        HeldElsewhere: There is a window on it already.
        StorageUnavailable: The folder cannot be made.
    """
    lock = InstanceLock(prepared_home(home) / WINDOW_LOCK)
    lock.hold("simpatient is already open on this computer.", "Go to its window, or close it and try again.")
    return lock.release


def open_database(home: Path) -> Repositories:
    """Return everything stored under ``home``, opened.

    Raises:
        StorageUnavailable: The database cannot be opened.
    """
    from simpatient.storage.opening import open_repositories

    return open_repositories(home / DATABASE)


def deletion_service(stored: Repositories, recordings: RecordingStore) -> DeletionService:
    """Return what deletes for good in an opened database and in the kept sound."""
    return DeletionService(sessions=stored.sessions, drills=stored.drills, consents=stored.consents, clips=recordings)


def open_upkeep(home: Path | None = None) -> DatabaseUpkeep:
    """Return what looks after the database of a home; nothing is opened yet."""
    from simpatient.storage.upkeep import DatabaseUpkeep

    return DatabaseUpkeep((home or app_home()) / DATABASE)


@contextmanager
def open_deletion(home: Path | None = None) -> Iterator[DeletionService]:
    """Give what deletes for good; the database is closed at the end of the ``with``.

    Raises:
        StorageUnavailable: The database cannot be opened.
    """
    home = prepared_home(home or app_home())
    stored = open_database(home)
    try:
        yield deletion_service(stored, open_clips(home))
    finally:
        stored.sessions.close()
