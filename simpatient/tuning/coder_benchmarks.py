"""Measures a coder on labelled sets that are never trained on, by a label map given as data."""

import csv
from pathlib import Path
from typing import Any

import numpy as np

from simpatient.domain.ports import Coder
from simpatient.tuning.measures import macro_f1


def measure(coder: Coder, path: Path, mapping: dict[str, Any]) -> dict[str, Any]:
    """Return accuracy, macro-F1 and per-label F1 of the coder on a CSV of single utterances.

    Each text is coded alone, without the turn before; the surest code that is no mere filler counts.
    """
    with path.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if all(row[k] == v for k, v in mapping.get("only", {}).items())]
    kept = [row for row in rows if row[mapping["label"]] in mapping["to_scheme"]]
    names = sorted(set(mapping["to_scheme"].values()))
    true = np.asarray([names.index(mapping["to_scheme"][row[mapping["label"]]]) for row in kept], dtype=np.int64)
    codes = [_code(coder, row[mapping["text"]], tuple(mapping["filler"]), mapping["filler"][0]) for row in kept]
    found = np.asarray([names.index(mapping["from_scheme"].get(code, code)) for code in codes], dtype=np.int64)
    each = {name: round(_f1(true == at, found == at), 3) for at, name in enumerate(names) if (true == at).any()}
    return {
        "n": len(kept),
        "accuracy": round(float((true == found).mean()), 3),
        "macro_f1": round(macro_f1(true, found, len(names)), 3),
        "f1": each,
    }


def _code(coder: Coder, text: str, filler: tuple[str, ...], blank: str) -> str:
    found = coder.code_turn("trainee", text).utterances
    labels = [utterance.codes[0] for utterance in found if utterance.codes]
    telling = [label for label in labels if label.code not in filler] or labels
    return max(telling, key=lambda label: label.confidence).code if telling else blank


def _f1(true: Any, found: Any) -> float:
    both = float((true & found).sum())
    return 2 * both / float(true.sum() + found.sum()) if both else 0.0
