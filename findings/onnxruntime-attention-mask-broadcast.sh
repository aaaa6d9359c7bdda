#!/usr/bin/env bash
# onnxruntime's Attention on the CPU refuses masks that the ONNX standard lets broadcast.
#
# What surprises: the standard says of Attention (opset 23) that the shape of attn_mask must be broadcastable to
# (batch, heads, queries, keys), and the reference evaluator of `onnx` takes it so. onnxruntime lets the first two
# dimensions broadcast but demands the last two in full. The session is created without complaint; run() fails.
#
# What it costs: the usual padding mask is the same for every query, (batch, 1, 1, keys), as in PyTorch's
# scaled_dot_product_attention. A graph with it passes the checker and the reference and fails on its first text.
#
# What to do: expand the mask to (batch, 1, queries, keys), by an Expand node or before run(); the heads may stay 1.
#
# Seen on 2026-11-30 with onnxruntime 1.31.1, onnx 1.23.2, numpy 2.4.6, Python 3.11. Output:
#   onnxruntime 1.31.1: mask (2, 1, 1, 4) refused, (1, 4) refused, (2, 1, 3, 1) refused, (2, 1, 3, 4) as the
#   reference; the reference takes all   (one line)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq onnxruntime==1.31.1 onnx==1.23.2 numpy==2.4.6
"$work/venv/bin/python" - <<'PY'
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

BATCH, HEADS, QUERIES, KEYS, WIDTH = 2, 2, 3, 4, 4
draw = np.random.default_rng(0).standard_normal
SHAPES = {"q": (BATCH, HEADS, QUERIES, WIDTH), "k": (BATCH, HEADS, KEYS, WIDTH), "v": (BATCH, HEADS, KEYS, WIDTH)}
tensors = {name: draw(shape).astype(np.float32) for name, shape in SHAPES.items()}


def outcome(mask: np.ndarray) -> str:
    """Return what onnxruntime makes of a mask that the checker and the reference accept."""
    feed = tensors | {"mask": mask}
    inputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, t.shape) for n, t in feed.items()]
    output = helper.make_tensor_value_info("y", TensorProto.FLOAT, SHAPES["q"])
    graph = helper.make_graph([helper.make_node("Attention", list(feed), ["y"])], "g", inputs, [output])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 23)], ir_version=11)
    onnx.checker.check_model(model, full_check=True)
    expected = ReferenceEvaluator(model).run(None, feed)[0]
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
    try:
        found = session.run(None, feed)[0]
    except Exception as refusal:
        return "refused" if "sequence_length" in str(refusal) else f"failed otherwise: {refusal}"
    return "as the reference" if np.allclose(found, expected, atol=1e-5) else "different"


masks = [draw(shape).astype(np.float32)
         for shape in [(BATCH, 1, 1, KEYS), (1, KEYS), (BATCH, 1, QUERIES, 1), (BATCH, 1, QUERIES, KEYS)]]
outcomes = [outcome(mask) for mask in masks]
print(f"onnxruntime {onnxruntime.__version__}: mask",
      ", ".join(f"{mask.shape} {result}" for mask, result in zip(masks, outcomes)) + "; the reference takes all")
sys.exit(0 if outcomes == ["refused"] * 3 + ["as the reference"] else 1)
PY
