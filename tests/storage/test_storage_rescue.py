"""Copies of the database, putting one back, and getting out of a damaged one what can still be read."""

import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from simpatient.domain.errors import NotFound, StorageUnavailable
from simpatient.storage.opening import open_repositories
from simpatient.storage.sqlite.copies import GENERATIONS
from simpatient.storage.upkeep import DatabaseUpkeep
from tests.storage.made_sessions import a_full_turn, a_session, a_turn, readable_sessions
from tests.storage.test_drill_repository import a_state, a_try
from tests.storage.test_writing_repository import an_attempt

SESSIONS = 51


def _filled(path: Path, sessions: int = 3, first: int = 0) -> None:
    stored = open_repositories(path)
    for number in range(first, first + sessions):
        turns = (a_full_turn(0), a_turn(1, 0, text=f"words of {number}"), a_full_turn(2, 1))
        stored.sessions.create(a_session(f"s{number}", turns=turns, leaf=2))
    stored.sessions.close()


def _ids(path: Path) -> set[str]:
    stored = open_repositories(path)
    try:
        assert stored.sessions.check() == ()
        return {session.id for session in readable_sessions(stored.sessions)}
    finally:
        stored.sessions.close()


def _copies(path: Path) -> list[str]:
    return sorted(copy.name for copy in (path.parent / "backups").glob("*-copy-*"))


def test_a_copy_is_kept_at_each_close_that_changed_something_and_three_in_all(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    for number in range(GENERATIONS + 2):
        _filled(path, 1, first=number)
        _ids(path)  # reading changes nothing, so it makes no copy
    assert _copies(path) == ["s-copy-1.db", "s-copy-2.db", "s-copy-3.db"]
    held = []
    for copy in _copies(path):
        with closing(sqlite3.connect(tmp_path / "backups" / copy)) as connection:
            held.append(connection.execute("SELECT count(*) FROM sessions").fetchone()[0])
    assert held == [5, 4, 3]
    assert not list(tmp_path.rglob("*.part"))
    assert not list(tmp_path.rglob("*.new"))


def test_a_copy_that_cannot_be_made_leaves_the_earlier_ones_and_the_program_ends(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    _filled(path, 1)
    (tmp_path / "backups" / "s-copy-1.db.new.part").mkdir()
    _filled(path, 1, first=1)
    assert _copies(path) == ["s-copy-1.db", "s-copy-1.db.new.part"]
    assert _ids(path) == {"s0", "s1"}


def test_a_copy_is_put_back_and_what_was_there_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    _filled(path, 2)
    copy = DatabaseUpkeep(path).backup(tmp_path / "elsewhere")
    _filled(path, 1, first=2)
    kept = DatabaseUpkeep(path).restore(tmp_path / "elsewhere")
    assert _ids(path) == {"s0", "s1"}
    assert kept is not None
    assert DatabaseUpkeep(path).restore(kept) is not None
    assert _ids(path) == {"s0", "s1", "s2"}
    assert copy.parent == tmp_path / "elsewhere"


def test_a_damaged_copy_is_not_put_back(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    _filled(path)
    copy = DatabaseUpkeep(path).backup()
    copy.write_bytes(copy.read_bytes()[:4096] + b"\xee" * 4096 + copy.read_bytes()[8192:])
    with pytest.raises(StorageUnavailable, match="damaged; nothing was changed"):
        DatabaseUpkeep(path).restore(copy)
    with pytest.raises(NotFound):
        DatabaseUpkeep(path).restore(tmp_path / "nowhere")
    assert _ids(path) == {"s0", "s1", "s2"}


def test_nothing_is_put_back_while_another_program_has_the_database_open(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    _filled(path)
    copy = DatabaseUpkeep(path).backup()
    other = open_repositories(path)
    other.sessions.create(a_session("s9"))
    with pytest.raises(StorageUnavailable, match="in use"):
        DatabaseUpkeep(path).restore(copy)
    other.sessions.close()
    assert _ids(path) == {"s0", "s1", "s2", "s9"}


def _set_aside(path: Path) -> str:
    with pytest.raises(StorageUnavailable, match="simpatient db rescue") as caught:
        open_repositories(path)
    return str(caught.value)


def test_a_damaged_page_costs_what_lies_on_it_and_the_rest_comes_back(tmp_path: Path) -> None:
    """Random bytes over a page in the middle, 12 times: of 51 sessions nearly all are rescued."""
    path, random, rescued = tmp_path / "s.db", Random(7), []
    _filled(path, SESSIONS)
    whole = path.read_bytes()
    for _ in range(12):
        for left in tmp_path.glob("s*"):
            left.unlink()
        page = random.randrange(len(whole) // 8192, len(whole) // 4096)
        path.write_bytes(whole[: page * 4096] + random.randbytes(4096) + whole[(page + 1) * 4096 :])
        words = _set_aside(path)
        assert "s-copy-1.db" in words or "backups" in words
        result, _ = DatabaseUpkeep(path).rescue()
        assert _ids(path) == set(result.copied)
        assert len(result.copied) + len(result.lost) == SESSIONS
        rescued.append(len(result.copied))
    print("rescued of 51:", sorted(rescued))
    assert sorted(rescued)[len(rescued) // 2] >= SESSIONS - 3


def test_what_was_begun_after_the_damage_stays(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    _filled(path, 2)
    stored = open_repositories(path)
    stored.writings.add(an_attempt(session_id="s1"))
    stored.drills.add_try(a_try(), a_state())
    stored.sessions.close()
    path.write_bytes(path.read_bytes() + b"torn")  # no page: the file ends within one
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 8)
    if path.exists():
        _set_aside(path)
    _filled(path, 1, first=7)
    result, kept = DatabaseUpkeep(path).rescue()
    assert "s7" in _ids(path)
    assert kept is not None
    assert DatabaseUpkeep(path).check() == ()  # what was read is not told of again
    assert not [file.name for file in tmp_path.iterdir() if ".part" in file.name]
    assert result.copied[0] == "s7"


def test_a_damaged_turn_costs_the_turns_after_it_and_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    _filled(path, 2)
    stored = open_repositories(path)
    stored.writings.add(an_attempt(session_id="s1"))
    stored.drills.add_try(a_try(), a_state())
    stored.sessions.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE turns SET plan = '{' WHERE session_id = 's0' AND seq = 2")
        connection.execute("UPDATE turn_codes SET codes = '{' WHERE session_id = 's1' AND seq = 0")
        connection.commit()
    result, _ = DatabaseUpkeep(path).rescue()
    assert set(result.copied) == {"s0", "s1"}
    assert set(result.incomplete) == {"s0", "s1"}
    stored = open_repositories(path)
    assert [turn.turn for turn in stored.sessions.get("s0").turns] == [0, 1]
    assert stored.sessions.get("s0").leaf == 1
    assert stored.writings.attempts("s1") == (an_attempt(session_id="s1"),)
    assert stored.drills.tries("t1", "asking") == (a_try(),)
    stored.sessions.close()


def test_where_nothing_is_damaged_nothing_is_done(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    _filled(path)
    with pytest.raises(NotFound, match="Nothing is damaged"):
        DatabaseUpkeep(path).rescue()
    with pytest.raises(NotFound, match="no file"):
        DatabaseUpkeep(path).rescue(tmp_path / "nowhere")
    assert _ids(path) == {"s0", "s1", "s2"}


def test_looking_changes_nothing_even_where_the_file_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    assert DatabaseUpkeep(path).check() == ()
    _filled(path, SESSIONS)
    assert DatabaseUpkeep(path).check() == ()
    with path.open("r+b") as file:
        file.seek(4096 * 8)
        file.write(b"\xee" * 4096)
    before = path.read_bytes()
    assert any("damaged" in problem for problem in DatabaseUpkeep(path).check())
    assert path.read_bytes() == before
    _set_aside(path)
    assert DatabaseUpkeep(path).check() == ("s-damaged-1.db was set aside as damaged",)
