"""The embedded coder's weights and label rules, read from ``assets/models/coder``.

Weights are plain numbers in an ``.npz`` (never a pickle) with their hash in ``coder.json``. Must not
know where the numbers came from or which encoder is used.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from simpatient.assessment.coding.features import FEATURE_VERSION, Floats, Indices
from simpatient.domain.errors import ModelUnavailable
from simpatient.domain.ports import Adapter

CARD = "coder.json"
ARRAYS = "coder.npz"
UTTERANCE = "utterance"
ADAPTER = "adapter."
_RESTORE = "Reinstall simpatient, or train the coder again with `simpatient tune train-coder`."


@dataclass(frozen=True)
class Head:
    """One calibrated linear head.

    Attributes:
        labels: Its labels, in the order of the columns.
        dense: Weights of the dense features, shape (dense features, labels).
        hashed: Weights of the hashed word features, shape (``HASH_WIDTH``, labels).
        bias: Shape (labels,).
        adapted: Weights of the adapted layers' vector, shape (width, labels); no rows without an adapter.
        temperature: Divides the scores before the softmax (Guo et al. 2017, calibration).
    """

    labels: tuple[str, ...]
    dense: Floats
    hashed: Floats
    bias: Floats
    temperature: float
    adapted: Floats

    def probabilities(self, dense: Floats, columns: Indices, values: Floats, adapted: Floats) -> Floats:
        """Return the label probabilities of one text."""
        scores = dense @ self.dense + values @ self.hashed[columns] + self.bias
        if len(self.adapted):
            scores = scores + adapted @ self.adapted
        return softmax(scores / np.float32(self.temperature))


@dataclass(frozen=True)
class Rules:
    """How heads and utterance codes hang together; see ``assets/exemplars/heads.yaml``."""

    scheme: str
    blank: str
    heads: dict[str, tuple[str, ...]]
    patient_head: str
    main_needs: dict[str, str]
    family: dict[str, dict[str, tuple[str, ...]]]
    shaped_like: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class CoderWeights:
    """Everything the coder needs at run time.

    Attributes:
        centre: Mean of the middle layers' vectors over the training texts, taken off every vector.
        adapter: What the encoder's top layers are changed by, if at all.
    """

    coder_id: str
    encoder_id: str
    rules: Rules
    heads: dict[str, Head]
    evidence_power: float
    turn_power: float
    centre: Floats
    adapter: Adapter | None


def softmax(scores: Floats) -> Floats:
    """Return the softmax over the last axis."""
    shifted = np.exp(scores - scores.max(axis=-1, keepdims=True))
    found: Floats = shifted / shifted.sum(axis=-1, keepdims=True)
    return found


def read_rules(data: dict[str, Any]) -> Rules:
    """Return the label rules from their plain form (parsed YAML or JSON)."""
    return Rules(
        scheme=data["scheme"],
        blank=data["blank"],
        heads={name: tuple(labels) for name, labels in data["heads"].items()},
        patient_head=data["patient_head"]["name"],
        main_needs=dict(data["main_needs"]),
        family={code: {head: tuple(of) for head, of in heads.items()} for code, heads in data["family"].items()},
        shaped_like={head: tuple(codes) for head, codes in data["shaped_like"].items()},
    )


def load_weights(folder: Path) -> CoderWeights:
    """Read and check the weights.

    Raises:
        ModelUnavailable: A file is missing, damaged, or made for another version of the features.
    """
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        raw = (folder / ARRAYS).read_bytes()
    except (OSError, ValueError) as error:
        raise ModelUnavailable(f"The coder's weights in {folder} cannot be read.", _RESTORE) from error
    digest = hashlib.sha256(raw).hexdigest()
    if digest != card.get("sha256") or card.get("feature_version") != FEATURE_VERSION:
        raise ModelUnavailable(f"The coder's weights in {folder} do not belong to this version.", _RESTORE)
    with np.load(folder / ARRAYS, allow_pickle=False) as arrays:
        heads = {name: _head(name, spec, arrays) for name, spec in card["heads"].items()}
        centre = arrays["centre"].astype(np.float32)
        adapter = _adapter(digest, card.get("adapter"), arrays)
    return CoderWeights(
        coder_id=f"{card['name']}@{card['version']}+{digest[:12]}",
        encoder_id=card["encoder"],
        rules=read_rules(card["rules"]),
        heads=heads,
        evidence_power=card["evidence_power"],
        turn_power=card["turn_power"],
        centre=centre,
        adapter=adapter,
    )


def _head(name: str, spec: dict[str, Any], arrays: Any) -> Head:
    return Head(
        labels=tuple(spec["labels"]),
        dense=arrays[f"{name}.dense"].astype(np.float32),
        hashed=arrays[f"{name}.hashed"].astype(np.float32),
        bias=arrays[f"{name}.bias"].astype(np.float32),
        temperature=float(spec["temperature"]),
        adapted=arrays[f"{name}.adapted"].astype(np.float32),
    )


def _adapter(digest: str, spec: dict[str, Any] | None, arrays: Any) -> Adapter | None:
    if spec is None:
        return None
    own = {name.removeprefix(ADAPTER): arrays[name] for name in arrays.files if name.startswith(ADAPTER)}
    return Adapter(digest, spec["layer"], spec["previous_tokens"], own)
