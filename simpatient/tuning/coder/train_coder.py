"""Trains the embedded coder and writes its weights, their manifest and the model card.

Takes the sentence encoder as an argument: which one it is and where it runs is not known here.
"""

import hashlib
import io
import json
import platform
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from simpatient.assessment.coding.coder import EmbeddedCoder
from simpatient.assessment.coding.coder_weights import ADAPTER, ARRAYS, CARD, load_weights, read_rules
from simpatient.assessment.coding.decoding import joint_turn
from simpatient.assessment.coding.features import FEATURE_VERSION
from simpatient.domain.errors import ContentError
from simpatient.domain.ports import ReadingEncoder, SentenceEncoder
from simpatient.runtime.files import write_atomically
from simpatient.tuning.coder.coder_adapter import AdapterTrainer, Plan, Trained
from simpatient.tuning.coder.coder_benchmarks import measure
from simpatient.tuning.coder.coder_card import write_card
from simpatient.tuning.coder.coder_data import (
    Example,
    Exemplars,
    conversation_hashes,
    encode_all,
    encode_plain,
    exemplar_group,
    read_annomi,
    read_exemplars,
)
from simpatient.tuning.coder.coder_fit import (
    CrossValidated,
    Fitted,
    HeldOut,
    Setting,
    Task,
    add_adapter,
    combine,
    cross_validate,
    fit_head,
    make_matrix,
    make_task,
    split,
)
from simpatient.tuning.coder.coder_tasks import TrainingJob, adapter_items, make_jobs
from simpatient.tuning.coder.measures import (
    Doubles,
    accuracy_at_coverage,
    best_temperature,
    bootstrap_f1,
    calibration_error,
    confusion,
    log_loss,
    softmax,
)
from simpatient.tuning.coder.measures import macro_f1 as f1_of

NAME, VERSION = "simpatient-coder", "2.2.0"
SETTINGS = (Setting(0.03), Setting(0.1, "words"), Setting(0.1, "words", context=False))
UTTERANCE_SETTINGS = (Setting(0.3),)  # 0.1 gave .772 against .791 in version 2.0
_POWERS = (0.4, 0.5, 0.6, 0.7, 0.85, 1.0)
_TURN_POWER = 0.3

Progress = Callable[[str], None]


def train(
    annomi_csv: Path,
    exemplar_dir: Path,
    out_dir: Path,
    encoder: ReadingEncoder,
    *,
    seed: int = 0,
    progress: Progress | None = None,
    benchmarks: dict[str, Path] | None = None,
    settings: tuple[Setting, ...] = SETTINGS,
    plan: Plan | None = None,
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
        plan: How to train the adapter of the encoder's top layers; None for linear heads alone.

    Raises:
        ContentError: A training file cannot be read.
        ModelUnavailable: The encoder cannot run.
    """
    say = progress or (lambda _words: None)
    exemplars = read_exemplars(exemplar_dir)
    jobs, fold_of = _jobs(annomi_csv, exemplars, seed)
    therapist, client = jobs[0].measured, jobs[1].measured
    every = [example for job in jobs for example in job.examples]
    vectors = encode_all(encoder, every, lambda done, total: say(f"Read {done} of {total} texts"))
    centre = np.mean(list(vectors.values()), axis=0).astype(np.float32)
    vectors = {key: vector - centre for key, vector in vectors.items()}
    own = encode_plain(encoder, [example for job in jobs if job.is_encoded for example in job.examples])
    adapter = _Adapter(encoder, jobs, fold_of, plan, seed, say) if plan else None
    heads = _fit_all(jobs, (vectors, own), fold_of, settings, adapter, say)
    trained = adapter.finish(heads, say) if adapter else None
    power, joint = _evidence_power(exemplars, heads, len(therapist))
    figures = {name: _figures(head, seed) for name, head in heads.items()}
    figures["joint"] = {
        name: _measured(heads[name], picked, chances, seed) for name, (picked, chances) in joint.items()
    }
    manifest = _manifest(exemplars, heads, encoder, power, figures, annomi_csv, exemplar_dir, seed, therapist)
    manifest["adapter"] = _adapter_record(trained, plan)
    arrays = _arrays(heads, centre, trained)
    _write(out_dir, arrays, manifest)
    if benchmarks:
        coder = EmbeddedCoder(encoder, load_weights(out_dir))
        said = [example.text for example in therapist + client]
        manifest["benchmarks"] = run_benchmarks(coder, benchmarks, exemplar_dir, said)
        _write(out_dir, arrays, manifest)
    write_card(out_dir / "MODEL_CARD.md", manifest)
    return manifest


def train_patient_head(
    annomi_csv: Path,
    exemplar_dir: Path,
    out_dir: Path,
    encoder: SentenceEncoder,
    *,
    progress: Progress | None = None,
    settings: tuple[Setting, ...] = SETTINGS,
) -> dict[str, Any]:
    """Train the patient's head anew and leave everything else in ``out_dir`` as it is; return the figures.

    Folds and seed are those of the weights that are there, so the figures can be compared.

    Raises:
        ContentError: A training file cannot be read, or is not the one the other heads learnt from.
        ModelUnavailable: The encoder cannot run, or there are no sound weights in ``out_dir``.
    """
    say = progress or (lambda _words: None)
    load_weights(out_dir)
    manifest = json.loads((out_dir / CARD).read_text(encoding="utf-8"))
    if hashlib.sha256(annomi_csv.read_bytes()).hexdigest() != manifest["training"]["annomi_sha256"]:
        raise ContentError(
            "The AnnoMI file is not the one the other heads learnt from.",
            file=str(annomi_csv),
            action="Give that one, or train all heads.",
        )
    seed = manifest["training"]["seed"]
    jobs, fold_of = _jobs(annomi_csv, read_exemplars(exemplar_dir), seed)
    job = next(job for job in jobs if job.is_encoded)
    own = encode_plain(encoder, job.examples, lambda done, total: say(f"Encoded {done} of {total} texts"))
    heads = _fit_job(job, own, fold_of, settings, say)
    with np.load(out_dir / ARRAYS, allow_pickle=False) as kept:
        arrays = {name: kept[name] for name in kept.files}
    arrays.update(_head_arrays(heads))
    manifest["heads"].update(_head_records(heads))
    manifest["figures"].update({name: _figures(head, seed) for name, head in heads.items()})
    manifest.setdefault("kept_from", manifest["version"])
    manifest["version"] = VERSION
    _write(out_dir, arrays, manifest)
    write_card(out_dir / "MODEL_CARD.md", manifest)
    return dict(manifest)


def _jobs(annomi_csv: Path, exemplars: Exemplars, seed: int) -> tuple[tuple[TrainingJob, ...], dict[str, int]]:
    """Return what the heads learn from, and the fold of every conversation and exemplar."""
    therapist, client = read_annomi(annomi_csv, exemplars.rules)
    lines = {exemplar_group(text): code for code, texts in sorted(exemplars.by_code.items()) for text in texts}
    fold_of = split([example.group for example in therapist], lines, seed)
    return make_jobs(exemplars, therapist, client, fold_of, seed), fold_of


def run_benchmarks(
    coder: EmbeddedCoder, paths: dict[str, Path], exemplar_dir: Path, trained_on: list[str]
) -> dict[str, Any]:
    """Return the figures on sets that are measured only, by name."""
    maps = yaml.safe_load((exemplar_dir / "benchmarks.yaml").read_text(encoding="utf-8"))
    return {name: measure(coder, path, maps[name], trained_on) for name, path in paths.items()}


class _Adapter:
    """Adapters trained with each fold left out, for the figures, and one on everything, to ship."""

    def __init__(
        self, encoder: Any, jobs: tuple[TrainingJob, ...], fold_of: dict[str, int], plan: Plan, seed: int, say: Progress
    ) -> None:
        items, self._place = adapter_items(jobs, fold_of)
        counts = {name: len(labels) for job in jobs for name, labels in job.heads.items()}
        self._trainer = AdapterTrainer(encoder, items, counts, plan, seed)
        self._jobs = jobs
        self._by_fold = {}
        for fold in sorted(set(fold_of.values())):
            say(f"Training the adapter without fold {fold}")
            self._by_fold[fold] = self._trainer.train(fold)

    def scores(self, job: int, name: str) -> Doubles:
        """Return a head's scores of the job's measured examples, each from the adapter that never saw it."""
        items = [self._place[job, at] for at in range(len(self._jobs[job].measured))]
        found = np.zeros((len(items), len(self._jobs[job].heads[name])))
        for fold, trained in self._by_fold.items():
            at = [number for number, item in enumerate(items) if item.fold == fold]
            if at:
                found[at] = self._trainer.scores(trained, [items[number] for number in at], name)
        return found

    def finish(self, heads: dict[str, Fitted], say: Progress) -> Trained:
        """Train on everything and add the adapter's heads to the linear ones."""
        say("Training the adapter on everything")
        trained = self._trainer.train(None)
        for job in self._jobs:
            for name in () if job.is_encoded else job.heads:
                add_adapter(heads[name], *trained.tables[name])
        return trained


def _fit_all(
    jobs: tuple[TrainingJob, ...],
    vectors: tuple[dict[Any, Any], dict[Any, Any]],
    fold_of: dict[str, int],
    settings: tuple[Setting, ...],
    adapter: "_Adapter | None",
    say: Progress,
) -> dict[str, Fitted]:
    """Fit every job's heads; ``vectors`` are the middle layers' and the encoder's own."""
    heads: dict[str, Fitted] = {}
    middle, own = vectors
    for number, job in enumerate(jobs):
        if job.is_encoded:
            heads |= _fit_job(job, own, fold_of, settings, say)
            continue
        second = {name: adapter.scores(number, name) for name in job.heads} if adapter else {}
        heads |= _fit_job(job, middle, fold_of, settings if job.turn else UTTERANCE_SETTINGS, say, second)
    return heads


def _fit_job(
    job: TrainingJob,
    vectors: dict[Any, Any],
    fold_of: dict[str, int],
    settings: tuple[Setting, ...],
    say: Progress,
    adapted: dict[str, Doubles] | None = None,
) -> dict[str, Fitted]:
    matrix = make_matrix(job.examples, vectors, turn=job.turn)
    marks = [True] * len(job.measured) + [False] * len(job.extra)
    heads = {}
    for name, labels in job.heads.items():
        say(f"Fitting {name}")
        task = make_task(name, tuple(labels), job.examples, matrix, marks, fold_of)
        tried = [cross_validate(task, setting) for setting in settings]
        heads[name] = _chosen(task, tried, (adapted or {}).get(name))
    return heads


def _chosen(task: Task, tried: list[CrossValidated], adapted: Doubles | None) -> Fitted:
    best = max(tried, key=lambda result: result.macro_f1)
    held_out = combine(task, best.scores, adapted)
    head = fit_head(task, best, held_out)
    head.tried = [result.described() for result in tried]
    if adapted is not None:
        truth = task.truth[task.measured]
        alone, both = (
            round(f1_of(truth, scores.argmax(1), len(task.labels)), 4) for scores in (adapted, held_out.scores)
        )
        head.tried += [
            {"setting": "adapted layers alone, no share of the prior", "macro_f1": alone},
            {"setting": f"both, adapter's share {held_out.share}, prior {held_out.prior_share}", "macro_f1": both},
        ]
    head.temperature = best_temperature(task.truth[task.measured], held_out.scores)
    return head


def _evidence_power(exemplars: Exemplars, heads: dict[str, Fitted], count: int) -> tuple[float, dict[str, Any]]:
    """Choose how strongly the turn heads may add up, by held-out log-loss; return the joint figures' inputs."""
    rules = read_rules(exemplars.rules)
    alone = {name: softmax(_held_out(heads[name]).scores, heads[name].temperature) for name in rules.heads}
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


def _held_out(head: Fitted) -> HeldOut:
    if head.held_out is None:
        raise ValueError("the head was not cross-validated")
    return head.held_out


def _figures(head: Fitted, seed: int) -> dict[str, Any]:
    fair = _held_out(head).fair
    return {**_measured(head, fair.argmax(1), softmax(fair), seed), "tried": head.tried}


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
        "accuracy_at_coverage": accuracy_at_coverage(truth, probabilities, picked),
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
    turns: list[Example],
) -> dict[str, Any]:
    libraries = {name: version(name) for name in ("numpy", "scikit-learn", "scipy", "torch")}
    return {
        "name": NAME,
        "version": VERSION,
        "feature_version": FEATURE_VERSION,
        "encoder": encoder.model_id,
        "rules": {key: value for key, value in exemplars.rules.items() if key not in ("silver", "turn")},
        "evidence_power": power,
        "turn_power": _TURN_POWER,
        "heads": _head_records(heads),
        "training": {
            "seed": seed,
            "conversation_sha256": sorted(conversation_hashes(turns).values()),
            "annomi_sha256": hashlib.sha256(annomi_csv.read_bytes()).hexdigest(),
            "exemplars_sha256": _folder_hash(exemplar_dir),
            "exemplars": {code: len(texts) for code, texts in sorted(exemplars.by_code.items())},
            "conversations": len({group for group in heads["main"].task.groups if not group.startswith("exemplar-")}),
            "python": platform.python_version(),
            "libraries": libraries,
        },
        "figures": figures,
    }


def _head_records(heads: dict[str, Fitted]) -> dict[str, Any]:
    return {
        name: {"labels": list(head.task.labels), "temperature": round(head.temperature, 4)}
        for name, head in heads.items()
    }


def _folder_hash(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.yaml")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _arrays(heads: dict[str, Fitted], centre: Any, trained: Trained | None) -> dict[str, Any]:
    arrays: dict[str, Any] = {"centre": centre, **_head_arrays(heads)}
    if trained is not None:
        arrays.update({ADAPTER + name: array for name, array in trained.adapter.arrays.items()})
    return arrays


def _head_arrays(heads: dict[str, Fitted]) -> dict[str, Any]:
    arrays: dict[str, Any] = {}
    for name, head in heads.items():
        arrays[f"{name}.dense"] = head.dense.astype(np.float16)
        arrays[f"{name}.hashed"] = head.hashed.astype(np.float16)
        arrays[f"{name}.adapted"] = head.adapted.astype(np.float16)
        arrays[f"{name}.bias"] = head.bias.astype(np.float32)
    return arrays


def _adapter_record(trained: Trained | None, plan: Plan | None) -> dict[str, Any] | None:
    if trained is None or plan is None:
        return None
    return {**asdict(plan), "layer": trained.adapter.layer, "previous_tokens": trained.adapter.previous_tokens}


def _write(out_dir: Path, arrays: dict[str, Any], manifest: dict[str, Any]) -> None:
    out_dir.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    raw = buffer.getvalue()
    manifest["sha256"] = hashlib.sha256(raw).hexdigest()
    write_atomically(out_dir / ARRAYS, raw, private=False)
    card = json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"
    write_atomically(out_dir / CARD, card.encode("utf-8"), private=False)
