"""``simpatient server``: which server's language model may be used. Nothing is sent anywhere before one is set."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simpatient.cli.output import as_json, show

if TYPE_CHECKING:
    from simpatient.services.models.ports import ServerSettings

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
NONE = "No server is set up; nothing leaves this computer."


@app.callback()
def server() -> None:
    """Choose the server whose language model may be used; none by default."""


@app.command("set")
def set_server(
    url: Annotated[str, typer.Option("--url", help="Base address of its API; usually ends in /v1.")],
    model: Annotated[str, typer.Option("--model", help="The model's name on the server.")],
    key_variable: Annotated[str, typer.Option("--key-variable", help="Environment variable that holds the key.")] = "",
    key_file: Annotated[
        Path | None, typer.Option("--key-file", help="File with the key, readable only by its owner.")
    ] = None,
    wait: Annotated[
        float, typer.Option("--wait", help="How long to wait for the server to send something, in seconds.")
    ] = 60.0,
    allow_plain_http: Annotated[
        bool, typer.Option("--allow-plain-http", help="Send words unencrypted; only on a network you trust.")
    ] = False,
) -> None:
    """Use a server that speaks OpenAI's chat-completions protocol: vLLM, transformers serve, llama.cpp.

    Example: simpatient server set --url https://models.example.org/v1 --model our-model --key-variable OUR_KEY
    """
    from simpatient.domain.models.servers import make_server

    server = make_server(
        url=url,
        model=model,
        key_variable=key_variable,
        key_file=str(key_file.expanduser().absolute()) if key_file else "",
        allows_plain_http=allow_plain_http,
        read_s=wait,
    )
    path = _settings().set(server)
    print(f"Saved in {path}. Next: simpatient server check", file=sys.stderr)


@app.command("show")
def show_server(json: Annotated[bool, typer.Option("--json", help="Print JSON, one object.")] = False) -> None:
    """Show which server is set up; never the key.

    Example: simpatient server show
    """
    found = _settings().chosen()
    settings = found.model_dump(exclude={"secret"}) if found else {}
    if json:
        show(as_json(settings))
        return
    show("\n".join(f"{name}: {value}" for name, value in settings.items()) or NONE)


@app.command("check")
def check_server() -> None:
    """Ask the server for one word: is it there, does it take the key, has it the model?

    Example: simpatient server check
    """
    show(f"It answers: {_settings().check()}")


@app.command("off")
def forget() -> None:
    """Stop using a server.

    Example: simpatient server off
    """
    _settings().forget()
    show(NONE)


def _settings() -> "ServerSettings":
    from simpatient.bootstrap.models import open_server_settings
    from simpatient.content.reading.locations import app_home

    return open_server_settings(app_home())
