"""How like examples a sentence is, in meaning and in wording: ridge regression on vectors and word pairs.

The examples are data. A fit is a pure function of them, so nothing is trained ahead and nothing is stored.
Must not know what the examples are of, nor which encoder made the vectors.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from simpatient.domain.ports import Embeddings
from simpatient.patient.phrases import normalise

Doubles = NDArray[np.float64]
_WORD = re.compile(r"[a-z']+|[?!:*\[\]]")
_START = "^"


def word_pairs(text: str) -> frozenset[str]:
    """Return a sentence's words and pairs of neighbours, lower case, its start and telling marks among them."""
    words = [_START, *_WORD.findall(normalise(text).lower())]
    return frozenset([*words, *(f"{first} {second}" for first, second in pairwise(words))])


@dataclass(frozen=True)
class ExampleClassifier:
    """A fitted model: for each label one weight per vector column and per word pair.

    Attributes:
        labels: In the order of the columns; the first column is for any of them.
        by_meaning: Shape ``(384, 1 + labels)``.
        by_wording: Weights of each word pair, shape ``(1 + labels,)``.
    """

    labels: tuple[str, ...]
    by_meaning: Doubles
    by_wording: dict[str, Doubles]

    def judge(self, text: str, vector: Embeddings) -> tuple[str, float]:
        """Return the likeliest label and how like any of them the sentence is (1 like the examples, -1 not)."""
        pairs = word_pairs(text)
        nothing = np.zeros(len(self.labels) + 1)
        wording = sum((self.by_wording.get(pair, nothing) for pair in pairs), nothing) / np.sqrt(len(pairs))
        scores = vector @ self.by_meaning + wording
        return self.labels[int(scores[1:].argmax())], float(scores[0])


def fit_example_classifier(
    texts: Sequence[str], labels: Sequence[str], vectors: Embeddings, *, wording: float, strictness: float
) -> ExampleClassifier:
    """Fit a model on labelled sentences; those labelled '' are the other side.

    Args:
        texts: The sentences.
        labels: One each; both sides weigh the same in sum, however many sentences they have.
        vectors: Shape ``(len(texts), 384)``.
        wording: Weight of word pairs beside the vectors.
        strictness: Ridge penalty.
    """
    names = tuple(dict.fromkeys(label for label in labels if label))
    stopped = np.array([bool(label) for label in labels])
    # Targets are 1 for the label and -1 for everything else.
    wanted = np.column_stack([stopped, *(np.array([label == name for label in labels]) for name in names)]) * 2.0 - 1.0
    share = np.where(stopped, stopped.sum(), (~stopped).sum()) * 2 / len(texts)
    pairs = [word_pairs(text) for text in texts]
    kernel = vectors.astype(np.float64) @ vectors.T + wording * _shared(pairs)
    # A penalty that grows with the size of a side evens out how many sentences each side has.
    kernel[np.diag_indices_from(kernel)] += strictness * share
    weights = np.linalg.solve(kernel, wanted)
    by_wording: dict[str, Doubles] = {}
    for own, weight in zip(pairs, weights, strict=True):
        for pair in own:
            by_wording[pair] = by_wording.get(pair, 0.0) + weight * (wording / np.sqrt(len(own)))
    return ExampleClassifier(names, vectors.T.astype(np.float64) @ weights, by_wording)


def _shared(pairs: Sequence[frozenset[str]]) -> Doubles:
    """Return the cosines of the sentences' word pairs, shape ``(n, n)``."""
    holders: dict[str, list[int]] = {}
    for row, own in enumerate(pairs):
        for pair in own:
            holders.setdefault(pair, []).append(row)
    shared = np.zeros((len(pairs), len(pairs)))
    for rows in holders.values():
        shared[np.ix_(rows, rows)] += 1.0
    lengths = np.sqrt(np.array([len(own) for own in pairs], dtype=np.float64))
    shared /= lengths[:, None] * lengths[None, :]
    return shared
