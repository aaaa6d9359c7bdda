"""Python packages that part of the program needs, installed when they are first asked for.

Which packages belong together is read from the project's own table and lock. They are fetched one by one, so that
what has arrived is kept when the connection is lost or the user stops it. Must not know what they are for.
"""

import contextlib
import importlib
import json
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import distributions
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse
from urllib.request import url2pathname

from simpatient.domain.cancellation import Cancellation, stop_if_cancelled
from simpatient.domain.errors import UserFacingError
from simpatient.runtime.download import DownloadFailed, Source, download, sha256_of
from simpatient.runtime.launching import run_program

OnBytes = Callable[[int, int], None]
AGAIN = "Check the network and the disk space, then try again; what has been downloaded so far is kept."
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_TRIES = 5


class Component:
    """Packages that are installed together into the running program's environment.

    Args:
        name: As in the table ``tool.simpatient.components`` of the project file.
        root: Folder of ``pyproject.toml`` and of the lock, ``packaging/constraints.txt``.
        store: Keeps what has been fetched until it is installed.
        python: The environment's interpreter.
        path: Where its packages are; this interpreter's own path when None.
    """

    def __init__(
        self, name: str, root: Path, store: Path, *, python: str = sys.executable, path: Sequence[str] | None = None
    ) -> None:
        self._name = name
        self._root = root
        self._store = store
        self._python = python
        self._path = path

    def is_installed(self) -> bool:
        """Whether every package of it is there; nothing is imported."""
        where = list(self._path or sys.path)
        there = {_plain(each.metadata["Name"]) for each in distributions(path=where) if each.metadata["Name"]}
        return all(_plain(_named(each)) in there for group in self._requirements() for each in group)

    def install(self, on_bytes: OnBytes | None = None, cancel: Cancellation | None = None) -> None:
        """Fetch and install what is missing, in the versions of the lock.

        Args:
            on_bytes: Gets the bytes fetched so far, and those of all packages named so far.
            cancel: Ends it; what has come so far is kept for the next time.

        Raises:
            UserFacingError: A package cannot be fetched or installed.
            Cancelled: ``cancel`` was set.
        """
        full, alone = self._requirements()
        wanted = self._resolved(full, cancel) + (self._resolved([*alone], cancel, "--no-deps") if alone else [])
        files = self._fetched(list(dict.fromkeys(wanted)), on_bytes or (lambda *_: None), cancel)
        if files:
            self._pip(["--no-index", "--no-deps", *map(str, files)], cancel)
        for file in files:
            if file.parent == self._store:
                file.unlink(missing_ok=True)
        importlib.invalidate_caches()

    def _requirements(self) -> tuple[list[str], list[str]]:
        """Return requirements to be installed with what they need, and others to be installed alone."""
        table = tomllib.loads((self._root / "pyproject.toml").read_text(encoding="utf-8"))
        extras = table["project"]["optional-dependencies"]
        wanted = table["tool"]["simpatient"]["components"][self._name]
        full, alone = ([each for name in wanted[kind] for each in extras[name]] for kind in ("extras", "alone"))
        return list(dict.fromkeys(full)), alone

    def _resolved(self, wanted: list[str], cancel: Cancellation | None, *options: str) -> list[tuple[str, str]]:
        """Ask pip which files would be installed; returns addresses and checksums, of missing packages alone."""
        report = self._pip(["--dry-run", "--report", "-", *options, *wanted], cancel)
        try:
            told: dict[str, Any] = json.loads(report[report.index("{") :])
            return [_place(each["download_info"]) for each in told["install"]]
        except (ValueError, KeyError, TypeError) as error:
            raise UserFacingError("The package installer did not answer.", AGAIN) from error

    def _fetched(self, wanted: list[tuple[str, str]], on_bytes: OnBytes, cancel: Cancellation | None) -> list[Path]:
        """Fetch what is not there yet; a file on this computer's own disk is used where it lies."""
        self._store.mkdir(parents=True, exist_ok=True)
        files, before = [], 0
        for number, (url, sha256) in enumerate(wanted):
            stop_if_cancelled(cancel)
            if urlparse(url).scheme == "file":
                files.append(Path(url2pathname(urlparse(url).path)))
                continue
            target = self._store / Path(unquote(urlparse(url).path)).name
            if not (target.is_file() and sha256_of(target, cancel) == sha256):
                part = self._store / f"{sha256 or target.name}.part"
                start = before

                def tell(done: int, size: int, start: int = start) -> None:
                    on_bytes(start + done, start + size)

                with _in_words(f"package {number + 1} of {len(wanted)}"):
                    download(Source(url, sha256, tries=_TRIES), target, part, tell, cancel)
            before += target.stat().st_size
            files.append(target)
        return files

    def _pip(self, arguments: list[str], cancel: Cancellation | None) -> str:
        """Run the installer and return what it printed."""
        lock = ["-c", str(self._root / "packaging" / "constraints.txt")]
        command = [self._python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", *lock]
        try:
            result = run_program([*command, *arguments], cancel=cancel)
        except OSError as error:
            raise UserFacingError("The package installer cannot be started.", AGAIN) from error
        if result.code != 0:
            lines = result.errors.decode("utf-8", "replace").splitlines()
            reason = next((line for line in lines if line.startswith("ERROR")), "").removeprefix("ERROR: ")
            raise UserFacingError(f"The packages could not be installed. {reason}".strip(), AGAIN)
        return result.output.decode("utf-8", "replace")


@contextlib.contextmanager
def _in_words(what: str) -> Iterator[None]:
    try:
        yield
    except (DownloadFailed, OSError) as error:
        raise UserFacingError(f"Fetching {what} failed.", AGAIN) from error


def _place(info: dict[str, Any]) -> tuple[str, str]:
    archive = info.get("archive_info", {})
    return str(info["url"]), str(archive.get("hashes", {}).get("sha256", ""))


def _named(requirement: str) -> str:
    found = _NAME.match(requirement)
    return found[0] if found else requirement


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
