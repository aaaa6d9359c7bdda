"""The chat models that may rate sessions, as the user has set them up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from simpatient.domain.errors import (
    ModelUnavailable,
    StorageUnavailable,
)
from simpatient.domain.ports import ChatModel, Grader
from simpatient.domain.session.session import REMOTE
from simpatient.services.ports import ContentLibrary

if TYPE_CHECKING:
    from simpatient.services.models.models import ModelService
from simpatient.bootstrap.coding import GRADE
from simpatient.bootstrap.models import SET_UP_SERVER, open_remote_model


class ConfiguredRaters:
    """Chat models that may rate sessions: the server the user has set up, and those on this computer.

    Args:
        home: Where the user's settings are.
        library: Where the prompts are.
        models: The models on this computer.
    """

    def __init__(self, home: Path, library: ContentLibrary, models: ModelService) -> None:
        self._home = home
        self._library = library
        self._models = models

    def known(self) -> tuple[tuple[str, str], ...]:
        """Return ``(id, title)`` of each; nothing is loaded or sent.

        A list or settings that cannot be read offer nothing: what else there is to look back at does not wait for them.
        """
        here: list[tuple[str, str]] = []
        with suppress(StorageUnavailable):
            here = [(model.id, model.title) for model in self._models.installed()]
        with suppress(ModelUnavailable):
            served = open_remote_model(self._home)
            here.insert(0, (served.model_id, f"{served.server.model} on {served.server.host}"))
            served.close()
        return tuple(here)

    def is_same(self, judge: str, model: str) -> bool:
        """Return whether a judge is the model of a session's manifest."""
        if judge == model:
            return True
        with suppress(ModelUnavailable, StorageUnavailable):
            return not judge.startswith(REMOTE) and self._models.resolve(judge) == self._models.resolve(model)
        return False

    @contextmanager
    def grader(self, judge: str) -> Iterator[Grader]:
        """Give a judge: the server's model when its id is still that, else one of this computer in its own process."""
        if not judge.startswith(REMOTE):
            from simpatient.llm.local.chat_process import ChatProcess

            yield open_llm_grader(ChatProcess(self._models.resolve(judge)), self._library)
            return
        with closing(open_remote_model(self._home)) as served:
            if served.model_id != judge:
                raise ModelUnavailable(f"The server of {judge} is no longer set up.", SET_UP_SERVER)
            yield open_llm_grader(served, self._library)


def open_llm_grader(model: ChatModel, library: ContentLibrary) -> Grader:
    """Return the grader that asks a chat model, which the caller has chosen for this.

    Raises:
        NotFound: The prompt is missing.
    """
    from simpatient.assessment.scoring.llm_grader import LlmGrader

    return LlmGrader(model, library.prompt(GRADE))
