"""``simpatient bin``: delete with a way back, restore, erase for good."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from simpatient.cli.output import as_json, confirm, show
from simpatient.domain.errors import NotFound
from simpatient.domain.people.actor import Actor
from simpatient.presentation.words.dates import timestamp

if TYPE_CHECKING:
    from simpatient.services.privacy.bin import BinItem, BinService

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
Trainee = Annotated[str | None, typer.Option("--trainee", help="Trainee id; your own if left out.")]


@app.command("list")
def list_bin(
    trainee: Trainee = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, an array of objects.")] = False,
) -> None:
    """Show what was deleted and can still be restored.

    Example: simpatient bin list
    """
    from simpatient.presentation.words.deletion import bin_facts, bin_title

    with _opened(trainee) as (actor, service):
        items, days = service.items(actor), service.days()
    if json:
        show(as_json([_as_data(item) for item in items]))
        return
    for item in items:
        show(f"{item.entry.id}  {bin_title(item)}. {bin_facts(item)}")
    show(f"{len(items) or 'Nothing'} in the bin. Deleted items are kept for {days} days.")


@app.command("put")
def put(
    session_id: Annotated[str, typer.Argument(help="Session id.")],
    attempt: Annotated[int | None, typer.Option("--attempt", help="Only this attempt, counted from 1.")] = None,
    trainee: Trainee = None,
    yes: Yes = False,
) -> None:
    """Delete a session, or one attempt at it; it waits in the bin and can be restored.

    Example: simpatient bin put s-20261130-1a2b3c4d --attempt 2
    """
    from simpatient.presentation.words.deletion import what_goes, what_stays

    with _opened(trainee) as (actor, service):
        leaf = None if attempt is None else _leaf(service, actor, session_id, attempt)
        extent = service.extent(actor, session_id, leaf)
        what = "this attempt" if extent.leaf is not None else "this session"
        show(f"Deleting {what} also deletes:\n" + "\n".join(f"- {line}" for line in what_goes(extent)))
        if stays := what_stays(extent):
            show(stays)
        confirm(f"Delete {what}?", yes)
        if leaf is None:
            service.delete_session(actor, session_id)
        else:
            service.delete_attempt(actor, session_id, leaf)
        print(f"It is in the bin for {service.days()} days: simpatient bin list", file=sys.stderr)


@app.command("restore")
def restore(
    number: Annotated[int, typer.Argument(help="Number of the entry; see 'simpatient bin list'.")],
    trainee: Trainee = None,
) -> None:
    """Take something out of the bin, as it was.

    Example: simpatient bin restore 3
    """
    with _opened(trainee) as (actor, service):
        entry = service.restore(actor, number)
    print(f"Restored {entry.session_id}.", file=sys.stderr)


@app.command("empty")
def empty(trainee: Trainee = None, yes: Yes = False) -> None:
    """Erase everything in the bin for good.

    Example: simpatient bin empty
    """
    with _opened(trainee) as (actor, service):
        waiting = len(service.items(actor))
        if waiting:
            confirm(f"Erase {waiting} deleted sessions or attempts for good?", yes, "Nothing was erased.")
        erased = service.empty(actor)
    print(f"Erased {erased}." if erased else "The bin was empty.", file=sys.stderr)


@app.command("days")
def days(
    number: Annotated[
        int | None, typer.Argument(help="Number of days, at least 1; shows the current number if left out.")
    ] = None,
) -> None:
    """Show or choose how many days what is deleted can be restored.

    Example: simpatient bin days 90
    """
    with _opened(None) as (_, service):
        if number is not None:
            service.keep_for(number)
        show(str(service.days()))


@contextmanager
def _opened(trainee: str | None) -> Iterator[tuple[Actor, "BinService"]]:
    from simpatient.bootstrap.bin import open_bin
    from simpatient.bootstrap.person import actor_here

    with open_bin() as service:
        yield Actor(person_id=trainee) if trainee else actor_here(), service


def _leaf(service: "BinService", actor: Actor, session_id: str, attempt: int) -> int:
    leaves = service.attempts(actor, session_id)
    if not 1 <= attempt <= len(leaves):
        raise NotFound(f"There is no attempt {attempt} at this session.", f"There are {len(leaves)}.")
    return leaves[attempt - 1]



def _as_data(item: "BinItem") -> dict[str, object]:
    shown = {"case_title": item.case_title, "patient": item.patient_name, "erased_at": timestamp(item.erased_at)}
    return {**item.entry.model_dump(mode="json"), **shown}
