"""The way of the trainee's words: typed, kept as a draft, sent, answered, or given back.

Typed and spoken talk both go this way, so that neither can lose a word. Must not know who answers.
"""

from collections.abc import Callable

from PySide6.QtGui import QTextCursor

from simpatient.domain.session.session import Session
from simpatient.domain.session.session_drafts import composer_texts, words_not_sent
from simpatient.gui.base.bridge import Trouble
from simpatient.gui.base.draft_keeper import DraftKeeper
from simpatient.gui.session.session_log import SessionLog
from simpatient.gui.widgets.conversation import Composer
from simpatient.services.sessions.practise import Exchange

_ELSEWHERE = "Not sent: the session has gone on in another window. Enter shows it as it is now."
_UNSURE = "No answer came. What is stored is kept; send again to continue from there."


class Exchanges:
    """Composer, log and draft of one session at a time.

    Args:
        composer: Where the trainee writes.
        log: Where turns are shown.
        drafts: Keeps what is half-written.
        on_failed: Told why no answer came; the session has to be read again before words can be sent.
    """

    def __init__(
        self, composer: Composer, log: SessionLog, drafts: DraftKeeper, on_failed: Callable[[Trouble], object]
    ) -> None:
        self._composer = composer
        self._log = log
        self._drafts = drafts
        self._on_failed = on_failed
        self._session_id = ""
        self._newest: int | None = None
        self._sending = ""
        # No answer came: nobody knows yet whether the words were stored.
        self.is_unsure = False
        composer.editor.textChanged.connect(self._keep)

    def open(self, session: Session) -> None:
        """Give the composer the draft of a session, and of no other."""
        self._session_id = ""
        texts = self._drafts.texts(session.id, "composer")
        self._composer.set_text(words_not_sent(texts, session.turns))
        self._session_id, self._sending, self.is_unsure = session.id, "", False
        self._newest = max((turn.turn for turn in session.turns), default=None)
        self._composer.set_waiting(False)
        self._keep()

    def close(self) -> None:
        """Put everything typed on disk; the page is left."""
        self._drafts.flush()

    def give_back(self, text: str) -> None:
        """Put words that were not sent back into the composer, before whatever was typed since."""
        typed = self._composer.text
        self._composer.set_text(f"{text}\n{typed}" if typed.strip() else text)

    def take_understood(self, text: str, hint: str) -> None:
        """Put recognised words where they can be corrected."""
        if text:
            self._composer.set_text(text)
            self._composer.editor.moveCursor(QTextCursor.MoveOperation.End)
        self._composer.hint.setText(hint)

    # One exchange

    def begin(self, text: str) -> None:
        """Show words as sent; the answer is on its way."""
        self._sending = text
        self._keep()
        self._log.begin_exchange(text)
        self._composer.set_waiting(True, f"{self._log.patient_name} is thinking …")

    def settle(self, exchange: Exchange) -> None:
        """Show both turns as they are stored."""
        self._newest = exchange.patient.turn
        self._sending = ""
        self._keep()
        self._log.settle(exchange)
        self._composer.set_waiting(False)

    def fail(self, trouble: Trouble) -> None:
        """Show that no answer came; the words stay kept until it is known whether they were stored.

        Where the session has gone on in another window they were not, and stand in the composer again.
        """
        self.is_unsure = True
        if trouble.is_open_elsewhere:
            self._log.drop_exchange()
            unsent, self._sending = self._sending, ""
            self.give_back(unsent)
        else:
            self._log.drop_answer()
        self._composer.set_waiting(False, _ELSEWHERE if trouble.is_open_elsewhere else _UNSURE)
        self._on_failed(trouble)

    def _keep(self) -> None:
        if self._session_id:
            texts = composer_texts(self._composer.text, self._sending, self._newest)
            self._drafts.keep(self._session_id, "composer", texts)
