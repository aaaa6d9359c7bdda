"""Recognisers' weights without recognisers: a catalogue, a store in memory, and a server with bad manners."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from simpatient.domain.cancellation import Cancellation, stop_if_cancelled
from simpatient.domain.errors import ModelUnavailable
from simpatient.domain.models.recognisers import RecogniserCatalogue, RecogniserWeights
from simpatient.services.models.recogniser_ports import OnBytes

CONTENT = bytes(range(256)) * 12_000  # 3 MB


def weights(one_id: str = "little.en", content: bytes = CONTENT, **changes: object) -> RecogniserWeights:
    about = {
        "id": one_id, "title": one_id.title(), "file": f"{one_id}.pt", "url": f"http://127.0.0.1:9/{one_id}.pt",
        "sha256": hashlib.sha256(content).hexdigest(), "disk_gb": 0.1, "gpu_gb": 1.0, "ram_gb": 1.0, "cores": 1,
        "rank": 10, "languages": ["en"], "good_for": "Tests.", **changes,
    }  # fmt: skip
    return RecogniserWeights.model_validate(about)


def catalogue(*known: RecogniserWeights) -> RecogniserCatalogue:
    return RecogniserCatalogue(source="tests", licence="none", recognisers=known)


class FakeWeights:
    """The ``WeightsStore`` port in memory; files are real, because what is found is a path."""

    def __init__(self, own: Path, contents: dict[str, bytes] | None = None, step: int = 1 << 20) -> None:
        self._own = own
        self._contents = contents if contents is not None else {}
        self._step = step
        self._parts: dict[str, bytes] = {}
        self.breaks_at: int | None = None
        self.room = 10**12

    def find(self, weights: RecogniserWeights) -> Path | None:
        path = self._own / weights.file
        return path if path.is_file() else None

    def is_complete(self, weights: RecogniserWeights, path: Path) -> bool:
        return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == weights.sha256

    def is_own(self, path: Path) -> bool:
        return path.parent == self._own

    def partial_bytes(self, weights: RecogniserWeights) -> int:
        return len(self._parts.get(weights.id, b""))

    def fetch(
        self, weights: RecogniserWeights, on_bytes: OnBytes | None = None, cancel: Cancellation | None = None
    ) -> Path:
        content = self._contents.get(weights.file)
        if content is None:
            raise ModelUnavailable("The source of the weights refused (status 404).", "Wait.")
        for at in range(self.partial_bytes(weights), len(content), self._step):
            stop_if_cancelled(cancel)
            if self.breaks_at is not None and at >= self.breaks_at:
                self.breaks_at = None
                raise ModelUnavailable("The source of the weights cannot be reached.", "Check the connection.")
            self._parts[weights.id] = content[: at + self._step]
            if on_bytes is not None:
                on_bytes(self.partial_bytes(weights), len(content))
        whole = self._parts.pop(weights.id)
        if hashlib.sha256(whole).hexdigest() != weights.sha256:
            raise ModelUnavailable("It was damaged during the download and has been deleted.", "Download it again.")
        self._own.mkdir(parents=True, exist_ok=True)
        path = self._own / weights.file
        path.write_bytes(whole)
        return path

    def remove(self, weights: RecogniserWeights) -> int:
        there = self.find(weights)
        freed = len(self._parts.pop(weights.id, b"")) + (there.stat().st_size if there else 0)
        if there:
            there.unlink()
        return freed

    def disk_use(self) -> int:
        files = self._own.glob("*") if self._own.is_dir() else ()
        return sum(path.stat().st_size for path in files) + sum(map(len, self._parts.values()))

    def free_bytes(self) -> int:
        return self.room


class FileServer:
    """Serves files by name on the loopback address.

    Attributes:
        breaks_at: Once, an answer ends after so many bytes.
        holds_at: An answer waits there until ``release`` is set.
        takes_ranges: Whether an answer begins where it was asked to.
        status: Answered instead of a file, when set.
        starts: Where each answer began.
    """

    def __init__(self, contents: dict[str, bytes]) -> None:
        self.contents = contents
        self.breaks_at: int | None = None
        self.holds_at: int | None = None
        self.takes_ranges = True
        self.status: int | None = None
        self.release = threading.Event()
        self.starts: list[int] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"files": self}))
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.release.set()
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    files: FileServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        content = self.files.contents.get(self.path.strip("/"))
        if content is None or self.files.status is not None:
            return self._head(self.files.status or 404, 0)
        wanted = self.headers.get("Range", "")
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.files.takes_ranges else 0
        self.files.starts.append(start)
        if start >= len(content):
            return self._head(416, 0)
        self._head(206 if start else 200, len(content) - start)
        return self._send(content, start)

    def _head(self, status: int, length: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def _send(self, content: bytes, start: int) -> None:
        for at in range(start, len(content), 1 << 18):
            if self.files.breaks_at is not None and at >= self.files.breaks_at:
                self.files.breaks_at = None
                self.close_connection = True
                return
            if self.files.holds_at is not None and at >= self.files.holds_at:
                self.wfile.flush()
                self.files.release.wait(60)
            try:
                self.wfile.write(content[at : at + (1 << 18)])
            except OSError:
                return
