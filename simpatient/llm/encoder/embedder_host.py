"""The sentence encoder in a child process, so that the calling process never loads torch.

A crash or an out-of-memory takes only the child: it is replaced and the call repeated once. Must not
know which encoder it hosts or who calls.
"""

import contextlib
import multiprocessing
import signal
import threading
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any

import numpy as np

from simpatient.domain.errors import ModelUnavailable
from simpatient.domain.ports import Adapter, Embeddings, EncodingRequest, ReadingEncoder
from simpatient.llm.encoder.embedder import MODEL_NAME, WEIGHTS_SHA256, WIDTH, MiniLmEncoder

_DEAD = (EOFError, BrokenPipeError, ConnectionError, OSError)
_TRY_AGAIN = "Close other programs if memory is short, then try again; `simpatient doctor` tells more."


def _serve(pipe: Connection, factory: Callable[[], ReadingEncoder]) -> None:
    """Answer requests until the pipe closes; runs in the child."""
    # Ctrl-C in a terminal reaches the whole group; the parent decides when the child ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    encoder = factory()
    load = getattr(encoder, "load", None)
    with contextlib.suppress(ModelUnavailable, *_DEAD):
        if load is not None:
            load()  # warm before the first question; a failure is told in the first answer
    adapters: dict[str, Adapter] = {}
    with contextlib.suppress(*_DEAD):
        while (request := pipe.recv()) is not None:
            pipe.send(_answer(encoder, request, adapters))


def _answer(encoder: ReadingEncoder, request: Any, adapters: dict[str, Adapter]) -> tuple[Any, ...]:
    """Answer a list of texts to encode, or (adapter id, adapter or None, readings, keep) to read."""
    try:
        if isinstance(request, list):
            return "rows", np.ascontiguousarray(encoder.encode(request), dtype=np.float32).tobytes()
        name, given, readings, keep = request
        if given is not None:
            adapters.clear()
            adapters[name] = given
        if name and name not in adapters:
            return ("adapter?",)
        return "read", *_read(encoder, adapters.get(name), readings, keep)
    except ModelUnavailable as error:
        return "unavailable", error.message, error.action
    except Exception as error:  # the parent must get an answer, whatever the library raised
        return "unavailable", f"The sentence encoder failed ({type(error).__name__}).", _TRY_AGAIN


def _read(
    encoder: ReadingEncoder, adapter: Adapter | None, readings: list[EncodingRequest], keep: bool
) -> tuple[list[Embeddings], dict[str, Embeddings]]:
    read_and_keep = getattr(encoder, "read_and_keep", None)
    if read_and_keep is None:
        return encoder.read(adapter, readings, keep=keep), {}
    rows, kept = read_and_keep(adapter, readings, keep=keep)
    return rows, kept


class EncoderProcess:
    """A sentence encoder behind a pipe; the same port as the encoder it hosts.

    Args:
        factory: Makes the encoder in the child; must be importable by name.
        model_id: The hosted encoder's id, known here so that asking needs no child.
        timeout_s: Longest wait for an answer once the child has answered before.
        start_timeout_s: Longest wait for the first answer, which includes loading the model.
    """

    def __init__(
        self,
        factory: Callable[[], ReadingEncoder] = MiniLmEncoder,
        *,
        model_id: str = f"{MODEL_NAME}@{WEIGHTS_SHA256[:12]}",
        timeout_s: float = 120.0,
        start_timeout_s: float = 300.0,
    ) -> None:
        self._factory = factory
        self._model_id = model_id
        self._timeout_s = timeout_s
        self._start_timeout_s = start_timeout_s
        self._lock = threading.Lock()
        self._process: SpawnProcess | None = None
        self._pipe: Connection | None = None
        self._has_answered = False
        self._is_closed = False

    @property
    def model_id(self) -> str:
        """Name and content hash of the hosted model."""
        return self._model_id

    @property
    def pid(self) -> int | None:
        """Process id of the child, None when there is none."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the child; returns at once while the child loads the model."""
        with self._lock:
            self._running_pipe()

    def encode(self, texts: Sequence[str]) -> Embeddings:
        """Return one L2-normalised row per text, shape ``(len(texts), 384)``, float32.

        Raises:
            ModelUnavailable: The model is missing or damaged, the child died twice or took too long.
        """
        answer = self._answered(list(texts))
        return np.frombuffer(answer[1], dtype=np.float32).reshape(len(texts), WIDTH).copy()

    def read(
        self, adapter: Adapter | None, readings: Sequence[EncodingRequest], *, keep: bool = True
    ) -> list[Embeddings]:
        """Return what the middle and the adapted layers make of turns; see ``ReadingEncoder.read``.

        Raises:
            ModelUnavailable: As for ``encode``.
        """
        return self.read_and_keep(adapter, readings, keep=keep)[0]

    def read_and_keep(
        self, adapter: Adapter | None, readings: Sequence[EncodingRequest], *, keep: bool
    ) -> tuple[list[Embeddings], dict[str, Embeddings]]:
        """Return ``read``'s rows and the turns' meaning vectors by text, for a cache to remember."""
        name = adapter.id if adapter else ""
        answer = self._answered((name, None, list(readings), keep))
        if answer[0] == "adapter?":  # a new child: a megabyte that goes over once
            answer = self._answered((name, adapter, list(readings), keep))
        return answer[1], answer[2]

    def close(self) -> None:
        """End the child; a later call is refused."""
        with self._lock:
            self._is_closed = True
            if self._pipe is not None:
                with contextlib.suppress(*_DEAD):
                    self._pipe.send(None)
            self._drop(patience_s=2.0)

    def _answered(self, request: Any) -> tuple[Any, ...]:
        with self._lock:
            try:
                answer = self._ask(request)
            except _DEAD:
                self._drop()
                answer = self._ask_again(request)
        if answer[0] == "unavailable":
            raise ModelUnavailable(answer[1], answer[2])
        return answer

    def _ask_again(self, request: Any) -> tuple[Any, ...]:
        try:
            return self._ask(request)
        except _DEAD as error:
            self._drop()
            raise ModelUnavailable("The sentence encoder stopped twice in a row.", _TRY_AGAIN) from error

    def _ask(self, request: Any) -> tuple[Any, ...]:
        pipe = self._running_pipe()
        pipe.send(request)
        if not pipe.poll(self._timeout_s if self._has_answered else self._start_timeout_s):
            self._drop()
            raise ModelUnavailable("The sentence encoder did not answer in time.", _TRY_AGAIN)
        answer: tuple[Any, ...] = pipe.recv()
        self._has_answered = True
        return answer

    def _running_pipe(self) -> Connection:
        if self._is_closed:
            raise ModelUnavailable("The sentence encoder has been closed.", "Start the program again.")
        if self._pipe is None:
            context = multiprocessing.get_context("spawn")
            ours, theirs = context.Pipe()
            self._process = context.Process(
                target=_serve, args=(theirs, self._factory), name="simpatient-encoder", daemon=True
            )
            self._process.start()
            theirs.close()  # else the child's death would not close the pipe
            self._pipe, self._has_answered = ours, False
        return self._pipe

    def _drop(self, patience_s: float = 0.0) -> None:
        if self._pipe is not None:
            self._pipe.close()
        if self._process is not None:
            self._process.join(patience_s)
            if self._process.is_alive():
                self._process.kill()
                self._process.join()
        self._pipe = self._process = None
