"""The coder beside human raters, in one table; then what coding costs, and what everything after it costs.

Run: ``python -m tests.benchmarks.coder_report --annomi annomi.csv [--misc units.csv] [--miti sentences.csv]``.
Conversations the shipped weights were trained on are left out. Where none is left (the training file
itself), the figures are those of the held-out folds, from the manifest beside the weights.
"""

import argparse
import csv
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from simpatient.assessment.coding.coder import EmbeddedCoder
from simpatient.assessment.coding.coder_weights import CARD
from simpatient.assessment.coding.segmenter import segment
from simpatient.assessment.debrief.debrief import make_debrief
from simpatient.assessment.scoring.scoring import score
from simpatient.bootstrap import coding as bootstrap
from simpatient.content.library import open_library
from simpatient.content.reading.locations import bundled_root
from simpatient.domain.assessment.codes import Speaker
from simpatient.domain.ports import Embeddings, OnDone
from simpatient.domain.session.session import CodedTurn, TranscriptTurn, Turn
from simpatient.llm.encoder.embedder import CachedEncoder, OnnxEncoder
from simpatient.tuning.coder.coder_card import YARDSTICKS
from simpatient.tuning.coder.coder_data import Example, conversation_hashes, read_annomi, read_exemplars
from simpatient.tuning.coder.measures import accuracy_at_coverage, bootstrap_f1, macro_f1
from simpatient.tuning.coder.train_coder import run_benchmarks

SESSION_TURNS = 60
ROUNDS = 5
BENCHMARKS = {"misc_coarse": ("–", ".441 (TF-IDF + linear SVM)", "–"), "miti15": ("–", "–", "–")}
Said = list[TranscriptTurn]


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    head: str
    n: int
    f1: float
    interval: Sequence[float]
    accuracy_at_80: float | None
    source: str

    def text(self, floor: str, published: str, human: str) -> str:
        """Return the line as a table row."""
        at_80 = f"{self.accuracy_at_80:.3f}" if self.accuracy_at_80 is not None else "–"
        span = f"[{self.interval[0]:.3f}, {self.interval[1]:.3f}]"
        return f"| {self.head} | {self.n} | {self.f1:.3f} | {span} | {at_80} | {floor} | {published} | {human} | {self.source} |"


def manifest() -> dict[str, Any]:
    """Return what is written beside the shipped weights."""
    found: dict[str, Any] = json.loads(bundled_root().joinpath(*bootstrap.CODER_FOLDER, CARD).read_text("utf-8"))
    return found


def unseen(annomi: Path, coder: EmbeddedCoder, rules: dict[str, Any]) -> list[Row]:
    """Return the figures on the file's conversations that were not trained on; none if there is none."""
    known = set(manifest()["training"]["conversation_sha256"])
    therapist, client = read_annomi(annomi, rules)
    fresh = {group for group, found in conversation_hashes(therapist).items() if found not in known}
    turns = [turn for turn in therapist if turn.group in fresh]
    rows = [_measured(coder, head, tuple(of), turns, "trainee") for head, of in rules["heads"].items() if turns]
    talk = rules["patient_head"]
    spoken = [turn for turn in client if turn.group in fresh]
    return rows + ([_measured(coder, talk["name"], tuple(talk["labels"]), spoken, "patient")] if spoken else [])


def _measured(coder: EmbeddedCoder, head: str, labels: tuple[str, ...], turns: list[Example], who: Speaker) -> Row:
    found = [getattr(coder.code_turn(who, turn.text, turn.previous), head) for turn in turns]
    truth = np.asarray([labels.index(turn.labels[head]) for turn in turns], dtype=np.int64)
    picked = np.asarray([labels.index(label.code) for label in found], dtype=np.int64)
    sure = np.zeros((len(turns), len(labels)))
    sure[np.arange(len(turns)), picked] = [label.confidence for label in found]
    interval = bootstrap_f1(truth, picked, [turn.group for turn in turns], len(labels), 0)
    kept = accuracy_at_coverage(truth, sure, picked)["80"]
    return Row(head, len(turns), macro_f1(truth, picked, len(labels)), interval, kept, "unseen conversations")


def held_out() -> list[Row]:
    """Return the held-out figures of training."""
    figures = manifest()["figures"]
    return [
        Row(head, own["n"], own["macro_f1"], own["interval"], own["accuracy_at_coverage"]["80"], "held-out folds")
        for head, own in ((head, figures[head]) for head in YARDSTICKS)
    ]


def benchmarks(coder: EmbeddedCoder, paths: dict[str, Path], trained_on: list[str]) -> list[Row]:
    """Return the figures on sets that are measured only."""
    found = run_benchmarks(coder, paths, bundled_root() / "assets" / "exemplars", trained_on)
    rows = []
    for name, result in found.items():
        rows.append(Row(name, result["n"], result["macro_f1"], result["interval"], None, "measured only"))
        if "apart" in result:
            part = result["apart"]
            rows.append(Row(name, part["n"], part["macro_f1"], part["interval"], None, "recordings AnnoMI lacks"))
    return rows


def timed(work: Callable[[], object]) -> float:
    """Return seconds."""
    started = perf_counter()
    work()
    return perf_counter() - started


def throughput(encoder: OnnxEncoder, said: list[Said]) -> tuple[float, float]:
    """Return sentences a second of batch coding and of the bare encoder on the same sentences, run in turn."""
    sentences = [turn.text[span.start : span.end] for talk in said for turn in talk for span in segment(turn.text)]
    ours, bare = [], []
    for _ in range(ROUNDS):
        fresh = bootstrap.open_coder(_NoMemory(encoder))
        ours.append(timed(lambda coder=fresh: [coder.code_transcript(talk) for talk in said]))
        bare.append(timed(lambda: encoder.encode(sentences)))
    return len(sentences) / median(ours), len(sentences) / median(bare)


class _NoMemory(CachedEncoder):
    """The encoder without what it would remember of earlier rounds."""

    def encode_set(self, name: str, texts: Sequence[str], *, on_done: OnDone | None = None) -> Embeddings:
        return self.encode(texts)


def _coding(encoder: OnnxEncoder, said: list[Said]) -> float:
    """Return seconds of coding the first session, after another one so that nothing of it is remembered."""
    coder = bootstrap.open_coder(_NoMemory(encoder))
    coder.code_transcript(said[-1] + said[1])
    return timed(lambda: coder.code_transcript(said[0]))


def after_coding(coder: EmbeddedCoder, said: Said, coding: float) -> tuple[float, float]:
    """Return seconds of rubrics and debrief for one session, as many as a case has, and their share of the coding time.

    The case is the bundled one with the most rubrics.
    """
    codes = coder.code_transcript(said)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    path = [
        Turn(turn=at, parent=at - 1 if at else None, speaker=turn.speaker, text=turn.text, at=start)
        for at, turn in enumerate(said)
    ]
    coded = [CodedTurn(turn=t.turn, speaker=t.speaker, text=t.text, codes=c) for t, c in zip(path, codes, strict=True)]
    with tempfile.TemporaryDirectory() as home:
        library = open_library(Path(home))
        most = max((case.rubrics for case in library.cases()), key=len)
        rubrics, guide = [library.rubric(rubric) for rubric in most], library.coaching()

    def everything() -> None:
        cards = [score("report", coded, rubric, coder.coder_id) for rubric in rubrics]
        make_debrief("report", path, coded, cards, guide)

    spent = median([timed(everything) for _ in range(ROUNDS)])
    return spent, spent / coding


def sessions(annomi: Path, count: int) -> list[Said]:
    """Return the first conversations of the file that are long enough, cut to ``SESSION_TURNS`` turns."""
    talks: dict[str, dict[int, TranscriptTurn]] = {}
    with annomi.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            who: Speaker = "trainee" if row["interlocutor"] == "therapist" else "patient"
            talk, at = row["transcript_id"], int(row["utterance_id"])
            turn = TranscriptTurn(session_id=talk, turn=at, speaker=who, text=row["utterance_text"])
            talks.setdefault(talk, {})[at] = turn
    long = [[talk[at] for at in sorted(talk)][:SESSION_TURNS] for talk in talks.values() if len(talk) >= SESSION_TURNS]
    return long[:count]


def main() -> None:
    """Print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--annomi", type=Path, required=True)
    parser.add_argument("--misc", type=Path)
    parser.add_argument("--miti", type=Path)
    given = parser.parse_args()
    encoder = bootstrap.sentence_encoder()
    coder = bootstrap.open_coder(CachedEncoder(encoder))
    rules = read_exemplars(bundled_root() / "assets" / "exemplars").rules
    rows = unseen(given.annomi, coder, rules) or held_out()
    paths = {name: path for name, path in (("misc_coarse", given.misc), ("miti15", given.miti)) if path}
    trained_on = [turn.text for part in read_annomi(given.annomi, rules) for turn in part]
    print(coder.coder_id)
    print("| head | n | our macro-F1 | 95 % | accuracy at 80 % | floor | published | human | from |\n|" + "---|" * 9)
    for row in rows + benchmarks(coder, paths, trained_on):
        print(row.text(*{**YARDSTICKS, **BENCHMARKS}[row.head]))
    said = sessions(given.annomi, 6)
    ours, bare = throughput(encoder, said)
    print(f"\nBatch coding {ours:.0f} sentences/s, bare encoder {bare:.0f}: ratio {ours / bare:.2f} (aim ≥ 0.8)")
    coding = median([_coding(encoder, said) for _ in range(ROUNDS)])
    spent, share = after_coding(coder, said[0], coding)
    print(
        f"{len(said[0])} turns: coding {coding * 1000:.0f} ms, a case's rubrics and debrief {spent * 1000:.1f} ms: "
        f"{share:.1%} (aim ≤ 5 %)"
    )
    again = coder.code_transcript(said[0]) == coder.code_transcript(said[0])
    print(f"Same input twice: {'identical' if again else 'DIFFERENT'} output")


if __name__ == "__main__":
    main()
