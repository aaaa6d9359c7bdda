"""From several answers to one label with a confidence made of their agreement. Pure arithmetic.

Must not know who answered or what the labels mean.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simpatient.assessment.coding.features import Floats

UNREADABLE = "an answer could not be read"
UNQUOTED = "an answer did not quote these words"
DISAGREED = "the answers did not agree"


@dataclass(frozen=True)
class Vote:
    """One answer about one thing: a label's index, or None with the reason why it does not count."""

    label: int | None
    reason: str = ""


def shares(votes: Sequence[Vote], labels: int, doubt: float) -> Floats:
    """Return how sure each label is, shape (labels,), summing to one.

    The mean of a Dirichlet distribution: ``doubt`` votes are spread evenly over the labels beforehand,
    and a vote that does not count is spread evenly too. One vote alone thus makes nothing certain.
    """
    counted = np.zeros(labels, dtype=np.float64)
    for vote in votes:
        if vote.label is not None:
            counted[vote.label] += 1.0
    loose = doubt + len(votes) - counted.sum()
    found: Floats = ((counted + loose / labels) / (len(votes) + doubt)).astype(np.float32)
    return found


def reason_for_doubt(votes: Sequence[Vote]) -> str:
    """Return why no label is sure: what made most votes not count, or disagreement among those that do."""
    reasons = [vote.reason for vote in votes if vote.label is None]
    if 2 * len(reasons) >= len(votes) and reasons:
        return max(sorted(set(reasons)), key=reasons.count)
    return DISAGREED
