"""Putting right what the recogniser misheard: a small editor with the first text above it.

Both texts are kept by the service. Must not know how codes or scores follow.
"""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from simpatient.domain.session.session import Turn
from simpatient.gui.base.bridge import Trouble
from simpatient.gui.base.context import Context
from simpatient.gui.base.tokens import SPACE_4, SPACE_5
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.conversation import announce
from simpatient.gui.widgets.dialogs import Dialog
from simpatient.gui.widgets.fields import LinesEdit
from simpatient.gui.widgets.layout import column, row
from simpatient.gui.widgets.text import label
from simpatient.presentation.words.numbers import turn_words
from simpatient.services.sessions.practise import PractiseService

OnCorrected = Callable[[Turn], None]
_ROWS = 4
_TEXT = "text"


def correct_button(
    practise: PractiseService,
    context: Context,
    parent: QWidget,
    session_id: str,
    turn: Turn,
    on_corrected: OnCorrected,
) -> Button:
    """Return the quiet way to correct a spoken turn."""
    button = Button(
        "Correct",
        "link",
        name=f"Correct {turn_words(turn.turn)}",
        on_click=lambda: CorrectionDialog(practise, context, parent, session_id, turn, on_corrected).open(),
    )
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setToolTip("Put right what was misheard; both texts are kept")
    return button


class CorrectionDialog(Dialog):
    """Asks for the words as they were said.

    Args:
        practise: Stores the words.
        context: Lane and drafts.
        parent: The page it belongs to.
        session_id: The session.
        turn: A spoken turn of the trainee's.
        on_corrected: Given the turn as it is stored afterwards.
    """

    def __init__(
        self,
        practise: PractiseService,
        context: Context,
        parent: QWidget,
        session_id: str,
        turn: Turn,
        on_corrected: OnCorrected,
    ) -> None:
        super().__init__(parent, "Correct this turn")
        self._practise, self._context = practise, context
        self._session_id = session_id
        self._turn = turn
        self._on_corrected = on_corrected
        self._is_saving = False
        self.setModal(True)
        self._part = str(turn.turn)
        draft = context.drafts.texts(session_id, "correction", self._part)
        self.editor = LinesEdit("What you said", _ROWS, draft.get(_TEXT, turn.text))
        self.editor.setMinimumWidth(440)
        self.status = label("", "small")
        self.status.hide()
        self.save = Button("Save", "primary", name="Save the correction", on_click=self.submit)
        self.leave = Button("Leave as it is", on_click=self.reject)
        self._build()
        self.editor.textChanged.connect(self._on_text_changed)
        self._on_text_changed()
        QShortcut(QKeySequence("Ctrl+Return"), self, self.submit)
        self.editor.setFocus()

    def _build(self) -> None:
        box = column(self, SPACE_4, SPACE_5)
        box.addWidget(label("What did you say?", "h2"))
        box.addWidget(label(f"First understood as: “{first_text(self._turn)}”", "soft", selectable=True))
        box.addWidget(self.editor)
        words = "Both texts are kept. Codes follow, and scores where the session is over; the answer stays as it was."
        box.addWidget(label(words, "small"))
        box.addWidget(self.status)
        box.addLayout(row(None, self.leave, self.save))

    def submit(self) -> None:
        """Store the words, unless there is nothing to store."""
        if not self.save.isEnabled():
            return
        actor, text = self._context.actor, self.editor.toPlainText().strip()
        session_id, turn = self._session_id, self._turn.turn
        self._show_saving(True, "Saving …")
        self._context.lane.call(
            lambda _: self._practise.correct(actor, session_id, turn, text), self._on_saved, self._on_failed
        )

    def reject(self) -> None:
        """Leave, but not while it is being stored: nobody would know which text holds."""
        if not self._is_saving:
            self._keep({})
            super().reject()

    def _on_text_changed(self) -> None:
        text = self.editor.toPlainText().strip()
        is_new = bool(text) and text != self._turn.text
        self.save.setEnabled(is_new and not self._is_saving)
        self._keep({_TEXT: self.editor.toPlainText()} if is_new else {})

    def _keep(self, texts: dict[str, str]) -> None:
        self._context.drafts.keep(self._session_id, "correction", texts, self._part)

    def _on_saved(self, turn: Turn) -> None:
        self._is_saving = False
        self._keep({})
        self.accept()
        self._on_corrected(turn)

    def _on_failed(self, trouble: Trouble) -> None:
        self._show_saving(False, f"{trouble.message} {trouble.action}".strip())
        announce(self.status, self.status.text())

    def _show_saving(self, saving: bool, words: str) -> None:
        self._is_saving = saving
        self.status.setText(words)
        self.status.show()
        self.editor.setReadOnly(saving)
        self.leave.setEnabled(not saving)
        self._on_text_changed()


def first_text(turn: Turn) -> str:
    """Return what a spoken turn was first taken to say."""
    versions = turn.speech.versions if turn.speech is not None else ()
    return versions[0].text if versions else turn.text
