"""Spoken turns in the practise service: stored with their times, cut to what was heard, corrected later."""

import pytest

from simpatient.domain.errors import UserFacingError
from simpatient.domain.speech import TextVersion, TurnSpeech
from simpatient.domain.text import LONGEST_TURN
from simpatient.services.sessions.practise import SpokenTurn
from simpatient.services.sessions.scorecards import coded_turns, score_transcript
from tests.builders import ME
from tests.storage.made_sessions import T0
from tests.world import RATING, World

MISHEARD = "It sounds as if you miss the sinking."
RIGHT = "It sounds as if you miss the singing."


def spoken(began: float, ended: float, **more: object) -> TurnSpeech:
    return TurnSpeech(began_s=began, ended_s=ended, **more)


def heard(world: World, session_id: str, text: str = MISHEARD) -> int:
    said = TextVersion(text=text, source="recogniser", at=T0)
    speech = spoken(3.0, 5.5, confidence=0.7, versions=(said,))
    return world.practise.reply(ME, session_id, text, lambda _: None, spoken=SpokenTurn(speech)).trainee.turn


def test_how_a_turn_was_spoken_is_stored_with_it_and_goes_to_the_scores(world: World) -> None:
    session_id = world.begin()
    turn = heard(world, session_id)
    world.practise.keep_heard(ME, session_id, turn + 1, world.sessions.get(session_id).turns[-1].text, spoken(6, 9))
    stored = world.sessions.get(session_id)
    assert stored.turns[turn].speech is not None
    times = [(coded.start_s, coded.end_s) for coded in coded_turns(stored.path(), world.coder)]
    assert times[-2:] == [(3.0, 5.5), (6.0, 9.0)]


def test_what_was_cut_off_is_not_in_the_transcript_and_the_talk_goes_on_from_what_was_heard(world: World) -> None:
    session_id = world.begin()
    exchange = world.say(session_id, "How is the choir?")
    assert exchange.patient.facts_revealed
    rest = exchange.patient.text[3:]
    cut = world.practise.keep_heard(
        ME,
        session_id,
        exchange.patient.turn,
        exchange.patient.text[:3],
        spoken(1, 2, was_interrupted=True, unheard=rest),
    )
    stored = world.sessions.get(session_id).turns[-1]
    assert stored == cut
    assert stored.facts_revealed == ()
    assert stored.speech is not None
    assert stored.text + stored.speech.unheard == exchange.patient.text
    following = world.say(session_id, "It sounds as if you miss the singing.").patient
    assert following.state_before is not None
    assert exchange.patient.facts_revealed[0] not in following.state_before.facts_revealed


def test_a_correction_keeps_both_texts_and_codes_the_new_one(world: World) -> None:
    session_id = world.begin()
    turn = heard(world, session_id, "Hm hm.")
    before = world.sessions.get(session_id).turns[turn]
    after = world.practise.correct(ME, session_id, turn, f"  {RIGHT} ")
    assert after.text == RIGHT
    assert after.speech is not None
    assert [(version.text, version.source) for version in after.speech.versions] == [
        ("Hm hm.", "recogniser"),
        (RIGHT, "trainee"),
    ]
    assert after.codes != before.codes
    assert world.sessions.get(session_id).turns[turn] == after


def test_after_the_session_a_correction_scores_anew(world: World) -> None:
    session_id = world.begin()
    turn = heard(world, session_id, "Hm hm.")
    ended = world.practise.end(ME, session_id)
    world.practise.correct(ME, session_id, turn, RIGHT)
    assert world.sessions.get(session_id).scorecards != ended.scorecards
    assert world.sessions.get(session_id).is_ended


def test_only_spoken_turns_of_the_right_speaker_are_changed(world: World) -> None:
    session_id = world.begin()
    world.say(session_id, RIGHT)
    with pytest.raises(UserFacingError, match="typed"):
        world.practise.correct(ME, session_id, 1, "Other.")
    with pytest.raises(UserFacingError, match="not a trainee turn"):
        world.practise.correct(ME, session_id, 0, "Other.")
    with pytest.raises(UserFacingError, match="not a patient turn"):
        world.practise.keep_heard(ME, session_id, 1, "Other.", spoken(0, 1))


@pytest.mark.parametrize("text", ["  ", "\n", "a" * (LONGEST_TURN + 1)])
def test_a_correction_to_nothing_or_too_much_changes_nothing(world: World, text: str) -> None:
    session_id = world.begin()
    turn = heard(world, session_id)
    with pytest.raises(UserFacingError):
        world.practise.correct(ME, session_id, turn, text)
    assert world.sessions.get(session_id).turns[turn].text == MISHEARD


def test_after_a_retry_a_correction_scores_the_earlier_attempt_anew_too(world: World) -> None:
    session_id = world.begin()
    turn = heard(world, session_id, "Hm hm.")
    first = world.practise.end(ME, session_id)
    world.practise.branch(ME, session_id, turn + 1)
    world.say(session_id, RIGHT)
    second = world.practise.end(ME, session_id)
    assert len(second.debriefed) == 2
    world.review.rate_self(ME, session_id, RATING)
    world.practise.correct(ME, session_id, turn, RIGHT)
    stored = world.sessions.get(session_id)
    for leaf in second.debriefed:
        branch = stored.on_branch(leaf)
        turns = coded_turns(branch.path(), world.coder)
        assert branch.scorecards == tuple(
            score_transcript(session_id, turns, world.library.rubric(card.rubric), world.coder.coder_id)
            for card in branch.scorecards
        )
        assert len(world.scorecards.history(ME, session_id, leaf, branch.scorecards[0].rubric)) == 2
    assert stored.on_branch(first.leaf).scorecards != first.scorecards
