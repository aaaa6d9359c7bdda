"""A speech recogniser in a child process: the ``Transcriber`` port, so that a fault takes only the child.

A lost child is replaced and the call repeated once; after a fault of the graphics card the new child uses
the processor. Must not know whose speech it is. Importing this module loads no torch.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import numpy as np

from simpatient.domain.cancellation import Cancellation, stop_if_cancelled
from simpatient.domain.errors import ModelUnavailable
from simpatient.domain.speech import Recognised, Samples
from simpatient.runtime.child_process import END_S, LOOK_EVERY_S, ChildBroken, ChildLost, ChildProcess
from simpatient.runtime.child_serving import ChildWorker
from simpatient.speech.recognition.whisper_reading import (
    ANY_DEVICE,
    PROCESSOR,
    ReadingRequest,
    WhisperReader,
    WhisperSettings,
)

_log = logging.getLogger(__name__)
_TYPE = "Type instead; close other programs if memory is short, and speak again."


class WhisperTranscriber:
    """The ``Transcriber`` port on a worker in a child process.

    Args:
        factory: Makes the worker in the child, given a device; must be importable by name.
        model_id: Name and content hash of the recogniser.
        silence_s: Longest wait for a sign of life while the child works; it sends one between any two
            tokens, but not while it takes in a window of sound.
        start_s: Longest wait for a child to load its model.
    """

    def __init__(
        self, factory: Callable[[str], ChildWorker], model_id: str, *, silence_s: float = 120.0, start_s: float = 600.0
    ) -> None:
        self._factory = factory
        self._model_id = model_id
        self._silence_s, self._start_s = silence_s, start_s
        self._lock = threading.Lock()
        self._child = self._made(ANY_DEVICE)
        self._is_closed = False

    @property
    def model_id(self) -> str:
        """Name and content hash of the recogniser, for provenance."""
        return self._model_id

    @property
    def pid(self) -> int | None:
        """Process id of the child, None when there is none."""
        return self._child.pid

    def start(self) -> None:
        """Start the child; returns at once while it loads.

        Raises:
            ModelUnavailable: The recogniser has been closed.
        """
        with self._lock:
            self._stop_if_closed()
            self._child.start()

    def prepare(self) -> None:
        """Load what is needed, so that the first turn does not wait.

        Raises:
            ModelUnavailable: The weights are missing, or  cannot be run.
        """
        with self._lock:
            self._twice(lambda: self._child.load())

    def transcribe(
        self, samples: Samples, *, hint: str = "", is_final: bool = True, cancel: Cancellation | None = None
    ) -> Recognised:
        """Return the words in a segment of speech; see ``services.voice.ports.Transcriber``.

        One call at a time: who has a guess under way in another thread cancels it before asking for the final words.

        Raises:
            ModelUnavailable: The recogniser cannot be run, or no longer.
            Cancelled: ``cancel`` was set; the child stops before its next token.
        """
        sound = np.ascontiguousarray(samples, dtype=np.float32).reshape(-1)
        request = ReadingRequest(sound, hint, is_final)
        with self._taken(cancel):
            answers: list[Recognised] = []
            self._twice(lambda: answers.append(Recognised.model_validate(self._child.ask(request, cancel=cancel))))
            return answers[0].model_copy(update={"model_id": self._model_id})

    def close(self) -> None:
        """End the child, whatever it is doing; a later call is refused."""
        self._is_closed = True
        self._child.close()  # a call under way finds its child lost
        if not self._lock.acquire(timeout=2 * END_S):
            _log.warning("A call to the speech recogniser has not returned; it was closed anyway.")
            return
        try:
            self._child.drop()
        finally:
            self._lock.release()

    @contextmanager
    def _taken(self, cancel: Cancellation | None) -> Iterator[None]:
        """Wait for the call of another thread to end, unless cancelled."""
        while not self._lock.acquire(timeout=LOOK_EVERY_S):
            stop_if_cancelled(cancel)
        try:
            yield
        finally:
            self._lock.release()

    def _twice(self, work: Callable[[], None]) -> None:
        """Do something with the child, and with a new one when that was lost."""
        for is_last in (False, True):
            self._stop_if_closed()
            try:
                return work()
            except ChildLost as error:
                _log.warning("The speech recogniser's process was lost: %s", error)
                self._child.drop()
                self._stop_if_closed()
                if is_last:
                    raise ModelUnavailable("The speech recogniser has stopped.", _TYPE) from error
                if isinstance(error, ChildBroken) and error.is_device:
                    self._child = self._made(PROCESSOR)
        return None

    def _made(self, device: str) -> ChildProcess:
        factory = partial(self._factory, device)
        return ChildProcess(factory, "simpatient-recogniser", silence_s=self._silence_s, start_s=self._start_s)

    def _stop_if_closed(self) -> None:
        if self._is_closed:
            raise ModelUnavailable("The speech recogniser has been closed.", "Start the program again.")


def open_transcriber(settings: WhisperSettings) -> WhisperTranscriber:
    """Return the transcriber for some weights; its child process is not started yet."""
    return WhisperTranscriber(partial(WhisperReader, settings), settings.model_id)
