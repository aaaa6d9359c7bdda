"""The shipped guard on real lines: what it must stop, what it must let pass, and every authored line."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from simpatient.content.library import FileContentLibrary
from simpatient.domain.content.persona import Persona
from simpatient.patient.guard.line_guard import Guard, make_guard

LINES: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parent.parent / "data" / "guard_lines.yaml").read_text(encoding="utf-8")
)
LONGEST_LINE = 60


@pytest.fixture(scope="module")
def guards(library: FileContentLibrary) -> dict[str, Guard]:
    return {persona.id: make_guard(persona, library.guard_rules()) for persona in library.personas()}


def _broken(guard: Guard, persona: Persona, text: str) -> list[str]:
    """Return the rules a line breaks when every fact may be told."""
    facts = [fact.id for fact in persona.facts]
    return [f"{event.rule} ({event.detail}): {text}" for event in guard.check(text, facts, LONGEST_LINE)]


@pytest.mark.parametrize("rule", LINES["blocked"])
def test_a_rule_stops_its_lines_whoever_says_them(guards: dict[str, Guard], rule: str) -> None:
    passed = [
        (name, text)
        for text in LINES["blocked"][rule]
        for name, guard in guards.items()
        if rule not in {event.rule for event in guard.check(text, (), LONGEST_LINE)}
    ]
    assert not passed


@pytest.mark.parametrize("name", LINES["contradictions"])
def test_a_line_against_the_personas_own_life_is_stopped(guards: dict[str, Guard], name: str) -> None:
    found = {
        text: {event.rule for event in guards[name].check(text, (), LONGEST_LINE)}
        for text in LINES["contradictions"][name]
    }
    assert not [text for text, rules in found.items() if "contradiction" not in rules]


def test_ordinary_lines_pass_whoever_says_them(guards: dict[str, Guard], library: FileContentLibrary) -> None:
    stopped = [
        event
        for persona in library.personas()
        for text in LINES["allowed"]
        for event in _broken(guards[persona.id], persona, text)
        # A turn of phrase may be unlike one persona and not another.
        if not event.startswith("never_says")
    ]
    assert not stopped


@pytest.mark.parametrize("name", LINES["own"])
def test_what_is_true_of_a_persona_passes(guards: dict[str, Guard], library: FileContentLibrary, name: str) -> None:
    persona = library.persona(name)
    assert not [event for text in LINES["own"][name] for event in _broken(guards[name], persona, text)]


def test_every_authored_line_passes(guards: dict[str, Guard], library: FileContentLibrary) -> None:
    for persona in library.personas():
        told = [text for fact in persona.facts for text in (*fact.tell, *fact.deflect)]
        texts = [text for line in persona.lines for text in line.say] + told
        assert len(texts) > 500
        assert not [event for text in texts for event in _broken(guards[persona.id], persona, text)]
