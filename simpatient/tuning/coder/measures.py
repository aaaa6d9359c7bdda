"""Agreement and calibration figures for the model card. Knows labels and probabilities only."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Doubles = NDArray[np.float64]
_COVERAGES = (100, 90, 80, 70, 60, 50)


def macro_f1(true: Ints, found: Ints, labels: int) -> float:
    """Return the mean F1 over the labels that occur in either."""
    table = confusion(true, found, labels)
    hits = np.diag(table).astype(float)
    sums = table.sum(0) + table.sum(1)
    seen = sums > 0
    return float((2 * hits[seen] / sums[seen]).mean()) if seen.any() else 0.0


def confusion(true: Ints, found: Ints, labels: int) -> Ints:
    """Return counts, rows true and columns found."""
    return np.bincount(true * labels + found, minlength=labels * labels).reshape(labels, labels).astype(np.int64)


def bootstrap_f1(
    true: Ints, found: Ints, groups: Sequence[str], labels: int, seed: int, rounds: int = 1000
) -> tuple[float, float]:
    """Return the 95 % interval of the macro-F1, drawing whole conversations with replacement."""
    names, index = np.unique(np.asarray(groups), return_inverse=True)
    tables = np.stack([confusion(true[index == at], found[index == at], labels) for at in range(len(names))])
    random = np.random.default_rng(seed)
    values = []
    for _ in range(rounds):
        table = tables[random.integers(0, len(names), len(names))].sum(0)
        sums = table.sum(0) + table.sum(1)
        seen = sums > 0
        values.append(float((2 * np.diag(table)[seen] / sums[seen]).mean()))
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def calibration_error(true: Ints, probabilities: Doubles, picked: Ints, bins: int = 10) -> float:
    """Return the expected calibration error of the picked labels (Guo et al. 2017), equal-width bins."""
    sure = probabilities[np.arange(len(true)), picked]
    right = picked == true
    place = np.minimum((sure * bins).astype(int), bins - 1)
    gaps = [abs(sure[place == b].mean() - right[place == b].mean()) * (place == b).mean() for b in set(place)]
    return float(sum(gaps))


def accuracy_at_coverage(true: Ints, probabilities: Doubles, picked: Ints) -> dict[str, float]:
    """Return the accuracy over the surest share of the answers, by share in per cent: the risk-coverage curve."""
    sure = probabilities[np.arange(len(true)), picked]
    right = (picked == true)[np.argsort(-sure, kind="stable")]
    return {str(share): round(float(right[: max(1, len(right) * share // 100)].mean()), 3) for share in _COVERAGES}


def log_loss(true: Ints, probabilities: Doubles) -> float:
    """Return the mean negative log-likelihood of the true labels."""
    return float(-np.log(probabilities[np.arange(len(true)), true] + 1e-12).mean())


def softmax(scores: Doubles, temperature: float = 1.0) -> Doubles:
    """Return the row-wise softmax of ``scores / temperature``."""
    shifted = scores / temperature
    powers = np.exp(shifted - shifted.max(1, keepdims=True))
    found: Doubles = powers / powers.sum(1, keepdims=True)
    return found


def best_temperature(true: Ints, scores: Doubles) -> float:
    """Return the temperature with the least log-loss on held-out scores (a fine grid, 0.25 to 5)."""
    grid = np.geomspace(0.25, 5.0, 61)
    return float(min(grid, key=lambda temperature: log_loss(true, softmax(scores, float(temperature)))))
