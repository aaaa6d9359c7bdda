"""No locked fact before its gate, in 1,000 seeded sessions of lines drawn from every script."""

from random import Random

import pytest

from simpatient.content.library import FileContentLibrary
from simpatient.domain.content.persona import Fact
from simpatient.domain.ports import Coder
from simpatient.domain.state import PatientState
from simpatient.patient.guard.line_guard import leaked_markers
from simpatient.services.sessions.minds import MindStore
from tests.stories.conftest import CASES, script, script_names

pytestmark = [pytest.mark.torch, pytest.mark.slow]
SESSIONS = 1000
LINES = 10


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("case", CASES)
def test_no_locked_fact_appears_before_its_gate(
    minds: MindStore, library: FileContentLibrary, coder: Coder, case: str
) -> None:
    persona = library.persona(library.case(case).persona)
    mind = minds.of(persona.id)
    lines = [
        line for kind in ("skilled", "mixed", "harmful") for n in script_names(case, kind) for line in script(case, n)
    ]
    # What the trainee says does not depend on the answer here, so each line is coded once.
    codes = {line: coder.code_turn("trainee", line) for line in lines}
    for seed in range(-(-SESSIONS // len(CASES))):
        random = Random(seed)
        first = mind.open(seed)
        state, said = first.state_spoken, [first.words.text]
        for number, line in enumerate(random.sample(lines, LINES), start=1):
            reply = mind.reply(state, line, codes[line], said, seed, number)
            for leaked in leaked_markers(reply.words.text, persona.facts):
                told = leaked in reply.state_spoken.facts_revealed
                assert told or _may_be_open(persona.fact(leaked), reply.state_heard), (seed, line, reply.words.text)
            for fact_id in set(reply.state_spoken.facts_revealed) - set(state.facts_revealed):
                assert _may_be_open(persona.fact(fact_id), reply.state_heard), (seed, fact_id)
            state = reply.state_spoken
            said.append(reply.words.text)


def _may_be_open(fact: Fact, state: PatientState) -> bool:
    """Judge a gate independently of ``patient.gates``: trust reached (or nearly, after an opening act)."""
    now = set(state.recent_codes[-1])
    discount = 0.5 if now & set(fact.gate.or_act) else 0.0
    lately = {code for codes in state.recent_codes for code in codes}
    return state.trust >= fact.gate.trust - discount and (not fact.gate.after or bool(lately & set(fact.gate.after)))
