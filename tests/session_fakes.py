"""Sessions, drills and the unit of work without a disk. The contract suites hold them to what the real ones do."""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from simpatient.domain.assessment.codes import TurnCodes
from simpatient.domain.assessment.score import Scorecard, ScorecardOrigin, ScorecardRevision, current_revisions
from simpatient.domain.errors import (
    BugError,
    NotFound,
    OpenElsewhere,
    StorageUnavailable,
)
from simpatient.domain.learning.drill import DrillState, DrillTry
from simpatient.domain.learning.practice_history import PracticeHistory, history_of
from simpatient.domain.people.actor import Actor
from simpatient.domain.session.session import SelfRating, Session, Turn, session_not_found


@dataclass
class InMemorySessions:
    """A session repository without a disk."""

    _sessions: dict[str, Session] = field(default_factory=dict)
    _revisions: dict[tuple[str, int], tuple[ScorecardRevision, ...]] = field(default_factory=dict)
    _versions: dict[tuple[str, int], tuple[Turn, ...]] = field(default_factory=dict)
    on_delete: list[Callable[[str], object]] = field(default_factory=list)

    def create(self, session: Session) -> None:
        if session.id in self._sessions:
            raise BugError("the session is already stored")
        if session.scorecards and session.leaf is None:
            raise BugError("scorecards need a leaf")
        if session.leaf is not None:
            _turn_of(session, session.leaf)
            self._revisions[session.id, session.leaf] = _added((), session.scorecards, ScorecardOrigin())
        self._sessions[session.id] = session.model_copy(update={"scorecards": (), "other_scorecards": {}})

    def add_turn(self, session_id: str, turn: Turn) -> None:
        session = self._one(session_id)
        numbers = {stored.turn for stored in session.turns}
        if turn.turn in numbers:
            raise OpenElsewhere("This session is open in another window or program.")
        if turn.parent is not None and turn.parent not in numbers:
            raise BugError("the turn answers one that is not stored")
        turns = tuple(sorted((*session.turns, turn), key=lambda stored: stored.turn))
        self._update(session_id, turns=turns, leaf=turn.turn)

    def attach_codes(self, session_id: str, turn: int, codes: TurnCodes) -> None:
        if _turn_of(self._one(session_id), turn).codes is not None:
            self._keep_version(session_id, turn)
        self._update_turn(session_id, turn, codes=codes)

    def amend_turn(self, session_id: str, turn: Turn, at: datetime) -> None:
        stored = self._keep_version(session_id, turn.turn)
        stays = {name: getattr(stored, name) for name in ("parent", "speaker", "at", "marked")}
        self._replace_turn(session_id, turn.model_copy(update=stays))

    def turn_versions(self, session_id: str, turn: int) -> tuple[Turn, ...]:
        _turn_of(self._one(session_id), turn)
        return self._versions.get((session_id, turn), ())

    def mark_turn(self, session_id: str, turn: int, marked: bool) -> None:
        self._update_turn(session_id, turn, marked=marked)

    def set_leaf(self, session_id: str, leaf: int | None) -> None:
        if leaf is not None:
            _turn_of(self._one(session_id), leaf)
        self._update(session_id, leaf=leaf)

    def end(self, session_id: str, at: datetime) -> None:
        self._update(session_id, ended_at=at)

    def reopen(self, session_id: str) -> None:
        self._update(session_id, ended_at=None)

    def add_scorecards(self, session_id: str, leaf: int, cards: Sequence[Scorecard], origin: ScorecardOrigin) -> None:
        _turn_of(self._one(session_id), leaf)
        self._revisions[session_id, leaf] = _added(self._revisions.get((session_id, leaf), ()), cards, origin)

    def scorecard_history(self, session_id: str, leaf: int) -> tuple[ScorecardRevision, ...]:
        self._one(session_id)
        stored = self._revisions.get((session_id, leaf), ())
        order = list(dict.fromkeys(revision.card.rubric for revision in stored))
        return tuple(sorted(stored, key=lambda each: (order.index(each.card.rubric), each.number)))

    def save_self_rating(self, session_id: str, rating: SelfRating) -> None:
        if self._one(session_id).self_rating is None:
            self._update(session_id, self_rating=rating)

    def open_map(self, session_id: str, at: datetime) -> None:
        if self._one(session_id).map_opened_at is None:
            self._update(session_id, map_opened_at=at)

    def get(self, session_id: str) -> Session:
        session = self._one(session_id)
        stored = {
            leaf: tuple(each.card for each in current_revisions(self.scorecard_history(session_id, leaf)))
            for (owner, leaf), made in self._revisions.items()
            if owner == session_id and made
        }
        cards = stored.pop(session.leaf, ()) if session.leaf is not None else ()
        return session.model_copy(update={"scorecards": cards, "other_scorecards": stored})

    def session_ids(self, trainee_id: str) -> tuple[str, ...]:
        stored = [session for session in reversed(self._sessions.values()) if session.trainee_id == trainee_id]
        return tuple(session.id for session in sorted(stored, key=lambda session: session.started_at, reverse=True))

    def history(self, trainee_id: str) -> PracticeHistory:
        """Make every row from the sessions themselves."""
        return history_of(self.get(session_id) for session_id in self.session_ids(trainee_id))

    def list_trainees(self) -> tuple[str, ...]:
        return tuple(sorted({session.trainee_id for session in self._sessions.values()}))

    def owner(self, session_id: str) -> str:
        return self._one(session_id).trainee_id

    def delete(self, session_id: str) -> None:
        self._one(session_id)
        del self._sessions[session_id]
        self._revisions = {key: made for key, made in self._revisions.items() if key[0] != session_id}
        self._versions = {key: turns for key, turns in self._versions.items() if key[0] != session_id}
        for forget in self.on_delete:
            forget(session_id)

    def delete_all(self, trainee_id: str) -> None:
        for session in [each for each in self._sessions.values() if each.trainee_id == trainee_id]:
            self.delete(session.id)

    def check(self) -> tuple[str, ...]:
        return ()

    def close(self) -> None:
        """There is nothing to release."""

    def _one(self, session_id: str) -> Session:
        if session_id not in self._sessions:
            raise session_not_found(session_id)
        return self._sessions[session_id]

    def _update(self, session_id: str, **values: Any) -> None:
        self._sessions[session_id] = self._one(session_id).model_copy(update=values)

    def _keep_version(self, session_id: str, turn: int) -> Turn:
        stored = _turn_of(self._one(session_id), turn)
        self._versions[session_id, turn] = (*self._versions.get((session_id, turn), ()), stored)
        return stored

    def _update_turn(self, session_id: str, turn: int, **values: Any) -> None:
        self._replace_turn(session_id, _turn_of(self._one(session_id), turn).model_copy(update=values))

    def _replace_turn(self, session_id: str, turn: Turn) -> None:
        stored = self._one(session_id).turns
        self._update(session_id, turns=tuple(turn if each.turn == turn.turn else each for each in stored))


def _added(
    stored: tuple[ScorecardRevision, ...], cards: Sequence[Scorecard], origin: ScorecardOrigin
) -> tuple[ScorecardRevision, ...]:
    for card in cards:
        number = sum(each.card.rubric == card.rubric for each in stored) + 1
        stored = (*stored, ScorecardRevision(number=number, origin=origin, card=card))
    return stored


@dataclass
class InMemoryUnitOfWork:
    """A unit of work over stores in memory: what fails leaves them as they were. ``done`` lists what was done."""

    stores: Sequence[object]
    done: list[tuple[Actor, str]] = field(default_factory=list)

    def run(self, actor: Actor, action: str, work: Callable[[], Any]) -> Any:
        before = [(store, name, copy(value)) for store in self.stores for name, value in _kept(store)]
        try:
            result = work()
        except BaseException:
            for store, name, value in before:
                setattr(store, name, value)
            raise
        self.done.append((actor, action))
        return result


def _kept(store: object) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in vars(store).items() if name.startswith("_")]


@dataclass
class InMemoryDrills:
    """A drill repository without a disk; ``fails`` makes it refuse to write."""

    made: list[DrillTry] = field(default_factory=list)
    fails: bool = False
    _states: dict[tuple[str, str], DrillState] = field(default_factory=dict)

    def add_try(self, made: DrillTry, state: DrillState) -> None:
        self.save_state(state)
        self.made.append(made)

    def save_state(self, state: DrillState) -> None:
        if self.fails:
            raise StorageUnavailable("The disk is full.", "Free some space and send it again.")
        self._states[state.trainee_id, state.drill_id] = state

    def state(self, trainee_id: str, drill_id: str) -> DrillState | None:
        return self._states.get((trainee_id, drill_id))

    def states(self, trainee_id: str) -> tuple[DrillState, ...]:
        return tuple(self._states[key] for key in sorted(self._states) if key[0] == trainee_id)

    def tries(self, trainee_id: str, drill_id: str, round_number: int | None = None) -> tuple[DrillTry, ...]:
        mine = [made for made in self.made if (made.trainee_id, made.drill_id) == (trainee_id, drill_id)]
        return tuple(made for made in mine if round_number in (None, made.round))

    def delete_all(self, trainee_id: str) -> None:
        self.made = [made for made in self.made if made.trainee_id != trainee_id]
        self._states = {key: state for key, state in self._states.items() if key[0] != trainee_id}


def _turn_of(session: Session, number: int) -> Turn:
    for turn in session.turns:
        if turn.turn == number:
            return turn
    raise NotFound(f'There is no turn {number} in the session "{session.id}".')


@dataclass
class RecordingSessions(InMemorySessions):
    """Sessions in memory that remember the order of writes; ``fails_on`` names calls that the disk refuses."""

    written: list[str] = field(default_factory=list)
    fails_on: set[str] = field(default_factory=set)

    def create(self, session: Session) -> None:
        self._write("create")
        super().create(session)

    def add_turn(self, session_id: str, turn: Turn) -> None:
        self._write(f"add_turn {turn.speaker}")
        super().add_turn(session_id, turn)

    def attach_codes(self, session_id: str, turn: int, codes: TurnCodes) -> None:
        self._write("attach_codes")
        super().attach_codes(session_id, turn, codes)

    def add_scorecards(self, session_id: str, leaf: int, cards: Sequence[Scorecard], origin: ScorecardOrigin) -> None:
        self._write("add_scorecards")
        super().add_scorecards(session_id, leaf, cards, origin)

    def amend_turn(self, session_id: str, turn: Turn, at: datetime) -> None:
        self._write("amend_turn")
        super().amend_turn(session_id, turn, at)

    def end(self, session_id: str, at: datetime) -> None:
        self._write("end")
        super().end(session_id, at)

    def _write(self, what: str) -> None:
        if what in self.fails_on:
            raise StorageUnavailable("The disk is full.", "Free some space and send it again.")
        self.written.append(what)
