"""Homes that are full, read-only, emptied, robbed of their newest changes, open to others, or from the future."""

import os
import resource
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from shutil import copyfile

import pytest

from simpatient.domain.errors import OpenElsewhere, StorageUnavailable
from simpatient.domain.people.actor import Actor
from simpatient.storage.home import prepare_home
from simpatient.storage.opening import Repositories, open_repositories
from simpatient.storage.sqlite.changes import beside
from simpatient.storage.sqlite.schema import SCHEMA_VERSION
from tests.storage.made_sessions import T0, a_session, a_turn, readable_sessions
from tests.storage.small_database import make_small_database

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes and limits")


def _run_sql(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def _killed(path: Path, copy: Path, turns: int = 20) -> None:
    """Leave a database as a kill leaves it: part of it in the log."""
    stored = open_repositories(path)
    stored.sessions.create(a_session("s1"))
    for number in range(turns):
        stored.sessions.add_turn("s1", a_turn(number, number - 1 if number else None, text=f"turn {number}" * 90))
    copy.parent.mkdir(exist_ok=True)
    for suffix in ("", "-wal", "-changes"):
        copyfile(f"{path}{suffix}", f"{copy}{suffix}")
    stored.sessions.close()


def _turns(path: Path) -> int:
    stored = open_repositories(path)
    try:
        return sum(len(session.turns) for session in readable_sessions(stored.sessions))
    finally:
        stored.sessions.close()


def test_a_log_that_is_whole_loses_nothing_and_nothing_is_said(tmp_path: Path) -> None:
    _killed(tmp_path / "s.db", tmp_path / "killed" / "s.db")
    assert _turns(tmp_path / "killed" / "s.db") == 20


def _missing(wal: Path) -> None:
    wal.unlink()


def _zeroed_header(wal: Path) -> None:
    wal.write_bytes(bytes(32) + wal.read_bytes()[32:])


def _half(wal: Path) -> None:
    wal.write_bytes(wal.read_bytes()[: wal.stat().st_size // 2])


def _one_bit(wal: Path) -> None:
    data = bytearray(wal.read_bytes())
    data[len(data) // 2] ^= 1
    wal.write_bytes(bytes(data))


@pytest.mark.parametrize("harm", [_missing, _zeroed_header, _half, _one_bit])
def test_a_log_that_lost_changes_is_told_once(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    path = tmp_path / "killed" / "s.db"
    _killed(tmp_path / "s.db", path)
    harm(path.with_name("s.db-wal"))
    with pytest.raises(StorageUnavailable, match="Some of the latest work is missing"):
        open_repositories(path)
    assert _turns(path) < 20
    assert _turns(path) < 20


def test_after_the_end_of_a_session_the_log_is_empty(tmp_path: Path) -> None:
    stored = open_repositories(tmp_path / "s.db")
    stored.sessions.create(a_session("s1", turns=(a_turn(0),), leaf=0))
    stored.sessions.end("s1", T0)
    assert (tmp_path / "s.db-wal").stat().st_size == 0
    copyfile(tmp_path / "s.db", tmp_path / "alone.db")
    stored.sessions.close()
    assert _turns(tmp_path / "alone.db") == 1


def test_within_a_unit_of_work_the_log_is_emptied_once_it_is_committed(tmp_path: Path) -> None:
    stored = open_repositories(tmp_path / "s.db")
    stored.sessions.create(a_session("s1", turns=(a_turn(0),), leaf=0))
    stored.unit_of_work.run(Actor(person_id="t1"), "end a session", lambda: stored.sessions.end("s1", T0))
    assert (tmp_path / "s.db-wal").stat().st_size == 0
    assert stored.sessions.get("s1").is_ended
    stored.sessions.close()


def test_an_emptied_database_is_told_and_its_copies_are_named(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    make_small_database(path)
    beside(path).unlink()  # as of an earlier version
    path.write_bytes(b"")
    with pytest.raises(StorageUnavailable, match="was emptied") as caught:
        open_repositories(path)
    assert "simpatient db restore" in str(caught.value)
    assert _turns(path) == 0


def test_a_database_that_was_taken_away_is_told_once(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    make_small_database(path)
    path.unlink()
    with pytest.raises(StorageUnavailable, match="is no longer there"):
        open_repositories(path)
    assert _turns(path) == 0


def test_an_empty_file_without_a_past_is_a_new_database(tmp_path: Path) -> None:
    (tmp_path / "s.db").write_bytes(b"")
    assert _turns(tmp_path / "s.db") == 0


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        ((f"PRAGMA user_version={SCHEMA_VERSION + 1}",), "newer simpatient"),
        (("UPDATE alembic_version SET version_num='9999'",), "does not fit this program"),
        (("PRAGMA user_version=3", "UPDATE alembic_version SET version_num='9999'"), "does not fit this program"),
    ],
)
def test_what_is_from_the_future_is_refused_and_no_start_leaves_a_copy(
    tmp_path: Path, statements: tuple[str, ...], words: str
) -> None:
    path = tmp_path / "s.db"
    make_small_database(path)
    _run_sql(path, *statements)
    before, files = path.read_bytes(), sorted(file.name for file in tmp_path.rglob("*"))
    for _ in range(3):
        with pytest.raises(StorageUnavailable, match=words):
            open_repositories(path)
    assert path.read_bytes() == before
    assert sorted(file.name for file in tmp_path.rglob("*")) == files


@contextmanager
def _no_space() -> Iterator[None]:
    """Let no file grow, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@posix
def test_where_nothing_can_be_written_everything_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    make_small_database(path)
    before = path.read_bytes()
    with _no_space():
        stored = open_repositories(path)
        assert len(readable_sessions(stored.sessions)) == 3
        assert stored.sessions.check() == ()
        with pytest.raises(StorageUnavailable, match=r"cannot be written|disk is full"):
            stored.sessions.create(a_session("s9"))
        stored.sessions.close()
    assert path.read_bytes() == before
    assert not list(tmp_path.rglob("*.part"))


@posix
def test_a_new_database_on_a_full_disk_is_refused_in_words(tmp_path: Path) -> None:
    with _no_space(), pytest.raises(StorageUnavailable):
        open_repositories(tmp_path / "s.db")
    stored = open_repositories(tmp_path / "s.db")
    assert stored.sessions.list_trainees() == ()
    stored.sessions.close()


@posix
def test_on_a_disk_that_fills_up_no_acknowledged_turn_is_lost(tmp_path: Path) -> None:
    """The disk fills up at 25 places of a session; the acknowledged turns are there afterwards, and no other."""
    for number, spare in enumerate(range(0, 200_000, 8000)):
        path = tmp_path / str(number) / "s.db"
        make_small_database(path)
        acknowledged = _until_full(path, path.stat().st_size + spare)
        stored = open_repositories(path)
        assert stored.sessions.check() == ()
        assert {session.id for session in readable_sessions(stored.sessions)} >= {"s0", "s1", "s2"}
        if acknowledged is not None:
            assert len(stored.sessions.get("new").turns) == acknowledged
        stored.sessions.close()
        assert not list(path.parent.rglob("*.part"))


def _until_full(path: Path, most: int) -> int | None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    acknowledged: int | None = None
    try:
        stored = open_repositories(path)
        try:
            stored.sessions.create(a_session("new"))
            acknowledged = 0
            while acknowledged < 40:
                parent = acknowledged - 1 if acknowledged else None
                stored.sessions.add_turn("new", a_turn(acknowledged, parent, text="and on " * 1500))
                acknowledged += 1
        finally:
            stored.sessions.close()
    except StorageUnavailable as error:
        assert "disk" in error.message or "written" in error.message
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    return acknowledged


def test_a_home_that_is_a_file_or_cannot_be_made_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for home in (tmp_path / "file", tmp_path / "file" / "inside"):
        with pytest.raises(StorageUnavailable, match="a file where the folder should be"):
            prepare_home(home)


def _modes(folder: Path) -> set[int]:
    return {stat.S_IMODE(file.stat().st_mode) for file in folder.rglob("*")}


@posix
def test_nothing_of_a_home_is_readable_by_other_accounts(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        home = prepare_home(tmp_path / "home")
        stored = open_repositories(home / "s.db")
        stored.sessions.create(a_session())
        assert (home / "s.db-wal").exists()
        assert _modes(tmp_path) <= {0o700, 0o600}
        stored.sessions.close()
        assert list((home / "backups").iterdir())
        assert _modes(tmp_path) <= {0o700, 0o600}
    finally:
        os.umask(before)


@posix
def test_an_old_home_is_made_private_when_it_is_opened(tmp_path: Path) -> None:
    home = tmp_path / "home"
    for folder in ("backups", "audio", "cache/embeddings", "content"):
        (home / folder).mkdir(parents=True)
    names = ("simpatient.sqlite", "backups/simpatient-before-update-1.sqlite", "audio/a.clip", "cache/embeddings/x.npy")
    for name in (*names, "content/mine.yaml"):
        (home / name).write_text("x")
        (home / name).chmod(0o644)
    home.chmod(0o755)
    prepare_home(home)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert {stat.S_IMODE((home / name).stat().st_mode) for name in names} == {0o600}
    assert stat.S_IMODE((home / "content" / "mine.yaml").stat().st_mode) == 0o644  # the user's own, and inside 0700


def test_a_session_open_in_two_programs_is_refused_in_words_without_its_words(tmp_path: Path) -> None:
    first, second = open_repositories(tmp_path / "s.db"), open_repositories(tmp_path / "s.db")
    first.sessions.create(a_session("s1", turns=(a_turn(0),), leaf=0))
    first.sessions.add_turn("s1", a_turn(1, 0))
    with pytest.raises(OpenElsewhere, match="another window") as caught:
        second.sessions.add_turn("s1", a_turn(1, 0, text="secret words"))
    assert "secret" not in str(caught.value)
    first.sessions.close()
    second.sessions.close()


def test_no_error_of_the_database_holds_the_words_of_a_session(tmp_path: Path) -> None:
    stored: Repositories = open_repositories(tmp_path / "s.db")
    stored.sessions.create(a_session("s1", turns=(a_turn(0, text="secret words"),), leaf=0))
    code = "UPDATE turns SET at = 'x', text = 'secret words' WHERE seq = 0"
    _run_sql(tmp_path / "s.db", code)
    seen: BaseException | None = None
    try:
        stored.sessions.create(a_session("s1", turns=(a_turn(0, text="secret words"),), leaf=0))
    except Exception as error:
        seen = error
    while seen is not None:
        assert "secret" not in str(seen)
        seen = seen.__cause__
    try:
        stored.sessions.get("s1")
    except StorageUnavailable as error:
        assert error.__cause__ is not None
        assert "secret" not in str(error.__cause__)
    stored.sessions.close()


@posix
def test_the_program_makes_private_files_wherever_it_writes(tmp_path: Path) -> None:
    code = "import simpatient.__main__ as m, sys; m.main(['--help']); open(sys.argv[1], 'w').close()"
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "made")], check=True, capture_output=True)
    assert stat.S_IMODE((tmp_path / "made").stat().st_mode) == 0o600
