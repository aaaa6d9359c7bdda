"""``simpatient models`` on a fake hub: what it prints and which exit code it gives."""

import json
from pathlib import Path

import pytest

from simpatient.cli.main import run
from tests.model_fakes import MEASURED, ModelWorld, model_files, write_files


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelWorld:
    made = ModelWorld(tmp_path / "home" / "models")
    made.publish("somebody/small", tmp_path / "hub")
    made.machine.gpu_gb = 8
    monkeypatch.setattr("simpatient.bootstrap.models.open_models", lambda *_: made.service)
    return made


def rows(capsys) -> dict[str, dict]:
    assert run(["models", "list", "--json"]) == 0
    return {row["id"]: row for row in json.loads(capsys.readouterr().out)}


@pytest.mark.parametrize("command", ["list", "add", "download", "benchmark", "remove", "choose"])
def test_the_help_of_every_command_has_an_example(command, capsys):
    assert run(["models", command, "--help"]) == 0
    assert f"Example: simpatient models {command}" in capsys.readouterr().out


def test_the_list_says_what_fits_and_what_is_suggested(here, capsys):
    found = rows(capsys)
    assert found["guided"]["is_chosen"]
    assert found["small"]["state"] == "available"
    assert found["small"]["is_suggested"]
    assert found["middle"]["fit"]["verdict"] == "quantised"
    assert {"id", "title", "version"} <= set(found["gated"])
    assert run(["models", "list"]) == 0
    told = capsys.readouterr().out
    assert "* small" in told
    assert "simpatient models download small" in told
    assert "8.0 GB of 8.0 GB free" in told
    here.machine.gpu_gb = 0
    assert run(["models", "list"]) == 0
    assert "no graphics card" in capsys.readouterr().out


def test_from_download_to_choosing_to_removing(here, capsys):
    assert run(["models", "download", "small"]) == 0
    assert "models choose small" in capsys.readouterr().err
    assert run(["models", "choose", "small"]) == 0
    assert capsys.readouterr().out == "New sessions use small.\n"
    assert rows(capsys)["small"]["is_chosen"]
    assert run(["models", "benchmark", "small"]) == 0
    told = capsys.readouterr().out
    assert "40 tokens per second, 70% of what its memory allows" in told
    assert run(["models", "benchmark", "small", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["load_s"] == MEASURED.load_s
    assert rows(capsys)["small"]["measured"]["tokens_per_s"] == 40.0
    assert run(["list", "models", "--json"]) == 0
    assert [row["id"] for row in json.loads(capsys.readouterr().out)][:2] == ["guided", "small"]
    assert run(["models", "remove", "small", "--yes", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["freed_bytes"] > 0
    assert rows(capsys)["small"]["state"] == "available"


def test_removing_asks_first(here, monkeypatch, capsys):
    assert run(["models", "download", "small", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["hub_id"] == "somebody/small"
    monkeypatch.setattr("typer.confirm", lambda *_, **__: False)
    assert run(["models", "remove", "small"]) == 1
    assert rows(capsys)["small"]["state"] == "installed"


def test_a_folder_of_ones_own(here, tmp_path, capsys):
    folder = write_files(tmp_path / "mine", model_files())
    assert run(["models", "add", str(folder), "--title", "Mine", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "Mine"
    assert run(["models", "add", str(tmp_path)]) == 1
    assert "no language model" in capsys.readouterr().err


def test_errors_are_one_plain_sentence_each(here, tmp_path, capsys):
    here.publish("somebody/pickle", tmp_path / "hub", model__safetensors=None, pytorch_model__bin=b"x")
    here.hub.breaks_after = 3
    for arguments, code, words in (
        (["download", "small"], 1, "cannot be reached"),
        (["download", "no-such"], 2, "no model 'no-such'"),
        (["download", "somebody/pickle"], 1, "not safetensors"),
        (["choose", "middle"], 2, "There are: none yet"),
        (["benchmark", "middle"], 1, "not on this computer"),
        (["remove", "middle", "--yes"], 2, "no model 'middle'"),
    ):
        assert run(["models", *arguments]) == code
        told = capsys.readouterr().err
        assert words in told
        assert "Traceback" not in told
    assert rows(capsys)["small"]["state"] == "partial"


def test_a_stopped_download_says_that_it_goes_on(here, monkeypatch, capsys):
    def interrupted() -> None:
        raise KeyboardInterrupt

    here.hub.on_step = interrupted
    assert run(["models", "download", "small"]) == 1
    assert "continues where it stopped" in capsys.readouterr().err


def test_a_person_sees_a_bar(here, monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert run(["models", "download", "small"]) == 0


def test_doctor_names_the_model_and_what_fits(here, capsys):
    from simpatient.cli.home.doctor import _language_model

    assert "'simpatient models download small'" in _language_model(here.home)[2]
    here.service.download("small")
    here.service.choose("small")
    assert _language_model(here.home)[1:] == (
        True,
        "small is chosen and its files are complete; 1 of the listed models fit this computer",
    )
    here.service.choose("guided")
    here.machine.gpu_gb = 0
    assert "guided patient is used" in _language_model(here.home)[2]
