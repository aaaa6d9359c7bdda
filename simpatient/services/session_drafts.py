"""Half-written things of a session: kept as they are typed, and gone when they are sent, saved or deleted.

Must not know which page they are typed in.
"""

from collections.abc import Mapping

from simpatient.domain.session_drafts import DraftKind, SessionDraft
from simpatient.services.ports import Clock, SessionDraftRepository


class SessionDraftService:
    """Keeps drafts. All methods raise ``StorageUnavailable`` when the disk fails.

    Args:
        drafts: Where they are stored.
        clock: Tells when each was last changed.
    """

    def __init__(self, *, drafts: SessionDraftRepository, clock: Clock) -> None:
        self._drafts = drafts
        self._clock = clock

    def keep(self, session_id: str, kind: DraftKind, texts: Mapping[str, str], part: str = "") -> None:
        """Store what is half-written now; nothing in ``texts`` removes the draft.

        Raises:
            NotFound: There is no such session.
        """
        if not texts:
            self._drafts.remove(session_id, kind, part)
            return
        self._drafts.save(
            SessionDraft(session_id=session_id, kind=kind, part=part, texts=dict(texts), at=self._clock.now())
        )

    def drafts(self, session_id: str) -> tuple[SessionDraft, ...]:
        """Return everything half-written in a session.

        Raises:
            NotFound: There is no such session.
        """
        return self._drafts.drafts(session_id)
