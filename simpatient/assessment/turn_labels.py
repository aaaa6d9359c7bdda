"""A turn's labels from the codes of its utterances, so that both tell the same story.

The rules are data (``assets/exemplars/heads.yaml``). Must not know how the codes were found.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simpatient.assessment.coder_weights import Rules, read_rules
from simpatient.assessment.features import Floats
from simpatient.domain.codes import Label


@dataclass(frozen=True)
class TurnRules:
    """Label rules for codes found elsewhere.

    Attributes:
        rules: The rules of the heads.
        turn: What a turn of nothing but one such utterance is called; empty labels are left out.
        patient: Labels of the patient's head, the empty one first.
    """

    rules: Rules
    turn: dict[str, dict[str, str]]
    patient: tuple[str, ...]


@dataclass(frozen=True)
class Coded:
    """One utterance: how long it is, its code, and how sure each code is, in the order of ``codes``."""

    characters: int
    code: str
    shares: Floats


def read_turn_rules(data: Mapping[str, Any]) -> TurnRules:
    """Return the rules from their plain form (parsed YAML)."""
    turn = {code: dict(labels) for code, labels in data["turn"].items()}
    return TurnRules(read_rules(dict(data)), turn, tuple(data["patient_head"]["labels"]))


def blank_labels(rules: Rules) -> dict[str, Label]:
    """Return the labels of a turn in which nothing was said."""
    return {head: Label(code=labels[0], confidence=1.0) for head, labels in rules.heads.items()}


def trainee_labels(rules: TurnRules, codes: Sequence[str], coded: Sequence[Coded]) -> dict[str, Label]:
    """Return one label per head of a trainee's turn.

    A head has a label only when an utterance carries it; of several the most spoken wins. The main
    behaviour is the one most of the turn was spent on.
    """
    return {
        head: _label([rules.turn.get(code, {}).get(head, labels[0]) for code in codes], codes, coded, labels[0])
        for head, labels in rules.rules.heads.items()
    }


def patient_label(labels: Sequence[str], coded: Sequence[Coded]) -> Label:
    """Return the label of a patient's turn: the most spoken that is not the empty (first) one, else that."""
    return _label(labels, labels, coded, labels[0])


def _label(meant: Sequence[str], codes: Sequence[str], coded: Sequence[Coded], empty: str) -> Label:
    """Return a head's label and how sure it is; ``meant`` is the label each of ``codes`` stands for.

    Confidence is that of the surest utterance with the label, cut to the label's part of the turn where
    labels are rivals; for the empty label that of the utterance that comes nearest to another one.
    """
    by_code = dict(zip(codes, meant, strict=True))
    spoken: dict[str, float] = {}
    surest: dict[str, float] = {}
    for one in coded:
        label = by_code[one.code]
        sure = float(one.shares[[other == label for other in meant]].sum())
        spoken[label] = spoken.get(label, 0.0) + one.characters * sure
        surest[label] = max(surest.get(label, 0.0), sure)
    heard = {label: amount for label, amount in spoken.items() if label != empty}
    if not heard:
        bare = [float(one.shares[[label == empty for label in meant]].sum()) for one in coded]
        return made_label(empty, min(bare, default=1.0))
    best = max(sorted(heard), key=lambda label: heard[label])
    return made_label(best, surest[best] * heard[best] / sum(heard.values()))


def made_label(code: str, confidence: float) -> Label:
    """Return a label with its confidence to three digits."""
    return Label(code=code, confidence=round(min(1.0, max(0.0, confidence)), 3))
