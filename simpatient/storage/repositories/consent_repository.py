"""``ConsentRepository`` on SQLite. Must not know what is consented to."""

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from simpatient.domain.people.consent import Consent, Purpose
from simpatient.storage.rows import CONSENT_FIELDS, to_consent
from simpatient.storage.sqlite.transactions import SqlRepository
from simpatient.storage.tables import consents


class SqlConsentRepository(SqlRepository):
    """Consents in an opened and migrated database."""

    def add(self, consent: Consent) -> None:
        """Store a consent; one that held for the same purpose ends with it."""
        row = {name: getattr(consent, name) for name in CONSENT_FIELDS}

        def work(connection: Connection) -> None:
            _withdraw(connection, consent.trainee_id, consent.purpose, consent.given_at)
            connection.execute(insert(consents).values(row))

        self._write(work)

    def withdraw(self, trainee_id: str, purpose: Purpose, at: datetime) -> None:
        """Take back what holds for a purpose; nothing happens where nothing does."""
        self._write(lambda connection: _withdraw(connection, trainee_id, purpose, at))

    def consents(self, trainee_id: str) -> tuple[Consent, ...]:
        """Return everything a trainee has ever consented to, oldest first; ``check`` names what is unreadable."""
        query = select(consents).where(consents.c.trainee_id == trainee_id).order_by(consents.c.id)
        return self._sound(query, to_consent)

    def delete_all(self, trainee_id: str) -> None:
        """Erase a trainee's consents for good, also in every copy that is kept."""
        self._erase([(f"DELETE FROM {consents.name} WHERE trainee_id = ?", (trainee_id,))], [])


def _withdraw(connection: Connection, trainee_id: str, purpose: Purpose, at: datetime) -> None:
    holding = (consents.c.trainee_id == trainee_id) & (consents.c.purpose == purpose)
    holding &= consents.c.withdrawn_at.is_(None)
    connection.execute(update(consents).where(holding).values(withdrawn_at=at))
