"""The command line: what it prints, which exit code it gives, and that it never shows a traceback unasked."""

import json
from pathlib import Path

import pytest

from simpatient import __main__
from simpatient.cli.main import run
from simpatient.cli.output import read_lines, told_when_slow, tracked
from simpatient.cli.practice import coding
from simpatient.domain.errors import Cancelled
from simpatient.presentation.words.wording import preparing
from tests.builders import small_rubrics
from tests.fakes import FakeCoder
from tests.world import World

COMMANDS = [
    ["practise"], ["drill"], ["code"], ["score"], ["list"], ["check"], ["doctor"], ["report", "session"], ["report", "progress"],
    ["tune", "train-coder"], ["tune", "content-vectors"],
    ["server", "set"], ["server", "show"], ["server", "check"], ["server", "off"],
    ["draft", "persona"], ["draft", "curriculum"], ["draft", "objectives"],
]  # fmt: skip


@pytest.fixture
def lines(tmp_path):
    path = tmp_path / "lines.txt"
    path.write_text("How is the choir?\n\nYou're wrong about that.\nAre you a robot?\n", encoding="utf-8")
    return path


@pytest.fixture
def transcript(tmp_path, monkeypatch):
    monkeypatch.setattr(coding, "_opened", [FakeCoder()])
    turns = [("patient", "I could go."), ("trainee", "What would help?"), ("patient", "It's easier not to.")]
    rows = [{"session_id": "a", "turn": n, "speaker": who, "text": text} for n, (who, text) in enumerate(turns)]
    path = tmp_path / "transcript.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_slow_work_says_how_far_it_has_come_and_quick_work_says_nothing(capsys):
    for after_s in (0.0, 3600.0):
        tell = told_when_slow(preparing, after_s=after_s)
        for done in range(256, 40_001, 256):
            tell(done, 40_000)
        said = capsys.readouterr().err.splitlines()
        assert len(said) == (10 if after_s == 0.0 else 0)
    assert preparing(12_000, 40_000) == "Preparing this patient: 12,000 of 40,000 lines"


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_the_help_of_every_command_has_an_example(command, capsys):
    assert run([*command, "--help"]) == 0
    assert f"Example: simpatient {' '.join(command)}" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["personas", "cases", "curricula", "rubrics", "drills", "models"])
def test_lists_are_json_rows_with_id_title_and_version(kind, capsys):
    assert run(["list", kind, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert all({"id", "title", "version"} <= set(row) for row in rows)
    assert rows or kind in {"drills", "curricula", "cases"}


def test_lists_read_plainly_too(capsys):
    assert run(["list", "models"]) == 0
    assert capsys.readouterr().out.split()[:3] == ["guided", "Guided", "patient"]


def test_an_unknown_list_is_wrong_use_and_says_which_there_are(capsys):
    assert run(["list", "unicorns"]) == 2
    told = capsys.readouterr().err
    assert "unicorns" in told
    assert "personas" in told
    assert "Traceback" not in told


def test_check_names_file_line_and_field_of_a_broken_file(tmp_path, capsys):
    broken = tmp_path / "personas" / "broken.yaml"
    broken.parent.mkdir()
    broken.write_text("schema_version: 1\nid: Not A Slug\nversion: '1.0.0'\n", encoding="utf-8")
    assert run(["check", str(broken)]) == 1
    told = capsys.readouterr().out.splitlines()
    assert any(line.startswith(f"{broken}:2: id: ") for line in told), told
    assert run(["check", str(broken), "--json"]) == 1
    rows = json.loads(capsys.readouterr().out)
    assert {"file", "line", "field", "problem", "action"} == set(rows[0])


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["list"], ["practise"], ["list", "cases", "--wrong"], ["report", "session", "--x"]]
)
def test_wrong_use_gives_2_without_a_traceback(arguments, capsys):
    assert run(arguments) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_whole_session_from_a_file(world, lines, tmp_path, capsys):
    out, pdf = tmp_path / "session.json", tmp_path / "feedback.pdf"
    command = ["practise", "--case", "nell-first", "--trainee-lines", str(lines), "--seed", "5"]
    assert run([*command, "--out", str(out), "--pdf", str(pdf)]) == 0
    told = capsys.readouterr()
    assert told.out.count("You: ") == 3
    assert "[A word from the program" in told.out
    assert "simpatient rate s-1" in told.err
    assert len(json.loads(out.read_text("utf-8"))["turns"]) == 7
    assert [what for what, *_ in world.writer.written] == ["session_pdf", "session_html"]
    assert run([*command, "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["turns"]) == 7


def test_a_session_typed_here_ends_with_the_word_or_the_input(world, monkeypatch, capsys):
    typed = iter(["Go on.", "/end"])
    monkeypatch.setattr("builtins.input", lambda _: next(typed))
    assert run(["practise", "--case", "nell-first"]) == 0

    def nothing_more(_: str) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", nothing_more)
    assert run(["practise", "--case", "nell-first"]) == 0
    assert [len(world.sessions.get(each).turns) for each in world.sessions.session_ids("me")] == [1, 3]
    assert "You: " not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--case", "nell-first", "--model", "generative"], 1, "No language model is set up"),
        (["--case", "none-such", "--trainee-lines", "LINES"], 2, "none-such"),
        (["--case", "nell-first", "--trainee-lines", "missing.txt"], 1, "cannot be read"),
        (
            ["--case", "nell-first", "--trainee-lines", "LINES", "--out", "/no/such/folder/x.json"],
            1,
            "could not be saved: the folder",
        ),
    ],
)
def test_what_goes_wrong_in_practising_is_said_in_a_sentence(world, lines, arguments, code, words, capsys):
    assert run(["practise", *(str(lines) if word == "LINES" else word for word in arguments)]) == code
    told = capsys.readouterr().err
    assert words in told
    assert "Traceback" not in told


@pytest.mark.parametrize(("content", "words"), [(b" \n", "is empty"), (b"\xff\xfe\xff", "not UTF-8")])
def test_unusable_lines_are_refused(world, tmp_path, content, words, capsys):
    path = tmp_path / "lines.txt"
    path.write_bytes(content)
    assert run(["practise", "--case", "nell-first", "--trainee-lines", str(path)]) == 1
    assert words in capsys.readouterr().err


def test_codes_come_one_line_per_turn(transcript, capsys):
    assert run(["code", str(transcript)]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["turn"], row["speaker"]) for row in rows] == [(0, "patient"), (1, "trainee"), (2, "patient")]
    assert rows[0]["talk"]["code"] == "change"
    assert rows[1]["utterances"][0]["codes"][0]["code"] == "open_question"
    assert run(["code", str(transcript), "--coder", "llm"]) == 1
    assert "Name the folder of one with --model" in capsys.readouterr().err
    assert run(["code", str(transcript), "--coder", "oracle"]) == 2


def test_a_score_is_a_scorecard(transcript, world, monkeypatch, capsys):
    monkeypatch.setattr("simpatient.content.library.open_library", lambda _: world.library)
    assert run(["score", str(transcript), "--rubric", small_rubrics()[0].id]) == 0
    card = json.loads(capsys.readouterr().out)
    assert (card["rubric"], card["counts"]["open_asked"]) == ("small-rubric", 1)
    assert run(["score", str(transcript), "--rubric", "none-such"]) == 2


def test_what_was_written_is_scored_with_a_case(transcript, tmp_path, capsys):
    path = tmp_path / "answers.yaml"
    path.write_text("wish: To be known as she is, without preparing for it.\n", encoding="utf-8")
    command = ["score", str(transcript), "--rubric", "formulation-exercise", "--written", str(path)]
    assert run([*command, "--case", "ines-first-session"]) == 0
    ratings = {rating["id"]: rating for rating in json.loads(capsys.readouterr().out)["criteria"]}
    assert ratings["wish"]["evidence"][0]["written"] == "wish"
    assert ratings["coping"]["unscored_reason"] == "Nothing has been written for this yet."
    assert run([*command, "--case", "none-such"]) == 2
    path.write_text("- no answers\n", encoding="utf-8")
    assert run([*command, "--case", "ines-first-session"]) == 1
    assert "holds no answers" in capsys.readouterr().err


def test_a_broken_transcript_is_named_by_line(tmp_path, capsys):
    path = tmp_path / "bad.jsonl"
    path.write_text("{not json\n", encoding="utf-8")
    assert run(["code", str(path)]) == 1
    assert f"{path}:1:" in capsys.readouterr().err


def test_reports_of_the_latest_session_and_of_progress(world, tmp_path, capsys):
    pdf, csv = tmp_path / "f.pdf", tmp_path / "p.csv"
    assert run(["report", "session", "--pdf", str(pdf)]) == 2
    assert "no ended session" in capsys.readouterr().err
    world.whole()
    assert run(["report", "session", "--pdf", str(pdf), "--with-disclosure"]) == 0
    assert run(["report", "session", "s-1", "--html", str(tmp_path / "f.html"), "--trainee", "me"]) == 0
    assert run(["report", "progress", "--csv", str(csv)]) == 0
    assert f"Wrote {csv}" in capsys.readouterr().err
    assert world.writer.written[0][2].disclosure is not None


def test_rating_names_the_session_and_looks_for_it_before_it_asks(world, monkeypatch, capsys):
    session_id = world.whole(is_rated=False)

    def nobody(_: str) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", nobody)
    assert run(["rate", "no-such"]) == 2
    assert "First your own rating" not in capsys.readouterr().err
    assert run(["rate", session_id]) == 1
    assert f"simpatient rate {session_id}" in capsys.readouterr().err


def test_feedback_waits_for_the_own_rating_which_can_be_given_here(world, tmp_path, monkeypatch, capsys):
    session_id, pdf = world.whole(is_rated=False), str(tmp_path / "f.pdf")
    assert run(["report", "session", "--pdf", pdf]) == 1
    assert f"simpatient rate {session_id}" in capsys.readouterr().err
    assert world.writer.written == []
    assert run(["rate", "--rating", "listening"]) == 1
    assert "is not a rating" in capsys.readouterr().err
    assert run(["rate", "--rating", "listening=9"]) == 1
    assert "from 1 to 5" in capsys.readouterr().err
    assert run(["rate", "--rating", "singing=3"]) == 1
    assert "There is no rating singing = 3" in capsys.readouterr().err
    typed = iter(["", "six", "4", "I waited. ", ""])
    monkeypatch.setattr("builtins.input", lambda _: next(typed))
    assert run(["rate", session_id]) == 0
    rating = world.sessions.get(session_id).self_rating
    assert (rating.ratings, rating.went_well, rating.would_change) == ({"listening": 4}, "I waited.", "")
    assert run(["rate", session_id]) == 1  # refused before a question is asked: there is nothing left to type
    assert "rated this session already" in capsys.readouterr().err
    assert run(["report", "session", "--pdf", pdf]) == 0


def test_a_typed_session_is_rated_before_its_report_is_written(world, tmp_path, monkeypatch):
    command = ["practise", "--case", "nell-first", "--pdf", str(tmp_path / "f.pdf")]
    typed = iter(["Go on.", "/end", "2", "", "Fewer questions."])
    monkeypatch.setattr("builtins.input", lambda _: next(typed))
    assert run(command) == 0
    assert world.writer.written[0][2].session.self_rating.ratings == {"listening": 2}
    typed = iter(["Go on.", "/end"])

    def until_the_end(_):
        try:
            return next(typed)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("builtins.input", until_the_end)
    assert run(command) == 1
    assert len(world.writer.written) == 2
    assert world.sessions.get("s-2").is_ended


@pytest.mark.parametrize("which", ["session", "progress"])
def test_a_report_needs_a_file_and_a_known_trainee(which, world, tmp_path, capsys):
    assert run(["report", which]) == 1
    assert "No file to write" in capsys.readouterr().err
    assert run(["report", which, "--pdf", str(tmp_path / "x.pdf"), "--trainee", "nobody"]) == 2
    assert "no trainee 'nobody'" in capsys.readouterr().err


@pytest.mark.parametrize("error", [RuntimeError("secret detail"), Cancelled(), KeyboardInterrupt()])
def test_no_error_shows_its_traceback_unless_asked(error, monkeypatch, capsys):
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("simpatient.content.library.open_library", fail)
    assert run(["list", "cases"]) == 1
    told = capsys.readouterr().err
    assert "Traceback" not in told
    assert "secret detail" not in told
    assert len(told.strip().splitlines()) == 1


def test_debug_shows_what_was_behind_an_error(capsys):
    assert run(["--debug", "list", "unicorns"]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_a_reader_that_went_away_is_no_error(monkeypatch):
    def closed(*_: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("simpatient.content.library.open_library", closed)
    assert run(["list", "cases"]) == 0


def test_arguments_choose_the_command_line(capsys):
    assert __main__.main(["list", "models", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["id"] == "guided"


def test_a_bar_is_drawn_for_a_person_only(monkeypatch, capsys):
    assert list(tracked(range(9), "Working", 9)) == list(range(9))
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert list(tracked(range(9), "Working", 9)) == list(range(9))
    assert list(tracked([1], "Working", 1)) == [1]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"\xef\xbb\xbfHi Ray.\r\nHow are you?\r\n", ["Hi Ray.", "How are you?"]),
        ("Tell me\u2028more.\nAnd\x0bthen?\n".encode(), ["Tell me more.", "And then?"]),
        (b"One.\rTwo.", ["One.", "Two."]),
    ],
)
def test_lines_are_what_their_author_ended(tmp_path: Path, raw: bytes, said: list[str]) -> None:
    file = tmp_path / "lines.txt"
    file.write_bytes(raw)
    assert [line for line in read_lines(file) if line] == said


def test_a_line_too_long_is_said_before_anything_is_stored(world: World, tmp_path: Path, capsys) -> None:
    lines = tmp_path / "lines.txt"
    lines.write_text("Hello.\n" + "x" * 25_000 + "\n", encoding="utf-8")
    assert run(["practise", "--case", "nell-first", "--trainee-lines", str(lines)]) == 1
    assert "Line 2 has 25,000 characters" in capsys.readouterr().err
    assert world.sessions.list_trainees() == ()
