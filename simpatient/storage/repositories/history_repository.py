"""``HistoryRepository`` on SQLite: one query for all a trainee has done, and not one turn.

Must not know who asks.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from types import NoneType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, String, and_, case, select, text, type_coerce
from sqlalchemy.exc import DBAPIError

from simpatient.domain.learning.practice_history import (
    NOT_MEASURED,
    AttemptRow,
    Measure,
    MeasureTable,
    PracticeHistory,
    history_of,
)
from simpatient.storage import attempt_rows
from simpatient.storage.attempt_rows import COUNT, VALUE
from simpatient.storage.cells import read_moment
from simpatient.storage.repositories.session_repository import (
    each_session,
    is_binned,
    sessions_of,
    stale_sessions,
)
from simpatient.storage.rows import NOT_SOUND
from simpatient.storage.sqlite.changes import stored_number
from simpatient.storage.sqlite.failures import is_damage
from simpatient.storage.sqlite.transactions import SqlRepository
from simpatient.storage.tables import attempt_measures, attempts, measure_layouts, self_ratings, sessions

_MAYBE = (int, NoneType)
# What each cell of an ``AttemptRow`` has to be.
_KINDS: tuple[Any, ...] = (
    str, str, (str, NoneType), (str, NoneType), datetime, datetime, (datetime, NoneType),
    _MAYBE, int, int, bool, _MAYBE,
)  # fmt: skip


class SqlHistoryRepository(SqlRepository):
    """What trainees have done, in an opened and migrated database."""

    # Whose history was read last, after which change of the database, and what it was: pages are looked at far more
    # often than something is stored.
    _last: tuple[str, int, PracticeHistory] | None = None

    def history(self, trainee_id: str) -> PracticeHistory:
        """Return all attempts of a trainee, newest session first, with every measure of their scores."""

        def work(connection: Connection) -> PracticeHistory:
            if self._unit.connection is not None:
                return read(connection)
            changes = stored_number(connection.connection.driver_connection)  # type: ignore[arg-type]
            if self._last is None or self._last[:2] != (trainee_id, changes):
                self._last = (trainee_id, changes, read(connection))
            return self._last[2]

        def read(connection: Connection) -> PracticeHistory:
            try:
                found = connection.execute(_all_attempts(trainee_id)).all()
            except DBAPIError as error:
                if not is_damage(error):
                    raise
                # Slowly, but past the damage: from the sessions that can still be read.
                found_still = each_session(connection, sessions_of(trainee_id))
                return history_of(session for _, session in found_still if session)
            table, places = _measures(found, _layouts(connection))
            rows = (_row(row, place) for row, place in zip(found, places, strict=True))
            return PracticeHistory(tuple(row for row in rows if row is not None), table)

        return self._read(work)

    def is_out_of_date(self) -> bool:
        """Return whether the rows this is read from are not what sessions, turns and scorecards say."""
        return bool(self._read(stale_sessions))

    def rebuild(self) -> None:
        """Write the rows this is read from anew, from sessions, turns and scorecards."""
        self._write(attempt_rows.rebuild)


def _all_attempts(trainee_id: str) -> Any:
    # Moments stay text here: they are made into moments once, and most of them are equal.
    session_started, started, ended = (
        type_coerce(column, String) for column in (sessions.c.started_at, attempts.c.started_at, attempts.c.ended_at)
    )
    result = and_(attempt_measures.c.session_id == sessions.c.id, attempt_measures.c.leaf == attempts.c.leaf)
    return (
        select(
            sessions.c.id, sessions.c.case_id, sessions.c.curriculum_id, sessions.c.unit_id,
            session_started, started, ended, attempts.c.leaf, attempts.c.attempt, attempts.c.trainee_turns,
            self_ratings.c.session_id.is_not(None),
            case((attempts.c.is_result, attempt_measures.c.layout)),
            case((attempts.c.is_result, attempt_measures.c.measured)),
        )
        .join(attempts, attempts.c.session_id == sessions.c.id)
        .outerjoin(self_ratings, self_ratings.c.session_id == sessions.c.id)
        .outerjoin(attempt_measures, result)
        .where(sessions.c.trainee_id == trainee_id, ~is_binned)
        # Within one moment of the clock, the later stored is the newer.
        .order_by(sessions.c.started_at.desc(), text("sessions.rowid DESC"), attempts.c.attempt.desc())
    )  # fmt: skip


def _row(found: Sequence[Any], place: int | None) -> AttemptRow | None:
    """Return a row's attempt; None when a cell is damaged, so that it hides nothing but itself."""
    session_id, case_id, curriculum_id, unit_id, held, started, ended, leaf, attempt, said, is_rated = found[:11]
    began = read_moment(held)
    cells: tuple[Any, ...] = (
        session_id, case_id, curriculum_id, unit_id, began, began if started == held else read_moment(started),
        None if ended is None else read_moment(ended), leaf, attempt, said, bool(is_rated), place,
    )  # fmt: skip
    return AttemptRow._make(cells) if all(map(isinstance, cells, _KINDS)) else None


def _layouts(connection: Connection) -> dict[int, list[Measure]]:
    found: dict[int, list[Measure]] = {}
    for row in connection.execute(select(measure_layouts)):
        with suppress(*NOT_SOUND):
            found[row.id] = [(str(rubric), str(measure)) for rubric, measure in json.loads(row.measures)]
    return found


def _measures(
    found: Sequence[Sequence[Any]], layouts: dict[int, list[Measure]]
) -> tuple[MeasureTable, list[int | None]]:
    """Return the measures of all results, and for each row found its place among them."""
    by_layout: dict[int, list[bytes]] = defaultdict(list)
    order: dict[int, list[int]] = defaultdict(list)
    places: list[int | None] = []
    total = 0
    for row in found:
        layout, measured = row[-2], row[-1]
        is_readable = layout in layouts and isinstance(measured, bytes) and len(measured) == _size(layouts[layout])
        places.append(total if is_readable else None)
        if is_readable:
            by_layout[layout].append(measured)
            order[layout].append(total)
            total += 1
    measures = dict.fromkeys(measure for layout in by_layout for measure in layouts[layout])
    columns = {measure: at for at, measure in enumerate(measures)}
    values = np.full((total, len(columns)), np.nan)
    counts = np.full(values.shape, NOT_MEASURED, dtype=np.int32)
    for layout, parts in by_layout.items():
        where = np.ix_(order[layout], [columns[measure] for measure in layouts[layout]])
        values[where], counts[where] = _unpacked(parts, len(layouts[layout]))
    return MeasureTable(columns, values, counts), places


def _size(layout: list[Measure]) -> int:
    return len(layout) * (VALUE.itemsize + COUNT.itemsize)


def _unpacked(parts: Sequence[bytes], size: int) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    raw = np.frombuffer(b"".join(parts), dtype=np.uint8).reshape(len(parts), -1)
    border = size * VALUE.itemsize
    values = np.ascontiguousarray(raw[:, :border]).view(VALUE)
    counts = np.ascontiguousarray(raw[:, border:]).view(COUNT)
    return values, counts
