"""``simpatient bin`` on a real home: delete with a way back, list, restore, erase."""

import json
from pathlib import Path

import pytest

from simpatient.cli.main import PROBLEMS, WRONG_USE, run
from simpatient.storage.opening import open_repositories
from tests.storage.made_sessions import a_card, a_session, a_turn


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SIMPATIENT_HOME", str(tmp_path))
    stored = open_repositories(tmp_path / "simpatient.sqlite")
    turns = (a_turn(0), a_turn(1, 0), a_turn(2, 1))
    stored.sessions.create(a_session(trainee_id="me", turns=turns, leaf=2, scorecards=(a_card(),)))
    stored.sessions.close()
    return tmp_path / "simpatient.sqlite"


def _ids(database: Path) -> tuple[str, ...]:
    stored = open_repositories(database)
    found = stored.sessions.session_ids("me")
    stored.sessions.close()
    return found


def test_a_session_goes_to_the_bin_and_comes_back(database: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(["bin", "put", "s1", "--yes"]) == 0
    assert _ids(database) == ()
    told = capfdbinary.readouterr().out.decode()
    assert "- 3 turns of the conversation" in told
    assert run(["bin", "list", "--json"]) == 0
    (item,) = json.loads(capfdbinary.readouterr().out)
    assert (item["session_id"], item["leaf"], item["trainee_turns"]) == ("s1", None, 1)
    assert run(["bin", "restore", str(item["id"])]) == 0
    assert _ids(database) == ("s1",)


def test_the_bin_is_listed_and_emptied(database: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(["bin", "put", "s1", "--attempt", "1", "--yes"]) == 0
    assert run(["bin", "days", "7"]) == 0
    assert run(["bin", "list"]) == 0
    assert "kept for 7 days" in capfdbinary.readouterr().out.decode()
    assert run(["bin", "empty", "--yes"]) == 0
    assert run(["bin", "restore", "1"]) == WRONG_USE
    assert run(["bin", "list"]) == 0
    assert "Nothing in the bin." in capfdbinary.readouterr().out.decode()


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["bin", "put", "s1", "--attempt", "9", "--yes"], WRONG_USE),
        (["bin", "put", "none", "--yes"], WRONG_USE),
        (["bin", "put", "s1", "--trainee", "somebody", "--yes"], WRONG_USE),
        (["bin", "days", "0"], PROBLEMS),
    ],
)
def test_what_cannot_be_done_is_said(database: Path, command: list[str], code: int) -> None:
    assert run(command) == code
    assert _ids(database) == ("s1",)
