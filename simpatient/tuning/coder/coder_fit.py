"""Fits and cross-validates one linear head of the coder. Knows matrices, not where texts came from.

The model is scikit-learn's ``LogisticRegression(C, class_weight="balanced")``: the same objective,
minimised by the same L-BFGS. It is written out here because most columns are dense and the rest
sparse: kept apart, a fit takes a tenth of the time (a test compares the two).
"""

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from simpatient.assessment.coding.coder import turn_features, utterance_features
from simpatient.assessment.coding.features import CONTEXT_CUES, HASH_WIDTH, NAMES, hashed, prepare
from simpatient.tuning.coder.coder_data import EXEMPLAR, Example
from simpatient.tuning.coder.measures import Doubles, Ints, best_temperature, macro_f1, softmax

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
_ADAPTER_SHARES = (0.0, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0)
_PLACEHOLDERS = 946  # as many exemplars took part in version 1.0's split


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
    folds: Ints

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
    """Held-out scores of the measured examples for one setting; the figure is with the prior's share added."""

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
    adapted: Any = None
    held_out: "HeldOut | None" = None


@dataclass(frozen=True)
class HeldOut:
    """Held-out figures' inputs.

    Attributes:
        scores: With the settings chosen on all folds, which is what ships.
        fair: Each fold's scores with the share, prior and temperature chosen on the other folds.
        share: How much the adapter's scores count beside the linear head's.
        prior_share: How much of the log prior is added.
    """

    scores: Doubles
    fair: Doubles
    share: float
    prior_share: float


@dataclass(frozen=True)
class Matrix:
    """Features of a list of examples; built once and shared by all heads that read the same texts."""

    dense: Any
    sparse: Any
    basis: Any


def make_matrix(examples: list[Example], vectors: dict[Any, Any], *, turn: bool) -> Matrix:
    """Return the features of the turn heads (``turn``) or of the utterance head, one row per example."""
    from scipy import sparse  # type: ignore[import-untyped]

    blank = np.zeros(len(next(iter(vectors.values()))), dtype=np.float32)  # of a missing turn before
    dense, rows, columns, values = [], [], [], []
    for at, example in enumerate(examples):
        words, vector = prepare(example.text), vectors.get(example.key, blank)
        if turn:
            before = vectors.get((example.previous, None), blank)
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
    name: str,
    labels: tuple[str, ...],
    examples: list[Example],
    matrix: Matrix,
    measured: list[bool],
    fold_of: dict[str, int],
) -> Task:
    """Return what a head learns from these examples."""
    truth = np.asarray([labels.index(example.labels[name]) for example in examples], dtype=np.int64)
    weights = np.asarray([example.weight for example in examples], dtype=np.float64)
    groups = [example.group for example in examples]
    folds = np.asarray([fold_of[group] for group in groups], dtype=np.int64)
    marks = np.asarray(measured)
    return Task(name, labels, matrix.dense, matrix.sparse, truth, groups, weights, marks, matrix.basis, folds)


def _basis(vectors: dict[Any, Any], turn: bool) -> Any:
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


def split(conversations: list[str], exemplars: dict[str, str], seed: int) -> dict[str, int]:
    """Return the fold of every conversation (one entry per turn is given) and of every exemplar (by code).

    The placeholders keep the conversations' folds those of version 1.0, so that figures can be compared.
    """
    from sklearn.model_selection import GroupKFold, StratifiedKFold

    count = min(_FOLDS, len(set(conversations)))
    groups = conversations + [f"{EXEMPLAR}{at + len(conversations)}" for at in range(_PLACEHOLDERS)]
    found: dict[str, int] = {}
    for fold, (_, test) in enumerate(GroupKFold(count, shuffle=True, random_state=seed).split(groups, None, groups)):
        found.update({groups[at]: fold for at in test if at < len(conversations)})
    lines, codes = list(exemplars), list(exemplars.values())
    splitter = StratifiedKFold(count, shuffle=True, random_state=seed)
    for fold, (_, test) in enumerate(splitter.split(lines, codes)):
        found.update({lines[at]: fold for at in test})
    return found


def cross_validate(task: Task, setting: Setting) -> CrossValidated:
    """Return held-out scores of the measured examples, whole conversations held out together."""
    scale, factor = _scales(task, setting)
    dense, sparse = task.dense * scale, task.sparse * factor
    labels, scores = len(task.labels), np.zeros((len(task.truth), len(task.labels)))
    for fold in np.unique(task.folds):
        train = np.flatnonzero(task.folds != fold)
        test = np.flatnonzero((task.folds == fold) & task.measured)
        if len(test):
            table, bias = fit_softmax(
                dense[train], sparse[train], task.truth[train], task.weights[train], labels, setting.strength
            )
            scores[test] = dense[test] @ table[: task.width] + sparse[test] @ table[task.width :] + bias
    truth, kept = task.truth[task.measured], scores[task.measured]
    results = [(macro_f1(truth, (kept + _prior(task, share)).argmax(1), labels), share) for share in _PRIOR_SHARES]
    best, share = max(results)
    return CrossValidated(setting, share, kept, best)


def combine(task: Task, linear: Doubles, adapted: Doubles | None) -> HeldOut:
    """Choose how the two held-out scores are added up, for each fold on the other folds and for all at once."""
    truth, folds = task.truth[task.measured], task.folds[task.measured]
    second = np.zeros_like(linear) if adapted is None else adapted
    shares = (0.0,) if adapted is None else _ADAPTER_SHARES
    ways = [(share, prior) for share in shares for prior in _PRIOR_SHARES]
    sums = [linear + share * second + _prior(task, prior) for share, prior in ways]

    def best(kept: Any) -> int:
        return max(range(len(ways)), key=lambda at: macro_f1(truth[kept], sums[at][kept].argmax(1), len(task.labels)))

    fair = np.zeros_like(linear)
    for fold in np.unique(folds):
        others = folds != fold
        way = best(others) if others.any() else best(~others)
        basis = others if others.any() else ~others
        fair[~others] = sums[way][~others] / best_temperature(truth[basis], sums[way][basis])
    chosen = best(np.ones(len(truth), dtype=bool))
    return HeldOut(sums[chosen], fair, *ways[chosen])


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


def fit_head(task: Task, chosen: CrossValidated, held_out: HeldOut) -> Fitted:
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
    fitted = Fitted(task, chosen, dense, table[task.width :] * factor, bias + _prior(task, held_out.prior_share))
    fitted.adapted = np.zeros((0, len(task.labels)))
    fitted.held_out = held_out
    return fitted


def add_adapter(head: Fitted, table: Doubles, bias: Doubles) -> None:
    """Fold the adapter's head into the linear one: cues and bias are added, the adapted vector gets its own rows."""
    if head.held_out is None:
        raise ValueError("the head has no held-out scores yet")
    share, cues = head.held_out.share, len(NAMES)
    head.adapted = share * table[:-cues]
    head.dense[-cues:] += share * table[-cues:]
    head.bias += share * bias
