"""Measures a coder on labelled sets that are never trained on, by a label map given as data."""

import csv
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from simpatient.domain.ports import Coder
from simpatient.tuning.coder.measures import Ints, bootstrap_f1, macro_f1

_WORD = re.compile(r"[a-z']+")
# Two recordings of one conversation are cut and spelt differently, yet share runs of seven words.
_RUN = 7
_SHARED = 0.05


def measure(coder: Coder, path: Path, mapping: dict[str, Any], trained_on: Iterable[str] = ()) -> dict[str, Any]:
    """Return accuracy, macro-F1 and per-label F1 of the coder on a CSV of single utterances.

    Each text is coded after the other speaker's last turn where the set has one (``before`` in the
    mapping), else alone; the surest code that is no mere filler counts. ``apart`` are the same figures
    without the conversations that are among ``trained_on`` too.
    """
    with path.open(newline="", encoding="utf-8") as file:
        every = list(csv.DictReader(file))
    wanted = _wanted(every, mapping)
    rows = [row for row, _ in wanted]
    names = sorted(set(mapping["to_scheme"].values()))
    true = np.asarray([names.index(mapping["to_scheme"][row[mapping["label"]]]) for row in rows], dtype=np.int64)
    found = _found(coder, wanted, mapping, names)
    groups = _groups(rows, mapping)
    result = _figures(true, found, groups, names)
    if mapping.get("before"):
        alone = _found(coder, [(row, "") for row in rows], mapping, names)
        result["alone_macro_f1"] = round(macro_f1(true, alone, len(names)), 3)
        met = _met(rows, groups, mapping["text"], trained_on)
        apart = np.asarray([group not in met for group in groups])
        result["met"] = sorted(met)
        if apart.any() and met:
            result["apart"] = _figures(true[apart], found[apart], [g for g in groups if g not in met], names)
    return result


def _wanted(every: list[dict[str, str]], mapping: dict[str, Any]) -> list[tuple[dict[str, str], str]]:
    """Return the rows to measure, each with what the other speaker said last."""
    before = mapping.get("before")
    last: dict[str, str] = {}
    found = []
    for row in every:
        if before and row[before["column"]] == before["speaker"]:
            last[row[before["conversation"]]] = row[before["text"]]
        is_asked = all(row[key] == value for key, value in mapping.get("only", {}).items())
        if is_asked and row[mapping["label"]] in mapping["to_scheme"]:
            found.append((row, last.get(row[before["conversation"]], "") if before else ""))
    return found


def _found(coder: Coder, wanted: list[tuple[dict[str, str], str]], mapping: dict[str, Any], names: list[str]) -> Ints:
    filler = tuple(mapping["filler"])
    codes = [_code(coder, row[mapping["text"]], before, filler) for row, before in wanted]
    return np.asarray([names.index(mapping["from_scheme"].get(code, code)) for code in codes], dtype=np.int64)


def _groups(rows: list[dict[str, str]], mapping: dict[str, Any]) -> list[str]:
    before = mapping.get("before")
    return [row[before["conversation"]] if before else str(at) for at, row in enumerate(rows)]


def _figures(true: Ints, found: Ints, groups: list[str], names: list[str]) -> dict[str, Any]:
    low, high = bootstrap_f1(true, found, groups, len(names), 0)
    each = {name: round(_f1(true == at, found == at), 3) for at, name in enumerate(names) if (true == at).any()}
    return {
        "n": len(true),
        "accuracy": round(float((true == found).mean()), 3),
        "macro_f1": round(macro_f1(true, found, len(names)), 3),
        "interval": [round(low, 3), round(high, 3)],
        "f1": each,
    }


def _met(rows: list[dict[str, str]], groups: list[str], text: str, trained_on: Iterable[str]) -> set[str]:
    """Return the conversations of which more than a twentieth of the texts share a run of words with training."""
    known = {run for said in trained_on for run in _runs(said)}
    hits: dict[str, list[bool]] = {}
    for row, group in zip(rows, groups, strict=True):
        runs = _runs(row[text])
        if runs:
            hits.setdefault(group, []).append(any(run in known for run in runs))
    return {group for group, found in hits.items() if sum(found) > _SHARED * len(found)}


def _runs(text: str) -> set[tuple[str, ...]]:
    words = _WORD.findall(text.lower())
    return {tuple(words[at : at + _RUN]) for at in range(len(words) - _RUN + 1)}


def _code(coder: Coder, text: str, before: str, filler: tuple[str, ...]) -> str:
    found = coder.code_turn("trainee", text, before).utterances
    labels = [utterance.codes[0] for utterance in found if utterance.codes]
    telling = [label for label in labels if label.code not in filler] or labels
    return max(telling, key=lambda label: label.confidence).code if telling else filler[0]


def _f1(true: Any, found: Any) -> float:
    both = float((true & found).sum())
    return 2 * both / float(true.sum() + found.sum()) if both else 0.0
