"""``simpatient drill``: from a file and at the prompt, in words and as JSON."""

import json

import pytest

from simpatient.cli.main import run

GOOD, BAD = "What happened then?", "Did you go?"


@pytest.fixture
def tries(tmp_path):
    def write(*lines):
        path = tmp_path / "tries.txt"
        path.write_text("\n".join(lines), encoding="utf-8")
        return str(path)

    return write


def type_in(monkeypatch, *lines):
    waiting = iter(lines)

    def typed(_):
        try:
            return next(waiting)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("builtins.input", typed)


def test_a_file_of_tries_is_judged_line_by_line(world, tries, capsys):
    path = tries(BAD, "", "/hint", GOOD, "You should go.")
    assert run(["drill", "--id", "asking", "--trainee-lines", path]) == 0
    told = capsys.readouterr()
    for words in (
        "Asking openly", "Patient: They gave the solo to her", "You: Did you go?", "coded as closed question, high confidence (90%)",
        "Not there yet", "One possible better line: ", "Hint: Ask about singing.", "+ That leaves room.",
        "Another way to say it: ", "Patient: We moved here in May.", "- This pushes. “You should go.”",
    ):  # fmt: skip
        assert words in told.out, words
    assert "Due again on " in told.err
    assert [made.hint_seen for made in world.tries.made] == [False, True, False]


def test_three_misses_in_a_file_lead_on(world, tries):
    assert run(["drill", "--id", "asking", "--trainee-lines", tries(BAD, BAD, BAD, GOOD, GOOD)]) == 0
    assert [made.round for made in world.tries.made] == [1, 1, 1, 2, 3]


def test_as_json_there_is_nothing_else_on_stdout(world, tries, capsys):
    assert run(["drill", "--id", "asking", "--stimulus", "fading", "--json", "--trainee-lines", tries(GOOD)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["drill"], found["version"], found["level"]) == ("asking", "1.0.0", 1)
    (row,) = found["tries"]
    assert (row["stimulus"], row["text"], row["try"], row["feedback"]["outcome"]) == ("fading", GOOD, 1, "not_yet")
    assert row["feedback"]["expected"][0]["evidence"]["for"] is True
    assert found["due_at"] == world.tries.state("me", "asking").now.memory.due.isoformat()


def test_at_the_prompt_one_may_stay_skip_and_end(world, monkeypatch, capsys):
    type_in(monkeypatch, BAD, BAD, BAD, BAD, "", "/next", GOOD, GOOD, "/end", GOOD)
    assert run(["drill", "--id", "asking"]) == 0
    told = capsys.readouterr().out
    assert [made.round for made in world.tries.made] == [1, 1, 1, 1, 2, 3]
    assert "the next line is easier" not in told, "there is none below the first level"
    assert "You: " not in told
    assert "That came easily: the next line is harder." in told


def test_input_that_ends_ends_the_drill(world, monkeypatch, capsys):
    type_in(monkeypatch)
    assert run(["drill", "--id", "asking", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "drill": "asking", "version": "1.0.0", "tries": [], "level": 1, "due_at": None,
    }  # fmt: skip


def test_form_and_copies_are_told(world, tries, capsys):
    patient = world.library.all_drills[0].stimuli[0].patient
    better = world.library.all_drills[0].stimuli[0].better[0]
    path = tries(patient, better, "What " + "and " * 12 + "then?")
    assert run(["drill", "--id", "asking", "--trainee-lines", path]) == 0
    told = capsys.readouterr().out
    assert "nearly all the patient's own words" in told
    assert "Now say it in your own words." in told
    assert "14 words. This skill needs no more than 12." in told


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--id", "nothing"], 2, "nothing"),
        (["--id", "asking", "--stimulus", "nothing"], 2, "no stimulus"),
        (["--id", "asking", "--trainee-lines", "missing.txt"], 1, "cannot be read"),
        (["--id", "asking", "--trainee-lines", "EMPTY"], 1, "is empty"),
    ],
)
def test_what_goes_wrong_is_said_in_a_sentence(world, tries, monkeypatch, arguments, code, words, capsys):
    type_in(monkeypatch)
    assert run(["drill", *(tries(" ") if word == "EMPTY" else word for word in arguments)]) == code
    told = capsys.readouterr().err
    assert words in told
    assert "Traceback" not in told
