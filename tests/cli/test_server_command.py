"""Setting a server up, looking whether it answers, and holding a session with it."""

import json

import pytest

from simpatient.bootstrap.patient_models import ConfiguredPatientModels
from simpatient.bootstrap.settings import open_settings
from simpatient.cli.main import run
from simpatient.llm.remote import chat_completions as remote_wire
from simpatient.llm.remote.server_settings import read_server
from simpatient.services.sessions.patient_models import STAND_IN_NOTE
from simpatient.services.sessions.practise import REMOTE_MACHINE_NOTE
from tests.builders import ME
from tests.chat_server import ChatServer, Say


def _set(url, *more):
    return run(["server", "set", "--url", url, "--model", "tiny", *more])


def test_there_is_no_server_until_one_is_set_and_none_after_off(capsys):
    assert run(["server", "show"]) == 0
    assert "nothing leaves this computer" in capsys.readouterr().out
    assert run(["server", "check"]) == 1
    assert "No language model server is set up." in capsys.readouterr().err
    assert _set("https://models.example.org/v1") == 0
    assert run(["server", "show", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["url"] == "https://models.example.org/v1"
    assert "secret" not in shown
    assert run(["server", "off"]) == 0
    assert run(["server", "check"]) == 1


def test_what_is_unsafe_is_refused_and_not_kept(capsys, home):
    assert _set("http://models.example.org/v1") == 1
    assert "others could read what is sent" in capsys.readouterr().err
    assert _set("https://models.example.org/v1", "--key-variable", "NOT_SET_ANYWHERE") == 1
    assert "no key" in capsys.readouterr().err
    assert read_server(open_settings(home)) is None


def test_check_asks_for_one_word(capsys):
    with ChatServer() as server:
        assert _set(server.url) == 0
        assert run(["server", "check"]) == 0
        assert f"remote:tiny@{server.settings().host}" in capsys.readouterr().out
        assert server.asked[0]["max_tokens"] == 1
        assert len(server.asked[0]["cache_salt"]) == 32


def _practise(tmp_path, *lines):
    path = tmp_path / "lines.txt"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return run(["practise", "--case", "nell-first", "--model", "remote", "--trainee-lines", str(path), "--seed", "1"])


@pytest.fixture
def voiced(world, home, monkeypatch):
    """Return the world with the voices the program really uses."""
    world.voices = ConfiguredPatientModels(home, world.models.resolve)
    world.__post_init__()
    world.actor, world.close = ME, world.voices.close
    monkeypatch.setattr("simpatient.bootstrap.app.open_app", lambda *_: world)
    return world


def test_a_session_with_a_server_says_where_words_go(voiced, tmp_path, capsys):
    with ChatServer([Say("The choir. I miss it.")]) as server:
        _set(server.url)
        assert _practise(tmp_path, "How is the choir?", "Are you a robot?") == 0
    printed = capsys.readouterr()
    assert f"tiny@{server.settings().host}" in printed.err
    assert "sent there" in printed.err
    assert "Patient: The choir. I miss it." in printed.out
    assert REMOTE_MACHINE_NOTE in printed.out
    assert "stays on this computer" not in printed.out
    (session,) = map(voiced.sessions.get, voiced.sessions.session_ids("me"))
    assert session.manifest.is_remote
    assert session.manifest.model == f"remote:tiny@{server.settings().host}"


def test_without_its_server_the_written_lines_answer(voiced, monkeypatch):
    monkeypatch.setattr(remote_wire, "_pause", lambda state: 0.01)
    with ChatServer([Say("The choir. I miss it.")]) as server:
        _set(server.url)
        session_id = voiced.begin(model="remote")
        voiced.say(session_id, "How is the choir?")
    voiced.voices.close()
    gone = voiced.say(session_id, "And the singing?")
    assert gone.patient.text
    assert gone.note == STAND_IN_NOTE
    _set("https://models.example.org/v1")
    assert voiced.say(session_id, "Tell me more.").note == STAND_IN_NOTE
    assert voiced.practise.end(ME, session_id).is_ended


def test_nothing_is_sent_for_a_server_that_is_not_set_up(voiced, tmp_path, capsys):
    assert _practise(tmp_path, "Hello") == 1
    assert "simpatient server set" in capsys.readouterr().err
