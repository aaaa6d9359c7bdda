"""Folders for engines that speak only through files. A killed program leaves its sentence there; the next clears it."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = "simpatient-voice-"


@contextmanager
def sentence_folder() -> Iterator[Path]:
    """Give a folder of the user's own for one sentence; it is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def clear_leftovers() -> None:
    """Remove the user's own sentence folders whose program is no longer running."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if _is_left_behind(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _is_left_behind(folder: Path) -> bool:
    import psutil

    if folder.is_symlink() or (hasattr(os, "getuid") and folder.stat().st_uid != os.getuid()):
        return False
    number = folder.name.removeprefix(_PREFIX).partition("-")[0]
    # Earlier versions gave no number.
    return not (number.isdecimal() and psutil.pid_exists(int(number)))
