"""``WritingRepository`` on SQLite. Attempts are only ever appended, and go with their session.

Must not know who asks.
"""

from sqlalchemy import Connection, insert, select

from simpatient.domain.assessment.writing import Attempt
from simpatient.domain.errors import StorageUnavailable
from simpatient.storage.repositories.session_repository import need_session
from simpatient.storage.rows import NOT_SOUND, as_json, to_attempt
from simpatient.storage.sqlite.transactions import SqlRepository
from simpatient.storage.tables import written_attempts


class SqlWritingRepository(SqlRepository):
    """Written exercises in an opened and migrated database."""

    def add(self, attempt: Attempt) -> None:
        """Append an attempt; one stored already is a bug."""
        named = {"session_id": attempt.session_id, "rubric": attempt.rubric, "number": attempt.number}

        def work(connection: Connection) -> None:
            need_session(connection, attempt.session_id)
            connection.execute(insert(written_attempts).values(**named, attempt=as_json(attempt)))

        self._write(work)

    def attempts(self, session_id: str) -> tuple[Attempt, ...]:
        """Return all attempts of a session, by rubric and oldest first."""
        mine = select(written_attempts).where(written_attempts.c.session_id == session_id)
        query = mine.order_by(written_attempts.c.rubric, written_attempts.c.number)

        def work(connection: Connection) -> tuple[Attempt, ...]:
            need_session(connection, session_id)
            try:
                return tuple(to_attempt(row._asdict()) for row in connection.execute(query))
            except NOT_SOUND as error:
                message = f'The written answers of the session "{session_id}" cannot be read.'
                raise StorageUnavailable(message, "Run `simpatient db check`.") from error

        return self._read(work)
