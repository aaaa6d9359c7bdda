"""Nobody reaches another person's data: every service answers as if it did not exist."""

from collections.abc import Callable
from pathlib import Path

import pytest

from simpatient.domain.errors import NotFound
from simpatient.domain.session.session import SelfRating
from simpatient.domain.speech import TurnSpeech
from tests.builders import ME, SOMEBODY, small_library, small_rubrics
from tests.world import World
from tests.written_rubrics import level_rubric, sense_rubric

SPEECH = TurnSpeech(began_s=1.0, ended_s=2.0)
Call = Callable[[World, str], object]
CALLS: dict[str, Call] = {
    "practise.reply": lambda world, one: world.practise.reply(SOMEBODY, one, "Hello.", lambda _: None),
    "practise.keep_heard": lambda world, one: world.practise.keep_heard(SOMEBODY, one, 0, "Hm.", SPEECH),
    "practise.correct": lambda world, one: world.practise.correct(SOMEBODY, one, 1, "Hello."),
    "practise.resume": lambda world, one: world.practise.resume(SOMEBODY, one),
    "practise.mark": lambda world, one: world.practise.mark(SOMEBODY, one, 0, True),
    "practise.branch": lambda world, one: world.practise.branch(SOMEBODY, one, 0),
    "practise.end": lambda world, one: world.practise.end(SOMEBODY, one),
    "review.session": lambda world, one: world.review.session(SOMEBODY, one),
    "review.rate_self": lambda world, one: world.review.rate_self(SOMEBODY, one, SelfRating(ratings={})),
    "review.debrief": lambda world, one: world.review.debrief(SOMEBODY, one),
    "review.disclosure_map": lambda world, one: world.review.disclosure_map(SOMEBODY, one),
    "write.exercises": lambda world, one: world.write.exercises(SOMEBODY, one),
    "write.save": lambda world, one: world.write.save(SOMEBODY, one, "making-sense", {"wish": "peace"}),
    "judge.choices": lambda world, one: world.judge.choices(SOMEBODY, one),
    "judge.rate": lambda world, one: world.judge.rate(SOMEBODY, one, "big"),
    "judge.rate_by_formulas": lambda world, one: world.judge.rate_by_formulas(SOMEBODY, one),
    "judge.count": lambda world, one: world.judge.count(SOMEBODY, one),
    "reports.session": lambda world, one: world.reports.session(SOMEBODY, one, pdf=Path("x.pdf")),
    "forgetting.delete_session": lambda world, one: world.deletion.delete_session(SOMEBODY, one),
}


@pytest.fixture
def world() -> World:
    rubrics = (*small_rubrics(), sense_rubric(), level_rubric())
    return World(library=small_library(all_rubrics=rubrics))


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("is_cached", [True, False])
def test_a_session_of_somebody_else_does_not_exist(world: World, name: str, is_cached: bool) -> None:
    theirs = world.whole()
    before = world.sessions.get(theirs)
    if not is_cached:
        world.practise._live.clear()
    with pytest.raises(NotFound) as refused:
        CALLS[name](world, theirs)
    with pytest.raises(NotFound) as unknown:
        CALLS[name](world, "s-none")
    assert str(refused.value) == str(unknown.value).replace("s-none", theirs)
    assert world.sessions.get(theirs) == before


def test_what_is_listed_is_the_actors_own(world: World) -> None:
    theirs = world.whole()
    assert world.progress.progress(SOMEBODY).sessions == ()
    assert world.progress.home(SOMEBODY).open_session is None
    assert (world.progress.trainees(SOMEBODY), world.progress.trainees(ME)) == ((), ("me",))
    assert world.review.latest_ended(ME) == theirs
    with pytest.raises(NotFound, match="no ended session"):
        world.review.latest_ended(SOMEBODY)
