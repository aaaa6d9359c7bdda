"""Weights of recognisers on disk: found, fetched with checksum and resumption, deleted.

The only part of speech that uses the network, and only while ``fetch`` runs. Must not know how weights are run.
"""

import contextlib
import errno
import os
import shutil
from pathlib import Path

from simpatient.domain.cancellation import Cancellation
from simpatient.domain.errors import ModelUnavailable, StorageUnavailable
from simpatient.domain.models.recognisers import RecogniserWeights
from simpatient.runtime.download import ChecksumMismatch, DownloadFailed, Refused, Source, download, sha256_of
from simpatient.services.models.recogniser_ports import OnBytes

_PART = ".part"
_AGAIN = "Start the download again: it continues where it stopped."


def library_folder() -> Path:
    """Return where openai-whisper keeps its weights (``whisper.load_model``, ``download_root``)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "whisper"


class WhisperWeights:
    """The ``WeightsStore`` port on folders.

    Args:
        own: The program's folder for weights; made when something is fetched.
        others: Folders where weights may lie as well; nothing there is ever changed.
        source: Where files are fetched from instead of the catalogue's addresses; for tests and mirrors.
    """

    def __init__(self, own: Path, others: tuple[Path, ...] = (), *, source: str = "") -> None:
        self._own = own
        self._others = others
        self._source = source

    def find(self, weights: RecogniserWeights) -> Path | None:
        """Return the file, in the program's own folder or another known one; None if it is missing."""
        paths = (folder / weights.file for folder in (self._own, *self._others))
        return next((path for path in paths if path.is_file()), None)

    def is_complete(self, weights: RecogniserWeights, path: Path) -> bool:
        """Whether a file has the checksum it should have."""
        try:
            return sha256_of(path) == weights.sha256
        except OSError:
            return False

    def is_own(self, path: Path) -> bool:
        """Whether a file lies in the program's own folder."""
        return path.parent == self._own

    def partial_bytes(self, weights: RecogniserWeights) -> int:
        """Return the bytes of a download that was not finished."""
        return _size(self._part(weights))

    def disk_use(self) -> int:
        """Return the bytes that the program's own folder takes."""
        return sum(_size(path) for path in self._own.glob("*")) if self._own.is_dir() else 0

    def free_bytes(self) -> int:
        """Return the room left on the disk that holds the program's own folder."""
        there = next(folder for folder in (self._own, *self._own.parents) if folder.is_dir())
        return shutil.disk_usage(there).free

    def remove(self, weights: RecogniserWeights) -> int:
        """Delete the file and what is left of a download, in the program's own folder only."""
        paths = (self._own / weights.file, self._part(weights))
        freed = sum(map(_size, paths))
        try:
            for path in paths:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise StorageUnavailable(
                f"{paths[0]} cannot be deleted ({error.strerror}).", "Close what uses it and try again."
            ) from error
        return freed

    def fetch(
        self, weights: RecogniserWeights, on_bytes: OnBytes | None = None, cancel: Cancellation | None = None
    ) -> Path:
        """Fetch the file and check it; what an earlier try left is continued."""
        part, target = self._part(weights), self._own / weights.file
        url = f"{self._source.rstrip('/')}/{weights.file}" if self._source else weights.url
        try:
            self._own.mkdir(parents=True, exist_ok=True)
            download(Source(url, sha256=weights.sha256), target, part, on_bytes, cancel)
        except ChecksumMismatch as error:
            raise ModelUnavailable(
                f"{weights.file} was damaged during the download and has been deleted.",
                "Download it again; if that happens twice, something between you and its source changes files.",
            ) from error
        except Refused as error:
            message = f"The source of the weights refused (status {error.status})."
            raise ModelUnavailable(message, f"Wait a little. {_AGAIN}") from error
        except DownloadFailed as error:
            message = "The source of the weights cannot be reached."
            raise ModelUnavailable(message, f"Check the connection to the internet. {_AGAIN}") from error
        except OSError as error:
            raise _disk_error(error, part) from error
        return target

    def _part(self, weights: RecogniserWeights) -> Path:
        # The checksum is in the name: a download whose source has changed is never continued.
        return self._own / f"{weights.file}.{weights.sha256[:16]}{_PART}"


def _disk_error(error: OSError, path: Path) -> ModelUnavailable:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ModelUnavailable("The disk is full.", f"Free some space. {_AGAIN}")
    return ModelUnavailable(f"{path} cannot be written ({error.strerror}).", "Check the permissions of its folder.")


def _size(path: Path) -> int:
    with contextlib.suppress(OSError):
        return path.stat().st_size if path.is_file() else 0
    return 0
