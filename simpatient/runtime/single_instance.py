"""One holder at a time of something on this computer: a locked file that the system releases with its process.

The lock is the system's own, so nothing is left behind by a process that was killed; the number in the file is
only for the message.
"""

import os
import sys
from contextlib import suppress
from pathlib import Path

from simpatient.domain.errors import UserFacingError
from simpatient.runtime.private_files import FILE_MODE


class HeldElsewhere(UserFacingError):
    """Another process holds it."""


class InstanceLock:
    """Holds a file until it is released, or until the process ends.

    Args:
        path: The file; made when it is not there, and left in place when released.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def hold(self, message: str, action: str) -> None:
        """Take the lock; where it cannot even be made, as in a folder that can only be read, there is none.

        Args:
            message: What to say when another process has it.
            action: What to do then.

        Raises:
            HeldElsewhere: Another process has it.
        """
        if self._handle is not None:
            return
        try:
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT, FILE_MODE)
        except OSError:
            return
        try:
            _lock(handle)
        except OSError as error:
            os.close(handle)
            raise HeldElsewhere(message, action) from error
        with suppress(OSError):
            os.ftruncate(handle, 0)
            os.write(handle, f"{os.getpid()}\n".encode("ascii"))
        self._handle = handle

    def release(self) -> None:
        """Release it; doing so twice is fine."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        # A byte far behind the number, which others may still read.
        os.lseek(handle, 1 << 20, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        os.lseek(handle, 0, os.SEEK_SET)
else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
