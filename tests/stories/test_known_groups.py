"""Every rubric of a case tells harmful, mixed and skilled talks apart, and cannot be talked into a better score.

Real coder, encoder and patients. Scripts: those of the case, and scripts of one rubric's own subject
(``tests/data/known_groups``); transcripts that try to please the scorer: ``tests/data/gaming``.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from statistics import mean

import pytest
import yaml

from simpatient.assessment.scoring.scoring import score
from simpatient.assessment.scoring.writing import Writing, by_meaning
from simpatient.content.library import FileContentLibrary
from simpatient.content.reading.transcripts import read_transcript
from simpatient.domain.assessment.score import Scorecard
from simpatient.domain.ports import Coder, RememberingEncoder
from simpatient.domain.session.session import CodedTurn
from simpatient.services.sessions.minds import MindStore
from tests.stories.conftest import CASES, SCRIPTS, script, script_names
from tests.stories.talking import Talk, talk

pytestmark = [pytest.mark.torch, pytest.mark.slow]
SEEDS = (1, 2, 3)
KINDS = ("harmful", "mixed", "skilled")
DATA = SCRIPTS.parent
OWN = sorted(path for path in (DATA / "known_groups").glob("*/*") if path.is_dir())
RUBRICS = {
    case: yaml.safe_load((DATA.parents[1] / "curricula/cases" / f"{case}.yaml").read_text(encoding="utf-8"))["rubrics"]
    for case in CASES
}
OF_CASES = [(case, rubric) for case in CASES for rubric in RUBRICS[case]]
# The least gap between the means of two neighbouring groups, on 0..1. A talk's own subject counts fully; scripts written for
# another subject (culture hardly comes up in them) need only keep their order, as far as said here.
GAP, OWN_GAP = 0.15, 0.15
SMALLER_GAP = {
    ("clive-risk-interview", "cultural-orientation"): 0.0,
    ("ines-first-session", "cultural-orientation"): 0.1,
}
TRICKS = ("keywords", "phrases", "parroting", "plea")
NO_GAIN = 0.01  # what a trick may add: rounding, nothing one could see


@pytest.fixture(scope="module")
def held(minds: MindStore, library: FileContentLibrary, coder: Coder) -> Callable[[str, str], list[Talk]]:
    """Talks by (case, kind), every script of the case with every seed, made once."""

    @cache
    def talks(case: str, kind: str) -> list[Talk]:
        mind = minds.of(library.case(case).persona)
        return [talk(mind, coder, script(case, name), seed) for name in script_names(case, kind) for seed in SEEDS]

    return talks


def _tell_apart(found: dict[str, list[float]], gap: float) -> None:
    means = [mean(found[kind]) for kind in KINDS]
    assert means[0] + gap < means[1], found
    assert means[1] + gap < means[2], found
    assert max(found["harmful"]) < min(found["skilled"]), found


@pytest.mark.parametrize(("case", "rubric_id"), OF_CASES)
def test_the_scripts_of_a_case(held, library: FileContentLibrary, coder: Coder, case: str, rubric_id: str) -> None:
    rubric = library.rubric(rubric_id)
    found = {
        kind: [score("s", t.turns, rubric, coder.coder_id).overall.value or 0.0 for t in held(case, kind)]
        for kind in KINDS
    }
    plain = 0.0 if rubric_id == "dialogue-metrics" else GAP
    _tell_apart(found, SMALLER_GAP.get((case, rubric_id), plain))


@pytest.mark.parametrize("folder", OWN, ids=lambda folder: f"{folder.parent.name}-{folder.name}")
def test_the_scripts_of_a_subject(minds: MindStore, library: FileContentLibrary, coder: Coder, folder: Path) -> None:
    rubric, mind = library.rubric(folder.parent.name), minds.of(library.case(folder.name).persona)
    found: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for path in sorted(folder.glob("*.txt")):
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        for seed in SEEDS:
            card = score("s", talk(mind, coder, lines, seed).turns, rubric, coder.coder_id)
            found[path.stem.split("_")[0]].append(card.overall.value or 0.0)
    _tell_apart(found, OWN_GAP)


def test_every_shipped_rubric_is_tried(library: FileContentLibrary) -> None:
    tried = {rubric for rubrics in RUBRICS.values() for rubric in rubrics} | {path.parent.name for path in OWN}
    written = {path.parent.name for path in WRITTEN}
    assert {rubric.id for rubric in library.rubrics()} == tried | written


# --- one harm is not made up for ---------------------------------------------------------------------------------


def test_any_harm_in_a_good_talk_comes_first_and_weighs_more_than_all_else(
    held, library: FileContentLibrary, coder: Coder
) -> None:
    rubric, (good, *_) = library.rubric("common-factors"), held("ray-first-talk", "skilled")
    line = "You're making excuses, and you should be ashamed of yourself."
    turns = list(good.turns)
    spoilt = turns[9].text + " " + line
    assert turns[9].speaker == "trainee"
    turns[9] = turns[9].model_copy(update={"text": spoilt, "codes": coder.code_turn("trainee", spoilt, turns[8].text)})
    before, after = (score("s", said, rubric, coder.coder_id) for said in (good.turns, turns))
    assert not any(rating.critical for rating in before.criteria)
    assert after.criteria[0].critical
    assert any(line.startswith(quote.quote) for quote in after.criteria[0].evidence)
    assert (after.overall.value or 0) < 0.4 < 0.6 < (before.overall.value or 0)


# --- tricks --------------------------------------------------------------------------------------------------------


def _coded(path: Path, coder: Coder) -> list[CodedTurn]:
    coded, before = [], ""
    for turn in read_transcript(path):
        codes = coder.code_turn(turn.speaker, turn.text, before)
        coded.append(CodedTurn(codes=codes, **turn.model_dump(exclude={"session_id"})))
        before = turn.text
    return coded


@pytest.mark.parametrize("case", CASES)
def test_tricks_gain_nothing(library: FileContentLibrary, coder: Coder, case: str) -> None:
    said = {name: _coded(DATA / "gaming" / case / f"{name}.jsonl", coder) for name in ("plain", *TRICKS)}
    for rubric_id in RUBRICS[case]:
        cards = {name: score("s", turns, library.rubric(rubric_id), coder.coder_id) for name, turns in said.items()}
        plain = cards["plain"].overall.value or 0.0
        for trick in TRICKS:
            assert (cards[trick].overall.value or 0.0) <= plain + NO_GAIN, (rubric_id, trick, plain)


# --- what is written after the talk -------------------------------------------------------------------------------

WRITTEN = sorted((DATA / "written").glob("*/*"))


def _written(path: Path, library: FileContentLibrary, encoder: RememberingEncoder, case: str) -> Scorecard:
    texts = yaml.safe_load(path.read_text(encoding="utf-8"))
    writing = Writing(texts, library.persona(library.case(case).persona), by_meaning(encoder))
    return score("s", [], library.rubric(path.parents[1].name), "none", writing)


@pytest.mark.parametrize("folder", WRITTEN, ids=lambda folder: f"{folder.parent.name}-{folder.name}")
def test_written_formulations(library: FileContentLibrary, encoder: RememberingEncoder, folder: Path) -> None:
    cards = {path.stem: _written(path, library, encoder, folder.name) for path in sorted(folder.glob("*.yaml"))}
    value = {name: card.overall.value or 0.0 for name, card in cards.items()}
    groups = {kind: [v for name, v in value.items() if name.startswith(kind)] for kind in KINDS}
    _tell_apart(groups, GAP)
    # Everything one could think of, in every field, and the vignette copied out, are worth less than a look at this patient.
    assert max(v for name, v in value.items() if name.startswith("stuffed")) < mean(groups["mixed"]) + NO_GAIN
    assert all(rating.status == "needs_review" for card in cards.values() for rating in card.criteria)


def test_nothing_written_is_not_scored(library: FileContentLibrary) -> None:
    card = score("s", [], library.rubric("formulation-exercise"), "none")
    assert card.overall.value is None
    assert {rating.unscored_reason for rating in card.criteria} == {"Nothing has been written for this yet."}


def test_the_level_of_risk_waits_for_a_conclusion(
    held, library: FileContentLibrary, encoder: RememberingEncoder
) -> None:
    rubric, (good, *_) = library.rubric("suicide-risk-interview"), held("clive-risk-interview", "skilled")
    persona = library.persona(library.case("clive-risk-interview").persona)

    def concluded(**texts: str) -> tuple[float | None, str | None]:
        card = score("s", good.turns, rubric, "x", Writing(texts, persona, by_meaning(encoder)))
        rating = next(rating for rating in card.criteria if rating.id == "level_named")
        return rating.value, rating.unscored_reason

    assert concluded() == (None, "Nothing has been written for this yet.")
    assert concluded(risk_level=persona.risk.true_level) == (2, None)
    assert concluded(risk_level="none") == (0, None)
