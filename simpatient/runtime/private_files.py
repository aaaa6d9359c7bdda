"""Files and folders that only the user's own account can read: 0700 and 0600. The one place that sets them.

Windows keeps a user's profile private by itself and knows no such modes; there these functions only make things.
"""

import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

FOLDER_MODE = 0o700
FILE_MODE = 0o600
_OTHERS = 0o077


def private_by_default() -> None:
    """Give every file this process and its children make from now on to the user's account alone."""
    os.umask(_OTHERS)


def private_folder(path: Path) -> Path:
    """Return the folder, made when it is not there, and private either way.

    Folders above it that have to be made are private too. A folder that belongs to more than this program
    (a home directory, ``/tmp``) keeps its mode.

    Raises:
        OSError: It cannot be made, or is a file.
    """
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
    if not path.is_dir():
        raise NotADirectoryError(20, "Not a directory", str(path))
    if not _is_shared(path):
        _tighten(path, FOLDER_MODE)
    return path


def private_file(path: Path) -> Path:
    """Return the file, made empty when it is not there, and private either way.

    Raises:
        OSError: It cannot be made.
    """
    if not path.exists():
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, FILE_MODE))
    _tighten(path, FILE_MODE)
    return path


def tighten(paths: Iterable[Path]) -> None:
    """Make files and folders private that an earlier version left readable; with all that is in the folders.

    Links are left alone, and so is what belongs to another user.
    """
    for path in paths:
        _tighten(path, FOLDER_MODE if path.is_dir() else FILE_MODE)
        if path.is_dir() and not path.is_symlink():
            tighten(path.iterdir())


def _tighten(path: Path, mode: int) -> None:
    # On a disk that can only be read, or of another account's file, the mode stays: that is no reason to stop.
    with suppress(OSError):
        found = path.lstat().st_mode
        if not stat.S_ISLNK(found) and found & _OTHERS:
            path.chmod(stat.S_IMODE(found) & mode if stat.S_ISREG(found) else mode)


def _is_shared(folder: Path) -> bool:
    return bool(folder.stat().st_mode & stat.S_ISVTX) or folder == Path.home() or folder.parent == folder
