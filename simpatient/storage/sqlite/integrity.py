"""Looks for damage: SQLite's own check (of indexes, too), orphaned rows, branches that lead nowhere."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Table, and_, exists, select
from sqlalchemy.exc import DBAPIError

from simpatient.storage import rows
from simpatient.storage.sqlite.failures import is_damage
from simpatient.storage.sqlite.transactions import rows_until_damage
from simpatient.storage.tables import consents, drill_states, drill_tries, sessions, turns, written_attempts

MOST = 20
# SQLite stops looking after so many; each is one line that is counted, not shown.
_MOST_DAMAGE = 1_000_000
# Rows that are values by themselves, and what a user calls one of them.
_VALUES: tuple[tuple[Table, Callable[[Mapping[str, Any]], object], str], ...] = (
    (drill_tries, rows.to_try, 'try {id} at the drill "{drill_id}"'),
    (drill_states, rows.to_drill_state, 'where "{trainee_id}" is in the drill "{drill_id}"'),
    (consents, rows.to_consent, 'consent {id} of "{trainee_id}"'),
    (written_attempts, rows.to_attempt, 'attempt {number} at "{rubric}" after session "{session_id}"'),
)


def integrity_problems(connection: Connection) -> tuple[str, ...]:
    """Return what is wrong, in plain words, ``MOST`` of each kind and how many more there are; empty when sound."""
    looks = (_damage, _orphans, _lost_leaves, _bad_parents, _unreadable_values)
    return tuple(problem for look in looks for problem in _counted(_looked(connection, look)))


def _counted(problems: list[str]) -> list[str]:
    """Return the first problems of a kind, and how many there are beside them."""
    rest = len(problems) - MOST
    return [*problems[:MOST], f"and {rest} more of this kind"] if rest > 0 else problems


def _looked(connection: Connection, look: Callable[[Connection], list[str]]) -> list[str]:
    """Return what a look finds; that a damaged page ends it is a find, too."""
    try:
        return look(connection)
    except DBAPIError as error:
        if not is_damage(error):
            raise
        return [f"the file is damaged: {error.orig}"]


def _damage(connection: Connection) -> list[str]:
    found = connection.exec_driver_sql(f"PRAGMA integrity_check({_MOST_DAMAGE})").scalars().all()
    return [f"the file is damaged: {line}" for line in found if line != "ok"]


def _orphans(connection: Connection) -> list[str]:
    found = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    return [f"a row of {row[0]} (number {row[1]}) refers to a missing row of {row[2]}" for row in found]


def _lost_leaves(connection: Connection) -> list[str]:
    there = exists().where(and_(turns.c.session_id == sessions.c.id, turns.c.seq == sessions.c.leaf))
    lost = select(sessions.c.id, sessions.c.leaf).where(sessions.c.leaf.is_not(None), ~there)
    return [f'session "{row.id}" is at turn {row.leaf}, which is not there' for row in connection.execute(lost)]


def _bad_parents(connection: Connection) -> list[str]:
    """A turn answers an earlier one; anything else would make a branch go in a circle."""
    bad = select(turns.c.session_id, turns.c.seq).where(turns.c.parent >= turns.c.seq)
    found = connection.execute(bad)
    return [f'turn {row.seq} of session "{row.session_id}" answers a later turn' for row in found]


def _unreadable_values(connection: Connection) -> list[str]:
    return [
        problem for table, to_value, named in _VALUES for problem in _unreadable(connection, table, to_value, named)
    ]


def _unreadable(
    connection: Connection, table: Table, to_value: Callable[[Mapping[str, Any]], object], named: str
) -> Iterator[str]:
    for row in rows_until_damage(connection, select(table)):
        try:
            to_value(row)
        except rows.NOT_SOUND:
            yield f"{named.format_map(row)} cannot be read"
