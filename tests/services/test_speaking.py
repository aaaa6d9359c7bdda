"""Sessions with a chat model: it words the same plans, what is shown is what is stored, and the written lines stand in."""

import pytest

from simpatient.domain.errors import ModelUnavailable
from simpatient.domain.session.session import Manifest
from simpatient.services.sessions.patient_models import STAND_IN_NOTE, leaves_note
from tests.builders import ME
from tests.chat_fakes import FakePatientModels, ScriptedVoice
from tests.world import World


def world(*answers: str, **named: object) -> tuple[World, ScriptedVoice]:
    voice = ScriptedVoice(answers, **named)
    return World(voices=FakePatientModels({"generative": voice})), voice


def test_the_models_words_are_shown_as_they_come_and_stored() -> None:
    here, voice = world("It was the doctor. She said to come.")
    session_id, shown = here.begin(model="generative"), []
    exchange = here.practise.reply(ME, session_id, "What brings you here?", shown.append)
    assert len(shown) == 2
    assert "".join(shown) == exchange.patient.text == "It was the doctor. She said to come."
    assert here.sessions.get(session_id).path()[-1].text == exchange.patient.text
    assert exchange.note == ""
    assert voice.heard[0][0] == session_id
    assert voice.heard[0][1][-1].content == "What brings you here?"


def test_the_manifest_says_which_model_prompt_and_decoding() -> None:
    here, voice = world("Well.")
    manifest = here.sessions.get(here.begin(model="generative")).manifest
    assert manifest.model == voice.model_id
    assert list(manifest.prompts) == ["play-patient"]
    assert set(manifest.decoding) == {"temperature", "top_p"}
    guided = here.sessions.get(here.begin()).manifest
    assert (guided.model, guided.prompts, guided.decoding) == ("guided", {}, {})


def test_the_prompt_is_read_while_the_vignette_is_and_kept_for_the_session() -> None:
    here, voice = world("Well.")
    here.practise.warm_up("nell-first", "generative")
    session_id = here.begin(model="generative")
    assert [name for name, _ in voice.prepared] == [session_id]
    here.practise.end(ME, session_id)
    assert voice.prepared == []


def test_a_model_that_fails_leaves_the_turn_to_the_written_lines_and_says_so() -> None:
    here, _ = world("It was the doctor.", broken={0: 0})
    session_id, shown = here.begin(model="generative"), []
    first = here.practise.reply(ME, session_id, "What brings you here?", shown.append)
    assert "".join(shown) == first.patient.text == "It was the doctor's idea."
    assert first.note == STAND_IN_NOTE
    assert first.patient.guard[0].rule == "model_unavailable"
    assert here.say(session_id, "Go on.").note == ""


def test_a_model_that_is_gone_when_a_session_goes_on() -> None:
    here, _ = world("Well.")
    session_id = here.begin(model="generative")
    here.voices.by_name.clear()
    assert here.say(session_id, "What brings you here?").note == STAND_IN_NOTE
    assert here.practise.end(ME, session_id).is_ended


def test_a_model_that_is_not_there_starts_no_session() -> None:
    here = World()
    with pytest.raises(ModelUnavailable):
        here.begin(model="generative")
    assert here.progress.progress(ME).sessions == ()


def test_a_retry_shows_the_model_the_branch_only() -> None:
    here, voice = world("It was the doctor.", "Second.", "Third.")
    session_id = here.begin(model="generative")
    answer = here.say(session_id, "What brings you here?").patient
    here.say(session_id, "Nonsense!")
    here.practise.branch(ME, session_id, answer.turn)
    here.say(session_id, "Tell me of the choir.")
    said = [message.content for message in voice.heard[-1][1]]
    assert said[-2:] == ["It was the doctor.", "Tell me of the choir."]
    assert "Nonsense!" not in said


@pytest.mark.parametrize(("model", "says"), [
    ("guided", ""), ("small-chat@1a2b", ""),
    ("remote:m@models.example.org", "leaves this computer"), ("remote:m@10.0.0.5:8000", "leaves this computer"),
    ("remote:m@127.0.0.1.example.org", "leaves this computer"), ("remote:a@b@localhost.org:1", "leaves this computer"),
    ("remote:m@127.0.0.1:8000", "on this computer"), ("remote:m@localhost:1", "on this computer"),
    ("remote:m@[::1]:80", "on this computer"), ("remote:m@[2001:db8::1]:80", "leaves this computer"),
])  # fmt: skip
def test_a_trainee_is_told_where_words_go(model, says):
    manifest = Manifest(app="0", model=model, content={}, encoder="e", coder="c", seed=1)
    note = leaves_note(manifest)
    assert bool(note) == bool(says) == manifest.is_remote
    assert says in note
    assert not says or model.removeprefix("remote:") in note


def test_the_long_prompt_is_built_once_for_all_turns_of_a_case() -> None:
    here, voice = world("Well.", "Quite.")
    session_id = here.begin(model="generative")
    here.say(session_id, "What brings you here?")
    here.say(session_id, "Go on.")
    first, second = (heard[1][0].content for heard in voice.heard[:2])
    assert first is second
