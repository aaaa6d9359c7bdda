"""A patient model in a child process, so that a crash, a hang or full memory takes down only the child.

A lost child is replaced and the turn tried once more, as long as nothing of the answer was passed on. A
fresh child must give the answer to a fixed prompt that the first one gave. Must not know which model it
hosts or who calls. Importing this module loads no torch.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from simpatient.domain.cancellation import Cancellation
from simpatient.domain.errors import ModelUnavailable
from simpatient.domain.models.chat import Completion, Message, Sampling
from simpatient.domain.ports import OnText
from simpatient.llm.local.engine import TransformersPatientModel
from simpatient.llm.local.host_child import HostedModel, PatientModelWorker
from simpatient.llm.local.loader import id_of
from simpatient.runtime.child_process import END_S, ChildLost, ChildProcess

_log = logging.getLogger(__name__)
_GO_ON = "Continue; the guided patient answers until the language model works again."


class PatientModelProcess:
    """A patient model behind a pipe; the same port as the model it hosts.

    Args:
        factory: Makes the model in the child; must be importable by name.
        read_id: Returns the hosted model's id in this process.
        silence_s: Longest wait for a sign of life while the child works; it sends one between any two
            tokens, and between parts of a long prompt.
        start_s: Longest wait for a child to load its model.
    """

    def __init__(
        self,
        factory: Callable[[], HostedModel],
        read_id: Callable[[], str],
        *,
        silence_s: float = 60.0,
        start_s: float = 900.0,
    ) -> None:
        self._child = ChildProcess(
            partial(PatientModelWorker, factory), "simpatient-patient-model", silence_s=silence_s, start_s=start_s
        )
        self._read_id = read_id
        self._lock = threading.RLock()
        self._is_closed = False
        self._canary: tuple[int, ...] | None = None
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
        return self._child.pid

    def start(self) -> None:
        """Start the child; returns at once while the child loads the model."""
        with self._lock:
            self._stop_if_closed()
            self._child.start()

    def prepare(self, session: str, messages: Sequence[Message]) -> None:
        """Read messages ahead; see ``domain.ports.PatientModel``.

        Raises:
            ModelUnavailable: The model cannot be loaded or run; replacing a lost child did not help.
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
        """Answer the last message; see ``domain.ports.PatientModel``.

        When the child is lost after something was passed on, the answer ends there.

        Raises:
            ModelUnavailable: The model cannot be run; replacing a lost child did not help.
            Cancelled: ``cancel`` was set; the child stops as soon as it can.
        """
        request = ("speak", session, tuple(messages), note, sampling)
        answer = self._try_twice(request, on_text, cancel)
        return answer if isinstance(answer, Completion) else Completion.model_validate(answer)

    def forget(self, session: str) -> None:
        """Drop what is kept of a session."""
        with self._lock:
            self._child.notify(("forget", session))

    def close(self) -> None:
        """End the child, whatever it is doing; a later call is refused."""
        # Before the lock is taken: a call under way may hold it for minutes.
        self._is_closed = True
        self._child.close()  # a call under way finds its child lost
        if not self._lock.acquire(timeout=END_S):
            _log.warning("A call to the language model has not returned; it was closed anyway.")
            return
        try:
            self._child.drop()
        finally:
            self._lock.release()

    def _try_twice(self, request: tuple[Any, ...], on_text: OnText, cancel: Cancellation | None) -> Any:
        said: list[str] = []

        def pass_on(piece: str) -> bool:
            said.append(piece)
            return on_text(piece)

        with self._lock:
            for is_last in (False, True):
                self._stop_if_closed()
                try:
                    self._load(cancel)
                    return self._child.ask(request, on_piece=pass_on, cancel=cancel)
                except ChildLost as error:
                    _log.warning("The language model's process was lost: %s", error)
                    self._child.drop()
                    # Words already shown cannot be taken back, so a second try would repeat or contradict them.
                    if said and not self._is_closed:
                        self._child.start()  # loads while the trainee reads
                        return _cut_short("".join(said), len(said))
                    if is_last or self._is_closed:
                        raise ModelUnavailable("The language model has stopped.", _GO_ON) from error
            return None

    def _load(self, cancel: Cancellation | None) -> None:
        """Wait until the child has loaded its model and shown that it is the model it should be."""
        canary = tuple(self._child.load(cancel))
        self._canary = self._canary or canary
        if canary != self._canary:
            self._child.drop()
            raise ModelUnavailable("The language model no longer answers as it did.", "Start the program again.")

    def _stop_if_closed(self) -> None:
        if self._is_closed:
            raise ModelUnavailable("The language model has been closed.", "Start the program again.")


def open_patient_model(folder: Path, *, threads: int | None = None, stops: Sequence[str] = ()) -> PatientModelProcess:
    """Return a voice for the model in a folder, in a child process that is not started yet."""
    factory = partial(TransformersPatientModel, folder, threads=threads, stops=tuple(stops))
    return PatientModelProcess(factory, partial(id_of, folder))


def _cut_short(text: str, pieces: int) -> Completion:
    return Completion(text=text, tokens=pieces, log_probability=0.0, least_log_probability=0.0, is_complete=False)
