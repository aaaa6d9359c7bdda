"""A retry hides nothing: every ended branch keeps its row, its debrief and its place in what was reached."""

from pathlib import Path

import pytest

from simpatient.domain.errors import NotFound
from tests.builders import ME
from tests.world import World


def test_a_retry_is_listed_as_the_continuation_of_the_attempt_it_left(world: World) -> None:
    session_id = world.whole()
    first = world.progress.progress(ME).sessions
    world.practise.branch(ME, session_id, 2)
    retry, ended = world.progress.progress(ME).sessions
    assert ended.model_copy(update={"ended_at": first[0].ended_at}) == first[0]
    assert (ended.attempt, ended.leaf, ended.trainee_turns) == (1, 8, 4)
    assert (retry.attempt, retry.leaf, retry.trainee_turns, retry.ended_at) == (2, 2, 1, None)
    world.say(session_id, "What happened at the choir?")
    retry = world.progress.progress(ME).sessions[0]
    assert retry.started_at == world.sessions.get(session_id).turns[-2].at > ended.started_at
    assert world.progress.home(ME).open_session == retry


def test_each_ended_attempt_has_its_own_debrief(world: World) -> None:
    session_id = world.whole()
    before = world.review.debrief(ME, session_id)
    world.practise.branch(ME, session_id, 0)
    for line in ("It sounds as if you miss it.", "It sounds as if nobody asks you."):
        world.say(session_id, line)
    assert world.review.debrief(ME, session_id, 8) == before
    world.practise.end(ME, session_id)
    assert world.review.debrief(ME, session_id, 8) == before
    assert world.review.debrief(ME, session_id).scorecards != before.scorecards
    told = world.review.disclosure_map(ME, session_id, 8)
    assert told.session_id == session_id
    later, earlier = world.progress.progress(ME).sessions
    assert (earlier.leaf, later.leaf, later.attempt) == (8, world.sessions.get(session_id).leaf, 2)
    with pytest.raises(NotFound):
        world.review.session(ME, session_id, 3)


def test_an_attempt_ended_without_a_new_word_stands_last(world: World) -> None:
    session_id = world.whole()
    world.practise.branch(ME, session_id, 4)
    world.practise.end(ME, session_id)
    assert [row.leaf for row in world.progress.progress(ME).sessions] == [4, 8]


def test_what_was_reached_is_kept_while_a_retry_is_open(world: World) -> None:
    before = world.progress.progress(ME)
    session_id = world.rated()
    reached = world.progress.progress(ME)
    assert reached.units != before.units
    assert reached.curves
    world.practise.branch(ME, session_id, 0)
    during = world.progress.progress(ME)
    assert (during.units, during.curves) == (reached.units, reached.curves)


def test_a_report_is_written_of_the_branch_asked_for_or_the_newest_with_a_debrief(world: World) -> None:
    session_id = world.whole()
    world.practise.branch(ME, session_id, 0)
    world.reports.session(ME, session_id, html=Path("a.html"), leaf=8)
    world.reports.session(ME, session_id, html=Path("b.html"))
    (_, _, named), (_, _, newest) = world.writer.written
    assert len(named.session.path()) == 9
    assert named.debrief == newest.debrief
