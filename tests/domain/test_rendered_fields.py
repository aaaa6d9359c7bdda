"""Every field of a persona is used somewhere, or says here why it is not. A new field fails until declared."""

import re
from functools import cache
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from simpatient.domain.content.persona import Persona

PACKAGE = Path(__file__).parents[2] / "simpatient"
CASEBOOK = "hidden: kept for the supervisor's casebook view; not shown to trainees"
REALISER = "patient/realisation/prompting.py"
NOTE = "hidden: a note from author to author"
FILE = "hidden: says how to read the file; the schema checks it"
DELIVERY, VOICE_BOOK = "patient/realisation/delivery.py", "speech/synthesis/voice_book.py"
INDEX, GUIDED, GUARD = (
    "patient/understanding/persona_index.py",
    "patient/realisation/guided.py",
    "patient/guard/line_guard.py",
)
EVENTS, GATES, DYNAMICS, PLANNER = (
    "patient/understanding/events.py",
    "patient/gates.py",
    "patient/dynamics.py",
    "patient/planner.py",
)
NEARNESS = "patient/guard/locked_fact_similarity.py"
CHECKS, CASE_PAGE, DEBRIEF = (
    "content/checking/persona_checks.py",
    "gui/start/case_page.py",
    "assessment/debrief/debrief.py",
)

RENDERED = {
    "schema_version": FILE,
    "id": INDEX,
    "version": "cli/authoring/content.py",
    "status": CHECKS,
    "content_notes": CASE_PAGE,
    "reviewed_by.role": "reporting/session_view.py",
    "reviewed_by.status": "reporting/session_view.py",
    "reviewed_by.name": CASEBOOK,
    "reviewed_by.date": CASEBOOK,
    "identity.name": CASE_PAGE,
    "identity.age": CASE_PAGE,
    **{f"identity.{name}": CASEBOOK for name in
       ("gender", "pronouns", "culture", "languages", "work", "relationships", "living_situation")},
    "formulation.presenting": INDEX,
    **{f"formulation.{name}": CASEBOOK for name in
       ("precipitating", "predisposing", "perpetuating", "protective", "attachment", "relational_pattern.wish",
        "relational_pattern.expects", "relational_pattern.reaction")},
    "cognition.history": CASEBOOK,
    "cognition.core_beliefs.family": CASEBOOK,
    "cognition.core_beliefs.belief": INDEX,
    "cognition.intermediate.kind": CASEBOOK,
    "cognition.intermediate.text": INDEX,
    "cognition.coping": CASEBOOK,
    "cognition.models.situation": INDEX,
    "cognition.models.thought": INDEX,
    "cognition.models.emotions": CASEBOOK,
    "cognition.models.behaviour": CASEBOOK,
    "change.target": CASEBOOK,
    "change.stage": CASEBOOK,
    "change.reasons_for.kind": CASEBOOK,
    "change.reasons_for.text": INDEX,
    "change.reasons_against.kind": CASEBOOK,
    "change.reasons_against.text": INDEX,
    **{f"risk.{name}": CASEBOOK for name in
       ("true_level", "ideation", "plan_or_means", "history", "reasons_for_living", "disclosure_rule", "coded_phrases",
        "takes_back_when")},
    **{f"presentation.{name}": CASEBOOK for name in
       ("symptoms.name", "symptoms.severity", "symptoms.note", "scale_targets")},
    "speech.style": PLANNER,
    "speech.softens_to": PLANNER,
    "speech.sentence_ceiling": PLANNER,
    "speech.vocabulary": REALISER,
    "speech.dialect": REALISER,
    "speech.fillers": REALISER,
    "speech.never_says": GUARD,
    **{f"speech.voice.{name}": DELIVERY for name in ("words_per_minute", "volume")},
    **{f"speech.voice.{name}": VOICE_BOOK for name in ("height", "pitch", "seed")},
    **{f"topics.{name}": INDEX for name in ("id", "label", "asks", "keywords")},
    "facts.id": GATES,
    "facts.text": INDEX,
    "facts.topics": INDEX,
    **{f"facts.gate.{name}": GATES for name in ("trust", "after", "or_act", "asked")},
    "facts.early_approach": EVENTS,
    "facts.retractable": PLANNER,
    "facts.contradiction_group": GATES,
    "facts.tell": GUIDED,
    "facts.deflect": GUIDED,
    "facts.markers": GUARD,
    **{f"facts.{name}": NEARNESS for name in ("slips", "untrue")},
    "open_talk": NEARNESS,
    "facts.talk": PLANNER,
    "facts.deep": GUIDED,
    "facts.hint_of": DEBRIEF,
    **{f"dynamics.start.{name}": "domain/content/persona.py" for name in ("trust", "engagement", "readiness")},
    "dynamics.start.arousal": DYNAMICS,
    "dynamics.start.emotion": PLANNER,
    "dynamics.start.resistance.form": DYNAMICS,
    "dynamics.start.resistance.intensity": DYNAMICS,
    "dynamics.sensitivity": DYNAMICS,
    "dynamics.triggers.note": NOTE,
    **{f"dynamics.triggers.{name}": EVENTS for name in ("phrases", "code", "pattern", "intensity")},
    "dynamics.triggers.form": DYNAMICS,
    **{f"lines.{name}": GUIDED for name in ("act", "accurate", "form", "talk", "reveals", "unless", "deep", "trust")},
    **{f"lines.{name}": INDEX for name in ("to", "topic", "until", "say")},
}  # fmt: skip


def models_in(annotation: object) -> list[type[BaseModel]]:
    """Return the models a field's type is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in models_in(part)]


def fields_of(model: type[BaseModel], before: str = "") -> list[str]:
    """Return the dotted paths of all fields that hold no model of their own."""
    found = []
    for name, field in model.model_fields.items():
        inner = models_in(field.annotation)
        found += [path for part in inner for path in fields_of(part, f"{before}{name}.")] or [f"{before}{name}"]
    return found


@cache
def source(module: str) -> str:
    return (PACKAGE / module).read_text(encoding="utf-8")


def test_every_field_is_declared_and_nothing_else() -> None:
    assert set(fields_of(Persona)) == set(RENDERED)


@pytest.mark.parametrize("path", sorted(path for path, where in RENDERED.items() if not where.startswith("hidden")))
def test_a_rendered_field_is_read_where_it_says(path: str) -> None:
    module, name = RENDERED[path], path.rpartition(".")[2]
    if module == "domain/content/persona.py":  # the whole start becomes the first state
        assert "PatientState(**self.model_dump())" in source(module)
    else:
        assert re.search(rf"\.{name}\b", source(module)), f"{module} does not read {path}"


def test_a_hidden_field_says_why() -> None:
    reasons = {where for where in RENDERED.values() if where.startswith("hidden")}
    assert all(len(reason.split()) > 4 for reason in reasons)
