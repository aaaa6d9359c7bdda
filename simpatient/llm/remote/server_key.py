"""The key of a language model server: in an environment variable, or in a file only the user can read.

Must not know where the settings are, or what is asked of the server.
"""

import os
import re
import stat
from pathlib import Path

from simpatient.domain.errors import ModelUnavailable, UserFacingError
from simpatient.domain.models.servers import RemoteServer
from simpatient.runtime.files import read_plain_file, write_atomically

# A key is one line; a file beyond this was named by mistake.
_MOST_BYTES = 100_000
_KEY = re.compile(r"[\x21-\x7e]{1,4096}\Z")


def key_of(server: RemoteServer) -> str:
    """Return the key of a server; '' when none is named.

    Raises:
        ModelUnavailable: The variable is empty, or the file cannot be read or is open to others.
    """
    if not server.key_variable and not server.key_file:
        return ""
    found = (os.environ.get(server.key_variable, "") if server.key_variable else _read_key(server.key_file)).strip()
    if not _KEY.match(found):
        where = f"variable {server.key_variable}" if server.key_variable else f"file {server.key_file}"
        raise ModelUnavailable(f"There is no key for the language model server in the {where}.", "Store the key there.")
    return found


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


def _read_key(name: str) -> str:
    path = Path(name).expanduser()
    try:
        if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise ModelUnavailable(f"Others may read the key in {path}.", f"Run 'chmod 600 {path}'.")
        return read_plain_file(path, _MOST_BYTES).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelUnavailable(f"The key cannot be read from {path}.", "Check the path.") from error
