"""What is deleted is gone: a search through the raw bytes of everything under the home folder finds none of it."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from simpatient.domain.errors import StorageUnavailable
from simpatient.domain.people.consent import Consent
from simpatient.domain.session.session import SelfRating
from simpatient.storage.opening import Repositories, open_repositories
from tests.storage.made_sessions import T0, a_session, a_turn, readable_sessions, set_back
from tests.storage.test_drill_repository import a_state, a_try
from tests.storage.test_writing_repository import an_attempt

SECRET = "the violet umbrella on platform nine"
MARK = SECRET.encode()


def _secret_session(stored: Repositories, session_id: str = "secret") -> None:
    turns = tuple(a_turn(n, n - 1 if n else None, text=f"{n}: {SECRET}" + " and on" * 300) for n in range(6))
    rating = SelfRating(ratings={"listened": 3}, went_well=SECRET)
    stored.sessions.create(a_session(session_id, turns=turns, leaf=5, self_rating=rating))
    stored.writings.add(an_attempt(session_id=session_id, texts={"cause": SECRET}))


def _others(stored: Repositories, first: int, count: int = 8) -> None:
    for number in range(first, first + count):
        turns = tuple(a_turn(n, n - 1 if n else None, text=f"{n}: plain words" + " and on" * 300) for n in range(6))
        stored.sessions.create(a_session(f"s{number}", turns=turns, leaf=5))


def _home(path: Path) -> Repositories:
    """Return an opened database with the secret in it, in a rolling copy and in one from before an update."""
    stored = open_repositories(path)
    _others(stored, 0)
    _secret_session(stored)
    stored.drills.add_try(a_try(text=f"In a drill: {SECRET}"), a_state())
    stored.consents.add(Consent(trainee_id="t1", purpose="microphone", wording=f"Yes, {SECRET}", given_at=T0))
    stored.sessions.close()
    set_back(path, 4)
    stored = open_repositories(path)
    _others(stored, 20)
    stored.sessions.close()
    return open_repositories(path)


def _hits(folder: Path) -> dict[str, int]:
    found = {str(p.relative_to(folder)): p.read_bytes().count(MARK) for p in folder.rglob("*") if p.is_file()}
    return {name: count for name, count in found.items() if count}


def _forget_drills_and_consents(stored: Repositories) -> None:
    stored.drills.delete_all("t1")
    stored.consents.delete_all("t1")


WAYS: dict[str, Callable[[Repositories], None]] = {
    "one session": lambda stored: stored.sessions.delete("secret"),
    "all sessions": lambda stored: stored.sessions.delete_all("t1"),
}


@pytest.mark.parametrize("delete", WAYS.values(), ids=WAYS.keys())
def test_deleted_words_are_nowhere_even_while_the_program_runs(
    tmp_path: Path, delete: Callable[[Repositories], None]
) -> None:
    path = tmp_path / "s.db"
    stored = _home(path)
    assert {name.partition("-")[0] for name in _hits(tmp_path)} >= {"s.db", "backups/s"}
    delete(stored)
    _forget_drills_and_consents(stored)
    assert _hits(tmp_path) == {}
    stored.sessions.close()
    assert _hits(tmp_path) == {}
    stored = open_repositories(path)
    assert stored.sessions.check() == ()
    assert stored.drills.tries("t1", "asking") == ()
    assert stored.drills.states("t1") == ()
    assert stored.consents.consents("t1") == ()
    stored.sessions.close()


def test_the_copies_keep_everything_else(tmp_path: Path) -> None:
    stored = _home(tmp_path / "s.db")
    stored.sessions.delete("secret")
    stored.sessions.close()
    counts = []
    for copy in sorted((tmp_path / "backups").iterdir()):
        with closing(sqlite3.connect(copy)) as connection:
            counts.append(connection.execute("SELECT count(*) FROM sessions WHERE id LIKE 's_%'").fetchone()[0])
    assert min(counts) == 8
    assert max(counts) == 16


def test_a_copy_that_cannot_be_cleaned_is_deleted(tmp_path: Path) -> None:
    stored = _home(tmp_path / "s.db")
    copy = tmp_path / "backups" / "s-copy-1.db"
    copy.write_bytes(MARK * 400)
    stored.sessions.delete("secret")
    _forget_drills_and_consents(stored)
    assert not copy.exists()
    assert _hits(tmp_path) == {}
    stored.sessions.close()


def test_a_file_set_aside_is_cleaned_or_named(tmp_path: Path) -> None:
    stored = _home(tmp_path / "s.db")
    whole = (tmp_path / "s.db").read_bytes()
    (tmp_path / "s-damaged-1.db").write_bytes(whole)
    stored.sessions.delete("secret")
    assert "s-damaged-1.db" not in {name for name, count in _hits(tmp_path).items() if count > 2}
    _secret_session(stored, "secret2")
    (tmp_path / "s-damaged-2.db").write_bytes(b"\x00" * 4096 + b"secret2 " + MARK)
    with pytest.raises(StorageUnavailable, match=r"s-damaged-2\.db"):
        stored.sessions.delete("secret2")
    assert "secret2" not in {session.id for session in readable_sessions(stored.sessions)}
    stored.sessions.close()


def test_a_session_that_cannot_be_read_can_be_deleted(tmp_path: Path) -> None:
    stored = _home(tmp_path / "s.db")
    with closing(sqlite3.connect(tmp_path / "s.db")) as connection:
        connection.execute("UPDATE sessions SET manifest = '{' WHERE id = 'secret'")
        connection.commit()
    stored.sessions.delete("secret")
    assert stored.sessions.check() == ()
    stored.sessions.close()
