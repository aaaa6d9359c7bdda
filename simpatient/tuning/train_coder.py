"""Trains the embedded coder and writes its weights, their manifest and the model card.

Takes the sentence encoder as an argument: which one it is and where it runs is not known here.
"""

import hashlib
import io
import json
import os
import platform
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from simpatient.assessment.coder import EmbeddedCoder
from simpatient.assessment.coder_weights import ARRAYS, CARD, UTTERANCE, load_weights, read_rules
from simpatient.assessment.decoding import joint_turn
from simpatient.assessment.features import FEATURE_VERSION
from simpatient.assessment.segmenter import segment
from simpatient.domain.ports import SentenceEncoder
from simpatient.tuning.coder_benchmarks import measure
from simpatient.tuning.coder_card import write_card
from simpatient.tuning.coder_data import Example, Exemplars, encode_all, read_annomi, read_exemplars, turn_exemplars
from simpatient.tuning.coder_fit import (
    CrossValidated,
    Fitted,
    Setting,
    Task,
    cross_validate,
    fit_head,
    make_matrix,
    make_task,
)
from simpatient.tuning.measures import best_temperature, bootstrap_f1, calibration_error, confusion, log_loss, softmax
from simpatient.tuning.measures import macro_f1 as f1_of

NAME, VERSION = "simpatient-coder", "1.0.0"
SETTINGS = (
    Setting(0.03),
    Setting(0.1),
    Setting(0.1, "words"),
    Setting(0.1, "words", context=False),
    Setting(0.1, context=False),
)
UTTERANCE_SETTINGS = (Setting(0.1), Setting(0.3), Setting(1.0), Setting(0.3, "words"))
_EXEMPLAR_WEIGHT = 0.5
_POWERS = (0.4, 0.5, 0.6, 0.7, 0.85, 1.0)
_TURN_POWER = 0.5

Progress = Callable[[str], None]


def train(
    annomi_csv: Path,
    exemplar_dir: Path,
    out_dir: Path,
    encoder: SentenceEncoder,
    *,
    seed: int = 0,
    progress: Progress | None = None,
    benchmarks: dict[str, Path] | None = None,
    settings: tuple[Setting, ...] = SETTINGS,
) -> dict[str, Any]:
    """Train all heads; write ``coder.npz``, ``coder.json`` and ``MODEL_CARD.md``; return the figures.

    Args:
        annomi_csv: The full AnnoMI release (or the training part of it).
        exemplar_dir: ``assets/exemplars``.
        out_dir: Where the weights go, usually ``assets/models/coder``.
        encoder: Must be the encoder the coder will be used with.
        seed: Fixes folds and bootstrap; the same inputs and seed give the same weights.
        progress: Called with a short line on each step.
        benchmarks: CSV files by the names in ``exemplar_dir/benchmarks.yaml``, for measuring only.
        settings: Ways of fitting a turn head to choose from by cross-validation over conversations.

    Raises:
        ContentError: A training file cannot be read.
        ModelUnavailable: The encoder cannot run.
    """
    say = progress or (lambda _words: None)
    exemplars = read_exemplars(exemplar_dir)
    therapist, client = read_annomi(annomi_csv, exemplars.rules)
    texts = [text for example in therapist + client for text in (example.text, example.previous)]
    texts += [text for group in exemplars.by_code.values() for text in group]
    vectors = encode_all(encoder, texts, lambda done, total: say(f"Encoded {done} of {total} texts"))
    heads = _fit_all(exemplars, therapist, client, vectors, settings, seed, say)
    power, joint = _evidence_power(exemplars, heads, len(therapist))
    figures = {name: _figures(head, seed) for name, head in heads.items()}
    figures["joint"] = {
        name: _measured(heads[name], picked, chances, seed) for name, (picked, chances) in joint.items()
    }
    manifest = _manifest(exemplars, heads, encoder, power, figures, annomi_csv, exemplar_dir, seed)
    _write(out_dir, heads, manifest)
    if benchmarks:
        maps = yaml.safe_load((exemplar_dir / "benchmarks.yaml").read_text(encoding="utf-8"))
        coder = EmbeddedCoder(encoder, load_weights(out_dir))
        manifest["benchmarks"] = {name: measure(coder, path, maps[name]) for name, path in benchmarks.items()}
        _write(out_dir, heads, manifest)
    write_card(out_dir / "MODEL_CARD.md", manifest)
    return manifest


def _fit_all(
    exemplars: Exemplars,
    therapist: list[Example],
    client: list[Example],
    vectors: dict[str, Any],
    settings: tuple[Setting, ...],
    seed: int,
    say: Progress,
) -> dict[str, Fitted]:
    rules = exemplars.rules
    extra = turn_exemplars(exemplars, _EXEMPLAR_WEIGHT)
    own, silver = _utterance_examples(exemplars, therapist)
    talk = rules["patient_head"]
    jobs = (
        _Job(dict(rules["heads"]), therapist, extra, True),
        _Job({talk["name"]: talk["labels"]}, client, [], True),
        _Job({UTTERANCE: sorted(exemplars.by_code)}, own, silver, False),
    )
    total = sum(len(job.heads) for job in jobs)
    heads: dict[str, Fitted] = {}
    for job in jobs:
        examples = job.measured + job.extra
        matrix = make_matrix(examples, vectors, turn=job.turn)
        marks = [True] * len(job.measured) + [False] * len(job.extra)
        for name, labels in job.heads.items():
            say(f"Fitting {name} ({len(heads) + 1} of {total})")
            task = make_task(name, tuple(labels), examples, matrix, marks)
            choices = settings if job.turn else UTTERANCE_SETTINGS
            heads[name] = _chosen(task, [cross_validate(task, setting, seed) for setting in choices])
    return heads


@dataclass(frozen=True)
class _Job:
    """Heads that learn from the same texts; ``extra`` texts teach but are not measured."""

    heads: dict[str, list[str]]
    measured: list[Example]
    extra: list[Example]
    turn: bool


def _chosen(task: Task, tried: list[CrossValidated]) -> Fitted:
    best = max(tried, key=lambda result: result.macro_f1)
    head = fit_head(task, best)
    head.tried = [result.described() for result in tried]
    head.temperature = best_temperature(task.truth[task.measured], best.scores)
    return head


def _utterance_examples(exemplars: Exemplars, therapist: list[Example]) -> tuple[list[Example], list[Example]]:
    """Return our exemplars, and coded turns that are a single utterance with a single behaviour."""
    own = [
        Example(text, labels={UTTERANCE: code}) for code, texts in sorted(exemplars.by_code.items()) for text in texts
    ]
    spec = exemplars.rules["silver"]
    empty = {head: labels[0] for head, labels in exemplars.rules["heads"].items() if head != "main"}
    silver: list[Example] = []
    for code, wanted in spec["codes"].items():
        full = {**empty, **wanted}
        fitting = [
            example
            for example in therapist
            if all(example.labels[head] == label for head, label in full.items())
            and len(example.text.split()) >= 4
            and len(segment(example.text)) == 1
        ]
        silver += [
            Example(example.text, group=example.group, labels={UTTERANCE: code}, weight=spec["weight"])
            for example in fitting[: spec["at_most"]]
        ]
    return own, silver


def _evidence_power(exemplars: Exemplars, heads: dict[str, Fitted], count: int) -> tuple[float, dict[str, Any]]:
    """Choose how strongly the turn heads may add up, by held-out log-loss; return the joint figures' inputs."""
    rules = read_rules(exemplars.rules)
    alone = {name: softmax(heads[name].chosen.scores, heads[name].temperature) for name in rules.heads}
    truth = {name: heads[name].task.truth[heads[name].task.measured] for name in rules.heads}
    best: tuple[float, float, dict[str, Any]] | None = None
    for power in _POWERS:
        rows = [
            joint_turn(rules, {name: alone[name][at].astype(np.float32) for name in alone}, power)
            for at in range(count)
        ]
        marginals = {name: np.stack([row[1][name] for row in rows]).astype(float) for name in alone}
        loss = sum(log_loss(truth[name], marginals[name]) for name in alone)
        picked = {name: np.asarray([row[0][name] for row in rows]) for name in alone}
        if best is None or loss < best[0]:
            best = (loss, power, {name: (picked[name], marginals[name]) for name in alone})
    if best is None:
        raise ValueError("no power to choose from")
    return best[1], best[2]


def _figures(head: Fitted, seed: int) -> dict[str, Any]:
    probabilities = softmax(head.chosen.scores, head.temperature)
    return {**_measured(head, head.chosen.scores.argmax(1), probabilities, seed), "tried": head.tried}


def _measured(head: Fitted, picked: Any, probabilities: Any, seed: int) -> dict[str, Any]:
    task = head.task
    truth, count = task.truth[task.measured], len(task.labels)
    groups = [group for group, is_in in zip(task.groups, task.measured, strict=True) if is_in]
    low, high = bootstrap_f1(truth, picked, groups, count, seed)
    return {
        "n": len(truth),
        "labels": list(task.labels),
        "macro_f1": round(f1_of(truth, picked, count), 3),
        "interval": [round(low, 3), round(high, 3)],
        "ece": round(calibration_error(truth, probabilities, picked), 3),
        "confusion": confusion(truth, picked, count).tolist(),
    }


def _manifest(
    exemplars: Exemplars,
    heads: dict[str, Fitted],
    encoder: SentenceEncoder,
    power: float,
    figures: dict[str, Any],
    annomi_csv: Path,
    exemplar_dir: Path,
    seed: int,
) -> dict[str, Any]:
    libraries = {name: version(name) for name in ("numpy", "scikit-learn", "scipy")}
    return {
        "name": NAME,
        "version": VERSION,
        "feature_version": FEATURE_VERSION,
        "encoder": encoder.model_id,
        "rules": {key: value for key, value in exemplars.rules.items() if key not in ("silver", "turn")},
        "evidence_power": power,
        "turn_power": _TURN_POWER,
        "heads": {
            name: {"labels": list(head.task.labels), "temperature": round(head.temperature, 4)}
            for name, head in heads.items()
        },
        "training": {
            "seed": seed,
            "annomi_sha256": hashlib.sha256(annomi_csv.read_bytes()).hexdigest(),
            "exemplars_sha256": _folder_hash(exemplar_dir),
            "exemplars": {code: len(texts) for code, texts in sorted(exemplars.by_code.items())},
            "conversations": len({group for group in heads["main"].task.groups if not group.startswith("exemplar-")}),
            "python": platform.python_version(),
            "libraries": libraries,
        },
        "figures": figures,
    }


def _folder_hash(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.yaml")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _write(out_dir: Path, heads: dict[str, Fitted], manifest: dict[str, Any]) -> None:
    out_dir.mkdir(parents=True, exist_ok=True)
    arrays = {}
    for name, head in heads.items():
        arrays[f"{name}.dense"] = head.dense.astype(np.float16)
        arrays[f"{name}.hashed"] = head.hashed.astype(np.float16)
        arrays[f"{name}.bias"] = head.bias.astype(np.float32)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    raw = buffer.getvalue()
    manifest["sha256"] = hashlib.sha256(raw).hexdigest()
    _replace(out_dir / ARRAYS, raw)
    _replace(out_dir / CARD, (json.dumps(manifest, indent=1, ensure_ascii=False) + "\n").encode("utf-8"))


def _replace(path: Path, data: bytes) -> None:
    part = path.with_suffix(path.suffix + ".part")
    part.write_bytes(data)
    os.replace(part, path)
