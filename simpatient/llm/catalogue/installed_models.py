"""Model folders and the register of those on this machine, as files. Loads no torch and no transformers.

The register is one JSON file beside the downloaded models; sessions find their model again by it. Must not
know what models are used for.
"""

import hashlib
import json
import shutil
import struct
from collections.abc import Callable
from contextlib import suppress
from math import prod
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from simpatient.domain.base import Value
from simpatient.domain.errors import ModelUnavailable, StorageUnavailable
from simpatient.domain.models.chat_models import GB, FolderFacts, InstalledModel
from simpatient.runtime.files import open_plain_file, read_plain_file
from simpatient.runtime.settings_store import SettingsStore
from simpatient.services.models.model_checks import is_other_weights
from simpatient.services.models.ports import HubFile

SECTION = "models"
REGISTER = "models.json"  # of 0.3.0
_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json")
_TEMPLATES = ("chat_template.jinja", "chat_template.json")
# Longest header of a safetensors file that is read; the format's own limit is 100 MB.
_LONGEST_HEADER = 100_000_000
# The largest among configurations and tokenizer settings have a few hundred kilobytes.
_MOST_JSON = 20_000_000


class _Register(Value):
    schema_version: int = 1
    chosen: str = ""
    models: tuple[InstalledModel, ...] = Field(default=())


class SettingsModelRegistry:
    """The ``ModelRegistry`` port on the settings.

    Args:
        store: The settings of the user's home.
        former: The file 0.3.0 kept the models in; taken over once.
    """

    def __init__(self, store: SettingsStore, former: Path) -> None:
        self._store = store
        self._former = former

    def installed(self) -> tuple[InstalledModel, ...]:
        """Return all models, in the order they were added."""
        return self._read().models

    def put(self, model: InstalledModel) -> None:
        """Store a model, in the place of one with the same id."""

        def change(now: _Register) -> _Register:
            kept = [model if one.id == model.id else one for one in now.models]
            return now.model_copy(update={"models": (*kept, *([] if model in kept else [model]))})

        self._change(change)

    def forget(self, model_id: str) -> None:
        """Remove the entry with this id; if it was chosen, none is afterwards."""
        self._change(
            lambda now: now.model_copy(
                update={
                    "models": tuple(one for one in now.models if one.id != model_id),
                    "chosen": "" if now.chosen == model_id else now.chosen,
                }
            )
        )

    def chosen(self) -> str:
        """Return the id of the model chosen for new sessions, '' for none."""
        return self._read().chosen

    def choose(self, model_id: str) -> None:
        """Choose a model for new sessions; '' for none."""
        self._change(lambda now: now.model_copy(update={"chosen": model_id}))

    def _read(self) -> _Register:
        try:
            self._store.adopt(SECTION, self._former)
            return _register(self._store.read(SECTION))
        except ValidationError as error:
            raise StorageUnavailable(
                f"The list of language models in {self._store.path} cannot be read.",
                "Move the file away; the models can be added again with 'simpatient models add'.",
            ) from error

    def _change(self, change: Callable[[_Register], _Register]) -> None:
        self._read()  # takes over what there was, and refuses to write over what cannot be read
        self._store.change(SECTION, lambda now: {**now, **change(_register(now)).model_dump(mode="json")})


def _register(stored: dict[str, Any]) -> _Register:
    return _Register.model_validate({name: stored[name] for name in _Register.model_fields.keys() & stored.keys()})


class ModelFolders:
    """The ``ModelFiles`` port on the disk."""

    def facts(self, folder: Path) -> FolderFacts:
        """Return what lies in a folder; never raises for damaged files."""
        config, weights = _json(folder / "config.json"), sorted(folder.glob("*.safetensors"))
        headers = {path.name: _header(path) for path in weights}
        names = {path.name for path in _files(folder)}
        return FolderFacts(
            **_shape(config),
            parameters=_parameters(headers.values()) / GB,
            weight_bytes=sum(path.stat().st_size for path in weights),
            total_bytes=self.size(folder),
            other_weights=tuple(sorted(name for name in names if is_other_weights(name))),
            missing=_missing(folder, names),
            damaged=tuple(name for name, header in headers.items() if header is None),
            has_config=bool(config),
            has_tokenizer=any(name in names for name in _TOKENIZERS),
            has_chat_template=_has_template(folder, names),
            needs_own_code="auto_map" in config and not _is_known(str(config.get("model_type", ""))),
        )

    def model_id(self, folder: Path) -> str:
        """Return name and content hash; reads all files."""
        if not folder.is_dir():
            raise ModelUnavailable(f"There is no language model in {folder}.", "Choose another folder.")
        from simpatient.llm.local.chat import TransformersChatModel  # what runs a model is not needed to list them

        return TransformersChatModel(folder).model_id

    def matches(self, file: HubFile, folder: Path) -> bool:
        """Whether a file is there with the size and checksum the hub gave."""
        path = folder / file.name
        try:
            if path.stat().st_size != file.size:
                return False
            with path.open("rb") as opened:
                if file.sha256:
                    return hashlib.file_digest(opened, "sha256").hexdigest() == file.sha256
                # Small files have git's own checksum: SHA-1 over a short head and the content.
                head = f"blob {file.size}\0".encode()
                git = hashlib.sha1(head + opened.read(), usedforsecurity=False)
                return not file.git_sha1 or git.hexdigest() == file.git_sha1
        except OSError:
            return False

    def free_bytes(self, folder: Path) -> int:
        """Return the room left on the disk that holds a folder, which need not be there yet."""
        there = next(path for path in (folder, *folder.absolute().parents) if path.is_dir())
        return shutil.disk_usage(there).free

    def size(self, folder: Path) -> int:
        """Return the size of everything below a folder, in bytes; 0 where there is none."""
        total = 0
        for path in folder.rglob("*"):
            with suppress(OSError):  # a download's file may be renamed just now
                total += path.stat().st_size if path.is_file() else 0
        return total

    def remove(self, folder: Path) -> None:
        """Delete a folder and all in it."""
        try:
            shutil.rmtree(folder)
        except FileNotFoundError:
            return
        except OSError as error:
            raise StorageUnavailable(
                f"The model's folder cannot be deleted ({error.strerror}).",
                "Close other programs that use it and try again.",
            ) from error


def _files(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.is_file()]
    except OSError:
        return []


def _json(path: Path) -> dict[str, Any]:
    try:
        read = json.loads(read_plain_file(path, _MOST_JSON))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


def _header(path: Path) -> dict[str, Any] | None:
    """Return the header of a safetensors file; None when the file is cut off or no such file."""
    try:
        with open_plain_file(path) as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > _LONGEST_HEADER:
                return None
            header = json.loads(file.read(length))
        ends = [part["data_offsets"][1] for name, part in header.items() if name != "__metadata__"]
        is_complete = path.stat().st_size == 8 + length + max(ends, default=0)
    except (OSError, ValueError, struct.error, LookupError, TypeError, AttributeError):
        return None
    return header if is_complete else None


def _parameters(headers: Any) -> int:
    shapes = [
        part.get("shape", [])
        for header in headers
        for name, part in (header or {}).items()
        if name != "__metadata__" and isinstance(part, dict)
    ]
    return sum(prod(shape) for shape in shapes)


def _missing(folder: Path, names: set[str]) -> tuple[str, ...]:
    listed = _json(folder / "model.safetensors.index.json").get("weight_map", {})
    wanted = {str(name) for name in listed.values()} if isinstance(listed, dict) else set()
    return tuple(sorted(wanted - names))


def _has_template(folder: Path, names: set[str]) -> bool:
    return any(name in names for name in _TEMPLATES) or bool(
        _json(folder / "tokenizer_config.json").get("chat_template")
    )


def _shape(config: dict[str, Any]) -> dict[str, Any]:
    """Return architecture, context and bytes per token from a configuration, of a text part where there is one."""
    inner = config.get("text_config")
    text = inner if isinstance(inner, dict) else config

    def number(key: str, otherwise: int = 0) -> int:
        value = text.get(key)
        return value if isinstance(value, int) and value > 0 else otherwise

    heads = number("num_attention_heads", 1)
    width = number("head_dim", number("hidden_size") // heads)
    keys = number("num_hidden_layers") * number("num_key_value_heads", heads) * width * 2 * 2
    named = config.get("architectures")
    architecture = str(named[0]) if isinstance(named, list) and named else str(config.get("model_type", ""))
    return {"architecture": architecture, "context": number("max_position_embeddings"), "keys_per_token": keys}


def _is_known(model_type: str) -> bool:
    """Whether transformers has the program code for this kind of model itself."""
    try:
        from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES
    except ImportError as error:
        from simpatient.llm.local.loader import INSTALL_LIBRARIES, NO_LIBRARIES

        raise ModelUnavailable(NO_LIBRARIES, INSTALL_LIBRARIES) from error
    return model_type in CONFIG_MAPPING_NAMES
