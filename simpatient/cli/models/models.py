"""``simpatient models``: which language models there are, fetching them, timing them, choosing one."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simpatient.cli.output import as_json, confirm, download_bar, show, stoppable
from simpatient.domain.models.chat_models import GB, InstalledModel
from simpatient.presentation.words.model_words import fit_words, measured_line
from simpatient.presentation.words.numbers import file_size, gigabytes

if TYPE_CHECKING:
    from simpatient.services.models.models import ModelRow, ModelService, Suggestion

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
GUIDED = "guided"
ModelName = Annotated[str, typer.Argument(help="Id of a model; see 'simpatient models list'.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_models(json: AsJson = False) -> None:
    """List the models on this computer and the recommended ones, with how they fit. Uses no network.

    Example: simpatient models list --json
    """
    models = _open()
    rows, suggestion, chosen = models.rows(), models.suggestion(), models.chosen()
    if json:
        show(as_json([_guided(chosen), *(_row(row) for row in rows)]))
        return
    width = max((len(row.id) for row in rows), default=0)
    show(f"  {GUIDED:<{width}}  {'chosen' if chosen == GUIDED else '':<9}  written lines; needs no language model")
    for row in rows:
        show(_line(row, width))
    _show_end(models, suggestion)


@app.command("add")
def add(
    folder: Annotated[Path, typer.Argument(help="Folder of a Hugging Face chat model, weights as safetensors.")],
    title: Annotated[str, typer.Option("--title", help="Name to show for it; the folder's name if left out.")] = "",
    json: AsJson = False,
) -> None:
    """Take a model's folder into the list. Nothing is copied, and its own program code is never run.

    Example: simpatient models add ~/models/my-fine-tune
    """
    added = _open().add(folder, title)
    _show_model(added, json, f"Added as {added.id}. Next: simpatient models choose {added.id}")


@app.command("download")
def download(
    model: Annotated[str, typer.Argument(help="Id of a recommended model, or a hub id: owner/name.")],
    json: AsJson = False,
) -> None:
    """Download a model from the Hugging Face hub and check every file; continues where it stopped.

    Only weights as safetensors, tokenizer and configuration are fetched.

    Example: simpatient models download smollm3-3b
    """
    with stoppable("Run the command again: it continues where it stopped."), download_bar() as on_progress:
        fetched = _open().download(model, on_progress)
    _show_model(fetched, json, f"Stored in {fetched.folder}. Next: simpatient models choose {fetched.id}")


@app.command("benchmark")
def benchmark(model: ModelName, json: AsJson = False) -> None:
    """Measure a model on this computer: loading, first token, speed, share of the memory's speed.

    Example: simpatient models benchmark smollm3-3b
    """
    if not json:
        print("Loading and timing the model; this takes a minute or more ...", file=sys.stderr)
    with stoppable("Nothing was kept."):
        measured = _open().measure(model)
    show(as_json(measured.model_dump(mode="json")) if json else measured_line(measured))


@app.command("remove")
def remove(
    model: ModelName,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: AsJson = False,
) -> None:
    """Delete a downloaded model, or take a folder of your own off the list (its files stay).

    Example: simpatient models remove smollm3-3b --yes
    """
    confirm(f"Remove {model} from this computer?", yes, "Nothing was removed.")
    freed = _open().remove(model)
    show(as_json({"id": model, "freed_bytes": freed}) if json else f"Removed {model}; {file_size(freed)} freed.")


@app.command("choose")
def choose(
    model: Annotated[str, typer.Argument(help="Id of a model on this computer, or 'guided'.")], json: AsJson = False
) -> None:
    """Choose who plays the patients in new sessions.

    Example: simpatient models choose guided
    """
    _open().choose(model)
    show(as_json({"chosen": model}) if json else f"New sessions use {model}.")


def _open() -> "ModelService":
    from simpatient.bootstrap.models import open_models
    from simpatient.content.library import open_library
    from simpatient.content.reading.locations import app_home

    home = app_home()
    return open_models(home, open_library(home))


def _guided(chosen: str) -> dict[str, Any]:
    from simpatient import __version__

    return {
        "id": GUIDED,
        "title": "Guided patient (authored lines, embedded)",
        "version": __version__,
        "state": "built in",
        "is_chosen": chosen == GUIDED,
    }


def _row(row: "ModelRow") -> dict[str, Any]:
    known, here = row.catalogue, row.installed
    return {
        "id": row.id,
        "title": row.title,
        "version": row.version,
        "state": _state(row),
        "is_chosen": row.is_chosen,
        "is_suggested": row.is_suggested,
        "fit": row.fit.model_dump(mode="json"),
        "hub_id": known.hub_id if known else here.hub_id if here else "",
        "folder": here.folder if here else "",
        "model_id": here.model_id if here else "",
        "disk_gb": _disk(row),
        "catalogue": known.model_dump(mode="json") if known else None,
        "measured": here.measured.model_dump(mode="json") if here and here.measured else None,
    }


def _state(row: "ModelRow") -> str:
    return "installed" if row.installed else "partial" if row.partial_bytes else "available"


def _disk(row: "ModelRow") -> float:
    if row.installed:
        return round(row.installed.facts.total_bytes / GB, 2)
    return row.catalogue.disk_gb if row.catalogue else 0.0


def _line(row: "ModelRow", width: int) -> str:
    state = "chosen" if row.is_chosen else "" if _state(row) == "available" else _state(row)
    mark = "*" if row.is_suggested else " "
    licence = row.catalogue.licence if row.catalogue else "see its folder"
    fit = fit_words(row.fit)[0].lower()
    gate = ", needs an account" if row.catalogue and row.catalogue.is_gated else ""
    return f"{mark} {row.id:<{width}}  {state:<9}  {gigabytes(_disk(row)):>9}  {fit}; {licence}{gate}"


def _show_end(models: "ModelService", suggestion: "Suggestion") -> None:
    machine = models.machine()
    cards = "; ".join(f"{gpu.name}, {gigabytes(gpu.free_gb)} of {gigabytes(gpu.total_gb)} free" for gpu in machine.gpus)
    show(f"\nThis computer: {cards or 'no graphics card for models'}; {gigabytes(machine.ram_free_gb)} of memory free.")
    show(f"Downloaded models take {file_size(models.disk_use())}.")
    if suggestion.model is None:
        show(suggestion.reason)
    else:
        get = "choose" if suggestion.is_installed else "download"
        show(f"* {suggestion.model.title} is suggested. {suggestion.reason}")
        show(f"  simpatient models {get} {suggestion.model.id}")


def _show_model(model: InstalledModel, json: bool, words: str) -> None:
    if json:
        show(as_json(model.model_dump(mode="json")))
    else:
        print(words, file=sys.stderr)
