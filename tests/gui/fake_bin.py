"""Deleting in memory, with and without a way back."""

from datetime import timedelta

from simpatient.domain.people.actor import Actor
from simpatient.domain.session.bin import BinEntry, DeletionExtent
from simpatient.domain.session.session import Session
from simpatient.services.privacy.bin import BinItem
from simpatient.services.sessions.access import session_of
from tests.gui.fake_sessions import T0, FakePractise
from tests.session_fakes import InMemoryDrills


class FakeDeletion:
    """Deletes sessions and drills from memory."""

    def __init__(self, practise: FakePractise, tries: InMemoryDrills) -> None:
        self._practise = practise
        self._tries = tries

    def need_session(self, actor: Actor, session_id: str) -> None:
        session_of(self._practise.stored, actor, session_id)

    def delete_session(self, actor: Actor, session_id: str) -> None:
        session_of(self._practise.stored, actor, session_id)
        self._practise.stored.delete(session_id)

    def delete_drills(self, actor: Actor) -> None:
        self._tries.delete_all(actor.person_id)

    def delete_everything(self, actor: Actor) -> None:
        self._practise.stored.delete_all(actor.person_id)
        self.delete_drills(actor)


class FakeBin:
    """A bin of whole sessions and of attempts that are not in use."""

    def __init__(self, practise: FakePractise) -> None:
        self._practise = practise
        self.binned: dict[int, tuple[BinEntry, Session]] = {}
        self.kept_for = 30

    def extent(self, actor: Actor, session_id: str, leaf: int | None = None) -> DeletionExtent:
        session = session_of(self._practise.stored, actor, session_id)
        attempts = len(session.attempts())
        turns = session.own_turns(leaf) if leaf is not None and attempts > 1 else session.turns
        return DeletionExtent(
            session_id=session_id, leaf=leaf if attempts > 1 else None, case_title="Sent by his wife",
            patient_name="Joe", started_at=session.started_at,
            attempts=1 if leaf is not None else attempts, attempts_left=attempts - 1 if leaf is not None else 0,
            turns=len(turns), scorecards=1, has_self_rating=leaf is None,
        )  # fmt: skip

    def attempts(self, actor: Actor, session_id: str) -> tuple[int, ...]:
        attempts = session_of(self._practise.stored, actor, session_id).attempts()
        return tuple(attempt.leaf for attempt in attempts if attempt.leaf is not None)

    def delete_session(self, actor: Actor, session_id: str) -> None:
        session_of(self._practise.stored, actor, session_id)
        self._put(self._practise.sessions.pop(session_id), None)

    def delete_attempt(self, actor: Actor, session_id: str, leaf: int) -> None:
        session = session_of(self._practise.stored, actor, session_id)
        others = {end: cards for end, cards in session.other_scorecards.items() if end != leaf}
        self._practise.sessions[session_id] = session.model_copy(update={"other_scorecards": others})
        self._put(session, leaf)

    def _put(self, session: Session, leaf: int | None) -> None:
        entry = BinEntry(
            id=max(self.binned, default=0) + 1, session_id=session.id, trainee_id=session.trainee_id, case_id=session.case_id,
            started_at=session.started_at, leaf=leaf, binned_at=T0, attempts=1, trainee_turns=3,
        )  # fmt: skip
        self.binned[entry.id] = (entry, session)

    def items(self, actor: Actor) -> tuple[BinItem, ...]:
        until = T0 + timedelta(days=self.kept_for)
        return tuple(
            BinItem(entry=entry, case_title="Sent by his wife", patient_name="Joe", erased_at=until)
            for entry, _ in self.binned.values()
            if entry.trainee_id == actor.person_id
        )

    def restore(self, actor: Actor, entry_id: int) -> BinEntry:
        entry, session = self.binned.pop(entry_id)
        self._practise.sessions[session.id] = session
        return entry

    def erase(self, actor: Actor, entry_id: int) -> None:
        del self.binned[entry_id]

    def empty(self, actor: Actor) -> int:
        mine = [item.entry.id for item in self.items(actor)]
        for entry_id in mine:
            self.erase(actor, entry_id)
        return len(mine)

    def erase_expired(self) -> int:
        """Nothing here is old."""
        return 0

    def days(self) -> int:
        return self.kept_for

    def keep_for(self, days: int) -> None:
        self.kept_for = days
