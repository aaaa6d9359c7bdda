"""Reads what the coder is trained on: coded conversations (AnnoMI) and our own exemplar utterances.

Must not know features, models or how anything is fitted. No text read here is ever written.
"""

import csv
import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from simpatient.domain.errors import ContentError
from simpatient.domain.ports import Embeddings, EncodingRequest, ReadingEncoder, SentenceEncoder

EXEMPLAR = "exemplar-"
_MARKS = re.compile(r"[^\w\s']|_")
_LEAD_INS = ("um so", "so", "okay so", "and", "well", "yeah", "right so", "but", "i mean", "uh", "you know")
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
    """One text with its labels; ``group`` keeps a conversation's turns on one side of a split.

    Attributes:
        turn: The longer turn the text is a part of, '' when it stands alone.
        span: Where in that turn it is.
    """

    text: str
    previous: str = ""
    group: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    weight: float = 1.0
    turn: str = ""
    span: tuple[int, int] | None = None

    @property
    def key(self) -> tuple[str, tuple[int, int] | None]:
        """Return what its vector is found by: the text that is read, and the span in it (None: all)."""
        return self.turn or self.text, self.span


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


def conversation_hashes(turns: list[Example]) -> dict[str, str]:
    """Return a short hash of every conversation's words, by group: tells what was trained on without its text."""
    digests: dict[str, Any] = {}
    for turn in turns:
        digests.setdefault(turn.group, hashlib.sha256()).update(turn.text.encode("utf-8", "replace") + b"\0")
    return {group: digest.hexdigest()[:12] for group, digest in digests.items()}


def exemplar_group(text: str) -> str:
    """Return the group of an exemplar: all examples made from the same line share it."""
    return f"{EXEMPLAR}{text}"


def turn_exemplars(exemplars: Exemplars, weight: float) -> list[Example]:
    """Return the exemplars whose turn labels are beyond doubt as examples for the turn heads."""
    heads: dict[str, list[str]] = exemplars.rules["heads"]
    found = []
    for code, labels in exemplars.rules["turn"].items():
        full = {head: labels.get(head, known[0]) for head, known in heads.items()}
        for text in exemplars.by_code.get(code, ()):
            found.append(Example(text, group=exemplar_group(text), labels=full, weight=weight))
    return found


def spoken(examples: list[Example], every: int, share: float = 0.5) -> list[Example]:
    """Return every n-th example again as a bare transcript has it: no marks, no capitals, less weight."""
    found = []
    for example in examples[::every]:
        text = " ".join(_MARKS.sub(" ", example.text.lower()).split())
        if len(text.split()) > 2 and text != example.text:
            found.append(replace(example, text=text, weight=example.weight * share))
    return found


def hesitant(examples: list[Example], every: int, share: float = 0.5) -> list[Example]:
    """Return every n-th example again as people talk: bare, with a lead-in and some "you know", less weight.

    Starts at the second, so that with an odd ``every`` these are others than ``spoken`` takes.
    """
    found = []
    for number, example in enumerate(examples[1::every]):
        words = _MARKS.sub(" ", example.text.lower()).split()
        if len(words) > 3:
            half, pause = len(words) // 2, ["you know"] * (number % 3 == 0)
            said = [_LEAD_INS[number % len(_LEAD_INS)], *words[:half], *pause, *words[half:]]
            found.append(replace(example, text=" ".join(said), weight=example.weight * share))
    return found


def encode_plain(
    encoder: SentenceEncoder, examples: list[Example], progress: Any = None, step: int = 256
) -> dict[Any, Embeddings]:
    """Return the encoder's own vector of every example's text and turn before, by key."""
    texts = sorted({text for one in examples for text in (one.text, one.previous) if text.strip()})
    vectors: dict[Any, Embeddings] = {}
    for first in range(0, len(texts), step):
        part = texts[first : first + step]
        vectors.update(zip([(text, None) for text in part], encoder.encode(part), strict=True))
        if progress is not None:
            progress(first + len(part), len(texts))
    return vectors


def encode_all(
    encoder: ReadingEncoder, examples: list[Example], progress: Any = None, step: int = 256
) -> dict[Any, Embeddings]:
    """Return the middle layers' vector of every example's key and turn before, as the coder will see it."""
    spans: dict[str, set[tuple[int, int]]] = {}
    for example in examples:
        text, span = example.key
        spans.setdefault(text, set()).update([span] if span else [])
        spans.setdefault(example.previous, set())
    readings = [EncodingRequest(text, spans=tuple(sorted(spans[text]))) for text in sorted(spans) if text.strip()]
    vectors: dict[Any, Embeddings] = {}
    for first in range(0, len(readings), step):
        part = readings[first : first + step]
        for reading, rows in zip(part, encoder.read(None, part, keep=False), strict=True):
            half = rows[:, : rows.shape[1] // 2]
            vectors[reading.text, None] = half[0]
            vectors.update({(reading.text, span): half[2 + at] for at, span in enumerate(reading.spans)})
        if progress is not None:
            progress(first + len(part), len(readings))
    return vectors
