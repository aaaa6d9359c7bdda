"""A hub on this computer's loopback address: what ``huggingface_hub`` asks for, from folders, with bad manners."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

from tests.model_fakes import Repository


class HubServer:
    """Serves repositories.

    Attributes:
        breaks_at: Once, a file's answer ends after so many bytes.
        holds_at: A file's answer waits there until ``release`` is set.
        ranges: Where each answer about a file began, by name.
    """

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.breaks_at: int | None = None
        self.holds_at: int | None = None
        self.release = threading.Event()
        self.ranges: dict[str, list[int]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": self}))
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.release.set()
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    hub: HubServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self._file() if "/resolve/" in self.path else self._api()

    def do_GET(self) -> None:
        self.do_HEAD()

    def _api(self) -> None:
        parts = unquote(urlsplit(self.path).path).removeprefix("/api/models/").split("/")
        found = self._allowed("/".join(parts[:2]))
        if found is None:
            return
        if "revision" in parts and parts[-1] not in (found.commit, "main"):
            self._refuse(404, "RevisionNotFound")
            return
        blobs, tree = [], []
        for file in found.files():
            lfs = {"sha256": file.sha256, "oid": file.sha256, "size": file.size, "pointerSize": 130}
            large = {"lfs": lfs} if file.sha256 else {}
            blobs.append({"rfilename": file.name, "size": file.size, "blobId": file.git_sha1 or "f" * 40, **large})
            tree.append(
                {"type": "file", "path": file.name, "size": file.size, "oid": file.git_sha1 or "f" * 40, **large}
            )
        self._json(tree if "tree" in parts else {"id": "/".join(parts[:2]), "sha": found.commit, "siblings": blobs})

    def _file(self) -> None:
        before, _, after = unquote(urlsplit(self.path).path).strip("/").partition("/resolve/")
        found = self._allowed(before)
        if found is None:
            return
        commit, _, name = after.partition("/")
        path = found.folder / name
        if commit != found.commit or not path.is_file():
            self._refuse(404, "EntryNotFound")
            return
        listed = next(file for file in found.files() if file.name == name)
        if listed.sha256 and "stored" not in self.path:
            self.send_response(302)
            self.send_header("Location", f"{self.path}?stored")
            self.send_header("X-Repo-Commit", found.commit)
            self.send_header("X-Linked-Size", str(listed.size))
            self.send_header("X-Linked-Etag", f'"{listed.sha256}"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        content, start = path.read_bytes(), _start(self.headers.get("Range"))
        self.send_response(206 if start else 200)
        self.send_header("X-Repo-Commit", found.commit)
        self.send_header("ETag", f'"{listed.sha256 or listed.git_sha1}"')
        self.send_header("Content-Length", str(len(content) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        if self.command == "GET":
            self.hub.ranges.setdefault(name, []).append(start)
            self._send(content, start)

    def _send(self, content: bytes, start: int) -> None:
        hub, step = self.hub, 1 << 20
        for at in range(start, len(content), step):
            if hub.breaks_at is not None and at >= hub.breaks_at:
                hub.breaks_at = None
                self.close_connection = True
                return
            if hub.holds_at is not None and at >= hub.holds_at:
                hub.release.wait(30)
            try:
                self.wfile.write(content[at : at + step])
            except OSError:
                return

    def _allowed(self, hub_id: str) -> Repository | None:
        found = self.hub.repositories.get(hub_id)
        if found is None:
            self._refuse(404, "RepoNotFound")
        elif found.is_gated:
            self._refuse(403, "GatedRepo")
            return None
        return found

    def _json(self, data: object) -> None:
        body = json.dumps(data).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def _refuse(self, code: int, kind: str) -> None:
        self.send_response(code)
        self.send_header("X-Error-Code", kind)
        self.send_header("X-Error-Message", kind)
        self.send_header("Content-Length", "0")
        self.end_headers()


def _start(wanted: str | None) -> int:
    return int(wanted.removeprefix("bytes=").partition("-")[0]) if wanted else 0
