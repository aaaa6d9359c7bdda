"""``DrillRepository`` on SQLite. A try and the state that follows from it are one transaction.

Must not know who asks.
"""

from typing import Any

from sqlalchemy import Connection, Select, insert, select
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from simpatient.domain.errors import StorageUnavailable
from simpatient.domain.learning.drill import DrillState, DrillTry
from simpatient.storage.rows import NOT_SOUND, TRY_FIELDS, as_json, storable, to_drill_state, to_try
from simpatient.storage.sqlite.transactions import SqlRepository
from simpatient.storage.tables import drill_states, drill_tries


class SqlDrillRepository(SqlRepository):
    """Drills in an opened and migrated database."""

    def add_try(self, made: DrillTry, state: DrillState) -> None:
        """Append a try and store the state that follows from it; both or neither."""
        plain = {name: getattr(made, name) for name in TRY_FIELDS}
        row = {**plain, "text": storable(made.text), "feedback": as_json(made.feedback)}

        def work(connection: Connection) -> None:
            connection.execute(insert(drill_tries).values(row))
            _save_state(connection, state)

        self._write(work)

    def save_state(self, state: DrillState) -> None:
        """Store where a trainee is in a drill, in the place of what was stored before."""
        self._write(lambda connection: _save_state(connection, state))

    def state(self, trainee_id: str, drill_id: str) -> DrillState | None:
        """Return where a trainee is in a drill; None before the first try."""
        one = (drill_states.c.trainee_id == trainee_id) & (drill_states.c.drill_id == drill_id)
        row = self._read(lambda connection: connection.execute(select(drill_states).where(one)).one_or_none())
        try:
            return None if row is None else to_drill_state(row._asdict())
        except NOT_SOUND as error:
            message = f'What is stored about the drill "{drill_id}" cannot be read.'
            raise StorageUnavailable(message, "Run `simpatient db check`.") from error

    def states(self, trainee_id: str) -> tuple[DrillState, ...]:
        """Return where a trainee is in every drill begun, sorted by drill id; ``check`` names what is unreadable."""
        mine = select(drill_states).where(drill_states.c.trainee_id == trainee_id)
        return self._sound(mine.order_by(drill_states.c.drill_id), to_drill_state)

    def tries(self, trainee_id: str, drill_id: str, round_number: int | None = None) -> tuple[DrillTry, ...]:
        """Return a trainee's tries at a drill, oldest first; those of one round when it is given."""
        query: Select[Any] = select(drill_tries).where(
            drill_tries.c.trainee_id == trainee_id, drill_tries.c.drill_id == drill_id
        )
        if round_number is not None:
            query = query.where(drill_tries.c.round == round_number)
        return self._sound(query.order_by(drill_tries.c.id), to_try)

    def delete_all(self, trainee_id: str) -> None:
        """Erase a trainee's tries and where they are in each drill for good, also in every copy that is kept."""
        mine = select(drill_tries.c.text).where(drill_tries.c.trainee_id == trainee_id)
        said = self._read(lambda connection: connection.execute(mine).scalars().all())
        tables = (drill_tries.name, drill_states.name)
        statements = [(f"DELETE FROM {table} WHERE trainee_id = ?", (trainee_id,)) for table in tables]
        self._erase(statements, [words for words in said if isinstance(words, str) and words])


def _save_state(connection: Connection, state: DrillState) -> None:
    due = state.now.memory.due if state.now.memory else None
    row = {"trainee_id": state.trainee_id, "drill_id": state.drill_id, "due_at": due, "state": as_json(state)}
    new = sqlite_insert(drill_states).values(row)
    changed = {"due_at": new.excluded.due_at, "state": new.excluded.state}
    connection.execute(new.on_conflict_do_update(set_=changed))
