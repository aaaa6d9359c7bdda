"""Writes the coder's model card from its manifest. Prints figures as they are, below a floor or not."""

from pathlib import Path
from typing import Any

import yaml

from simpatient.runtime.files import write_atomically

# Floors: word n-grams + cues + balanced logistic regression, or TF-IDF + linear SVM; published: the best text
# model we know of on this data set; human: one coder against another / against the majority of nine. The
# floors and the human figures were counted on AnnoMI itself; the published ones are those papers report on it.
YARDSTICKS = {
    "main": (".74", ".72 (text) to .83 (text + audio)", ".80 / .86"),
    "question": (".77", "–", ".77 / .83"),
    "reflection": (".53", "–", ".58 / .62"),
    "input": (".37", "–", ".44 / .49"),
    "talk": (".50", ".55 (frozen MiniLM) to .61 (Qwen3-8B LoRA)", ".65 / .72"),
}
EXPERIMENTS = "experiments.yaml"

_HEADER = """# Model card: {name} {version}

Calibrated linear heads on what the sentence encoder's middle layers ({encoder}) make of a turn, on an
adapted copy of its top two layers (low-rank changes, trained on all heads at once) that also reads the
end of the turn before, and on light features. The head for client talk reads the encoder's own vectors
of the turn and the turn before instead, which know more of it. They code one turn of a practice
conversation in milliseconds on a CPU and drive the simulated patient live. A part of a turn is heard within
its turn, the trainee's by the adapted layers and the patient's by the encoder itself; the talk head learnt
from whole turns.

{kept}
## Intended use and limits

For: formative feedback to trainees, always shown with a confidence; the simulated patient's reactions.
Not for: grading, certification or selection, real therapy sessions, any decision about a person.

- Trained on English demonstration interviews in motivational interviewing (AnnoMI), mostly health
  behaviour, and on our own written exemplars. Other therapies, accents in writing and languages are
  outside what was measured.
- The codes AnnoMI lacks (for example affirm, confront, warn, immediacy) are learned from written exemplars
  only; their figures below are cross-validated on those exemplars and are kinder than real talk.
- Human coders agree little on simple against complex reflections and on kinds of input; so does this.
- AnnoMI calls "Could you ...?" open. The turn's question label follows AnnoMI; the utterance code does not.
- Permission given in an earlier turn is not seen: only the turn and the one before are read.

## Figures

Held-out predictions, five folds over whole conversations, the same as those of version 1.0; macro-F1 with a
95 % bootstrap interval (conversations drawn with replacement); ECE is the expected calibration error in ten
bins. How the adapter and the linear heads are added up, the share of the prior and the temperature were chosen
for each fold on the other four. The linear heads' settings were chosen on the same folds, and the adapter's on
two of them, which flatters the figures slightly. "Decoded together" is what the coder says after the heads have
agreed on labels that fit together, before the utterances have their word; its calibration error, in brackets,
is that of the joint probability. The confidence shown to people is the head's own.
"""

_DATA = """
## Data and licences

- AnnoMI full annotations, {conversations} conversations (sha256 {annomi}): released as public domain by its authors.
  Wu et al., ICASSP 2022; Future Internet 2023. No text of it is shipped; words are hashed.
- {count} exemplar utterances in `assets/exemplars`, written for this project, Apache-2.0.
- Never trained on: the two benchmark sets below.

Command: `simpatient tune train-coder --annomi annomi.csv --out assets/models/coder --seed {seed}
--misc misc.csv --miti miti.csv` ({versions}; adapter: {adapter}).
The talk head alone: the same with `--only-patient-head`.
Weights: `coder.npz`, sha256 `{sha}`.
"""


def write_card(path: Path, manifest: dict[str, Any]) -> None:
    """Write the card beside the weights."""
    figures = manifest["figures"]
    parts = [_HEADER.format(kept=_kept(manifest), **{key: manifest[key] for key in ("name", "version", "encoder")})]
    parts += [_heads_table(figures), _coverage(figures), _tried(figures), _experiments(path.parent / EXPERIMENTS)]
    parts += [_utterances(figures["utterance"])]
    parts += [_benchmarks(manifest.get("benchmarks", {})), _data(manifest)]
    write_atomically(path, "\n".join(parts).encode("utf-8"), private=False)


def _kept(manifest: dict[str, Any]) -> str:
    if "kept_from" not in manifest:
        return ""
    return f"Only the talk head was trained for this version; all other numbers are those of {manifest['kept_from']}.\n"


def _heads_table(figures: dict[str, Any]) -> str:
    lines = [
        "| head | n | macro-F1 | 95 % | as decoded together | ECE (together) | floor | published | human |",
        "|---|" + "---|" * 8,
    ]
    for head, (floor, published, human) in YARDSTICKS.items():
        own = figures[head]
        joint = figures["joint"].get(head)
        together = f"{joint['macro_f1']:.3f} [{joint['interval'][0]:.3f}, {joint['interval'][1]:.3f}]" if joint else "–"
        calibrated = f"{own['ece']:.3f} ({joint['ece']:.3f})" if joint else f"{own['ece']:.3f}"
        low, high = own["interval"]
        lines.append(
            f"| {head} | {own['n']} | {own['macro_f1']:.3f} | [{low:.3f}, {high:.3f}] | {together} | {calibrated} "
            f"| {floor} | {published} | {human} |"
        )
    return "\n".join(lines)


def _coverage(figures: dict[str, Any]) -> str:
    """Return the risk-coverage table: how often the coder is right when it keeps the surest answers only."""
    heads = (*YARDSTICKS, "utterance")
    shares = list(figures["main"]["accuracy_at_coverage"])
    lines = [
        "\nAccuracy when only the surest answers are kept (the rest are abstentions), by share kept in per cent:\n"
    ]
    lines += ["| head | " + " | ".join(shares) + " |", "|---|" + "---|" * len(shares)]
    for head in heads:
        kept = figures[head]["accuracy_at_coverage"]
        lines.append(f"| {head} | " + " | ".join(f"{kept[share]:.3f}" for share in shares) + " |")
    return "\n".join(lines)


def _experiments(path: Path) -> str:
    """Return what was tried on the way, from a file kept beside the weights; failures stand there too."""
    if not path.is_file():
        return ""
    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    heads = tuple(YARDSTICKS)
    lines = ["\n### Experiments on the way\n", told["note"].strip() + "\n"]
    lines += ["| what | measured on | " + " | ".join(heads) + " |", "|---|---|" + "---|" * len(heads)]
    for one in told["experiments"]:
        cells = [f"{one[head]:.3f}" if head in one else "–" for head in heads]
        lines.append(f"| {one['what']} | {one['on']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _tried(figures: dict[str, Any]) -> str:
    lines = ["\nWhat was tried (C: inverse penalty; balance: which features the penalty favours; prior: share of", ""]
    lines[0] += " the log prior added, chosen on the same folds):"
    for head, own in figures.items():
        for way in own.get("tried", ()):
            lines.append(f"- {head}: {_setting(way)}: {way['macro_f1']:.3f}")
    return "\n".join(lines)


def _setting(way: dict[str, Any]) -> str:
    if "setting" in way:
        return str(way["setting"])
    context = "" if way["context"] else ", without the turn before"
    return f"linear heads alone, C {way['strength']}, {way['balance']}, prior {way['prior_share']}{context}"


def _utterances(own: dict[str, Any]) -> str:
    low, high = own["interval"]
    lines = [
        "\n### Utterance codes (five folds over our exemplars, not conversations)\n",
        f"Macro-F1 {own['macro_f1']:.3f} [{low:.3f}, {high:.3f}], ECE {own['ece']:.3f}, n {own['n']}.\n",
        "| code | n | recall | precision | most often taken for |",
        "|---|---|---|---|---|",
    ]
    table, labels = own["confusion"], own["labels"]
    for at, label in enumerate(labels):
        row, column = table[at], [line[at] for line in table]
        wrong = max((count, labels[to]) for to, count in enumerate(row) if to != at)
        mistaken = f"{wrong[1]} ({wrong[0]})" if wrong[0] else "–"
        recall, precision = row[at] / max(1, sum(row)), row[at] / max(1, sum(column))
        lines.append(f"| {label} | {sum(row)} | {recall:.2f} | {precision:.2f} | {mistaken} |")
    return "\n".join(lines)


def _benchmarks(found: dict[str, Any]) -> str:
    if not found:
        return "\n### Benchmarks\n\nNot measured in this run."
    lines = ["\n### Benchmarks (measured only, never trained or tuned on)\n"]
    for name, result in found.items():
        lines.append(f"- {name}: {_benchmark(result)}")
        if "alone_macro_f1" in result:
            lines.append(f"  Each unit without the turn before: macro-F1 {result['alone_macro_f1']:.3f}.")
        if "apart" in result:
            met = ", ".join(result["met"])
            lines.append(
                f"  Without {met}, whose recordings AnnoMI's training part holds too: {_benchmark(result['apart'])}"
            )
    return "\n".join(lines)


def _benchmark(result: dict[str, Any]) -> str:
    each = ", ".join(f"{label} {value:.2f}" for label, value in result["f1"].items())
    low, high = result["interval"]
    head = f"n {result['n']}, accuracy {result['accuracy']:.3f}, macro-F1 {result['macro_f1']:.3f}"
    return f"{head} [{low:.3f}, {high:.3f}] ({each})."


def _data(manifest: dict[str, Any]) -> str:
    training = manifest["training"]
    return _DATA.format(
        conversations=training["conversations"],
        annomi=training["annomi_sha256"][:12],
        count=sum(training["exemplars"].values()),
        seed=training["seed"],
        adapter=", ".join(f"{key} {value}" for key, value in (manifest.get("adapter") or {"none": ""}).items()),
        versions=", ".join(f"{name} {number}" for name, number in training["libraries"].items()),
        sha=manifest["sha256"],
    )
