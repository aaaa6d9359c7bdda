"""Reads whole turns for a coder: the encoder's lower layers once, then its own and adapted upper layers.

The lower layers' states of recent texts are kept, so that the turn before costs nothing. Must not know
what an adapter was trained for.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simpatient.domain.ports import Adapter, Embeddings, EncodingRequest
from simpatient.llm.encoder.embedder_graphs import EncoderGraphs, batches

_REMEMBERED = 64
_EPSILON = 1e-12


@dataclass(frozen=True)
class HiddenStates:
    """Token states of one text: ``values`` (tokens, width) and character ``offsets`` (tokens, 2)."""

    values: Embeddings
    offsets: Any


@dataclass(frozen=True)
class _Job:
    """Something to run through the upper layers: for which reading, and which rows of its matrix it fills."""

    at: int
    reading: EncodingRequest
    rows: tuple[int | None, ...]
    known: dict[str, HiddenStates]


class TurnReader:
    """Reads turns with one loaded model.

    Args:
        tokenizer: The encoder's tokeniser, which cuts at the model's longest text.
        graphs: The encoder's graphs.
        max_characters: Longer texts are cut before that; spans beyond a cut are read by themselves.
    """

    def __init__(self, tokenizer: Any, graphs: EncoderGraphs, *, max_characters: int) -> None:
        self._tokenizer = tokenizer
        self._graphs = graphs
        self._max_characters = max_characters
        self._width = graphs.description.width
        self._recent: OrderedDict[str, HiddenStates] = OrderedDict()

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
        known = self.states([text for reading in readings for text in (reading.text, reading.previous)])
        jobs = self._jobs(readings, known)
        own = self._own({job.reading.text: job.known[job.reading.text] for job in jobs}) if keep else {}
        rows = [np.zeros((2 + len(reading.spans), 2 * self._width), dtype=np.float32) for reading in readings]
        tops = self._adapt(adapter, jobs) if adapter is not None else [own.get(job.reading.text) for job in jobs]
        for job, top in zip(jobs, tops, strict=True):
            self._fill(rows[job.at], job, top)
        for matrix in rows if adapter is None else ():
            own_half = matrix[:, self._width :]
            own_half /= np.maximum(np.linalg.norm(own_half, axis=1, keepdims=True), _EPSILON)
        kept = {one.text: unit(own[one.text].mean(axis=0)) for one in readings if one.text in own}
        return rows, kept

    def _jobs(self, readings: Sequence[EncodingRequest], known: dict[str, HiddenStates]) -> list[_Job]:
        """Return what to run: each turn, and by themselves the spans that lie beyond where it is cut."""
        jobs: list[_Job] = []
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
            jobs.append(_Job(at, reading, tuple(places), known))
        alone = self._lowered(list(dict.fromkeys(text for _, _, text in late if text.strip())))
        jobs += [_Job(at, EncodingRequest(text), (place,), alone) for at, place, text in late if text in alone]
        return jobs

    def _fill(self, rows: Embeddings, job: _Job, top: Embeddings | None) -> None:
        width, states = self._width, job.known[job.reading.text]
        for place, span in zip(job.rows, (None, *job.reading.spans), strict=True):
            if place is None:
                continue
            tokens = _tokens(states.offsets, span)
            rows[place, :width] = unit(states.values[tokens].mean(axis=0))
            if top is not None:
                rows[place, width:] = top[tokens].mean(axis=0)
        if job.reading.previous in job.known:
            rows[1, :width] = unit(job.known[job.reading.previous].values.mean(axis=0))

    def _lowered(self, texts: list[str]) -> dict[str, HiddenStates]:
        encoded = self._tokenizer.encode_batch([text[: self._max_characters] for text in texts])
        found: dict[str, HiddenStates] = {}
        for group in batches([len(one.ids) for one in encoded]):
            values = self._graphs.lower([encoded[at].ids for at in group])
            for at, states in zip(group, values, strict=True):
                offsets = np.asarray(encoded[at].offsets, dtype=np.int64).reshape(-1, 2)
                found[texts[at]] = HiddenStates(states, offsets)
        return found

    def _adapt(self, adapter: Adapter, jobs: list[_Job]) -> list[Embeddings | None]:
        """Return the adapted states of each job's own tokens; the end of the turn before is only attended to."""
        own_kind, before_kind = adapter.arrays["kinds"].astype(np.float32)
        joined, lengths = [], []
        for job in jobs:
            own = job.known[job.reading.text].values
            before = own[:0]
            if job.reading.previous in job.known:
                before = job.known[job.reading.previous].values[-adapter.previous_tokens :]
            joined.append(np.concatenate([own + own_kind, before + before_kind]))
            lengths.append(len(own))
        found: list[Embeddings | None] = [None] * len(jobs)
        for group in batches([len(one) for one in joined]):
            asked = [lengths[at] for at in group]
            values = self._graphs.upper([joined[at] for at in group], asked=asked, adapter=adapter)
            for at, states in zip(group, values, strict=True):
                found[at] = states
        return found

    def _own(self, known: dict[str, HiddenStates]) -> dict[str, Embeddings]:
        """Return what the encoder's own upper layers make of the texts, token by token."""
        texts = list(known)
        found: dict[str, Embeddings] = {}
        for group in batches([len(known[text].values) for text in texts]):
            values = self._graphs.upper([known[texts[at]].values for at in group])
            found.update(zip((texts[at] for at in group), values, strict=True))
        return found


def unit(row: Embeddings) -> Embeddings:
    """Return the row scaled to length one."""
    scaled: Embeddings = row / max(float(np.linalg.norm(row)), _EPSILON)
    return scaled


def _tokens(offsets: Any, span: tuple[int, int] | None) -> slice:
    """Return which tokens belong to the span; the whole turn (None) includes the marks the tokeniser adds."""
    if span is None:
        return slice(None)
    inside = np.flatnonzero((offsets[:, 1] > offsets[:, 0]) & (offsets[:, 0] < span[1]) & (offsets[:, 1] > span[0]))
    return slice(int(inside[0]), int(inside[-1]) + 1) if len(inside) else slice(None)
