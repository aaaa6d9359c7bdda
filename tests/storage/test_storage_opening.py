"""Opening: safe settings, migrations, newer and foreign databases, damage, failing disks."""

import resource
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from random import Random
from shutil import copyfile, copytree
from threading import current_thread

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from simpatient.domain.errors import BugError, StorageUnavailable
from simpatient.storage.opening import open_sessions
from simpatient.storage.sqlite.engine import make_engine
from simpatient.storage.sqlite.lane import DatabaseThread
from simpatient.storage.sqlite.schema import MIGRATIONS, SCHEMA_VERSION, upgrade
from simpatient.storage.tables import metadata
from tests.storage.made_sessions import T0, a_full_turn, a_session, a_turn, readable_sessions


def _filled(path: Path, sessions: int = 1) -> None:
    repository = open_sessions(path)
    for number in range(sessions):
        repository.create(a_session(f"s{number}", turns=(a_full_turn(0), a_turn(1, 0)), leaf=1))
    repository.close()


def _run_sql(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def test_every_connection_is_safe(tmp_path: Path) -> None:
    engine = make_engine(tmp_path / "s.db")
    for _ in range(2):
        with engine.connect() as connection:
            found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in
                     ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")}  # fmt: skip
        assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}
        engine.dispose()


def test_settings_that_do_not_take_are_refused() -> None:
    with pytest.raises(StorageUnavailable, match="journal_mode is memory"):
        make_engine(Path(":memory:")).connect()


def test_the_repositorys_own_connection_is_safe(tmp_path: Path) -> None:
    repository = open_sessions(tmp_path / "s.db")
    found = repository._read(
        lambda c: [c.exec_driver_sql(f"PRAGMA {n}").scalar() for n in ("synchronous", "foreign_keys")]
    )
    repository.close()
    assert found == [2, 1]


def test_all_work_is_done_on_one_thread_however_many_ask(tmp_path: Path) -> None:
    repository = open_sessions(tmp_path / "s.db")
    repository.create(a_session())
    with ThreadPoolExecutor(8) as pool:
        names = set(pool.map(lambda _: repository._read(lambda _c: current_thread().name), range(40)))
        list(pool.map(lambda n: repository.create(a_session(f"p{n}")), range(20)))
    assert len(names) == 1
    assert len(repository.session_ids("t1")) == 21
    repository.close()


def test_a_lane_passes_on_what_work_raises_and_lets_work_ask_for_work() -> None:
    lane = DatabaseThread("test")
    with pytest.raises(ZeroDivisionError):
        lane.run(lambda: 1 / 0)
    assert lane.run(lambda: lane.run(lambda: 7)) == 7
    lane.close()


def test_two_programs_can_write_to_one_database(tmp_path: Path) -> None:
    first, second = open_sessions(tmp_path / "s.db"), open_sessions(tmp_path / "s.db")
    first.create(a_session("a"))
    second.create(a_session("b"))
    assert first.get("b") == second.get("b")
    first.close()
    second.close()


def test_migrations_lead_to_the_tables(tmp_path: Path) -> None:
    upgrade(tmp_path / "s.db", is_new=True)
    with make_engine(tmp_path / "s.db").connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)
    assert differences == []


def test_migrations_have_one_head_with_the_schemas_number() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    heads = ScriptDirectory.from_config(config).get_heads()
    assert [int(head) for head in heads] == [SCHEMA_VERSION]


def _next_migration(tmp_path: Path, body: str) -> Path:
    folder = tmp_path / "migrations"
    copytree(MIGRATIONS, folder)
    head = f'"""Next."""\nfrom alembic import op\nimport sqlalchemy as sa\nrevision = "{SCHEMA_VERSION + 1:04}"\n'
    head += f'down_revision = "{SCHEMA_VERSION:04}"\n\ndef upgrade() -> None:\n'
    (folder / "versions" / "v9999_next.py").write_text(head + "".join(f"    {line}\n" for line in body.splitlines()))
    return folder


def _rows(path: Path) -> list[tuple]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT session_id, seq, text FROM turns ORDER BY 1, 2").fetchall()


def test_a_migration_keeps_rows_and_a_copy_from_before(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    _filled(path, 3)
    before = _rows(path)
    rebuild = 'with op.batch_alter_table("sessions") as batch:\n'
    rebuild += '    batch.add_column(sa.Column("place", sa.String(9)))\n'
    # Rebuilding drops the table for a moment, which must not take the turns along.
    rebuild += '    batch.alter_column("case_id", type_=sa.String(80))'
    upgrade(path, migrations=_next_migration(tmp_path, rebuild))
    assert _rows(path) == before
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION + 1,)
        assert "place" in [row[1] for row in connection.execute("PRAGMA table_info(sessions)")]
    (copy,) = (tmp_path / "backups").glob("*-before-update-*")
    assert _rows(copy) == before


def test_a_failing_migration_changes_nothing_and_leaves_no_copy_behind(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    _filled(path, 2)
    before = _rows(path)
    body = 'op.drop_table("marks")\nop.execute("DELETE FROM turns")\nop.execute("INSERT INTO nowhere VALUES (1)")'
    with pytest.raises(StorageUnavailable, match="unchanged"):
        upgrade(path, migrations=_next_migration(tmp_path, body))
    assert not [copy for copy in (tmp_path / "backups").iterdir() if "before-update" in copy.name]
    assert _rows(path) == before
    _filled_again = open_sessions(path)
    assert _filled_again.check() == ()
    _filled_again.close()


def test_a_migration_that_leaves_orphans_is_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    _filled(path)
    with pytest.raises(StorageUnavailable, match="be orphaned"):
        upgrade(path, migrations=_next_migration(tmp_path, 'op.execute("DELETE FROM sessions")'))
    assert len(_rows(path)) == 2


def test_an_older_database_is_brought_up_to_date_when_opened(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    _run_sql(path, "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
    repository = open_sessions(path)
    repository.create(a_session())
    repository.close()
    assert [file.name for file in (tmp_path / "backups").glob("*before*")] == ["s-before-update-1.db"]


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        ((f"PRAGMA user_version={SCHEMA_VERSION + 1}",), "newer simpatient"),
        (("PRAGMA user_version=0", "UPDATE alembic_version SET version_num='9999'"), "does not fit this program"),
    ],
)
def test_a_newer_database_is_refused_without_a_write(tmp_path: Path, statements: tuple[str, ...], words: str) -> None:
    path = tmp_path / "s.db"
    _filled(path)
    _run_sql(path, *statements)
    before = path.read_bytes()
    with pytest.raises(StorageUnavailable, match=words):
        open_sessions(path)
    assert path.read_bytes() == before


def test_a_write_cut_off_before_the_log_was_in_use_is_rolled_back_and_the_file_opens(tmp_path: Path) -> None:
    path, cut = tmp_path / "s.db", tmp_path / "cut.db"
    _filled(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in ("PRAGMA journal_mode=DELETE", "PRAGMA cache_size=1", "BEGIN", "CREATE TABLE half (x)"):
            connection.execute(statement)
        connection.executemany("INSERT INTO half VALUES (?)", [("long" * 2000,)] * 50)
        # As a kill leaves it: the pages half written, the journal that undoes them beside.
        copyfile(path, cut)
        copyfile(f"{path}-journal", f"{cut}-journal")
        connection.execute("ROLLBACK")
    repository = open_sessions(cut)
    assert repository.check() == ()
    assert len(repository.get("s0").turns) == 2
    repository.close()


def test_another_programs_database_is_refused_without_a_write(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    _run_sql(path, "CREATE TABLE bookmarks (url TEXT)")
    before = path.read_bytes()
    with pytest.raises(StorageUnavailable, match="another program"):
        open_sessions(path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["s.db"]


def _is_damage_noticed(path: Path, damaged: bytes) -> bool:
    path.write_bytes(damaged)
    message = ""
    try:
        open_sessions(path).close()
    except StorageUnavailable as error:
        message = error.message
    (kept,) = path.parent.glob("s-damaged-*.db")
    is_noticed = str(kept) in message and kept.read_bytes() == damaged and not path.exists()
    kept.unlink()
    return is_noticed


def test_a_damaged_page_is_noticed_and_the_file_kept(tmp_path: Path) -> None:
    """Random bytes over a random page, 40 times."""
    path = tmp_path / "s.db"
    _filled(path, 60)
    whole, random = path.read_bytes(), Random(11)
    pages = len(whole) // 4096
    path.unlink()
    noticed = 0
    for _ in range(40):
        start = random.randrange(pages) * 4096
        noticed += _is_damage_noticed(path, whole[:start] + random.randbytes(4096) + whole[start + 4096 :])
    assert pages > 20
    assert noticed == 40


@pytest.mark.parametrize("content", [b"This is a letter, not a database." * 40, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_file_that_is_no_database_is_set_aside_and_the_next_start_is_clean(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "s.db"
    path.write_bytes(content)
    with pytest.raises(StorageUnavailable, match="damaged") as caught:
        open_sessions(path)
    kept = tmp_path / "s-damaged-1.db"
    assert kept.read_bytes() == content
    assert str(kept) in str(caught.value)
    repository = open_sessions(path)
    assert repository.list_trainees() == ()
    repository.close()


def test_damage_while_running_is_said_plainly(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    _filled(path, 60)
    repository = open_sessions(path)
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xee" * (path.stat().st_size - 4096))
    with pytest.raises(StorageUnavailable, match="damaged"):
        repository.get("s1")
    repository.close()


def test_orphans_and_lost_branches_are_found(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    _filled(path, 3)
    _run_sql(
        path,
        "DELETE FROM turns WHERE session_id='s0' AND seq=1",
        "DELETE FROM sessions WHERE id='s1'",
        "UPDATE sessions SET manifest='{\"app\": 3}' WHERE id='s2'",
    )
    repository = open_sessions(path)
    found = "\n".join(repository.check())
    with pytest.raises(StorageUnavailable, match='"s2" cannot be read'):
        repository.get("s2")
    assert readable_sessions(repository) == ()  # a branch of s0 leads nowhere
    repository.close()
    assert 'session "s0" is at turn 1, which is not there' in found
    assert "a row of turns (number" in found
    assert 'session "s2" cannot be read' in found


def test_a_lock_by_another_program_is_said_plainly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simpatient.storage.sqlite.engine.PRAGMAS", _impatient())
    repository = open_sessions(tmp_path / "s.db")
    with closing(sqlite3.connect(tmp_path / "s.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageUnavailable, match="in use by another program"):
            repository.create(a_session())
    repository.create(a_session())
    repository.close()


def _impatient() -> dict[str, tuple[str, str]]:
    from simpatient.storage.sqlite.engine import PRAGMAS

    return PRAGMAS | {"busy_timeout": ("50", "50")}


def test_a_full_disk_is_said_plainly_and_nothing_half_is_stored(tmp_path: Path) -> None:
    repository = open_sessions(tmp_path / "s.db")
    repository.create(a_session())
    limit = repository._read(lambda c: c.exec_driver_sql("PRAGMA page_count").scalar()) + 2
    repository._read(lambda c: c.exec_driver_sql(f"PRAGMA max_page_count={limit}").scalar())
    with pytest.raises(StorageUnavailable, match="disk is full"):
        repository.add_turn("s1", a_turn(0, text="word " * 50_000))
    assert repository.get("s1").turns == ()
    repository.add_turn("s1", a_turn(0, text="short"))
    assert repository.check() == ()
    repository.close()


@pytest.mark.skipif(sys.platform == "win32", reason="no file size limit there")
def test_a_file_size_limit_is_said_plainly(tmp_path: Path) -> None:
    repository = open_sessions(tmp_path / "s.db")
    repository.create(a_session())
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, hard))
    try:
        with pytest.raises(StorageUnavailable):
            repository.add_turn("s1", a_turn(0, text="word " * 200_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    repository.add_turn("s1", a_turn(0, text="short"))
    assert repository.get("s1").leaf == 0
    repository.close()


def test_a_folder_that_cannot_be_made_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageUnavailable):
        open_sessions(tmp_path / "file" / "s.db")


def test_a_moment_without_time_zone_is_a_bug(tmp_path: Path) -> None:
    repository = open_sessions(tmp_path / "s.db")
    with pytest.raises(BugError):
        repository.create(a_session(started_at=T0.replace(tzinfo=None)))
    repository.close()


def test_the_two_busy_queries_use_their_indexes(tmp_path: Path) -> None:
    _filled(tmp_path / "s.db")
    with closing(sqlite3.connect(tmp_path / "s.db")) as connection:
        by_trainee = "SELECT * FROM sessions WHERE trainee_id='t1' ORDER BY started_at DESC, rowid DESC LIMIT 50"
        plans = [
            str(connection.execute(f"EXPLAIN QUERY PLAN {query}").fetchall())
            for query in (by_trainee, "SELECT * FROM turns WHERE session_id='s0' ORDER BY seq")
        ]
    assert "ix_sessions_trainee_id_started_at" in plans[0]
    assert "USING INDEX" in plans[1]
    assert not any("SCAN" in plan or "TEMP B-TREE" in plan for plan in plans)
