"""Puts together what each of the coder's heads learns from: conversations, exemplars, and variants of both.

Knows examples and label rules; must not know features or how anything is fitted.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from simpatient.assessment.coding.coder_weights import UTTERANCE
from simpatient.assessment.coding.features import cues, prepare
from simpatient.assessment.coding.segmenter import segment
from simpatient.tuning.coder.coder_adapter import AdapterTarget, Item
from simpatient.tuning.coder.coder_data import Example, Exemplars, exemplar_group, hesitant, spoken, turn_exemplars

# The adapter knows one weight per text: were it higher for the utterance head, codes without turn labels
# would weigh more there than the others.
_EXEMPLAR_WEIGHT = 0.5
_PAIR_WEIGHT = 0.25
# A sixth of the conversations' turns is learnt from without marks as well. Of the exemplars, the turn heads
# also learn from a third without marks; the utterance head from a half, and from a third with hesitations.
_BARE_TURNS, _BARE_TURN_EXEMPLARS, _BARE_EXEMPLARS, _HESITANT_EXEMPLARS = 6, 3, 2, 3
_FEWEST_WORDS = 4
# The turn heads learn from a third of the exemplars: with all of them, nearly twice as many as there are coded
# turns, they heard AnnoMI's turns worse (the adapter's main .759 against .769 on two folds, input .364 against .378).
_EVERY_TURN_EXEMPLAR = 3


@dataclass(frozen=True)
class TrainingJob:
    """Heads that learn from the same texts; ``extra`` texts teach but are not measured.

    Attributes:
        turn: Whether the turn before is among the features.
        is_encoded: Whether the texts are read as the encoder itself reads them, not by its middle and the
            adapted layers. The adapter still learns from such a job's labels beside the others.
    """

    heads: dict[str, list[str]]
    measured: list[Example]
    extra: list[Example]
    turn: bool
    is_encoded: bool = False

    @property
    def examples(self) -> list[Example]:
        """Return all of them, the measured ones first."""
        return self.measured + self.extra


def make_jobs(
    exemplars: Exemplars, therapist: list[Example], client: list[Example], fold_of: dict[str, int], seed: int
) -> tuple[TrainingJob, ...]:
    """Return the turn heads', the patient head's and the utterance head's job."""
    rules = exemplars.rules
    talk = rules["patient_head"]
    turns = turn_exemplars(exemplars, _EXEMPLAR_WEIGHT)[::_EVERY_TURN_EXEMPLAR]
    turns += spoken(turns, _BARE_TURN_EXEMPLARS) + spoken(therapist, _BARE_TURNS)
    own = [
        Example(text, group=exemplar_group(text), labels={UTTERANCE: code}, weight=_EXEMPLAR_WEIGHT)
        for code, texts in sorted(exemplars.by_code.items())
        for text in texts
    ]
    extra = _silver(rules, therapist) + spoken(own, _BARE_EXEMPLARS) + hesitant(own, _HESITANT_EXEMPLARS)
    extra += _pairs(own, client, fold_of, seed)
    return (
        TrainingJob(dict(rules["heads"]), therapist, turns, True),
        TrainingJob({talk["name"]: talk["labels"]}, client, spoken(client, _BARE_TURNS), True, is_encoded=True),
        TrainingJob({UTTERANCE: sorted(exemplars.by_code)}, own, extra, False),
    )


def _silver(rules: dict[str, Any], therapist: list[Example]) -> list[Example]:
    """Return coded turns that are a single utterance with a single behaviour."""
    spec = rules["silver"]
    empty = {head: labels[0] for head, labels in rules["heads"].items() if head != "main"}
    alone = [one for one in therapist if len(one.text.split()) >= _FEWEST_WORDS and len(segment(one.text)) == 1]
    silver: list[Example] = []
    for code, wanted in spec["codes"].items():
        full = {**empty, **wanted}
        said = re.compile(spec.get("said", {}).get(code, ""), re.IGNORECASE)
        fitting = [
            example
            for example in alone
            if all(example.labels[head] == label for head, label in full.items()) and said.search(example.text)
        ]
        silver += [
            replace(example, labels={UTTERANCE: code}, weight=spec["weight"]) for example in fitting[: spec["at_most"]]
        ]
    return silver


def _pairs(own: list[Example], client: list[Example], fold_of: dict[str, int], seed: int) -> list[Example]:
    """Return half of the exemplars again in turns of two, after any client turn: a part is heard for itself."""
    random = np.random.default_rng(seed)
    found: list[Example] = []
    for fold in sorted({fold_of[example.group] for example in own}):
        here = [example for example in own if fold_of[example.group] == fold]
        heard = [example.text for example in client if fold_of[example.group] == fold] or [""]
        order = random.permutation(len(here))
        for one, two in zip(order[::4], order[1::4], strict=False):
            first, second = here[one], here[two]
            begin = first.text if first.text[-1] in ".?!" else f"{first.text}."
            turn, cut = f"{begin} {second.text}", len(begin)
            before = heard[int(random.integers(len(heard)))]
            for example, span in ((first, (0, cut)), (second, (cut + 1, len(turn)))):
                found.append(replace(example, turn=turn, span=span, previous=before, weight=_PAIR_WEIGHT))
    return found


def adapter_items(
    jobs: Sequence[TrainingJob], fold_of: dict[str, int]
) -> tuple[list[Item], dict[tuple[int, int], Item]]:
    """Return what the adapter learns from, each turn once for all heads; and the item of a job's measured example."""
    items: dict[Any, Item] = {}
    place: dict[tuple[int, int], Any] = {}
    for number, job in enumerate(jobs):
        for at, example in enumerate(job.examples):
            key = (example.key[0], example.previous, example.group if not example.turn else example.turn)
            target = _target(job, example)
            known = items.get(key)
            items[key] = _joined(known, target) if known else _item(example, target, fold_of)
            if at < len(job.measured):
                place[number, at] = key
    return list(items.values()), {where: items[key] for where, key in place.items()}


def _target(job: TrainingJob, example: Example) -> AdapterTarget:
    labels = {name: known.index(example.labels[name]) for name, known in job.heads.items()}
    before = prepare(example.previous if job.turn else "")
    return AdapterTarget(example.span, labels, cues(prepare(example.text), before))


def _item(example: Example, target: AdapterTarget, fold_of: dict[str, int]) -> Item:
    return Item(example.key[0], example.previous, (target,), example.weight, fold_of[example.group])


def _joined(item: Item, target: AdapterTarget) -> Item:
    """Add a target; one of the same stretch only lends its labels."""
    for at, known in enumerate(item.targets):
        if known.span == target.span:
            merged = replace(known, labels={**target.labels, **known.labels})
            return replace(item, targets=(*item.targets[:at], merged, *item.targets[at + 1 :]))
    return replace(item, targets=(*item.targets, target))
