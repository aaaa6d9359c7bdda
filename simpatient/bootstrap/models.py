"""Builds what manages and opens language models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from simpatient.bootstrap.clock import SystemClock
from simpatient.content.reading.locations import bundled_root
from simpatient.domain.errors import (
    ModelUnavailable,
)
from simpatient.domain.ports import ChatModel
from simpatient.runtime.components import Component
from simpatient.services.ports import ContentLibrary

if TYPE_CHECKING:
    from simpatient.llm.remote.remote_model import RemoteChatModel
    from simpatient.services.models.models import ModelService
    from simpatient.services.models.ports import ServerSettings
from simpatient.bootstrap.person import actor_here
from simpatient.bootstrap.settings import open_settings

SET_UP_SERVER = "Set one up with 'simpatient server set'."


MODELS = "models"


def open_remote_model(home: Path) -> RemoteChatModel:
    """Return the model of the server the user has set up; nothing is sent yet.

    Raises:
        ModelUnavailable: None is set up.
    """
    from simpatient.llm.remote.remote_model import RemoteChatModel
    from simpatient.llm.remote.server_settings import read_server

    server = read_server(open_settings(home))
    if server is None:
        raise ModelUnavailable("No language model server is set up.", SET_UP_SERVER)
    return RemoteChatModel(server, actor_here().person_id)


def open_chat_model(folder: Path | None) -> ChatModel:
    """Return the chat model in a folder, loaded, in this process. There is none by default.

    Raises:
        ModelUnavailable: No folder was named, or it holds no chat model that can be run here.
    """
    from simpatient.llm.local.chat import TransformersChatModel

    if folder is None:
        raise ModelUnavailable("No language model was chosen.", "Name the folder of one with --model.")
    model = TransformersChatModel(folder)
    model.load()
    return model


def open_server_settings(home: Path) -> ServerSettings:
    """Return which server the user has set up; nothing is sent by asking that."""
    from simpatient.llm.remote.server_settings import StoredServerSettings

    return StoredServerSettings(open_settings(home), actor_here().person_id)


def open_models(home: Path, library: ContentLibrary) -> ModelService:
    """Return the manager of the language models under ``home``; it loads none and asks no network by itself."""
    from simpatient.llm.catalogue.hub import HuggingFaceHub
    from simpatient.llm.catalogue.installed_models import REGISTER, ModelFolders, SettingsModelRegistry
    from simpatient.llm.catalogue.machine import ThisMachine
    from simpatient.llm.catalogue.measuring import ChildMeasurer
    from simpatient.services.models.models import ModelService

    folder = home / MODELS
    return ModelService(
        library=library,
        hub=HuggingFaceHub(),
        registry=SettingsModelRegistry(open_settings(home), folder / REGISTER),
        files=ModelFolders(),
        probe=ThisMachine(),
        measurer=ChildMeasurer(),
        clock=SystemClock(),
        home=folder,
        server=open_server_settings(home),
        libraries=component(home, "models"),
    )


def component(home: Path, name: str) -> Component:
    """Return a part of the program that is installed when it is first asked for."""
    return Component(name, bundled_root(), home / "cache" / "packages")
