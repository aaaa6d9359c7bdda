"""``ServerSettings`` on the settings file: show, set, check and forget the server. Must not know who asks."""

import secrets
from pathlib import Path

from simpatient.domain.errors import ModelUnavailable
from simpatient.domain.models.chat import Message
from simpatient.domain.models.servers import ServerChoice
from simpatient.llm.remote.remote_server import (
    KEY_FILE,
    forget_server,
    keep_key,
    make_server,
    read_server,
    write_server,
)
from simpatient.runtime.settings_store import SettingsStore

_SECRET_BYTES = 16


class FileServerSettings:
    """The server of one user.

    Args:
        store: The settings of the user's home.
        trainee_id: Whose words are kept apart from others' in the server's memory.
    """

    def __init__(self, store: SettingsStore, trainee_id: str) -> None:
        self._store = store
        self._key_file = (store.folder / KEY_FILE).absolute()
        self._trainee_id = trainee_id

    def chosen(self) -> ServerChoice | None:
        """Return the server that is set up; None when there is none."""
        found = read_server(self._store)
        return ServerChoice(**found.model_dump(include=set(ServerChoice.model_fields))) if found else None

    def set(self, choice: ServerChoice, new_key: str = "") -> Path:
        """Use a server; its key must be where it is said to be, or is kept here from now on."""
        if new_key:
            choice = choice.model_copy(update={"key_variable": "", "key_file": str(self._key_file)})
        made = make_server(**choice.model_dump(), secret=secrets.token_hex(_SECRET_BYTES))
        if new_key:
            keep_key(self._key_file, new_key)
        made.key()
        if made.key_file != str(self._key_file):
            self._key_file.unlink(missing_ok=True)
        return write_server(self._store, made)

    def forget(self) -> None:
        """Stop using one, and forget a key that was kept here."""
        forget_server(self._store)
        self._key_file.unlink(missing_ok=True)

    def check(self) -> str:
        """Ask the server for one word, and return which model answers."""
        from simpatient.llm.remote.remote_model import RemoteChatModel

        server = read_server(self._store)
        if server is None:
            raise ModelUnavailable("No language model server is set up.", "Set one up with 'simpatient server set'.")
        model = RemoteChatModel(server, self._trainee_id)
        try:
            model.prepare("check", [Message(role="user", content="Hello")])
            return model.model_id
        finally:
            model.close()
