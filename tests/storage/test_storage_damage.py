"""Damage to single cells, bytes and pages hides what lies there and nothing else, and is never a raw error."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simpatient.domain.errors import StorageUnavailable
from simpatient.storage.cells import UNREADABLE
from simpatient.storage.opening import Repositories, open_repositories
from simpatient.storage.sqlite.integrity import MOST
from simpatient.storage.tables import metadata
from tests.storage.made_sessions import readable_sessions
from tests.storage.small_database import SESSIONS, make_small_database


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return make_small_database(tmp_path_factory.mktemp("small") / "s.db")


def _changed(path: Path, statement: str) -> Repositories:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()
    return open_repositories(path)


CELLS = {
    "JSON": "UPDATE sessions SET manifest = '{\"app\": ' WHERE id='s1'",
    "JSON of a turn": "UPDATE turns SET plan = '{]' WHERE session_id='s1' AND seq=0",
    "JSON of codes": "UPDATE turn_codes SET codes = 'x' WHERE session_id='s1'",
    "JSON of a scorecard": "UPDATE scorecards SET card = x'ff' WHERE session_id='s1'",
    "JSON of a rating": "UPDATE self_ratings SET rating = '' WHERE session_id='s1'",
    "JSON of speech": "UPDATE turn_speech SET speech = '[' WHERE session_id='s1'",
    "moment": "UPDATE sessions SET started_at = '2026-13-01' WHERE id='s1'",
    "moment without zone": "UPDATE sessions SET ended_at = '2026-03-01T09:30:00' WHERE id='s1'",
    "moment of a turn": "UPDATE turns SET at = 7 WHERE session_id='s1' AND seq=1",
    "text": "UPDATE turns SET text = CAST(x'c3' AS TEXT) WHERE session_id='s1' AND seq=1",
    "number": "UPDATE turns SET parent = 9 WHERE session_id='s1' AND seq=1",
    "circle": "UPDATE turns SET parent = 2 WHERE session_id='s1' AND seq=1",
    "leaf": "UPDATE sessions SET leaf = 77 WHERE id='s1'",
}


@pytest.mark.parametrize("statement", CELLS.values(), ids=CELLS.keys())
def test_one_damaged_cell_hides_its_session_alone(tmp_path: Path, whole: bytes, statement: str) -> None:
    path = tmp_path / "s.db"
    path.write_bytes(whole)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
    stored = _changed(path, statement)
    assert {session.id for session in readable_sessions(stored.sessions)} == {"s0", "s2"}
    assert {"s0", "s2"} <= {row.session_id for row in stored.history.history("t1").attempts}
    assert stored.sessions.get("s0").turns
    with pytest.raises(StorageUnavailable, match='"s1" cannot be read'):
        stored.sessions.get("s1")
    assert any('"s1"' in problem for problem in stored.sessions.check())
    stored.sessions.close()


OTHERS: dict[str, tuple[str, Callable[[Repositories], object], object, str]] = {
    "try": (
        "UPDATE drill_tries SET feedback = '{'",
        lambda stored: stored.drills.tries("t1", "asking"),
        (),
        'try 1 at the drill "asking"',
    ),
    "moment of a try": (
        "UPDATE drill_tries SET at = 'soon'",
        lambda stored: stored.drills.tries("t1", "asking"),
        (),
        'try 1 at the drill "asking"',
    ),
    "drill state": (
        "UPDATE drill_states SET state = x'80'",
        lambda stored: stored.drills.states("t1"),
        (),
        '"t1" is in the drill "asking"',
    ),
    "consent": ("UPDATE consents SET given_at = 'x'", lambda stored: stored.consents.consents("t1"), (), "consent 1"),
    "attempt": (
        "UPDATE written_attempts SET attempt = '{'",
        lambda stored: len(readable_sessions(stored.sessions)),
        3,
        'after session "s1" cannot be read',
    ),
}


@pytest.mark.parametrize("case", OTHERS.values(), ids=OTHERS.keys())
def test_what_else_is_damaged_is_left_out_and_named(
    tmp_path: Path, whole: bytes, case: tuple[str, Callable[[Repositories], object], object, str]
) -> None:
    statement, read, expected, named = case
    path = tmp_path / "s.db"
    path.write_bytes(whole)
    stored = _changed(path, statement)
    assert read(stored) == expected
    assert any(named in problem for problem in stored.sessions.check())
    stored.sessions.close()


def test_a_long_list_of_problems_is_cut_and_says_how_much_is_left(whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    path.write_bytes(whole)
    with closing(sqlite3.connect(path)) as raw, raw:
        columns = [row[1] for row in raw.execute("PRAGMA table_info(turns)") if row[1] != "seq"]
        names = ", ".join(columns)
        for number in range(1000, 1000 + MOST + 7):
            raw.execute(
                f"INSERT INTO turns (seq, {names}) SELECT {number}, {names} FROM turns WHERE parent IS NULL LIMIT 1"
            )
        raw.execute("UPDATE turns SET parent = seq WHERE seq >= 1000")
    stored = open_repositories(path)
    problems = stored.sessions.check()
    assert sum("answers a later turn" in each for each in problems) == MOST
    assert "and 7 more of this kind" in problems
    stored.sessions.close()


def _reads(stored: Repositories) -> int:
    """Do everything that reads; return how many sessions there are to see."""
    shown = readable_sessions(stored.sessions)
    for session in shown:
        session.path()
        session.attempts()
    listed = {row.session_id for row in stored.history.history("t1").attempts}
    assert len(listed & {session.id for session in shown}) >= len(SESSIONS) - 1
    stored.sessions.list_trainees()
    problems = stored.sessions.check()
    assert len(shown) == len(SESSIONS) or problems, "a session is missing and nothing is said"
    for session_id in SESSIONS:
        try:
            stored.sessions.get(session_id)
            stored.writings.attempts(session_id)
        except StorageUnavailable:
            assert problems
    stored.drills.states("t1"), stored.drills.tries("t1", "asking"), stored.consents.consents("t1")
    return len(shown)


def _is_harmless(folder: Path, damaged: bytes) -> bool:
    """Whether at most one session is lost from view, or the file is set aside as it was, or refused in words."""
    path = folder / "s.db"
    path.write_bytes(damaged)
    try:
        stored = open_repositories(path)
    except StorageUnavailable as error:
        aside = [kept for kept in folder.glob("s-damaged-*.db") if kept.read_bytes() == damaged]
        return bool(aside) or "nothing was changed" in str(error)
    try:
        return _reads(stored) >= len(SESSIONS) - 1
    finally:
        stored.sessions.close()


@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_any_flipped_bit_costs_one_session_at_most_or_the_file_is_set_aside(
    whole: bytes, place: float, bit: int
) -> None:
    at = int(place * len(whole))
    with TemporaryDirectory() as folder:
        assert _is_harmless(Path(folder), whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :])


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_every_byte_flipped_in_turn(whole: bytes) -> None:
    random = Random(3)
    for at in range(len(whole)):
        with TemporaryDirectory() as folder:
            damaged = whole[:at] + bytes([whole[at] ^ 1 << random.randrange(8)]) + whole[at + 1 :]
            assert _is_harmless(Path(folder), damaged), at


def test_damage_that_the_look_at_the_start_does_not_see_costs_the_sessions_on_it(
    tmp_path: Path, whole: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large files are not looked through when they are opened."""
    monkeypatch.setattr("simpatient.storage.opening.CHECK_UP_TO_BYTES", 0)
    path, random, fewest = tmp_path / "s.db", Random(4), len(SESSIONS)
    first_page_of_turns = _root_page(whole, tmp_path, "turns")
    for _ in range(12):
        page = random.choice([p for p in range(1, len(whole) // 512) if p != first_page_of_turns - 1])
        path.write_bytes(whole[: page * 512] + bytes(512) + whole[(page + 1) * 512 :])
        try:
            stored = open_repositories(path)
        except StorageUnavailable:
            continue
        try:
            fewest = min(fewest, len(readable_sessions(stored.sessions)))
            assert stored.sessions.check()
        except StorageUnavailable as error:
            assert "damaged" in error.message
        finally:
            stored.sessions.close()
    assert fewest < len(SESSIONS)


def _root_page(whole: bytes, folder: Path, table: str) -> int:
    (folder / "look.db").write_bytes(whole)
    with closing(sqlite3.connect(folder / "look.db")) as connection:
        return int(connection.execute("SELECT rootpage FROM sqlite_master WHERE name=?", (table,)).fetchone()[0])


def test_every_column_is_read_by_a_reader_that_does_not_raise(tmp_path: Path) -> None:
    """New tables are held to the same: whatever lies in a cell, reading the row must not raise."""
    stored = open_repositories(tmp_path / "s.db")
    stored.sessions.close()
    stored = open_repositories(tmp_path / "s.db")
    with closing(sqlite3.connect(tmp_path / "s.db")) as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        for table in (table for table in metadata.sorted_tables if table.name != "change_count"):
            names = ", ".join(f'"{column.name}"' for column in table.columns)
            cells = ", ".join("CAST(x'c328' AS TEXT)" if c.type.python_type is not int else "1" for c in table.columns)
            connection.execute(f"INSERT INTO {table.name} ({names}) VALUES ({cells})")
        connection.commit()
    for table in (table for table in metadata.sorted_tables if table.name != "change_count"):
        rows = stored.sessions._read(lambda connection, table=table: connection.execute(table.select()).all())
        assert any(cell is UNREADABLE for row in rows for cell in row)
    stored.sessions.close()
