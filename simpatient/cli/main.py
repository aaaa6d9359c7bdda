"""The ``simpatient`` command: collects the subcommands and turns errors into one plain sentence."""

import sys
import traceback
from typing import Any

import typer

from simpatient.cli.authoring import content, draft, tune
from simpatient.cli.home import bin as deleted
from simpatient.cli.home import database, doctor, forget
from simpatient.cli.models import components, models, recognisers, server
from simpatient.cli.practice import coding, drill, practise, rate, reports, transcribe
from simpatient.domain.errors import Cancelled, ContentError, NotFound, UserFacingError

FINE, PROBLEMS, WRONG_USE = 0, 1, 2
INTERRUPTED = 130  # what typer makes of Ctrl-C
STOPPED = "Stopped. Everything saved so far is kept."
# Reached through typer: since 0.2x it carries its own copy of click, whose errors click's names do not catch.
USAGE_ERROR: Any = typer.BadParameter.__bases__[0]

app = typer.Typer(
    name="simpatient",
    help="Practise therapy skills with simulated patients. Without a command, opens the window.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("practise")(practise.practise)
app.command("rate")(rate.rate)
app.command("drill")(drill.drill)
app.command("code")(coding.code)
app.command("score")(coding.score)
app.command("transcribe")(transcribe.transcribe)
app.command("list")(content.list_content)
app.command("check")(content.check)
app.command("doctor")(doctor.doctor)
app.command("setup")(components.setup)
app.add_typer(draft.app, name="draft", help="A language model drafts content for an author.")
app.add_typer(reports.app, name="report", help="Reports from the sessions on this computer.")
app.add_typer(server.app, name="server", help="The language model server to use; none by default.")
app.add_typer(models.app, name="models", help="Language models on this computer, which can play patients.")
app.add_typer(recognisers.app, name="recogniser", help="Speech recognisers on this computer.")
# The name until 0.3; scripts still call it.
app.add_typer(recognisers.app, name="voice", hidden=True)
app.add_typer(deleted.app, name="bin", help="Deleted sessions and attempts: restore them, or erase them for good.")
app.add_typer(database.app, name="db", help="The database: check it, copy it, put a copy back, rescue it.")
app.add_typer(forget.app, name="forget", help="Delete what was said and written, for good.")
app.add_typer(tune.app, name="tune", help="Train and measure the models.")


def run(arguments: list[str]) -> int:
    """Run one command line and return the exit code: 0 fine, 1 found problems, 2 wrong use.

    ``--debug``, anywhere, shows the traceback behind an error.
    """
    debug = "--debug" in arguments
    arguments = [argument for argument in arguments if argument != "--debug"]
    try:
        result = app(arguments, standalone_mode=False)
    except USAGE_ERROR as error:
        error.show()
        return WRONG_USE
    except (typer.Abort, Cancelled, KeyboardInterrupt):
        return _say(STOPPED, PROBLEMS, debug=False)
    except NotFound as error:
        return _say(str(error), WRONG_USE, debug)
    except (ContentError, UserFacingError) as error:
        return _say(str(error), PROBLEMS, debug)
    # The reader at the other end of a pipe, such as ``head``, has seen enough.
    except BrokenPipeError:
        return FINE
    except Exception as error:
        words = f"Something went wrong inside simpatient ({type(error).__name__}). Everything saved so far is safe;"
        return _say(f"{words} run the command again with --debug to see the details.", PROBLEMS, debug)
    if result == INTERRUPTED:
        return _say(STOPPED, PROBLEMS, debug=False)
    return result if isinstance(result, int) else FINE


def _say(words: str, code: int, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    print(words, file=sys.stderr)
    return code
