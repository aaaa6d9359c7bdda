"""``code`` and ``score`` with the server's model: through the real protocol, on a server of the test's own."""

import json

import pytest

from simpatient.bootstrap.models import open_models
from simpatient.bootstrap.raters import ConfiguredRaters
from simpatient.cli.main import run
from simpatient.cli.practice import coding
from simpatient.content.library import open_library
from simpatient.domain.errors import ModelUnavailable
from simpatient.domain.session.session import CodedTurn
from simpatient.llm.catalogue.installed_models import REGISTER
from simpatient.services.sessions.patient_models import judge_note
from tests.chat_fakes import Shown, codes_by_words
from tests.chat_server import ChatServer, Say
from tests.fakes import FakeCoder
from tests.reporting.conftest import rubric

SAID = [("trainee", "What brings you here? It sounds hard."), ("patient", "I could go."), ("trainee", " ")]


@pytest.fixture
def transcript(tmp_path, monkeypatch):
    monkeypatch.setattr(coding, "_opened", [FakeCoder()])
    said = [*SAID, *(("trainee", f"What helps you most, number {at}?") for at in range(6))]
    rows = [{"session_id": "a", "turn": n, "speaker": who, "text": text} for n, (who, text) in enumerate(said)]
    path = tmp_path / "transcript.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def _judge(body) -> Say:
    """Answer as a model would: codes by the words, ratings with a true quote."""
    messages = tuple(type("M", (), message)() for message in body["messages"])
    shown = Shown(messages, body["response_format"]["json_schema"]["schema"], 0)
    if "turns" in shown.record:
        quote = {"turn": 0, "quote": "It sounds hard", "for": True}
        return Say(json.dumps({"evidence": [quote], "value": 2}))
    return Say(codes_by_words(shown))


@pytest.fixture
def server(capsys):
    with ChatServer(choose=_judge) as made:
        assert run(["server", "set", "--url", made.url, "--model", "tiny"]) == 0
        capsys.readouterr()
        yield made


def test_the_server_codes_and_says_on_stderr_where_the_text_goes(transcript, server, capsys):
    assert run(["code", str(transcript), "--coder", "llm", "--server"]) == 0
    told = capsys.readouterr()
    rows = [json.loads(line) for line in told.out.splitlines()]
    assert [row["turn"] for row in rows] == list(range(9))
    assert [u["codes"][0]["code"] for u in rows[0]["utterances"]] == ["open_question", "complex_reflection"]
    assert told.err == f"{judge_note(f'remote:tiny@{server.settings().host}')}\n"
    assert "The text is sent there." in told.err
    assert "What brings you here?" in json.dumps(server.asked)


def test_the_server_rates_and_codes_in_one_go(transcript, server, capsys):
    command = ["score", str(transcript), "--rubric", "miti-informed", "--grader", "llm", "--coder", "llm", "--server"]
    assert run(command) == 0
    card = json.loads(capsys.readouterr().out)
    assert [criterion["value"] for criterion in card["criteria"]] == [2.0] * 4
    assert f"on remote:tiny@{server.settings().host}" in card["criteria"][0]["provenance"]["judged_by"]
    assert "remote:tiny@" in card["provenance"]["coder"]


def test_a_critical_rating_of_the_model_is_critical(transcript, server, capsys):
    lowest = {"evidence": [{"turn": 0, "quote": "It sounds hard", "for": False}], "value": 1}
    server.choose = lambda _: Say(json.dumps(lowest))
    assert run(["score", str(transcript), "--rubric", "common-factors", "--grader", "llm", "--server"]) == 0
    rated = [criterion for criterion in json.loads(capsys.readouterr().out)["criteria"] if criterion["value"] == 1]
    flagged = {criterion.id for criterion in rubric("common-factors").criteria if criterion.critical_at is not None}
    shown = [criterion["id"] for criterion in rated if criterion.get("critical")]
    assert set(shown) == flagged & {criterion["id"] for criterion in rated} != set()
    assert [criterion["id"] for criterion in rated][: len(shown)] == shown


@pytest.mark.parametrize("way", ["code", "score"])
def test_nothing_is_sent_unless_the_server_is_asked_for(transcript, server, way, capsys):
    more = ["--rubric", "miti-informed"] if way == "score" else []
    assert run([way, str(transcript), *more]) == 0
    assert run([way, str(transcript), *more, "--coder", "llm"]) == 1
    assert "No language model was chosen." in capsys.readouterr().err
    assert server.asked == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--server"], "would not be used. Add --coder llm"),
        (["--coder", "llm", "--server", "--model", "folder"], "Two language models were named."),
        (["--model", "folder"], "would not be used."),
    ],
)
def test_contradictions_are_wrong_use(transcript, server, options, words, capsys):
    assert run(["code", str(transcript), *options]) == 2
    assert words in capsys.readouterr().err
    assert server.asked == []


def test_without_a_server_there_is_a_plain_word(transcript, capsys):
    assert run(["code", str(transcript), "--coder", "llm", "--server"]) == 1
    assert "No language model server is set up." in capsys.readouterr().err


def test_a_server_that_refuses_is_said_plainly(transcript, server, capsys):
    server.choose = lambda _: Say(status=401, body={"error": {"message": "no"}})
    assert run(["code", str(transcript), "--coder", "llm", "--server"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert "Traceback" not in told.err


def test_text_for_another_computer_is_said_to_leave_this_one():
    assert "leaves this computer and is sent there" in judge_note("remote:big@models.example.org")
    assert "leaves" not in judge_note("remote:big@127.0.0.1:8000")
    assert judge_note("tiny@abc") == ""


def _judges(world, home) -> ConfiguredRaters:
    return ConfiguredRaters(home, open_library(home), world.models)


def test_the_window_can_ask_the_server_that_is_set_up(world, home, server, capsys):
    judges, name = _judges(world, home), f"remote:tiny@{server.settings().host}"
    assert judges.known() == ((name, f"tiny on {server.settings().host}"),)
    assert judges.is_same(name, name)
    assert not judges.is_same(name, "guided")
    assert server.asked == []
    turns = [
        CodedTurn(turn=n, speaker=who, text=text, codes=FakeCoder().code_turn(who, text))
        for n, (who, text) in enumerate((*SAID, *(("trainee", f"What helps, number {at}?") for at in range(6))))
    ]
    with judges.grader(name) as grader:
        assert [score.value for score in grader.grade(turns, rubric("miti-informed"))] == [2.0] * 4
    assert run(["server", "off"]) == 0
    assert judges.known() == ()
    with pytest.raises(ModelUnavailable), judges.grader(name):
        pass


def test_another_server_is_not_taken_for_the_one_chosen(world, home, server):
    with pytest.raises(ModelUnavailable, match="no longer set up"), _judges(world, home).grader("remote:big@else"):
        pass


def test_a_model_that_is_not_here_cannot_be_asked(world, home):
    judges = _judges(world, home)
    assert judges.known() == ()
    assert not judges.is_same("small", "guided")
    with pytest.raises(ModelUnavailable), judges.grader("small"):
        pass


def test_settings_that_cannot_be_read_offer_nothing_and_break_nothing(home):
    (home / "models").mkdir(parents=True)
    (home / "models" / REGISTER).write_text("{ not json", encoding="utf-8")
    (home / "server.json").write_text("{ not json", encoding="utf-8")
    library = open_library(home)
    judges = ConfiguredRaters(home, library, open_models(home, library))
    assert judges.known() == ()
    assert not judges.is_same("small", "guided")
