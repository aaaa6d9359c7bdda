"""Port of kept sound: encrypted, with an end date, deletable."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from simpatient.domain.speech import Sound


class RecordingStore(Protocol):
    """Sound on disk, encrypted. All methods raise ``StorageUnavailable`` when disk or key fail."""

    def save(self, trainee_id: str, session_id: str, sound: Sound, keep_until: datetime) -> str:
        """Keep a sound and return its id."""
        ...

    def load(self, trainee_id: str, clip: str) -> Sound:
        """Return a kept sound of a trainee.

        Raises:
            NotFound: It was deleted, its time is over, or it is another trainee's.
        """
        ...

    def delete_session(self, session_id: str) -> None:
        """Delete what was kept of a session."""
        ...

    def delete(self, clips: Sequence[str]) -> None:
        """Delete single recordings; those that are gone already are no mistake."""
        ...

    def delete_all(self, trainee_id: str) -> None:
        """Delete what was kept of a trainee."""
        ...

    def delete_expired(self, now: datetime) -> int:
        """Delete what was to be kept until ``now`` at the latest; return how much that was."""
        ...
