"""The section of the settings about a language model on a server: off by default, and plain about what leaves.

Must not know how one is spoken to. A key that is typed here goes into a file only the user can read, and is never
shown again.
"""

from collections.abc import Callable

from PySide6.QtWidgets import QFrame, QLayout, QLineEdit, QVBoxLayout

from simpatient.domain.models.servers import RemoteServer, make_server
from simpatient.gui.base.bridge import Trouble
from simpatient.gui.base.context import Context
from simpatient.gui.base.tokens import SPACE_2, SPACE_4, SPACE_5
from simpatient.gui.widgets.controls import Button, SegmentedControl
from simpatient.gui.widgets.conversation import announce
from simpatient.gui.widgets.layout import column, row
from simpatient.gui.widgets.text import label
from simpatient.services.models.models import GUIDED, SERVER, ModelService

_INTRO = (
    "Your training course may run a language model for its trainees. If you use it, the persona, the case and "
    "everything you and the patient say leave this computer for that server; a line in the session says so. Codes, "
    "scores and feedback stay here."
)
_PLAIN = (("no", "Only encrypted"), ("yes", "Plain http too, on a network I trust"))
_BELOW_ADDRESS = 3  # heading, introduction, address
_Found = tuple[RemoteServer | None, str]


class ServerCard(QFrame):
    """Set up, check, use and forget a server."""

    def __init__(self, models: ModelService, context: Context, on_change: Callable[[], None]) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self._models, self._context = models, context
        self._on_change = on_change
        self._kept: RemoteServer | None = None
        self._key_file = ""
        self._box: QVBoxLayout = column(self, SPACE_4, SPACE_5)
        self._box.addWidget(label("A language model on a server", "h2"))
        self._box.addWidget(label(_INTRO, "soft"))
        self.url = self._field("Address", "https://models.example.org/v1")
        self.model = self._field("Name of the model on the server", "our-patients")
        self.key = self._field("Key, if the server wants one", "")
        self.key.setEchoMode(QLineEdit.EchoMode.Password)
        self.remove_key = Button("Remove the key", "link", name="Remove the server's key", on_click=self._on_remove_key)
        self._box.addLayout(row(self.remove_key, None))
        self.variable = self._field("Or the environment variable that holds it", "OUR_KEY")
        self.plain = SegmentedControl(_PLAIN, "Connection")
        self.plain.choose("no")
        self._titled("Connection", row(self.plain, None))
        self.save = Button("Save and check", "primary", on_click=self._on_save)
        self.use = Button("Use for new sessions", on_click=lambda: self._choose(SERVER))
        self.leave = Button("Do not use", on_click=lambda: self._choose(GUIDED))
        self.forget = Button("Forget it", name="Forget the server", on_click=self._on_forget)
        self._box.addLayout(row(self.save, self.use, self.leave, self.forget, None))
        self.wrong = label("", "small", tone="danger")
        self.wrong.hide()
        self._box.insertWidget(_BELOW_ADDRESS, self.wrong)
        self.status = label("", "small")
        self.status.setAccessibleName("State of the server")
        self._box.addWidget(self.status)
        self._show((None, GUIDED))

    def refresh(self) -> None:
        """Look again at what is set up and what is used."""
        models = self._models
        self._context.lane.call(lambda _: (models.server.chosen(), models.chosen()), self._on_loaded, self._on_trouble)

    def _field(self, title: str, example: str) -> QLineEdit:
        made = QLineEdit()
        made.setPlaceholderText(example)
        made.setAccessibleName(title)
        made.setMinimumWidth(420)
        self._titled(title, row(made, None))
        return made

    def _titled(self, title: str, content: QLayout) -> None:
        inner = column(spacing=SPACE_2)
        inner.addWidget(label(title, "strong"))
        inner.addLayout(content)
        self._box.addLayout(inner)

    def _on_loaded(self, found: _Found) -> None:
        choice, _ = found
        # What is being typed stays; only what was saved is shown.
        if choice is not None and not self.wrong.isVisible():
            self._key_file = choice.key_file
            self.url.setText(choice.url)
            self.model.setText(choice.model)
            self.variable.setText(choice.key_variable)
            self.key.clear()
            self.key.setPlaceholderText("A key is kept; type another to replace it" if choice.key_file else "")
            self.plain.choose("yes" if choice.allows_plain_http else "no")
        self._show(found)

    def _show(self, found: _Found) -> None:
        choice, chosen = found
        self._kept = choice
        self.remove_key.setVisible(choice is not None and bool(choice.key_file))
        is_used = chosen == SERVER
        self.use.setVisible(choice is not None and not is_used)
        self.leave.setVisible(is_used)
        self.forget.setVisible(choice is not None)
        state = "New sessions use this server." if is_used else "It is set up, and not used."
        self.status.setText(state if choice else "No server is set up; nothing leaves this computer.")

    def _typed(self) -> dict[str, object]:
        return {
            "url": self.url.text(),
            "model": self.model.text(),
            "key_variable": "" if self.key.text() else self.variable.text(),
            "key_file": self._key_file if not self.key.text() and not self.variable.text() else "",
            "allows_plain_http": self.plain.button("yes").isChecked(),
        }

    def _on_save(self) -> None:
        server, typed, new_key = self._models.server, self._typed(), self.key.text().strip()
        self.wrong.hide()

        def save() -> str:
            server.set(make_server(**typed), new_key)
            return server.check()

        self.save.setEnabled(False)
        self.status.setText("Asking the server for one word …")
        self._context.background.call(lambda _: save(), self._on_checked, self._on_failed)

    def _on_checked(self, model: str) -> None:
        self.save.setEnabled(True)
        self.refresh()
        self._context.navigator.tell(f"The server answers: {model}.")

    def _on_failed(self, trouble: Trouble) -> None:
        """Say what is wrong where it was typed, and have the keyboard there."""
        self.save.setEnabled(True)
        self.refresh()
        words = f"{trouble.message} {trouble.action}".strip()
        self.wrong.setText(words)
        self.wrong.show()
        announce(self.wrong, words)
        self.url.setFocus()

    def _choose(self, name: str) -> None:
        models = self._models
        self._context.lane.call(lambda _: models.choose(name), lambda _: self._changed(), self._on_trouble)

    def _on_forget(self) -> None:
        server = self._models.server
        for each in (self.url, self.model, self.key, self.variable):
            each.clear()
        self._key_file = ""
        self._context.lane.call(lambda _: server.forget(), lambda _: self._changed(), self._on_trouble)

    def _on_remove_key(self) -> None:
        """Have the server asked without a key; everything else about it stays, also what is typed and not saved."""
        if self._kept is None:
            return
        server, bare = self._models.server, self._kept.model_copy(update={"key_file": ""})
        self._context.lane.call(lambda _: server.set(bare), lambda _: self._on_key_removed(bare), self._on_trouble)

    def _on_key_removed(self, kept: RemoteServer) -> None:
        self._kept, self._key_file = kept, ""
        self.remove_key.hide()
        self.key.setPlaceholderText("")
        self.key.setFocus()
        self._context.navigator.tell("The key is removed. The server stays set up, without a key.")

    def _changed(self) -> None:
        self.refresh()
        self._on_change()

    def _on_trouble(self, trouble: Trouble) -> None:
        self._context.navigator.tell_trouble(trouble)
