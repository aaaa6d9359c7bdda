"""The child's side of a hosted voice: answers requests from a pipe, one at a time, until the pipe closes.

Every message is about a numbered call, so that what is left of a call given up cannot be taken for part of
the next. Must not know which voice it hosts. Importing this module loads no torch.
"""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any, Protocol

from simpatient.domain.cancellation import Cancellation
from simpatient.domain.chat import Completion, Message
from simpatient.domain.errors import Cancelled, ModelUnavailable
from simpatient.domain.ports import PatientVoice
from simpatient.llm.loader import DeviceFailed

_DEAD = (EOFError, BrokenPipeError, ConnectionError, OSError)
_ALIVE_EVERY_S = 0.5


class HostedVoice(PatientVoice, Protocol):
    """A voice that can be hosted."""

    def load(self) -> None:
        """Load the model.

        Raises:
            ModelUnavailable: It cannot be loaded.
        """
        ...

    def canary(self) -> tuple[int, ...]:
        """Return what the model answers to a fixed prompt, always the same."""
        ...

    def prepare(self, session: str, messages: Sequence[Message], *, cancel: Cancellation | None = None) -> None:
        """Read messages ahead.

        Raises:
            ModelUnavailable: The model cannot be run.
            Cancelled: ``cancel`` was set.
        """
        ...


class _Call:
    """The parent's voice in a call: whether it wants more text, and whether it has given up."""

    def __init__(self, pipe: Connection, number: int) -> None:
        self._pipe = pipe
        self._number = number
        self._is_cancelled = False
        self._told = time.monotonic()

    @property
    def is_cancelled(self) -> bool:
        """Whether the parent has given up; asked between tokens, so that it also tells that all is well."""
        while not self._is_cancelled and self._pipe.poll():
            self._hear()
        if time.monotonic() - self._told > _ALIVE_EVERY_S:
            self.tell("alive")
        return self._is_cancelled

    def pass_on(self, piece: str) -> bool:
        """Send a piece of text and return whether more is wanted."""
        if self._is_cancelled:
            return False
        self.tell("text", piece)
        return self._hear() == "more"

    def tell(self, *message: Any) -> None:
        """Send a message about this call."""
        self._told = time.monotonic()
        self._pipe.send((self._number, *message))

    def _hear(self) -> str:
        _, word = self._pipe.recv()
        self._is_cancelled = self._is_cancelled or word == "cancel"
        return str(word)


class _ReadingAhead:
    """Cancelled as soon as the parent wants something."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    @property
    def is_cancelled(self) -> bool:
        """Whether there is something else to do."""
        return self._pipe.poll()


def serve(pipe: Connection, factory: Callable[[], HostedVoice]) -> None:
    """Load the voice and answer requests until the pipe closes; runs in the child."""
    # Ctrl-C in a terminal reaches the whole group; the parent decides when the child ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    start = _Call(pipe, 0)
    with contextlib.suppress(*_DEAD):
        voice = _opened(start, factory)
        while voice is not None and (request := pipe.recv()) is not None:
            _serve_one(pipe, voice, request)


def _opened(start: _Call, factory: Callable[[], HostedVoice]) -> HostedVoice | None:
    try:
        voice = factory()
        voice.load()
        start.tell("ready", voice.canary())
        return voice
    except DeviceFailed as error:
        start.tell("broken", str(error))
    except ModelUnavailable as error:
        start.tell("unavailable", error.message, error.action)
    except Exception as error:  # the parent must hear of it, whatever the library raised
        start.tell("broken", f"{type(error).__name__}: {error}")
    return None


def _serve_one(pipe: Connection, voice: HostedVoice, request: tuple[Any, ...]) -> None:
    if request[0] == "forget":
        return voice.forget(request[1])
    number, what, *rest = request
    if what not in ("speak", "prepare"):
        return None  # a word about a call that has ended by now
    call = _Call(pipe, number)
    try:
        if what == "speak":
            completion = _speak(call, voice, *rest)
            call.tell("done", completion)
            _read_ahead(pipe, voice, rest[0], rest[1], completion)
        else:
            voice.prepare(*rest, cancel=call)
            call.tell("done", None)
    except Cancelled:
        pass  # the parent has gone on
    except DeviceFailed as error:
        _give_up(call, str(error))
    except ModelUnavailable as error:
        call.tell("unavailable", error.message, error.action)
    except _DEAD:
        raise
    except Exception as error:  # nothing can be trusted any more
        _give_up(call, f"{type(error).__name__}: {error}")
    return None


def _speak(call: _Call, voice: HostedVoice, session: str, messages: Any, note: str, sampling: Any) -> Completion:
    return voice.speak(session, messages, note, sampling, call.pass_on, cancel=call)


def _read_ahead(
    pipe: Connection, voice: HostedVoice, session: str, messages: tuple[Message, ...], answer: Completion
) -> None:
    """Read the answer as what was said, while the trainee reads it too, until the next request comes."""
    with contextlib.suppress(Cancelled):
        if answer.text:
            said = Message(role="assistant", content=answer.text)
            voice.prepare(session, (*messages, said), cancel=_ReadingAhead(pipe))


def _give_up(call: _Call, why: str) -> None:
    """Say why and end at once: after a device has failed, even an orderly end may hang."""
    with contextlib.suppress(*_DEAD):
        call.tell("broken", why)
    os._exit(1)
