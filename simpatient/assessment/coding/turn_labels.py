"""A turn's labels from the codes of its utterances, so that both agree.

The rules are data (``assets/exemplars/heads.yaml``). Must not know how the codes were found.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simpatient.assessment.coding.coder_weights import Rules, read_rules
from simpatient.assessment.coding.votes import Vote, shares
from simpatient.domain.assessment.codes import Label


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
    """One utterance: how long it is, its code, and the votes it was found by (indices of the codes)."""

    characters: int
    code: str
    votes: tuple[Vote, ...]


def read_turn_rules(data: Mapping[str, Any]) -> TurnRules:
    """Return the rules from their plain form (parsed YAML)."""
    turn = {code: dict(labels) for code, labels in data["turn"].items()}
    return TurnRules(read_rules(dict(data)), turn, tuple(data["patient_head"]["labels"]))


def blank_labels(rules: Rules) -> dict[str, Label]:
    """Return the labels of a turn in which nothing was said."""
    return {head: Label(code=labels[0], confidence=1.0) for head, labels in rules.heads.items()}


def trainee_labels(rules: TurnRules, codes: Sequence[str], coded: Sequence[Coded], doubt: float) -> dict[str, Label]:
    """Return one label per head of a trainee's turn.

    A head has a label only when an utterance carries it; of several the most spoken wins. The main
    behaviour is the one most of the turn was spent on.

    Args:
        rules: How codes and labels hang together.
        codes: The codes that votes point at.
        coded: The turn's utterances.
        doubt: As for ``votes.shares``.
    """
    return {
        head: _label([rules.turn.get(code, {}).get(head, labels[0]) for code in codes], labels, codes, coded, doubt)
        for head, labels in rules.rules.heads.items()
    }


def patient_label(labels: Sequence[str], coded: Sequence[Coded], doubt: float) -> Label:
    """Return the label of a patient's turn: the most spoken that is not the empty (first) one, else that."""
    return _label(labels, labels, labels, coded, doubt)


def _label(
    meant: Sequence[str], labels: Sequence[str], codes: Sequence[str], coded: Sequence[Coded], doubt: float
) -> Label:
    """Return a head's label and how sure it is; ``meant`` is the label each of ``codes`` stands for.

    Confidence is that of the surest utterance with the label, cut to the label's part of the turn where
    labels are rivals; for the empty label that of the utterance that comes nearest to another one.
    """
    by_code = dict(zip(codes, meant, strict=True))
    spoken: dict[str, float] = {}
    surest: dict[str, float] = {}
    bare = 1.0
    for one in coded:
        label, sure = by_code[one.code], _shares(one.votes, meant, labels, doubt)
        bare = min(bare, sure[labels[0]])
        spoken[label] = spoken.get(label, 0.0) + one.characters * sure[label]
        surest[label] = max(surest.get(label, 0.0), sure[label])
    heard = {label: amount for label, amount in spoken.items() if label != labels[0]}
    if not heard:
        return made_label(labels[0], bare)
    best = max(sorted(heard), key=lambda label: heard[label])
    return made_label(best, surest[best] * heard[best] / sum(heard.values()))


def _shares(votes: Sequence[Vote], meant: Sequence[str], labels: Sequence[str], doubt: float) -> dict[str, float]:
    """Return how sure each label is when votes for codes are counted as votes for what the codes mean."""
    places = {label: at for at, label in enumerate(labels)}
    told = [vote if vote.label is None else Vote(places[meant[vote.label]]) for vote in votes]
    return dict(zip(labels, shares(told, len(labels), doubt).tolist(), strict=True))


def made_label(code: str, confidence: float) -> Label:
    """Return a label with its confidence to three digits."""
    return Label(code=code, confidence=round(min(1.0, max(0.0, confidence)), 3))
