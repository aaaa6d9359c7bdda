"""Session: an append-only tree of turns. A retry is a sibling branch; nothing is overwritten."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field

from simpatient.domain.assessment.codes import Speaker, TurnCodes
from simpatient.domain.assessment.score import Scorecard
from simpatient.domain.base import Value
from simpatient.domain.errors import NotFound
from simpatient.domain.speech import TurnSpeech
from simpatient.domain.state import GuardEvent, PatientState, ReplyPlan

# How the id of a model begins that runs on another server.
REMOTE = "remote:"


class Turn(Value):
    """One speaker's uninterrupted speech.

    Attributes:
        turn: Number within the session in order of creation, from 0.
        parent: The turn it answers; ``None`` for the first. Branches share parents.
        note: A word from the program itself, outside the role (never the patient's).
        marked: The trainee marked this moment.
        speech: When and how it was spoken; None where it was typed.
    """

    turn: int
    parent: int | None
    speaker: Speaker
    text: str
    at: datetime
    codes: TurnCodes | None = None
    state_before: PatientState | None = None
    state_after: PatientState | None = None
    plan: ReplyPlan | None = None
    facts_revealed: tuple[str, ...] = ()
    guard: tuple[GuardEvent, ...] = ()
    timings_s: dict[str, float] = Field(default_factory=dict)
    note: str = ""
    marked: bool = False
    speech: TurnSpeech | None = None

    model_config = {**Value.model_config, "str_strip_whitespace": False}


class Manifest(Value):
    """Everything needed to make the same session again: versions, hashes, model, seed.

    ``content`` maps kind:id (``persona:ray-kowalczyk``) to ``version sha256``.
    """

    app: str
    model: str
    content: dict[str, str]
    encoder: str
    coder: str
    prompts: dict[str, str] = Field(default_factory=dict)
    decoding: dict[str, float] = Field(default_factory=dict)
    seed: int

    @property
    def is_remote(self) -> bool:
        """Whether the patient's words come from a server, so that what is said leaves the program for it."""
        return self.model.startswith(REMOTE)


class SelfRating(Value):
    """The trainee's own rating (1..5 by question id) and words, asked before any score is shown."""

    ratings: dict[str, int]
    went_well: str = ""
    would_change: str = ""


class Session(Value):
    """A practice session as stored.

    Attributes:
        scorecards: Those of the branch in use.
        other_scorecards: Those of branches that were ended and are not in use, by leaf.
        map_opened_at: When the trainee first opened the map of what the patient held back; None while it is hidden.
        first_free_turn: The least number a new turn may have, where it is not simply the next: turns of an
            attempt in the bin keep theirs.
    """

    id: str
    trainee_id: str
    case_id: str
    curriculum_id: str | None = None
    unit_id: str | None = None
    manifest: Manifest
    started_at: datetime
    ended_at: datetime | None = None
    turns: tuple[Turn, ...] = ()
    leaf: int | None = None
    scorecards: tuple[Scorecard, ...] = ()
    other_scorecards: dict[int, tuple[Scorecard, ...]] = Field(default_factory=dict)
    self_rating: SelfRating | None = None
    map_opened_at: datetime | None = None
    first_free_turn: int = 0

    @property
    def is_ended(self) -> bool:
        """Whether the trainee has ended the session."""
        return self.ended_at is not None

    @property
    def debriefed(self) -> tuple[int, ...]:
        """The leaves of all branches that were ended and scored, in order of their turns."""
        here = {self.leaf} if self.scorecards and self.leaf is not None else set()
        return tuple(sorted({*self.other_scorecards, *here}))

    def on_branch(self, leaf: int | None) -> "Session":
        """Return the session as seen from an ended branch; itself for None and for the branch in use when ended.

        When a branch was ended is not kept for those not in use: the time of their last turn stands for it.
        """
        if leaf is None or (leaf == self.leaf and self.is_ended):
            return self
        if leaf not in self.debriefed:
            raise NotFound(f'The session "{self.id}" has no debrief that ends in turn {leaf}.', "Choose another one.")
        cards = dict(self.other_scorecards)
        if self.leaf is not None and self.scorecards:
            cards[self.leaf] = self.scorecards
        return self.model_copy(
            update={
                "leaf": leaf,
                "scorecards": cards.pop(leaf),
                "other_scorecards": cards,
                "ended_at": self.path(leaf)[-1].at,
            }
        )

    def attempts(self) -> tuple["Session", ...]:
        """Return the session once for every ended branch, and last as it stands, when that is another attempt."""
        ended = tuple(self.on_branch(leaf) for leaf in self.debriefed if leaf != self.leaf or not self.is_ended)
        return (*ended, self)

    def as_debriefed(self) -> "Session":
        """Return the session as its newest debrief sees it; as it stands when it has one in use, or none at all."""
        return self if self.scorecards or not self.debriefed else self.on_branch(self.debriefed[-1])

    def own_turns(self, leaf: int) -> tuple[Turn, ...]:
        """Return the turns of the attempt that ends in ``leaf`` that no other attempt shares."""
        ends = [attempt.leaf for attempt in self.attempts()]
        ends.remove(leaf)
        shared = {turn.turn for end in ends for turn in path_to(self.turns, end)}
        return tuple(turn for turn in self.path(leaf) if turn.turn not in shared)

    def path(self, leaf: int | None = None) -> tuple[Turn, ...]:
        """Return the turns from the first to ``leaf`` (default: the branch in use), in order."""
        return path_to(self.turns, self.leaf if leaf is None else leaf)


def path_to(turns: Sequence[Turn], leaf: int | None) -> tuple[Turn, ...]:
    """Return the branch that ends in ``leaf``; empty when ``leaf`` is None.

    Raises:
        ValueError: A turn answers itself or a later one, so that the branch may never reach a first turn.
    """
    by_index = {turn.turn: turn for turn in turns}
    found: list[Turn] = []
    while leaf is not None:
        turn = by_index[leaf]
        if turn.parent is not None and turn.parent >= leaf:
            raise ValueError(f"turn {leaf} answers turn {turn.parent}, which is not before it")
        found.append(turn)
        leaf = turn.parent
    return tuple(reversed(found))


def session_not_found(session_id: str) -> NotFound:
    """Return the error for a session that does not exist, or must look as if it did not."""
    return NotFound(f'There is no session "{session_id}".', "Choose one from the progress page.")


class TranscriptTurn(Value):
    """A turn as read from or written to a transcript file (JSON Lines; see ARCHITECTURE.md, "File formats")."""

    session_id: str
    turn: int = Field(ge=0)
    speaker: Speaker
    text: str
    start_s: float | None = None
    end_s: float | None = None

    model_config = {**Value.model_config, "str_strip_whitespace": False}


class CodedTurn(Value):
    """A turn with its codes: what scoring, debrief and reports work on; times of spoken turns in seconds."""

    turn: int
    speaker: Speaker
    text: str
    codes: TurnCodes
    start_s: float | None = None
    end_s: float | None = None
    was_interrupted: bool = False

    model_config = {**Value.model_config, "str_strip_whitespace": False}
