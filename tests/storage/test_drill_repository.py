"""The contract of ``DrillRepository``, held by the database and by the fake alike, and what the database adds."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from simpatient.domain.assessment.score import Evidence
from simpatient.domain.errors import BugError, StorageUnavailable
from simpatient.domain.learning.drill import DrillState, DrillTry, Feedback, Finding, Memory, Standing
from simpatient.services.learning.ports import DrillRepository
from simpatient.storage.opening import open_repositories
from tests.session_fakes import InMemoryDrills
from tests.storage.made_sessions import T0, set_back

QUOTE = Evidence(turn=1, start=0, end=4, quote=" Hm.", supports=False)
FEEDBACK = Feedback(
    outcome="not_yet",
    expected=(Finding(id="open", verdict="unmet", words="Ask.", heard="Other", confidence=0.7, evidence=QUOTE),),
    avoided=(Finding(id="pushed", verdict="met", words="", confidence=1.0),),
    words=1,
    max_words=30,
    is_parroted=False,
    better="What was it like?",
)


def a_try(number: int = 1, **more: Any) -> DrillTry:
    fields = {"trainee_id": "t1", "drill_id": "asking", "drill_version": "1.0.0", "stimulus_id": "bus", "level": 2}
    rest = {
        "round": number,
        "text": "  Hm. \U0001f937",
        "hint_seen": True,
        "at": T0,
        "coder": "c@1",
        "feedback": FEEDBACK,
    }
    return DrillTry(**{**fields, **rest, **more})


def a_state(number: int = 1, **more: Any) -> DrillState:
    memory = Memory(stability=2.3, difficulty=4.5, last_at=T0, due=T0.replace(month=4))
    now = Standing(level=2, easy_in_a_row=1, memory=memory)
    fields = {"trainee_id": "t1", "drill_id": "asking", "outcomes": ("not_yet",), "last_round": {"bus": number}}
    return DrillState(round=number, **{**fields, "now": now, **more})


@pytest.fixture(params=["database", "memory"])
def drills(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DrillRepository]:
    if request.param == "memory":
        yield InMemoryDrills()
        return
    opened = open_repositories(tmp_path / "s.db")
    yield opened.drills
    opened.sessions.close()


def test_a_try_and_its_state_come_back_as_they_were(drills: DrillRepository) -> None:
    drills.add_try(a_try(), a_state())
    assert drills.tries("t1", "asking") == (a_try(),)
    assert drills.state("t1", "asking") == a_state()


def test_tries_come_in_order_and_by_round(drills: DrillRepository) -> None:
    for number, text in ((1, "a"), (2, "b"), (2, "c")):
        drills.add_try(a_try(number, text=text), a_state(number))
    assert [made.text for made in drills.tries("t1", "asking")] == ["a", "b", "c"]
    assert [made.text for made in drills.tries("t1", "asking", 2)] == ["b", "c"]
    assert drills.tries("t1", "asking", 3) == drills.tries("t1", "other") == drills.tries("t2", "asking") == ()


def test_the_newest_state_takes_the_place_of_the_one_before(drills: DrillRepository) -> None:
    drills.add_try(a_try(1), a_state(1))
    drills.save_state(a_state(2, now=Standing()))
    assert drills.state("t1", "asking") == a_state(2, now=Standing())


def test_states_are_each_trainees_own_and_sorted(drills: DrillRepository) -> None:
    assert drills.state("t1", "asking") is None
    for trainee, drill in (("t1", "b"), ("t1", "a"), ("t2", "a")):
        drills.save_state(a_state(trainee_id=trainee, drill_id=drill))
    assert [state.drill_id for state in drills.states("t1")] == ["a", "b"]
    assert drills.states("t3") == ()


def test_tries_outlive_the_program(tmp_path: Path) -> None:
    opened = open_repositories(tmp_path / "s.db")
    opened.drills.add_try(a_try(text="half \ud800 a letter"), a_state())
    opened.drills.close()
    again = open_repositories(tmp_path / "s.db")
    assert again.drills.tries("t1", "asking")[0].text == "half \ufffd a letter"
    assert again.drills.state("t1", "asking") == a_state()
    again.drills.close()


def test_a_try_without_its_state_is_not_kept(tmp_path: Path) -> None:
    opened = open_repositories(tmp_path / "s.db")
    with closing(sqlite3.connect(tmp_path / "s.db")) as connection:
        connection.execute("CREATE TRIGGER no BEFORE INSERT ON drill_states BEGIN SELECT RAISE(ABORT, 'no'); END")
        connection.commit()
    with pytest.raises((StorageUnavailable, BugError)):
        opened.drills.add_try(a_try(), a_state())
    assert opened.drills.tries("t1", "asking") == ()
    opened.drills.close()


def test_a_state_that_cannot_be_read_is_said_plainly(tmp_path: Path) -> None:
    opened = open_repositories(tmp_path / "s.db")
    opened.drills.save_state(a_state())
    with closing(sqlite3.connect(tmp_path / "s.db")) as connection:
        connection.execute("""UPDATE drill_states SET state = '{"round": "no"}'""")
        connection.commit()
    with pytest.raises(StorageUnavailable, match="cannot be read"):
        opened.drills.state("t1", a_state().drill_id)
    assert opened.drills.states("t1") == ()
    opened.drills.close()


def test_a_database_from_before_the_drills_gets_their_tables(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    open_repositories(path).sessions.close()
    set_back(path, 1)
    opened = open_repositories(path)
    opened.drills.add_try(a_try(), a_state())
    assert opened.drills.tries("t1", "asking") == (a_try(),)
    assert [kept.name for kept in (tmp_path / "backups").glob("*before*")] == ["s-before-update-1.db"]
    opened.drills.close()
