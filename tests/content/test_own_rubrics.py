"""A supervisor's own rubric: each way to get it wrong is told once, at its line and field, in plain words."""

import re
from pathlib import Path

import pytest

from simpatient.cli.main import run
from simpatient.content.library import check_paths, open_library

FOLDER = Path(__file__).parents[1] / "data" / "broken_rubrics"
BROKEN = {
    "bad-policy": ("criteria[0].policy", "must be one of auto, estimate, needs_review, human_only"),
    "band-without-source": ("summaries[0].thresholds[1].source", "must not be empty"),
    "cycle": (
        "patterns[0]",
        'The pattern needs "looked_back_late", which is further down and leads back here; it can need only what is '
        "above it.",
    ),
    "duplicate-id": (
        "criteria[1].id",
        'The id "gathering_up" is already used above, or by a built-in measure.',
    ),
    "missing-anchor": ("criteria[0].levels[1]", 'missing field "anchor"'),
    "scale-reversed": ("criteria[0].scale", "The scale must go from low to high; 5 to 1 does not."),
    "unknown-code": (
        "counts[1].codes",
        '"affirmation" is neither a code of the scheme nor an earlier pattern. Did you mean "affirm"?',
    ),
    "unknown-function": (
        "summaries[0].n",
        'The formula "round(looked_back_chances)" calls "round", which is not a function here.',
    ),
    "unknown-reference": (
        "criteria[1].compare",
        'A patient has no text at "formulation.strengths"; write for example "formulation.protective".',
    ),
    "wrong-formula": (
        "summaries[0].formula",
        'The formula "looked_back / (looked_back_chances" cannot be read as a formula.',
    ),
}


def test_every_broken_file_is_tried():
    assert {path.stem for path in FOLDER.glob("*.yaml")} == {*BROKEN, "sound"}


@pytest.mark.parametrize("name", BROKEN)
def test_a_mistake_is_told_once_where_it_stands(name, tmp_path):
    path = FOLDER / f"{name}.yaml"
    wrong = [at for at, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1) if "# wrong" in line]
    field, words = BROKEN[name]
    (problem,) = check_paths([path], tmp_path)
    assert str(problem).startswith(f"{path}:{wrong[0]}: {field}: {words}")


def test_the_command_prints_it_as_one_line_and_says_so_in_its_exit_code(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SIMPATIENT_HOME", str(tmp_path))
    assert run(["check", str(FOLDER / "duplicate-id.yaml")]) == 1
    assert re.fullmatch(r"\S+duplicate-id\.yaml:36: criteria\[1\]\.id: The id .*\n", capsys.readouterr().out)
    assert run(["check", str(FOLDER / "sound.yaml")]) == 0


def test_a_sound_rubric_in_the_own_folder_is_there_to_score_with(tmp_path):
    own = tmp_path / "content" / "rubrics"
    own.mkdir(parents=True)
    (own / "endings.yaml").write_text((FOLDER / "sound.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    library = open_library(tmp_path)
    assert library.problems() == ()
    assert library.rubric("endings").criteria[1].written == "next_time"
