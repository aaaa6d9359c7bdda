"""Deleting for good, with sound. Must not know where anything is stored."""

from simpatient.domain.people.actor import Actor
from simpatient.domain.session.session import session_not_found
from simpatient.services.learning.ports import DrillRepository
from simpatient.services.privacy.kept_recordings import RecordingStore
from simpatient.services.privacy.ports import ConsentRepository
from simpatient.services.sessions.access import may_access
from simpatient.services.sessions.ports import SessionRepository


class DeletionService:
    """Deletes for good. All methods raise ``StorageUnavailable`` when disk or key fail.

    Sound goes first: if the disk fails between the two, what is left can be seen and deleted again.
    """

    def __init__(
        self,
        *,
        sessions: SessionRepository,
        drills: DrillRepository,
        consents: ConsentRepository,
        clips: RecordingStore,
    ) -> None:
        self._sessions = sessions
        self._drills = drills
        self._consents = consents
        self._clips = clips

    def need_session(self, actor: Actor, session_id: str) -> None:
        """Make sure that a session is there to be deleted, whether or not it can still be read.

        Raises:
            NotFound: There is no such session, or it is not the actor's.
        """
        if not may_access(actor, self._sessions.owner(session_id)):
            raise session_not_found(session_id)

    def delete_session(self, actor: Actor, session_id: str) -> None:
        """Delete a session and the sound of its turns, whether or not it can still be read.

        Raises:
            NotFound: There is no such session, or it is not the actor's.
        """
        self.need_session(actor, session_id)
        self._clips.delete_session(session_id)
        self._sessions.delete(session_id)

    def delete_drills(self, actor: Actor) -> None:
        """Delete what the actor said in drills, and where they are in them."""
        self._drills.delete_all(actor.person_id)

    def delete_everything(self, actor: Actor) -> None:
        """Delete everything of the actor's: sound, drills, sessions with everything that belongs to them, consents."""
        self._clips.delete_all(actor.person_id)
        self._drills.delete_all(actor.person_id)
        self._sessions.delete_all(actor.person_id)
        self._consents.delete_all(actor.person_id)
