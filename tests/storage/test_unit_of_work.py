"""The contract of ``UnitOfWork``, held by the database and by the fake in memory alike."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pytest

from simpatient.domain.assessment.score import ScorecardOrigin
from simpatient.domain.errors import NotFound, StorageUnavailable
from simpatient.domain.people.actor import Actor
from simpatient.services.sessions.ports import SessionRepository
from simpatient.services.unit_of_work import UnitOfWork
from simpatient.storage.opening import open_repositories
from tests.session_fakes import InMemorySessions, InMemoryUnitOfWork
from tests.storage.made_sessions import CODES, T0, a_card, a_session, a_turn

ME = Actor(person_id="t1")
KILLED = """
import os, sys
from pathlib import Path
from tests.storage.test_unit_of_work import ME, change, in_database
store = in_database(Path(sys.argv[1]))
store.unit_of_work.run(ME, "try", lambda: (change(store), os._exit(9)))
"""


@dataclass
class Store:
    """Repositories and the unit of work over them."""

    sessions: SessionRepository
    unit_of_work: UnitOfWork


def in_database(path: Path) -> Store:
    stored = open_repositories(path / "s.db")
    return Store(stored.sessions, stored.unit_of_work)


@pytest.fixture(params=["database", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "database":
        made = in_database(tmp_path)
    else:
        sessions = InMemorySessions()
        made = Store(sessions, InMemoryUnitOfWork([sessions]))
    made.sessions.create(a_session(turns=(a_turn(0), a_turn(1, 0)), leaf=1))
    yield made
    made.sessions.close()


def change(store: Store) -> None:
    """Change everything a correction and an ending change."""
    store.sessions.amend_turn("s1", a_turn(1, 0, text="Other words."), T0)
    store.sessions.attach_codes("s1", 0, CODES)
    store.sessions.add_scorecards("s1", 1, [a_card()], ScorecardOrigin())
    store.sessions.end("s1", T0)


def test_what_belongs_together_is_stored_together(store: Store) -> None:
    def work() -> int:
        change(store)
        return len(store.sessions.get("s1").scorecards)

    assert store.unit_of_work.run(ME, "try", work) == 1
    stored = store.sessions.get("s1")
    assert (stored.turns[1].text, stored.is_ended, stored.scorecards) == ("Other words.", True, (a_card(),))


@pytest.mark.parametrize("error", [StorageUnavailable("full"), RuntimeError("bug"), KeyboardInterrupt()])
def test_a_failure_in_the_middle_leaves_everything_as_before(store: Store, error: BaseException) -> None:
    before = store.sessions.get("s1")

    def work() -> None:
        change(store)
        raise error

    with pytest.raises(type(error)):
        store.unit_of_work.run(ME, "try", work)
    assert store.sessions.get("s1") == before
    assert store.sessions.scorecard_history("s1", 1) == ()
    assert store.sessions.turn_versions("s1", 1) == ()
    change(store)  # and the next change is a transaction of its own again
    assert store.sessions.get("s1").is_ended


def test_a_refused_change_undoes_those_before_it(store: Store) -> None:
    before = store.sessions.get("s1")

    def work() -> None:
        change(store)
        store.sessions.mark_turn("s1", 9, True)

    with pytest.raises(NotFound):
        store.unit_of_work.run(ME, "try", work)
    assert store.sessions.get("s1") == before


def test_a_unit_inside_another_is_part_of_it(store: Store) -> None:
    before = store.sessions.get("s1")

    def work() -> None:
        store.unit_of_work.run(ME, "inner", lambda: change(store))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.unit_of_work.run(ME, "outer", work)
    assert store.sessions.get("s1") == before


def test_nobody_sees_half_a_unit(tmp_path: Path) -> None:
    store, seen = in_database(tmp_path), []
    store.sessions.create(a_session(turns=(a_turn(0), a_turn(1, 0)), leaf=1))
    reader = Thread(target=lambda: seen.append(store.sessions.get("s1")))

    def work() -> None:
        store.sessions.end("s1", T0)
        reader.start()
        store.sessions.add_scorecards("s1", 1, [a_card()], ScorecardOrigin())

    store.unit_of_work.run(ME, "try", work)
    reader.join()
    assert (seen[0].is_ended, seen[0].scorecards) == (True, (a_card(),))
    store.sessions.close()


def test_a_process_killed_in_the_middle_leaves_everything_as_before(tmp_path: Path) -> None:
    store = in_database(tmp_path)
    store.sessions.create(a_session(turns=(a_turn(0), a_turn(1, 0)), leaf=1))
    before = store.sessions.get("s1")
    store.sessions.close()
    assert subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False).returncode == 9
    again = in_database(tmp_path)
    assert again.sessions.get("s1") == before
    assert again.sessions.check() == ()
    again.sessions.close()
