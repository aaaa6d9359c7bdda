"""The contract of ``SessionRepository``, held by the database and by the fake in memory alike."""

from collections.abc import Iterator
from datetime import timedelta, timezone
from pathlib import Path

import pytest

from simpatient.domain.assessment.score import ScorecardOrigin, current_revisions
from simpatient.domain.errors import BugError, NotFound, OpenElsewhere, StorageUnavailable
from simpatient.services.sessions.ports import SessionRepository
from simpatient.storage.opening import open_sessions
from tests.session_fakes import InMemorySessions
from tests.storage.made_sessions import A_RATING, CODES, SPEECH, T0, a_card, a_full_turn, a_session, a_turn

ORIGIN = ScorecardOrigin(cause="end", actor="t1", at=T0)


@pytest.fixture(params=["database", "memory"])
def sessions(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SessionRepository]:
    repository: SessionRepository = (
        open_sessions(tmp_path / "s.db") if request.param == "database" else InMemorySessions()
    )
    yield repository
    repository.close()


def test_a_session_comes_back_as_it_was(sessions: SessionRepository) -> None:
    given = a_session(
        turns=(a_full_turn(0), a_turn(1, 0, text=""), a_full_turn(2, 1)),
        leaf=2,
        curriculum_id="mi",
        unit_id="u1",
        scorecards=(a_card(rubric="z"), a_card(rubric="a")),
        self_rating=A_RATING,
    )
    sessions.create(given)
    assert sessions.get("s1") == given


def test_turns_are_appended_and_become_the_leaf(sessions: SessionRepository) -> None:
    sessions.create(a_session())
    sessions.add_turn("s1", a_full_turn(0))
    sessions.add_turn("s1", a_turn(1, 0))
    stored = sessions.get("s1")
    assert stored.turns == (a_full_turn(0), a_turn(1, 0))
    assert stored.leaf == 1


def test_a_retry_is_a_sibling_branch_and_nothing_is_overwritten(sessions: SessionRepository) -> None:
    sessions.create(a_session(turns=(a_turn(0), a_turn(1, 0), a_turn(2, 1)), leaf=2))
    sessions.set_leaf("s1", 0)
    sessions.add_turn("s1", a_turn(3, 0, text="Another way."))
    stored = sessions.get("s1")
    assert [turn.turn for turn in stored.path()] == [0, 3]
    assert [turn.turn for turn in stored.path(2)] == [0, 1, 2]


def test_a_turn_that_is_there_already_says_that_the_session_is_open_elsewhere(sessions: SessionRepository) -> None:
    sessions.create(a_session(turns=(a_turn(0),), leaf=0))
    with pytest.raises(OpenElsewhere, match="another window"):
        sessions.add_turn("s1", a_turn(0, text="other words"))
    assert sessions.get("s1").turns == (a_turn(0),)


def test_a_turn_that_answers_nothing_stored_is_a_bug(sessions: SessionRepository) -> None:
    sessions.create(a_session())
    with pytest.raises(BugError):
        sessions.add_turn("s1", a_turn(5, 4))
    assert sessions.get("s1").leaf is None


def test_half_characters_do_not_stop_a_turn_from_being_stored(tmp_path: Path) -> None:
    repository = open_sessions(tmp_path / "s.db")
    repository.create(a_session())
    repository.add_turn("s1", a_turn(0, text="pair \ud83e\udd37, half \ud800.", codes=CODES))
    assert repository.get("s1").turns[0].text == "pair \U0001f937, half \ufffd."
    repository.close()


def test_a_session_stored_twice_is_a_bug(sessions: SessionRepository) -> None:
    sessions.create(a_session())
    with pytest.raises(BugError):
        sessions.create(a_session())


def test_codes_and_marks_are_attached_and_replaced(sessions: SessionRepository) -> None:
    sessions.create(a_session(turns=(a_turn(0), a_turn(1, 0)), leaf=1))
    sessions.attach_codes("s1", 1, CODES.model_copy(update={"main": None}))
    sessions.attach_codes("s1", 1, CODES)
    sessions.mark_turn("s1", 0, True)
    sessions.mark_turn("s1", 1, True)
    sessions.mark_turn("s1", 1, False)
    first, second = sessions.get("s1").turns
    assert (first.codes, first.marked) == (None, True)
    assert (second.codes, second.marked) == (CODES, False)


def test_a_turn_is_amended_in_its_place(sessions: SessionRepository) -> None:
    sessions.create(a_session(turns=(a_full_turn(0), a_turn(1, 0)), leaf=1))
    first, second = sessions.get("s1").turns
    sessions.amend_turn(
        "s1", second.model_copy(update={"text": "Hm.", "codes": CODES, "speech": SPEECH, "parent": None}), T0
    )
    sessions.amend_turn(
        "s1", first.model_copy(update={"codes": None, "speech": None, "facts_revealed": (), "marked": False}), T0
    )
    stored = sessions.get("s1")
    assert stored.turns[1] == second.model_copy(update={"text": "Hm.", "codes": CODES, "speech": SPEECH})
    assert stored.turns[0] == first.model_copy(update={"codes": None, "speech": None, "facts_revealed": ()})
    assert stored.leaf == 1
    with pytest.raises(NotFound):
        sessions.amend_turn("s1", a_turn(9), T0)


def test_a_session_ends_and_opens_again(sessions: SessionRepository) -> None:
    sessions.create(a_session())
    sessions.end("s1", T0 + timedelta(minutes=20))
    assert sessions.get("s1").ended_at == T0 + timedelta(minutes=20)
    sessions.reopen("s1")
    assert not sessions.get("s1").is_ended


def test_scorecards_belong_to_a_branch(sessions: SessionRepository) -> None:
    sessions.create(a_session(turns=(a_turn(0), a_turn(1, 0)), leaf=1))
    sessions.add_scorecards("s1", 1, [a_card(rubric="b"), a_card(rubric="a")], ORIGIN)
    sessions.add_scorecards("s1", 0, [a_card(rubric="other")], ORIGIN)
    assert [card.rubric for card in sessions.get("s1").scorecards] == ["b", "a"]
    assert sessions.get("s1").other_scorecards == {0: (a_card(rubric="other"),)}
    sessions.set_leaf("s1", 0)
    assert [card.rubric for card in sessions.get("s1").scorecards] == ["other"]
    assert sessions.get("s1").other_scorecards == {1: (a_card(rubric="b"), a_card(rubric="a"))}
    sessions.set_leaf("s1", None)
    assert sessions.get("s1").scorecards == ()
    assert sessions.get("s1").debriefed == (0, 1)


def test_a_scorecard_is_followed_and_never_replaced(sessions: SessionRepository) -> None:
    sessions.create(a_session(turns=(a_turn(0), a_turn(1, 0)), leaf=1))
    first = [a_card(rubric="b"), a_card(rubric="a")]
    sessions.add_scorecards("s1", 1, first, ORIGIN)
    later = a_card(rubric="a").model_copy(update={"rubric_version": "2.0.0"})
    made = ScorecardOrigin(cause="model", actor="t1", at=T0, text_digest="d", coder="c", model="big")
    sessions.add_scorecards("s1", 1, [later], made)
    assert sessions.get("s1").scorecards == (first[0], later)
    history = sessions.scorecard_history("s1", 1)
    assert [(each.card, each.number, each.origin) for each in history] == [
        (first[0], 1, ORIGIN),
        (first[1], 1, ORIGIN),
        (later, 2, made),
    ]
    assert tuple(each.card for each in current_revisions(history)) == sessions.get("s1").scorecards
    assert sessions.scorecard_history("s1", 0) == ()


def test_earlier_versions_of_a_turn_are_kept(sessions: SessionRepository) -> None:
    sessions.create(a_session(turns=(a_full_turn(0), a_turn(1, 0)), leaf=1))
    first, second = sessions.get("s1").turns
    amended = first.model_copy(update={"text": "Hm.", "codes": None, "speech": None})
    sessions.amend_turn("s1", amended, T0)
    sessions.amend_turn("s1", amended.model_copy(update={"text": "Ah."}), T0)
    sessions.attach_codes("s1", 1, CODES)
    sessions.attach_codes("s1", 1, CODES.model_copy(update={"main": None}))
    assert sessions.turn_versions("s1", 0) == (first, amended)
    assert sessions.turn_versions("s1", 1) == (second.model_copy(update={"codes": CODES}),)


def test_when_the_map_was_first_opened_is_kept(sessions: SessionRepository) -> None:
    sessions.create(a_session())
    assert sessions.get("s1").map_opened_at is None
    sessions.open_map("s1", T0)
    sessions.open_map("s1", T0 + timedelta(days=1))
    assert sessions.get("s1").map_opened_at == T0


def test_an_ended_branch_can_be_looked_at_after_a_retry_began(sessions: SessionRepository) -> None:
    sessions.create(a_session(turns=(a_turn(0), a_turn(1, 0)), leaf=1))
    sessions.add_scorecards("s1", 1, [a_card()], ORIGIN)
    sessions.end("s1", T0 + timedelta(minutes=20))
    before = sessions.get("s1")
    assert before.on_branch(1) == before
    sessions.set_leaf("s1", 0)
    sessions.reopen("s1")
    sessions.add_turn("s1", a_turn(2, 0))
    now = sessions.get("s1")
    assert (now.is_ended, now.scorecards, now.debriefed) == (False, (), (1,))
    then = now.on_branch(1)
    assert (then.scorecards, then.path(), then.ended_at) == ((a_card(),), before.path(), a_turn(1, 0).at)
    assert [each.leaf for each in now.attempts()] == [1, 2]
    with pytest.raises(NotFound):
        now.on_branch(2)


def test_the_first_self_rating_is_kept(sessions: SessionRepository) -> None:
    sessions.create(a_session())
    sessions.save_self_rating("s1", A_RATING)
    sessions.save_self_rating("s1", A_RATING.model_copy(update={"went_well": "All."}))
    assert sessions.get("s1").self_rating == A_RATING


def test_sessions_are_listed_newest_first_by_trainee(sessions: SessionRepository) -> None:
    for number, minutes in enumerate((5, 20, 10, 20)):
        sessions.create(a_session(f"s{number}", started_at=T0 + timedelta(minutes=minutes), turns=(a_turn(0),), leaf=0))
    sessions.create(a_session("other", trainee_id="t0"))
    assert sessions.session_ids("t1") == ("s3", "s1", "s2", "s0")
    assert sessions.session_ids("nobody") == ()
    assert sessions.list_trainees() == ("t0", "t1")


def test_times_are_ordered_as_moments_not_as_text(sessions: SessionRepository) -> None:
    east = timezone(timedelta(hours=9))
    sessions.create(a_session("early", started_at=T0.astimezone(east)))
    sessions.create(a_session("late", started_at=T0 + timedelta(minutes=1)))
    assert sessions.session_ids("t1") == ("late", "early")
    assert sessions.get("early").started_at == T0


def test_a_deleted_session_is_gone_with_all_that_hangs_on_it(sessions: SessionRepository) -> None:
    full = a_session(turns=(a_full_turn(0),), leaf=0, scorecards=(a_card(),), self_rating=A_RATING)
    sessions.create(full)
    sessions.delete("s1")
    with pytest.raises(NotFound):
        sessions.get("s1")
    sessions.create(a_session(turns=(a_turn(0),), leaf=0))
    stored = sessions.get("s1")
    assert (stored.scorecards, stored.self_rating, stored.turns) == ((), None, (a_turn(0),))
    assert sessions.check() == ()


@pytest.mark.parametrize(
    "call",
    [
        lambda r: r.get("no"),
        lambda r: r.add_turn("no", a_turn(0)),
        lambda r: r.attach_codes("no", 0, CODES),
        lambda r: r.attach_codes("s1", 9, CODES),
        lambda r: r.mark_turn("s1", 9, True),
        lambda r: r.set_leaf("s1", 9),
        lambda r: r.set_leaf("no", None),
        lambda r: r.end("no", T0),
        lambda r: r.open_map("no", T0),
        lambda r: r.reopen("no"),
        lambda r: r.add_scorecards("s1", 9, [], ORIGIN),
        lambda r: r.scorecard_history("no", 0),
        lambda r: r.turn_versions("s1", 9),
        lambda r: r.save_self_rating("no", A_RATING),
        lambda r: r.delete("no"),
    ],
)
def test_what_is_not_there_is_not_found(sessions: SessionRepository, call) -> None:
    sessions.create(a_session(turns=(a_turn(0),), leaf=0))
    with pytest.raises(NotFound):
        call(sessions)


def test_a_sound_store_has_no_problems(sessions: SessionRepository) -> None:
    sessions.create(a_session(turns=(a_full_turn(0),), leaf=0))
    assert sessions.check() == ()


def test_a_closed_database_says_so(tmp_path: Path) -> None:
    repository = open_sessions(tmp_path / "s.db")
    repository.close()
    repository.close()
    with pytest.raises(StorageUnavailable, match="closed"):
        repository.list_trainees()
