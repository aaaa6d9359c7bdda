"""One file from the network: resumed where it stopped, checked against its checksum, cancelled in any silence.

Nothing is fetched but by a call. Must not know what is fetched.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from simpatient.domain.cancellation import Cancellation, stop_if_cancelled
from simpatient.runtime.bounded_queue import streamed_from_thread
from simpatient.runtime.files import move

# A server that does not send anything for so long is taken for gone, in seconds.
PATIENCE_S = 30.0
_PIECE_BYTES = 1 << 18
_HASHED_AT_ONCE = _PIECE_BYTES * 16

# Bytes that are here by now, and bytes of the whole file (0 if the server does not say).
OnBytes = Callable[[int, int], None]
Piece = tuple[bytes | None, int]


class DownloadFailed(Exception):
    """The file did not come; what came so far is kept."""


class Unreachable(DownloadFailed):
    """There is no connection, or it was lost."""


class Refused(DownloadFailed):
    """The server answered, but did not give the file.

    Args:
        status: The HTTP status.
        code: The server's own word for the reason (``X-Error-Code``), where it gives one.
    """

    def __init__(self, status: int, code: str = "") -> None:
        super().__init__(f"status {status} {code}".strip())
        self.status = status
        self.code = code


class ChecksumMismatch(DownloadFailed):
    """All of it came, and is not what it should be; it was thrown away."""


@dataclass(frozen=True)
class Source:
    """Where a file comes from, and how to verify it.

    Attributes:
        url: Its address. Redirects are followed; headers that prove who asks stay with the first host.
        sha256: Its checksum; '' where none is known.
        headers: Sent with the request.
        tries: One more than how often a connection that delivered something and was then lost is resumed.
    """

    url: str
    sha256: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    tries: int = 1


def download(
    source: Source, target: Path, part: Path, on_bytes: OnBytes | None = None, cancel: Cancellation | None = None
) -> None:
    """Fetch a file.

    Args:
        source: Where it comes from.
        target: Appears only when all of the file is there and its checksum is right.
        part: What has come so far; an earlier call's is continued. Name it after the checksum, so that a file which
            was changed at its source is never continued with another.
        on_bytes: Gets the progress.
        cancel: Ends the download; what has been downloaded so far is kept.

    Raises:
        Unreachable: There is no connection.
        Refused: The server does not give the file.
        ChecksumMismatch: Another file came.
        Cancelled: ``cancel`` was set.
        OSError: The file cannot be written.
    """
    stop_if_cancelled(cancel)
    with part.open("ab") as opened:
        _fill(opened, source, on_bytes, cancel)
    if source.sha256 and sha256_of(part, cancel) != source.sha256:
        part.unlink()  # else the next call would continue it
        raise ChecksumMismatch(source.url)
    move(part, target)


def fetch_bytes(source: Source, most: int, cancel: Cancellation | None = None) -> bytes:
    """Return a small answer.

    Raises:
        DownloadFailed: It does not come, or is larger than ``most`` bytes.
        Cancelled: ``cancel`` was set.
    """
    come = bytearray()
    for piece, _ in _pieces(source, 0, cancel):
        come += piece or b""
        if len(come) > most:
            raise DownloadFailed(f"more than {most} bytes")
    return bytes(come)


def sha256_of(path: Path, cancel: Cancellation | None = None) -> str:
    """Return the checksum of a file.

    Raises:
        Cancelled: ``cancel`` was set.
        OSError: It cannot be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as opened:
        while block := opened.read(_HASHED_AT_ONCE):
            stop_if_cancelled(cancel)
            digest.update(block)
    return digest.hexdigest()


def _fill(opened: BinaryIO, source: Source, on_bytes: OnBytes | None, cancel: Cancellation | None) -> None:
    """Append what is missing; a connection that brought something is worth another try."""
    for left in reversed(range(source.tries)):
        have = opened.tell()
        try:
            for piece, total in _pieces(source, have, cancel):
                if piece is None:  # the server sends the whole file, whatever was asked for
                    opened.truncate(0)
                    have = 0
                    continue
                opened.write(piece)
                if on_bytes is not None:
                    on_bytes(opened.tell(), total)
            return
        except Unreachable:
            if not left or opened.tell() <= have:
                raise


def _pieces(source: Source, have: int, cancel: Cancellation | None) -> Iterator[Piece]:
    """Yield what comes and the size of the whole; None for a piece where it starts from the front."""
    with streamed_from_thread(lambda: _in_words(_answered(source, have)), "simpatient-download", cancel) as pieces:
        yield from pieces


def _in_words(pieces: Iterator[Piece]) -> Iterator[Piece]:
    try:
        yield from pieces
    except DownloadFailed:
        raise
    except Exception as error:  # whatever the library raises, the connection did not hold
        raise Unreachable(f"{type(error).__name__}: {error}") from error


def _answered(source: Source, have: int) -> Iterator[Piece]:
    import httpx2  # takes a tenth of a second, and most starts fetch nothing

    # As the file is stored: a server that compresses on the way could not continue at a byte of it.
    headers = {"Accept-Encoding": "identity", **source.headers, **({"Range": f"bytes={have}-"} if have else {})}
    client = httpx2.Client(timeout=httpx2.Timeout(PATIENCE_S), follow_redirects=True)
    with client, client.stream("GET", source.url, headers=headers) as answer:
        if have and answer.status_code == httpx2.codes.RANGE_NOT_SATISFIABLE:
            return  # all of it is here already
        if answer.status_code not in (httpx2.codes.OK, httpx2.codes.PARTIAL_CONTENT):
            raise Refused(answer.status_code, answer.headers.get("x-error-code", ""))
        length = int(answer.headers.get("content-length") or 0)
        is_rest = answer.status_code == httpx2.codes.PARTIAL_CONTENT
        if have and not is_rest:
            yield None, length
        for block in answer.iter_raw(_PIECE_BYTES):
            yield block, length + (have if is_rest else 0)
