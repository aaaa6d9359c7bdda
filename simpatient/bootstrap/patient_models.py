"""The chat models that may play patients, as the user has set them up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from simpatient.domain.errors import (
    ModelUnavailable,
)
from simpatient.domain.ports import PatientModel
from simpatient.domain.session.session import REMOTE

if TYPE_CHECKING:
    from simpatient.llm.local.host import PatientModelProcess
    from simpatient.llm.remote.remote_model import RemoteChatModel
from simpatient.bootstrap.models import SET_UP_SERVER, open_remote_model


class ConfiguredPatientModels:
    """Chat models that may play a patient: those on this computer, and that of a server the user has set up.

    Args:
        home: Where the user's settings are.
        folder_of: Returns the folder of a model on this computer.
    """

    def __init__(self, home: Path, folder_of: Callable[[str], Path]) -> None:
        self._home = home
        self._folder_of = folder_of
        self._local: tuple[Path, PatientModelProcess] | None = None
        self._remote: RemoteChatModel | None = None
        self._lock = Lock()

    def patient_model(self, model: str) -> PatientModel:
        """Return the server's model for ``remote`` and for its id (of no other server's), else one on this computer.

        Raises:
            ModelUnavailable: No such model is set up.
        """
        with self._lock:
            return self._served(model) if f"{model}:".startswith(REMOTE) else self._hosted(self._folder_of(model))

    def _hosted(self, folder: Path) -> PatientModel:
        """Return the model in a folder, in a separate process; one model at a time is in memory."""
        from simpatient.llm.local.host import open_patient_model

        if self._local is None or self._local[0] != folder:
            self._close_local()
            self._local = (folder, open_patient_model(folder))
            self._local[1].start()
        return self._local[1]

    def _served(self, model: str) -> PatientModel:
        found = self._remote_model()
        if f"{model}:" != REMOTE and model != found.model_id:
            raise ModelUnavailable(f"The server of {model} is no longer set up.", SET_UP_SERVER)
        return found

    def _remote_model(self) -> RemoteChatModel:
        made = open_remote_model(self._home)
        if self._remote is None or self._remote.server != made.server:
            self._close_remote()
            self._remote = made
        return self._remote

    def close(self) -> None:
        """Release open connections and of the model's process."""
        with self._lock:
            self._close_remote()
            self._close_local()

    def _close_remote(self) -> None:
        if self._remote is not None:
            self._remote.close()
            self._remote = None

    def _close_local(self) -> None:
        if self._local is not None:
            self._local[1].close()
            self._local = None
