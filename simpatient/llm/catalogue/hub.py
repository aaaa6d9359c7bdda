"""Fetches models from the Hugging Face hub.

This is the one place that asks the hub, and only while a call of ``listing`` or ``fetch`` runs. What has come so
far stays in the folder, so the next call continues it. Must not know which files are wanted.
"""

import contextlib
import errno
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from pydantic import ValidationError

from simpatient.domain.cancellation import Cancellation, stop_if_cancelled
from simpatient.domain.errors import ModelUnavailable, NotFound
from simpatient.runtime.download import ChecksumMismatch, DownloadFailed, Refused, Source, download, fetch_bytes
from simpatient.services.models.ports import HubFile, HubListing

PUBLIC_HUB = "https://huggingface.co"
_HUB_ID = re.compile(r"[\w.-]{1,96}(/[\w.-]{1,96})?\Z", re.ASCII)
_PARTS = ".part"
# A connection that brought something is worth taking up again so often.
_TRIES = 5
# A listing of a few thousand files; what is larger is not one.
_MOST_LISTING_BYTES = 20_000_000
_AGAIN = "Start the download again: it continues where it stopped."
_DENIED, _MISSING = (401, 403), 404


class HuggingFaceHub:
    """The ``ModelHub`` port on the hub's own interface.

    Args:
        endpoint: Address of the hub; the environment's ``HF_ENDPOINT``, or the public one, where None.
    """

    def __init__(self, endpoint: str | None = None) -> None:
        self._endpoint = (endpoint or os.environ.get("HF_ENDPOINT") or PUBLIC_HUB).rstrip("/")

    def listing(self, hub_id: str, revision: str = "", cancel: Cancellation | None = None) -> HubListing:
        """Return the files of a model, at the newest commit when no revision is given."""
        stop_if_cancelled(cancel)
        if not _HUB_ID.match(hub_id):
            raise _unknown(hub_id)
        at = f"/revision/{quote(revision, safe='')}" if revision else ""
        with _in_words(hub_id):
            data = _fetched_json(self._source(f"api/models/{hub_id}{at}?blobs=true", tries=1), cancel)
        try:
            files = tuple(_file(one) for one in data.get("siblings") or ())
            return HubListing(hub_id=hub_id, revision=data.get("sha") or "", files=files)
        except (ValidationError, AttributeError, LookupError, TypeError) as error:
            raise ModelUnavailable(
                "The hub's answer is not in the expected form.", f"Wait a little. {_AGAIN}"
            ) from error

    def fetch(
        self,
        listing: HubListing,
        folder: Path,
        on_bytes: Callable[[int], None],
        cancel: Cancellation | None = None,
    ) -> None:
        """Fetch all files of a listing into a folder; what an earlier try left there is continued."""
        stop_if_cancelled(cancel)
        done = 0
        with _in_words(listing.hub_id):
            (folder / _PARTS).mkdir(parents=True, exist_ok=True)
            for file in listing.files:
                self._fetch_file(listing, file, folder, _counting(on_bytes, done), cancel)
                done += file.size
                on_bytes(done)
            shutil.rmtree(folder / _PARTS, ignore_errors=True)

    def _fetch_file(
        self,
        listing: HubListing,
        file: HubFile,
        folder: Path,
        on_bytes: Callable[[int], None],
        cancel: Cancellation | None,
    ) -> None:
        if not _is_inside(file.name):
            raise ModelUnavailable(f"The hub names a file outside the model's folder ({file.name!r}).", "")
        target = folder / file.name
        if target.is_file() and target.stat().st_size == file.size:
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        part = folder / _PARTS / (file.sha256 or file.git_sha1 or quote(file.name, safe=""))
        if part.is_file() and part.stat().st_size > file.size:
            part.unlink()
        path = f"{listing.hub_id}/resolve/{listing.revision}/{quote(file.name)}"
        source = self._source(path, sha256=file.sha256, tries=_TRIES)
        download(source, target, part, lambda here, _: on_bytes(min(here, file.size)), cancel)

    def _source(self, path: str, *, tries: int, sha256: str = "") -> Source:
        # The library knows all the places where an access token may lie; it opens no connection for that.
        from huggingface_hub import get_token

        token = get_token()
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return Source(f"{self._endpoint}/{path}", sha256=sha256, headers=headers, tries=tries)


def _counting(on_bytes: Callable[[int], None], before: int) -> Callable[[int], None]:
    return lambda here: on_bytes(before + here)


def _fetched_json(source: Source, cancel: Cancellation | None) -> dict[str, Any]:
    """Return what the hub answers.

    Raises:
        DownloadFailed: It does not, or not in JSON.
    """
    content = fetch_bytes(source, _MOST_LISTING_BYTES, cancel)
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise DownloadFailed("not JSON") from error
    return data if isinstance(data, dict) else {}


def _file(entry: dict[str, Any]) -> HubFile:
    large = entry.get("lfs") or {}
    return HubFile(
        name=entry["rfilename"],
        size=entry.get("size") or 0,
        sha256=large.get("sha256", ""),
        git_sha1="" if large else entry.get("blobId") or "",
    )


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return (
        not path.is_absolute() and ".." not in path.parts and "\\" not in name and ":" not in name and bool(path.parts)
    )


@contextlib.contextmanager
def _in_words(hub_id: str) -> Iterator[None]:
    """Say in words what went wrong.

    Raises:
        NotFound: There is no such model that is open to everyone.
        ModelUnavailable: It does not come for another reason.
    """
    try:
        yield
    except Refused as error:
        raise _refused(error, hub_id) from error
    except ChecksumMismatch as error:
        raise ModelUnavailable("A file was damaged during the download and has been deleted.", _AGAIN) from error
    except DownloadFailed as error:
        message = "The hub cannot be reached."
        raise ModelUnavailable(message, f"Check the connection to the internet. {_AGAIN}") from error
    except OSError as error:
        raise _disk_error(error) from error


def _refused(error: Refused, hub_id: str) -> NotFound | ModelUnavailable:
    if error.code == "GatedRepo":
        return ModelUnavailable(
            f"The licence of {hub_id} has to be accepted first.",
            f"Accept it at {PUBLIC_HUB}/{hub_id}, set HF_TOKEN to your access token and try again.",
        )
    if error.status == _MISSING or error.status in _DENIED:  # the hub hides private models behind a 401
        return _unknown(hub_id)
    return ModelUnavailable(f"The hub refused (status {error.status}).", f"Wait a little. {_AGAIN}")


def _unknown(hub_id: str) -> NotFound:
    return NotFound(f"The hub has no model '{hub_id}' that is open to everyone.", "Check the name on huggingface.co.")


def _disk_error(error: OSError) -> ModelUnavailable:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ModelUnavailable("The disk is full.", f"Free some space. {_AGAIN}")
    return ModelUnavailable(f"The model cannot be written ({error.strerror}).", "Check the permissions of its folder.")
