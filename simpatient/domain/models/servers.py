"""A language model server as the user has chosen it. There is none by default."""

from simpatient.domain.base import Value


class ServerChoice(Value):
    """Which server may be used.

    Attributes:
        url: Where its interface begins, such as ``https://models.example.org/v1``.
        model: The model's name on the server.
        key_variable: Environment variable that holds the key; '' for none. The key itself is never part of this.
        key_file: File that holds the key, readable by its owner alone; '' for none.
        allows_plain_http: Whether words may go unencrypted to another computer.
        read_s: How long to wait for the server to send something, in seconds.
    """

    url: str
    model: str
    key_variable: str = ""
    key_file: str = ""
    allows_plain_http: bool = False
    read_s: float = 60.0
