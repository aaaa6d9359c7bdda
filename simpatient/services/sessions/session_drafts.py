"""Half-written things of a session: kept as they are typed, and gone when they are sent, saved or deleted.

Must not know which page they are typed in.
"""

from collections.abc import Mapping

from simpatient.domain.people.actor import Actor
from simpatient.domain.session.session_drafts import DraftKind, SessionDraft
from simpatient.services.ports import Clock
from simpatient.services.sessions.access import session_of
from simpatient.services.sessions.ports import SessionDraftRepository, SessionRepository


class SessionDraftService:
    """Keeps drafts. All methods raise ``StorageUnavailable`` when the disk fails.

    Args:
        sessions: Whose session a draft belongs to.
        drafts: Where they are stored.
        clock: Dates each change.
    """

    def __init__(self, *, sessions: SessionRepository, drafts: SessionDraftRepository, clock: Clock) -> None:
        self._sessions = sessions
        self._drafts = drafts
        self._clock = clock
        # Drafts are stored many times a minute; a session never changes hands, so one look is enough.
        self._accessible: set[tuple[str, str]] = set()

    def keep(self, actor: Actor, session_id: str, kind: DraftKind, texts: Mapping[str, str], part: str = "") -> None:
        """Store what is half-written now; nothing in ``texts`` removes the draft.

        Raises:
            NotFound: There is no such session of the actor's.
        """
        self._check(actor, session_id)
        if not texts:
            self._drafts.remove(session_id, kind, part)
            return
        self._drafts.save(
            SessionDraft(session_id=session_id, kind=kind, part=part, texts=dict(texts), at=self._clock.now())
        )

    def drafts(self, actor: Actor, session_id: str) -> tuple[SessionDraft, ...]:
        """Return everything half-written in a session.

        Raises:
            NotFound: There is no such session of the actor's.
        """
        self._check(actor, session_id)
        return self._drafts.drafts(session_id)

    def _check(self, actor: Actor, session_id: str) -> None:
        if (actor.person_id, session_id) not in self._accessible:
            session_of(self._sessions, actor, session_id)
            self._accessible.add((actor.person_id, session_id))
