"""Revisions of scorecards and versions of turns: rows that are only ever added. Must not know who asks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select

from simpatient.domain.assessment.score import Scorecard, ScorecardOrigin
from simpatient.domain.session.session import Turn
from simpatient.storage import rows
from simpatient.storage.tables import marks, scorecards, turn_codes, turn_speech, turn_versions, turns


def add_revisions(
    connection: Connection, session_id: str, leaf: int, cards: Sequence[Scorecard], origin: ScorecardOrigin
) -> None:
    """Append a revision of each scorecard; a rubric keeps its place among the branch's scorecards."""
    here = (scorecards.c.session_id == session_id) & (scorecards.c.leaf == leaf)
    known = select(scorecards.c.rubric, func.max(scorecards.c.number), func.min(scorecards.c.position))
    stored = {
        rubric: (number, position)
        for rubric, number, position in connection.execute(known.where(here).group_by(scorecards.c.rubric))
    }
    for card in cards:
        number, position = stored.get(card.rubric, (0, len(stored)))
        stored[card.rubric] = (number + 1, position)
        row = rows.card_row(session_id, leaf, number + 1, position, card, origin)
        connection.execute(insert(scorecards).values(row))


def history(session_id: str, leaf: int) -> Select[Any]:
    """Return the query of all revisions of a branch, in the order of its scorecards, oldest first."""
    here = (scorecards.c.session_id == session_id) & (scorecards.c.leaf == leaf)
    return select(scorecards).where(here).order_by(scorecards.c.position, scorecards.c.number)


def current(ids: Select[Any]) -> Select[Any]:
    """Return the query of the newest revision of every scorecard of some sessions, in order.

    The same rule as ``domain.assessment.score.current_revisions``.
    """
    later = scorecards.alias("later")
    is_newest = ~(
        select(later.c.number)
        .where(
            later.c.session_id == scorecards.c.session_id,
            later.c.leaf == scorecards.c.leaf,
            later.c.rubric == scorecards.c.rubric,
            later.c.number > scorecards.c.number,
        )
        .exists()
    )
    return (
        select(scorecards)
        .where(scorecards.c.session_id.in_(ids), is_newest)
        .order_by(scorecards.c.leaf, scorecards.c.position)
    )


def keep_version(connection: Connection, session_id: str, turn: int, at: datetime | None) -> None:
    """Keep a turn as it is stored now, before it is amended; raises ``rows.NOT_SOUND`` when it is damaged."""
    stored = _stored_turn(connection, session_id, turn)
    mine = (turn_versions.c.session_id == session_id) & (turn_versions.c.seq == turn)
    number = connection.execute(select(func.count()).select_from(turn_versions).where(mine)).scalar_one() + 1
    row = {"session_id": session_id, "seq": turn, "number": number, "replaced_at": at, "turn": rows.as_json(stored)}
    connection.execute(insert(turn_versions).values(row))


def versions(session_id: str, turn: int) -> Select[Any]:
    """Return the query of the earlier versions of a turn, oldest first."""
    mine = (turn_versions.c.session_id == session_id) & (turn_versions.c.seq == turn)
    return select(turn_versions.c.turn).where(mine).order_by(turn_versions.c.number)


def _stored_turn(connection: Connection, session_id: str, turn: int) -> Turn:
    def one(table: Any, column: Any) -> Any:
        here = (table.c.session_id == session_id) & (table.c.seq == turn)
        return connection.execute(select(column).where(here)).scalar()

    row = connection.execute(select(turns).where(turns.c.session_id == session_id, turns.c.seq == turn)).one()
    codes, speech = one(turn_codes, turn_codes.c.codes), one(turn_speech, turn_speech.c.speech)
    return rows.to_turn(row._asdict(), codes, speech, bool(one(marks, marks.c.marked)))
