"""What consents need from outside."""

from datetime import datetime
from typing import Protocol

from simpatient.domain.people.consent import Consent, Purpose


class ConsentRepository(Protocol):
    """Consents on disk, given and taken back. Every call returns only when the change is durable.

    All methods raise ``StorageUnavailable`` when the disk or database fails.
    """

    def add(self, consent: Consent) -> None:
        """Store a consent; one that held for the same purpose ends with it."""
        ...

    def withdraw(self, trainee_id: str, purpose: Purpose, at: datetime) -> None:
        """Take back what holds for a purpose; nothing happens where nothing does."""
        ...

    def consents(self, trainee_id: str) -> tuple[Consent, ...]:
        """Return everything a trainee has ever consented to, oldest first."""
        ...

    def delete_all(self, trainee_id: str) -> None:
        """Erase a trainee's consents for good, also in every copy that is kept."""
        ...
