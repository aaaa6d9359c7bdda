"""Deleting for good, with sound. Must not know where anything is stored."""

from simpatient.services.clips import ClipStore
from simpatient.services.ports import ConsentRepository, DrillRepository, SessionRepository


class ForgettingService:
    """Deletes for good. All methods raise ``StorageUnavailable`` when disk or key fail.

    Sound goes first: if the disk fails between the two, what is left can be seen and deleted again.
    """

    def __init__(
        self, *, sessions: SessionRepository, drills: DrillRepository, consents: ConsentRepository, clips: ClipStore
    ) -> None:
        self._sessions = sessions
        self._drills = drills
        self._consents = consents
        self._clips = clips

    def delete_session(self, session_id: str) -> None:
        """Delete a session and the sound of its turns, whether or not it can still be read.

        Raises:
            NotFound: There is no such session.
        """
        self._clips.delete_session(session_id)
        self._sessions.delete(session_id)

    def delete_drills(self, trainee_id: str) -> None:
        """Delete what a trainee said in drills, and where they are in them."""
        self._drills.delete_all(trainee_id)

    def delete_everything(self, trainee_id: str) -> None:
        """Delete everything of a trainee."""
        self._clips.delete_all(trainee_id)
        self._drills.delete_all(trainee_id)
        self._sessions.delete_all(trainee_id)
        self._consents.delete_all(trainee_id)
