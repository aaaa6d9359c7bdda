"""What consents and the bin need from outside."""

from datetime import datetime
from typing import Protocol

from simpatient.domain.people.consent import Consent, Purpose
from simpatient.domain.session.bin import BinEntry


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


class BinRepository(Protocol):
    """Deleted sessions and attempts that can be restored, on disk. What is in the bin is to be seen nowhere else.

    Every call returns only when the change is durable. All methods raise ``StorageUnavailable`` when the disk or
    database fails and ``NotFound`` when a session or an entry is unknown.
    """

    def put_session(self, session_id: str, at: datetime) -> None:
        """Put a session with all its attempts into the bin."""
        ...

    def put_attempt(self, session_id: str, leaf: int, at: datetime) -> None:
        """Put one of several attempts into the bin; when it was in use, the newest of the others is from now on."""
        ...

    def entries(self, trainee_id: str) -> tuple[BinEntry, ...]:
        """Return what a trainee has in the bin, the latest first."""
        ...

    def binned_before(self, moment: datetime) -> tuple[BinEntry, ...]:
        """Return what was put into the bin before a moment, of all trainees."""
        ...

    def restore(self, entry_id: int) -> None:
        """Take a session or an attempt out of the bin again, as it was.

        Raises:
            UserFacingError: An open attempt cannot be restored while another one is open.
        """
        ...

    def recordings(self, entry_id: int) -> tuple[str, ...]:
        """Return the ids of the kept recordings that go with an attempt in the bin."""
        ...

    def erase_attempt(self, entry_id: int) -> None:
        """Erase an attempt in the bin for good; turns that other attempts share stay."""
        ...

    def days(self) -> int:
        """Return after how many days what is in the bin is erased."""
        ...

    def keep_for(self, days: int) -> None:
        """Choose after how many days what is in the bin is erased."""
        ...
