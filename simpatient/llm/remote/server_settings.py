"""``ServerSettings`` on the settings file: show, set, check and forget the server.

The key is never part of the settings: they name an environment variable or a file in which it stands.
Knows files. Must not know who asks, or what is asked.
"""

import secrets
from pathlib import Path

from simpatient.domain.errors import ModelUnavailable, UserFacingError
from simpatient.domain.models.chat import Message
from simpatient.domain.models.servers import RemoteServer, make_server
from simpatient.llm.remote.server_key import keep_key, key_of
from simpatient.runtime.settings_store import SettingsStore

SECTION = "server"
KEY_FILE = "server.key"
_FORMER_FILE = "server.json"  # of 0.3.0
_SET_UP = "Set it up with 'simpatient server set'."
_SECRET_BYTES = 16


class StoredServerSettings:
    """The server of one user.

    Args:
        store: The settings of the user's home.
        trainee_id: Whose words are kept apart from others' in the server's memory.
    """

    def __init__(self, store: SettingsStore, trainee_id: str) -> None:
        self._store = store
        self._key_file = (store.folder / KEY_FILE).absolute()
        self._trainee_id = trainee_id

    def chosen(self) -> RemoteServer | None:
        """Return the server that is set up, without its secret; None when there is none."""
        found = read_server(self._store)
        return found.model_copy(update={"secret": ""}) if found else None

    def set(self, server: RemoteServer, new_key: str = "") -> Path:
        """Use a server; its key must be where it is said to be, or is kept here from now on."""
        kept = {"key_variable": "", "key_file": str(self._key_file)} if new_key else {}
        made = server.model_copy(update={**kept, "secret": secrets.token_hex(_SECRET_BYTES)})
        if new_key:
            keep_key(self._key_file, new_key)
        key_of(made)
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


def read_server(store: SettingsStore) -> RemoteServer | None:
    """Return the server the user has set up; None when there is none.

    Raises:
        ModelUnavailable: The settings cannot be read.
    """
    try:
        store.adopt(SECTION, store.folder / _FORMER_FILE)
        stored = store.read(SECTION)
        known = {name: value for name, value in stored.items() if name in RemoteServer.model_fields}
        return make_server(**known) if stored else None
    except UserFacingError as error:
        raise ModelUnavailable(f"The server's settings cannot be used ({error.message})", _SET_UP) from error


def write_server(store: SettingsStore, server: RemoteServer) -> Path:
    """Keep the settings, readable by the user alone, and return their file.

    Raises:
        StorageUnavailable: The file cannot be written.
    """
    store.write(SECTION, server.model_dump(mode="json"))
    (store.folder / _FORMER_FILE).unlink(missing_ok=True)
    return store.path


def forget_server(store: SettingsStore) -> bool:
    """Remove the settings; return whether there were any."""
    former = store.folder / _FORMER_FILE
    was_former = former.exists()
    former.unlink(missing_ok=True)
    return store.forget(SECTION) or was_former
