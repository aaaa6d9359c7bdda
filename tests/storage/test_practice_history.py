"""The rows of attempts agree with the sessions they are made from, whatever is done, and there is no limit to them."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simpatient.domain.assessment.score import Evidence, Overall, Score, Scorecard, ScorecardOrigin, SummaryValue
from simpatient.domain.learning.practice_history import PracticeHistory, history_of
from simpatient.domain.session.session import Session
from simpatient.storage.opening import Repositories, open_repositories
from tests.storage.made_sessions import A_RATING, T0, a_card, a_session, a_turn, multiply, set_back

# Where there is one, a disk that need not be waited for at each of some hundred writes.
IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
SEEN = Evidence(turn=0, start=0, end=1, quote="I")


def _read(history: PracticeHistory) -> list[tuple[Any, ...]]:
    """Return every row with the measures it stands for, so that two histories can be compared."""
    return [(*row[:-1], None if row.result is None else history.measures.row(row.result)) for row in history.attempts]


def _truth(stored: Repositories, trainee_id: str = "t1") -> list[tuple[Any, ...]]:
    return _read(history_of(map(stored.sessions.get, stored.sessions.session_ids(trainee_id))))


def _card(value: int | None, rubric: str) -> Scorecard:
    score = Score(
        id="warmth", value=value, scale=(1, 5), confidence=0.5, status="estimate",
        evidence=(SEEN,) if value is not None else (), unscored_reason=None if value is not None else "too short",
    )  # fmt: skip
    return Scorecard(
        session_id="s", rubric=rubric, rubric_version="1.0.0", criteria=(score,), counts={"open": 2, "closed": 1},
        summaries=(SummaryValue(id=f"ratio-{rubric}", value=None, n=0, undefined=True),),
        overall=Overall(confidence=0.5),
    )  # fmt: skip


ACTIONS = st.one_of(
    st.tuples(st.just("say"), st.integers(1, 4)),
    st.tuples(st.just("end"), st.lists(st.tuples(st.none() | st.integers(1, 5), st.sampled_from("ab")), max_size=2)),
    st.tuples(st.just("retry"), st.integers(0, 30)),
    st.tuples(st.just("score again"), st.integers(0, 30)),
    st.tuples(st.just("rate"), st.none()),
    st.tuples(st.just("nowhere"), st.none()),
)


def _do(stored: Repositories, session_id: str, action: str, what: Any) -> None:
    session = stored.sessions.get(session_id)
    if action == "say":
        for _ in range(what):
            number = len(session.turns)
            stored.sessions.add_turn(session_id, a_turn(number, session.leaf))
            session = stored.sessions.get(session_id)
    elif action == "rate":
        stored.sessions.save_self_rating(session_id, A_RATING)
    elif action == "end":
        if session.leaf is not None:
            stored.sessions.add_scorecards(session_id, session.leaf, [_card(*card) for card in what], ScorecardOrigin())
        stored.sessions.end(session_id, T0 + timedelta(hours=len(session.turns)))
    elif session.turns:
        _go_back(stored, session, action, what)


def _go_back(stored: Repositories, session: Session, action: str, what: Any) -> None:
    if action == "nowhere":
        stored.sessions.set_leaf(session.id, None)
    elif action == "retry":
        stored.sessions.set_leaf(session.id, session.turns[what % len(session.turns)].turn)
        stored.sessions.reopen(session.id)
    elif session.debriefed:
        leaf = session.debriefed[what % len(session.debriefed)]
        stored.sessions.add_scorecards(session.id, leaf, [_card(what % 5 + 1, "a")], ScorecardOrigin())


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(["s1", "s2"]), ACTIONS), max_size=14))
def test_the_rows_are_what_the_sessions_say_after_every_write(done: list[tuple[str, tuple[str, Any]]]) -> None:
    with TemporaryDirectory(dir=IN_MEMORY) as folder:
        stored = open_repositories(Path(folder) / "s.db")
        stored.sessions.create(a_session("s1", curriculum_id="mi", unit_id="u1"))
        stored.sessions.create(a_session("s2", turns=(a_turn(0),), leaf=0, started_at=T0 + timedelta(days=1)))
        for session_id, (action, what) in done:
            _do(stored, session_id, action, what)
            assert _read(stored.history.history("t1")) == _truth(stored)
        assert stored.sessions.check() == ()
        kept = _truth(stored)
        stored.history.rebuild()
        assert _read(stored.history.history("t1")) == kept
        stored.sessions.close()


def test_a_year_of_sessions_is_there_whole(tmp_path: Path) -> None:
    stored = open_repositories(tmp_path / "s.db")
    stored.sessions.create(
        a_session(
            turns=(a_turn(0), a_turn(1, 0)), leaf=1, ended_at=T0 + timedelta(minutes=20),
            scorecards=(a_card(),), self_rating=A_RATING,
        )
    )  # fmt: skip
    multiply(tmp_path / "s.db", 1965)
    history = stored.history.history("t1")
    stored.sessions.close()
    assert len(history.attempts) == len(history.sessions) == 1965
    assert [row.session_id for row in history.attempts[-2:]] == ["s1-1", "s1"]
    values, counts = history.measures.column(("plain", "warmth"), [row.result for row in history.sessions])
    assert (values == 3).all()
    assert (counts == 1).all()


def test_an_older_database_gets_its_rows_when_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    stored = open_repositories(path)
    stored.sessions.create(a_session(turns=(a_turn(0), a_turn(1, 0)), leaf=1, scorecards=(a_card(),)))
    before = _read(stored.history.history("t1"))
    stored.sessions.close()
    set_back(path, 4)
    stored = open_repositories(path)
    assert _read(stored.history.history("t1")) == before
    assert before[-1][-1] is not None
    stored.sessions.close()


def _sql(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE attempts SET trainee_turns = 9 WHERE session_id = 's1'",
        "DELETE FROM attempts WHERE session_id = 's1'",
        "UPDATE attempt_measures SET measured = x'00' WHERE session_id = 's1'",
        "DELETE FROM attempt_measures WHERE session_id = 's1'",
        "UPDATE attempts SET started_at = 'yesterday' WHERE session_id = 's1'",
        "UPDATE measure_layouts SET measures = 'no list'",
    ],
)
def test_rows_that_disagree_are_told_hide_nothing_else_and_are_made_anew(tmp_path: Path, statement: str) -> None:
    path = tmp_path / "s.db"
    stored = open_repositories(path)
    for session_id in ("s1", "s2"):
        turns = (a_turn(0), a_turn(1, 0))
        stored.sessions.create(a_session(session_id, turns=turns, leaf=1, scorecards=(a_card(session_id),)))
    stored.sessions.close()
    _sql(path, statement)
    stored = open_repositories(path)
    assert 'the progress rows of session "s1" are out of date' in stored.sessions.check()
    assert "s2" in {row.session_id for row in stored.history.history("t1").attempts}
    stored.history.rebuild()
    assert stored.sessions.check() == ()
    assert _read(stored.history.history("t1")) == _truth(stored)
    stored.sessions.close()


@pytest.mark.parametrize("delete", [lambda s: s.delete("s1")])
def test_a_deleted_session_leaves_no_rows(tmp_path: Path, delete: Callable[[Any], None]) -> None:
    stored = open_repositories(tmp_path / "s.db")
    stored.sessions.create(a_session(turns=(a_turn(0),), leaf=0, scorecards=(a_card(),)))
    delete(stored.sessions)
    assert stored.history.history("t1").attempts == ()
    assert stored.sessions.check() == ()
    stored.sessions.close()
