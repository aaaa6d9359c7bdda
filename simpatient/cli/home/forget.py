"""``simpatient forget``: delete what was said and written, for good."""

from typing import Annotated

import typer

from simpatient.cli.output import confirm, show
from simpatient.domain.people.actor import Actor

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
Trainee = Annotated[str | None, typer.Option("--trainee", help="Trainee id; your own if left out.")]
OUTSIDE = "Reports and copies that were saved outside the program's folder are not touched."


@app.command("session")
def session(session_id: Annotated[str, typer.Argument(help="Session id.")], yes: Yes = False) -> None:
    """Delete a session with its sound, feedback and everything written after it.

    Example: simpatient forget session s-20261130-1a2b3c4d
    """
    from simpatient.bootstrap.person import actor_here
    from simpatient.bootstrap.upkeep import open_deletion

    actor = actor_here()
    with open_deletion() as deletion:
        deletion.need_session(actor, session_id)
        confirm(f"Delete the session {session_id} for good?", yes)
        deletion.delete_session(actor, session_id)
    show(f"The session {session_id} is deleted, also in the copies of the database. {OUTSIDE}")


@app.command("drills")
def drills(trainee: Trainee = None, yes: Yes = False) -> None:
    """Delete everything said in drills, and how far one has come in them.

    Example: simpatient forget drills
    """
    from simpatient.bootstrap.upkeep import open_deletion

    actor = _acting(trainee)
    confirm(f"Delete everything '{actor.person_id}' said in drills for good?", yes)
    with open_deletion() as deletion:
        deletion.delete_drills(actor)
    show(f"The drills of '{actor.person_id}' are deleted, also in the copies of the database. {OUTSIDE}")


@app.command("all")
def everything(trainee: Trainee = None, yes: Yes = False) -> None:
    """Delete everything of a trainee: sessions, sound, drills, consents.

    Example: simpatient forget all --trainee me
    """
    from simpatient.bootstrap.upkeep import open_deletion

    actor = _acting(trainee)
    confirm(f"Delete everything of '{actor.person_id}' for good?", yes)
    with open_deletion() as deletion:
        deletion.delete_everything(actor)
    show(f"Everything of '{actor.person_id}' is deleted, also in the copies of the database. {OUTSIDE}")


def _acting(trainee: str | None) -> Actor:
    from simpatient.bootstrap.person import actor_here

    return Actor(person_id=trainee) if trainee else actor_here()
