"""Ending a session: a question first, then the scores are worked out, then one looks back."""

from collections.abc import Callable
from typing import Protocol

from PySide6.QtWidgets import QWidget

from simpatient.domain.people.actor import Actor
from simpatient.domain.session.session import Session
from simpatient.gui.base.bridge import Trouble, Worker
from simpatient.gui.widgets.dialogs import Question

_UNRATED = "Your own rating comes first, then feedback on single moments. You can retry from any of them."
# A retry of a session that was rated: it is rated once.
_RATED = "You go straight to the feedback on this attempt. You can retry from any moment of it."


class Ends(Protocol):
    """Who ends sessions."""

    def end(self, actor: Actor, session_id: str) -> Session:
        """Score the branch in use and end the session."""
        ...


class Ending:
    """Ends a session once the trainee has confirmed it.

    Args:
        ends: Who ends it.
        actor: Who practises.
        lane: The worker that waits for it.
        on_began: Told that it is being ended.
        on_ended: Given the session as it ended.
        on_failed: Told why it could not be ended, with what tries again.
    """

    def __init__(
        self,
        ends: Ends,
        actor: Actor,
        lane: Worker,
        on_began: Callable[[], object],
        on_ended: Callable[[Session], None],
        on_failed: Callable[[Trouble, Callable[[], None]], None],
    ) -> None:
        self._ends = ends
        self._actor = actor
        self._lane = lane
        self._on_began = on_began
        self._on_ended = on_ended
        self._on_failed = on_failed

    def ask(self, parent: QWidget, session: Session) -> None:
        """Ask whether to end, and end if so."""
        words = _UNRATED if session.self_rating is None else _RATED
        Question(
            parent, "End this session?", words, "End and look back", "Keep talking", lambda: self._end(session.id)
        ).open()

    def _end(self, session_id: str) -> None:
        ends = self._ends
        self._on_began()
        self._lane.call(
            lambda _: ends.end(self._actor, session_id),
            self._on_ended,
            lambda trouble: self._on_failed(trouble, lambda: self._end(session_id)),
        )
