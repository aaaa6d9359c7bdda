"""Writes the sentence encoder's ONNX graphs, which name their weights by offset in the published weights file.

No weights are copied: the file in the installed package serves as it is, and ONNX Runtime maps it into memory.
The same weights give the same bytes each time. Knows BERT's layers; must not know what an adapter is for.
"""

import hashlib
import json
import struct
from pathlib import Path
from typing import Any

from simpatient.runtime.files import write_atomically

LOWER_LAYERS = 4
MAX_TOKENS = 256
OPSET = 23  # the first with Attention
IR_VERSION = 11
DESCRIPTION, CONFIG, TOKENIZER = "encoder.json", "config.json", "tokenizer.json"
_EXTERNAL = ("location", "offset", "length")


def export_encoder(folder: Path, out: Path) -> tuple[Path, ...]:
    """Write both graphs to ``out`` and bring the checksums in its description up to date.

    Args:
        folder: The published files: weights as safetensors and ``config.json``.
        out: Holds ``encoder.json`` with the model's name and where its files are found.

    Returns:
        The files written.
    """
    description = json.loads((out / DESCRIPTION).read_text(encoding="utf-8"))
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    weights = folder / description["weights"]
    graphs = {
        "lower.onnx": _Graph(weights, config).lower(),
        "upper.onnx": _Graph(weights, config).upper(),
    }
    for name, data in graphs.items():
        write_atomically(out / name, data, private=False)
    description |= {
        "weights_sha256": _digest(weights.read_bytes()),
        "tokenizer_sha256": _digest((folder / TOKENIZER).read_bytes()),
        "width": config["hidden_size"],
        "layers": config["num_hidden_layers"],
        "lower_layers": LOWER_LAYERS,
        "max_tokens": MAX_TOKENS,
        "graphs": {name: _digest(data) for name, data in graphs.items()},
    }
    write_atomically(out / DESCRIPTION, (json.dumps(description, indent=1) + "\n").encode("utf-8"), private=False)
    return (*(out / name for name in graphs), out / DESCRIPTION)


def tensor_places(weights: Path) -> dict[str, tuple[list[int], int, int]]:
    """Return shape, offset and length in bytes of every tensor in a safetensors file of 32-bit numbers."""
    with weights.open("rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
    found = {}
    for name, entry in header.items():
        if name == "__metadata__" or entry["dtype"] != "F32":
            continue
        start, end = entry["data_offsets"]
        found[name] = (entry["shape"], 8 + size + start, end - start)
    return found


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class _Graph:
    """One graph in the making: texts lie end to end, and only attention sees them in padded rows."""

    def __init__(self, weights: Path, config: dict[str, Any]) -> None:
        import onnx
        from onnx import helper

        self._onnx, self._helper = onnx, helper
        self._file, self._places, self._config = weights.name, tensor_places(weights), config
        self._nodes: list[Any] = []
        self._constants: dict[str, Any] = {}
        self._inputs = [
            self._input("spread", "texts", "longest"),
            self._input("places", "tokens"),
            self._input("mask", "texts", 1, "longest", "longest", numbers=True),
        ]

    def lower(self) -> bytes:
        """Return the embeddings and the lower layers."""
        self._inputs += [self._input("ids", "tokens"), self._input("positions", "tokens")]
        words = self._add("Gather", self._weight("embeddings.word_embeddings.weight"), "ids")
        places = self._add("Gather", self._weight("embeddings.position_embeddings.weight"), "positions")
        kind = self._add("Gather", self._weight("embeddings.token_type_embeddings.weight"), self._integers("first", 0))
        states = self._norm(self._add("Add", self._add("Add", words, places), kind), "embeddings.LayerNorm")
        for at in range(LOWER_LAYERS):
            states = self._layer(at, states)
        return self._finished("lower", states)

    def upper(self) -> bytes:
        """Return the upper layers; of the last one, only the tokens asked for."""
        self._inputs += [
            self._input("states_below", "tokens", self._config["hidden_size"], numbers=True),
            self._input("asked", "asked_tokens"),
            self._input("asked_spread", "texts", "asked_longest"),
            self._input("asked_places", "asked_tokens"),
            self._input("asked_mask", "texts", 1, "asked_longest", "longest", numbers=True),
        ]
        states, last = "states_below", self._config["num_hidden_layers"] - 1
        for at in range(LOWER_LAYERS, last):
            states = self._layer(at, states)
        return self._finished("upper", self._layer(last, states, asked="asked_"))

    def _layer(self, at: int, states: str, asked: str = "") -> str:
        path = f"encoder.layer.{at}"
        asking = self._add("Gather", states, "asked") if asked else states
        rows = [
            self._add("Gather", self._linear(given, f"{path}.attention.self.{name}"), spread)
            for name, given, spread in (
                ("query", asking, f"{asked}spread"),
                ("key", states, "spread"),
                ("value", states, "spread"),
            )
        ]
        heads = self._config["num_attention_heads"]
        mixed = self._add("Attention", *rows, f"{asked}mask", q_num_heads=heads, kv_num_heads=heads)
        flat = self._add("Reshape", mixed, self._integers("end_to_end", -1, self._config["hidden_size"]))
        attended = self._linear(self._add("Gather", flat, f"{asked}places"), f"{path}.attention.output.dense")
        middle = self._norm(self._add("Add", asking, attended), f"{path}.attention.output.LayerNorm")
        grown = self._add("Gelu", self._linear(middle, f"{path}.intermediate.dense"))
        return self._norm(
            self._add("Add", middle, self._linear(grown, f"{path}.output.dense")), f"{path}.output.LayerNorm"
        )

    def _linear(self, given: str, path: str) -> str:
        return self._add("Gemm", given, self._weight(f"{path}.weight"), self._weight(f"{path}.bias"), transB=1)

    def _norm(self, given: str, path: str) -> str:
        scale, shift = self._weight(f"{path}.weight"), self._weight(f"{path}.bias")
        return self._add("LayerNormalization", given, scale, shift, axis=-1, epsilon=self._config["layer_norm_eps"])

    def _add(self, kind: str, *given: str, **attributes: Any) -> str:
        name = f"{kind.lower()}_{len(self._nodes)}"
        self._nodes.append(self._helper.make_node(kind, list(given), [name], **attributes))
        return name

    def _weight(self, name: str) -> str:
        if name not in self._constants:
            shape, offset, length = self._places[name]
            tensor = self._onnx.TensorProto(name=name, data_type=self._onnx.TensorProto.FLOAT, dims=shape)
            tensor.data_location = self._onnx.TensorProto.EXTERNAL
            for key, value in zip(_EXTERNAL, (self._file, offset, length), strict=True):
                tensor.external_data.add(key=key, value=str(value))
            self._constants[name] = tensor
        return name

    def _integers(self, name: str, *values: int) -> str:
        kind = self._onnx.TensorProto.INT64
        self._constants[name] = self._helper.make_tensor(name, kind, [len(values)], list(values))
        return name

    def _input(self, name: str, *shape: str | int, numbers: bool = False) -> Any:
        kind = self._onnx.TensorProto.FLOAT if numbers else self._onnx.TensorProto.INT64
        return self._helper.make_tensor_value_info(name, kind, list(shape))

    def _finished(self, name: str, states: str) -> bytes:
        self._nodes.append(self._helper.make_node("Identity", [states], ["states"]))
        shape = ["states_asked_for", self._config["hidden_size"]]
        output = self._helper.make_tensor_value_info("states", self._onnx.TensorProto.FLOAT, shape)
        graph = self._helper.make_graph(self._nodes, name, self._inputs, [output], list(self._constants.values()))
        opset = self._helper.make_opsetid("", OPSET)
        model = self._helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION, producer_name="simpatient")
        data: bytes = model.SerializeToString(deterministic=True)
        return data
