"""Keeps one row per attempt, and the measures of each ended branch, in step with sessions, turns and scorecards.

Called within the transaction of every write that changes them. Must not know who reads the rows.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection, delete, exists, insert, select, update
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from simpatient.domain.assessment.score import Scorecard
from simpatient.domain.learning.practice_history import Measure, Measured, measures_of
from simpatient.domain.session.session import Turn
from simpatient.storage import revisions
from simpatient.storage.branches import path
from simpatient.storage.cells import UNREADABLE
from simpatient.storage.rows import NOT_SOUND
from simpatient.storage.tables import (
    attempt_measures,
    attempts,
    bin_entries,
    measure_layouts,
    scorecards,
    sessions,
    turns,
)

VALUE, COUNT = np.dtype("<f8"), np.dtype("<i4")
Row = dict[str, Any]
# What is worked out from other tables; ``rebuild`` makes all of it anew.
DERIVED = (attempts, attempt_measures, measure_layouts)


class TurnStep(NamedTuple):
    """What of a turn says where it stands."""

    parent: int | None
    is_trainee: bool
    at: Any


def add_turn(connection: Connection, session_id: str, turn: Turn) -> None:
    """Follow a turn that was just appended; while a session is held for the first time, without reading it."""
    retries = attempts.alias()
    is_retried = exists().where((retries.c.session_id == session_id) & (retries.c.attempt > 1))
    only = (attempts.c.session_id == session_id) & attempts.c.leaf.is_not_distinct_from(turn.parent)
    said = 1 if turn.speaker == "trainee" else 0
    moved = connection.execute(
        update(attempts)
        .where(only, attempts.c.ended_at.is_(None), ~is_retried)
        .values(leaf=turn.turn, trainee_turns=attempts.c.trainee_turns + said)
    )
    if moved.rowcount != 1:
        update_attempts(connection, session_id)


def update_attempts(connection: Connection, session_id: str) -> None:
    """Write the attempts of a session anew; one with a damaged cell has none."""
    connection.execute(delete(attempts).where(attempts.c.session_id == session_id))
    with suppress(*NOT_SOUND):
        if rows := attempts_of(connection, session_id):
            connection.execute(insert(attempts), rows)


def update_measures(connection: Connection, session_id: str, leaf: int, cards: Sequence[Scorecard]) -> None:
    """Write the measures of an ended branch anew."""
    here = (attempt_measures.c.session_id == session_id) & (attempt_measures.c.leaf == leaf)
    connection.execute(delete(attempt_measures).where(here))
    if cards:
        layout, measured = _packed(measures_of(cards))
        row = {"session_id": session_id, "leaf": leaf, "layout": _layout(connection, layout), "measured": measured}
        connection.execute(insert(attempt_measures), [row])


def rebuild(connection: Connection) -> None:
    """Write all of it anew from sessions, turns and scorecards."""
    for table in DERIVED:
        connection.execute(delete(table))
    for session_id in connection.execute(select(sessions.c.id)).scalars().all():
        update_attempts(connection, session_id)
        for leaf, cards in cards_of(connection, session_id).items():
            update_measures(connection, session_id, leaf, cards)


def disagreements(connection: Connection) -> tuple[str, ...]:
    """Return the ids of the sessions whose rows are not what sessions, turns and scorecards say."""
    known = connection.execute(select(sessions.c.id).order_by(sessions.c.id)).scalars().all()
    return tuple(session_id for session_id in known if not _agrees(connection, session_id))


def _agrees(connection: Connection, session_id: str) -> bool:
    stored = select(attempts).where(attempts.c.session_id == session_id).order_by(attempts.c.attempt)
    measured = (
        select(attempt_measures.c.leaf, measure_layouts.c.measures, attempt_measures.c.measured)
        .join(measure_layouts, measure_layouts.c.id == attempt_measures.c.layout)
        .where(attempt_measures.c.session_id == session_id)
    )
    try:
        rows = [dict(row._mapping) for row in connection.execute(stored)]
        kept = {row.leaf: (row.measures, row.measured) for row in connection.execute(measured)}
        cards = cards_of(connection, session_id)
        expected = {leaf: _packed(measures_of(each)) for leaf, each in cards.items() if each}
        return rows == attempts_of(connection, session_id) and kept == expected
    except NOT_SOUND:
        return False


def cards_of(connection: Connection, session_id: str) -> dict[int, list[Scorecard]]:
    """Return the current scorecards of every ended branch; one that cannot be read is left to ``check``."""
    found: dict[int, list[Scorecard]] = {}
    for row in connection.execute(revisions.current(select(sessions.c.id).where(sessions.c.id == session_id))):
        try:
            found.setdefault(row.leaf, []).append(Scorecard.model_validate(row.card))
        except NOT_SOUND:
            continue
    return found


def scored_leaves(connection: Connection, session_id: str) -> list[int]:
    """Return where the ended attempts of a session end, without those in the bin."""
    binned = select(bin_entries.c.leaf).where(bin_entries.c.session_id == session_id, bin_entries.c.leaf.is_not(None))
    scored = select(scorecards.c.leaf).where(scorecards.c.session_id == session_id, scorecards.c.leaf.not_in(binned))
    return list(connection.execute(scored.distinct()).scalars())


def attempts_of(connection: Connection, session_id: str) -> list[Row]:
    """Return the rows of a session's attempts, the first one first.

    As ``Session.attempts`` has them: every ended branch, and last the session as it stands. Raises
    ``rows.NOT_SOUND`` when a cell is damaged.
    """
    session = connection.execute(
        select(sessions.c.leaf, sessions.c.started_at, sessions.c.ended_at).where(sessions.c.id == session_id)
    ).one_or_none()
    if session is None:
        return []
    steps = steps_of(connection, session_id)
    leaves = sorted(leaf for leaf in scored_leaves(connection, session_id) if leaf in steps)
    ended = [leaf for leaf in leaves if leaf != session.leaf or session.ended_at is None]
    branches = [(leaf, steps[leaf].at) for leaf in ended] + [(session.leaf, session.ended_at)]
    result = session.leaf if session.leaf in leaves else max(leaves, default=None)
    found = _rows(session_id, session.started_at, branches, result, steps)
    if any(cell is UNREADABLE for row in found for cell in row.values()):
        raise ValueError("a cell is damaged")
    return found


def _rows(
    session_id: str,
    started_at: Any,
    branches: Iterable[tuple[int | None, Any]],
    result: int | None,
    steps: Mapping[int, TurnStep],
) -> list[Row]:
    rows: list[Row] = []
    seen: set[int] = set()
    parents = {turn: step.parent for turn, step in steps.items()}
    for number, (leaf, ended_at) in enumerate(branches, start=1):
        branch = path(parents, leaf)
        own = [turn for turn in branch if turn not in seen] or branch[-1:]
        seen.update(branch)
        rows.append(
            {
                "session_id": session_id,
                "attempt": number,
                "leaf": leaf,
                "started_at": started_at if number == 1 or not own else steps[own[0]].at,
                "ended_at": ended_at,
                "trainee_turns": sum(steps[turn].is_trainee for turn in branch),
                "is_result": leaf is not None and leaf == result and all(not row["is_result"] for row in rows),
            }
        )
    return rows


def steps_of(connection: Connection, session_id: str) -> dict[int, TurnStep]:
    """Return where each turn of a session stands, by its number."""
    columns = select(turns.c.seq, turns.c.parent, turns.c.speaker, turns.c.at)
    found = connection.execute(columns.where(turns.c.session_id == session_id))
    return {row.seq: TurnStep(row.parent, row.speaker == "trainee", row.at) for row in found}


def _packed(measures: Mapping[Measure, Measured]) -> tuple[str, bytes]:
    """Return which measures there are, in order, and their values as ``attempt_measures`` keeps them."""
    ordered = sorted(measures.items())
    values = np.array([np.nan if value is None else value for _, (value, _) in ordered], dtype=VALUE)
    counts = np.array([count for _, (_, count) in ordered], dtype=COUNT)
    return json.dumps([measure for measure, _ in ordered], ensure_ascii=False), values.tobytes() + counts.tobytes()


def _layout(connection: Connection, layout: str) -> int:
    connection.execute(sqlite_insert(measure_layouts).values(measures=layout).on_conflict_do_nothing())
    found = connection.execute(select(measure_layouts.c.id).where(measure_layouts.c.measures == layout)).scalar_one()
    return int(found)
