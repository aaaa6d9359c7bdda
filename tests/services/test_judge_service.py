"""A second reading by a model the user chose: all or nothing, and never taken for granted."""

import pytest

from simpatient.domain.cancellation import CancelToken
from simpatient.domain.errors import Cancelled, ModelUnavailable, UserFacingError
from tests.builders import ME, small_case, small_library, small_rubrics
from tests.review_fakes import FakeGrader, FakeJudges
from tests.world import World
from tests.written_rubrics import level_rubric


def _world(**graders: FakeGrader) -> World:
    case = small_case(rubrics=["small-rubric", "talk-rubric", "asking-plainly"])
    rubrics = (*small_rubrics(), level_rubric())
    library = small_library(all_rubrics=rubrics, all_cases=[case])
    return World(library=library, judges=FakeJudges(graders, patients_own="own"))


def _values(world: World, session_id: str) -> dict[str, float | None]:
    cards = world.sessions.get(session_id).scorecards
    return {score.id: score.value for card in cards for score in card.criteria}


def test_the_patients_own_model_is_offered_last_and_said_to_be_it() -> None:
    world = _world(own=FakeGrader(), other=FakeGrader())
    choices = world.judge.choices(ME, world.whole())
    assert [(choice.id, choice.is_patients_own) for choice in choices] == [("other", False), ("own", True)]


def test_words_for_a_server_are_said_to_leave() -> None:
    world = _world(**{"remote:big@models.example.org": FakeGrader()})
    (choice,) = world.judge.choices(ME, world.whole())
    assert "leaves this computer and is sent there" in choice.note


def test_a_model_rates_what_was_said_and_nothing_else() -> None:
    world, done = _world(big=FakeGrader(value=0.0)), []
    session_id = world.whole()
    world.write.save(ME, session_id, "asking-plainly", {"level": "low"})
    world.judge.rate(ME, session_id, "big", on_done=done.append)
    assert _values(world, session_id) == {"empathy": 0, "asked": 0, "level": 2}
    cards = world.sessions.get(session_id).scorecards
    assert "fake-grader" in cards[0].criteria[0].provenance.judged_by
    assert cards[2].criteria[0].critical
    assert done[-1] == world.judge.count(ME, session_id) == 3
    assert world.judges.open_now == 0


def test_the_programs_own_ratings_can_be_put_back() -> None:
    world = _world(big=FakeGrader(value=2.0))
    session_id = world.whole()
    world.write.save(ME, session_id, "asking-plainly", {"level": "low"})
    before = world.sessions.get(session_id).scorecards
    world.judge.rate(ME, session_id, "big")
    assert world.sessions.get(session_id).scorecards != before
    world.judge.rate_by_formulas(ME, session_id)
    assert world.sessions.get(session_id).scorecards == before


def test_an_earlier_attempt_is_rated_without_touching_the_open_one() -> None:
    world = _world(big=FakeGrader(value=2.0))
    session_id = world.whole()
    leaf = world.sessions.get(session_id).leaf
    world.practise.branch(ME, session_id, 0)
    world.judge.rate(ME, session_id, "big", leaf=leaf)
    stored = world.sessions.get(session_id)
    assert stored.scorecards == ()
    assert stored.other_scorecards[leaf][0].criteria[0].value == 2


@pytest.mark.parametrize("broken", [ModelUnavailable("It is gone."), Cancelled()])
def test_a_reading_that_breaks_off_changes_nothing(broken: Exception) -> None:
    world = _world(big=FakeGrader(broken=broken))
    session_id = world.whole()
    before = world.sessions.get(session_id)
    with pytest.raises(type(broken)):
        world.judge.rate(ME, session_id, "big")
    assert world.sessions.get(session_id) == before
    assert world.judges.open_now == 0


def test_what_cannot_be_rated_is_said_plainly() -> None:
    world = _world(big=FakeGrader())
    open_session = world.begin()
    for rate in (
        lambda: world.judge.rate(ME, open_session, "big"),
        lambda: world.judge.rate_by_formulas(ME, open_session),
    ):
        with pytest.raises(UserFacingError, match="nothing to rate"):
            rate()
    with pytest.raises(ModelUnavailable):
        world.judge.rate(ME, world.whole(), "gone")
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        world.judge.rate(ME, world.whole(), "big", cancel=token)
