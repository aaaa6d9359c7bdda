"""Printing results: UTF-8 JSON on stdout, progress on stderr. Must not know what is printed."""

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from simpatient.domain.errors import UserFacingError
from simpatient.runtime.files import read_plain_file, save_whole

if TYPE_CHECKING:
    from simpatient.services.models.model_download import DownloadProgress, OnProgress

Item = TypeVar("Item")
# Far more than anybody types; a file beyond it was named by mistake.
MOST_BYTES = 50_000_000
_STAGES = {
    "libraries": "Installing libraries",
    "asking": "Contacting the hub",
    "fetching": "Downloading",
    "checking": "Checking",
}


def as_json(data: Any, *, indent: int | None = 2) -> str:
    """Return JSON with letters of every script as they are."""
    return json.dumps(data, ensure_ascii=False, indent=indent)


def show(text: str) -> None:
    """Print text on stdout whatever the console's own encoding."""
    sys.stdout.buffer.write(text.encode("utf-8", "replace") + b"\n")
    sys.stdout.buffer.flush()


def confirm(question: str, yes: bool, refused: str = "Nothing was deleted.") -> None:
    """Ask before something is lost; ``yes`` answers beforehand.

    Raises:
        UserFacingError: The answer was no, or there was none.
    """
    if yes:
        return
    try:
        agreed = typer.confirm(question, err=True)
    except typer.Abort:  # Ctrl-C, or nobody there to answer
        print(file=sys.stderr)
        agreed = False
    if not agreed:
        raise UserFacingError(refused, "Answer y, or add --yes.")


def write_text(path: Path, text: str) -> None:
    """Write a file, complete or not at all.

    Raises:
        UserFacingError: The file cannot be written.
    """
    save_whole(path, text.encode("utf-8"))


def read_lines(path: Path) -> list[str]:
    """Return the lines of a text file, as its author ended them: at line feeds alone.

    Word processors put other separators (U+2028, vertical tab) inside a paragraph, where a person sees one line; they
    become blanks. A byte-order mark is not part of the text.

    Raises:
        UserFacingError: The file cannot be read or is not UTF-8 text.
    """
    try:
        text = read_plain_file(path, MOST_BYTES).decode("utf-8-sig")
    except OSError as error:
        raise UserFacingError(f"{path} cannot be read ({error.strerror}).", "Check the path.") from error
    except UnicodeDecodeError as error:
        raise UserFacingError(f"{path} is not UTF-8 text.", "Save it as UTF-8 and try again.") from error
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [" ".join(line.splitlines()) for line in lines]


def tracked(items: Iterable[Item], what: str, total: int) -> Iterator[Item]:
    """Go through items with a progress bar on stderr, when a person watches and it takes more than a few."""
    if total < 5 or not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(items, description=what, total=total, console=Console(stderr=True), transient=True)


@contextmanager
def counted(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show a progress bar on stderr, when a person watches, for work that reports how much of it is done."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.update(task, completed=done)


def told_when_slow(say: Callable[[int, int], str], *, after_s: float = 1.0) -> Callable[[int, int], None]:
    """Return what says on stderr how far something has come, ten times at most, once it has taken a moment."""
    started, told = time.monotonic(), -1

    def tell(done: int, total: int) -> None:
        nonlocal told
        tenth = 10 * done // max(total, 1)
        if tenth > told and time.monotonic() - started >= after_s:
            told = tenth
            print(say(done, total), file=sys.stderr, flush=True)

    return tell


@contextmanager
def stoppable(what_now: str) -> Iterator[None]:
    """Say what a Ctrl-C leaves behind."""
    try:
        yield
    except KeyboardInterrupt as error:
        raise UserFacingError("Stopped.", what_now) from error


@contextmanager
def download_bar() -> Iterator["OnProgress"]:
    """Show the progress of a download on stderr, when a person watches."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(_STAGES["asking"], total=None)

        def on_progress(now: "DownloadProgress") -> None:
            total = now.total_bytes or None
            progress.update(task, description=_STAGES[now.stage], total=total, completed=now.done_bytes)

        yield on_progress
