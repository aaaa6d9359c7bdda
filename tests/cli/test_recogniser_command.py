"""``simpatient recogniser`` on a server of our own: what it prints and which exit code it gives."""

import json

import pytest

from simpatient.bootstrap import voice as bootstrap
from simpatient.cli.main import run
from simpatient.services.models.recognisers import RecogniserService
from simpatient.speech.recognition.whisper_weights import WhisperWeights
from tests.model_fakes import FakeLibraries, FakeMachine
from tests.recogniser_fakes import CONTENT, FileServer, catalogue, weights

KNOWN = (weights("small.en"), weights("large", rank=50, cores=0, gpu_gb=6.0, languages=["many"]))


@pytest.fixture
def server(home, monkeypatch):
    made = FileServer({each.file: CONTENT for each in KNOWN})
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "no-cache"))
    service = RecogniserService(
        catalogue=catalogue(*KNOWN),
        store=WhisperWeights(home / "speech", source=made.address),
        probe=FakeMachine(),
        cores=lambda: 2,
        libraries=FakeLibraries(),
    )
    monkeypatch.setattr("simpatient.bootstrap.voice.open_recognisers", lambda _: service)
    yield made
    made.close()


@pytest.mark.parametrize("command", ["list", "download", "delete"])
def test_the_help_of_every_command_has_an_example(command, capsys):
    assert run(["recogniser", command, "--help"]) == 0
    assert f"Example: simpatient recogniser {command}" in capsys.readouterr().out


def test_from_listing_to_download_to_deleting(server, home, capsys):
    assert run(["recogniser", "list"]) == 0
    told = capsys.readouterr().out
    assert "* small.en" in told
    assert "typing always works" in told
    assert "simpatient recogniser download small.en" in told
    assert run(["recogniser", "download"]) == 0
    assert str(home / "speech" / "small.en.pt") in capsys.readouterr().err
    assert run(["recogniser", "list", "--json"]) == 0
    first = json.loads(capsys.readouterr().out)[0]
    assert (first["id"], first["state"], first["is_used"]) == ("small.en", "installed", True)
    assert run(["recogniser", "list"]) == 0
    assert "in use" in capsys.readouterr().out
    assert run(["recogniser", "download", "small.en", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"path": str(home / "speech" / "small.en.pt")}
    assert run(["recogniser", "delete", "small.en", "--yes", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"id": "small.en", "freed_bytes": len(CONTENT)}
    assert server.starts == [0]


def test_deleting_asks_first(server, monkeypatch, capsys):
    assert run(["recogniser", "download"]) == 0
    monkeypatch.setattr("typer.confirm", lambda *_, **__: False)
    assert run(["recogniser", "delete", "small.en"]) == 1
    assert "Nothing was deleted" in capsys.readouterr().err


def test_errors_are_one_plain_sentence_each(server, capsys):
    server.breaks_at = 1 << 20
    for arguments, code, words in (
        (["download", "small.en"], 1, "continues where it stopped"),
        (["download", "no-such"], 2, "no recogniser 'no-such'"),
        (["delete", "large", "--yes"], 2, "nothing to delete for 'large'"),
    ):
        assert run(["recogniser", *arguments]) == code
        told = capsys.readouterr().err
        assert words in told
        assert "Traceback" not in told
    assert run(["recogniser", "list"]) == 0
    assert "partial" in capsys.readouterr().out


def test_the_list_that_ships_can_be_shown_anywhere(capsys):
    assert run(["recogniser", "list", "--json", "--language", "es"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert sum(row["is_suggested"] for row in shown) == 1
    assert all(row["languages"] == ["many"] for row in shown)


def test_a_transcriber_without_weights_says_what_to_do(home, monkeypatch):
    from simpatient.domain.errors import ModelUnavailable

    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "no-cache"))
    with pytest.raises(ModelUnavailable, match="not installed on this computer"):
        bootstrap.open_transcriber(home)


def test_the_command_s_name_until_0_3_still_works(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["voice", "list", "--help"]) == 0
    assert "recogniser list" in capsys.readouterr().out
