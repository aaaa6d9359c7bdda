"""The contract of ``ContentLibrary``, held by files and by the fake alike, and what files add to it."""

from pathlib import Path
from shutil import copytree

import pytest
import yaml

from simpatient.content.library import FileContentLibrary, check_paths, open_library
from simpatient.content.reading import loader
from simpatient.content.reading.locations import app_home, bundled_folders, bundled_root, user_folder
from simpatient.domain.assessment.codes import CodingScheme
from simpatient.domain.content.case import Case
from simpatient.domain.content.coaching import CoachingGuide
from simpatient.domain.content.curriculum import Curriculum
from simpatient.domain.content.dynamics_table import DynamicsTable
from simpatient.domain.content.guard_rules import GuardRules
from simpatient.domain.content.intents import IntentBank
from simpatient.domain.content.patient_prompt import PatientPrompt
from simpatient.domain.content.persona import Persona
from simpatient.domain.content.prompts import Prompt
from simpatient.domain.content.rubric import Rubric
from simpatient.domain.errors import ContentError, NotFound
from simpatient.domain.learning.drill import Drill
from simpatient.services.ports import ContentLibrary
from tests.content.conftest import KINDS, SAMPLES, files_library
from tests.fakes import FakeLibrary


def fake_library() -> FakeLibrary:
    return FakeLibrary(
        all_personas=[loader.load_content(SAMPLES / "personas/ada-moss.yaml", Persona)],
        all_cases=[loader.load_content(SAMPLES / "cases/first.yaml", Case)],
        all_curricula=[loader.load_content(SAMPLES / "curricula/start.yaml", Curriculum)],
        all_rubrics=[loader.load_content(SAMPLES / "rubrics/plain.yaml", Rubric)],
        all_schemes=[loader.load_content(SAMPLES / "schemes/base.yaml", CodingScheme)],
        all_drills=[loader.load_content(SAMPLES / "drills/saying-back.yaml", Drill)],
        intent_bank=loader.load_content(SAMPLES / "intents/bank.yaml", IntentBank),
        table=loader.load_content(SAMPLES / "dynamics/table.yaml", DynamicsTable),
        rules=loader.load_content(SAMPLES / "guard/rules.yaml", GuardRules),
        guide=loader.load_content(SAMPLES / "debrief/guide.yaml", CoachingGuide),
        play_prompt=PatientPrompt.model_validate(
            yaml.safe_load((SAMPLES / "patient-prompts/play.yaml").read_text(encoding="utf-8"))
        ),
        all_prompts=[Prompt.model_validate(yaml.safe_load((SAMPLES / "prompts/ask.yaml").read_text(encoding="utf-8")))],
    )


@pytest.fixture(params=["files", "fake"])
def library(request: pytest.FixtureRequest) -> ContentLibrary:
    return files_library(SAMPLES) if request.param == "files" else fake_library()


def test_everything_is_found_by_id_and_in_lists(library: ContentLibrary) -> None:
    assert [item.id for item in library.personas()] == ["ada-moss"]
    assert [item.id for item in library.cases()] == ["first"]
    assert [item.id for item in library.curricula()] == ["start"]
    assert [item.id for item in library.rubrics()] == ["plain"]
    assert [item.id for item in library.schemes()] == ["base"]
    assert [item.id for item in library.drills()] == ["saying-back"]
    assert library.drill("saying-back") == library.drills()[0]
    assert library.persona("ada-moss") == library.personas()[0]
    assert library.case("first") == library.cases()[0]
    assert library.rubric("plain") == library.rubrics()[0]
    assert library.prompt("ask").ask.splitlines() == ["Data:", "{data}", "Answer."]


def test_the_single_files_are_found(library: ContentLibrary) -> None:
    assert [intent.id for intent in library.intents().intents] == ["sleep", "apology"]
    assert set(library.dynamics_table().codes) == {"affirm", "confront"}
    assert library.guard_rules().rules[0].id == "advice"
    assert library.coaching().tips[0].id == "open"
    assert library.patient_prompt().id == "play"


@pytest.mark.parametrize(
    "ask",
    [
        lambda library: library.persona("nobody"),
        lambda library: library.drill("nothing"),
        lambda library: library.case("nobody"),
        lambda library: library.rubric("nobody"),
        lambda library: library.prompt("nobody"),
        lambda library: library.digest("persona", "nobody"),
        lambda library: library.digest("no-such-kind", "first"),
    ],
)
def test_what_is_not_there_is_not_found(library: ContentLibrary, ask) -> None:
    with pytest.raises(NotFound):
        ask(library)


def test_not_found_names_what_there_is(library: ContentLibrary) -> None:
    with pytest.raises(NotFound, match="ada-moss"):
        library.persona("ada-mos")


@pytest.mark.parametrize("kind", ["persona", "case", "curriculum", "rubric", "scheme", "prompt"])
def test_a_digest_is_version_and_hash(library: ContentLibrary, kind: str) -> None:
    items = {
        "persona": "ada-moss",
        "case": "first",
        "curriculum": "start",
        "rubric": "plain",
        "scheme": "base",
        "prompt": "ask",
    }
    version, digest = library.digest(kind, items[kind]).split(" ")
    assert version == "1.0.0"
    assert len(digest) == 64
    assert int(digest, 16) >= 0


def test_sound_content_has_no_problems_and_can_be_read_again(library: ContentLibrary) -> None:
    assert library.problems() == ()
    library.refresh()
    assert library.persona("ada-moss").identity.age == 39


def _own_persona(tmp_path: Path, text: str) -> Path:
    own = tmp_path / "content"
    (own / "personas").mkdir(parents=True)
    (own / "personas" / "mine.yaml").write_text(text, encoding="utf-8")
    return own


def _persona_text() -> str:
    return (SAMPLES / "personas/ada-moss.yaml").read_text(encoding="utf-8")


def test_a_users_file_takes_the_place_of_a_bundled_one(tmp_path: Path) -> None:
    own = _own_persona(tmp_path, _persona_text().replace("age: 39", "age: 40"))
    library = files_library(SAMPLES, own)
    assert [persona.identity.age for persona in library.personas()] == [40]
    assert library.problems() == ()
    assert library.digest("persona", "ada-moss") != files_library(SAMPLES).digest("persona", "ada-moss")


def test_a_users_broken_file_is_a_problem_and_never_replaced_by_the_bundled_one(tmp_path: Path) -> None:
    own = _own_persona(tmp_path, _persona_text().replace("age: 39", "age: old"))
    library = files_library(SAMPLES, own)
    with pytest.raises(ContentError):
        library.persona("ada-moss")
    (problem,) = library.problems()
    assert problem.file == str(own / "personas" / "mine.yaml")
    assert (problem.line, problem.field) == (12, "identity.age")


def test_a_users_file_outside_the_kinds_folders_is_recognised_by_its_fields(tmp_path: Path) -> None:
    own = tmp_path / "content"
    own.mkdir()
    (own / "mine.yaml").write_text(_persona_text().replace("id: ada-moss", "id: ada-two"), encoding="utf-8")
    assert [persona.id for persona in files_library(SAMPLES, own).personas()] == ["ada-moss", "ada-two"]


def test_refresh_reads_what_has_changed(folder: Path, edit) -> None:
    library = files_library(folder)
    assert library.persona("ada-moss").identity.age == 39
    edit("personas/ada-moss.yaml", "age: 39", "age: 41")
    assert library.persona("ada-moss").identity.age == 39
    library.refresh()
    assert library.persona("ada-moss").identity.age == 41


def test_a_case_whose_persona_is_missing_is_not_offered(folder: Path, edit) -> None:
    path = edit("cases/first.yaml", "persona: ada-moss", "persona: ada-mos")
    library = files_library(folder)
    assert library.cases() == ()
    problems = [problem for problem in library.problems() if problem.file == str(path)]
    assert [(p.line, p.field, p.action) for p in problems] == [(4, "persona", 'Did you mean "ada-moss"?')]


def test_an_id_used_twice_is_a_problem(folder: Path) -> None:
    (folder / "cases" / "second.yaml").write_text((folder / "cases/first.yaml").read_text())
    (problem,) = files_library(folder).problems()
    assert 'the id "first" is already used' in problem.message
    assert problem.line == 1


def test_a_second_file_of_a_kind_used_once_is_a_problem(folder: Path) -> None:
    text = (folder / "guard/rules.yaml").read_text()
    (folder / "guard" / "more.yaml").write_text(text.replace("id: rules", "id: more"))
    (problem,) = files_library(folder).problems()
    assert "only one guard file is used" in problem.message


def test_files_that_are_no_content_are_passed_over(folder: Path) -> None:
    (folder / "personas" / "notes.txt").write_text("not YAML: at [all")
    (folder / "personas" / ".hidden.yaml").write_text("not: [valid")
    other = folder / "exemplars"
    other.mkdir()
    (other / "affirm.yaml").write_text("utterances: [a, b]")
    library = FileContentLibrary([*(folder / kind for kind in KINDS), other])
    assert library.problems() == ()


def test_where_the_program_stands_does_not_tell_what_a_file_is(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does a folder far above it: a checkout may lie in one that is called like a kind of content."""
    elsewhere = folder / "drills" / "work" / "mine" / "exemplars"
    elsewhere.mkdir(parents=True)
    (elsewhere / "affirm.yaml").write_text("utterances: [a, b]")
    monkeypatch.chdir(folder / "drills")
    assert FileContentLibrary([elsewhere]).problems() == ()
    (problem,) = check_paths([elsewhere.parent], folder / "home")
    assert "no content file in this folder" in problem.message


def test_an_empty_library_says_what_is_missing(tmp_path: Path) -> None:
    library = FileContentLibrary([tmp_path])
    assert (library.personas(), library.cases(), library.problems()) == ((), (), ())
    with pytest.raises(NotFound, match="no guard file"):
        library.guard_rules()


def test_checking_files_anywhere(folder: Path, edit, tmp_path: Path) -> None:
    path = edit("personas/ada-moss.yaml", "age: 39", "age: 200")
    home = tmp_path / "home"
    assert [str(e) for e in check_paths([path], home)] == [f"{path}:12: identity.age: must be at most 110"]
    assert [(e.file, e.line) for e in check_paths([folder / "personas"], home)] == [(str(path), 12)]


def test_checking_what_is_not_there_or_no_content(tmp_path: Path) -> None:
    (tmp_path / "list.yaml").write_text("- a\n- b\n")
    (tmp_path / "empty").mkdir()
    errors = check_paths([tmp_path / "no.yaml", tmp_path / "empty", tmp_path / "list.yaml"], tmp_path)
    assert [error.message for error in errors] == [
        "There is no such file or folder.",
        "There is no content file in this folder.",
        "It is not clear what kind of content this is.",
    ]


def test_the_loaders_raise_the_first_mistake(edit) -> None:
    path = edit("rubrics/plain.yaml", "license_tier: 1", "license_tier: 9")
    with pytest.raises(ContentError, match=r"plain\.yaml:6: license_tier: must be at most 4"):
        loader.load_content(path, Rubric)


def test_home_is_the_chosen_or_the_platforms_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SIMPATIENT_HOME", str(tmp_path))
    assert app_home() == tmp_path
    monkeypatch.delenv("SIMPATIENT_HOME")
    assert app_home().name == "simpatient"


def test_bundled_content_is_found_in_a_checkout_and_in_a_wheel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert all(folder.is_dir() for folder in bundled_folders())
    package = tmp_path / "site-packages" / "simpatient"
    copytree(SAMPLES / "personas", package / "_data" / "personas")
    monkeypatch.setattr("simpatient.content.reading.locations.PACKAGE", package)
    assert bundled_root() == package / "_data"
    assert [persona.id for persona in open_library(tmp_path).personas()] == ["ada-moss"]
    assert user_folder(tmp_path) == tmp_path / "content"


def test_all_bundled_content_is_sound(tmp_path: Path) -> None:
    library = open_library(tmp_path)
    assert [str(problem) for problem in library.problems()] == []
    assert library.personas()
    assert library.cases()
