"""A chat model of this computer for one long piece of work, in a process that is ended afterwards.

For judging, where minutes are fine and the window's own process must stay free of models. Must not know what is asked.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from simpatient.domain.cancellation import Cancellation
from simpatient.domain.errors import ModelUnavailable
from simpatient.domain.models.chat import Completion, Message, Request, Sampling
from simpatient.domain.ports import ChatModel, OnDone
from simpatient.llm.local.chat import TransformersChatModel
from simpatient.runtime.child_process import ChildBroken, ChildLost, ChildSilent, child_for
from simpatient.runtime.child_serving import Call

_SMALLER = "Choose a smaller model, or close other programs."


class ChatProcess:
    """The ``ChatModel`` port; each call loads the model in a child, asks it and ends the child.

    Args:
        folder: The model's folder.
        make_model: Makes the model from its folder in the child; must be importable by name.
        timeout_s: Longest silence of the child, loading included.
    """

    def __init__(
        self,
        folder: Path,
        make_model: Callable[[Path], ChatModel] = TransformersChatModel,
        *,
        timeout_s: float = 1800.0,
    ) -> None:
        self._folder = folder
        self._make_model = make_model
        self._timeout_s = timeout_s

    @property
    def model_id(self) -> str:
        """Folder name and hash of all its model files; reads the files, loads nothing."""
        return self._make_model(self._folder).model_id

    def complete(
        self,
        prefix: Sequence[Message],
        requests: Sequence[Request],
        sampling: Sampling,
        *,
        cancel: Cancellation | None = None,
        on_done: OnDone | None = None,
    ) -> tuple[tuple[Completion, ...], ...]:
        """Answer several requests that begin alike; see ``domain.ports.ChatModel``.

        Raises:
            ModelUnavailable: The model cannot be run here, or its process died.
            Cancelled: ``cancel`` was set.
        """
        if not requests:
            return ()
        work = (self._make_model, self._folder, tuple(prefix), tuple(requests), sampling)
        with child_for(_complete, "simpatient-judge", silence_s=self._timeout_s) as child, losses_in_words(_SMALLER):
            answers = child.ask(work, on_piece=on_done, cancel=cancel)
        return tuple(tuple(Completion.model_validate(one) for one in each) for each in answers)


@contextlib.contextmanager
def losses_in_words(too_slow: str) -> Iterator[None]:
    """Say what became of a model's process.

    Args:
        too_slow: What to do about a model that does not answer in time.

    Raises:
        ModelUnavailable: The child was lost.
    """
    try:
        yield
    except ChildSilent as error:
        raise ModelUnavailable("The model did not answer in time.", too_slow) from error
    except ChildBroken as error:
        raise ModelUnavailable(f"The model failed ({error.error}).", "Choose another model.") from error
    except ChildLost as error:
        raise ModelUnavailable("The model's process ended, most likely because memory ran out.", _SMALLER) from error


def loaded(make_model: Callable[[Path], ChatModel], folder: Path) -> ChatModel:
    """Return a model made from its folder and loaded, where it can be."""
    model = make_model(folder)
    load: Callable[[], None] | None = getattr(model, "load", None)
    if load is not None:
        load()
    return model


def _complete(
    make_model: Callable[[Path], ChatModel],
    folder: Path,
    prefix: Sequence[Message],
    requests: Sequence[Request],
    sampling: Sampling,
    call: Call,
) -> list[list[dict[str, Any]]]:
    """Answer; runs in the child."""
    answers = loaded(make_model, folder).complete(prefix, requests, sampling, on_done=call.give)
    return [[one.model_dump() for one in each] for each in answers]
