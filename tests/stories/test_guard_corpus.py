"""The whole guard on lines of a generative patient, by somebody else's hand, and on every authored line.

Both corpora were looked at while the guard was improved (the second after it had been measured unseen); they show
that nothing is lost, not how well unseen lines are judged.
"""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from simpatient.content.library import FileContentLibrary
from simpatient.domain.content.persona import Persona
from simpatient.patient.guard.generated_guard import GeneratedGuard
from simpatient.services.sessions.minds import MindStore

pytestmark = pytest.mark.torch
DATA = Path(__file__).parent.parent / "data"


def _lines(side: str) -> list[dict[str, Any]]:
    files = (DATA / name for name in ("guard_dev.yaml", "guard_twin.yaml"))
    return [line for file in files for line in yaml.safe_load(file.read_text(encoding="utf-8"))[side]]


BAD, GOOD = _lines("bad"), _lines("good")
LONGEST_LINE = 60
CAUGHT, STOPPED = 0.98, 0.02
AUTHORED_STEP = 7  # every seventh authored line: more than 500 of them


@pytest.fixture(scope="module")
def guards(library: FileContentLibrary, minds: MindStore) -> dict[str, GeneratedGuard]:
    return {persona.id: minds.of(persona.id).guard for persona in library.personas()}


def _passes(guards: dict[str, GeneratedGuard], line: dict[str, Any]) -> bool:
    return not guards[line["persona"]].check(line["text"], line["open"], LONGEST_LINE)


def test_nearly_every_bad_line_is_caught(guards: dict[str, GeneratedGuard]) -> None:
    missed = [line for line in BAD if _passes(guards, line)]
    by_rule = Counter(line["rule"] for line in missed)
    for rule, all_of_it in Counter(line["rule"] for line in BAD).items():
        print(f"{rule:<16}{all_of_it - by_rule[rule]:>4} of {all_of_it} caught")
    assert len(BAD) == 300
    assert len(missed) <= (1 - CAUGHT) * len(BAD), (by_rule, [line["text"] for line in missed])
    assert max(by_rule.values(), default=0) <= 3


def test_hardly_a_good_line_is_stopped(guards: dict[str, GeneratedGuard]) -> None:
    stopped = [line["text"] for line in GOOD if not _passes(guards, line)]
    print(f"{len(stopped)} of {len(GOOD)} good lines stopped")
    assert len(GOOD) == 500
    assert len(stopped) <= STOPPED * len(GOOD), stopped


def _authored(persona: Persona) -> list[tuple[str, tuple[str, ...]]]:
    lines = [(text, line.reveals) for line in persona.lines for text in line.say]
    told = [(text, (fact.id,)) for fact in persona.facts for text in fact.tell]
    return [*lines, *told, *((text, ()) for fact in persona.facts for text in fact.deflect)]


def test_hardly_an_authored_line_would_be_stopped(
    guards: dict[str, GeneratedGuard], library: FileContentLibrary
) -> None:
    lines = [(p.id, *line) for p in library.personas() for line in _authored(p)][::AUTHORED_STEP]
    stopped = [text for name, text, told in lines if guards[name].check(text, told, LONGEST_LINE)]
    assert len(lines) >= 500
    assert len(stopped) <= STOPPED * len(lines), stopped
