"""Deleting with a way back: sessions and attempts wait in a bin before they are erased for good.

Must not know where anything is stored.
"""

from datetime import datetime, timedelta

from simpatient.domain.base import Value
from simpatient.domain.errors import NotFound, UserFacingError
from simpatient.domain.people.actor import Actor
from simpatient.domain.session.bin import BinEntry, DeletionExtent
from simpatient.domain.session.session import Session
from simpatient.services.ports import Clock, ContentLibrary
from simpatient.services.privacy.kept_recordings import RecordingStore
from simpatient.services.privacy.ports import BinRepository
from simpatient.services.review.ports import WritingRepository
from simpatient.services.sessions.access import session_of
from simpatient.services.sessions.ports import SessionDraftRepository, SessionRepository

LONGEST_DAYS = 3650


class BinItem(Value):
    """Something in the bin, as it is shown.

    Attributes:
        erased_at: When it is erased for good, at the next start after that.
    """

    entry: BinEntry
    case_title: str
    patient_name: str
    erased_at: datetime


class BinService:
    """Deletes, restores and erases. All methods raise ``StorageUnavailable`` when disk or key fail."""

    def __init__(
        self,
        *,
        library: ContentLibrary,
        sessions: SessionRepository,
        writings: WritingRepository,
        drafts: SessionDraftRepository,
        entries: BinRepository,
        recordings: RecordingStore,
        clock: Clock,
    ) -> None:
        self._library = library
        self._sessions = sessions
        self._writings = writings
        self._drafts = drafts
        self._entries = entries
        self._recordings = recordings
        self._clock = clock

    def extent(self, actor: Actor, session_id: str, leaf: int | None = None) -> DeletionExtent:
        """Return everything that would go with a session, or with the attempt that ends in ``leaf``.

        The only attempt at a session is the session.

        Raises:
            NotFound: There is no such session or attempt.
        """
        session = session_of(self._sessions, actor, session_id)
        attempts = session.attempts()
        if leaf is not None and all(attempt.leaf != leaf for attempt in attempts):
            message = f'The session "{session_id}" has no attempt that ends in turn {leaf}.'
            raise NotFound(message, "Choose another one.")
        if leaf is not None and len(attempts) > 1:
            return self._attempt_extent(session, leaf, len(attempts) - 1)
        title, name = self._names(session.case_id)
        cards = (*session.scorecards, *(card for each in session.other_scorecards.values() for card in each))
        return DeletionExtent(
            session_id=session.id,
            leaf=None,
            case_title=title,
            patient_name=name,
            started_at=session.started_at,
            attempts=len(attempts),
            attempts_left=0,
            turns=len(session.turns),
            scorecards=len(cards),
            exercises=len(self._writings.attempts(session_id)),
            drafts=len(self._drafts.drafts(session_id)),
            has_self_rating=session.self_rating is not None,
            recordings=sum(turn.speech is not None and bool(turn.speech.clip) for turn in session.turns),
        )

    def attempts(self, actor: Actor, session_id: str) -> tuple[int, ...]:
        """Return where each attempt at a session ends, the first one first; none before a word was said."""
        attempts = session_of(self._sessions, actor, session_id).attempts()
        return tuple(attempt.leaf for attempt in attempts if attempt.leaf is not None)

    def delete_session(self, actor: Actor, session_id: str) -> None:
        """Put a session with all its attempts into the bin.

        Raises:
            NotFound: There is no such session.
        """
        session_of(self._sessions, actor, session_id)
        self._entries.put_session(session_id, self._clock.now())

    def delete_attempt(self, actor: Actor, session_id: str, leaf: int) -> None:
        """Put one attempt into the bin, and nothing that another attempt shares; the only one is the session.

        Raises:
            NotFound: There is no such session or attempt.
        """
        extent = self.extent(actor, session_id, leaf)
        if extent.leaf is None:
            self._entries.put_session(session_id, self._clock.now())
        else:
            self._entries.put_attempt(session_id, extent.leaf, self._clock.now())

    def items(self, actor: Actor) -> tuple[BinItem, ...]:
        """Return what the actor has in the bin, the latest first."""
        kept = timedelta(days=self._entries.days())
        return tuple(self._item(entry, kept) for entry in self._entries.entries(actor.person_id))

    def restore(self, actor: Actor, entry_id: int) -> BinEntry:
        """Take something out of the bin, whole, and return what it was.

        Raises:
            NotFound: It is not in the actor's bin.
            UserFacingError: An open attempt cannot be restored while another one is open.
        """
        entry = self._mine(actor, entry_id)
        self._entries.restore(entry_id)
        return entry

    def erase(self, actor: Actor, entry_id: int) -> None:
        """Erase something in the bin for good.

        Raises:
            NotFound: It is not in the actor's bin.
        """
        self._erase(self._mine(actor, entry_id))

    def empty(self, actor: Actor) -> int:
        """Erase everything the actor has in the bin for good; return how much that was."""
        entries = self._entries.entries(actor.person_id)
        for entry in entries:
            self._erase(entry)
        return len(entries)

    def erase_expired(self) -> int:
        """Erase what has been in the bin for long enough, whosever it is; return how much that was."""
        expired = self._entries.binned_before(self._clock.now() - timedelta(days=self._entries.days()))
        for entry in expired:
            self._erase(entry)
        return len(expired)

    def days(self) -> int:
        """Return after how many days what is in the bin is erased."""
        return self._entries.days()

    def keep_for(self, days: int) -> None:
        """Choose after how many days what is in the bin is erased.

        Raises:
            UserFacingError: It is not between one day and ten years.
        """
        if not 1 <= days <= LONGEST_DAYS:
            raise UserFacingError(
                f"What was deleted can be kept for 1 to {LONGEST_DAYS:,} days.", "Choose a number in this range."
            )
        self._entries.keep_for(days)

    def _attempt_extent(self, session: Session, leaf: int, others: int) -> DeletionExtent:
        own = session.own_turns(leaf)
        title, name = self._names(session.case_id)
        cards = session.scorecards if leaf == session.leaf else session.other_scorecards.get(leaf, ())
        return DeletionExtent(
            session_id=session.id,
            leaf=leaf,
            case_title=title,
            patient_name=name,
            started_at=own[0].at if own else session.path(leaf)[-1].at,
            attempts=1,
            attempts_left=others,
            turns=len(own),
            scorecards=len(cards),
            recordings=sum(turn.speech is not None and bool(turn.speech.clip) for turn in own),
        )

    def _item(self, entry: BinEntry, kept: timedelta) -> BinItem:
        title, name = self._names(entry.case_id)
        return BinItem(entry=entry, case_title=title, patient_name=name, erased_at=entry.binned_at + kept)

    def _names(self, case_id: str) -> tuple[str, str]:
        """Return title and patient of a case; one that was removed since goes by its id."""
        case = next((case for case in self._library.cases() if case.id == case_id), None)
        if case is None:
            return case_id, "–"
        patients = {card.id: card.name for card in self._library.persona_cards()}
        return case.title, patients.get(case.persona, "–")

    def _mine(self, actor: Actor, entry_id: int) -> BinEntry:
        found = next((each for each in self._entries.entries(actor.person_id) if each.id == entry_id), None)
        if found is None:
            raise NotFound("This is no longer in the bin.", "Open the list of sessions or the bin again.")
        return found

    def _erase(self, entry: BinEntry) -> None:
        # Sound goes first: if the disk fails between the two, what is left can be seen and erased again.
        if entry.leaf is None:
            self._recordings.delete_session(entry.session_id)
            self._sessions.delete(entry.session_id)
        else:
            self._recordings.delete(self._entries.recordings(entry.id))
            self._entries.erase_attempt(entry.id)
