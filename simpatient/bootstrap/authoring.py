"""Builds what authors use."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from simpatient.bootstrap.models import open_chat_model, open_remote_model
from simpatient.content.library import check_paths, open_library
from simpatient.content.reading.loader import load_content, load_file
from simpatient.domain.content.persona import Persona
from simpatient.domain.errors import (
    ContentError,
)
from simpatient.domain.ports import ChatModel
from simpatient.services.authoring.drafting import DraftService


class FileAuthoringTools:
    """Checks and reads content files on disk."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def check(self, paths: Sequence[Path]) -> tuple[ContentError, ...]:
        """Return every problem of the files, or of all content when none is named."""
        return check_paths(paths, self._home)

    def read_persona(self, path: Path) -> Persona:
        """Return the persona in a file."""
        return load_content(path, Persona)

    def kind_of(self, path: Path) -> str:
        """Return what kind of content a file is; '' when it cannot be determined."""
        kind = load_file(path).kind
        return kind.name if kind is not None else ""


def open_drafting(home: Path, folder: Path | None) -> DraftService:
    """Return what drafts for authors, by the model in a folder, else by the server the user has set up.

    Raises:
        ModelUnavailable: There is neither, or the folder holds no chat model that can be run here.
    """
    model: ChatModel = open_chat_model(folder) if folder is not None else open_remote_model(home)
    return DraftService(library=open_library(home), model=model)
