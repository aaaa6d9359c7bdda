"""Looks for damage: SQLite's own quick check, rows that hang on nothing, branches that lead nowhere."""

from sqlalchemy import Connection, and_, exists, select

from simpatient.storage.tables import sessions, turns

MOST = 20


def integrity_problems(connection: Connection) -> tuple[str, ...]:
    """Return what is wrong, in plain words, at most ``MOST`` of each kind; empty when sound."""
    return (*_damage(connection), *_orphans(connection), *_lost_leaves(connection), *_bad_parents(connection))


def _damage(connection: Connection) -> list[str]:
    found = connection.exec_driver_sql(f"PRAGMA quick_check({MOST})").scalars().all()
    return [f"the file is damaged: {line}" for line in found if line != "ok"]


def _orphans(connection: Connection) -> list[str]:
    found = connection.exec_driver_sql("PRAGMA foreign_key_check").all()[:MOST]
    return [f"a row of {row[0]} (number {row[1]}) hangs on a row of {row[2]} that is not there" for row in found]


def _lost_leaves(connection: Connection) -> list[str]:
    there = exists().where(and_(turns.c.session_id == sessions.c.id, turns.c.seq == sessions.c.leaf))
    lost = select(sessions.c.id, sessions.c.leaf).where(sessions.c.leaf.is_not(None), ~there).limit(MOST)
    return [f'session "{row.id}" is at turn {row.leaf}, which is not there' for row in connection.execute(lost)]


def _bad_parents(connection: Connection) -> list[str]:
    """A turn answers an earlier one; anything else would make a branch go in a circle."""
    bad = select(turns.c.session_id, turns.c.seq).where(turns.c.parent >= turns.c.seq).limit(MOST)
    found = connection.execute(bad)
    return [f'turn {row.seq} of session "{row.session_id}" answers a later turn' for row in found]
