"""Practising: what is stored when, what a retry keeps, and what the trainee is told when it goes wrong."""

from copy import copy

import pytest

from simpatient.domain.cancellation import CancelToken
from simpatient.domain.errors import Cancelled, NotFound, OpenElsewhere, StorageUnavailable, UserFacingError
from simpatient.domain.text import LONGEST_TURN
from simpatient.services.sessions.minds import MindStore
from simpatient.services.sessions.practise import MACHINE_NOTE
from simpatient.services.sessions.scorecards import coded_turns
from tests.builders import ME, small_case, small_library
from tests.fakes import RememberingFakeEncoder

QUESTION = "How is the choir?"


def stopped() -> CancelToken:
    token = CancelToken()
    token.cancel()
    return token


def test_a_session_starts_with_the_patients_words_already_stored(world):
    session = world.practise.start(ME, "nell-first", curriculum_id="small-course", unit_id="unit-1")
    assert [turn.speaker for turn in session.turns] == ["patient"]
    assert world.sessions.get(session.id) == session
    assert (session.manifest.seed, session.manifest.model, session.leaf) == (77, "guided", 0)
    assert set(session.manifest.content) == {
        "persona:nell-archer", "case:nell-first", "rubric:small-rubric", "rubric:talk-rubric",
        "curriculum:small-course", "intents:small-bank", "dynamics:small-table", "guard:small-guard",
    }  # fmt: skip


def test_the_trainee_may_begin(world):
    world.library.all_cases = [small_case(first_line_by="trainee")]
    session_id = world.begin()
    assert world.sessions.get(session_id).turns == ()
    exchange = world.say(session_id, "Hello there.")
    assert (exchange.trainee.turn, exchange.trainee.parent, exchange.patient.turn) == (0, None, 1)


def test_an_unknown_case_is_named(world):
    with pytest.raises(NotFound, match="none-such"):
        world.practise.start(ME, "none-such")


def test_the_trainees_turn_is_stored_before_it_is_coded_or_answered(world):
    session_id = world.begin()
    world.say(session_id, QUESTION)
    assert world.sessions.written == ["create", "add_turn trainee", "attach_codes", "add_turn patient"]
    stored = world.sessions.get(session_id)
    assert [turn.parent for turn in stored.turns] == [None, 0, 1]
    assert stored.turns[1].codes is not None


def test_an_authored_answer_comes_whole(world):
    chunks: list[str] = []
    exchange = world.practise.reply(ME, world.begin(), QUESTION, chunks.append, CancelToken())
    assert chunks == [exchange.patient.text]
    assert set(exchange.patient.timings_s) == {"coding", "reply"}


def test_when_the_disk_refuses_the_turn_nothing_was_said(world):
    session_id = world.begin()
    world.sessions.fails_on = {"add_turn trainee"}
    with pytest.raises(StorageUnavailable):
        world.say(session_id, QUESTION)
    assert len(world.sessions.get(session_id).turns) == 1
    world.sessions.fails_on = set()
    assert world.say(session_id, QUESTION).trainee.turn == 1


@pytest.mark.parametrize("call", ["attach_codes", "add_turn patient"])
def test_a_turn_whose_answer_was_lost_is_answered_on_resume(world, call):
    session_id = world.begin()
    world.sessions.fails_on = {call}
    with pytest.raises(StorageUnavailable):
        world.say(session_id, QUESTION)
    world.sessions.fails_on = set()
    resumed = world.practise.resume(ME, session_id)
    assert [turn.speaker for turn in resumed.turns] == ["patient", "trainee", "patient"]
    assert resumed == world.sessions.get(session_id)
    assert world.practise.resume(ME, session_id) == resumed


def test_the_answer_after_a_crash_is_the_answer_there_would_have_been(world):
    whole, broken = world.begin(), world.begin()
    expected = world.say(whole, QUESTION).patient.text
    world.sessions.fails_on = {"add_turn patient"}
    with pytest.raises(StorageUnavailable):
        world.say(broken, QUESTION)
    world.sessions.fails_on = set()
    assert world.practise.resume(ME, broken).turns[-1].text == expected


def test_cancelling_keeps_the_trainees_turn_and_the_next_line_answers_both(world):
    session_id = world.begin()
    with pytest.raises(Cancelled):
        world.practise.reply(ME, session_id, QUESTION, lambda _: None, stopped())
    assert world.sessions.get(session_id).turns[-1].text == QUESTION
    world.say(session_id, "Go on.")
    speakers = [turn.speaker for turn in world.sessions.get(session_id).path()]
    assert speakers == ["patient", "trainee", "patient", "trainee", "patient"]


def test_a_token_is_cancelled_once_and_for_all():
    token = CancelToken()
    assert not token.is_cancelled
    token.cancel()
    token.cancel()
    assert token.is_cancelled


def test_a_turn_that_is_too_long_is_refused_unstored(world):
    session_id = world.begin()
    with pytest.raises(UserFacingError, match="20,001") as refused:
        world.say(session_id, "x" * (LONGEST_TURN + 1))
    assert refused.value.action
    assert len(world.sessions.get(session_id).turns) == 1
    assert world.say(session_id, "x" * LONGEST_TURN).trainee.turn == 1


def test_what_cannot_be_stored_is_left_out_and_silence_is_allowed(world):
    session_id = world.begin()
    assert world.say(session_id, " Hello\x00\ud800 ").trainee.text == "Hello"
    assert world.say(session_id, "   ").patient.plan.act == "silence"


def test_asked_whether_it_is_a_machine_the_program_answers_in_its_own_name(world):
    exchange = world.say(world.begin(), "Are you a robot?")
    assert exchange.note == exchange.patient.note == MACHINE_NOTE
    assert MACHINE_NOTE not in exchange.patient.text


def test_a_retry_keeps_what_was_said_as_a_sibling(world):
    session_id = world.begin()
    for line in (QUESTION, "You're wrong."):
        world.say(session_id, line)
    before = world.practise.end(ME, session_id)
    again = world.practise.branch(ME, session_id, 2)
    assert not again.is_ended
    exchange = world.say(session_id, "It sounds as if you miss the singing.")
    assert (exchange.trainee.turn, exchange.trainee.parent) == (5, 2)
    stored = world.practise.end(ME, session_id)
    assert stored.turns[:5] == before.turns
    assert [turn.turn for turn in stored.path()] == [0, 1, 2, 5, 6]
    assert stored.scorecards != before.scorecards


def test_the_same_line_on_a_sibling_branch_starts_from_the_state_of_the_fork(world):
    session_id = world.begin()
    first = world.say(session_id, "You're wrong.")
    world.say(session_id, QUESTION)
    world.practise.branch(ME, session_id, 0)
    retried = world.say(session_id, "You're wrong.")
    assert retried.patient.state_before == first.patient.state_before


@pytest.mark.parametrize("turn", [1, 9])
def test_a_retry_needs_a_patient_turn(world, turn):
    session_id = world.begin()
    world.say(session_id, QUESTION)
    with pytest.raises(UserFacingError, match="not a patient turn"):
        world.practise.branch(ME, session_id, turn)


def test_ending_scores_by_every_rubric_of_the_case(world):
    session = world.sessions.get(world.whole())
    assert session.is_ended
    assert [card.rubric for card in session.scorecards] == ["small-rubric", "talk-rubric"]
    assert session.scorecards[0].counts == {"open_asked": 2, "reflected": 1, "pushed": 1}
    assert all(turn.codes is not None for turn in session.turns)
    assert world.sessions.written[-2:] == ["add_scorecards", "end"]


def test_a_session_without_a_word_ends_without_scores(world):
    world.library.all_cases = [small_case(first_line_by="trainee")]
    session_id = world.begin()
    ended = world.practise.end(ME, session_id)
    assert ended.is_ended
    assert ended.scorecards == ()


def test_an_ended_session_takes_no_more_words_and_is_resumed_as_it_is(world):
    session_id = world.whole()
    with pytest.raises(UserFacingError, match="has ended"):
        world.say(session_id, QUESTION)
    assert world.practise.resume(ME, session_id) == world.sessions.get(session_id)


def test_a_mark_is_stored_and_does_not_disturb_the_talk(world):
    session_id = world.begin()
    world.say(session_id, QUESTION)
    world.practise.mark(ME, session_id, 2, True)
    assert world.sessions.get(session_id).turns[2].marked
    world.say(session_id, "Go on.")
    world.practise.mark(ME, session_id, 2, False)
    assert not world.sessions.get(session_id).turns[2].marked
    assert len(world.sessions.get(session_id).turns) == 5


def test_the_coder_hears_the_other_speakers_last_turn(world):
    session_id = world.whole(QUESTION, "Go on.")
    turns = world.sessions.get(session_id).turns
    heard = {text: previous for _, text, previous in world.coder.asked}
    assert heard[QUESTION] == turns[0].text
    assert heard["Go on."] == turns[2].text
    assert heard[turns[2].text] == QUESTION


def test_stored_codes_are_not_asked_for_again(world):
    path = world.sessions.get(world.whole()).path()
    asked = len(world.coder.asked)
    assert [turn.codes for turn in coded_turns(path, world.coder)] == [turn.codes for turn in path]
    assert len(world.coder.asked) == asked


def test_warming_up_builds_the_mind_once():
    library, encoder = small_library(), RememberingFakeEncoder()
    minds = MindStore(library, encoder)
    assert minds.of("nell-archer") is minds.of("nell-archer")
    assert encoder.sets_encoded == ["intents-small-bank", "persona-nell-archer"]


def test_making_a_mind_says_how_many_lines_are_ready_the_first_time():
    told: list[tuple[int, int]] = []
    library, encoder = small_library(), RememberingFakeEncoder()
    for minds in (MindStore(library, encoder), MindStore(library, encoder)):
        minds.of("nell-archer", lambda done, total: told.append((done, total)))
    ((done, total),) = told
    assert done == total > 0


def test_warming_up_is_by_case(world):
    world.practise.warm_up("nell-first")
    with pytest.raises(NotFound):
        world.practise.warm_up("none-such")


def test_two_windows_on_one_session_both_go_on_and_nothing_is_lost(world):
    """Each refusal costs one try; the next reads what the other window has stored, and goes on from there."""
    session_id = world.begin()
    mine, other = world.practise, copy(world.practise)
    other._live = {}  # what the other window has read is its own
    for service in (mine, other):
        service.resume(ME, session_id)
    stored, refused = [], 0
    for number in range(6):
        for name, service in (("mine", mine), ("other", other)):
            words = f"{name} {number}: {QUESTION}"
            try:
                service.reply(ME, session_id, words, lambda _: None)
            except OpenElsewhere as error:
                refused += 1
                assert "another window" in str(error)
                service.reply(ME, session_id, words, lambda _: None)
            stored.append(words)
    path = world.sessions.get(session_id).path()
    assert [turn.text for turn in path if turn.speaker == "trainee"] == stored
    assert refused == 11  # every try after the first finds that the other window has gone on
