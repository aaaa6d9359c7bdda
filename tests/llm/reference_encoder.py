"""The sentence encoder as its publisher runs it: plain transformers on torch, one text at a time.

What the exported graphs are compared with. Written for plainness, not speed.
"""

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

from simpatient.domain.ports import Adapter, Embeddings, EncodingRequest
from simpatient.llm.encoder.embedder import MAX_CHARACTERS, find_model, printable
from simpatient.llm.encoder.embedder_graphs import PARTS, read_description


class ReferenceEncoder:
    """The same port as the encoder under test."""

    def __init__(self, graphs: Path) -> None:
        self._description = read_description(graphs)
        folder = find_model(self._description)
        self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self._model = AutoModel.from_pretrained(folder, local_files_only=True, dtype=torch.float32).eval()
        self._adapted: dict[str, Any] = {}
        self._seen: dict[str, list[Any]] = {}

    @property
    def model_id(self) -> str:
        return self._description.model_id

    def token_ids(self, text: str) -> list[int]:
        return list(self._tokens(text)["input_ids"][0].tolist())

    def encode(self, texts: Sequence[str]) -> Embeddings:
        rows = [self._unit(self._hidden(printable(text))[-1].mean(0)) for text in texts]
        return np.stack(rows) if rows else np.zeros((0, self._description.width), dtype=np.float32)

    def read(
        self, adapter: Adapter | None, readings: Sequence[EncodingRequest], *, keep: bool = True
    ) -> list[Embeddings]:
        return [self._read(adapter, reading) for reading in readings]

    def _read(self, adapter: Adapter | None, reading: EncodingRequest) -> Embeddings:
        width, below = self._description.width, self._description.lower_layers
        rows = np.zeros((2 + len(reading.spans), 2 * width), dtype=np.float32)
        if reading.previous.strip():
            rows[1, :width] = self._unit(self._hidden(reading.previous)[below].mean(0))
        if not reading.text.strip():
            return rows
        hidden, offsets = self._hidden(reading.text), self._tokens(reading.text, offsets=True)["offset_mapping"][0]
        top = hidden[-1] if adapter is None else self._top(adapter, hidden[below], reading.previous)
        for place, span in ((0, None), *((2 + at, span) for at, span in enumerate(reading.spans))):
            chosen = [
                at
                for at, (start, end) in enumerate(offsets.tolist())
                if span is None or (end > start and start < span[1] and end > span[0])
            ] or list(range(len(offsets)))
            rows[place, :width] = self._unit(hidden[below][chosen].mean(0))
            found = top[chosen].mean(0)
            rows[place, width:] = found.numpy() if adapter is not None else self._unit(found)
        return rows

    def _top(self, adapter: Adapter, own: Any, previous: str) -> Any:
        layers, kinds = self._layers(adapter), torch.from_numpy(adapter.arrays["kinds"].astype(np.float32))
        before = self._hidden(previous)[adapter.layer][-adapter.previous_tokens :] if previous.strip() else own[:0]
        states = torch.cat([own + kinds[0], before + kinds[1]])[None]
        with torch.inference_mode():
            for layer in layers:
                found = layer(states)
                states = found[0] if isinstance(found, tuple) else found
        return states[0, : len(own)]

    def _layers(self, adapter: Adapter) -> list[Any]:
        if adapter.id not in self._adapted:
            layers = []
            for at in range(adapter.layer, self._description.layers):
                layer = copy.deepcopy(self._model.encoder.layer[at])
                for part, path in PARTS.items():
                    low, high = (
                        torch.from_numpy(adapter.arrays[f"{at}.{part}.{side}"].astype(np.float32)) for side in "ab"
                    )
                    layer.get_submodule(path).weight.data += high @ low
                layers.append(layer)
            self._adapted[adapter.id] = layers
        return list(self._adapted[adapter.id])

    def _tokens(self, text: str, *, offsets: bool = False) -> Any:
        cut = text.encode("utf-8", "replace").decode("utf-8")[:MAX_CHARACTERS]
        limit = self._description.max_tokens
        return self._tokenizer(
            cut, truncation=True, max_length=limit, return_tensors="pt", return_offsets_mapping=offsets
        )

    def _hidden(self, text: str) -> list[Any]:
        if text not in self._seen:
            with torch.inference_mode():
                found = self._model(**self._tokens(text), output_hidden_states=True).hidden_states
            self._seen[text] = [states[0] for states in found]
        return self._seen[text]

    @staticmethod
    def _unit(row: Any) -> Any:
        return torch.nn.functional.normalize(row, dim=0).numpy()
