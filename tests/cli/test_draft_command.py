"""Drafting from the command line, with a real model of random weights: sound structure, nonsense words."""

import json

import pytest

from simpatient.cli.main import run
from simpatient.content.reading.yaml_source import read_yaml
from tests.chat_server import ChatServer, Say
from tests.services.test_drafting import BRIEF, UNITS
from tests.tiny_models import tiny_chat_model


@pytest.fixture
def briefs(tmp_path):
    course = {name: value for name, value in UNITS.items() if name != "units"}
    for name, brief in (("persona", BRIEF), ("objectives", UNITS), ("curriculum", course)):
        (tmp_path / f"{name}.yaml").write_text(json.dumps(brief), encoding="utf-8")
    return tmp_path


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return tiny_chat_model(tmp_path_factory.mktemp("models") / "tiny", max_position_embeddings=32768)


def _draft(briefs, kind, *more):
    out = briefs / f"{kind}-draft.yaml"
    return out, run(["draft", kind, "--brief", str(briefs / f"{kind}.yaml"), "--out", str(out), *more])


@pytest.mark.torch
@pytest.mark.parametrize("kind", ["persona", "objectives"])
def test_random_weights_write_a_sound_draft_or_its_problems_are_named(briefs, tiny, kind, capsys):
    out, code = _draft(briefs, kind, "--model", str(tiny))
    printed = capsys.readouterr()
    assert code == (1 if printed.out.strip() else 0)
    assert f"Wrote {out}" in printed.err
    data = read_yaml(out).data
    if kind == "persona":
        assert data["identity"] == BRIEF["identity"]
        assert data["status"] == "draft"
        assert len(data["facts"]) >= 1
    else:
        assert data["units"][0]["objectives"][0]["targets"][0]["rubric"]
    assert run(["check", str(out)]) == code


def test_without_a_model_nothing_is_drafted(briefs, capsys):
    out, code = _draft(briefs, "persona")
    assert code == 1
    assert "No language model server is set up." in capsys.readouterr().err
    assert not out.exists()


def test_a_draft_never_replaces_a_file(briefs, capsys):
    (briefs / "persona-draft.yaml").write_text("id: mine\n", encoding="utf-8")
    out, code = _draft(briefs, "persona")
    assert code == 1
    assert "already exists" in capsys.readouterr().err
    assert out.read_text(encoding="utf-8") == "id: mine\n"


def test_what_a_server_leaves_open_is_told_and_the_exit_code_says_so(briefs, capsys):
    with ChatServer([Say("I would rather chat.")]) as server:
        assert run(["server", "set", "--url", server.url, "--model", "tiny"]) == 0
        out, code = _draft(briefs, "curriculum")
    printed = capsys.readouterr()
    assert code == 1
    assert "1 TODO, 1 problems" in printed.err
    assert "units: must have at least 1 item" in printed.out
    assert "# TODO units: the model's answer did not have the right form; write this yourself" in out.read_text("utf-8")
    assert "Staying with it." in json.dumps(server.asked[0]["messages"])


def test_a_brief_that_is_none_is_refused(briefs, capsys):
    (briefs / "persona.yaml").write_text("- just a list\n", encoding="utf-8")
    assert _draft(briefs, "persona")[1] == 1
    assert "brief is empty" in capsys.readouterr().err
