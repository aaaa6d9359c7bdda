"""``simpatient db``: check the database, copy it, put a copy back, rescue a damaged one."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simpatient.cli.output import as_json, show

if TYPE_CHECKING:
    from simpatient.storage.rescue import Rescued
    from simpatient.storage.upkeep import DatabaseUpkeep

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of sentences.")]


@app.command("check")
def check(json: Json = False) -> int:
    """Look for damage; nothing is changed.

    Example: simpatient db check
    """
    upkeep = _upkeep()
    problems = upkeep.check()
    if json:
        show(as_json({"problems": list(problems)}))
    elif problems:
        show("\n".join(problems))
    else:
        show("No problems found." if upkeep.is_there else "There is no database yet; the first session creates it.")
    if problems:
        print("Run 'simpatient db rescue' to keep everything that can be read.", file=sys.stderr)
    return 1 if problems else 0


@app.command("rescue")
def rescue(
    file: Annotated[
        Path | None, typer.Argument(help="A damaged database; all that were set aside if left out.")
    ] = None,
    json: Json = False,
) -> int:
    """Make a new database of everything that can still be read; the damaged ones stay as they are.

    Example: simpatient db rescue
    """
    rescued, kept = _upkeep().rescue(file)
    if json:
        show(as_json(_as_data(rescued, kept)))
    else:
        _show_rescued(rescued, kept)
    return 1 if rescued.lost or rescued.incomplete else 0


@app.command("backup")
def backup(
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the copy; 'backups' if left out.")] = None,
    json: Json = False,
) -> None:
    """Copy the database, whole, even while it is in use.

    What is deleted later stays in a copy outside the program's own folder.

    Example: simpatient db backup --out /media/stick
    """
    made = _upkeep().backup(out)
    show(as_json({"copy": str(made)}) if json else f"Wrote {made}")


@app.command("restore")
def restore(
    folder: Annotated[Path, typer.Argument(help="A copy, or a folder of copies, whose newest is used.")],
    json: Json = False,
) -> None:
    """Put a copy in the place of the database; what was there is kept.

    Example: simpatient db restore /media/stick
    """
    kept = _upkeep().restore(folder)
    if json:
        show(as_json({"kept": str(kept) if kept else None}))
        return
    show(f"The copy is in place.{f' The previous database is kept as {kept}.' if kept else ''}")


def _upkeep() -> "DatabaseUpkeep":
    from simpatient.bootstrap.upkeep import open_upkeep

    return open_upkeep()


def _as_data(rescued: "Rescued", kept: Path | None) -> dict[str, object]:
    return {
        "copied": list(rescued.copied),
        "incomplete": rescued.incomplete,
        "lost": list(rescued.lost),
        "others": rescued.others,
        "kept": str(kept) if kept else None,
    }


def _show_rescued(rescued: "Rescued", kept: Path | None) -> None:
    show(f"{len(rescued.copied)} sessions are in the new database, and {rescued.others} other entries.")
    for session, count in rescued.incomplete.items():
        show(f"Of session {session}, {count} entries could not be read.")
    if rescued.lost:
        show(f"These sessions could not be read: {', '.join(rescued.lost)}")
    if kept:
        show(f"The database used until now is kept as {kept}.")
