"""The child's side of a hosted voice. Must not know which model it hosts. Importing this module loads no torch."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from simpatient.domain.cancellation import Cancellation
from simpatient.domain.models.chat import Completion, Message, Sampling
from simpatient.domain.ports import PatientModel
from simpatient.runtime.child_serving import Call


class HostedModel(PatientModel, Protocol):
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


class PatientModelWorker:
    """The worker around a hosted voice.

    Args:
        factory: Makes the voice.
    """

    def __init__(self, factory: Callable[[], HostedModel]) -> None:
        self._voice = factory()

    def load(self) -> list[int]:
        """Load the model and return its canary."""
        self._voice.load()
        return list(self._voice.canary())

    def answer(self, request: tuple[Any, ...], call: Call) -> None:
        """Speak, prepare or forget."""
        what, *rest = request
        if what == "forget":
            self._voice.forget(*rest)
        elif what == "prepare":
            self._voice.prepare(*rest, cancel=call)
        else:
            self._speak(call, *rest)

    def _speak(self, call: Call, session: str, messages: tuple[Message, ...], note: str, sampling: Sampling) -> None:
        answer: Completion = self._voice.speak(session, messages, note, sampling, call.offer, cancel=call)
        call.finish(answer.model_dump())
        if answer.text:
            # Read the answer as what was said, while the trainee reads it too, until the next request comes.
            said = Message(role="assistant", content=answer.text)
            self._voice.prepare(session, (*messages, said), cancel=call)
