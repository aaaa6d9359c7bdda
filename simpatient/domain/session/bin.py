"""The bin: sessions and attempts that were deleted and can still be restored."""

from datetime import datetime

from simpatient.domain.base import Value


class BinEntry(Value):
    """A deleted session, or one deleted attempt at a session.

    Attributes:
        leaf: The last turn of a deleted attempt; None when the whole session was deleted.
        attempts: How many attempts go with it.
        trainee_turns: The trainee's turns that go with it.
    """

    id: int
    session_id: str
    trainee_id: str
    case_id: str
    started_at: datetime
    leaf: int | None
    binned_at: datetime
    attempts: int
    trainee_turns: int


class DeletionExtent(Value):
    """Everything that goes when a session or an attempt is deleted, and what stays.

    Attributes:
        leaf: The attempt; None for a whole session.
        attempts: How many attempts go.
        attempts_left: How many attempts at the session stay.
        turns: Turns of both speakers that no remaining attempt shares.
        scorecards: Scorecards, one per rubric and attempt.
        exercises: Written exercises, each attempt at one counted; they belong to the session as a whole.
        has_self_rating: Whether an own rating goes; it belongs to the session as a whole, too.
        recordings: Turns whose sound is kept.
        drafts: Half-written things, neither sent nor saved; they belong to the session as a whole.
    """

    session_id: str
    leaf: int | None
    case_title: str
    patient_name: str
    started_at: datetime
    attempts: int
    attempts_left: int
    turns: int
    scorecards: int
    exercises: int = 0
    has_self_rating: bool = False
    recordings: int = 0
    drafts: int = 0
