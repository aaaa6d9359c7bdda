"""Which server's language model may be used, as the user has set it up. There is none by default.

The key is never part of these settings: they name an environment variable or a file in which it stands.
Knows files, opens no connection. Must not know what is asked.
"""

import hashlib
import ipaddress
import os
import re
import stat
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, ValidationError, field_validator, model_validator

from simpatient.domain.base import Value
from simpatient.domain.errors import ModelUnavailable, UserFacingError
from simpatient.runtime.files import read_plain_file, write_atomically
from simpatient.runtime.settings_store import SettingsStore

SECTION = "server"
KEY_FILE = "server.key"
_FORMER_FILE = "server.json"  # of 0.3.0
# A key is one line; a file beyond this was named by mistake.
_MOST_BYTES = 100_000
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_KEY = re.compile(r"[\x21-\x7e]{1,4096}\Z")
# What users call the settings whose values pydantic itself finds fault with.
_FIELDS = {
    "url": "The address",
    "model": "The name of the model",
    "connect_s": "The wait for a connection",
    "read_s": "The longest silence",
}
_SET_UP = "Set it up with 'simpatient server set'."


class RemoteServer(Value):
    """A server that speaks OpenAI's chat-completions protocol.

    Attributes:
        url: Where its interface begins, such as ``https://models.example.org/v1``.
        model: The model's name on the server.
        key_variable: Environment variable that holds the key; '' for none.
        key_file: File that holds the key, readable by its owner alone; '' for none.
        allows_plain_http: Whether words may go unencrypted to another computer.
        secret: Made up at random at set-up; keeps what a server remembers of one installation's trainees apart.
        connect_s: Longest wait for a connection, in seconds.
        read_s: Longest silence of the server, in seconds; a busy one may think long before its first word.
    """

    url: Annotated[str, StringConstraints(max_length=500)]
    model: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    key_variable: str = ""
    key_file: str = ""
    allows_plain_http: bool = False
    secret: str = Field(default="", repr=False)
    connect_s: float = Field(default=5.0, gt=0.0, le=600.0)
    read_s: float = Field(default=60.0, gt=0.0, le=3600.0)

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError as error:
            raise ValueError("This is not an address.") from error
        if parts.scheme not in {"http", "https"} or not host or re.search(r"[\s\\\x00-\x1f]", url):
            raise ValueError("The address must look like https://models.example.org/v1.")
        if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
            raise ValueError(
                "The address must not contain a user name, a key or a question mark; name the key's variable instead."
            )
        return url.rstrip("/")

    @field_validator("key_variable")
    @classmethod
    def _is_a_variable(cls, name: str) -> str:
        if name and not _VARIABLE.match(name):
            raise ValueError("The key's variable must be the name of an environment variable, not the key.")
        return name

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        if self.key_variable and self.key_file:
            raise ValueError("The key comes from a variable or from a file, not from both.")
        if urlsplit(self.url).scheme == "http" and not self.is_loopback and not self.allows_plain_http:
            raise ValueError("Over http, others could read what is sent; use https, or allow plain http explicitly.")
        return self

    @property
    def host(self) -> str:
        """Name and port of the server, as messages and manifests show them."""
        return urlsplit(self.url).netloc

    @property
    def is_loopback(self) -> bool:
        """Whether the address is this computer's own."""
        name = urlsplit(self.url).hostname or ""
        try:
            return ipaddress.ip_address(name).is_loopback
        except ValueError:
            return name == "localhost"

    def key(self) -> str:
        """Return the key; '' when none is named.

        Raises:
            ModelUnavailable: The variable is empty, or the file cannot be read or is open to others.
        """
        if not self.key_variable and not self.key_file:
            return ""
        found = (os.environ.get(self.key_variable, "") if self.key_variable else _read_key(self.key_file)).strip()
        if not _KEY.match(found):
            where = f"variable {self.key_variable}" if self.key_variable else f"file {self.key_file}"
            raise ModelUnavailable(
                f"There is no key for the language model server in the {where}.", "Store the key there."
            )
        return found

    def salt_of(self, trainee: str) -> str:
        """Return what keeps a trainee's words apart from others' in a server's memory; '' without a secret."""
        made_of = f"{self.secret}\0{trainee}".encode("utf-8", "replace")
        return hashlib.sha256(made_of).hexdigest()[:32] if self.secret else ""


def _read_key(name: str) -> str:
    path = Path(name).expanduser()
    try:
        if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise ModelUnavailable(f"Others may read the key in {path}.", f"Run 'chmod 600 {path}'.")
        return read_plain_file(path, _MOST_BYTES).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelUnavailable(f"The key cannot be read from {path}.", "Check the path.") from error


def make_server(**values: object) -> RemoteServer:
    """Return validated settings.

    Raises:
        UserFacingError: A value cannot be used; says which.
    """
    try:
        return RemoteServer.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        words = str(first["msg"])
        if not words.startswith("Value error, "):
            field = str(first["loc"][0]) if first["loc"] else ""
            words = f"{_FIELDS.get(field, 'This value')} cannot be used"
        raise UserFacingError(f"{words.removeprefix('Value error, ').rstrip('.')}.", "Nothing was changed.") from None


def keep_key(path: Path, key: str) -> None:
    """Keep a key in a file that only the user can read.

    Raises:
        UserFacingError: It is no key, or the file cannot be written.
    """
    if not _KEY.match(key.strip()):
        raise UserFacingError("A key is one line of letters, digits and signs.", "Copy it again, without spaces.")
    try:
        write_atomically(path, f"{key.strip()}\n".encode())
    except OSError as error:
        raise UserFacingError(f"{path} cannot be written ({error.strerror}).", "Free some space.") from error


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
