"""Reads what the coder is trained on: coded conversations (AnnoMI) and our own exemplar utterances.

Must not know features, models or how anything is fitted. No text read here is ever written.
"""

import csv
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from simpatient.domain.errors import ContentError
from simpatient.domain.ports import SentenceEncoder

# Fewer cannot be held out in turn.
_FEWEST_CONVERSATIONS = 5
# AnnoMI's words for our labels; "n/a" is the empty label.
_MAIN = {"therapist_input": "input"}
_COLUMNS = {
    "main": "main_therapist_behaviour",
    "question": "question_subtype",
    "reflection": "reflection_subtype",
    "input": "therapist_input_subtype",
    "talk": "client_talk_type",
}


@dataclass(frozen=True)
class Example:
    """One text with its labels; ``group`` keeps a conversation's turns on one side of a split."""

    text: str
    previous: str = ""
    group: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    weight: float = 1.0


@dataclass(frozen=True)
class Exemplars:
    """Our own utterances by code, and the label rules that go with them."""

    by_code: dict[str, tuple[str, ...]]
    rules: dict[str, Any]


def read_annomi(path: Path, rules: dict[str, Any]) -> tuple[list[Example], list[Example]]:
    """Return therapist and client turns with labels; several annotators of a turn vote.

    Raises:
        ContentError: The file cannot be read or lacks a column.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        if len({row["transcript_id"] for row in rows}) < _FEWEST_CONVERSATIONS:
            raise ValueError("too few conversations")
        turns = _merged(rows)
        therapist = [_example(turn, rules["heads"]) for turn in turns if turn["who"] == "therapist"]
        talk = {rules["patient_head"]["name"]: rules["patient_head"]["labels"]}
        client = [_example(turn, talk) for turn in turns if turn["who"] == "client"]
    except (OSError, UnicodeDecodeError, KeyError, ValueError) as error:
        raise ContentError(
            "The AnnoMI file cannot be used.", file=str(path), action=f"Give the full CSV release ({error})."
        ) from error
    return therapist, client


def _merged(rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    """One entry per turn in order, with the votes of all annotators and the other speaker's last words."""
    turns: dict[tuple[str, int], dict[str, Any]] = {}
    for row in rows:
        key = (row["transcript_id"], int(row["utterance_id"]))
        turn = turns.setdefault(key, {"who": row["interlocutor"], "text": row["utterance_text"], "votes": []})
        turn["votes"].append({head: row[column] for head, column in _COLUMNS.items()})
    last: dict[tuple[str, str], str] = {}
    for (group, number), turn in sorted(turns.items(), key=lambda item: (item[0][0], item[0][1])):
        other = "client" if turn["who"] == "therapist" else "therapist"
        turn["previous"], turn["group"], turn["number"] = last.get((group, other), ""), group, number
        last[group, turn["who"]] = turn["text"]
    return list(turns.values())


def _example(turn: dict[str, Any], heads: dict[str, list[str]]) -> Example:
    labels = {}
    for head, known in heads.items():
        votes = Counter(_MAIN.get(vote[head], vote[head]) for vote in turn["votes"])
        # Ties go to the label that sorts first, so that a run can be repeated.
        winner = min(votes, key=lambda label: (-votes[label], label))
        labels[head] = known[0] if winner == "n/a" else winner
        if labels[head] not in known:
            raise ValueError(f"unknown {head} label {winner}")
    return Example(turn["text"], turn["previous"], turn["group"], labels)


def read_exemplars(folder: Path) -> Exemplars:
    """Return the exemplar utterances and label rules.

    Raises:
        ContentError: A file is missing or cannot be read.
    """
    rules_file = folder / "heads.yaml"
    try:
        rules = yaml.safe_load(rules_file.read_text(encoding="utf-8"))
        files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.yaml"))]
        by_code = {data["code"]: tuple(data["utterances"]) for data in files if "code" in data}
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise ContentError("The exemplars cannot be read.", file=str(folder), action=str(error)) from error
    return Exemplars(by_code, rules)


def turn_exemplars(exemplars: Exemplars, weight: float) -> list[Example]:
    """Return the exemplars whose turn labels are beyond doubt as examples for the turn heads."""
    heads: dict[str, list[str]] = exemplars.rules["heads"]
    found = []
    for code, labels in exemplars.rules["turn"].items():
        full = {head: labels.get(head, known[0]) for head, known in heads.items()}
        found += [Example(text, labels=full, weight=weight) for text in exemplars.by_code.get(code, ())]
    return found


def encode_all(encoder: SentenceEncoder, texts: list[str], progress: Any = None, step: int = 256) -> dict[str, Any]:
    """Return the vector of every distinct text; ``progress(done, total)`` is called as it goes."""
    wanted = sorted({text for text in texts if text.strip()})
    vectors: dict[str, Any] = {}
    for first in range(0, len(wanted), step):
        part = wanted[first : first + step]
        vectors.update(zip(part, encoder.encode(part), strict=True))
        if progress is not None:
            progress(first + len(part), len(wanted))
    return vectors
