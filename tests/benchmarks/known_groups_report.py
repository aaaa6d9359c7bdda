"""Prints how well a rubric's ``overall`` tells real sessions of high from those of low quality.

    python -m tests.benchmarks.known_groups_report PATH [--rubric ID]

PATH is a table like AnnoMI's (columns mi_quality, transcript_id, utterance_id, interlocutor, utterance_text). Only the figure is
printed; no text leaves the file. A coder trained on the same transcripts flatters the figure: use transcripts it never saw.
"""

import argparse
import csv
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from simpatient.assessment.scoring.scoring import score
from simpatient.bootstrap import coding
from simpatient.content.library import open_library
from simpatient.content.reading.locations import bundled_root
from simpatient.domain.assessment.codes import Speaker
from simpatient.domain.ports import Coder
from simpatient.domain.session.session import CodedTurn
from simpatient.llm.encoder.embedder import CachedEncoder

Transcript = tuple[bool, list[tuple[Speaker, str]]]
RESAMPLES, SEED = 2000, 20_260_101


def read_sessions(path: Path) -> dict[str, Transcript]:
    """Return for each transcript whether its quality is high, and its turns; of several annotators' rows the first."""
    sessions: dict[str, tuple[bool, dict[int, tuple[Speaker, str]]]] = {}
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            _, turns = sessions.setdefault(row["transcript_id"], (row["mi_quality"] == "high", {}))
            speaker: Speaker = "trainee" if row["interlocutor"] == "therapist" else "patient"
            turns.setdefault(int(row["utterance_id"]), (speaker, row["utterance_text"]))
    return {name: (high, [turns[at] for at in sorted(turns)]) for name, (high, turns) in sessions.items()}


def coded(turns: Sequence[tuple[Speaker, str]], coder: Coder) -> list[CodedTurn]:
    """Return the turns with their codes, each coded after the other speaker's last."""
    heard: dict[Speaker, str] = {"trainee": "", "patient": ""}
    found = []
    for number, (speaker, text) in enumerate(turns):
        before = heard["patient" if speaker == "trainee" else "trainee"]
        found.append(CodedTurn(turn=number, speaker=speaker, text=text, codes=coder.code_turn(speaker, text, before)))
        heard[speaker] = text
    return found


def auc(high: Sequence[float], low: Sequence[float]) -> float:
    """Return the chance that a session of high quality gets more than one of low quality; ties count half."""
    above, below = np.asarray(high)[:, None], np.asarray(low)[None, :]
    return float(((above > below) + 0.5 * (above == below)).mean())


def interval(high: Sequence[float], low: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % percentile interval of the figure over resampled sessions (Efron & Tibshirani 1993)."""
    draw = np.random.default_rng(SEED)
    drawn = [auc(draw.choice(high, len(high)), draw.choice(low, len(low))) for _ in range(RESAMPLES)]
    return float(np.percentile(drawn, 2.5)), float(np.percentile(drawn, 97.5))


def main() -> None:
    """Code and score every transcript of the table and print one line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("path", type=Path)
    parser.add_argument("--rubric", default="miti-informed")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        shipped = bundled_root().joinpath(*coding.VECTORS)
        coder = coding.open_coder(CachedEncoder(coding.sentence_encoder(), Path(home), shipped=shipped))
        rubric = open_library(Path(home)).rubric(given.rubric)
        groups: dict[bool, list[float]] = {True: [], False: []}
        for name, (high, turns) in read_sessions(given.path).items():
            value = score(name, coded(turns, coder), rubric, coder.coder_id).overall.value
            groups[high].append(0.5 if value is None else value)
    lower, upper = interval(groups[True], groups[False])
    print(
        f"{rubric.id} {rubric.version}, {coder.coder_id}: AUC {auc(groups[True], groups[False]):.3f} "
        f"(95 % {lower:.3f} to {upper:.3f}), {len(groups[True])} high, {len(groups[False])} low; "
        f"mean {np.mean(groups[True]):.2f} and {np.mean(groups[False]):.2f}"
    )


if __name__ == "__main__":
    main()
