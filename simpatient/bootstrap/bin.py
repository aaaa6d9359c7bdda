"""Builds the bin: for the program as a whole, and alone for the command line. Loads no model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from simpatient.bootstrap.clock import SystemClock
from simpatient.bootstrap.upkeep import open_database, prepared_home
from simpatient.bootstrap.voice import open_clips
from simpatient.content.library import open_library
from simpatient.content.reading.locations import app_home
from simpatient.domain.errors import StorageUnavailable
from simpatient.services.ports import ContentLibrary
from simpatient.services.privacy.bin import BinService

if TYPE_CHECKING:
    from simpatient.services.privacy.kept_recordings import RecordingStore
    from simpatient.storage.opening import Repositories


def make_bin(library: ContentLibrary, stored: Repositories, recordings: RecordingStore) -> BinService:
    """Return the bin of an opened database."""
    return BinService(
        library=library,
        sessions=stored.sessions,
        writings=stored.writings,
        drafts=stored.session_drafts,
        entries=stored.bin,
        recordings=recordings,
        clock=SystemClock(),
    )


@contextmanager
def open_bin(home: Path | None = None) -> Iterator[BinService]:
    """Give the bin; the database is closed at the end of the ``with``.

    Raises:
        StorageUnavailable: The database cannot be opened.
    """
    home = prepared_home(home or app_home())
    stored = open_database(home)
    try:
        service = make_bin(open_library(home), stored, open_clips(home))
        with suppress(StorageUnavailable):  # what cannot be erased now is erased at a later start
            service.erase_expired()
        yield service
    finally:
        stored.sessions.close()
