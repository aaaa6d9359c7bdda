"""``BinRepository`` on SQLite. What is in the bin stays in its tables, and nothing else reads it there.

Must not know who asks.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from simpatient.domain.errors import NotFound, UserFacingError
from simpatient.domain.session.bin import BinEntry
from simpatient.storage import attempt_rows
from simpatient.storage.branches import only_in, path
from simpatient.storage.repositories.session_repository import need_session
from simpatient.storage.rows import NOT_SOUND
from simpatient.storage.sqlite.transactions import SqlRepository
from simpatient.storage.tables import bin_entries, sessions, settings, turn_speech

DAYS, DEFAULT_DAYS = "bin_days", 30


class SqlBinRepository(SqlRepository):
    """The bin of an opened and migrated database."""

    def put_session(self, session_id: str, at: datetime) -> None:
        """Put a session with all its attempts into the bin."""

        def work(connection: Connection) -> None:
            need_session(connection, session_id)
            row = {"session_id": session_id, "leaf": None, "binned_at": at, "was_in_use": True, "ended_at": None}
            connection.execute(insert(bin_entries).values(row))

        self._write(work)

    def put_attempt(self, session_id: str, leaf: int, at: datetime) -> None:
        """Put one attempt into the bin; when it was in use, the newest of the others is from now on."""

        def work(connection: Connection) -> None:
            session = need_session(connection, session_id)
            ended = attempt_rows.scored_leaves(connection, session_id)
            if leaf not in {*ended, session.leaf}:
                raise NotFound(f'The session "{session_id}" has no attempt that ends in turn {leaf}.')
            was_in_use = leaf == session.leaf and (leaf not in ended or session.ended_at is not None)
            row = {"session_id": session_id, "leaf": leaf, "binned_at": at, "was_in_use": was_in_use}
            connection.execute(insert(bin_entries).values(**row, ended_at=session.ended_at))
            if was_in_use:
                _use(connection, session_id, max(each for each in ended if each != leaf))
            attempt_rows.update_attempts(connection, session_id)

        self._write(work)

    def entries(self, trainee_id: str) -> tuple[BinEntry, ...]:
        """Return what a trainee has in the bin, the latest first."""
        mine = select(bin_entries.c.id).join(sessions, sessions.c.id == bin_entries.c.session_id)
        return self._entries(mine.where(sessions.c.trainee_id == trainee_id))

    def binned_before(self, moment: datetime) -> tuple[BinEntry, ...]:
        """Return what was put into the bin before a moment, of all trainees."""
        return self._entries(select(bin_entries.c.id).where(bin_entries.c.binned_at < moment))

    def restore(self, entry_id: int) -> None:
        """Take a session or an attempt out of the bin again, as it was.

        Raises:
            UserFacingError: An open attempt cannot be restored while another one is open.
        """

        def work(connection: Connection) -> None:
            entry = _need_entry(connection, entry_id)
            connection.execute(delete(bin_entries).where(bin_entries.c.id == entry_id))
            if entry.leaf is not None and entry.was_in_use:
                _use_again(connection, entry)
            attempt_rows.update_attempts(connection, entry.session_id)

        self._write(work)

    def recordings(self, entry_id: int) -> tuple[str, ...]:
        """Return the ids of the kept recordings that go with an attempt in the bin."""

        def work(connection: Connection) -> tuple[str, ...]:
            entry = _need_entry(connection, entry_id)
            own = _own_turns(connection, entry)
            spoken = select(turn_speech.c.seq, turn_speech.c.speech)
            found = connection.execute(spoken.where(turn_speech.c.session_id == entry.session_id))
            said = [row.speech for row in found if row.seq in own and isinstance(row.speech, dict)]
            return tuple(speech["clip"] for speech in said if speech.get("clip"))

        return self._read(work)

    def erase_attempt(self, entry_id: int) -> None:
        """Erase an attempt in the bin for good; turns that other attempts share stay."""
        entry, own = self._read(lambda connection: _with_own_turns(connection, entry_id))
        self._erase(_erasing(entry.session_id, entry.leaf, sorted(own)), ())
        self._write(lambda connection: attempt_rows.update_attempts(connection, entry.session_id))

    def days(self) -> int:
        """Return after how many days what is in the bin is erased."""
        query = select(settings.c.value).where(settings.c.name == DAYS)
        found = self._read(lambda connection: connection.execute(query).scalar())
        return found if isinstance(found, int) and found > 0 else DEFAULT_DAYS

    def keep_for(self, days: int) -> None:
        """Choose after how many days what is in the bin is erased."""
        new = sqlite_insert(settings).values(name=DAYS, value=days)

        def work(connection: Connection) -> None:
            connection.execute(new.on_conflict_do_update(set_={"value": new.excluded.value}))

        self._write(work)

    def _entries(self, ids: Any) -> tuple[BinEntry, ...]:
        def work(connection: Connection) -> tuple[BinEntry, ...]:
            query = (
                select(bin_entries, sessions.c.trainee_id, sessions.c.case_id, sessions.c.started_at)
                .join(sessions, sessions.c.id == bin_entries.c.session_id)
                .where(bin_entries.c.id.in_(ids))
                .order_by(bin_entries.c.binned_at.desc(), bin_entries.c.id.desc())
            )
            found = connection.execute(query).all()
            whole = {row.session_id for row in found if row.leaf is None}
            # An attempt deleted before its session comes and goes with it.
            shown = [row for row in found if row.leaf is None or row.session_id not in whole]
            return tuple(entry for row in shown if (entry := _entry(connection, row)))

        return self._read(work)


def _with_own_turns(connection: Connection, entry_id: int) -> tuple[Any, set[int]]:
    entry = _need_entry(connection, entry_id)
    return entry, _own_turns(connection, entry)


def _erasing(session_id: str, leaf: int, own: list[int]) -> list[tuple[str, tuple[Any, ...]]]:
    """Return what erases an attempt, here and in every copy, where it may be the one in use."""
    here = (session_id, leaf)
    turn_marks = ", ".join("?" * len(own))
    there = "SELECT seq FROM turns WHERE session_id = ?"
    return [
        ("DELETE FROM scorecards WHERE session_id = ? AND leaf = ?", here),
        ("DELETE FROM attempt_measures WHERE session_id = ? AND leaf = ?", here),
        ("DELETE FROM bin_entries WHERE session_id = ? AND leaf = ?", here),
        (f"DELETE FROM turns WHERE session_id = ? AND seq IN ({turn_marks})", (session_id, *own)),
        (
            "UPDATE sessions SET leaf = (SELECT max(leaf) FROM scorecards WHERE session_id = sessions.id) "
            f"WHERE id = ? AND leaf NOT IN ({there})",
            (session_id, session_id),
        ),
        (f"DELETE FROM attempts WHERE session_id = ? AND leaf NOT IN ({there})", (session_id, session_id)),
    ]


def _need_entry(connection: Connection, entry_id: int) -> Any:
    found = connection.execute(select(bin_entries).where(bin_entries.c.id == entry_id)).one_or_none()
    if found is None:
        raise NotFound("This is no longer in the bin.", "Open the list of sessions or the bin again.")
    return found


def _entry(connection: Connection, row: Any) -> BinEntry | None:
    steps = attempt_rows.steps_of(connection, row.session_id)
    try:
        if row.leaf is None:
            rows = attempt_rows.attempts_of(connection, row.session_id)
            said = {turn for each in rows for turn in path(_parents(steps), each["leaf"])}
        else:
            rows, said = [{}], _own_turns(connection, row)
        return BinEntry(
            id=row.id, session_id=row.session_id, trainee_id=row.trainee_id, case_id=row.case_id,
            started_at=row.started_at, leaf=row.leaf, binned_at=row.binned_at, attempts=len(rows),
            trainee_turns=sum(steps[turn].is_trainee for turn in said),
        )  # fmt: skip
    except NOT_SOUND:
        return None  # left to ``check``


def _own_turns(connection: Connection, entry: Any) -> set[int]:
    """Return the turns of an attempt in the bin that no other attempt shares, whether in the bin or not."""
    session = connection.execute(select(sessions.c.leaf).where(sessions.c.id == entry.session_id)).one()
    binned = select(bin_entries.c.leaf).where(bin_entries.c.session_id == entry.session_id)
    scored = attempt_rows.scored_leaves(connection, entry.session_id)
    others = {session.leaf, *scored, *connection.execute(binned).scalars()} - {entry.leaf}
    if session.leaf == entry.leaf:
        others.add(entry.leaf)  # a retry that has not got beyond this attempt's last turn
    return only_in(_parents(attempt_rows.steps_of(connection, entry.session_id)), [entry.leaf], others)


def _parents(steps: Mapping[int, attempt_rows.TurnStep]) -> dict[int, int | None]:
    return {turn: step.parent for turn, step in steps.items()}


def _use(connection: Connection, session_id: str, leaf: int) -> None:
    """Make an ended attempt the one in use; when it was ended is not kept, its last turn stands for that."""
    at = attempt_rows.steps_of(connection, session_id)[leaf].at
    connection.execute(update(sessions).where(sessions.c.id == session_id).values(leaf=leaf, ended_at=at))


def _use_again(connection: Connection, entry: Any) -> None:
    session = connection.execute(select(sessions.c.ended_at).where(sessions.c.id == entry.session_id)).one()
    if session.ended_at is None and entry.ended_at is None:
        raise UserFacingError(
            "Another attempt at this session is open, and only one can be.", "End that one, then restore this one."
        )
    if session.ended_at is not None:
        values = {"leaf": entry.leaf, "ended_at": entry.ended_at}
        connection.execute(update(sessions).where(sessions.c.id == entry.session_id).values(**values))
