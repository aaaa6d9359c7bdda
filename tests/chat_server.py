"""A small server on loopback that speaks the chat-completions protocol, with faults on demand."""

import json
import re
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from simpatient.domain.models.servers import RemoteServer


@dataclass(frozen=True)
class Say:
    """One answer to one request.

    ``status`` other than 200 answers with ``body`` as JSON; ``drop_after`` pieces the connection is cut, and
    before the first when 0; ``hang_after`` pieces nothing more comes for ``hang_s``; ``raw`` replaces the stream.
    """

    text: str = "Fine."
    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    finish: str = "stop"
    drop_after: int | None = None
    hang_after: int | None = None
    hang_s: float = 30.0
    raw: bytes | None = None
    streams: bool = True


@dataclass
class ChatServer:
    """Answers requests in turn as told, the last again and again; ``asked`` and ``headers`` keep what came."""

    answers: Sequence[Say] = (Say(),)
    choose: Callable[[dict[str, Any]], Say] | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    hung_up: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "ChatServer":
        owner, self._lock = self, threading.Lock()

        class Handler(_Handler):
            server_of_test = owner

        self._http = _Http(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(5)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def settings(self, **changes: Any) -> RemoteServer:
        return RemoteServer(**{"url": self.url, "model": "tiny", "read_s": 5.0, **changes})

    def take(self, body: dict[str, Any], headers: dict[str, str]) -> Say:
        with self._lock:
            number = len(self.asked)
            self.asked.append(body)
            self.headers.append(headers)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        return self.choose(body) if self.choose else self.answers[min(number, len(self.answers) - 1)]

    def done(self) -> None:
        with self._lock:
            self.at_once -= 1


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def handle_error(self, *_: object) -> None:
        """Keep quiet when the other side has gone; anything else is a fault of the test."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(*_)


class _Handler(BaseHTTPRequestHandler):
    server_of_test: ChatServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        say = self.server_of_test.take(body, {name.lower(): value for name, value in self.headers.items()})
        try:
            self._answer(say)
        except OSError:
            self.server_of_test.hung_up.set()
            self.close_connection = True
        finally:
            self.server_of_test.done()

    def _answer(self, say: Say) -> None:
        if say.drop_after == 0:
            self.connection.shutdown(2)
            self.close_connection = True
        elif say.status != 200:
            self._whole(say.status, json.dumps(say.body).encode(), say.headers)
        elif say.streams:
            self._stream(say)
        else:
            message = {"message": {"content": say.text}, "finish_reason": say.finish}
            self._whole(200, json.dumps({"choices": [message]}).encode(), say.headers)

    def _whole(self, status: int, content: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _stream(self, say: Say) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        if say.raw is not None:
            self.wfile.write(say.raw)
            return
        self._event({"choices": [{"delta": {"role": "assistant"}}]})
        pieces = re.findall(r"(?s).{1,5}", say.text)
        for number, piece in enumerate(pieces):
            if number == say.hang_after:
                self._hang(say.hang_s)
            if number == say.drop_after:
                self.connection.shutdown(2)
                return
            self._event({"choices": [{"delta": {"content": piece}}]})
        self._event({"choices": [{"delta": {}, "finish_reason": say.finish}]})
        self._event({"choices": [], "usage": {"completion_tokens": len(say.text.split())}})
        self.wfile.write(b"data: [DONE]\n\n")

    def _hang(self, seconds: float) -> None:
        """Say nothing but blank comments, which show when the other side has gone."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.wfile.write(b": still here\n\n")
            time.sleep(0.05)

    def _event(self, data: Any) -> None:
        self.wfile.write(f"data: {json.dumps(data)}\n\n".encode())
