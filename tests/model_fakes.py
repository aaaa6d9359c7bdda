"""Stand-ins for the ports of the models manager: a hub over a folder, a machine, a register in memory."""

import hashlib
import json
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import gettempdir

from simpatient.domain.cancellation import Cancellation, stop_if_cancelled
from simpatient.domain.errors import ModelUnavailable, NotFound, UserFacingError
from simpatient.domain.models.chat_models import (
    Gpu,
    InstalledModel,
    Machine,
    Measurement,
    ModelCatalogue,
)
from simpatient.domain.models.servers import RemoteServer
from simpatient.llm.catalogue.installed_models import ModelFolders
from simpatient.services.models.models import ModelService
from simpatient.services.models.ports import HubFile, HubListing
from tests.fakes import FakeLibrary, FixedClock

COMMIT = "0123456789abcdef0123456789abcdef01234567"
MEASURED = Measurement(
    device="Card", load_s=2.5, first_token_s=0.2, prompt_tokens=1000, tokens_per_s=40.0, answer_tokens=64,
    copy_gb_per_s=900.0, bandwidth_share=0.7,
)  # fmt: skip


def safetensors(numbers: int = 8) -> bytes:
    """Return a file of so many 16-bit weights."""
    header = json.dumps({"w": {"dtype": "BF16", "shape": [numbers], "data_offsets": [0, 2 * numbers]}}).encode()
    return struct.pack("<Q", len(header)) + header + b"\1\2" * numbers


def model_files(**changes: bytes | None) -> dict[str, bytes]:
    """Return the files of a small model folder by name; ``None`` leaves one out."""
    config = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "max_position_embeddings": 4096,
              "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "hidden_size": 32}  # fmt: skip
    files: dict[str, bytes | None] = {
        "config.json": json.dumps(config).encode(),
        "model.safetensors": safetensors(),
        "tokenizer.json": b"{}",
        "tokenizer_config.json": json.dumps({"chat_template": "{{ messages }}"}).encode(),
        **{name.replace("__", "."): content for name, content in changes.items()},
    }
    return {name: content for name, content in files.items() if content is not None}


def write_files(folder: Path, files: dict[str, bytes]) -> Path:
    """Write files into a folder and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def catalogue(*models: dict[str, object]) -> ModelCatalogue:
    """Return a catalogue; a small, a middle and a gated model when none is named."""
    shared: dict[str, object] = {
        "context": 8192, "licence": "Apache-2.0", "terms": "Free to use.", "languages": ["English"], "good_for": "Tests.",
    }  # fmt: skip
    made = models or (
        {"id": "small", "title": "Small", "hub_id": "somebody/small", "rank": 10, "parameters": 1.0, "disk_gb": 2.0,
         "memory_gb": {"bf16": 3.5, "4bit": 2.0, "fp32": 5.5}},
        {"id": "middle", "title": "Middle", "hub_id": "somebody/middle", "rank": 50, "parameters": 8.0, "disk_gb": 16.0,
         "active_parameters": 2.0, "memory_gb": {"bf16": 18.0, "4bit": 7.0, "fp32": 35.0}},
        {"id": "gated", "title": "Gated", "hub_id": "somebody/gated", "rank": 90, "parameters": 8.0, "disk_gb": 16.0,
         "is_gated": True, "memory_gb": {"bf16": 18.0, "4bit": 7.0, "fp32": 35.0}},
    )  # fmt: skip
    data = {"id": "few", "version": "1.0.0", "models": [{**shared, **model} for model in made]}
    return ModelCatalogue.model_validate(data)


@dataclass
class Repository:
    """A repository on a hub: its files in a folder, and how the hub misbehaves."""

    folder: Path
    commit: str = COMMIT
    is_gated: bool = False
    wrong_checksum: str = ""

    def files(self) -> tuple[HubFile, ...]:
        return tuple(self._file(path) for path in sorted(self.folder.rglob("*")) if path.is_file())

    def _file(self, path: Path) -> HubFile:
        name, content = path.relative_to(self.folder).as_posix(), path.read_bytes()
        if name == self.wrong_checksum:
            content = b"other" + content[5:]
        if name.endswith(".safetensors"):
            return HubFile(name=name, size=len(content), sha256=hashlib.sha256(content).hexdigest())
        git = hashlib.sha1(f"blob {len(content)}\0".encode() + content).hexdigest()
        return HubFile(name=name, size=len(content), git_sha1=git)


@dataclass
class FakeHub:
    """Serves files from folders; ``breaks_after`` bytes the connection is gone, once."""

    repositories: dict[str, Repository] = field(default_factory=dict)
    is_offline: bool = False
    breaks_after: int | None = None
    served: int = 0
    step: int = 4
    on_step: Callable[[], None] = lambda: None

    def listing(self, hub_id: str, revision: str = "", cancel: Cancellation | None = None) -> HubListing:
        self._check(hub_id)
        found = self.repositories[hub_id]
        if revision not in ("", found.commit):
            raise NotFound(f"There is no revision {revision}.")
        return HubListing(hub_id=hub_id, revision=found.commit, files=found.files())

    def fetch(
        self, listing: HubListing, folder: Path, on_bytes: Callable[[int], None], cancel: Cancellation | None = None
    ) -> None:
        self._check(listing.hub_id)
        folder.mkdir(parents=True, exist_ok=True)
        for file in listing.files:
            whole = (self.repositories[listing.hub_id].folder / file.name).read_bytes()
            path = folder / file.name
            there = path.read_bytes() if path.exists() else b""
            for at in range(len(there), len(whole), self.step):
                stop_if_cancelled(cancel)
                if self.breaks_after is not None and self.served >= self.breaks_after:
                    self.breaks_after = None
                    raise ModelUnavailable("The hub cannot be reached.", "Start the download again.")
                piece = whole[at : at + self.step]
                with path.open("ab") as opened:
                    opened.write(piece)
                self.served += len(piece)
                on_bytes(ModelFolders().size(folder))
                self.on_step()
        on_bytes(ModelFolders().size(folder))

    def _check(self, hub_id: str) -> None:
        if self.is_offline:
            raise ModelUnavailable("The hub cannot be reached.", "Check the connection.")
        if hub_id not in self.repositories:
            raise NotFound(f"The hub has no model '{hub_id}'.")
        if self.repositories[hub_id].is_gated:
            raise ModelUnavailable("The licence has to be accepted first.", "Accept it.")


@dataclass
class InMemoryRegistry:
    """The register without a disk."""

    models: dict[str, InstalledModel] = field(default_factory=dict)
    choice: str = ""

    def installed(self) -> tuple[InstalledModel, ...]:
        return tuple(self.models.values())

    def put(self, model: InstalledModel) -> None:
        self.models[model.id] = model

    def forget(self, model_id: str) -> None:
        self.models.pop(model_id, None)
        self.choice = "" if self.choice == model_id else self.choice

    def chosen(self) -> str:
        return self.choice

    def choose(self, model_id: str) -> None:
        self.choice = model_id


class FakeLibraries:
    """Libraries that are there, or come when they are asked for."""

    def __init__(self, *, is_there: bool = True, fails: UserFacingError | None = None) -> None:
        self.is_there = is_there
        self.fails = fails

    def is_installed(self) -> bool:
        return self.is_there

    def install(self, on_bytes: Callable[[int, int], None] | None = None, cancel: Cancellation | None = None) -> None:
        if self.fails is not None:
            raise self.fails
        if on_bytes is not None:
            on_bytes(10, 20)
        self.is_there = True


@dataclass
class FakeMachine:
    """A machine with as much graphics memory as a test says, in GB."""

    gpu_gb: float = 0.0
    ram_gb: float = 8.0

    def look(self) -> Machine:
        gpus = (Gpu(name="Card", free_gb=self.gpu_gb, total_gb=self.gpu_gb),) if self.gpu_gb else ()
        return Machine(gpus=gpus, ram_free_gb=self.ram_gb, ram_total_gb=self.ram_gb)


@dataclass
class FakeMeasurer:
    """Gives the same figures for every model."""

    asked: list[tuple[Path, float]] = field(default_factory=list)

    def measure(self, folder: Path, active_share: float = 1.0, cancel: Cancellation | None = None) -> Measurement:
        stop_if_cancelled(cancel)
        self.asked.append((folder, active_share))
        return MEASURED


class RoomyFolders(ModelFolders):
    """Real folders on a disk with as much room as a test says."""

    room: int = 10**15

    def free_bytes(self, folder: Path) -> int:
        return self.room


class FakeServerSettings:
    """A server that is set up in memory; ``fails`` is what asking it meets."""

    def __init__(self) -> None:
        self.choice: RemoteServer | None = None
        self.key = ""
        self.fails: Exception | None = None

    def chosen(self) -> RemoteServer | None:
        return self.choice

    def set(self, server: RemoteServer, new_key: str = "") -> Path:
        self.choice = server.model_copy(update={"key_file": "server.key"}) if new_key else server
        self.key = new_key or self.key
        return Path("server.json")

    def forget(self) -> None:
        self.choice = None

    def check(self) -> str:
        if self.choice is None:
            raise ModelUnavailable("No language model server is set up.")
        if self.fails:
            raise self.fails
        return f"remote:{self.choice.model}@models.example.org"


class ModelWorld:
    """The models manager on fakes, with a real folder to fetch into."""

    def __init__(
        self, home: Path | None = None, *, library: FakeLibrary | None = None, clock: FixedClock | None = None
    ):
        self.home = home or Path(gettempdir()) / "simpatient-no-models"
        self.hub, self.registry, self.machine = FakeHub(), InMemoryRegistry(), FakeMachine()
        self.files, self.measurer = RoomyFolders(), FakeMeasurer()
        self.server, self.libraries = FakeServerSettings(), FakeLibraries()
        self.library = library or FakeLibrary(all_catalogues=[catalogue()])
        self.service = ModelService(
            library=self.library,
            hub=self.hub,
            registry=self.registry,
            files=self.files,
            probe=self.machine,
            measurer=self.measurer,
            clock=clock or FixedClock(),
            home=self.home,
            server=self.server,
            libraries=self.libraries,
        )

    def publish(self, hub_id: str, source: Path, **changes: bytes | None) -> Repository:
        """Put a model on the hub."""
        made = Repository(write_files(source / hub_id.replace("/", "--"), model_files(**changes)))
        self.hub.repositories[hub_id] = made
        return made
