"""Fetches models from the Hugging Face hub, in a child process that can be ended at any moment.

This is the one place that uses the network, and only while a call of ``listing`` or ``fetch`` runs. What has
come so far stays in the folder, so the next call goes on with it. Must not know which files are wanted.
"""

import contextlib
import errno
import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

from simpatient.domain.errors import Cancelled, ModelUnavailable, NotFound
from simpatient.domain.ports import Cancellation
from simpatient.services.model_ports import HubFile, HubListing

_DEAD = (EOFError, BrokenPipeError, ConnectionError, OSError)
# How often the folder is looked at while files come, in seconds.
_LOOK_EVERY_S = 0.2
# A hub that does not send anything for so long is taken for gone, in seconds.
_PATIENCE_S = 30.0
# Large files are written in pieces of this size, so that little is lost when a download is ended.
_PIECE_BYTES = 1 << 20
_PARTS = ".part"


class HuggingFaceHub:
    """The ``ModelHub`` port on ``huggingface_hub``.

    Args:
        endpoint: Address of the hub; the public one, or the environment's ``HF_ENDPOINT``, where None.
    """

    def __init__(self, endpoint: str | None = None) -> None:
        self._endpoint = endpoint

    def listing(self, hub_id: str, revision: str = "", cancel: Cancellation | None = None) -> HubListing:
        """Return the files of a model, at the newest commit when no revision is given."""
        with _Child(_list, (hub_id, revision, self._endpoint)) as child:
            while not child.answered(_LOOK_EVERY_S):
                _stop_if_cancelled(cancel)
            return HubListing.model_validate(_checked(child.answer(), hub_id))

    def fetch(
        self,
        listing: HubListing,
        folder: Path,
        on_bytes: Callable[[int], None],
        cancel: Cancellation | None = None,
    ) -> None:
        """Fetch all files of a listing into a folder; what an earlier try left there is gone on with."""
        _stop_if_cancelled(cancel)
        with _Child(_fetch, (listing.model_dump(), str(folder), self._endpoint)) as child:
            while not child.answered(_LOOK_EVERY_S):
                _stop_if_cancelled(cancel)
                on_bytes(_there(folder))
            _checked(child.answer(), listing.hub_id)
        on_bytes(_there(folder))


class _Child:
    """One function in a child process; leaving the block ends it."""

    def __init__(self, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe(duplex=False)
        self._process: SpawnProcess = context.Process(
            target=_answer, args=(theirs, work, arguments), name="simpatient-download", daemon=True
        )
        self._process.start()
        theirs.close()  # else the child's death would not close the pipe

    def __enter__(self) -> "_Child":
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.is_alive():
            self._process.kill()
        self._process.join()
        self._pipe.close()

    def answered(self, wait_s: float) -> bool:
        """Whether there is an answer, or will be none."""
        return self._pipe.poll(wait_s)

    def answer(self) -> tuple[str, Any]:
        """Return what kind of answer it is, and the answer."""
        try:
            kind, what = self._pipe.recv()
        except _DEAD:
            return "died", None
        return kind, what


def _answer(pipe: Connection, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """Do the work and answer; runs in the child."""
    # Ctrl-C in a terminal reaches the whole group; the parent decides when the child ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The rest of the program keeps the libraries offline; the user has asked for this download.
    os.environ["HF_HUB_OFFLINE"] = "0"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
    os.environ["HF_HUB_DISABLE_XET"] = "1"  # plain requests can be taken up again where they broke off
    os.environ["HF_HUB_DOWNLOAD_TIMEOUT"] = os.environ["HF_HUB_ETAG_TIMEOUT"] = str(int(_PATIENCE_S))
    try:
        told: tuple[str, Any] = ("done", work(*arguments))
    except Exception as error:  # the parent must get an answer, whatever the library raised
        told = (_kind(error), f"{type(error).__name__}: {error}"[:300])
    with contextlib.suppress(*_DEAD):
        pipe.send(told)


def _list(hub_id: str, revision: str, endpoint: str | None) -> dict[str, Any]:
    from huggingface_hub import HfApi

    api = HfApi(endpoint=endpoint)
    info = api.model_info(hub_id, revision=revision or None, files_metadata=True, timeout=_PATIENCE_S)
    files = [
        HubFile(
            name=one.rfilename,
            size=one.size or 0,
            sha256=one.lfs.sha256 if one.lfs else "",
            git_sha1="" if one.lfs else one.blob_id or "",
        )
        for one in info.siblings or ()
    ]
    return HubListing(hub_id=hub_id, revision=info.sha or "", files=tuple(files)).model_dump()


def _fetch(listing: dict[str, Any], folder: str, endpoint: str | None) -> None:
    """Fetch small files as the library does, and large ones so that they can be gone on with at any byte."""
    from huggingface_hub import constants, snapshot_download

    constants.DOWNLOAD_CHUNK_SIZE = _PIECE_BYTES
    wanted, there = HubListing.model_validate(listing), Path(folder)
    (there / _PARTS).mkdir(parents=True, exist_ok=True)
    small = [file.name for file in wanted.files if not file.sha256]
    snapshot_download(
        wanted.hub_id, revision=wanted.revision, local_dir=there, allow_patterns=small, endpoint=endpoint, max_workers=2
    )
    # Without a connection the library is content with a folder that has some of the files.
    if not all((there / name).is_file() for name in small):
        raise ConnectionError("not all small files came")
    for file in wanted.files:
        if file.sha256:
            _fetch_large(wanted, file, there, endpoint)
    for notes in (_PARTS, ".cache"):
        shutil.rmtree(there / notes, ignore_errors=True)


def _fetch_large(listing: HubListing, file: HubFile, folder: Path, endpoint: str | None) -> None:
    from huggingface_hub import hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils._headers import build_hf_headers

    target, part = folder / file.name, folder / _PARTS / file.sha256
    if target.is_file() and target.stat().st_size == file.size:
        return
    # The client follows the hub to where it stores files, and leaves the token behind when it does.
    url = hf_hub_url(listing.hub_id, file.name, revision=listing.revision, endpoint=endpoint)
    have = part.stat().st_size if part.is_file() else 0
    if have > file.size:
        part.unlink()
        have = 0
    with part.open("ab", buffering=0) as opened:
        http_get(url, opened, resume_size=have, headers=build_hf_headers(), expected_size=file.size)
    part.replace(target)


def _kind(error: BaseException) -> str:
    """Return in a word what went wrong, by the error and what it came from."""
    from huggingface_hub import errors

    kinds: list[tuple[type[BaseException], str]] = [
        (errors.GatedRepoError, "gated"),
        (errors.RepositoryNotFoundError, "unknown"),
        (errors.RevisionNotFoundError, "unknown"),
        (errors.HFValidationError, "unknown"),
        (errors.HfHubHTTPError, "refused"),
    ]
    for one in _chain(error):
        if isinstance(one, OSError) and one.errno in (errno.ENOSPC, errno.EDQUOT):
            return "full"
        found = next((kind for known, kind in kinds if isinstance(one, known)), None)
        if found:
            return found
    return "offline"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _checked(told: tuple[str, Any], hub_id: str) -> Any:
    """Return the answer, or raise what went wrong in words."""
    kind, what = told
    again = "Start the download again: it continues where it stopped."
    if kind == "done":
        return what
    if kind == "unknown":
        raise NotFound(f"The hub has no model '{hub_id}' that everybody may see.", "Check the name on huggingface.co.")
    messages = {
        "gated": (
            f"The makers of {hub_id} ask everybody to accept their licence first.",
            f"Accept it at https://huggingface.co/{hub_id}, set HF_TOKEN to your access token and try again.",
        ),
        "full": ("The disk is full.", f"Free some space. {again}"),
        "refused": (f"The hub refused ({what}).", f"Wait a little. {again}"),
        "died": ("The download stopped by itself.", again),
    }
    offline = ("The hub cannot be reached.", f"Check the connection to the internet. {again}")
    raise ModelUnavailable(*messages.get(kind, offline))


def _there(folder: Path) -> int:
    """Return the bytes that have come, without what the library notes for itself."""
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):  # files are renamed when they are whole
            is_content = ".cache" not in path.relative_to(folder).parts
            total += path.stat().st_size if is_content and path.is_file() else 0
    return total


def _stop_if_cancelled(cancel: Cancellation | None) -> None:
    if cancel is not None and cancel.is_cancelled:
        raise Cancelled
