"""Scorecards are followed by revisions, never replaced: what a model or a person's writing earned is not lost."""

import pytest

from simpatient.domain.assessment.score import Score
from simpatient.domain.errors import StorageUnavailable
from simpatient.domain.speech import TextVersion, TurnSpeech
from simpatient.services.sessions.practise import SpokenTurn
from simpatient.services.sessions.scorecards import text_digest
from tests.builders import ME, small_case, small_library, small_rubrics
from tests.review_fakes import FakeGrader, FakeJudges
from tests.storage.made_sessions import T0
from tests.world import LINES, RATING, World
from tests.written_rubrics import level_rubric

MISHEARD, RIGHT = "Hm hm.", "It sounds as if you miss the singing."


@pytest.fixture
def world() -> World:
    case = small_case(rubrics=["small-rubric", "talk-rubric", "asking-plainly"])
    rubrics = (*small_rubrics(), level_rubric())
    library = small_library(all_rubrics=rubrics, all_cases=[case])
    return World(library=library, judges=FakeJudges({"big": FakeGrader(value=2.0), "late": FakeGrader(value=1.0)}))


def ended(world: World) -> tuple[str, int]:
    """Hold and end a session with one misheard spoken turn; return it and the turn."""
    session_id = world.begin()
    heard = TextVersion(text=MISHEARD, source="recogniser", at=T0)
    speech = TurnSpeech(began_s=1.0, ended_s=4.0, confidence=0.8, versions=(heard,))
    turn = world.practise.reply(ME, session_id, MISHEARD, lambda _: None, spoken=SpokenTurn(speech)).trainee.turn
    for line in LINES:
        world.say(session_id, line)
    world.practise.end(ME, session_id)
    world.review.rate_self(ME, session_id, RATING)
    return session_id, turn


def found(world: World, session_id: str, criterion: str) -> Score:
    cards = world.sessions.get(session_id).scorecards
    return next(score for card in cards for score in card.criteria if score.id == criterion)


def test_a_correction_keeps_what_a_model_rated_and_marks_it(world: World) -> None:
    session_id, turn = ended(world)
    world.judge.rate(ME, session_id, "big")
    before = world.sessions.get(session_id).scorecards[0]
    world.practise.correct(ME, session_id, turn, RIGHT)
    kept = found(world, session_id, "empathy")
    assert (kept.value, kept.provenance.judged_by) == (2.0, "fake-grader on fake-model")
    assert kept.provenance.from_earlier_words
    assert world.sessions.get(session_id).scorecards[0].counts != before.counts


def test_a_correction_keeps_what_was_written(world: World) -> None:
    session_id, turn = ended(world)
    world.write.save(ME, session_id, "asking-plainly", {"level": "moderate"})
    world.practise.correct(ME, session_id, turn, RIGHT)
    kept = found(world, session_id, "level")
    assert (kept.value, kept.unscored_reason) == (1, None)
    assert not kept.provenance.from_earlier_words


def test_a_correction_works_out_anew_what_came_from_formulas(world: World) -> None:
    session_id, turn = ended(world)
    before = found(world, session_id, "empathy")
    world.practise.correct(ME, session_id, turn, RIGHT)
    after = found(world, session_id, "empathy")
    assert after != before
    assert not after.provenance.from_earlier_words


def test_a_new_reading_by_a_model_is_of_the_words_as_they_are(world: World) -> None:
    session_id, turn = ended(world)
    world.judge.rate(ME, session_id, "big")
    world.practise.correct(ME, session_id, turn, RIGHT)
    world.judge.rate(ME, session_id, "late")
    rated = found(world, session_id, "empathy")
    assert (rated.value, rated.provenance.from_earlier_words) == (1.0, False)


def test_words_corrected_while_a_model_reads_make_its_ratings_earlier_ones(world: World) -> None:
    session_id, turn = ended(world)
    grader = world.judges.graders["big"]
    grade = grader.grade

    def interrupted(*given: object, **named: object) -> tuple[Score, ...]:
        if world.sessions.get(session_id).turns[turn].text == MISHEARD:
            world.practise.correct(ME, session_id, turn, RIGHT)
        return grade(*given, **named)

    grader.grade = interrupted
    world.judge.rate(ME, session_id, "big")
    rated = found(world, session_id, "empathy")
    assert (rated.value, rated.provenance.from_earlier_words) == (2.0, True)


def test_ending_a_retry_that_changes_nothing_keeps_the_ratings(world: World) -> None:
    session_id, _ = ended(world)
    leaf = world.sessions.get(session_id).leaf
    world.judge.rate(ME, session_id, "big")
    world.practise.branch(ME, session_id, leaf)
    world.practise.end(ME, session_id)
    rated = found(world, session_id, "empathy")
    assert (rated.value, rated.provenance.from_earlier_words) == (2.0, False)


def test_the_programs_own_ratings_leave_what_was_written(world: World) -> None:
    session_id, turn = ended(world)
    world.write.save(ME, session_id, "asking-plainly", {"level": "moderate"})
    world.judge.rate(ME, session_id, "big")
    world.practise.correct(ME, session_id, turn, RIGHT)
    world.judge.rate_by_formulas(ME, session_id)
    assert found(world, session_id, "empathy").provenance.judged_by == "formulas over behaviour codes"
    assert found(world, session_id, "level").value == 1


def test_the_history_tells_who_made_what_from_which_words(world: World) -> None:
    session_id, turn = ended(world)
    misheard = text_digest(world.sessions.get(session_id).path())
    world.judge.rate(ME, session_id, "big")
    world.practise.correct(ME, session_id, turn, RIGHT)
    world.judge.rate_by_formulas(ME, session_id)
    corrected = text_digest(world.sessions.get(session_id).path())
    history = world.scorecards.history(ME, session_id, None, "small-rubric")
    made = [(each.number, each.origin.cause, each.origin.model, each.origin.text_digest) for each in history]
    assert made == [
        (1, "end", "", misheard),
        (2, "model", "big", misheard),
        (3, "correction", "", corrected),
        (4, "formulas", "", corrected),
    ]
    assert {each.origin.actor for each in history} == {"me"}
    assert all(each.origin.at is not None and each.origin.coder == world.coder.coder_id for each in history)
    assert history[-1].card == world.sessions.get(session_id).scorecards[0]
    assert world.sessions.turn_versions(session_id, turn)[0].text == MISHEARD


@pytest.mark.parametrize("refused", ["amend_turn", "add_scorecards"])
def test_a_correction_that_cannot_be_stored_changes_nothing(world: World, refused: str) -> None:
    session_id, turn = ended(world)
    before = world.sessions.get(session_id)
    world.sessions.fails_on.add(refused)
    with pytest.raises(StorageUnavailable):
        world.practise.correct(ME, session_id, turn, RIGHT)
    assert world.sessions.get(session_id) == before
    world.sessions.fails_on.clear()
    world.practise.correct(ME, session_id, turn, RIGHT)
    assert world.sessions.get(session_id).turns[turn].text == RIGHT


@pytest.mark.parametrize("refused", ["attach_codes", "add_scorecards", "end"])
def test_an_end_that_cannot_be_stored_changes_nothing(world: World, refused: str) -> None:
    session_id = world.begin()
    world.say(session_id, LINES[0])
    before = world.sessions.get(session_id)
    world.sessions.fails_on.add(refused)
    with pytest.raises(StorageUnavailable):
        world.practise.end(ME, session_id)
    assert world.sessions.get(session_id) == before
    world.sessions.fails_on.clear()
    assert world.practise.end(ME, session_id).is_ended


def test_writing_that_cannot_be_scored_is_not_stored_either(world: World) -> None:
    session_id, _ = ended(world)
    world.sessions.fails_on.add("add_scorecards")
    with pytest.raises(StorageUnavailable):
        world.write.save(ME, session_id, "asking-plainly", {"level": "low"})
    assert world.writings.attempts(session_id) == ()


def test_what_was_done_is_known_to_the_unit_of_work(world: World) -> None:
    session_id, turn = ended(world)
    world.practise.correct(ME, session_id, turn, RIGHT)
    assert [(actor.person_id, action) for actor, action in world.unit_of_work.done] == [
        ("me", "end a session"),
        ("me", "correct a turn"),
    ]
