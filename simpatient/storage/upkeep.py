"""What a user can do about the database as a whole: check it, copy it, put a copy back, rescue a damaged one."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from simpatient.domain.errors import NotFound, StorageUnavailable
from simpatient.runtime.files import move
from simpatient.runtime.private_files import private_folder
from simpatient.storage.opening import look, open_repositories, refuse
from simpatient.storage.repositories.history_repository import SqlHistoryRepository
from simpatient.storage.repositories.session_repository import SqlSessionRepository
from simpatient.storage.rescue import Rescued, copy_readable
from simpatient.storage.sqlite.changes import SUFFIX, beside, note, noted
from simpatient.storage.sqlite.copies import FOLDER, copy_database, set_aside_files
from simpatient.storage.sqlite.engine import make_engine
from simpatient.storage.sqlite.failures import translating
from simpatient.storage.sqlite.lane import DatabaseThread
from simpatient.storage.sqlite.schema import free_name, upgrade

_COMPANIONS = ("-wal", "-shm")


class DatabaseUpkeep:
    """Looks after one database file; no other program may have it open while one is put back or rescued.

    Args:
        path: The database file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def is_there(self) -> bool:
        """Whether there is a database with something in it."""
        return self._path.exists() and self._path.stat().st_size > 0

    def check(self) -> tuple[str, ...]:
        """Return everything that is wrong, in plain words; nothing is renamed or mended.

        Rows that only follow from others are worked out anew where they do not.

        Raises:
            StorageUnavailable: The database cannot be opened for a reason that is not damage.
        """
        aside = [f"{kept.name} was set aside as damaged" for kept in set_aside_files(self._path)]
        if not self.is_there:
            emptied = [f"{self._path.name} is empty"] if self._path.exists() else []
            return (*aside, *emptied)
        found, damage = look(self._path)
        if damage:
            return (*aside, f"the file is damaged: {damage}")
        refuse(found, self._path)
        lost = noted(self._path) - found.changes
        missing = [f"the newest changes are missing ({lost})"] if lost > 0 else []
        if missing:
            return (*aside, *missing)
        opened = open_repositories(self._path)
        try:
            problems = opened.sessions.check()
            if opened.history.is_out_of_date():
                opened.history.rebuild()
            return (*aside, *problems)
        finally:
            opened.sessions.close()

    def backup(self, folder: Path | None = None) -> Path:
        """Copy the database and return the copy's path.

        Args:
            folder: Where to; beside the database when None.

        Raises:
            NotFound: There is no database yet.
            StorageUnavailable: The copy cannot be made.
        """
        if not self.is_there:
            raise NotFound(f"There is no database yet. ({self._path})", "The first session creates it.")
        today = datetime.now(tz=UTC).astimezone()
        here = folder or self._path.parent / FOLDER
        return copy_database(self._path, free_name(here / f"{self._path.stem}-{today:%Y-%m-%d}{self._path.suffix}"))

    def restore(self, copy: Path) -> Path | None:
        """Put a copy in the place of the database; what was there is kept.

        Args:
            copy: A copy, or a folder whose newest copy is taken.

        Returns:
            Where what was there is kept; None when there was nothing.

        Raises:
            NotFound: There is no such copy.
            StorageUnavailable: The copy is damaged or does not fit, or the database is in use or cannot be written.
        """
        chosen = _newest_in(copy, self._path.suffix) if copy.is_dir() else copy
        if not chosen.exists():
            raise NotFound(f"There is no copy {chosen}.", "Name a copy, or the folder it is in.")
        found, damage = look(chosen)
        if damage or not found.tables:
            raise StorageUnavailable(f"The copy is damaged; nothing was changed. ({chosen})", "Choose another copy.")
        refuse(found, chosen)
        aside = self._path.with_name(f"{self._path.name}.part")
        return self._put_in_place(copy_database(chosen, aside), "before-restore")

    def rescue(self, damaged: Path | None = None) -> tuple[Rescued, Path | None]:
        """Make a new database of everything that can be read, in the damaged ones and in the one in use.

        Args:
            damaged: The file to read; every file that was set aside when None.

        Returns:
            What was copied, and where the database that was in use before is kept; None when there was none.

        Raises:
            NotFound: There is no such file, or nothing was ever damaged.
            StorageUnavailable: The new database cannot be written, or the old one is in use.
        """
        if damaged is not None and not damaged.is_file():
            raise NotFound(f"There is no file {damaged}.", "Name a database that was set aside.")
        sources = [damaged] if damaged else list(reversed(set_aside_files(self._path)))
        if not sources and not self.check():
            raise NotFound("Nothing is damaged, so there is nothing to rescue.", "")
        if self.is_there:
            sources.insert(0, self._path)
        aside = self._path.with_name(f"{self._path.name}.part")
        with translating(self._path):
            private_folder(self._path.parent)
            aside.unlink(missing_ok=True)
        try:
            upgrade(aside, is_new=True)
            rescued = copy_readable(sources, aside)
            rescued = _without_unreadable(aside, rescued)
            kept = self._put_in_place(aside, "before-rescue")
            self._mark_as_read(sources)
            return rescued, kept
        finally:
            for companion in ("", *_COMPANIONS, SUFFIX, "-journal"):
                aside.with_name(aside.name + companion).unlink(missing_ok=True)

    def _mark_as_read(self, sources: Sequence[Path]) -> None:
        """Rename what was set aside, now that it was read, so that it is not reported again."""
        with translating(self._path):
            for source in [each for each in sources if each in set_aside_files(self._path)]:
                kept = free_name(self._path.with_name(f"{self._path.stem}-rescued{self._path.suffix}"))
                for companion in ("", *_COMPANIONS, SUFFIX):
                    left = source.with_name(source.name + companion)
                    if left.exists():
                        move(left, kept.with_name(kept.name + companion))

    def _put_in_place(self, made: Path, reason: str) -> Path | None:
        """Rename a finished file to be the database; what was there becomes a copy."""
        kept: Path | None = None
        with translating(self._path):
            if self._path.exists():
                _need_alone(self._path)
                folder = private_folder(self._path.parent / FOLDER)
                kept = free_name(folder / f"{self._path.stem}-{reason}{self._path.suffix}")
                move(self._path, kept)
                for companion in _COMPANIONS:
                    left = self._path.with_name(self._path.name + companion)
                    if left.exists():
                        move(left, kept.with_name(kept.name + companion))
            beside(self._path).unlink(missing_ok=True)
            move(made, self._path)
        found, _ = look(self._path)
        note(self._path, found.changes, is_settled=True)
        return kept


def _without_unreadable(made: Path, rescued: Rescued) -> Rescued:
    """Take out sessions whose rows can be read but do not make a session, and work out what follows from the rest."""
    lane, engine = DatabaseThread(), make_engine(made)
    try:
        unreadable = SqlSessionRepository(engine, made, lane).unreadable()
        SqlHistoryRepository(engine, made, lane).rebuild()
    finally:
        lane.run(engine.dispose)
        lane.close()
    with translating(made), closing(sqlite3.connect(made)) as connection, connection:
        connection.execute("PRAGMA foreign_keys=ON")
        connection.executemany("DELETE FROM sessions WHERE id = ?", [(each,) for each in unreadable])
    copied = tuple(session for session in rescued.copied if session not in unreadable)
    incomplete = {session: count for session, count in rescued.incomplete.items() if session in copied}
    return replace(rescued, copied=copied, incomplete=incomplete, lost=(*rescued.lost, *unreadable))


def _need_alone(path: Path) -> None:
    """Bring everything into the one file; raises where another program has it open, or it cannot be read."""
    found, damage = look(path)
    if damage or not found.tables:
        return
    with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as connection:
        # Leaving the log behind needs the file for itself, so this fails while anybody else has it open.
        connection.execute("PRAGMA journal_mode=DELETE")
        if str(connection.execute("PRAGMA journal_mode").fetchone()[0]) != "delete":
            raise StorageUnavailable(f"The database is in use. ({path})", "Close the other simpatient and try again.")


def _newest_in(folder: Path, suffix: str) -> Path:
    found = sorted(folder.glob(f"*{suffix}"), key=lambda copy: copy.stat().st_mtime)
    if not found:
        raise NotFound(f"There is no copy in {folder}.", f"Name a folder with a {suffix} file.")
    return found[-1]
