"""``SessionRepository`` on SQLite: every call is one transaction on the storage lane, durable on return.

Must not know who asks. Opening, migrating and damaged files are in ``opening``.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    delete,
    exists,
    insert,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import DBAPIError

from simpatient.domain.assessment.codes import TurnCodes
from simpatient.domain.assessment.score import Scorecard, ScorecardOrigin, ScorecardRevision
from simpatient.domain.errors import BugError, NotFound, OpenElsewhere, StorageUnavailable
from simpatient.domain.session.session import SelfRating, Session, Turn, session_not_found
from simpatient.storage import attempt_rows, revisions, rows
from simpatient.storage.branches import only_in
from simpatient.storage.cells import UNREADABLE
from simpatient.storage.sqlite.failures import is_damage
from simpatient.storage.sqlite.integrity import integrity_problems
from simpatient.storage.sqlite.scanning import row_numbers
from simpatient.storage.sqlite.transactions import SqlRepository
from simpatient.storage.tables import bin_entries, marks, self_ratings, sessions, turn_codes, turn_speech, turns

# Whether a session is in the bin as a whole: only the bin can see it.
is_binned = exists().where(bin_entries.c.session_id == sessions.c.id, bin_entries.c.leaf.is_(None))


class SqlSessionRepository(SqlRepository):
    """Sessions in an opened and migrated database."""

    def create(self, session: Session) -> None:
        """Store a new session with everything it already has."""
        if session.scorecards and session.leaf is None:
            raise BugError("scorecards need a leaf")
        self._write(lambda connection: _insert_session(connection, session))

    def add_turn(self, session_id: str, turn: Turn) -> None:
        """Append a turn and make it the leaf in use."""

        def work(connection: Connection) -> None:
            need_session(connection, session_id)
            taken = (turns.c.session_id == session_id) & (turns.c.seq == turn.turn)
            if connection.execute(select(turns.c.seq).where(taken)).first() is not None:
                raise OpenElsewhere(
                    "This session is open in another window or program, and has continued there.",
                    "Close one of the two, then send it again here; nothing is lost.",
                )
            _insert_turns(connection, session_id, [turn])
            connection.execute(update(sessions).where(sessions.c.id == session_id).values(leaf=turn.turn))
            attempt_rows.add_turn(connection, session_id, turn)

        self._write(work)

    def attach_codes(self, session_id: str, turn: int, codes: TurnCodes) -> None:
        """Store the codes of a turn already stored, in the place of earlier ones."""
        row = {"session_id": session_id, "seq": turn, "codes": rows.as_json(codes)}

        def work(connection: Connection) -> None:
            _need_turn(connection, session_id, turn)
            here = (turn_codes.c.session_id == session_id) & (turn_codes.c.seq == turn)
            if connection.execute(select(turn_codes.c.seq).where(here)).first() is not None:
                _keep_version(connection, session_id, turn, None)
            new = sqlite_insert(turn_codes).values(row)
            connection.execute(new.on_conflict_do_update(set_={"codes": new.excluded.codes}))

        self._write(work)

    def amend_turn(self, session_id: str, turn: Turn, at: datetime) -> None:
        """Store a later version of a turn and keep the earlier one; the tree, speaker and moment stay."""
        here = (turns.c.session_id == session_id) & (turns.c.seq == turn.turn)
        # Other turns, scorecards and marks refer to a turn by its place.
        stays = ("session_id", "seq", "parent", "speaker", "at")
        changed = {name: value for name, value in rows.turn_row(session_id, turn).items() if name not in stays}

        def work(connection: Connection) -> None:
            _need_turn(connection, session_id, turn.turn)
            _keep_version(connection, session_id, turn.turn, at)
            connection.execute(update(turns).where(here).values(changed))
            for table, new in ((turn_codes, rows.codes_rows), (turn_speech, rows.speech_rows)):
                connection.execute(delete(table).where((table.c.session_id == session_id) & (table.c.seq == turn.turn)))
                _insert(connection, table, new(session_id, [turn]))

        self._write(work)

    def turn_versions(self, session_id: str, turn: int) -> tuple[Turn, ...]:
        """Return the earlier versions of a turn that can be read, oldest first."""
        self._read(lambda connection: _need_turn(connection, session_id, turn))
        return self._sound(revisions.versions(session_id, turn), lambda row: Turn.model_validate(row["turn"]))

    def mark_turn(self, session_id: str, turn: int, marked: bool) -> None:
        """Set or clear the trainee's mark on a turn."""

        def work(connection: Connection) -> None:
            _need_turn(connection, session_id, turn)
            new = sqlite_insert(marks).values(session_id=session_id, seq=turn, marked=marked)
            connection.execute(new.on_conflict_do_update(set_={"marked": new.excluded.marked}))

        self._write(work)

    def set_leaf(self, session_id: str, leaf: int | None) -> None:
        """Choose the branch in use."""

        def work(connection: Connection) -> None:
            need_session(connection, session_id)
            if leaf is not None:
                _need_turn(connection, session_id, leaf)
            connection.execute(update(sessions).where(sessions.c.id == session_id).values(leaf=leaf))
            attempt_rows.update_attempts(connection, session_id)

        self._write(work)

    def end(self, session_id: str, at: datetime) -> None:
        """Mark the session as ended; with it, everything is brought into the one file."""
        self._change(session_id, ended_at=at)
        self._checkpoint()

    def reopen(self, session_id: str) -> None:
        """Open an ended session again, for a retry."""
        self._change(session_id, ended_at=None)

    def add_scorecards(self, session_id: str, leaf: int, cards: Sequence[Scorecard], origin: ScorecardOrigin) -> None:
        """Append a revision of each scorecard of the branch ending in ``leaf``; earlier ones stay."""

        def work(connection: Connection) -> None:
            _need_turn(connection, session_id, leaf)
            revisions.add_revisions(connection, session_id, leaf, cards, origin)
            current = attempt_rows.cards_of(connection, session_id).get(leaf, ())
            attempt_rows.update_measures(connection, session_id, leaf, current)
            attempt_rows.update_attempts(connection, session_id)

        self._write(work)

    def scorecard_history(self, session_id: str, leaf: int) -> tuple[ScorecardRevision, ...]:
        """Return all revisions of a branch's scorecards that can be read, oldest first."""
        self._read(lambda connection: need_session(connection, session_id))
        return self._sound(revisions.history(session_id, leaf), rows.to_revision)

    def save_self_rating(self, session_id: str, rating: SelfRating) -> None:
        """Store the trainee's own rating; the first one is kept, later ones are not taken."""

        def work(connection: Connection) -> None:
            need_session(connection, session_id)
            new = sqlite_insert(self_ratings).values(session_id=session_id, rating=rows.as_json(rating))
            # A rating given after feedback was seen would be another rating.
            connection.execute(new.on_conflict_do_nothing())

        self._write(work)

    def open_map(self, session_id: str, at: datetime) -> None:
        """Store that the map of what the patient held back was opened; the first time is kept."""

        def work(connection: Connection) -> None:
            need_session(connection, session_id)
            is_closed = (sessions.c.id == session_id) & sessions.c.map_opened_at.is_(None)
            connection.execute(update(sessions).where(is_closed).values(map_opened_at=at))

        self._write(work)

    def get(self, session_id: str) -> Session:
        """Return the session; ``scorecards`` are those of its leaf in use."""

        def work(connection: Connection) -> Session:
            try:
                row = need_session(connection, session_id)
                return _Hanging(connection, select(sessions.c.id).where(sessions.c.id == session_id)).session(row)
            except rows.NOT_SOUND as error:
                raise _unreadable(session_id) from error
            except (NotFound, DBAPIError) as error:
                if isinstance(error, DBAPIError) and not is_damage(error):
                    raise
                return _past_the_index(connection, session_id, error)

        return self._read(work)

    def session_ids(self, trainee_id: str) -> tuple[str, ...]:
        """Return the ids of all of a trainee's sessions that can be reached, newest first."""
        return self._read(lambda connection: _ids(connection, trainee_id))

    def list_trainees(self) -> tuple[str, ...]:
        """Return the ids of all trainees with at least one session, sorted."""
        wanted = select(sessions.c.trainee_id).where(~is_binned).distinct().order_by(sessions.c.trainee_id)
        found = self._read(lambda connection: connection.execute(wanted).scalars().all())
        return tuple(each for each in found if each is not UNREADABLE)

    def owner(self, session_id: str) -> str:
        """Return whose session it is; also of one that cannot be read, or is in the bin."""
        return str(self._read(lambda connection: _stored_session(connection, session_id).trainee_id))

    def delete(self, session_id: str) -> None:
        """Erase a session, in the bin or not, and everything that belongs to it for good, also in every copy."""
        self._read(lambda connection: _stored_session(connection, session_id))
        self._erase([(f"DELETE FROM {sessions.name} WHERE id = ?", (session_id,))], [session_id])

    def delete_all(self, trainee_id: str) -> None:
        """Erase all sessions of a trainee for good, those that cannot be read too, also in every copy."""
        mine = select(sessions.c.id).where(sessions.c.trainee_id == trainee_id)
        ids = self._read(lambda connection: connection.execute(mine).scalars().all())
        words = [each for each in ids if isinstance(each, str)]
        self._erase([(f"DELETE FROM {sessions.name} WHERE trainee_id = ?", (trainee_id,))], words)

    def check(self) -> tuple[str, ...]:
        """Return problems found by an integrity check; empty when sound."""

        def work(connection: Connection) -> tuple[str, ...]:
            return (
                *integrity_problems(connection),
                *(f'session "{i}" cannot be read' for i in _unreadable_ids(connection)),
                *(f'the progress rows of session "{i}" are out of date' for i in stale_sessions(connection)),
            )

        return self._read(work)

    def unreadable(self) -> tuple[str, ...]:
        """Return the ids of sessions that cannot be read."""
        return tuple(self._read(_unreadable_ids))

    def _change(self, session_id: str, **values: Any) -> None:
        def work(connection: Connection) -> None:
            need_session(connection, session_id)
            connection.execute(update(sessions).where(sessions.c.id == session_id).values(**values))
            attempt_rows.update_attempts(connection, session_id)

        self._write(work)


class _Hanging:
    """Everything that belongs to a set of sessions, read in one query per table."""

    def __init__(self, connection: Connection, ids: Select[Any]) -> None:
        self._turns = self._grouped(connection, select(turns).where(turns.c.session_id.in_(ids)).order_by(turns.c.seq))
        self._cards = self._grouped(connection, revisions.current(ids))
        coded = connection.execute(select(turn_codes).where(turn_codes.c.session_id.in_(ids)))
        self._codes = {(row.session_id, row.seq): row.codes for row in coded}
        spoken = connection.execute(select(turn_speech).where(turn_speech.c.session_id.in_(ids)))
        self._speech = {(row.session_id, row.seq): row.speech for row in spoken}
        marked = connection.execute(select(marks).where(marks.c.session_id.in_(ids) & marks.c.marked))
        self._marks = {(row.session_id, row.seq) for row in marked}
        rated = connection.execute(select(self_ratings).where(self_ratings.c.session_id.in_(ids)))
        self._ratings = {row.session_id: row.rating for row in rated}
        self._binned: dict[str, set[int]] = defaultdict(set)
        in_bin = select(bin_entries).where(bin_entries.c.session_id.in_(ids), bin_entries.c.leaf.is_not(None))
        for row in connection.execute(in_bin):
            self._binned[row.session_id].add(row.leaf)

    @staticmethod
    def _grouped(connection: Connection, query: Select[Any]) -> dict[str, list[Row[Any]]]:
        found: dict[str, list[Row[Any]]] = defaultdict(list)
        for row in connection.execute(query):
            found[row.session_id].append(row)
        return found

    def session(self, row: Row[Any]) -> Session:
        """Return the session of a row; raises ``rows.NOT_SOUND`` when it is damaged."""
        stored = self._turns.get(row.id, ())
        cards: dict[int, list[Any]] = defaultdict(list)
        binned = self._binned.get(row.id, set())
        for card in self._cards.get(row.id, ()):
            if card.leaf not in binned:
                cards[card.leaf].append(card.card)
        hidden = only_in({turn.seq: turn.parent for turn in stored}, binned, [*cards, row.leaf]) if binned else set()
        said = [self._turn(turn, (row.id, turn.seq)) for turn in stored if turn.seq not in hidden]
        session = rows.to_session(row._asdict(), said, cards, self._ratings.get(row.id))
        # What is in the bin keeps its numbers.
        return session.model_copy(update={"first_free_turn": max(hidden) + 1}) if hidden else session

    def _turn(self, row: Row[Any], key: tuple[str, int]) -> Turn:
        return rows.to_turn(row._asdict(), self._codes.get(key), self._speech.get(key), key in self._marks)


def each_session(connection: Connection, wanted: Select[Any]) -> list[tuple[str, Session | None]]:
    """Return id and session of all that are wanted; None for one that cannot be read."""
    try:
        found = connection.execute(wanted).all()
        hanging = _Hanging(connection, wanted.with_only_columns(sessions.c.id))
    except DBAPIError as error:
        if not is_damage(error):
            raise
        return _one_by_one(connection, wanted)
    return [(row.id, _readable(hanging, row)) for row in found]


def _one_by_one(connection: Connection, wanted: Select[Any]) -> list[tuple[str, Session | None]]:
    """Read sessions past damaged pages of the file: those that do not lie on them are whole."""
    numbers = list(row_numbers(connection.connection.driver_connection, sessions.name))  # type: ignore[arg-type]
    found: list[tuple[str, Session | None]] = []
    for number in numbers:
        only = wanted.order_by(None).limit(None).where(literal_column("sessions.rowid") == number)
        try:
            if (row := connection.execute(only).one_or_none()) is not None:
                hanging = _Hanging(connection, only.with_only_columns(sessions.c.id))
                found.append((row.id, _readable(hanging, row)))
        except DBAPIError as error:
            if not is_damage(error):
                raise
            found.append((f"number {number}", None))
    return sorted(found, key=lambda each: each[1].started_at.timestamp() if each[1] else 0, reverse=True)


def _past_the_index(connection: Connection, session_id: str, error: Exception) -> Session:
    """Look for a session in the table itself, since the index of ids may be what is damaged; else raise the error."""
    without_index = literal_column("+sessions.id") == session_id
    found = _one_by_one(connection, select(sessions).where(without_index, ~is_binned))
    session = next((session for named, session in found if named == session_id), None)
    if session is not None:
        return session
    raise _unreadable(session_id) if found else error


def _readable(hanging: _Hanging, row: Row[Any]) -> Session | None:
    try:
        return hanging.session(row)
    except rows.NOT_SOUND:
        return None


def _keep_version(connection: Connection, session_id: str, turn: int, at: datetime | None) -> None:
    try:
        revisions.keep_version(connection, session_id, turn, at)
    except rows.NOT_SOUND as error:
        raise _unreadable(session_id) from error


def _unreadable_ids(connection: Connection) -> list[str]:
    return [named for named, session in each_session(connection, select(sessions)) if session is None]


def _unreadable(session_id: str) -> StorageUnavailable:
    return StorageUnavailable(f'The stored session "{session_id}" cannot be read.', "Run `simpatient db check`.")


def sessions_of(trainee_id: str) -> Select[Any]:
    """Return the query for a trainee's sessions, newest first."""
    # Within one moment of the clock, the later stored is the newer.
    newest_first = (sessions.c.started_at.desc(), text("sessions.rowid DESC"))
    return select(sessions).where(sessions.c.trainee_id == trainee_id, ~is_binned).order_by(*newest_first)


def _ids(connection: Connection, trainee_id: str) -> tuple[str, ...]:
    wanted = sessions_of(trainee_id)
    try:
        found = connection.execute(wanted.with_only_columns(sessions.c.id)).scalars().all()
    except DBAPIError as error:
        if not is_damage(error):
            raise
        return tuple(named for named, session in each_session(connection, wanted) if session is not None)
    return tuple(each for each in found if each is not UNREADABLE)


def stale_sessions(connection: Connection) -> tuple[str, ...]:
    """Return the ids of sessions whose rows of attempts are out of date; file damage is reported elsewhere."""
    try:
        return attempt_rows.disagreements(connection)
    except DBAPIError as error:
        if not is_damage(error):
            raise
        return ()  # the damage itself is reported


def _insert(connection: Connection, table: Any, new: list[rows.Row]) -> None:
    if new:
        connection.execute(insert(table), new)


def _insert_turns(connection: Connection, session_id: str, new: Sequence[Turn]) -> None:
    _insert(connection, turns, [rows.turn_row(session_id, turn) for turn in new])
    _insert(connection, turn_codes, rows.codes_rows(session_id, new))
    _insert(connection, turn_speech, rows.speech_rows(session_id, new))
    _insert(connection, marks, rows.mark_rows(session_id, new))


def _insert_session(connection: Connection, session: Session) -> None:
    _insert(connection, sessions, [rows.session_row(session)])
    _insert_turns(connection, session.id, session.turns)
    if session.leaf is not None:
        _need_turn(connection, session.id, session.leaf)
        revisions.add_revisions(connection, session.id, session.leaf, session.scorecards, ScorecardOrigin())
        attempt_rows.update_measures(connection, session.id, session.leaf, session.scorecards)
    if session.self_rating is not None:
        _insert(connection, self_ratings, [{"session_id": session.id, "rating": rows.as_json(session.self_rating)}])
    attempt_rows.update_attempts(connection, session.id)


def need_session(connection: Connection, session_id: str) -> Row[Any]:
    """Return the row of a session; raises ``NotFound`` when there is none, or it is in the bin."""
    return _stored_session(connection, session_id, ~is_binned)


def _stored_session(connection: Connection, session_id: str, *conditions: ColumnElement[bool]) -> Row[Any]:
    row = connection.execute(select(sessions).where(sessions.c.id == session_id, *conditions)).one_or_none()
    if row is None:
        raise session_not_found(session_id)
    return row


def _need_turn(connection: Connection, session_id: str, turn: int) -> None:
    need_session(connection, session_id)
    here = (turns.c.session_id == session_id) & (turns.c.seq == turn)
    if connection.execute(select(turns.c.seq).where(here)).one_or_none() is None:
        raise NotFound(f'There is no turn {turn} in the session "{session_id}".', "Choose another turn.")
