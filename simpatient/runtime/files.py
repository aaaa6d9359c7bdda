"""Files written completely or not at all, and bounded reads of plain files. Must not know what is in them."""

import contextlib
import errno
import os
import secrets
import stat
from io import FileIO
from pathlib import Path

from simpatient.domain.errors import UserFacingError

PART_SUFFIX = ".part"
_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_OWN_FOLDER = "Choose a folder of your own, such as Documents."
_REASONS: dict[int, tuple[str, str]] = {
    errno.ENOENT: ("the folder {folder} does not exist", "Choose an existing folder, or create it first."),
    errno.ENOTDIR: ("{folder} is not a folder", "Choose another place for the file."),
    errno.EACCES: ("you do not have permission to write there", _OWN_FOLDER),
    errno.EPERM: ("you do not have permission to write there", _OWN_FOLDER),
    errno.EROFS: ("that disk is read-only", "Choose a place on another disk."),
    errno.ENOSPC: ("the disk is full", "Free some space, then try again."),
    errno.EDQUOT: ("your disk quota is used up", "Free some space, then try again."),
    errno.EISDIR: ("there is a folder with that name", "Choose another name for the file."),
    errno.ENAMETOOLONG: ("the name is too long", "Choose a shorter name for the file."),
}


class NotAPlainFile(OSError):
    """The path names a folder, a pipe or a device, from which reading might never end."""


class FileTooLarge(OSError):
    """The file holds more than the caller is prepared to read."""


def write_atomically(path: Path, content: bytes, *, private: bool = True) -> None:
    """Write a file so that, whatever happens, its name leads to the old content or to all of the new.

    On return the content is on the disk, not merely in the system's memory.

    Args:
        path: The file; its folder must exist.
        content: All of it.
        private: Readable and writable by the owner alone; otherwise as the user's umask says.

    Raises:
        OSError: The file cannot be written; what was there before is untouched.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    if path.exists() and not path.is_file():
        raise NotAPlainFile(errno.EINVAL, "it is not a plain file")
    temporary = path.parent / f".simpatient-{secrets.token_hex(8)}{PART_SUFFIX}"
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
        # The mode is given at creation: with a later chmod there would be a moment in which others could open it.
        with open(os.open(temporary, flags, 0o600 if private else 0o666), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        move(temporary, path)
    except BaseException:  # an interrupt leaves nothing behind either
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def move(path: Path, target: Path) -> None:
    """Give a file another name on the same disk, in one step and durably; what had that name is gone.

    Raises:
        OSError: It cannot be renamed; both names lead where they led before.
    """
    path.replace(target)
    _sync_folder(target.parent)


def save_whole(path: Path, content: bytes) -> None:
    """Write a file the user has named; like ``write_atomically``, with failures in words.

    Raises:
        UserFacingError: The file cannot be written; says why and what to do.
    """
    try:
        write_atomically(path, content)
    except OSError as error:
        other = (error.strerror or "the disk reported an error", "Choose another place.")
        reason, action = _REASONS.get(error.errno or 0, other)
        raise UserFacingError(
            f"{path.name} could not be saved: {reason.format(folder=path.parent)}.", action
        ) from error


def open_plain_file(path: Path) -> FileIO:
    """Open a file for reading without ever waiting for a pipe or touching a device.

    Raises:
        NotAPlainFile: It is something else.
        OSError: It cannot be opened.
    """
    # Without O_NONBLOCK, opening a named pipe waits until something is written to it.
    descriptor = os.open(path, _OPEN_FLAGS)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotAPlainFile(errno.EINVAL, "it is not a plain file")
    return FileIO(descriptor, "r")


def read_plain_file(path: Path, most: int) -> bytes:
    """Return the content of a file of at most ``most`` bytes.

    The limit is checked on what is read, since a file can grow after its size was looked up.

    Raises:
        NotAPlainFile: It is a folder, a pipe or a device.
        FileTooLarge: There is more in it.
        OSError: It cannot be read.
    """
    with open_plain_file(path) as file:
        content = bytearray()
        while len(content) <= most and (block := file.read(min(1 << 20, most + 1 - len(content)))):
            content += block
    if len(content) > most:
        raise FileTooLarge(errno.EFBIG, f"it is larger than {_size_in_words(most)}")
    return bytes(content)


def _size_in_words(count: int) -> str:
    return f"{count / 1_000_000:.3g} MB" if count >= 1_000_000 else f"{count / 1_000:.3g} kB"


def _sync_folder(folder: Path) -> None:
    """Make a rename durable; systems that cannot open folders (Windows) do that by themselves."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    with contextlib.suppress(OSError):  # some network disks refuse; the content itself is safe by now
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
