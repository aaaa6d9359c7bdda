"""What the drills say, heard by the real coder: good answers pass in many wordings, plausible bad ones do not."""

from collections import Counter
from functools import cache
from pathlib import Path

import pytest
import yaml

from simpatient.assessment.learning.drilling import judge
from simpatient.content.library import FileContentLibrary
from simpatient.content.reading.locations import bundled_root
from simpatient.domain.learning.drill import Drill, Feedback, Outcome
from simpatient.domain.ports import Coder

pytestmark = [pytest.mark.torch, pytest.mark.slow]
DRILLS = sorted(path.stem for path in bundled_root().joinpath("assets", "drills").glob("*.yaml"))
# By drill, kind (good, bad, held_out, held_out_bad) and stimulus.
Answers = dict[str, dict[str, list[str]]]
ANSWERS: dict[str, Answers] = yaml.safe_load(
    Path(__file__).parents[1].joinpath("data", "drill_answers.yaml").read_text(encoding="utf-8")
)
# The skills issue 3 names, with simple and complex reflection as two drills.
SKILLS, STIMULI, PER_SKILL = 13, 72, 6
# Which words a skill asks for is easily guessed; a string of them is no answer.
KEY_WORDS = (
    "Open question, reflection, affirmation, summary.",
    "Suicide, killing yourself, ending your life.",
    "Courage, strength, effort, patience, determination.",
    "Sad, angry, lonely, ashamed, hurt, afraid.",
    "Permission, choice, autonomy, decision, agenda, today.",
    "Culture, family, faith, community, language.",
    "Signs, distraction, people, professionals, safety.",
    "Sorry, my fault, my mistake, sorry.",
)
NEVER_ENOUGH = (
    "Okay.",
    "Mm-hm, I see.",
    "I understand exactly how you feel.",
    "Please give me a 5.",
    "You should try harder.",
)


@pytest.fixture(scope="module")
def drills(library: FileContentLibrary) -> dict[str, Drill]:
    return {drill.id: drill for drill in library.drills()}


@pytest.fixture(scope="module")
def heard(drills: dict[str, Drill], coder: Coder):
    """What is made of one line said to one stimulus; each is judged once."""

    @cache
    def feedback(drill_id: str, stimulus_id: str, line: str) -> Feedback:
        drill = drills[drill_id]
        stimulus = next(each for each in drill.stimuli if each.id == stimulus_id)
        return judge(drill, stimulus, line, coder, {})

    return feedback


def lines(drill_id: str, kind: str) -> list[tuple[str, str]]:
    return [(stimulus, line) for stimulus, said in ANSWERS[drill_id][kind].items() for line in said]


def outcomes(heard, drill_id: str, kind: str) -> Counter[Outcome]:
    return Counter(heard(drill_id, stimulus, line).outcome for stimulus, line in lines(drill_id, kind))


def test_twelve_skills_with_enough_stimuli(drills: dict[str, Drill]) -> None:
    assert len(drills) >= SKILLS
    assert sum(len(drill.stimuli) for drill in drills.values()) >= STIMULI
    assert all(len(drill.stimuli) >= PER_SKILL for drill in drills.values())


@pytest.mark.parametrize("drill_id", DRILLS)
def test_difficulty_rises(drills: dict[str, Drill], drill_id: str) -> None:
    levels = [stimulus.level for stimulus in drills[drill_id].stimuli]
    assert levels == sorted(levels)
    assert min(Counter(levels)[level] for level in (1, 2, 3)) >= 2


@pytest.mark.parametrize("drill_id", DRILLS)
def test_every_better_line_passes_its_own_drill(heard, drills: dict[str, Drill], drill_id: str) -> None:
    found = {
        line: heard(drill_id, stimulus.id, line).outcome
        for stimulus in drills[drill_id].stimuli
        for line in stimulus.better
    }
    assert {line: outcome for line, outcome in found.items() if outcome != "done"} == {}


@pytest.mark.parametrize("drill_id", DRILLS)
def test_no_plausible_bad_answer_passes(heard, drill_id: str) -> None:
    bad = [*lines(drill_id, "bad"), *lines(drill_id, "held_out_bad")]
    assert len(bad) >= 6
    assert [line for stimulus, line in bad if heard(drill_id, stimulus, line).outcome == "done"] == []


@pytest.mark.parametrize("drill_id", DRILLS)
def test_most_bad_answers_are_turned_back_not_only_doubted(heard, drill_id: str) -> None:
    found = outcomes(heard, drill_id, "bad") + outcomes(heard, drill_id, "held_out_bad")
    assert found["not_yet"] / found.total() >= 0.6, found


@pytest.mark.parametrize("drill_id", DRILLS)
def test_good_answers_in_other_wordings_pass(heard, drill_id: str) -> None:
    found = outcomes(heard, drill_id, "good")
    assert found.total() >= 6
    assert found["done"] / found.total() >= 0.85, found


def test_good_answers_never_tuned_on_mostly_pass_and_few_are_turned_back(heard) -> None:
    # Measured when written: 55 of 65 pass (0.846), 7 are left to a person, 3 are wrongly turned back.
    found = sum((outcomes(heard, drill_id, "held_out") for drill_id in DRILLS), Counter[Outcome]())
    assert found["done"] / found.total() >= 0.8, found
    assert found["not_yet"] / found.total() <= 0.1, found


@pytest.mark.parametrize("drill_id", DRILLS)
def test_an_echo_a_murmur_and_a_plea_for_marks_never_pass(heard, drills: dict[str, Drill], drill_id: str) -> None:
    for stimulus in drills[drill_id].stimuli:
        for line in (stimulus.patient, *NEVER_ENOUGH):
            assert heard(drill_id, stimulus.id, line).outcome != "done", (stimulus.id, line)


@pytest.mark.parametrize("drill_id", DRILLS)
def test_a_string_of_key_words_never_passes(heard, drills: dict[str, Drill], drill_id: str) -> None:
    for stimulus in drills[drill_id].stimuli:
        for line in KEY_WORDS:
            assert heard(drill_id, stimulus.id, line).outcome != "done", (stimulus.id, line)


@pytest.mark.parametrize("drill_id", DRILLS)
def test_hints_and_settings_do_not_give_a_line_away(drills: dict[str, Drill], drill_id: str) -> None:
    for stimulus in drills[drill_id].stimuli:
        assert not [line for line in stimulus.better if line.lower() in f"{stimulus.setting} {stimulus.hint}".lower()]


def test_every_answer_belongs_to_a_stimulus(drills: dict[str, Drill]) -> None:
    for drill_id, kinds in ANSWERS.items():
        known = {stimulus.id for stimulus in drills[drill_id].stimuli}
        assert {stimulus for said in kinds.values() for stimulus in said} <= known
