"""The writer of the kill test, forked anew for each kill from a process that has the imports done.

Reads lines ``{"path": ..., "session": ...}`` and answers on standard output: ``pid N``, then ``ack N`` for
each turn once storing it has returned (-1 for the session itself), then ``dead STATUS``.
"""

import importlib
import json
import os
import sys
import traceback
from pathlib import Path

from simpatient.storage.opening import open_sessions
from tests.storage.made_sessions import a_session, a_turn

LAST = 100_000


def words(session_id: str, number: int) -> str:
    """Return a text that only this turn has, of varying length so that pages fill unevenly."""
    return f"{session_id}/{number} " + "and so on " * (number * 37 % 200)


def write_until_killed(path: Path, session_id: str) -> None:
    """Open the database and append turns without end, acknowledging each."""
    repository = open_sessions(path)
    repository.create(a_session(session_id))
    _say("ack -1")
    for number in range(LAST):
        repository.add_turn(session_id, a_turn(number, number - 1 if number else None, text=words(session_id, number)))
        _say(f"ack {number}")


def _say(line: str) -> None:
    # One short write is atomic on a pipe, so that a kill leaves no half line.
    os.write(1, f"{line}\n".encode())


def _fork_writer(path: str, session_id: str) -> None:
    pid = os.fork()
    if pid == 0:
        try:
            write_until_killed(Path(path), session_id)
        except BaseException:
            traceback.print_exc()
        os._exit(1)
    _say(f"pid {pid}")
    _, status = os.waitpid(pid, 0)
    _say(f"dead {os.waitstatus_to_exitcode(status)}")


if __name__ == "__main__":
    importlib.import_module("alembic.command")
    importlib.import_module("alembic.autogenerate")
    for line in sys.stdin:
        asked = json.loads(line)
        _fork_writer(asked["path"], asked["session"])
