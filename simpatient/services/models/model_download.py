"""Fetching a model: what is fetched is decided, counted, checked and only then registered."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from simpatient.domain.base import Value
from simpatient.domain.cancellation import Cancellation, stop_if_cancelled
from simpatient.domain.errors import ModelUnavailable, NotFound
from simpatient.domain.models.chat_models import GB, CatalogueModel
from simpatient.services.models.model_checks import check_folder, wanted_files
from simpatient.services.models.ports import HubListing, Libraries, ModelFiles, ModelHub

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*\Z")
# Room that has to stay free on the disk, so that a download does not bring the computer to a stand.
_SPARE_BYTES = 1 * GB


class DownloadProgress(Value):
    """How far a download is; ``stage`` names what is being done."""

    stage: Literal["libraries", "asking", "fetching", "checking"]
    done_bytes: int = 0
    total_bytes: int = 0


OnProgress = Callable[[DownloadProgress], None]


def install_libraries(libraries: Libraries, on_progress: OnProgress, cancel: Cancellation | None) -> None:
    """Install the libraries that run what is about to be fetched, where they are missing.

    Raises:
        UserFacingError: They cannot be fetched or installed.
        Cancelled: ``cancel`` was set; what has been downloaded so far is kept.
    """
    if libraries.is_installed():
        return
    on_progress(DownloadProgress(stage="libraries"))

    def on_bytes(done: int, total: int) -> None:
        on_progress(DownloadProgress(stage="libraries", done_bytes=done, total_bytes=total))

    libraries.install(on_bytes, cancel)


class Downloader:
    """Fetches models into folders below ``home``."""

    def __init__(self, *, hub: ModelHub, files: ModelFiles, home: Path) -> None:
        self._hub = hub
        self._files = files
        self._home = home

    def folder(self, name: str) -> Path:
        """Return the folder of a downloaded model."""
        return self._home / name

    def fetch(
        self, name: str, wanted: CatalogueModel | str, on_progress: OnProgress, cancel: Cancellation | None
    ) -> HubListing:
        """Fetch a model of the catalogue, or one by its hub id, and check every file.

        Raises:
            NotFound: The hub does not have it.
            ModelUnavailable: It cannot be fetched, or is none that can be run here.
            Cancelled: ``cancel`` was set; what has been downloaded so far is kept.
        """
        on_progress(DownloadProgress(stage="asking"))
        known = wanted if isinstance(wanted, CatalogueModel) else None
        hub_id = known.hub_id if known else hub_id_of(str(wanted))
        listing = self._hub.listing(hub_id, known.revision if known else "", cancel)
        files = wanted_files(listing.files, known.skip if known else ())
        listing = listing.model_copy(update={"files": files})
        folder, total = self.folder(name), sum(file.size for file in files)
        self._check_room(folder, total)

        def on_bytes(done: int) -> None:
            on_progress(DownloadProgress(stage="fetching", done_bytes=min(done, total), total_bytes=total))

        self._hub.fetch(listing, folder, on_bytes, cancel)
        self._check_files(listing, folder, on_progress, cancel)
        check_folder(self._files.facts(folder), str(folder))
        return listing

    def _check_room(self, folder: Path, total: int) -> None:
        missing = total - self._files.size(folder) + _SPARE_BYTES - self._files.free_bytes(folder)
        if missing > 0:
            raise ModelUnavailable(
                f"There is not enough room on the disk: the model takes {total / GB:.1f} GB.",
                f"Free {max(missing / GB, 0.1):.1f} GB and try again.",
            )

    def _check_files(
        self, listing: HubListing, folder: Path, on_progress: OnProgress, cancel: Cancellation | None
    ) -> None:
        total, done = sum(file.size for file in listing.files), 0
        for file in listing.files:
            stop_if_cancelled(cancel)
            on_progress(DownloadProgress(stage="checking", done_bytes=done, total_bytes=total))
            if not self._files.matches(file, folder):
                (folder / file.name).unlink(missing_ok=True)  # else the next try would take it for whole
                raise ModelUnavailable(
                    f"{file.name} was damaged during the download.",
                    "Download the model again; the other files are kept.",
                )
            done += file.size


def hub_id_of(text: str) -> str:
    """Return a hub id, from the id itself or from the address of its page.

    Raises:
        NotFound: It is neither.
    """
    found = text.strip().removeprefix("https://huggingface.co/").rstrip("/")
    if not _HUB_ID.match(found):
        raise NotFound(f"There is no model '{text}'.", "See 'simpatient models list', or give a hub id: owner/name.")
    return found


def folder_name(text: str) -> str:
    """Return a name fit for ids and folders: ``owner/Some_Model`` becomes ``some-model``."""
    name = text.rstrip("/").rpartition("/")[2]
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "model"
