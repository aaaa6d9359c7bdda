"""The contract of ``WritingRepository``, held by the database and by the fake alike, and what the database adds."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from simpatient.domain.assessment.score import NO_TURN, Evidence, Score, SummaryValue
from simpatient.domain.assessment.writing import Attempt, FieldResult, Held
from simpatient.domain.errors import BugError, NotFound, StorageUnavailable
from simpatient.services.review.ports import WritingRepository
from simpatient.services.sessions.ports import SessionRepository
from simpatient.storage.opening import open_repositories
from tests.review_fakes import InMemoryWritings
from tests.session_fakes import InMemorySessions
from tests.storage.made_sessions import T0, a_session, set_back

QUOTE = Evidence(turn=NO_TURN, start=1, end=5, quote="loss", supports=False, written="cause")
RESULT = FieldResult(
    score=Score(id="cause", value=2, scale=(0, 4), confidence=0.6, status="needs_review", evidence=(QUOTE,)),
    held=(Held(text="He lost his work.", credit=0.5, evidence=QUOTE), Held(text="A move.", credit=0.0)),
    unread=2,
    after_reveal=True,
)


def an_attempt(number: int = 1, **more: Any) -> Attempt:
    fields = {"session_id": "s1", "rubric": "sense", "rubric_version": "1.0.0", "at": T0, "results": (RESULT,)}
    rest = {"texts": {"cause": " loss\n and <b>more</b> \U0001f937"}, "number": number}
    mean = SummaryValue(id="mean", value=0.5, n=1, undefined=False)
    return Attempt(**{**fields, "summaries": (mean,), **rest, **more})


Stores = tuple[SessionRepository, WritingRepository]


@pytest.fixture(params=["database", "memory"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
    if request.param == "memory":
        sessions = InMemorySessions()
        made: Stores = (sessions, InMemoryWritings(sessions))
    else:
        opened = open_repositories(tmp_path / "s.db")
        made = (opened.sessions, opened.writings)
    made[0].create(a_session())
    yield made
    made[0].close()


def test_an_attempt_comes_back_as_it_was(stores: Stores) -> None:
    stores[1].add(an_attempt())
    assert stores[1].attempts("s1") == (an_attempt(),)


def test_attempts_come_by_rubric_and_in_order(stores: Stores) -> None:
    for number, rubric in ((1, "sense"), (1, "risk"), (2, "sense")):
        stores[1].add(an_attempt(number, rubric=rubric))
    found = [(attempt.rubric, attempt.number) for attempt in stores[1].attempts("s1")]
    assert found == [("risk", 1), ("sense", 1), ("sense", 2)]


def test_an_attempt_stored_twice_is_a_bug_and_changes_nothing(stores: Stores) -> None:
    stores[1].add(an_attempt())
    with pytest.raises(BugError):
        stores[1].add(an_attempt(texts={"cause": "other words"}))
    assert stores[1].attempts("s1") == (an_attempt(),)


def test_attempts_go_with_their_session_and_with_no_other(stores: Stores) -> None:
    sessions, writings = stores
    sessions.create(a_session("s2"))
    writings.add(an_attempt())
    writings.add(an_attempt(session_id="s2"))
    sessions.delete("s1")
    sessions.create(a_session())
    assert writings.attempts("s1") == ()
    assert len(writings.attempts("s2")) == 1
    assert sessions.check() == ()


def test_an_unknown_session_is_not_found(stores: Stores) -> None:
    with pytest.raises(NotFound):
        stores[1].attempts("no")
    with pytest.raises(NotFound):
        stores[1].add(an_attempt(session_id="no"))


def test_attempts_outlive_the_program(tmp_path: Path) -> None:
    opened = open_repositories(tmp_path / "s.db")
    opened.sessions.create(a_session())
    opened.writings.add(an_attempt())
    opened.sessions.close()
    again = open_repositories(tmp_path / "s.db")
    assert again.writings.attempts("s1") == (an_attempt(),)
    again.sessions.close()


def test_an_attempt_that_cannot_be_read_is_said_plainly(tmp_path: Path) -> None:
    opened = open_repositories(tmp_path / "s.db")
    opened.sessions.create(a_session())
    opened.writings.add(an_attempt())
    with closing(sqlite3.connect(tmp_path / "s.db")) as connection:
        connection.execute("""UPDATE written_attempts SET attempt = '{"number": "no"}'""")
        connection.commit()
    with pytest.raises(StorageUnavailable, match="cannot be read"):
        opened.writings.attempts("s1")
    opened.sessions.close()


def test_a_database_from_before_written_exercises_gets_their_table_and_keeps_its_sessions(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    before = open_repositories(path)
    before.sessions.create(a_session())
    before.sessions.close()
    set_back(path, 2)
    opened = open_repositories(path)
    opened.writings.add(an_attempt())
    assert opened.writings.attempts("s1") == (an_attempt(),)
    assert opened.sessions.get("s1") == a_session()
    opened.sessions.close()
