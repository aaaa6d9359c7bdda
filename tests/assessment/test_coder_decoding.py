"""Label rules: whatever the heads say, the labels that come out fit together."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from simpatient.assessment.coding.coder_weights import read_rules, softmax
from simpatient.assessment.coding.decoding import MAIN, blend, joint_turn, reconcile
from simpatient.assessment.coding.features import Floats

FOLDER = Path(__file__).parents[2] / "assets" / "exemplars"
RULES = read_rules(yaml.safe_load((FOLDER / "heads.yaml").read_text(encoding="utf-8")))
CODES = tuple(sorted(path.stem for path in FOLDER.glob("*.yaml") if path.stem not in ("heads", "benchmarks")))


def _turn(seed: int, sharpness: float) -> dict[str, Floats]:
    random = np.random.default_rng(seed)
    return {
        name: softmax((random.standard_normal(len(labels)) * sharpness).astype(np.float32))
        for name, labels in RULES.heads.items()
    }


def _decode(seed: int, sharpness: float, utterances: int) -> tuple[list[int], dict[str, int], Floats]:
    turn = _turn(seed, sharpness)
    random = np.random.default_rng(seed + 1)
    alone = softmax((random.standard_normal((utterances, len(CODES))) * sharpness).astype(np.float32))
    chosen, marginals = joint_turn(RULES, turn, 0.85)
    blended = blend(RULES, CODES, alone, marginals, 0.5)
    picked, labels = reconcile(RULES, CODES, alone, blended, chosen, marginals)
    return picked, labels, blended


@given(st.integers(0, 100_000), st.floats(0.1, 12.0), st.integers(1, 5))
def test_main_label_and_heads_always_fit(seed: int, sharpness: float, utterances: int) -> None:
    picked, labels, blended = _decode(seed, sharpness, utterances)
    main = RULES.heads[MAIN][labels[MAIN]]
    if main in RULES.main_needs:
        assert labels[RULES.main_needs[main]] > 0
    else:
        assert not any(labels[head] for head in RULES.main_needs.values())
    assert len(picked) == utterances
    np.testing.assert_allclose(blended.sum(axis=1), 1.0, atol=1e-4)


@given(st.integers(0, 100_000), st.floats(0.1, 12.0), st.integers(1, 5))
def test_turn_and_utterances_tell_the_same_story(seed: int, sharpness: float, utterances: int) -> None:
    picked, labels, _ = _decode(seed, sharpness, utterances)
    said = {CODES[index] for index in picked}
    main = RULES.heads[MAIN][labels[MAIN]]
    for behaviour, head in RULES.main_needs.items():
        speaks = [code for code in said if head in RULES.family.get(code, {})]
        if behaviour == main:
            assert speaks or said & set(RULES.shaped_like[head])
        elif utterances == 1 and not labels[head]:
            assert not speaks


@given(st.integers(0, 100_000), st.floats(0.1, 12.0))
def test_joint_marginals_are_distributions(seed: int, sharpness: float) -> None:
    _, marginals = joint_turn(RULES, _turn(seed, sharpness), 0.7)
    for name, values in marginals.items():
        assert len(values) == len(RULES.heads[name])
        assert values.sum() == pytest.approx(1.0, abs=1e-4)


def _sure(labels: tuple[str, ...], label: str, chance: float) -> Floats:
    rest = (1 - chance) / (len(labels) - 1)
    return np.asarray([chance if name == label else rest for name in labels], dtype=np.float32)


def test_an_utterance_that_is_surer_than_the_turn_wins() -> None:
    """An order must not be lost because the turn heads hear a reflection in it."""
    turn = {name: _sure(labels, labels[0], 0.6) for name, labels in RULES.heads.items()}
    turn["main"] = _sure(RULES.heads["main"], "reflection", 0.6)
    turn["reflection"] = _sure(RULES.heads["reflection"], "simple", 0.6)
    alone = _sure(CODES, "direct", 0.97)[None, :]
    chosen, marginals = joint_turn(RULES, turn, 0.85)
    assert RULES.heads["main"][chosen["main"]] == "reflection"
    blended = blend(RULES, CODES, alone, marginals, 0.5)
    picked, labels = reconcile(RULES, CODES, alone, blended, chosen, marginals)
    assert CODES[picked[0]] == "direct"
    assert RULES.heads["main"][labels["main"]] == "input"


def test_a_turn_that_is_surer_than_the_utterance_wins() -> None:
    turn = {name: _sure(labels, labels[0], 0.98) for name, labels in RULES.heads.items()}
    turn["main"] = _sure(RULES.heads["main"], "question", 0.98)
    turn["question"] = _sure(RULES.heads["question"], "open", 0.98)
    alone = _sure(CODES, "simple_reflection", 0.4)[None, :]
    chosen, marginals = joint_turn(RULES, turn, 0.85)
    blended = blend(RULES, CODES, alone, marginals, 0.5)
    picked, labels = reconcile(RULES, CODES, alone, blended, chosen, marginals)
    assert CODES[picked[0]] in ("open_question", "closed_question", *RULES.shaped_like["question"])
    assert RULES.heads["question"][labels["question"]] == "open"
