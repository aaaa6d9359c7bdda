"""Files that are either complete or not there, and failures in plain words. Knows nothing of reports."""

import errno
import os
import secrets
from pathlib import Path

from simpatient.domain.errors import UserFacingError

_REASONS: dict[int, tuple[str, str]] = {
    errno.ENOENT: ("the folder {folder} does not exist", "Choose a folder that exists, or make it first."),
    errno.ENOTDIR: ("{folder} is not a folder", "Choose another place for the file."),
    errno.EACCES: ("you may not write there", "Choose a folder of your own, such as Documents."),
    errno.EPERM: ("you may not write there", "Choose a folder of your own, such as Documents."),
    errno.EROFS: ("that disk can only be read", "Choose a place on another disk."),
    errno.ENOSPC: ("the disk is full", "Make some room, then try again."),
    errno.EDQUOT: ("your share of the disk is full", "Make some room, then try again."),
    errno.EISDIR: ("there is a folder with that name", "Choose another name for the file."),
    errno.ENAMETOOLONG: ("the name is too long", "Choose a shorter name for the file."),
}


def write_whole(path: Path, content: bytes) -> None:
    """Write a file aside, then rename it, so that no half-written report is ever left under its name.

    Raises:
        UserFacingError: The file cannot be written; says why and what to do.
    """
    try:
        _write(path, content)
    except OSError as error:
        reason, action = _REASONS.get(error.errno or 0, (error.strerror or "the disk refused", "Try another place."))
        raise UserFacingError(
            f"{path.name} could not be saved: {reason.format(folder=path.parent)}.", action
        ) from error


def _write(path: Path, content: bytes) -> None:
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a folder")
    aside = path.parent / f".simpatient-{secrets.token_hex(8)}.part"
    try:
        with aside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except OSError:
        aside.unlink(missing_ok=True)
        raise
