"""A user's own content: changes are noticed, mistakes are told, and large folders are read once."""

from pathlib import Path

import pytest

from simpatient.content.library import FileContentLibrary, open_library
from simpatient.content.reading import loader, prepared
from simpatient.domain.content.persona import Persona
from simpatient.domain.errors import ContentError
from tests.content.conftest import KINDS, SAMPLES

PERSONA = (SAMPLES / "personas/ada-moss.yaml").read_text(encoding="utf-8")
CASE = (SAMPLES / "cases/first.yaml").read_text(encoding="utf-8")


class Home:
    """A home with content of its own beside the samples."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "content" / "personas").mkdir(parents=True)
        (folder / "content" / "cases").mkdir()

    def write(self, name: str, text: str) -> Path:
        path = self.folder / "content" / name
        path.write_text(text, encoding="utf-8")
        return path

    def library(self) -> FileContentLibrary:
        return FileContentLibrary(
            [SAMPLES / kind for kind in KINDS],
            self.folder / "content",
            prepared=self.folder / "prepared",
            played=self.folder / "played",
        )


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_a_digest_belongs_to_the_bytes_that_were_parsed(home: Home) -> None:
    path = home.write("personas/mine.yaml", PERSONA.replace("age: 39", "age: 40"))
    library = home.library()
    read, digest = library.persona("ada-moss"), library.digest("persona", "ada-moss")
    path.write_text(PERSONA.replace("age: 39", "age: 41"), encoding="utf-8")
    assert (library.persona("ada-moss"), library.digest("persona", "ada-moss")) == (read, digest)


def test_an_edit_is_noticed_without_a_restart(home: Home) -> None:
    path = home.write("personas/mine.yaml", PERSONA.replace("age: 39", "age: 40"))
    library = home.library()
    before = library.digest("persona", "ada-moss")
    path.write_text(PERSONA.replace("age: 39", "age: 41"), encoding="utf-8")
    library.refresh()
    assert library.persona("ada-moss").identity.age == 41
    assert library.digest("persona", "ada-moss") != before
    path.unlink()
    library.refresh()
    assert library.persona("ada-moss").identity.age == 39


def test_what_was_played_is_kept_through_edits_and_restarts(home: Home) -> None:
    path = home.write("personas/mine.yaml", PERSONA.replace("age: 39", "age: 40"))
    case = home.write("cases/first.yaml", CASE)
    library = home.library()
    digests = {kind: library.digest(kind, item) for kind, item in (("persona", "ada-moss"), ("case", "first"))}
    library.keep_played("persona", "ada-moss")
    library.keep_played("case", "first")
    title = library.case("first").title
    path.write_text(PERSONA.replace("age: 39", "age: 41"), encoding="utf-8")
    case.write_text(CASE.replace(title, "Another title"), encoding="utf-8")
    for here in (library, home.library()):
        here.refresh()
        assert here.persona_as_played("ada-moss", digests["persona"]).identity.age == 40
        assert here.case_as_played("first", digests["case"]).title == title
        assert here.persona("ada-moss").identity.age == 41
        assert here.case("first").title == "Another title"


def test_a_version_that_is_not_kept_or_was_tampered_with_is_the_present_one(home: Home) -> None:
    library = home.library()
    digest = library.digest("persona", "ada-moss")
    library.keep_played("persona", "ada-moss")
    kept = next((home.folder / "played").iterdir())
    kept.write_text(PERSONA.replace("age: 39", "age: 99"), encoding="utf-8")
    home.write("personas/mine.yaml", PERSONA.replace("age: 39", "age: 40"))
    library.refresh()
    for asked in (digest, "1.0.0 ../../etc", "", "1.0.0 " + "0" * 64):
        assert library.persona_as_played("ada-moss", asked).identity.age == 40


@pytest.mark.parametrize("broken", [PERSONA.replace("age: 39", "age: old"), PERSONA + "\n  bad: [", "\x00"])
def test_own_content_with_a_mistake_is_told_never_replaced(home: Home, broken: str) -> None:
    home.write("personas/ada-moss.yaml", broken)
    library = home.library()
    for _ in range(2):
        with pytest.raises(ContentError, match=r"ada-moss\.yaml"):
            library.persona("ada-moss")
        assert [case.id for case in library.cases()] == ["first"]  # still listed; opening it says what is wrong
        library = home.library()
    home.write("personas/ada-moss.yaml", PERSONA.replace("age: 39", "age: 40"))
    library.refresh()
    assert library.persona("ada-moss").identity.age == 40


def test_a_broken_persona_of_a_new_id_is_a_mistake_and_not_missing(home: Home) -> None:
    text = PERSONA.replace("id: ada-moss", "id: tom-own").replace("age: 39", "age: old")
    home.write("personas/tom-own.yaml", text)
    home.write("cases/second.yaml", CASE.replace("id: first", "id: second").replace("ada-moss", "tom-own"))
    library = home.library()
    assert [case.id for case in library.cases()] == ["first", "second"]
    for ask in (lambda: library.persona("tom-own"), lambda: library.digest("persona", "tom-own")):
        with pytest.raises(ContentError, match=r"tom-own\.yaml"):
            ask()


def test_an_own_case_or_rubric_with_a_mistake_is_told(home: Home) -> None:
    home.write("cases/first.yaml", CASE.replace("persona:", "personna:"))
    (home.folder / "content" / "rubrics").mkdir()
    home.write("rubrics/plain.yaml", "id: plain\ncriteria: 3\n")
    library = home.library()
    for ask in (lambda: library.case("first"), lambda: library.rubric("plain")):
        with pytest.raises(ContentError):
            ask()


def test_a_case_whose_persona_is_missing_says_so(home: Home) -> None:
    home.write("cases/second.yaml", CASE.replace("id: first", "id: second").replace("ada-moss", "nobody-here"))
    with pytest.raises(ContentError, match="nobody-here"):
        home.library().case("second")


def test_known_personas_are_not_parsed_again(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        home.write(f"personas/p{number}.yaml", PERSONA.replace("id: ada-moss", f"id: own-{number}"))
    first = home.library()
    cards, persona = first.persona_cards(), first.persona("own-3")
    parsed: list[Path] = []
    load = loader.load_file

    def watched(path: Path, kind: object = None) -> loader.LoadedFile:
        parsed.append(path)
        return load(path, kind)  # type: ignore[arg-type]

    monkeypatch.setattr("simpatient.content.library.load_file", watched)
    second = home.library()
    assert second.persona_cards() == cards
    assert second.persona("own-3") == persona
    assert second.digest("persona", "own-3") == first.digest("persona", "own-3")
    assert not [path for path in parsed if path.parent.name == "personas"]


@pytest.mark.parametrize("damage", ["", "{", '{"app": "0"}', '{"app": 3, "files": []}', "null"])
def test_a_damaged_memory_of_personas_only_costs_time(home: Home, damage: str) -> None:
    library = home.library()
    persona = library.persona("ada-moss")
    (home.folder / "prepared" / prepared.INDEX).write_text(damage, encoding="utf-8")
    assert home.library().persona("ada-moss") == persona
    for kept in (home.folder / "prepared").glob("*.json"):
        kept.write_text(damage, encoding="utf-8")
    assert home.library().persona("ada-moss") == persona


def test_bundled_personas_are_the_same_from_memory(tmp_path: Path) -> None:
    fresh = {persona.id: persona for persona in open_library(tmp_path).personas()}
    for _ in range(2):
        library = open_library(tmp_path)
        assert {card.id: library.persona(card.id) for card in library.persona_cards()} == fresh
    assert all(isinstance(persona, Persona) for persona in fresh.values())
