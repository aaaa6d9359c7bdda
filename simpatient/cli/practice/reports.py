"""``simpatient report``: feedback and progress reports from the database."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from simpatient.bootstrap.app import open_app
from simpatient.domain.errors import NotFound, UserFacingError
from simpatient.domain.people.actor import Actor
from simpatient.services.application import App

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
LATEST = "latest"


@app.command("session")
def session(
    session_id: Annotated[str, typer.Argument(help="Session id, or 'latest'.")] = LATEST,
    pdf: Annotated[Path | None, typer.Option("--pdf", help="Write a PDF, and an HTML version beside it.")] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write accessible HTML.")] = None,
    trainee: Annotated[
        str | None, typer.Option("--trainee", help="Trainee whose session it is; yourself if left out.")
    ] = None,
    with_disclosure: Annotated[
        bool, typer.Option("--with-disclosure", help="Include what the patient held back (reveals the case).")
    ] = False,
) -> None:
    """Write the feedback report of one session.

    Example: simpatient report session latest --pdf feedback.pdf
    """
    if pdf is None and html is None:
        raise UserFacingError("No file to write was named.", "Add --pdf FILE or --html FILE.")
    opened = open_app()
    try:
        actor = _acting(opened, trainee)
        chosen = opened.review.latest_ended(actor) if session_id == LATEST else session_id
        opened.reports.session(actor, chosen, pdf=pdf, html=html, with_disclosure=with_disclosure)
    finally:
        opened.close()
    _say_written(pdf, html)


@app.command("progress")
def progress(
    trainee: Annotated[str | None, typer.Option("--trainee", help="Trainee id; your own if left out.")] = None,
    pdf: Annotated[Path | None, typer.Option("--pdf", help="Write a PDF, and an HTML version beside it.")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write CSV, one row per session and measure.")] = None,
) -> None:
    """Write a trainee's progress over sessions: skill curves, objectives, sessions. Never a verdict.

    Example: simpatient report progress --pdf progress.pdf --csv progress.csv
    """
    if pdf is None and csv is None:
        raise UserFacingError("No file to write was named.", "Add --pdf FILE or --csv FILE.")
    opened = open_app()
    try:
        opened.reports.progress(_acting(opened, trainee), pdf=pdf, csv=csv)
    finally:
        opened.close()
    _say_written(pdf, csv)


def _acting(opened: App, trainee: str | None) -> Actor:
    """Return the trainee a report is for; whoever uses this computer may act as any of its trainees."""
    if trainee is None:
        return opened.actor
    actor = Actor(person_id=trainee) if trainee else None
    if actor is None or trainee not in opened.progress.trainees(actor):
        raise NotFound(f"There is no trainee '{trainee}' with sessions here.", "Check the spelling of the id.")
    return actor


def _say_written(*paths: Path | None) -> None:
    for path in paths:
        if path is not None:
            print(f"Wrote {path}", file=sys.stderr)
