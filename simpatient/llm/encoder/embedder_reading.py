"""Reads whole turns for a coder: the encoder's lower layers once, then its own and adapted top layers.

The lower layers' states of recent texts are kept, so that the turn before costs nothing. Must not know
what an adapter was trained for. Importing this module loads no torch.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simpatient.domain.ports import Adapter, Embeddings, EncodingRequest

# Lower layers an adapter leaves alone, of all-MiniLM-L6-v2's six.
LOWER_LAYERS = 4
_REMEMBERED = 64
_EPSILON = 1e-12
_HEAD_WIDTH = 32
# The eight matrices and four vectors of a BERT layer, by our names.
PARTS = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "mix": "attention.output.dense",
    "grow": "intermediate.dense",
    "shrink": "output.dense",
}
NORMS = {"mix_norm": "attention.output.LayerNorm", "out_norm": "output.LayerNorm"}


@dataclass(frozen=True)
class HiddenStates:
    """Token states of one text: ``values`` (tokens, width) and character ``offsets`` (tokens, 2)."""

    values: Any
    offsets: Any


def layer_weights(model: Any, at: int) -> dict[str, Any]:
    """Return the weights of one layer of a BERT model as ``name.weight`` and ``name.bias`` tensors."""
    found = {}
    for name, path in {**PARTS, **NORMS}.items():
        module = model.encoder.layer[at].get_submodule(path)
        found[f"{name}.weight"], found[f"{name}.bias"] = module.weight.detach(), module.bias.detach()
    return found


class Packed:
    """Texts of different lengths laid end to end: everything but attention then works without padding.

    Args:
        lengths: Tokens of each text, in order.
    """

    def __init__(self, lengths: Sequence[int]) -> None:
        import torch

        self.lengths = list(lengths)
        self.longest = max(self.lengths)
        self.is_even = min(self.lengths) == self.longest
        columns = torch.cat([torch.arange(length) for length in self.lengths])
        rows = torch.repeat_interleave(torch.arange(len(self.lengths)), torch.tensor(self.lengths))
        self.places = rows * self.longest + columns
        hidden = torch.arange(self.longest)[None, :] >= torch.tensor(self.lengths)[:, None]
        hiding = torch.zeros(hidden.shape).masked_fill(hidden, float("-inf"))
        self.mask = None if self.is_even else hiding[:, None, None, :]

    def spread(self, flat: Any) -> Any:
        """Return the packed rows as (texts, attention heads, longest, head width)."""
        count, width = len(self.lengths), flat.shape[-1]
        if not self.is_even:
            flat = flat.new_zeros(count * self.longest, width).index_copy_(0, self.places, flat)
        return flat.view(count, self.longest, width // _HEAD_WIDTH, _HEAD_WIDTH).transpose(1, 2)

    def gathered(self, spread: Any) -> Any:
        """Undo ``spread``."""
        flat = spread.transpose(1, 2).reshape(len(self.lengths) * self.longest, -1)
        return flat if self.is_even else flat[self.places]

    def split(self, flat: Any) -> Any:
        """Return each text's rows."""
        return flat.split(self.lengths)


def run_layer(weights: Mapping[str, Any], flat: Any, packed: Packed, wanted: tuple[Any, Packed] | None = None) -> Any:
    """Return the states after one BERT layer (post-norm, GELU).

    Args:
        weights: As from ``layer_weights``.
        flat: States of all tokens, packed.
        packed: Where each text's tokens are.
        wanted: Numbers of the tokens whose states are asked for, and how they are packed; None for all.
    """
    from torch.nn import functional as nn

    def project(name: str, given: Any) -> Any:
        return nn.linear(given, weights[f"{name}.weight"], weights[f"{name}.bias"])

    def norm(name: str, given: Any) -> Any:
        return nn.layer_norm(given, given.shape[-1:], weights[f"{name}.weight"], weights[f"{name}.bias"], _EPSILON)

    asking, layout = (flat, packed) if wanted is None else (flat[wanted[0]], wanted[1])
    query, key, value = (
        place.spread(project(name, given))
        for name, given, place in (("query", asking, layout), ("key", flat, packed), ("value", flat, packed))
    )
    heard = layout.gathered(nn.scaled_dot_product_attention(query, key, value, attn_mask=packed.mask))
    states = norm("mix_norm", asking + project("mix", heard))
    return norm("out_norm", states + project("shrink", nn.gelu(project("grow", states))))


class TurnReader:
    """Reads turns with one loaded model.

    Args:
        tokenizer: The encoder's fast tokeniser.
        model: The encoder's torch model.
        limits: Characters and tokens; longer texts are cut, spans beyond the cut are read by themselves.
        batch_size: Texts per forward pass.
    """

    def __init__(self, tokenizer: Any, model: Any, *, limits: tuple[int, int], batch_size: int) -> None:
        self._tokenizer = tokenizer
        self._model = model
        self._max_characters, self._max_tokens = limits
        self._batch_size = batch_size
        self._layers = [layer_weights(model, at) for at in range(len(model.encoder.layer))]
        self._recent: OrderedDict[str, HiddenStates] = OrderedDict()
        self._adapted: tuple[str, list[dict[str, Any]], Any] | None = None

    def states(self, texts: Sequence[str]) -> dict[str, HiddenStates]:
        """Return the lower layers' states of the texts; recent ones are remembered."""
        known = {text: self._recent[text] for text in texts if text in self._recent}
        missing = [text for text in dict.fromkeys(texts) if text not in known and text.strip()]
        known.update(self._lowered(missing))
        self._recent.update(known)
        while len(self._recent) > _REMEMBERED:
            self._recent.popitem(last=False)
        return known

    def read(
        self, adapter: Adapter | None, readings: Sequence[EncodingRequest], keep: bool
    ) -> tuple[list[Embeddings], dict[str, Embeddings]]:
        """Return the rows of every reading (see ``ReadingEncoder.read``) and, to keep, the turns' vectors."""
        import torch

        with torch.inference_mode():
            known = self.states([text for reading in readings for text in (reading.text, reading.previous)])
            jobs = self._jobs(readings, known)
            own = self._own({reading.text: states[reading.text] for _, reading, _, states in jobs}) if keep else {}
            rows = [np.zeros((2 + len(reading.spans), 2 * self._width), dtype=np.float32) for reading in readings]
            if adapter is not None:
                tops = self._adapt(adapter, [(reading, states) for _, reading, _, states in jobs])
            else:
                tops = [own.get(reading.text) for _, reading, _, _ in jobs]
            for (at, reading, places, states), top in zip(jobs, tops, strict=True):
                self._fill(rows[at], reading, places, states, top)
            for matrix in rows if adapter is None else ():
                own_half = matrix[:, self._width :]
                own_half /= np.maximum(np.linalg.norm(own_half, axis=1, keepdims=True), _EPSILON)
            kept = {one.text: _unit(own[one.text].mean(0)).numpy() for one in readings if one.text in own}
        return rows, kept

    @property
    def _width(self) -> int:
        return int(self._model.config.hidden_size)

    def _jobs(
        self, readings: Sequence[EncodingRequest], known: dict[str, HiddenStates]
    ) -> list[tuple[int, EncodingRequest, list[int | None], dict[str, HiddenStates]]]:
        """Return what to run: each turn, and by themselves the spans that lie beyond where it is cut."""
        jobs: list[tuple[int, EncodingRequest, list[int | None], dict[str, HiddenStates]]] = []
        late: list[tuple[int, int, str]] = []
        for at, reading in enumerate(readings):
            states = known.get(reading.text)
            if states is None:
                continue
            end = int(states.offsets[:, 1].max())
            places: list[int | None] = [0]
            for number, span in enumerate(reading.spans):
                is_in = span[0] < end
                places.append(2 + number if is_in else None)
                if not is_in:
                    late.append((at, 2 + number, reading.text[span[0] : span[1]]))
            jobs.append((at, reading, places, known))
        alone = self._lowered(list(dict.fromkeys(text for _, _, text in late if text.strip())))
        jobs += [(at, EncodingRequest(text), [place], alone) for at, place, text in late if text in alone]
        return jobs

    def _fill(
        self,
        rows: Embeddings,
        reading: EncodingRequest,
        places: list[int | None],
        known: dict[str, HiddenStates],
        top: Any,
    ) -> None:
        width, states = self._width, known[reading.text]
        whole = (0, int(states.offsets[:, 1].max()))
        for place, span in zip(places, (None, *reading.spans), strict=True):
            if place is None:
                continue
            tokens = _tokens(states.offsets, span or whole, whole=span is None)
            rows[place, :width] = _unit(states.values[tokens].mean(0)).numpy()
            if top is not None:
                rows[place, width:] = top[tokens].mean(0).numpy()
        if reading.previous in known:
            rows[1, :width] = _unit(known[reading.previous].values.mean(0)).numpy()

    def _lowered(self, texts: list[str]) -> dict[str, HiddenStates]:
        import torch

        encoded = {text: self._tokenise(text) for text in texts}
        found: dict[str, HiddenStates] = {}

        def run(part: list[str]) -> None:
            packed = Packed([len(encoded[text][0]) for text in part])
            ids = torch.tensor([number for text in part for number in encoded[text][0]])
            places = torch.cat([torch.arange(length) for length in packed.lengths])
            flat = self._model.embeddings(input_ids=ids[None], position_ids=places[None])[0]
            for layer in self._layers[:LOWER_LAYERS]:
                flat = run_layer(layer, flat, packed)
            for text, values in zip(part, packed.split(flat), strict=True):
                found[text] = HiddenStates(values, encoded[text][1])

        with torch.inference_mode():
            for part in self._batches(texts, lambda text: len(encoded[text][0])):
                run(part)
        return found

    def _tokenise(self, text: str) -> tuple[list[int], Any]:
        cut = text[: self._max_characters]
        tokens = self._tokenizer(cut, truncation=True, max_length=self._max_tokens, return_offsets_mapping=True)
        return tokens["input_ids"], np.asarray(tokens["offset_mapping"], dtype=np.int64).reshape(-1, 2)

    def _adapt(self, adapter: Adapter, jobs: list[tuple[EncodingRequest, dict[str, HiddenStates]]]) -> list[Any]:
        """Return the adapted states of each job's own tokens."""
        import torch

        layers, kinds = self._adapted_layers(adapter)
        joined, lengths = [], []
        for reading, known in jobs:
            own = known[reading.text].values
            before = (
                known[reading.previous].values[-adapter.previous_tokens :] if reading.previous in known else own[:0]
            )
            joined.append(torch.cat([own + kinds[0], before + kinds[1]]))
            lengths.append(len(own))
        found: list[Any] = [None] * len(jobs)
        for part in self._batches(list(range(len(jobs))), lambda at: len(joined[at])):
            packed = Packed([len(joined[at]) for at in part])
            flat = torch.cat([joined[at] for at in part])
            for layer in layers[:-1]:
                flat = run_layer(layer, flat, packed)
            # Of the last layer only the turn's own tokens are asked for; the turn before is just listened to.
            own = [lengths[at] for at in part]
            starts = np.cumsum([0, *packed.lengths[:-1]])
            numbers = torch.cat([torch.arange(start, start + n) for start, n in zip(starts.tolist(), own, strict=True)])
            kept = Packed(own)
            flat = run_layer(layers[-1], flat, packed, (numbers, kept))
            for at, values in zip(part, kept.split(flat), strict=True):
                found[at] = values
        return found

    def _adapted_layers(self, adapter: Adapter) -> tuple[list[dict[str, Any]], Any]:
        """Return the top layers with the adapter's changes added in (W + B A), made once per adapter."""
        import torch

        if self._adapted is None or self._adapted[0] != adapter.id:
            arrays = {name: torch.from_numpy(array.astype(np.float32)) for name, array in adapter.arrays.items()}
            layers = []
            for at in range(adapter.layer, len(self._layers)):
                layer = dict(self._layers[at])
                for part in PARTS:
                    change = arrays[f"{at}.{part}.b"] @ arrays[f"{at}.{part}.a"]
                    layer[f"{part}.weight"] = layer[f"{part}.weight"] + change
                layers.append(layer)
            self._adapted = (adapter.id, layers, arrays["kinds"])
        return self._adapted[1], self._adapted[2]

    def _own(self, known: dict[str, HiddenStates]) -> dict[str, Any]:
        """Return what the encoder's own top layers make of the texts, token by token, from the states already there."""
        import torch

        found: dict[str, Any] = {}
        for part in self._batches(list(known), lambda text: len(known[text].values)):
            packed = Packed([len(known[text].values) for text in part])
            flat = torch.cat([known[text].values for text in part])
            for layer in self._layers[LOWER_LAYERS:]:
                flat = run_layer(layer, flat, packed)
            found.update(zip(part, packed.split(flat), strict=True))
        return found

    def _batches(self, items: list[Any], length: Callable[[Any], int]) -> Iterator[list[Any]]:
        # Neighbours of similar length waste little padding.
        order = sorted(items, key=length)
        for first in range(0, len(order), self._batch_size):
            yield order[first : first + self._batch_size]


def _tokens(offsets: Any, span: tuple[int, int], *, whole: bool) -> Any:
    """Return which tokens belong to the span; a whole turn includes the marks the tokeniser adds."""
    if whole:
        return slice(None)
    inside = np.flatnonzero((offsets[:, 1] > offsets[:, 0]) & (offsets[:, 0] < span[1]) & (offsets[:, 1] > span[0]))
    return slice(int(inside[0]), int(inside[-1]) + 1) if len(inside) else slice(None)


def _unit(row: Any) -> Any:
    return row / row.norm().clamp(min=_EPSILON)
