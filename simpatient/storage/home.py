"""The program's folder of one user: made where there is none, made private where it is not."""

from pathlib import Path

from simpatient.runtime.private_files import private_folder, tighten
from simpatient.storage.sqlite.failures import translating

# What the program itself puts there. Other files in the folder are the user's own, and are left as they are.
_OWN_FOLDERS = ("audio", "backups", "cache", "keys")
_OWN_FILES = ("*.sqlite*", "server.json*")


def prepare_home(home: Path) -> Path:
    """Return the folder, made when it is not there, with what the program keeps in it readable by its owner alone.

    Raises:
        StorageUnavailable: It cannot be made, or a file is in its place.
    """
    with translating(home):
        was_open = home.exists() and bool(home.stat().st_mode & 0o077)
        private_folder(home)
        if was_open:
            tighten(home / name for name in _OWN_FOLDERS if (home / name).exists())
            for pattern in _OWN_FILES:
                tighten(home.glob(pattern))
    return home
