"""Deleting a session for good, with its sound. Must not know where anything is stored."""

from simpatient.domain.people import Actor
from simpatient.services.clips import ClipStore
from simpatient.services.policy import session_of
from simpatient.services.ports import SessionRepository


class ForgettingService:
    """Deletes for good. All methods raise ``StorageUnavailable`` when disk or key fail."""

    def __init__(self, *, sessions: SessionRepository, clips: ClipStore) -> None:
        self._sessions = sessions
        self._clips = clips

    def delete_session(self, actor: Actor, session_id: str) -> None:
        """Delete a session and the sound of its turns.

        The sound goes first: if the disk fails between the two, what is left can be seen and deleted again.

        Raises:
            NotFound: There is no such session.
        """
        session_of(self._sessions, actor, session_id)
        self._clips.delete_session(session_id)
        self._sessions.delete(session_id)
