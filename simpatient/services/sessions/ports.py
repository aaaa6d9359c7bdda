"""What holding a session needs from outside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from simpatient.domain.assessment.codes import TurnCodes
from simpatient.domain.assessment.score import Scorecard, ScorecardOrigin, ScorecardRevision
from simpatient.domain.ports import PatientModel
from simpatient.domain.session.session import SelfRating, Session, Turn
from simpatient.domain.session.session_drafts import DraftKind, SessionDraft


class SessionRepository(Protocol):
    """Sessions on disk. Every call returns only when the change is durable.

    All methods raise ``StorageUnavailable`` when the disk or database fails and ``NotFound`` when a
    session id is unknown.
    """

    def create(self, session: Session) -> None:
        """Store a new session with the turns it already has."""
        ...

    def add_turn(self, session_id: str, turn: Turn) -> None:
        """Append a turn and make it the leaf in use.

        Raises:
            OpenElsewhere: There is such a turn already: the session continued in another window.
        """
        ...

    def attach_codes(self, session_id: str, turn: int, codes: TurnCodes) -> None:
        """Store the codes of a turn already stored; codes it had before are kept as an earlier version of it."""
        ...

    def amend_turn(self, session_id: str, turn: Turn, at: datetime) -> None:
        """Store a later version of a turn: words, codes, speech, plan, state and facts; the earlier one is kept.

        Its place in the tree, its speaker and its moment stay; marks too.
        """
        ...

    def turn_versions(self, session_id: str, turn: int) -> tuple[Turn, ...]:
        """Return the earlier versions of a turn, oldest first; none when it was never amended."""
        ...

    def mark_turn(self, session_id: str, turn: int, marked: bool) -> None:
        """Set or clear the trainee's mark on a turn."""
        ...

    def set_leaf(self, session_id: str, leaf: int | None) -> None:
        """Choose the branch in use."""
        ...

    def end(self, session_id: str, at: datetime) -> None:
        """Mark the session as ended."""
        ...

    def reopen(self, session_id: str) -> None:
        """Open an ended session again, for a retry."""
        ...

    def add_scorecards(self, session_id: str, leaf: int, cards: Sequence[Scorecard], origin: ScorecardOrigin) -> None:
        """Append a revision of each scorecard of the branch ending in ``leaf``; earlier ones stay.

        Only ``services.sessions.scorecards`` calls this.
        """
        ...

    def scorecard_history(self, session_id: str, leaf: int) -> tuple[ScorecardRevision, ...]:
        """Return all revisions of a branch's scorecards, in the order of the scorecards, oldest first."""
        ...

    def save_self_rating(self, session_id: str, rating: SelfRating) -> None:
        """Store the trainee's own rating; it is kept once given."""
        ...

    def open_map(self, session_id: str, at: datetime) -> None:
        """Store that the map of what the patient held back was opened; the first time is kept."""
        ...

    def get(self, session_id: str) -> Session:
        """Return the session with the current scorecards, of its leaf in use and of all other leaves.

        Which revision is current is the rule of ``domain.assessment.score.current_revisions``.
        """
        ...

    def session_ids(self, trainee_id: str) -> tuple[str, ...]:
        """Return the ids of all of a trainee's sessions, newest first."""
        ...

    def list_trainees(self) -> tuple[str, ...]:
        """Return the ids of all trainees with at least one session, sorted."""
        ...

    def owner(self, session_id: str) -> str:
        """Return whose session it is; also of one that cannot be read."""
        ...

    def delete(self, session_id: str) -> None:
        """Erase a session and everything that belongs to it for good, also in every copy that is kept."""
        ...

    def delete_all(self, trainee_id: str) -> None:
        """Erase all sessions of a trainee for good, those that cannot be read too, also in every copy."""
        ...

    def check(self) -> tuple[str, ...]:
        """Return problems found by an integrity check; empty when sound."""
        ...

    def close(self) -> None:
        """Release the database."""
        ...


class PatientModels(Protocol):
    """The chat models that can play patients on this computer, or on a server the user has set up."""

    def patient_model(self, model: str) -> PatientModel:
        """Return a model ready to be asked; loading may wait until then.

        Args:
            model: ``generative`` for the one chosen in the settings, a catalogue id, a folder, or the
                ``model_id`` a session was begun with.

        Raises:
            ModelUnavailable: There is no such model here, or none was chosen.
        """
        ...


class SessionDraftRepository(Protocol):
    """Half-written things of sessions, on disk. Every call returns only when the change is durable.

    Drafts go with their session when it is deleted. All methods raise ``StorageUnavailable`` when the disk or
    database fails.
    """

    def save(self, draft: SessionDraft) -> None:
        """Store a draft in the place of an earlier state of the same.

        Raises:
            NotFound: There is no such session.
        """
        ...

    def remove(self, session_id: str, kind: DraftKind, part: str = "") -> None:
        """Remove a draft; nothing happens where there is none."""
        ...

    def drafts(self, session_id: str) -> tuple[SessionDraft, ...]:
        """Return the drafts of a session, by kind and part.

        Raises:
            NotFound: There is no such session.
        """
        ...
