"""Entry point: no arguments opens the window, anything else is the command line."""

import logging
import os
import sys
from contextlib import suppress
from typing import NoReturn

from simpatient.runtime.private_files import private_by_default


def main(argv: list[str] | None = None) -> int:
    """Run simpatient and return the exit code.

    The window must be up before anything heavy is imported, so each side is imported only when chosen.
    """
    private_by_default()
    arguments = sys.argv[1:] if argv is None else argv
    if arguments:
        from simpatient.cli.main import run

        return run(arguments)
    from simpatient.bootstrap.settings import open_settings
    from simpatient.content.reading.locations import app_home
    from simpatient.gui.shell.app import run as run_window

    code = run_window(_open_app, sys.argv[:1], open_settings(app_home()))
    return _end(code)


def _end(code: int) -> NoReturn:
    """End the process at once, once the window has closed everything.

    Nothing is lost by it: every turn is durable before it is answered, the window has closed the database, and child
    processes end with this one. Taking Python, Qt and the encoder apart piece by piece would only keep a process alive
    that nobody sees, for up to seconds on a busy computer.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):  # there is none in a program without a console
            stream.flush()
    os._exit(code)


def _open_app():  # type: ignore[no-untyped-def]  # the type would import everything
    from simpatient.bootstrap.app import open_desktop_app

    return open_desktop_app()


if __name__ == "__main__":
    sys.exit(main())
