"""Talking by typing: what is sent from the composer is answered by the patient."""

from collections.abc import Callable
from typing import Protocol

from simpatient.domain.cancellation import CancelToken
from simpatient.domain.people.actor import Actor
from simpatient.gui.base.bridge import Worker, WorkerJob
from simpatient.gui.session.exchanges import Exchanges
from simpatient.services.sessions.practise import Exchange


class Replies(Protocol):
    """Who answers."""

    def reply(
        self,
        actor: Actor,
        session_id: str,
        text: str,
        on_chunk: Callable[[str], None],
        cancel: CancelToken | None = None,
    ) -> Exchange:
        """Store the trainee's turn, then answer it."""
        ...


class TypedTalk:
    """Sends typed words.

    Args:
        replies: Who answers.
        actor: Who practises.
        lane: The worker that waits for the answer.
        exchanges: Where words go.
        on_words: Given words of an answer that is still being written.
    """

    def __init__(
        self, replies: Replies, actor: Actor, lane: Worker, exchanges: Exchanges, on_words: Callable[[str], None]
    ) -> None:
        self._replies = replies
        self._actor = actor
        self._lane = lane
        self._exchanges = exchanges
        self._on_words = on_words
        self._job: WorkerJob[Exchange] | None = None

    def send(self, session_id: str, text: str) -> None:
        """Send words; the answer is shown as it comes."""
        self._exchanges.begin(text)
        self._job = self._lane.call(
            lambda work: self._replies.reply(self._actor, session_id, text, work.chunk, work.cancel),
            self._exchanges.settle,
            self._exchanges.fail,
            self._on_words,
        )

    def stop(self) -> None:
        """Want no answer any more; words that were sent are stored all the same."""
        if self._job is not None:
            self._job.cancel()
            self._job = None
