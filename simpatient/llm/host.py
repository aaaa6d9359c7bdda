"""A patient's voice in a child process, so that a crash, a hang or a full memory takes only the child.

A lost child is replaced and the turn tried once more, as long as nothing of the answer was passed on. A
fresh child must give the answer to a fixed prompt that the first one gave. Must not know which voice it
hosts or who calls. Importing this module loads no torch.
"""

import contextlib
import logging
import multiprocessing
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

from simpatient.domain.chat import Completion, Message, Sampling
from simpatient.domain.errors import ModelUnavailable
from simpatient.domain.ports import Cancellation, OnText
from simpatient.llm.answers import stop_if_cancelled
from simpatient.llm.engine import TransformersVoice
from simpatient.llm.host_child import HostedVoice, serve
from simpatient.llm.loader import id_of

_log = logging.getLogger(__name__)
_DEAD = (EOFError, BrokenPipeError, ConnectionError, OSError)
_GO_ON = "Continue; the guided patient speaks until the language model can."
_LOOK_EVERY_S = 0.05
_SEND_S = 10.0  # a child that reads takes a request in milliseconds
_END_S = 2.0


class _ChildLost(Exception):
    """The child died, is silent, or says that it is broken."""


class VoiceProcess:
    """A voice behind a pipe; the same port as the voice it hosts.

    Args:
        factory: Makes the voice in the child; must be importable by name.
        read_id: Returns the hosted model's id in this process.
        silence_s: Longest wait for a sign of life while the child works; it gives one between any two
            tokens, and between parts of a long prompt.
        start_s: Longest wait for a child to load its model.
    """

    def __init__(
        self,
        factory: Callable[[], HostedVoice],
        read_id: Callable[[], str],
        *,
        silence_s: float = 60.0,
        start_s: float = 900.0,
    ) -> None:
        self._factory = factory
        self._read_id = read_id
        self._silence_s = silence_s
        self._start_s = start_s
        self._lock = threading.RLock()
        self._process: SpawnProcess | None = None
        self._pipe: Connection | None = None
        self._is_ready = False
        self._is_closed = False
        self._canary: tuple[int, ...] | None = None
        self._number = 0
        self._id = ""

    @property
    def model_id(self) -> str:
        """Name and content hash of the model; reads all its files the first time.

        Raises:
            ModelUnavailable: There are no such files.
        """
        self._id = self._id or self._read_id()
        return self._id

    @property
    def pid(self) -> int | None:
        """Process id of the child, None when there is none."""
        process = self._process
        return process.pid if process else None

    def start(self) -> None:
        """Start the child; returns at once while the child loads the model."""
        with self._lock:
            self._spawned()

    def prepare(self, session: str, messages: Sequence[Message]) -> None:
        """Read messages ahead; see ``domain.ports.PatientVoice``.

        Raises:
            ModelUnavailable: The model cannot be loaded or run; a lost child was replaced in vain.
        """
        self._try_twice(("prepare", session, tuple(messages)), lambda _: True, None)

    def speak(
        self,
        session: str,
        messages: Sequence[Message],
        note: str,
        sampling: Sampling,
        on_text: OnText,
        *,
        cancel: Cancellation | None = None,
    ) -> Completion:
        """Answer the last message; see ``domain.ports.PatientVoice``.

        When the child is lost after something was passed on, the answer ends there.

        Raises:
            ModelUnavailable: The model cannot be run; a lost child was replaced in vain.
            Cancelled: ``cancel`` was set; the child stops as soon as it can.
        """
        request = ("speak", session, tuple(messages), note, sampling)
        completion: Completion = self._try_twice(request, on_text, cancel)
        return completion

    def forget(self, session: str) -> None:
        """Let go of what is kept of a session."""
        with self._lock, contextlib.suppress(_ChildLost):
            if self._pipe is not None and self._is_ready:  # another child knows nothing to forget
                self._send_watched(("forget", session))

    def close(self) -> None:
        """End the child, whatever it is doing; a later call is refused."""
        self._is_closed = True
        if not self._lock.acquire(timeout=2 * _LOOK_EVERY_S):
            self._kill()  # the call under way sees that, and takes away what is left
            if not self._lock.acquire(timeout=_END_S):
                _log.warning("A call to the language model does not come back; it was closed all the same.")
                return
        try:
            if self._pipe is not None:
                with contextlib.suppress(*_DEAD):
                    self._pipe.send(None)
            self._drop(_END_S)
        finally:
            self._lock.release()

    def _try_twice(self, request: tuple[Any, ...], on_text: OnText, cancel: Cancellation | None) -> Any:
        said: list[str] = []

        def pass_on(piece: str) -> bool:
            said.append(piece)
            return on_text(piece)

        with self._lock:
            for is_last in (False, True):
                try:
                    return self._asked(request, pass_on, cancel)
                except _ChildLost as error:
                    _log.warning("The language model's process was lost: %s", error)
                    self._drop()
                    if said and not self._is_closed:
                        self._spawned()  # loads while the trainee reads
                        return _cut_short("".join(said), len(said))
                    if is_last or self._is_closed:
                        raise ModelUnavailable("The language model has stopped.", _GO_ON) from error
            return None

    def _asked(self, request: tuple[Any, ...], on_text: OnText, cancel: Cancellation | None) -> Any:
        """Have one request answered.

        Raises:
            _ChildLost: There is no answer to be had from this child.
        """
        self._wait_until_ready(cancel)
        self._number += 1
        self._send_watched((self._number, *request))
        try:
            while True:
                kind, *rest = self._heard(self._number, self._silence_s, cancel)
                if kind == "text":
                    self._send((self._number, "more" if on_text(rest[0]) else "enough"))
                elif kind == "done":
                    return rest[0]
                elif kind == "unavailable":
                    raise ModelUnavailable(*rest)
        except (_ChildLost, ModelUnavailable):
            raise
        except BaseException:  # cancelled, or the caller's own
            with contextlib.suppress(_ChildLost):
                self._send((self._number, "cancel"))
            raise

    def _wait_until_ready(self, cancel: Cancellation | None) -> None:
        """Wait until the child has loaded its model and shown that it is the model it should be."""
        if self._is_ready and self._process is not None and not self._process.is_alive():
            _log.warning("The language model's process died between turns.")
            self._drop()
        self._spawned()
        if self._is_ready:
            return
        kind, *rest = self._heard(0, self._start_s, cancel)
        if kind == "unavailable":
            self._drop(_END_S)
            raise ModelUnavailable(*rest)
        self._canary = self._canary or rest[0]
        if rest[0] != self._canary:
            self._drop()
            raise ModelUnavailable("The language model no longer answers as it did.", "Start the program again.")
        self._is_ready = True

    def _heard(self, number: int, silence_s: float, cancel: Cancellation | None) -> tuple[Any, ...]:
        """Return the next message about a call; those about calls given up are passed over."""
        until = time.monotonic() + silence_s
        pipe = self._spawned()
        while True:
            stop_if_cancelled(cancel)
            if self._is_closed:
                raise _ChildLost("it was closed")
            try:
                about, *message = pipe.recv() if pipe.poll(_LOOK_EVERY_S) else (number, "silence")
            except _DEAD as error:
                raise _ChildLost("it died") from error
            if message[0] == "broken":
                raise _ChildLost(message[1])
            if message[0] != "silence":
                until = time.monotonic() + silence_s
            elif time.monotonic() > until:
                raise _ChildLost("it gave no sign of life")
            if about == number and message[0] not in ("silence", "alive"):
                return tuple(message)

    def _send_watched(self, request: tuple[Any, ...]) -> None:
        """Send what may be long: a hung child does not empty its end, and is killed then."""
        watch = threading.Timer(_SEND_S, self._kill)
        watch.daemon = True
        watch.start()
        try:
            self._send(request)
        finally:
            watch.cancel()

    def _send(self, message: tuple[Any, ...]) -> None:
        try:
            self._spawned().send(message)
        except _DEAD as error:
            raise _ChildLost("it took no request") from error

    def _spawned(self) -> Connection:
        if self._is_closed:
            raise ModelUnavailable("The language model has been closed.", "Start the program again.")
        if self._pipe is None:
            context = multiprocessing.get_context("spawn")
            ours, theirs = context.Pipe()
            self._process = context.Process(
                target=serve, args=(theirs, self._factory), name="simpatient-voice", daemon=True
            )
            self._process.start()
            theirs.close()  # else the child's death would not close the pipe
            self._pipe, self._is_ready = ours, False
        return self._pipe

    def _kill(self) -> None:
        process = self._process
        if process is not None:
            process.kill()

    def _drop(self, patience_s: float = 0.0) -> None:
        if self._process is not None:
            self._process.join(patience_s)
            if self._process.is_alive():
                self._process.kill()
                self._process.join(_END_S)  # not for ever: a driver may hold even a killed process
        if self._pipe is not None:
            self._pipe.close()
        self._pipe = self._process = None
        self._is_ready = False


def open_voice(folder: Path, *, threads: int | None = None, stops: Sequence[str] = ()) -> VoiceProcess:
    """Return a voice for the model in a folder, in a child process that is not started yet."""
    factory = partial(TransformersVoice, folder, threads=threads, stops=tuple(stops))
    return VoiceProcess(factory, partial(id_of, folder))


def _cut_short(text: str, pieces: int) -> Completion:
    return Completion(text=text, tokens=pieces, log_probability=0.0, least_log_probability=0.0, is_whole=False)
