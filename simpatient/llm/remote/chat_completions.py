"""Chat completions over HTTP: one request, and the pieces of its answer as they come.

A request is tried again only while nothing of its answer has come. What a server does not take beyond the
plain protocol is left out. Must not know what is asked, nor whose conversation it is.
"""

import json
import queue
import threading
import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

import httpx2
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from simpatient.domain.cancellation import Cancellation, stop_if_cancelled
from simpatient.domain.errors import Cancelled, ModelUnavailable
from simpatient.domain.models.servers import RemoteServer
from simpatient.domain.text import without_surrogates
from simpatient.llm.remote.server_key import key_of

TRIES = 4
LONGEST_PAUSE_S = 10.0  # a trainee waits; when a server asks for more, the guided patient had better answer
POLL_S = 0.05  # how often waiting looks whether it was cancelled
MOST_BYTES = 1_000_000  # of one line, or of an answer that does not stream
# Beyond the plain protocol, with the words by which servers name them when they refuse them.
EXTRAS: dict[str, tuple[str, ...]] = {
    "cache_salt": ("cache_salt",),
    "chat_template_kwargs": ("chat_template_kwargs", "enable_thinking"),
    "stream_options": ("stream_options", "include_usage"),
    "seed": ("seed",),
    "response_format": ("response_format", "json_schema", "json schema", "structured output", "grammar"),
}
_pause = wait_exponential_jitter(multiplier=0.5, max=4.0, jitter=0.25)


class StreamChunk(NamedTuple):
    """One piece of the stream: some text, why the answer ended ('' until then), tokens so far where reported."""

    text: str
    finish: str = ""
    tokens: int | None = None


class _TryAgain(Exception):
    """Something that may be over in a moment."""

    def __init__(self, unavailable: ModelUnavailable, after_s: float | None = None) -> None:
        super().__init__(str(unavailable))
        self.unavailable = unavailable
        self.after_s = after_s


class _ExtrasRefused(Exception):
    """The server does not take some of the extras."""

    def __init__(self, unavailable: ModelUnavailable, extras: frozenset[str]) -> None:
        super().__init__(str(unavailable))
        self.unavailable = unavailable
        self.extras = extras


class ChatCompletionsClient:
    """The connection to one server; nothing is opened before the first request.

    Args:
        server: The user's settings.
    """

    def __init__(self, server: RemoteServer) -> None:
        self._server = server
        self._client: httpx2.Client | None = None
        self._lock = threading.Lock()
        self._not_taken: frozenset[str] = frozenset()

    def pieces(self, body: Mapping[str, Any], cancel: Cancellation | None) -> Generator[StreamChunk, None, None]:
        """Ask, and yield the answer piece by piece; closing the iterator early ends the request.

        Raises:
            ModelUnavailable: The server cannot be reached, refuses, or drops the connection.
            Cancelled: ``cancel`` was set.
        """
        answer, first = self._begun(body, cancel)
        try:
            piece: StreamChunk | None = first
            while piece is not None:
                yield piece
                try:
                    piece = answer.next(cancel)
                except (_TryAgain, _ExtrasRefused) as error:
                    raise error.unavailable from error
        finally:
            answer.abandon()

    def close(self) -> None:
        """Release open connections."""
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None

    def _begun(
        self, body: Mapping[str, Any], cancel: Cancellation | None
    ) -> tuple["_RequestThread", StreamChunk | None]:
        """Ask until the first piece has come, without the extras the server refuses."""
        omitted = self._not_taken
        while True:
            asked = {name: value for name, value in body.items() if name not in omitted}
            try:
                begun = self._tried(asked, cancel)
            except _ExtrasRefused as error:
                if not error.extras:
                    raise error.unavailable from error
                omitted |= error.extras
            except _TryAgain as error:
                raise error.unavailable from error
            else:
                # One schema may be too much for a server that takes others.
                # Remembered, so that the next request is not refused first.
                self._not_taken = omitted - {"response_format"}
                return begun

    def _tried(
        self, body: Mapping[str, Any], cancel: Cancellation | None
    ) -> tuple["_RequestThread", StreamChunk | None]:
        again = Retrying(
            stop=stop_after_attempt(TRIES),
            wait=_wait,
            retry=retry_if_exception_type(_TryAgain),
            sleep=partial(_sleep, cancel),
            reraise=True,
        )
        return again(self._first, body, cancel)

    def _first(
        self, body: Mapping[str, Any], cancel: Cancellation | None
    ) -> tuple["_RequestThread", StreamChunk | None]:
        stop_if_cancelled(cancel)
        answer = _RequestThread(self._server, self._opened(), body)
        try:
            piece = answer.next(cancel)
            # Read up to the first words, for a request may be repeated only until then.
            while piece is not None and not piece.text and not piece.finish:
                piece = answer.next(cancel)  # who speaks, or hidden thinking: no token of the answer yet
        except BaseException:
            answer.abandon()
            raise
        return answer, piece

    def _opened(self) -> httpx2.Client:
        with self._lock:
            if self._client is None:
                key = key_of(self._server)
                self._client = httpx2.Client(
                    headers={"Authorization": f"Bearer {key}"} if key else {},
                    timeout=httpx2.Timeout(self._server.read_s, connect=self._server.connect_s),
                    # What goes to this computer itself takes no way round.
                    trust_env=not self._server.is_loopback,
                    # A redirect could take the key and the conversation to a host the user did not choose.
                    follow_redirects=False,
                )
            return self._client


class _RequestThread:
    """One request in a separate thread, so that a waiting caller can be cancelled while the server is silent."""

    def __init__(self, server: RemoteServer, client: httpx2.Client, body: Mapping[str, Any]) -> None:
        self._server = server
        self._client = client
        self._body = body
        self._arrived: queue.Queue[StreamChunk | Exception | None] = queue.Queue()
        self._abandoned = threading.Event()
        threading.Thread(target=self._run, name="remote-answer", daemon=True).start()

    def next(self, cancel: Cancellation | None) -> StreamChunk | None:
        """Return the next piece; None after the last."""
        while True:
            stop_if_cancelled(cancel)
            try:
                found = self._arrived.get(timeout=POLL_S)
            except queue.Empty:
                continue
            if isinstance(found, Exception):
                raise found
            return found

    def abandon(self) -> None:
        """Read no further; the connection is closed at the next sign of life or time-out."""
        self._abandoned.set()

    def _run(self) -> None:
        try:
            self._read()
            self._arrived.put(None)
        except Exception as error:
            self._arrived.put(_in_words(error, self._server))

    def _read(self) -> None:
        url = f"{self._server.url}/chat/completions"
        with self._client.stream("POST", url, json=self._body) as response:
            if response.status_code != httpx2.codes.OK:
                raise _status_error(response, self._server, self._body)
            is_json = response.headers.get("content-type", "").startswith("application/json")
            blocks = self._while_wanted(response.iter_bytes())
            for piece in whole_answer(blocks) if is_json else streamed(blocks):
                self._arrived.put(piece)

    def _while_wanted(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        for block in blocks:
            if self._abandoned.is_set():
                raise Cancelled
            yield block


def streamed(blocks: Iterable[bytes]) -> Iterator[StreamChunk]:
    """Yield the pieces of a stream of server-sent events.

    Raises:
        ValueError: It is not such a stream, or reports an error.
        EOFError: It ended before the answer did.
    """
    has_ended = False
    for line in _lines(blocks):
        name, _, value = line.partition(b":")
        if name != b"data" or not value.strip():
            continue
        if value.strip() == b"[DONE]":
            return
        piece = _piece(json.loads(value), "delta")
        has_ended = has_ended or bool(piece.finish)
        yield piece
    if not has_ended:
        raise EOFError("the stream ended before the answer")


def whole_answer(blocks: Iterable[bytes]) -> Iterator[StreamChunk]:
    """Yield the one piece of an answer that came at once; raises ValueError when it is none."""
    yield _piece(json.loads(_all(blocks)), "message")


def _lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield lines ended by line feeds alone: JSON may hold every other sign that ends lines elsewhere."""
    rest = b""
    for block in blocks:
        *lines, rest = (rest + block).split(b"\n")
        yield from lines
        if len(rest) > MOST_BYTES:
            raise _ProtocolError("a line without an end")
    yield rest


def _all(blocks: Iterable[bytes]) -> bytes:
    found = b""
    for block in blocks:
        found += block
        if len(found) > MOST_BYTES:
            raise _ProtocolError("an answer without an end")
    return found


def _piece(data: Any, part: str) -> StreamChunk:
    """Return the piece in one event; its reasoning, where a server sends it separately, is skipped."""
    if not isinstance(data, Mapping):
        raise _ProtocolError("an event that is no object")
    if data.get("error"):
        raise _ReportedError(_detail(data))
    usage, choices = data.get("usage"), data.get("choices")
    tokens = usage.get("completion_tokens") if isinstance(usage, Mapping) else None
    tokens = tokens if isinstance(tokens, int) and tokens >= 0 else None
    if not isinstance(choices, list):
        raise _ProtocolError("an event without choices")
    if not choices:
        return StreamChunk("", tokens=tokens)
    if not isinstance(choices[0], Mapping):
        raise _ProtocolError("a choice that is no object")
    said = choices[0].get(part)
    text = said.get("content") if isinstance(said, Mapping) else None
    finish = str(choices[0].get("finish_reason") or "")
    return StreamChunk(without_surrogates(text) if isinstance(text, str) else "", finish, tokens)


class _ProtocolError(ValueError):
    """What came does not speak the protocol."""


class _ReportedError(ValueError):
    """The server itself reported an error in the middle of an answer."""


def _detail(data: Any) -> str:
    """Return a server's own words about an error, as one short printable line."""
    for name in ("error", "detail", "message"):
        while isinstance(data, Mapping) and data.get(name):
            data = data[name]
    words = data if isinstance(data, str) else json.dumps(data) if data else ""
    return "".join(sign if sign.isprintable() else " " for sign in words[:200]).strip().rstrip(".")


def _status_error(response: httpx2.Response, server: RemoteServer, body: Mapping[str, Any]) -> Exception:
    """Return what a status other than 200 means, in one sentence."""
    status, where = response.status_code, f"The language model server at {server.host}"
    if status in {401, 403}:
        return ModelUnavailable(f"{where} does not accept the key.", "Check the key and what it is allowed to use.")
    body_bytes = _all(response.iter_bytes())
    text = body_bytes.decode("utf-8", "replace")
    # Servers that hold a single model refuse any other name with 400 and words like these.
    if status == 404 or (status == 400 and "model" in text and "pinned" in text):
        action = "Check name and address with 'simpatient server show'."
        return ModelUnavailable(f'{where} does not have the model "{server.model}".', action)
    if status == 429 or status >= 500:
        words = "is busy" if status in {429, 503} else f"has a fault ({status})"
        found, pause = ModelUnavailable(f"{where} {words}.", "Try again in a moment."), _after(response)
        return found if pause is not None and pause > LONGEST_PAUSE_S else _TryAgain(found, pause)
    try:
        detail = _detail(json.loads(body_bytes))
    except ValueError:
        detail = ""
    # A server may quote the key it refuses; errors are shown and logged.
    key = key_of(server)
    detail = f" ({detail.replace(key, '…') if key else detail})" if detail else ""
    refused = ModelUnavailable(f"{where} refused the request{detail or f' ({status})'}.", "Check the settings.")
    low = text.lower()
    named = (name for name, words in EXTRAS.items() if name in body and any(word in low for word in words))
    return _ExtrasRefused(refused, frozenset(named) if status in {400, 422} else frozenset())


def _after(response: httpx2.Response) -> float | None:
    """Return the pause a server asks for, in seconds; None when it names none we can read."""
    pause = response.headers.get("retry-after", "")
    return float(pause) if pause.isascii() and pause.isdigit() and len(pause) < 7 else None


def _in_words(error: Exception, server: RemoteServer) -> Exception:
    """Translate what the HTTP library and the parser raise."""
    where = f"language model server at {server.host}"
    if isinstance(error, (ModelUnavailable, _TryAgain, _ExtrasRefused)):
        return error
    if isinstance(error, (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError)):
        action = "Check that it runs, and its address."
        return _TryAgain(ModelUnavailable(f"The {where} cannot be reached.", action))
    if isinstance(error, httpx2.TimeoutException):
        return ModelUnavailable(f"The {where} did not answer in time.", "Try again, or ask who runs it.")
    if isinstance(error, (httpx2.NetworkError, httpx2.ProtocolError, EOFError)):
        return _TryAgain(ModelUnavailable(f"The connection to the {where} was lost.", "Try again in a moment."))
    if isinstance(error, _ReportedError):
        return ModelUnavailable(f"The {where} stopped ({error}).", "Try again in a moment.")
    action = "Check that its address ends in /v1."
    return ModelUnavailable(f"The {where} answers in a way this program does not understand.", action)


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.after_s if isinstance(error, _TryAgain) else None
    return asked if asked is not None else _pause(state)


def _sleep(cancel: Cancellation | None, seconds: float) -> None:
    end = time.monotonic() + seconds
    while (remaining := end - time.monotonic()) > 0:
        stop_if_cancelled(cancel)
        time.sleep(min(POLL_S, remaining))
