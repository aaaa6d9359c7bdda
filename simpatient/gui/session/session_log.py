"""The turns of a session as bubbles: which bubble is which stored turn, its codes, its mark, the answer on its way.

Must not know where turns come from.
"""

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from simpatient.domain.assessment.codes import CodeNames
from simpatient.domain.session.session import Session, Turn
from simpatient.gui.transcript.spoken_turn_view import beside_the_words
from simpatient.gui.widgets.conversation import Bubble, ChatLog, announce
from simpatient.presentation.words.code_tags import code_tags
from simpatient.services.sessions.practise import Exchange

_THINKING = "…"


class SessionLog:
    """One session's turns in a chat log.

    Args:
        chat: Where the bubbles stand.
        correct_button: Makes the button that corrects a spoken turn.
    """

    def __init__(self, chat: ChatLog, correct_button: Callable[[Turn], QWidget]) -> None:
        self._chat = chat
        self._correct_button = correct_button
        self._names = CodeNames()
        self._by_turn: dict[int, Bubble] = {}
        self._said: Bubble | None = None
        self._answer: Bubble | None = None
        self._shows_codes = False
        self.patient_name = "Patient"

    @property
    def newest_turn(self) -> int | None:
        """The number of the newest turn shown, if any."""
        return max(self._by_turn, default=None)

    def fill(self, session: Session, names: CodeNames, patient_name: str) -> None:
        """Show the branch in use, in place of whatever was shown."""
        self._names, self.patient_name = names, patient_name
        self._said = self._answer = None
        self._by_turn.clear()
        self._chat.clear()
        for turn in session.path():
            self._show_turn(turn)
        if not self._chat.bubbles:
            self._chat.add_note(f"{patient_name} is here. In this case you speak first.")
        self._chat.scroll_to_end()
        last = self._chat.bubbles[-1] if self._chat.bubbles else None
        if last is not None and last.who == "patient":
            announce(self._chat, f"{patient_name}: {last.text}")

    # One exchange

    def begin_exchange(self, text: str) -> None:
        """Show the trainee's words, and that the patient is thinking."""
        self._said = self._chat.add("trainee", "You", text)
        self._answer = self._chat.add("patient", self.patient_name, _THINKING)
        self._answer.setAccessibleName(f"{self.patient_name} is thinking")

    def add_words(self, text: str) -> None:
        """Show words of an answer that is still being written."""
        if self._answer is None:
            return
        if self._answer.text == _THINKING:
            self._answer.set_text(text.lstrip())
        else:
            self._answer.append(text)

    def add_sentence(self, text: str) -> None:
        """Show a sentence the patient is beginning to speak."""
        if self._answer is not None:
            self.add_words(text if self._answer.text == _THINKING else f" {text}")

    def settle(self, exchange: Exchange) -> None:
        """Show both turns as they are stored."""
        said, answer = self._said, self._answer
        self._said = self._answer = None
        if said is None or answer is None:
            return
        self._adopt(said, exchange.trainee)
        if answer.text != exchange.patient.text:
            answer.set_text(exchange.patient.text)
        self._adopt(answer, exchange.patient)
        if exchange.note:
            self._chat.add_note(exchange.note)
        announce(self._chat, f"{self.patient_name}: {exchange.patient.text}")

    def drop_answer(self) -> None:
        """Take away the bubble of an answer that never came."""
        if self._answer is not None:
            self._chat.remove(self._answer)
        self._said = self._answer = None

    def drop_exchange(self) -> None:
        """Take away words that were not stored, with the answer that never came."""
        if self._said is not None:
            self._chat.remove(self._said)
        self.drop_answer()

    # Turns

    def set_marked(self, turn: int, marked: bool) -> None:
        """Show or hide the mark of a turn."""
        if turn in self._by_turn:
            self._by_turn[turn].set_marked(marked)
            announce(self._chat, "Moment marked" if marked else "Mark removed")

    def show_codes(self, shown: bool) -> None:
        """Show or hide the codes of all turns."""
        self._shows_codes = shown
        for bubble in self._chat.bubbles:
            bubble.show_chips(shown)

    def show_corrected(self, turn: Turn) -> None:
        """Show a turn's corrected words."""
        bubble = self._by_turn.get(turn.turn)
        if bubble is not None:
            bubble.set_text(turn.text)
            self._adopt(bubble, turn)
            announce(self._chat, f"Corrected: {turn.text}")

    def _show_turn(self, turn: Turn) -> None:
        if turn.note:
            self._chat.add_note(turn.note)
        name = "You" if turn.speaker == "trainee" else self.patient_name
        self._adopt(self._chat.add(turn.speaker, name, turn.text), turn)
        self._by_turn[turn.turn].set_marked(turn.marked)

    def _adopt(self, bubble: Bubble, turn: Turn) -> None:
        """Tie a bubble to its stored turn."""
        self._by_turn[turn.turn] = bubble
        if turn.speaker == "trainee":
            bubble.set_chips(code_tags(turn.codes, self._names, with_labels=True), self._shows_codes)
            bubble.set_beside(beside_the_words(turn))
            if turn.speech is not None:
                bubble.set_action(self._correct_button(turn))
