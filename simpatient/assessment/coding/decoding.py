"""From head probabilities to labels that agree with one another. Pure arithmetic over label rules.

Must not know texts, features or the encoder.
"""

from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from simpatient.assessment.coding.coder_weights import Rules
from simpatient.assessment.coding.features import Floats, Indices

MAIN = "main"
_EPSILON = 1e-6
# On AnnoMI this takes back about one turn label in a hundred.
_RULED_OUT = 0.05


@cache
def _allowed(
    labels: tuple[tuple[str, ...], ...], names: tuple[str, ...], needs: tuple[tuple[str, str], ...]
) -> Indices:
    """Return the label index rows of all combinations that make sense, shape (combinations, heads)."""
    rows = []
    for combination in product(*(range(len(of)) for of in labels)):
        chosen = dict(zip(names, combination, strict=True))
        main = labels[names.index(MAIN)][chosen[MAIN]]
        needed = dict(needs)
        fits = chosen[needed[main]] > 0 if main in needed else all(chosen[head] == 0 for head in needed.values())
        if fits:
            rows.append(combination)
    return np.asarray(rows, dtype=np.int64)


def joint_turn(
    rules: Rules, probabilities: dict[str, Floats], power: float
) -> tuple[dict[str, int], dict[str, Floats]]:
    """Return the most probable labels that fit together, and each head's marginal distribution.

    The heads see the same words, so their product would count the evidence more than once;
    ``power`` (0..1), found on held-out folds, takes that back.
    """
    names = tuple(rules.heads)
    rows = _allowed(tuple(rules.heads[name] for name in names), names, tuple(rules.main_needs.items()))
    logs = np.zeros(len(rows), dtype=np.float64)
    for column, name in enumerate(names):
        logs += power * np.log(probabilities[name].astype(np.float64) + _EPSILON)[rows[:, column]]
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    best = rows[int(weights.argmax())]
    marginals = {
        name: np.bincount(rows[:, column], weights, minlength=len(rules.heads[name])).astype(np.float32)
        for column, name in enumerate(names)
    }
    return {name: int(best[column]) for column, name in enumerate(names)}, marginals


def blend(rules: Rules, codes: tuple[str, ...], utterances: Floats, turn: dict[str, Floats], power: float) -> Floats:
    """Return the utterance distributions, shape (utterances, codes), weighed with what the turn heads say.

    In a turn of one utterance the turn heads speak about that utterance. In a longer turn they only
    say whether a behaviour occurs somewhere, so they can speak against codes but not for them.
    """
    factors = np.ones((len(codes), len(turn)), dtype=np.float32)
    for column, head in enumerate(turn):
        if head != MAIN:
            factors[:, column] = [_factor(rules, code, head, turn[head], len(utterances) == 1) for code in codes]
    blended = utterances * np.power(factors.prod(axis=1) + _EPSILON, np.float32(power))
    found: Floats = blended / blended.sum(axis=1, keepdims=True)
    return found


def _factor(rules: Rules, code: str, head: str, probabilities: Floats, is_alone: bool) -> float:
    wanted = rules.family.get(code, {}).get(head)
    labels = rules.heads[head]
    if wanted is not None and is_alone:
        return float(sum(probabilities[labels.index(label)] for label in wanted))
    if wanted is not None:
        return float(1.0 - probabilities[0])
    is_free = code in rules.shaped_like.get(head, ()) or not is_alone
    return 1.0 if is_free else float(probabilities[0])


def reconcile(
    rules: Rules,
    codes: tuple[str, ...],
    alone: Floats,
    blended: Floats,
    chosen: dict[str, int],
    turn: dict[str, Floats],
) -> tuple[list[int], dict[str, int]]:
    """Make utterance codes and turn labels agree; returns the codes' indices and the labels'.

    A behaviour the turn heads found gets an utterance, unless the utterance head rules it out for every
    one. A behaviour only an utterance's code holds is taken over by the turn when the utterance is
    surer than the turn, and gives way otherwise. ``alone`` is what the utterance head said unaided.
    """
    picked = [int(index) for index in blended.argmax(axis=1)]
    labels = _without_ruled_out(rules, codes, alone, chosen, turn)
    if len(picked) == 1 and any(chosen[head] and not labels[head] for head in rules.main_needs.values()):
        picked = [int(alone[0].argmax())]  # the utterance head took a label back, so it has the say
    # The main behaviour comes last: where one utterance cannot serve two heads, it wins.
    order = sorted(rules.main_needs.items(), key=lambda item: rules.heads[MAIN].index(item[0]) == labels[MAIN])
    for main, head in order:
        family = _family(rules, codes, head)
        if labels[head]:
            _give_it_an_utterance(rules, codes, blended, picked, head, family)
        else:
            _settle_unheard(rules, codes, blended, picked, (main, head), family, labels, turn)
    return picked, labels


def _family(rules: Rules, codes: tuple[str, ...], head: str) -> NDArray[np.bool_]:
    return np.asarray([head in rules.family.get(code, {}) for code in codes])


def _without_ruled_out(
    rules: Rules, codes: tuple[str, ...], alone: Floats, chosen: dict[str, int], turn: dict[str, Floats]
) -> dict[str, int]:
    """Take back turn labels that the utterance head holds for all but impossible in every utterance."""
    labels = dict(chosen)
    for head in rules.main_needs.values():
        shaped = rules.shaped_like.get(head, ())
        fits = _family(rules, codes, head) | np.asarray([code in shaped for code in codes])
        if float((alone * fits).sum(axis=1).max()) < _RULED_OUT:
            labels[head] = 0
    _settle_rivals(rules, codes, alone, labels)
    main = rules.heads[MAIN][labels[MAIN]]
    if main in rules.main_needs and not labels[rules.main_needs[main]]:
        heard = [name for name, head in rules.main_needs.items() if labels[head]]
        best = max(heard, key=lambda name: float(turn[MAIN][rules.heads[MAIN].index(name)]), default=None)
        labels[MAIN] = rules.heads[MAIN].index(best) if best else 0
    return labels


def _settle_rivals(rules: Rules, codes: tuple[str, ...], alone: Floats, labels: dict[str, int]) -> None:
    """Drop the main behaviour's label where the turn's one utterance is heard as another behaviour also found."""
    head = rules.main_needs.get(rules.heads[MAIN][labels[MAIN]])
    if len(alone) != 1 or head is None:
        return
    heard_as = rules.family.get(codes[int(alone[0].argmax())], {})
    if head not in heard_as and any(labels[other] for other in heard_as):
        labels[head] = 0


def _give_it_an_utterance(
    rules: Rules, codes: tuple[str, ...], blended: Floats, picked: list[int], head: str, family: NDArray[np.bool_]
) -> None:
    shaped = rules.shaped_like.get(head, ())
    if not any(family[index] or codes[index] in shaped for index in picked):
        at = int((blended * family).sum(axis=1).argmax())
        picked[at] = int((blended[at] * family).argmax())


def _settle_unheard(
    rules: Rules,
    codes: tuple[str, ...],
    blended: Floats,
    picked: list[int],
    behaviour: tuple[str, str],
    family: NDArray[np.bool_],
    labels: dict[str, int],
    turn: dict[str, Floats],
) -> None:
    main, head = behaviour
    for at, index in enumerate(picked):
        if not family[index]:
            continue
        # Label 0 means "none": the utterance is surer of the behaviour than the turn is of its absence.
        if float((blended[at] * family).sum()) > float(turn[head][0]):
            wanted = [rules.heads[head].index(label) for label in rules.family[codes[index]][head]]
            labels[head] = max(wanted, key=lambda label: float(turn[head][label]))
            if labels[MAIN] == 0:
                labels[MAIN] = rules.heads[MAIN].index(main)
        elif not labels[head]:
            picked[at] = int((blended[at] * ~family).argmax())
