"""The patient reacts to skill, with the real coder, encoder and personas, for every seed tried."""

from functools import cache
from statistics import mean, median

import pytest

from simpatient.assessment.scoring.scoring import score
from simpatient.content.library import FileContentLibrary
from simpatient.domain.ports import Coder
from simpatient.patient.guard.line_guard import leaked_markers
from simpatient.services.sessions.minds import MindStore
from tests.stories.conftest import CASES, script, script_names
from tests.stories.talking import Talk, talk

pytestmark = [pytest.mark.torch, pytest.mark.slow]
SEEDS = (1, 2, 3)
KINDS = ("harmful", "mixed", "skilled")


@pytest.fixture(scope="module")
def held(minds: MindStore, library: FileContentLibrary, coder: Coder):
    """Talks by (case, kind), every script with every seed, made once."""

    @cache
    def talks(case: str, kind: str) -> list[Talk]:
        mind = minds.of(library.case(case).persona)
        return [talk(mind, coder, script(case, name), seed) for name in script_names(case, kind) for seed in SEEDS]

    return talks


@pytest.mark.parametrize("case", CASES)
def test_several_scripts_of_each_kind(case: str) -> None:
    assert all(len(script_names(case, kind)) >= 3 for kind in KINDS)


@pytest.mark.parametrize("case", CASES)
def test_trust_rises_with_skill_and_never_with_harm(held, case: str) -> None:
    start = held(case, "skilled")[0].replies[0].state_heard.trust
    skilled = [t.state.trust for t in held(case, "skilled")]
    assert mean(skilled) >= start + 0.4
    assert min(skilled) > start + 0.1
    assert max(t.state.trust for t in held(case, "harmful")) <= start


@pytest.mark.parametrize("case", CASES)
def test_disclosure_rises_with_skill(held, case: str) -> None:
    told = {kind: [t.told for t in held(case, kind)] for kind in KINDS}
    assert mean(told["harmful"]) < mean(told["mixed"]) < mean(told["skilled"])
    assert min(told["skilled"]) > max(told["harmful"])


@pytest.mark.parametrize("case", CASES)
def test_overall_orders_harmful_mixed_skilled(held, library: FileContentLibrary, coder: Coder, case: str) -> None:
    for rubric_id in library.case(case).rubrics:
        rubric = library.rubric(rubric_id)
        found = {
            kind: [score("s", t.turns, rubric, coder.coder_id).overall.value or 0.0 for t in held(case, kind)]
            for kind in KINDS
        }
        # The main rubric must tell them clearly apart; plain ratios (the others) only have to agree in order.
        gap = 0.1 if rubric_id == library.case(case).rubrics[0] else 0.0
        assert mean(found["harmful"]) + gap < mean(found["mixed"]), (rubric_id, found)
        assert mean(found["mixed"]) + gap < mean(found["skilled"]), (rubric_id, found)
        assert max(found["harmful"]) < min(found["skilled"]), (rubric_id, found)


@pytest.mark.parametrize("case", CASES)
def test_turns_are_short_like_those_of_real_clients(held, case: str) -> None:
    words = [len(text.split()) for kind in KINDS for t in held(case, kind) for text in t.patient]
    assert median(words) <= 12
    assert sorted(words)[int(0.9 * len(words))] <= 45


@pytest.mark.parametrize("case", CASES)
def test_nothing_is_said_twice_and_no_act_three_times_running(held, case: str) -> None:
    for each in (t for kind in KINDS for t in held(case, kind)):
        lines = [line for reply in each.replies for line in reply.words.line_ids]
        assert len(lines) == len(set(lines))
        acts = [reply.plan.act for reply in each.replies]
        assert not [i for i in range(2, len(acts)) if acts[i] == acts[i - 1] == acts[i - 2]]


@pytest.mark.parametrize("case", CASES)
def test_no_locked_fact_in_any_of_these_talks(held, library: FileContentLibrary, case: str) -> None:
    facts = library.persona(library.case(case).persona).facts
    for each in (t for kind in KINDS for t in held(case, kind)):
        for reply in each.replies:
            free = {*reply.plan.facts_allowed, *reply.state_spoken.facts_revealed}
            assert not set(leaked_markers(reply.words.text, facts)) - free, reply.words.text
