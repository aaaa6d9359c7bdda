"""A language model server as the user has chosen it. Opens no connection and reads no key."""

import hashlib
import ipaddress
import re
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, ValidationError, field_validator, model_validator

from simpatient.domain.base import Value
from simpatient.domain.errors import UserFacingError

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
# What users call the settings whose values pydantic itself finds fault with.
_FIELDS = {
    "url": "The address",
    "model": "The name of the model",
    "connect_s": "The wait for a connection",
    "read_s": "The longest silence",
}


class RemoteServer(Value):
    """A server that speaks OpenAI's chat-completions protocol, as the user has chosen it. There is none by default.

    Attributes:
        url: Where its interface begins, such as ``https://models.example.org/v1``.
        model: The model's name on the server.
        key_variable: Environment variable that holds the key; '' for none. The key itself is never part of this.
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

    def salt_of(self, trainee: str) -> str:
        """Return what keeps a trainee's words apart from others' in a server's memory; '' without a secret."""
        made_of = f"{self.secret}\0{trainee}".encode("utf-8", "replace")
        return hashlib.sha256(made_of).hexdigest()[:32] if self.secret else ""


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
