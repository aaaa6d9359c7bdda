"""Marking the newest turn as a moment to come back to."""

from collections.abc import Callable
from typing import Protocol

from simpatient.domain.people.actor import Actor
from simpatient.domain.session.session import Session
from simpatient.gui.base.bridge import Trouble, Worker
from simpatient.gui.session.session_log import SessionLog


class Marks(Protocol):
    """Where marks are stored."""

    def mark(self, actor: Actor, session_id: str, turn: int, marked: bool) -> None:
        """Set or clear the trainee's mark on a moment."""
        ...


class Marking:
    """Sets and clears marks of one session at a time.

    Args:
        marks: Where they are stored.
        actor: Who practises.
        lane: The worker that waits for it.
        log: Where they are shown.
        on_trouble: Told why one could not be stored.
    """

    def __init__(
        self, marks: Marks, actor: Actor, lane: Worker, log: SessionLog, on_trouble: Callable[[Trouble], object]
    ) -> None:
        self._marks = marks
        self._actor = actor
        self._lane = lane
        self._log = log
        self._on_trouble = on_trouble
        self._session_id = ""
        self._marked: set[int] = set()

    def open(self, session: Session) -> None:
        """Take the marks of a session."""
        self._session_id = session.id
        self._marked = {turn.turn for turn in session.turns if turn.marked}

    def toggle(self) -> None:
        """Mark the newest turn, or take its mark away."""
        turn, session_id, marks = self._log.newest_turn, self._session_id, self._marks
        if turn is None or not session_id:
            return
        self._marked ^= {turn}
        marked = turn in self._marked
        self._log.set_marked(turn, marked)
        self._lane.call(
            lambda _: marks.mark(self._actor, session_id, turn, marked),
            None,
            lambda trouble: self._on_failed(turn, trouble),
        )

    def _on_failed(self, turn: int, trouble: Trouble) -> None:
        # What is shown is what is stored.
        self._marked ^= {turn}
        self._log.set_marked(turn, turn in self._marked)
        self._on_trouble(trouble)
