"""``simpatient db`` and ``simpatient forget`` on a home on disk."""

import json
from io import StringIO
from pathlib import Path

import pytest

from simpatient.bootstrap.upkeep import DATABASE, hold_window
from simpatient.cli.main import run
from simpatient.runtime.single_instance import HeldElsewhere
from simpatient.storage.opening import open_repositories
from tests.storage.made_sessions import a_session, a_turn, readable_sessions
from tests.storage.test_drill_repository import a_state, a_try


@pytest.fixture
def filled(home: Path) -> Path:
    stored = open_repositories(home / DATABASE)
    for number in range(3):
        stored.sessions.create(a_session(f"s{number}", trainee_id="me", turns=(a_turn(0), a_turn(1, 0)), leaf=1))
    stored.drills.add_try(a_try(trainee_id="me"), a_state(trainee_id="me"))
    stored.sessions.close()
    return home


def _ids(home: Path) -> set[str]:
    stored = open_repositories(home / DATABASE)
    try:
        return {session.id for session in readable_sessions(stored.sessions, "me")}
    finally:
        stored.sessions.close()


def _damage(home: Path) -> None:
    with (home / DATABASE).open("r+b") as file:
        file.seek(4096 * 6)
        file.write(b"\xee" * 2048)


def test_a_home_without_a_database_is_fine_and_stays_without(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["db", "check"]) == 0
    assert "no database yet" in capsys.readouterr().out
    assert run(["db", "backup"]) == 2
    assert not home.exists()


def test_a_sound_database_is_copied_and_put_back(
    filled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["db", "check", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"problems": []}
    assert run(["db", "backup", "--out", str(tmp_path / "stick"), "--json"]) == 0
    copy = Path(json.loads(capsys.readouterr().out)["copy"])
    assert run(["forget", "session", "s1", "--yes"]) == 0
    assert _ids(filled) == {"s0", "s2"}
    assert run(["db", "restore", str(tmp_path / "stick")]) == 0
    assert "is kept as" in capsys.readouterr().out
    assert _ids(filled) == {"s0", "s1", "s2"}
    assert copy.exists()
    assert run(["db", "restore", str(tmp_path / "nothing")]) == 2


def test_a_damaged_database_is_named_set_aside_and_rescued(filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _damage(filled)
    assert run(["db", "check"]) == 1
    assert "damaged" in capsys.readouterr().out
    assert run(["forget", "drills", "--yes"]) == 1
    told = capsys.readouterr().err
    assert "simpatient db rescue" in told
    assert "simpatient db restore" in told
    assert run(["db", "rescue", "--json"]) in (0, 1)
    found = json.loads(capsys.readouterr().out)
    assert _ids(filled) == set(found["copied"])
    assert run(["db", "rescue", str(filled / "nothing")]) == 2


def test_forgetting_asks_first(
    filled: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for answer in ("n\n", ""):
        monkeypatch.setattr("sys.stdin", StringIO(answer))
        for command in (["all"], ["drills"], ["session", "s1"]):
            assert run(["forget", *command]) == 1
            assert "Nothing was deleted." in capsys.readouterr().err
    assert len(_ids(filled)) == 3
    assert run(["forget", "session", "no-such"]) == 2  # not asked about what is not there


def test_what_is_forgotten_is_gone(filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["forget", "session", "no-such", "--yes"]) == 2
    assert run(["forget", "drills", "--yes"]) == 0
    stored = open_repositories(filled / DATABASE)
    assert stored.drills.states("me") == ()
    stored.sessions.close()
    assert run(["forget", "all", "--yes"]) == 0
    assert _ids(filled) == set()
    assert "also in the copies" in capsys.readouterr().out


def test_one_window_at_a_time_on_a_home_and_the_command_line_beside_it(filled: Path) -> None:
    let_go = hold_window(filled)
    with pytest.raises(HeldElsewhere, match="already open"):
        hold_window(filled)
    assert run(["db", "check"]) == 0
    let_go()
    hold_window(filled)()
