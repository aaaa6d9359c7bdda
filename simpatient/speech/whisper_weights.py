"""Weights of recognisers on disk: found, fetched with checksum and resumption, deleted.

The only part of speech that uses the network, and only while ``fetch`` runs. Must not know how weights are run.
"""

import contextlib
import errno
import hashlib
import os
import queue
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx2

from simpatient.domain.errors import Cancelled, ModelUnavailable, StorageUnavailable
from simpatient.domain.ports import Cancellation
from simpatient.domain.recognisers import RecogniserWeights
from simpatient.services.recogniser_ports import OnBytes

_PART = ".part"
_LOOK_EVERY_S = 0.1
# A server that does not send anything for so long is taken for gone, in seconds.
_PATIENCE_S = 30.0
_PIECE_BYTES = 1 << 18
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
        """Return the file, in the program's own folder or another known one; None if it is not here."""
        paths = (folder / weights.file for folder in (self._own, *self._others))
        return next((path for path in paths if path.is_file()), None)

    def is_whole(self, weights: RecogniserWeights, path: Path) -> bool:
        """Whether a file has the checksum it should have."""
        try:
            return _sha256(path, None) == weights.sha256
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
        """Fetch the file and check it; what an earlier try left is gone on with."""
        _stop_if_cancelled(cancel)
        part, target = self._part(weights), self._own / weights.file
        url = f"{self._source.rstrip('/')}/{weights.file}" if self._source else weights.url
        try:
            self._own.mkdir(parents=True, exist_ok=True)
            with part.open("ab") as opened:
                for piece, total in _pieces(url, opened.tell(), cancel):
                    if piece is None:  # the server sends the whole file, whatever was asked for
                        opened.truncate(0)
                        continue
                    opened.write(piece)
                    if on_bytes is not None:
                        on_bytes(opened.tell(), total)
            self._check(part, weights, cancel)
            part.replace(target)
        except OSError as error:
            raise _disk_error(error, part) from error
        return target

    def _part(self, weights: RecogniserWeights) -> Path:
        # The checksum is in the name: a file that was changed at its source is never gone on with.
        return self._own / f"{weights.file}.{weights.sha256[:16]}{_PART}"

    def _check(self, part: Path, weights: RecogniserWeights, cancel: Cancellation | None) -> None:
        if _sha256(part, cancel) != weights.sha256:
            part.unlink()  # else the next try would go on with it
            raise ModelUnavailable(
                f"{weights.file} did not arrive as it should be, and was thrown away.",
                "Download it again; if that happens twice, something between you and its source changes files.",
            )


Piece = tuple[bytes | None, int]


def _pieces(url: str, have: int, cancel: Cancellation | None) -> Iterator[Piece]:
    """Yield what comes and the size of the whole (0 if not told); None for a piece where it starts from the front.

    The connection is read in a thread of its own, so that who waits can be cancelled in a silence.
    """
    come: queue.Queue[Piece | Exception | None] = queue.Queue(maxsize=16)
    left = threading.Event()
    threading.Thread(target=_read, args=(url, have, come, left), name="simpatient-weights", daemon=True).start()
    try:
        while True:
            _stop_if_cancelled(cancel)
            try:
                found = come.get(timeout=_LOOK_EVERY_S)
            except queue.Empty:
                continue
            if isinstance(found, Exception):
                raise found
            if found is None:
                return
            yield found
    finally:
        left.set()


def _read(url: str, have: int, come: "queue.Queue[Piece | Exception | None]", left: threading.Event) -> None:
    """Read one answer until its end, or until nobody wants it any more."""

    def put(what: Piece | Exception | None) -> None:
        while not left.is_set():
            with contextlib.suppress(queue.Full):
                come.put(what, timeout=_LOOK_EVERY_S)
                return

    try:
        for piece in _answered(url, have):
            put(piece)
            if left.is_set():
                return
        put(None)
    except Exception as error:  # the waiting thread must hear of it, whatever the library raised
        put(_in_words(error))


def _answered(url: str, have: int) -> Iterator[Piece]:
    asked = {"Range": f"bytes={have}-"} if have else {}
    client = httpx2.Client(timeout=httpx2.Timeout(_PATIENCE_S), follow_redirects=True)
    with client, client.stream("GET", url, headers=asked) as answer:
        if have and answer.status_code == httpx2.codes.RANGE_NOT_SATISFIABLE:
            return  # all of it is here already
        if answer.status_code not in (httpx2.codes.OK, httpx2.codes.PARTIAL_CONTENT):
            raise ModelUnavailable(
                f"The source of the weights refused (status {answer.status_code}).", f"Wait a little. {_AGAIN}"
            )
        length = int(answer.headers.get("content-length") or 0)
        goes_on = answer.status_code == httpx2.codes.PARTIAL_CONTENT
        if have and not goes_on:
            yield None, length
        for block in answer.iter_raw(_PIECE_BYTES):
            yield block, length + (have if goes_on else 0)


def _in_words(error: Exception) -> Exception:
    if isinstance(error, ModelUnavailable):
        return error
    return ModelUnavailable(
        "The source of the weights cannot be reached.", f"Check the connection to the internet. {_AGAIN}"
    )


def _disk_error(error: OSError, path: Path) -> ModelUnavailable:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ModelUnavailable("The disk is full.", f"Free some space. {_AGAIN}")
    return ModelUnavailable(f"{path} cannot be written ({error.strerror}).", "Check who may write there.")


def _sha256(path: Path, cancel: Cancellation | None) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as opened:
        while block := opened.read(_PIECE_BYTES * 16):
            _stop_if_cancelled(cancel)
            digest.update(block)
    return digest.hexdigest()


def _size(path: Path) -> int:
    with contextlib.suppress(OSError):
        return path.stat().st_size if path.is_file() else 0
    return 0


def _stop_if_cancelled(cancel: Cancellation | None) -> None:
    if cancel is not None and cancel.is_cancelled:
        raise Cancelled
