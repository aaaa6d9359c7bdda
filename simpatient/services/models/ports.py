"""Ports of the models manager: a hub to fetch from, files, a register, the machine, a stop watch."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from pydantic import Field

from simpatient.domain.base import Value
from simpatient.domain.cancellation import Cancellation
from simpatient.domain.models.chat_models import Commit, FolderFacts, HubId, InstalledModel, Machine, Measurement
from simpatient.domain.models.servers import RemoteServer


class ServerSettings(Protocol):
    """Which server's language model may be used, as the user has set it up; none by default."""

    def chosen(self) -> RemoteServer | None:
        """Return the server that is set up, without its secret; None when there is none.

        Raises:
            ModelUnavailable: The settings cannot be read.
        """
        ...

    def set(self, server: RemoteServer, new_key: str = "") -> Path:
        """Use a server, and return the file that says so; nothing is sent yet.

        Args:
            server: The server; a secret it holds is made anew.
            new_key: A key to be kept for it from now on, in a file only the user can read; it then names no
                other place for a key.

        Raises:
            UserFacingError: It cannot be used as it is: no address, unsafe, no key, nowhere to write.
        """
        ...

    def forget(self) -> None:
        """Stop using one."""
        ...

    def check(self) -> str:
        """Ask the server for one word, and return which model answers.

        Raises:
            ModelUnavailable: None is set up, or it does not answer.
        """
        ...


class Libraries(Protocol):
    """Program libraries that are installed when they are first asked for."""

    def is_installed(self) -> bool:
        """Whether all of them are there."""
        ...

    def install(self, on_bytes: Callable[[int, int], None] | None = None, cancel: Cancellation | None = None) -> None:
        """Fetch and install what is missing; continues where it stopped.

        Args:
            on_bytes: Gets the bytes fetched so far, and of all packages named so far.
            cancel: Ends it; what has been downloaded so far is kept.

        Raises:
            UserFacingError: Something cannot be fetched or installed.
            Cancelled: ``cancel`` was set.
        """
        ...


class HubFile(Value):
    """A file on the hub; ``sha256`` for large files, ``git_sha1`` (of the blob) for all others."""

    name: str
    size: int = Field(ge=0)
    sha256: str = ""
    git_sha1: str = ""


class HubListing(Value):
    """The files of a model at one commit."""

    hub_id: HubId
    revision: Commit
    files: tuple[HubFile, ...]


class ModelHub(Protocol):
    """Where models are fetched from. The only part of the program that uses the network, and only when asked to."""

    def listing(self, hub_id: str, revision: str = "", cancel: Cancellation | None = None) -> HubListing:
        """Return the files of a model, at the newest commit when no revision is given.

        Raises:
            NotFound: There is no such model or revision.
            ModelUnavailable: The hub cannot be reached, or wants its licence accepted first.
            Cancelled: ``cancel`` was set.
        """
        ...

    def fetch(
        self,
        listing: HubListing,
        folder: Path,
        on_bytes: Callable[[int], None],
        cancel: Cancellation | None = None,
    ) -> None:
        """Fetch all files of a listing into a folder; what an earlier try left there is continued.

        Args:
            listing: Only the files named in it are fetched.
            folder: Made when it is not there.
            on_bytes: Gets the number of bytes that are there by now.
            cancel: Ends the fetching; what has come so far is kept for the next time.

        Raises:
            ModelUnavailable: The connection was lost for good, or the disk is full.
            Cancelled: ``cancel`` was set.
        """
        ...


class ModelRegistry(Protocol):
    """Which models are on this machine and which one is chosen. Every call returns when the change is durable.

    All methods raise ``StorageUnavailable`` when the file cannot be read or written.
    """

    def installed(self) -> tuple[InstalledModel, ...]:
        """Return all models, in the order they were added."""
        ...

    def put(self, model: InstalledModel) -> None:
        """Store a model, in the place of one with the same id."""
        ...

    def forget(self, model_id: str) -> None:
        """Remove the entry with this id; if it was chosen, none is afterwards."""
        ...

    def chosen(self) -> str:
        """Return the id of the model chosen for new sessions, '' for none."""
        ...

    def choose(self, model_id: str) -> None:
        """Choose a model for new sessions; '' for none."""
        ...


class ModelFiles(Protocol):
    """Reads and removes the folders of models."""

    def facts(self, folder: Path) -> FolderFacts:
        """Return what lies in a folder; never raises for damaged files."""
        ...

    def model_id(self, folder: Path) -> str:
        """Return name and content hash; reads all files.

        Raises:
            ModelUnavailable: There is no such folder.
        """
        ...

    def matches(self, file: HubFile, folder: Path) -> bool:
        """Whether a file is there with the size and checksum the hub gave."""
        ...

    def free_bytes(self, folder: Path) -> int:
        """Return the room left on the disk that holds a folder, which need not be there yet."""
        ...

    def size(self, folder: Path) -> int:
        """Return the size of everything below a folder, in bytes; 0 where there is none."""
        ...

    def remove(self, folder: Path) -> None:
        """Delete a folder and all in it.

        Raises:
            StorageUnavailable: It cannot be deleted.
        """
        ...


class MachineProbe(Protocol):
    """Looks at the machine."""

    def look(self) -> Machine:
        """Return its memory as it is now."""
        ...


class Measurer(Protocol):
    """Measures a model in a separate process."""

    def measure(self, folder: Path, active_share: float = 1.0, cancel: Cancellation | None = None) -> Measurement:
        """Load a model and time it.

        Args:
            folder: The model's files.
            active_share: Share of the weights that are read for a token.
            cancel: Ends the child process.

        Raises:
            ModelUnavailable: The model cannot be loaded or run here.
            Cancelled: ``cancel`` was set.
        """
        ...
