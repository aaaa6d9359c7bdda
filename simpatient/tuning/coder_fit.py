"""Fits and cross-validates one linear head of the coder. Knows matrices, not where texts came from.

The model is scikit-learn's ``LogisticRegression(C, class_weight="balanced")``: the same objective,
minimised by the same L-BFGS. It is written out here because most columns are dense and the rest
sparse: kept apart, a fit takes a tenth of the time (a test compares the two).
"""

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from simpatient.assessment.coder import turn_features, utterance_features
from simpatient.assessment.features import CONTEXT_CUES, HASH_WIDTH, NAMES, hashed, prepare
from simpatient.tuning.coder_data import Example
from simpatient.tuning.measures import Doubles, Ints, macro_f1, softmax

# Factors on the feature blocks while fitting (vectors and word features have length one, cues are 0 or
# 1); folded into the weights afterwards. They set how strongly the same penalty holds each block back.
BALANCES = {"meaning": (3.0, 2.0, 2.0), "words": (2.0, 1.0, 4.0)}  # turn's vector, vector before, words
# A share of the log prior is added to the scores of a fit with balanced labels ("logit adjustment",
# Menon et al. 2021), chosen on the held-out folds: balance finds rare labels, all of it finds too many.
_PRIOR_SHARES = (0.0, 0.2, 0.35, 0.5)
# The vectors' main directions carry nearly all of their spread, and fitting time goes with their number.
_DIRECTIONS, _PREVIOUS_DIRECTIONS = 224, 64
_FOLDS = 5
_ROUNDS = 60
_RULED_OUT = -20.0
_EXEMPLAR = "exemplar-"


@dataclass(frozen=True)
class Task:
    """A head's examples as a matrix; ``measured`` marks those the figures are about."""

    name: str
    labels: tuple[str, ...]
    dense: Any
    sparse: Any
    truth: Ints
    groups: list[str]
    weights: Doubles
    measured: Any
    basis: Any

    @property
    def width(self) -> int:
        """How many dense columns are fitted."""
        return int(self.basis.shape[1])

    @property
    def has_context(self) -> bool:
        """Whether the turn before is among the features."""
        return self.width > _DIRECTIONS + len(NAMES)


@dataclass(frozen=True)
class Setting:
    """How a head is fitted: inverse penalty, feature balance, and whether the turn before is used."""

    strength: float
    balance: str = "meaning"
    context: bool = True


@dataclass(frozen=True)
class CrossValidated:
    """Held-out scores of the measured examples for one setting, with the chosen share of the prior added."""

    setting: Setting
    prior_share: float
    scores: Doubles
    macro_f1: float

    def described(self) -> dict[str, Any]:
        """Return the setting and its figure for the record."""
        return {**asdict(self.setting), "prior_share": self.prior_share, "macro_f1": round(self.macro_f1, 4)}


@dataclass
class Fitted:
    """A head ready for export, and what was tried for it."""

    task: Task
    chosen: CrossValidated
    dense: Any
    hashed: Any
    bias: Any
    tried: list[dict[str, Any]] = field(default_factory=list)
    temperature: float = 1.0


@dataclass(frozen=True)
class Matrix:
    """Features of a list of examples; built once and shared by all heads that read the same texts."""

    dense: Any
    sparse: Any
    basis: Any


def make_matrix(examples: list[Example], vectors: dict[str, Any], *, turn: bool) -> Matrix:
    """Return the features of the turn heads (``turn``) or of the utterance head, one row per example."""
    from scipy import sparse  # type: ignore[import-untyped]

    blank = np.zeros(len(next(iter(vectors.values()))), dtype=np.float32)
    dense, rows, columns, values = [], [], [], []
    for at, example in enumerate(examples):
        words, vector = prepare(example.text), vectors.get(example.text, blank)
        if turn:
            before = vectors.get(example.previous, blank)
            dense.append(turn_features(vector, before, words, prepare(example.previous)))
        else:
            dense.append(utterance_features(vector, words))
        where, what = hashed(words)
        rows += [at] * len(where)
        columns += where.tolist()
        values += what.tolist()
    block = sparse.csr_matrix((values, (rows, columns)), shape=(len(examples), HASH_WIDTH), dtype=np.float32)
    basis = _basis(vectors, turn)
    return Matrix(np.stack(dense) @ basis, block, basis)


def make_task(
    name: str, labels: tuple[str, ...], examples: list[Example], matrix: Matrix, measured: list[bool]
) -> Task:
    """Return what a head learns from these examples."""
    truth = np.asarray([labels.index(example.labels[name]) for example in examples], dtype=np.int64)
    weights = np.asarray([example.weight for example in examples], dtype=np.float64)
    groups = [example.group or f"{_EXEMPLAR}{at}" for at, example in enumerate(examples)]
    return Task(name, labels, matrix.dense, matrix.sparse, truth, groups, weights, np.asarray(measured), matrix.basis)


def _basis(vectors: dict[str, Any], turn: bool) -> Any:
    """Return the map from the features to the fitted columns: main directions of the vectors, cues as they are."""
    every = np.stack(list(vectors.values())).astype(np.float64)
    _, directions = np.linalg.eigh(every.T @ every)
    main = directions[:, ::-1]
    blocks = [main[:, :_DIRECTIONS]]
    if turn:
        blocks += [main[:, :_PREVIOUS_DIRECTIONS], np.ones((1, 1))]
    blocks.append(np.eye(len(NAMES)))
    basis = np.zeros((sum(block.shape[0] for block in blocks), sum(block.shape[1] for block in blocks)))
    row = column = 0
    for block in blocks:
        basis[row : row + block.shape[0], column : column + block.shape[1]] = block
        row, column = row + block.shape[0], column + block.shape[1]
    return basis.astype(np.float32)


def fit_softmax(
    dense: Any, sparse: Any, truth: Ints, weights: Doubles, labels: int, strength: float
) -> tuple[Doubles, Doubles]:
    """Return weights, shape (dense + sparse columns, labels), and biases of a balanced softmax regression.

    Minimises ``sum(weight * log-loss) + |weights|^2 / (2 C)``, with every label given the same share
    of the total weight. A label that does not occur keeps a bias that rules it out.
    """
    from scipy.optimize import minimize  # type: ignore[import-untyped]

    share = np.bincount(truth, weights, labels)
    seen = share > 0
    balanced = weights * (weights.sum() / (seen.sum() * np.where(seen, share, 1.0)))[truth]
    wanted = np.zeros((len(truth), labels))
    wanted[np.arange(len(truth)), truth] = 1.0
    width = dense.shape[1]
    transposed = sparse.T.tocsr()

    def loss(flat: Doubles) -> tuple[float, Doubles]:
        table = flat.reshape(-1, labels)
        small = table.astype(np.float32)
        turned = np.ascontiguousarray(small[:width].T) @ dense.T  # this way round is twice as fast
        scores = (turned.T + sparse @ small[width:-1]).astype(np.float64) + table[-1]
        scores[:, ~seen] = -1e9
        chances = softmax(scores)
        miss = (chances - wanted) * balanced[:, None]
        small_miss = miss.astype(np.float32)
        steep = (np.ascontiguousarray(small_miss.T) @ dense).T
        slope = np.concatenate([steep, transposed @ small_miss, miss.sum(0, keepdims=True)])
        slope = slope.astype(np.float64)
        slope[:-1] += table[:-1] / strength
        value = -(balanced * np.log(chances[np.arange(len(truth)), truth] + 1e-30)).sum()
        return float(value + (table[:-1] ** 2).sum() / (2 * strength)), slope.ravel()

    start = np.zeros((width + sparse.shape[1] + 1) * labels)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": _ROUNDS, "maxcor": 10})
    table = found.x.reshape(-1, labels)
    bias = table[-1].copy()
    bias[~seen] = _RULED_OUT
    return table[:-1], bias


def _folds(task: Task, seed: int) -> list[tuple[Any, Any]]:
    from sklearn.model_selection import GroupKFold, StratifiedKFold

    names = [group for group, is_measured in zip(task.groups, task.measured, strict=True) if is_measured]
    count = min(_FOLDS, len(set(names)))
    if all(group.startswith(_EXEMPLAR) for group in names):
        splitter = StratifiedKFold(count, shuffle=True, random_state=seed).split(task.dense, task.truth)
    else:
        splitter = GroupKFold(count, shuffle=True, random_state=seed).split(task.dense, task.truth, task.groups)
    return list(splitter)


def cross_validate(task: Task, setting: Setting, seed: int) -> CrossValidated:
    """Return held-out scores of the measured examples, whole conversations held out together."""
    scale, factor = _scales(task, setting)
    dense, sparse = task.dense * scale, task.sparse * factor
    labels, scores = len(task.labels), np.zeros((len(task.truth), len(task.labels)))
    for train, test in _folds(task, seed):
        test = test[task.measured[test]]
        if len(test):
            table, bias = fit_softmax(
                dense[train], sparse[train], task.truth[train], task.weights[train], labels, setting.strength
            )
            scores[test] = dense[test] @ table[: task.width] + sparse[test] @ table[task.width :] + bias
    truth, kept = task.truth[task.measured], scores[task.measured]
    results = [(macro_f1(truth, (kept + _prior(task, share)).argmax(1), labels), share) for share in _PRIOR_SHARES]
    best, share = max(results)
    return CrossValidated(setting, share, kept + _prior(task, share), best)


def _prior(task: Task, share: float) -> Doubles:
    counts = np.bincount(task.truth[task.measured], minlength=len(task.labels)) + 1.0
    return np.asarray(share * np.log(counts / counts.sum()))


def _scales(task: Task, setting: Setting) -> tuple[Any, Any]:
    """Return the factors of the dense columns and the one of the word columns."""
    vector, before, words = BALANCES[setting.balance]
    keep = np.ones(task.width, dtype=np.float32)
    keep[:_DIRECTIONS] = vector
    if task.has_context:
        context = slice(_DIRECTIONS, _DIRECTIONS + _PREVIOUS_DIRECTIONS)
        keep[context] = before if setting.context else 0.0
        if not setting.context:
            keep[context.stop] = 0.0
            keep[task.width - CONTEXT_CUES :] = 0.0
    return keep, np.float32(words)


def fit_head(task: Task, chosen: CrossValidated) -> Fitted:
    """Fit on everything with the chosen setting and fold the block factors into the weights."""
    scale, factor = _scales(task, chosen.setting)
    table, bias = fit_softmax(
        task.dense * scale,
        task.sparse * factor,
        task.truth,
        task.weights,
        len(task.labels),
        chosen.setting.strength,
    )
    dense = task.basis @ (table[: task.width] * scale[:, None])
    return Fitted(task, chosen, dense, table[task.width :] * factor, bias + _prior(task, chosen.prior_share))
