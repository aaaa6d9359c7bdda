#!/usr/bin/env bash
# onnxruntime can use weights where they lie in a .safetensors file, but by default it copies them all the same.
#
# What surprises: an ONNX graph may keep its weights in another file, by name, offset and length. That file may be
# a safetensors file as published: a tensor lies there as plain bytes, at 8 + the header's length + its data_offsets.
# A graph of 167 bytes, made on the fly and given to InferenceSession as bytes, thus runs a published model without
# converting it; the folder is named by session.model_external_initializers_file_folder_path. The second surprise
# is that a weight of a MatMul is then "prepacked" into private memory and the mapping of the file is given up;
# with session.disable_prepacking the file stays mapped, so that several processes can share one copy.
#
# What it costs: not knowing the first, a second copy of the weights on disk as .onnx; not knowing the second, as much
# private memory for every process as the model is large, although the file looks memory-mapped in the code.
#
# What to do: give the offsets and name the folder; choose between prepacking (faster multiplication) and shared memory.
#
# Seen on 2026-11-30 with onnxruntime 1.31.1, onnx 1.23.2, safetensors 0.8.0, numpy 2.4.6, Python 3.11, Linux. Output:
#   onnxruntime 1.31.1, graph of 167 bytes: right True and file still mapped False by default; right True and file
#   still mapped True without prepacking   (one line)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq onnxruntime==1.31.1 onnx==1.23.2 safetensors==0.8.0 numpy==2.4.6
"$work/venv/bin/python" - "$work" <<'PY'
import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from onnx import TensorProto, helper
from safetensors.numpy import save_file

SIZE = 1024
file = Path(sys.argv[1]) / "model.safetensors"
weight = np.random.default_rng(0).standard_normal((SIZE, SIZE)).astype(np.float32)
save_file({"weight": weight, "other": np.zeros(3, np.uint8)}, file)

with file.open("rb") as opened:
    header_length = int.from_bytes(opened.read(8), "little")
    start, end = json.loads(opened.read(header_length))["weight"]["data_offsets"]
place = {"location": file.name, "offset": str(8 + header_length + start), "length": str(end - start)}
outside = TensorProto(name="weight", data_type=TensorProto.FLOAT, dims=weight.shape,
                      data_location=TensorProto.EXTERNAL)
for key, value in place.items():
    outside.external_data.add(key=key, value=value)
x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, SIZE]) for name in "xy")
graph = helper.make_graph([helper.make_node("MatMul", ["x", "weight"], ["y"])], "g", [x], [y], [outside])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 23)], ir_version=11).SerializeToString()


def run(prepack: bool) -> tuple[bool, bool]:
    """Return whether the product is right, and whether the file is mapped into memory once the session exists."""
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(file.parent))
    options.add_session_config_entry("session.disable_prepacking", "0" if prepack else "1")
    session = onnxruntime.InferenceSession(model, options, ["CPUExecutionProvider"])
    given = np.ones((1, SIZE), np.float32)
    right = np.allclose(session.run(None, {"x": given})[0], given @ weight, atol=1e-3)
    return right, str(file) in Path("/proc/self/maps").read_text()


default, unpacked = run(prepack=True), run(prepack=False)
print(f"onnxruntime {onnxruntime.__version__}, graph of {len(model)} bytes: right {default[0]} and file still mapped "
      f"{default[1]} by default; right {unpacked[0]} and file still mapped {unpacked[1]} without prepacking")
sys.exit(0 if default == (True, False) and unpacked == (True, True) else 1)
PY
