"""Drafting: what the author gives stands, what the model gives is checked, what fails is told."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simpatient.content.editing.draft_writer import draft_text
from simpatient.content.library import check_paths, open_library
from simpatient.content.reading.yaml_source import read_yaml
from simpatient.domain.cancellation import CancelToken
from simpatient.domain.content.drafting import AUTHORS_OWN, Draft, DraftingGuide, Todo
from simpatient.domain.content.persona import Identity, Persona
from simpatient.domain.errors import Cancelled, ContentError
from simpatient.services.authoring.drafting import TARGETS, UNUSABLE, DraftService
from tests.chat_fakes import ScriptedChatModel

BRIEF = {
    "id": "nell-draft",
    "identity": {
        "name": "Nell Archer", "age": 58, "gender": "woman", "pronouns": "she/her", "culture": "White Scottish",
        "languages": ["English"], "work": "Choir leader", "relationships": "Widowed", "living_situation": "Alone",
    },
    "content_notes": ["bereavement"],
    "risk": {"true_level": "low"},
    "story": "Nell has not sung since her husband died.",
}  # fmt: skip
UNITS = {
    "id": "grief",
    "title": "Grief",
    "summary": "Staying with it.",
    "units": [{"id": "listen", "title": "Listen", "summary": "First.", "cases": ["ray-first-talk"]}],
    "story": "For first-year trainees.",
}


class Sample:
    """Values that fit a schema, every text and id another."""

    def __init__(self):
        self.count = 0

    def of(self, schema):
        if "enum" in schema:
            return schema["enum"][0]
        if "const" in schema:
            return schema["const"]
        kind = schema["type"]
        if kind == "object":
            return {name: self.of(part) for name, part in schema["properties"].items()}
        if kind == "array":
            return [self.of(schema["items"]) for _ in range(schema["minItems"])]
        if kind in {"integer", "number"}:
            return schema.get("minimum", 1)
        if kind == "boolean":
            return False
        self.count += 1
        letters = "".join("abcdefghij"[int(digit)] for digit in str(self.count))
        return f"topic_{letters}" if "pattern" in schema else f"It was quiet, {letters}."


def scripted(change=lambda shown, answer: answer):
    sample = Sample()

    def script(shown):
        answer = change(shown, sample.of(shown.schema))
        return answer if isinstance(answer, str) else json.dumps(answer)

    return ScriptedChatModel(script)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return open_library(tmp_path_factory.mktemp("home"))


def made(library, model, guide="persona", brief=BRIEF):
    return DraftService(library=library, model=model).draft(guide, brief)


def _properties(schema):
    for name, part in schema.get("properties", {}).items():
        yield name
        yield from _properties(part)
    yield from _properties(schema.get("items", {})) if "items" in schema else ()


def test_a_persona_is_whole_and_the_authors_words_stand(library):
    draft = made(library, scripted())
    assert draft.todos == ()
    persona = Persona.model_validate(draft.data)
    assert persona.identity == Identity.model_validate(BRIEF["identity"])
    assert persona.status == "draft"
    assert {review.status for review in persona.reviewed_by} == {"pending"}
    assert persona.risk.true_level == "low"
    assert {line.act for line in persona.lines} >= {"opening", "closing", "silence", "not_understood", "asked_again"}


def test_no_model_is_asked_for_demographics(library):
    model = scripted()
    made(library, model)
    asked = {name for shown in model.shown for name in _properties(shown.schema)}
    # Symptoms have a name too.
    assert not asked & (set(Identity.model_fields) - {"name"} | {*AUTHORS_OWN, "true_level"})
    assert not any("name" in shown.schema["properties"] for shown in model.shown)
    assert asked >= {"presenting", "core_beliefs", "tell", "say", "markers"}


@pytest.mark.parametrize("guide", ["persona", "curriculum", "objectives"])
def test_the_shipped_guides_leave_the_authors_own_alone(library, guide):
    asked = library.drafting(guide)
    assert all(section.each or section.path not in AUTHORS_OWN for section in asked.sections)
    assert {"id"} < set(asked.needs)


def test_a_guide_that_asks_for_demographics_is_refused(library):
    shipped = library.drafting("persona").model_dump()
    for path in ("identity", "content_notes", "reviewed_by"):
        with pytest.raises(ValueError, match="comes from the author"):
            DraftingGuide.model_validate({**shipped, "sections": [{"path": path, "ask": "Make them up."}]})


@pytest.mark.parametrize("section", [
    {"path": "colour"}, {"path": "id"}, {"path": "risk", "only": ["colour"]}, {"path": "lines", "fixed": {"akt": 1}},
    {"path": "asks", "each": "topics"}, {"path": "gate", "each": "colours"},
])  # fmt: skip
def test_the_check_names_sections_that_ask_for_what_is_not_there(library, tmp_path, section):
    shipped = library.drafting("persona").model_dump(mode="json")
    path = tmp_path / "drafting" / "persona.yaml"
    path.parent.mkdir()
    path.write_text(json.dumps({**shipped, "sections": [{"ask": "Go on.", **section}]}), encoding="utf-8")
    (problem,) = check_paths([path], tmp_path)
    assert problem.field.startswith("sections[0]")


def test_what_a_model_slips_in_is_not_taken(library):
    def slips(shown, answer):
        return {**answer, "identity": {"age": 20}, "true_level": "high", "age": 20}

    draft = made(library, scripted(slips))
    assert draft.data["identity"] == BRIEF["identity"]
    assert draft.data["risk"]["true_level"] == "low"
    assert "age" not in json.dumps({name: draft.data[name] for name in draft.data if name != "identity"}).split('"')


def test_what_the_author_gives_is_not_asked_for(library):
    model = scripted()
    given = {"disclosure_rule": "When asked.", "true_level": "low"}
    topics = [{"id": "choir", "label": "The choir", "asks": ["How is it?", "The choir?", "Do you sing?"]}]
    draft = made(library, model, brief={**BRIEF, "risk": given, "topics": topics})
    assert draft.data["topics"] == topics
    assert draft.data["risk"]["disclosure_rule"] == "When asked."
    assert not any("disclosure_rule" in _properties(shown.schema) for shown in model.shown)
    assert any("choir" in json.dumps(shown.schema) for shown in model.shown)


@pytest.mark.parametrize("wrong", [
    {"identity": None}, {"story": ""}, {"content_notes": []}, {"risk": {"true_level": "very"}}, {"colour": "blue"},
    {"identity": {key: value for key, value in BRIEF["identity"].items() if key != "culture"}},
])  # fmt: skip
def test_a_brief_without_what_only_the_author_knows_is_refused(library, wrong):
    model = scripted()
    with pytest.raises(ContentError) as caught:
        made(library, model, brief={**BRIEF, **wrong})
    assert caught.value.field
    assert model.shown == []


def _first_words(shown):
    return shown.messages[-1].content


def test_a_field_that_fails_is_left_to_the_author_and_the_rest_is_kept(library, tmp_path):
    def blank(shown, answer):
        return {**answer, "attachment": " \u0007 "} if "attachment" in answer else answer

    draft = made(library, scripted(blank))
    (todo,) = draft.todos
    assert todo.path == ("formulation", "attachment")
    assert "attachment" not in draft.data["formulation"]
    assert draft.data["formulation"]["presenting"]
    path = tmp_path / "personas" / "nell.yaml"
    path.parent.mkdir()
    path.write_text(draft_text(draft), encoding="utf-8")
    assert "# TODO formulation.attachment: attachment: " in path.read_text(encoding="utf-8")
    (problem,) = check_paths([path], tmp_path)
    assert problem.message == 'missing field "attachment"'


@pytest.mark.parametrize("nonsense", ["", "no", "[]", "{", "7", "[" * 100_000])
def test_an_answer_of_the_wrong_form_is_asked_for_again_and_then_told(library, nonsense):
    model = scripted(lambda shown, answer: nonsense if "presenting" in answer else answer)
    draft = made(library, model)
    assert next(todo for todo in draft.todos if todo.path == ("formulation",)).why == UNUSABLE
    tries = [shown for shown in model.shown if "presenting" in shown.schema["properties"]]
    assert len(tries) == library.drafting("persona").tries
    assert len({sampling.seed for sampling in model.samplings}) == 2


def test_items_that_do_not_fit_or_come_twice_are_left_out(library):
    def twice(shown, answer):
        items = answer.get("items", [])
        if items and "markers" in items[0]:
            return {
                "items": [
                    items[0],
                    {**items[0], "text": "Other."},
                    {**items[1], "tell": ["One."]},
                    {**items[1], "age": 9},
                    "x",
                ]
            }
        return answer

    draft = made(library, scripted(twice))
    assert len(draft.data["facts"]) == 1
    assert [todo.path for todo in draft.todos] == [("facts",)] * 4


def test_objectives_aim_at_bands_of_rubrics_with_their_numbers(library):
    model = scripted()
    draft = made(library, model, "objectives", UNITS)
    assert draft.todos == ()
    (objective,) = draft.data["units"][0]["objectives"]
    (target,) = objective["targets"]
    rubric = library.rubric(target["rubric"])
    summary = next(one for one in rubric.summaries if one.id == target["measure"])
    assert (target["op"], target["value"]) in {(band.op, band.value) for band in summary.thresholds}
    assert target["min_n"] == summary.min_n
    assert '"listen"' in _first_words(model.shown[0])


def test_a_curriculum_names_cases_there_are_and_passes_the_check(library, tmp_path):
    brief = {name: value for name, value in UNITS.items() if name != "units"}
    draft = made(library, scripted(), "curriculum", brief)
    assert draft.todos == ()
    path = tmp_path / "curricula" / "grief.yaml"
    path.parent.mkdir()
    path.write_text(draft_text(draft), encoding="utf-8")
    assert check_paths([path], tmp_path) == ()
    assert path.read_text(encoding="utf-8").startswith("# DRAFT")


def test_drafting_can_be_cancelled_and_tells_how_far_it_is(library):
    cancel, done = CancelToken(), []
    service = DraftService(library=library, model=scripted())

    def stop(count):
        done.append(count)
        if count == 3:
            cancel.cancel()

    with pytest.raises(Cancelled):
        service.draft("persona", BRIEF, cancel=cancel, on_done=stop)
    assert done == [1, 2, 3]
    assert service.sections("persona") == len(library.drafting("persona").sections)
    assert set(TARGETS) == {"persona", "curriculum"}


SAID = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFFFD, exclude_categories=["Cc", "Cs"]), max_size=20)
NAMES = st.from_regex(r"[a-z]{1,6}", fullmatch=True)
LEAVES = st.one_of(SAID, st.integers(-999, 999), st.booleans(), st.none())
TREES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3))


@given(
    st.dictionaries(NAMES, TREES, min_size=1, max_size=4),
    st.lists(st.tuples(NAMES, SAID.filter(str.strip)), max_size=3),
)
def test_what_is_written_is_what_is_read(tmp_path_factory, data, todos):
    told = tuple(Todo(path=(name, 0, "x"), why=f"look: {words}\n- here") for name, words in todos)
    draft = Draft(target="persona", data=data, remarks=("Read it.\nTwice.",), todos=told, model="m")
    path = tmp_path_factory.mktemp("draft") / "draft.yaml"
    path.write_text(draft_text(draft), encoding="utf-8")
    assert read_yaml(path).data == data
    assert path.read_text(encoding="utf-8").count("# TODO ") >= len(told)
