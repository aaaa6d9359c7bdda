"""``simpatient recogniser``: which speech recognisers there are, fetching them, deleting them."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simpatient.cli.output import as_json, confirm, download_bar, show, stoppable
from simpatient.domain.models.chat_models import GB
from simpatient.presentation.words.numbers import file_size

if TYPE_CHECKING:
    from simpatient.services.models.recognisers import RecogniserRow, RecogniserService

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
RecogniserName = Annotated[str, typer.Argument(help="Id of a recogniser; see 'simpatient recogniser list'.")]
Language = Annotated[str, typer.Option("--language", help="Code of the spoken language, such as en or es.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_recognisers(language: Language = "en", json: AsJson = False) -> None:
    """List the speech recognisers for a language, those on this computer first. Uses no network.

    Example: simpatient recogniser list --json
    """
    service = _open()
    rows = service.rows(language)
    if json:
        show(as_json([_row(row) for row in rows]))
        return
    width = max((len(row.weights.id) for row in rows), default=0)
    for row in rows:
        show(_line(row, width))
    show(f"\nDownloaded weights take {file_size(service.disk_use())}.")
    if not any(row.path for row in rows):
        suggested = next((row.weights.id for row in rows if row.is_suggested), "")
        show("No speech recogniser is downloaded yet; typing always works.")
        show(f"* suits this computer: simpatient recogniser download {suggested}")


@app.command("download")
def download(
    recogniser: Annotated[
        str, typer.Argument(help="Id of a recogniser; one that suits this computer if left out.")
    ] = "",
    json: AsJson = False,
) -> None:
    """Download a recogniser's weights and check them; continues where it stopped.

    Example: simpatient recogniser download small.en
    """
    service = _open()
    with stoppable("Run the command again: it continues where it stopped."), download_bar() as on_progress:
        path = service.download(recogniser, on_progress)
    if json:
        show(as_json({"path": str(path)}))
    else:
        print(f"Stored in {path}.", file=sys.stderr)


@app.command("delete")
def delete(
    recogniser: RecogniserName,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: AsJson = False,
) -> None:
    """Delete downloaded weights. What other programs keep on this computer is left alone.

    Example: simpatient recogniser delete small.en --yes
    """
    confirm(f"Delete {recogniser} from this computer?", yes, "Nothing was deleted.")
    freed = _open().delete(recogniser)
    show(as_json({"id": recogniser, "freed_bytes": freed}) if json else f"Deleted; {file_size(freed)} freed.")


def _open() -> "RecogniserService":
    from simpatient.bootstrap.voice import open_recognisers
    from simpatient.content.reading.locations import app_home

    return open_recognisers(app_home())


def _row(row: "RecogniserRow") -> dict[str, Any]:
    about = row.weights.model_dump(mode="json", exclude={"url"})
    return {**about, "state": _state(row), **row.model_dump(mode="json", exclude={"weights"})}


def _state(row: "RecogniserRow") -> str:
    return "installed" if row.path else "partial" if row.partial_bytes else "available"


def _line(row: "RecogniserRow", width: int) -> str:
    state = "in use" if row.is_used else "" if _state(row) == "available" else _state(row)
    mark = "*" if row.is_suggested else " "
    speed = "keeps up with conversation" if row.suits else "too slow for conversation here"
    size = file_size(row.weights.disk_gb * GB)
    return f"{mark} {row.weights.id:<{width}}  {state:<9}  {size:>7}  {speed}; {row.weights.good_for}"
