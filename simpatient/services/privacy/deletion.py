"""Deleting a session for good, with its sound. Must not know where anything is stored."""

from simpatient.domain.people.actor import Actor
from simpatient.services.privacy.kept_recordings import RecordingStore
from simpatient.services.sessions.access import session_of
from simpatient.services.sessions.ports import SessionRepository


class DeletionService:
    """Deletes for good. All methods raise ``StorageUnavailable`` when disk or key fail."""

    def __init__(self, *, sessions: SessionRepository, clips: RecordingStore) -> None:
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
