"""The sentence encoder's two graphs on ONNX Runtime: its lower layers, and its upper layers with or without an adapter.

The graphs (made by `simpatient tune export-encoder`) hold no weights: they name offsets in the published
weights file, which ONNX Runtime maps into memory. So nothing is stored twice, and pages that are not
used take no memory. Must not know what the states are used for.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simpatient.domain.errors import ModelUnavailable
from simpatient.domain.ports import Adapter, Embeddings

DESCRIPTION = "encoder.json"
LOWER, UPPER = "lower.onnx", "upper.onnx"
REINSTALL = "Install the program again, or see `simpatient doctor`."
# The matrices of a layer that an adapter changes, by our names, and the normalisations, by the weights file's.
PARTS = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "mix": "attention.output.dense",
    "grow": "intermediate.dense",
    "shrink": "output.dense",
}
NORMS = {"mix_norm": "attention.output.LayerNorm", "out_norm": "output.LayerNorm"}
_BATCH_TEXTS = 32
# Bounds the memory of a batch of long texts: attention needs room for the square of a text's length.
_BATCH_TOKENS = 4096
_FATAL = 4


@dataclass(frozen=True)
class EncoderDescription:
    """What was exported, and from which weights.

    Attributes:
        name: The model's public name.
        package: Python package that carries the published files.
        hub_folder: Its folder in a Hugging Face cache.
        weights: Name of the weights file.
        weights_sha256: Its checksum.
        tokenizer_sha256: Checksum of the tokenizer beside it.
        width: Numbers in a state.
        layers: How many layers the model has.
        lower_layers: How many of them the lower graph holds.
        max_tokens: Longer texts are cut.
        graphs: Checksum of each graph by file name.
    """

    name: str
    package: str
    hub_folder: str
    weights: str
    weights_sha256: str
    tokenizer_sha256: str
    width: int
    layers: int
    lower_layers: int
    max_tokens: int
    graphs: dict[str, str]

    @property
    def model_id(self) -> str:
        """Name and checksum of the weights, for manifests and caches."""
        return f"{self.name}@{self.weights_sha256[:12]}"


def read_description(folder: Path) -> EncoderDescription:
    """Return what was exported to ``folder``.

    Raises:
        ModelUnavailable: The description is missing or damaged.
    """
    try:
        return EncoderDescription(**json.loads((folder / DESCRIPTION).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise ModelUnavailable(f"The sentence encoder's graphs in {folder} cannot be read.", REINSTALL) from error


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Group texts of similar length, which need little padding, and no more than fit comfortably into memory."""
    group: list[int] = []
    for at in sorted(range(len(lengths)), key=lambda at: lengths[at]):
        if group and (len(group) == _BATCH_TEXTS or (len(group) + 1) * lengths[at] > _BATCH_TOKENS):
            yield group
            group = []
        group.append(at)
    if group:
        yield group


class EncoderGraphs:
    """Runs the graphs. Not for several threads at once.

    Args:
        graphs: Folder of the exported graphs.
        weights: Folder of the published weights, already checked.
        threads: Threads per call; the numbers that come out do not depend on it.

    Raises:
        ModelUnavailable: A graph is missing or damaged, or ONNX Runtime cannot be loaded.
    """

    def __init__(self, graphs: Path, weights: Path, *, threads: int) -> None:
        self.description = read_description(graphs)
        self.weights = weights
        self._threads = threads
        lower, self._upper_graph = (
            _checked(graphs / name, self.description.graphs.get(name)) for name in (LOWER, UPPER)
        )
        self._lower = self._session(lower, {})
        self._upper = self._session(self._upper_graph, {})
        self._adapted: tuple[str, Any] | None = None

    def lower(self, ids: Sequence[Sequence[int]]) -> list[Embeddings]:
        """Return the states (tokens, width) of each text after the lower layers; one batch."""
        layout = _Layout([len(one) for one in ids])
        given: dict[str, NDArray[Any]] = {
            "ids": np.concatenate([np.asarray(one, dtype=np.int64) for one in ids]),
            "positions": layout.positions,
            "spread": layout.spread,
            "places": layout.places,
            "mask": layout.mask,
        }
        return layout.split(self._run(self._lower, given))

    def upper(
        self, states: Sequence[Embeddings], *, asked: Sequence[int] | None = None, adapter: Adapter | None = None
    ) -> list[Embeddings]:
        """Return what the upper layers make of states; one batch.

        Args:
            states: Of each text, (tokens, width).
            asked: How many of each text's first tokens are asked for; the others are only attended to. All when None.
            adapter: Changes to the layers; the encoder's own when None.
        """
        layout = _Layout([len(one) for one in states])
        wanted = layout if asked is None else _Layout(asked)
        firsts = np.concatenate([start + np.arange(n) for start, n in zip(layout.starts, wanted.lengths, strict=True)])
        given: dict[str, NDArray[Any]] = {
            "states_below": np.concatenate(states),
            "spread": layout.spread,
            "places": layout.places,
            "mask": layout.mask,
            "asked": firsts,
            "asked_spread": wanted.spread,
            "asked_places": wanted.places,
            "asked_mask": np.ascontiguousarray(layout.mask[:, :, : wanted.longest]),
        }
        return wanted.split(self._run(self._upper if adapter is None else self._with(adapter), given))

    def layer_weights(self, at: int) -> dict[str, NDArray[Any]]:
        """Return copies of one layer's weights as ``name.weight`` and ``name.bias``."""
        from safetensors import safe_open

        found = {}
        with safe_open(self.weights / self.description.weights, framework="np") as file:
            for name, path in {**PARTS, **NORMS}.items():
                for kind in ("weight", "bias"):
                    found[f"{name}.{kind}"] = file.get_tensor(_tensor(at, path, kind))
        return found

    def _with(self, adapter: Adapter) -> Any:
        """Return the upper layers with an adapter's changes added in (W + B A), made once per adapter."""
        if self._adapted is None or self._adapted[0] != adapter.id:
            if adapter.layer != self.description.lower_layers:
                raise ModelUnavailable("The adapter does not fit the sentence encoder's graphs.", REINSTALL)
            changed = {}
            for at in range(adapter.layer, self.description.layers):
                own = self.layer_weights(at)
                for part, path in PARTS.items():
                    low, high = (adapter.arrays[f"{at}.{part}.{side}"].astype(np.float32) for side in "ab")
                    changed[_tensor(at, path, "weight")] = own[f"{part}.weight"] + high @ low
            self._adapted = (adapter.id, self._session(self._upper_graph, changed))
        return self._adapted[1]

    def _session(self, graph: bytes, changed: dict[str, NDArray[Any]]) -> Any:
        try:
            import onnxruntime
        except ImportError as error:
            raise ModelUnavailable(
                "ONNX Runtime, which runs the sentence encoder, cannot be loaded.", REINSTALL
            ) from error
        onnxruntime.disable_telemetry_events()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = self._threads, 1
        options.log_severity_level = _FATAL  # failures are raised; the library need not print them as well
        options.enable_cpu_mem_arena = False  # the arena would keep the room of the longest text for good
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(self.weights))
        values = {name: onnxruntime.OrtValue.ortvalue_from_numpy(array) for name, array in changed.items()}
        for name, value in values.items():
            options.add_initializer(name, value)
        try:
            return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the library's own error types have no common root but this
            raise ModelUnavailable("The sentence encoder cannot be loaded.", REINSTALL) from error

    def _run(self, session: Any, given: dict[str, NDArray[Any]]) -> Embeddings:
        try:
            found: Embeddings = session.run(["states"], given)[0]
        except Exception as error:  # as above
            action = "Close other programs if memory is short, then try again; see also `simpatient doctor`."
            raise ModelUnavailable("The sentence encoder failed.", action) from error
        return found


class _Layout:
    """Where tokens are when texts of different lengths lie end to end, and when each has a separate padded row.

    Everything but attention works on the texts end to end, so that padding costs little.
    """

    def __init__(self, lengths: Sequence[int]) -> None:
        self.lengths = list(lengths)
        self.longest = max(self.lengths)
        counts = np.asarray(self.lengths, dtype=np.int64)[:, None]
        columns = np.arange(self.longest, dtype=np.int64)[None, :]
        inside = columns < counts
        self.starts = np.cumsum([0, *self.lengths[:-1]], dtype=np.int64)
        self.positions = np.broadcast_to(columns, inside.shape)[inside]
        # Padding repeats the text's first token: it is hidden from attention and thrown away after it.
        self.spread = self.starts[:, None] + np.where(inside, columns, 0)
        self.places = np.flatnonzero(inside)
        hidden = np.where(inside, np.float32(0), np.float32(-np.inf))
        self.mask = np.repeat(hidden[:, None, None, :], self.longest, axis=2)

    def split(self, flat: Embeddings) -> list[Embeddings]:
        """Return each text's rows."""
        return np.split(flat, self.starts[1:])


def _tensor(at: int, path: str, kind: str) -> str:
    return f"encoder.layer.{at}.{path}.{kind}"


def _checked(path: Path, wanted: str | None) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelUnavailable(f"The sentence encoder's graph {path} cannot be read.", REINSTALL) from error
    if hashlib.sha256(data).hexdigest() != wanted:
        raise ModelUnavailable(f"The sentence encoder's graph {path} is damaged.", REINSTALL)
    return data
