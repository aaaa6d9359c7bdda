"""A talk with a persona being written: beside each answer the state, the plan and the codes behind it.

Nothing is stored. Must not know how answers are made.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from PySide6.QtWidgets import QWidget

from simpatient.domain.assessment.codes import CodeNames
from simpatient.domain.content.persona import Persona
from simpatient.gui.base.bridge import Trouble, WorkerJob
from simpatient.gui.base.context import Context
from simpatient.gui.base.tokens import SPACE_2, SPACE_3, SPACE_5
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.conversation import Bubble, ChatLog, Composer, announce
from simpatient.gui.widgets.layout import card, column, row
from simpatient.gui.widgets.text import label
from simpatient.presentation.words.code_tags import code_tags
from simpatient.presentation.words.patient_state import plan_words, state_words
from simpatient.services.authoring.authoring import AuthorService, PreviewReply, PreviewTalk
from simpatient.services.ports import ContentLibrary

_CANNOT = "Fix what stops the persona from loading, then talk with it here."
_EACH = "Each answer shows what the patient felt and planned. Nothing is stored."
_MOST_TAGS = 4
_Begun = tuple[PreviewTalk, CodeNames]


class AuthorServices(Protocol):
    """What the workbench of authors asks."""

    author: AuthorService
    library: ContentLibrary


class AuthorTalk(QWidget):
    """The preview conversation."""

    def __init__(self, services: AuthorServices, context: Context) -> None:
        super().__init__()
        self._services, self._context = services, context
        self._path: Path | None = None
        self._name = "Patient"
        self._talk: PreviewTalk | None = None
        self._names = CodeNames()
        self._said: Bubble | None = None
        self._job: WorkerJob[_Begun] | WorkerJob[PreviewReply] | None = None
        self.start_button = Button("Begin a talk", "primary", on_click=self.begin)
        self._hint = label(_CANNOT, "soft")
        self._hint.setContentsMargins(SPACE_5, 0, SPACE_5, SPACE_2)
        self.log = ChatLog()
        self.composer = Composer("Say something to the patient …")
        self.composer.submitted.connect(self._on_submitted)
        head = row(label("Talk with the patient", "h2"), None, self.start_button)
        head.setContentsMargins(SPACE_5, SPACE_3, SPACE_5, SPACE_2)
        # The log takes what room there is, so that the newest answer and the field below it are always in sight.
        box = column(self, 0)
        box.addLayout(head)
        box.addWidget(self._hint)
        box.addWidget(self.log, 1)
        box.addWidget(self.composer)
        self.start_button.setEnabled(False)
        self.composer.setEnabled(False)

    def set_file(self, path: Path | None, persona: Persona | None, kind: str = "persona") -> None:
        """Offer a talk with the persona in a file; None while it cannot be loaded."""
        if path is None or (persona is not None and persona.identity.name != self._name):
            self._end()
        self._path = path
        self.start_button.setEnabled(path is not None)
        if persona is not None:
            self._name = persona.identity.name
        if path is None:
            self._hint.setText(_CANNOT if kind == "persona" else "Only a persona can be talked with.")
        elif self._talk is not None:
            self._hint.setText("The file was read again. Begin a new talk to hear the changes.")
        else:
            self._hint.setText(_EACH)

    def _end(self) -> None:
        """Take a talk away that is not with what is in the file now."""
        if self._job is not None:
            self._job.cancel()
        self._talk = None
        self.log.clear()
        self.start_button.setText("Begin a talk")
        self.composer.set_waiting(False)
        self.composer.setEnabled(False)

    def begin(self) -> None:
        """Begin a new talk with the file as it is now."""
        if self._path is None:
            return
        path, author = self._path, self._services.author
        self.start_button.setEnabled(False)
        self._hint.setText("Getting the patient ready …")
        library = self._services.library

        def start() -> _Begun:
            return author.preview_start(path, 1), CodeNames(library.schemes())

        self._job = self._context.lane.call(lambda _: start(), self._on_begun, self._on_failed)

    def _on_begun(self, begun: _Begun) -> None:
        talk, self._names = begun
        self._talk = talk
        self.log.clear()
        self.composer.setEnabled(True)
        self.start_button.setEnabled(True)
        self.start_button.setText("Begin again")
        self._hint.setText(_EACH)
        self.composer.set_waiting(False)
        self._add_reply(talk.opening)
        self.composer.editor.setFocus()

    def _on_submitted(self, text: str) -> None:
        if self._talk is None:
            return
        talk = self._talk
        self._said = self.log.add("trainee", "You", text)
        self.composer.set_waiting(True, f"{self._name} is thinking …")
        self._job = self._context.lane.call(lambda _: talk.say(text), self._on_replied, self._on_failed)

    def _on_replied(self, reply: PreviewReply) -> None:
        self._add_reply(reply)
        self.composer.set_waiting(False)

    def _on_failed(self, trouble: Trouble) -> None:
        self.start_button.setEnabled(self._path is not None)
        self.composer.set_waiting(False)
        self._hint.setText(f"{trouble.message} {trouble.action}".strip())
        self._context.navigator.tell_trouble(trouble)

    def _add_reply(self, reply: PreviewReply) -> None:
        tags = code_tags(reply.codes, self._names, with_labels=True)
        if self._said is not None:
            self._said.set_chips(_with_rest(tags), visible=True)
            self._said = None
        bubble = self.log.add("patient", self._name, reply.text)
        frame, box = card("sunken", spacing=4, margin=SPACE_3)
        box.addWidget(label(state_words(reply.state), "small"))
        box.addWidget(label(plan_words(reply.plan), "small"))
        bubble.set_beside([frame])
        self.log.scroll_to_end()
        announce(self.log, f"{self._name}: {reply.text}")


def _with_rest(tags: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    """Return as many tags as have room, and one that counts the others and names them when pointed at."""
    rest = tags[_MOST_TAGS:]
    return (*tags[:_MOST_TAGS], (f"{len(rest)} more", "; ".join(words for words, _ in rest))) if rest else tags
