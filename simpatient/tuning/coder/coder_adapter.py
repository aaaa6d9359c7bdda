"""Trains the coder's adapter: low-rank changes of the encoder's top layers, all heads at once.

The lower layers' states of every text are worked out once, so that an epoch costs only the top layers.
Knows states, targets and folds; must not know where texts came from or which labels mean what.
"""

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from simpatient.domain.ports import Adapter, SentenceEncoder
from simpatient.tuning.coder.measures import Doubles

_HEAD_WIDTH = 32
_EPSILON = 1e-12
_LINEAR = ("query", "key", "value", "mix", "grow", "shrink")
_GAIN = 2.0  # alpha / rank of the low-rank changes (Hu et al. 2021)
_LONGEST = 96


class TrainableEncoder(SentenceEncoder, Protocol):
    """An encoder that shows its middle states and the weights of its top layers."""

    def states(self, texts: Sequence[str]) -> Sequence[Any]:
        """Return per text ``values`` (tokens, width) and character ``offsets`` (tokens, 2), None for blank texts."""
        ...

    def top_layers(self, first: int) -> list[dict[str, Any]]:
        """Return the weights of the layers from ``first`` on, as arrays by name."""
        ...


@dataclass(frozen=True)
class Plan:
    """How the adapter is trained.

    Attributes:
        layer: Lower layers left alone; must be the layer whose states the encoder shows.
        rank: Of the changes (Hu et al. 2021, "LoRA").
        previous_tokens: How much of the end of the turn before is seen.
        epochs: Passes over the examples.
        rate: Peak learning rate of the changes; the heads' is twice as high.
        smoothing: Of the labels, for the noise of a single annotator.
        balance: Power of the inverse label frequency in the loss; 1 would weigh all labels alike.
        reduced: Matrix products in bfloat16: nearly twice as fast where the processor has it.
    """

    layer: int = 4
    rank: int = 16
    previous_tokens: int = 24
    epochs: int = 2
    rate: float = 2e-3
    smoothing: float = 0.1
    balance: float = 0.5
    dropout: float = 0.1
    batch: int = 32
    reduced: bool = True


@dataclass(frozen=True)
class AdapterTarget:
    """A stretch of a text (None: all of it) with the label numbers of the heads it teaches."""

    span: tuple[int, int] | None
    labels: dict[str, int]
    cues: Any


@dataclass(frozen=True)
class Item:
    """A text to learn from: targets, weight, and the fold in which it is held out."""

    text: str
    previous: str
    targets: tuple[AdapterTarget, ...]
    weight: float
    fold: int


@dataclass(frozen=True)
class Trained:
    """A trained adapter: its arrays, and per head the table over (adapted vector, cues) and the bias."""

    adapter: Adapter
    tables: dict[str, tuple[Any, Any]]


class _Changed(nn.Module):
    """A linear layer that stays as it is, with a low-rank change beside it."""

    def __init__(self, weight: Any, bias: Any, rank: int) -> None:
        super().__init__()
        self.register_buffer("weight", torch.from_numpy(weight))
        self.register_buffer("bias", torch.from_numpy(bias))
        self.a = nn.Parameter(torch.randn(rank, weight.shape[1]) / math.sqrt(weight.shape[1]))
        self.b = nn.Parameter(torch.zeros(weight.shape[0], rank))

    def forward(self, given: Any) -> Any:
        changed = functional.linear(functional.linear(given, self.a), self.b)
        return functional.linear(given, self.weight, self.bias) + _GAIN * changed


class _Layer(nn.Module):
    """One BERT layer (post-norm, GELU) with low-rank changes; ``llm.encoder.embedder_reading`` runs the same."""

    def __init__(self, weights: dict[str, Any], plan: Plan) -> None:
        super().__init__()
        self.parts = nn.ModuleDict(
            {name: _Changed(weights[f"{name}.weight"], weights[f"{name}.bias"], plan.rank) for name in _LINEAR}
        )
        self.dropout = plan.dropout
        for name in ("mix_norm", "out_norm"):
            self.register_buffer(f"{name}_weight", torch.from_numpy(weights[f"{name}.weight"]))
            self.register_buffer(f"{name}_bias", torch.from_numpy(weights[f"{name}.bias"]))

    def forward(self, states: Any, mask: Any) -> Any:
        count, length, width = states.shape

        def split(name: str) -> Any:
            return self.parts[name](states).view(count, length, -1, _HEAD_WIDTH).transpose(1, 2)

        heard = _attended(split("query"), split("key"), split("value"), mask)
        mixed = self._dropped(self.parts["mix"](heard.transpose(1, 2).reshape(count, length, width)))
        states = functional.layer_norm(states + mixed, (width,), self.mix_norm_weight, self.mix_norm_bias, _EPSILON)
        grown = self._dropped(self.parts["shrink"](functional.gelu(self.parts["grow"](states))))
        return functional.layer_norm(states + grown, (width,), self.out_norm_weight, self.out_norm_bias, _EPSILON)

    def _dropped(self, given: Any) -> Any:
        return functional.dropout(given, self.dropout, self.training)


def _attended(query: Any, key: Any, value: Any, mask: Any) -> Any:
    """Return what attention hears, written out: torch's own fused one takes most of an epoch in bfloat16 on a CPU."""
    likeness = (query @ key.transpose(-1, -2)).float() / math.sqrt(_HEAD_WIDTH)
    return torch.softmax(likeness + mask, -1).to(value.dtype) @ value


class _Network(nn.Module):
    def __init__(self, layers: list[dict[str, Any]], heads: dict[str, int], cues: int, plan: Plan) -> None:
        super().__init__()
        width = len(layers[0]["query.bias"])
        self.layers = nn.ModuleList([_Layer(weights, plan) for weights in layers])
        self.kinds = nn.Parameter(torch.zeros(2, width))
        self.heads = nn.ModuleDict({name: nn.Linear(width + cues, count) for name, count in heads.items()})

    def forward(self, batch: "_Batch") -> Any:
        """Return the adapted vector beside the cues, one row per target."""
        states = batch.states + self.kinds[batch.kinds]
        for layer in self.layers:
            states = layer(states, batch.mask)
        pooled = batch.pool @ states.float().reshape(-1, states.shape[-1])
        return torch.cat([functional.dropout(pooled, 2 * self.layers[0].dropout, self.training), batch.cues], 1)


@dataclass(frozen=True)
class _Batch:
    items: list[Item]
    states: Any
    kinds: Any
    mask: Any
    pool: Any
    cues: Any


class AdapterTrainer:
    """Trains adapters on the same items with different folds left out.

    Args:
        encoder: Gives states and top layers.
        items: What is learnt from.
        heads: How many labels each head has.
        plan: How it is trained.
        seed: Fixes the start, the order and the dropout; the same machine then gives the same weights.
    """

    def __init__(
        self, encoder: TrainableEncoder, items: list[Item], heads: dict[str, int], plan: Plan, seed: int
    ) -> None:
        self._items, self._heads, self._plan, self._seed = items, heads, plan, seed
        self._top = encoder.top_layers(plan.layer)
        self._states = _halved(encoder, items)
        self._blank = np.zeros((1, len(self._top[0]["query.bias"])), dtype=np.float16)

    def train(self, left_out: int | None) -> Trained:
        """Train on all items but those of a fold (None: on all)."""
        torch.manual_seed(self._seed + (left_out or 0))
        random = np.random.default_rng(self._seed + (left_out or 0))
        items = [item for item in self._items if item.fold != left_out or left_out is None]
        network = _Network(self._top, self._heads, len(items[0].targets[0].cues), self._plan)
        importance = self._importance(items)
        optimiser, schedule = self._optimiser(network, math.ceil(len(items) / self._plan.batch))
        network.train()
        for _ in range(self._plan.epochs):
            for batch in self._batches(items, random):
                optimiser.zero_grad()
                self._loss(network, batch, importance).backward()
                nn.utils.clip_grad_norm_(network.parameters(), 1.0)
                optimiser.step()
                schedule.step()
        return self._exported(network)

    def scores(self, trained: Trained, items: list[Item], name: str) -> Doubles:
        """Return a head's scores for the first target of each item, in the items' order."""
        network = _Network(self._top, self._heads, len(items[0].targets[0].cues), self._plan)
        _restore(network, trained, self._plan)
        network.eval()
        table, bias = trained.tables[name]
        found = np.zeros((len(items), self._heads[name]))
        place = {id(item): at for at, item in enumerate(items)}
        with torch.inference_mode():
            for batch in self._batches(items, None):
                rows = network(batch).numpy()
                first = np.cumsum([0] + [len(item.targets) for item in batch.items[:-1]])
                for item, row in zip(batch.items, rows[first], strict=True):
                    found[place[id(item)]] = row @ table + bias
        return found

    def _loss(self, network: _Network, batch: _Batch, importance: dict[str, Any]) -> Any:
        with torch.autocast("cpu", torch.bfloat16, enabled=self._plan.reduced):
            features = network(batch)
        features = features.float()
        targets = [(target, item.weight) for item in batch.items for target in item.targets]
        total = torch.zeros(())
        for name in self._heads:
            at = [row for row, (target, _) in enumerate(targets) if name in target.labels]
            if at:
                truth = torch.tensor([targets[row][0].labels[name] for row in at])
                weights = torch.tensor([targets[row][1] for row in at]) * importance[name][truth]
                losses = functional.cross_entropy(
                    network.heads[name](features[at]), truth, reduction="none", label_smoothing=self._plan.smoothing
                )
                total = total + (losses * weights).sum() / len(batch.items)
        return total

    def _importance(self, items: list[Item]) -> dict[str, Any]:
        found = {}
        for name, count in self._heads.items():
            numbers = [t.labels[name] for item in items for t in item.targets if name in t.labels]
            counts = np.bincount(numbers, minlength=count) + 1.0
            weight = (counts.sum() / counts) ** self._plan.balance
            found[name] = torch.tensor(weight * counts.sum() / (weight * counts).sum(), dtype=torch.float32)
        return found

    def _optimiser(self, network: _Network, batches: int) -> tuple[Any, Any]:
        heads = [value for name, value in network.named_parameters() if name.startswith("heads")]
        changes = [value for name, value in network.named_parameters() if not name.startswith("heads")]
        rates = [self._plan.rate, 2 * self._plan.rate]
        groups = [{"params": changes, "lr": rates[0]}, {"params": heads, "lr": rates[1]}]
        optimiser = torch.optim.AdamW(groups, weight_decay=0.01)
        steps = max(2, self._plan.epochs * batches) + 1
        return optimiser, torch.optim.lr_scheduler.OneCycleLR(
            optimiser, rates, total_steps=steps, pct_start=0.1, anneal_strategy="linear"
        )

    def _batches(self, items: list[Item], random: Any) -> Iterator[_Batch]:
        """Items of about the same length go together; in training the groups change and come in any order."""
        lengths = np.asarray([self._length(item) for item in items], dtype=float)
        if random is not None:
            lengths *= 1 + random.uniform(-0.15, 0.15, len(items))
        order = np.argsort(lengths, kind="stable")
        groups = [order[at : at + self._plan.batch] for at in range(0, len(order), self._plan.batch)]
        if random is not None:
            random.shuffle(groups)
        for group in groups:
            yield self._batch([items[at] for at in group])

    def _length(self, item: Item) -> int:
        return len(self._own(item)[0]) + len(self._before(item))

    def _own(self, item: Item) -> tuple[Any, Any]:
        return self._states.get(item.text, (self._blank, np.zeros((1, 2), dtype=np.int64)))

    def _before(self, item: Item) -> Any:
        found = self._states.get(item.previous)
        return found[0][-self._plan.previous_tokens :] if found is not None else self._blank[:0]

    def _batch(self, items: list[Item]) -> _Batch:
        rows = [(self._own(item), self._before(item)) for item in items]
        longest = max(len(own[0]) + len(before) for own, before in rows)
        states = torch.zeros(len(items), longest, self._blank.shape[1])
        kinds = torch.zeros(len(items), longest, dtype=torch.long)
        hidden = torch.ones(len(items), longest, dtype=torch.bool)
        pool = torch.zeros(sum(len(item.targets) for item in items), len(items), longest)
        at = 0
        for row, (item, (own, before)) in enumerate(zip(items, rows, strict=True)):
            length = len(own[0])
            states[row, :length] = torch.from_numpy(own[0])
            states[row, length : length + len(before)] = torch.from_numpy(before)
            kinds[row, length:] = 1
            hidden[row, : length + len(before)] = False
            for target in item.targets:
                tokens = tokens_of(own[1], target.span)
                pool[at, row, tokens] = 1.0 / len(tokens)
                at += 1
        mask = torch.zeros(hidden.shape).masked_fill(hidden, -1e9)[:, None, None, :]
        cues = torch.from_numpy(np.stack([target.cues for item in items for target in item.targets]))
        return _Batch(items, states, kinds, mask, pool.reshape(at, -1), cues.float())

    def _exported(self, network: _Network) -> Trained:
        arrays: dict[str, Any] = {"kinds": network.kinds.detach().numpy().astype(np.float16)}
        for at, layer in enumerate(network.layers, self._plan.layer):
            for name, part in layer.parts.items():
                arrays[f"{at}.{name}.a"] = part.a.detach().numpy().astype(np.float16)
                arrays[f"{at}.{name}.b"] = (_GAIN * part.b.detach()).numpy().astype(np.float16)
        tables = {
            name: (head.weight.detach().numpy().T.astype(np.float64), head.bias.detach().numpy().astype(np.float64))
            for name, head in network.heads.items()
        }
        return Trained(Adapter(_digest(arrays), self._plan.layer, self._plan.previous_tokens, arrays), tables)


def tokens_of(offsets: Any, span: tuple[int, int] | None) -> Any:
    """Return the numbers of the tokens of a span; all tokens, the tokeniser's marks included, for None."""
    everything = np.arange(len(offsets))
    if span is None:
        return everything
    inside = (offsets[:, 1] > offsets[:, 0]) & (offsets[:, 0] < span[1]) & (offsets[:, 1] > span[0])
    return everything[inside] if inside.any() else everything


def _restore(network: _Network, trained: Trained, plan: Plan) -> None:
    arrays = trained.adapter.arrays
    with torch.no_grad():
        network.kinds.copy_(torch.from_numpy(arrays["kinds"].astype(np.float32)))
        for at, layer in enumerate(network.layers, plan.layer):
            for name, part in layer.parts.items():
                part.a.copy_(torch.from_numpy(arrays[f"{at}.{name}.a"].astype(np.float32)))
                part.b.copy_(torch.from_numpy(arrays[f"{at}.{name}.b"].astype(np.float32) / _GAIN))


def _halved(encoder: TrainableEncoder, items: list[Item]) -> dict[str, tuple[Any, Any]]:
    """Return the states of all texts in half precision, so that tens of thousands fit into memory."""
    texts = sorted({text for item in items for text in (item.text, item.previous) if text.strip()})
    found = {}
    for first in range(0, len(texts), 512):
        part = texts[first : first + 512]
        for text, states in zip(part, encoder.states(part), strict=True):
            values = np.asarray(states.values, dtype=np.float32)[:_LONGEST]
            found[text] = (values.astype(np.float16), np.asarray(states.offsets)[:_LONGEST])
    return found


def _digest(arrays: dict[str, Any]) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(name.encode() + b"\0" + arrays[name].tobytes())
    return digest.hexdigest()
