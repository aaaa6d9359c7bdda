"""A spoken session looked back at: its times in the debrief, in the export, and in no typed session's."""

from simpatient.domain.speech import TextVersion, TurnSpeech
from simpatient.services.sessions.practise import SpokenTurn
from simpatient.services.sessions.session_export import export_session
from tests.builders import ME
from tests.storage.made_sessions import T0
from tests.world import RATING, World


def test_the_debrief_of_a_spoken_session_has_its_times(world: World) -> None:
    session_id = world.begin()
    speech = TurnSpeech(began_s=3.0, ended_s=5.5)
    turn = world.practise.reply(
        ME, session_id, "How is the choir?", lambda _: None, spoken=SpokenTurn(speech)
    ).trainee.turn
    answer = world.sessions.get(session_id).turns[-1]
    world.practise.keep_heard(ME, session_id, answer.turn, answer.text, TurnSpeech(began_s=9.5, ended_s=12.0))
    world.practise.end(ME, session_id)
    world.review.rate_self(ME, session_id, RATING)
    speaking = world.review.debrief(ME, session_id).speaking
    assert speaking is not None
    assert [row.turn for row in speaking.rows] == [turn, answer.turn]
    assert [silence.seconds for silence in speaking.silences] == [4.0]
    assert speaking.typed == 1


def test_a_typed_session_has_none(world: World) -> None:
    session_id = world.whole("How is the choir?")
    assert world.review.debrief(ME, session_id).speaking is None
    assert not any("speech" in turn for turn in export_session(world.sessions.get(session_id))["turns"])


def test_the_export_says_how_a_turn_was_spoken_but_not_where_its_sound_is(world: World) -> None:
    session_id = world.begin()
    versions = (TextVersion(text="How is the coir?", source="recogniser", at=T0),)
    speech = TurnSpeech(began_s=3.0, ended_s=5.5, confidence=0.7, versions=versions, clip="clip-1")
    world.practise.reply(ME, session_id, "How is the choir?", lambda _: None, spoken=SpokenTurn(speech))
    turn = export_session(world.sessions.get(session_id))["turns"][1]
    assert (turn["speech"]["began_s"], turn["speech"]["ended_s"]) == (3.0, 5.5)
    assert turn["speech"]["versions"][0]["text"] == "How is the coir?"
    assert "clip" not in turn["speech"]
