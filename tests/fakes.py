"""Stand-ins for the ports, in memory. The contract suites hold them to what the real ones do."""

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np

from simpatient.domain.assessment.codes import CodingScheme, Label, TurnCodes, Utterance, UtteranceLabel
from simpatient.domain.cancellation import Cancellation, stop_if_cancelled
from simpatient.domain.content.case import Case
from simpatient.domain.content.coaching import CoachingGuide
from simpatient.domain.content.curriculum import Curriculum
from simpatient.domain.content.drafting import DraftingGuide
from simpatient.domain.content.dynamics_table import DynamicsTable
from simpatient.domain.content.guard_rules import GuardRules
from simpatient.domain.content.intents import IntentBank
from simpatient.domain.content.patient_prompt import PatientPrompt
from simpatient.domain.content.persona import Persona, PersonaCard, card_of
from simpatient.domain.content.prompts import Prompt
from simpatient.domain.content.rubric import Rubric
from simpatient.domain.errors import (
    ContentError,
    NotFound,
)
from simpatient.domain.learning.drill import Drill
from simpatient.domain.learning.progress import Progress
from simpatient.domain.learning.report import SessionReport
from simpatient.domain.models.chat_models import ModelCatalogue
from simpatient.domain.ports import Adapter, Embeddings, EncodingRequest, OnDone
from simpatient.domain.session.session import TranscriptTurn
from simpatient.domain.text import without_surrogates


@dataclass
class FakeLibrary:
    """A content library over values made in a test."""

    all_personas: Sequence[Persona] = ()
    all_cases: Sequence[Case] = ()
    all_curricula: Sequence[Curriculum] = ()
    all_rubrics: Sequence[Rubric] = ()
    all_schemes: Sequence[CodingScheme] = ()
    all_drills: Sequence[Drill] = ()
    intent_bank: IntentBank | None = None
    table: DynamicsTable | None = None
    rules: GuardRules | None = None
    guide: CoachingGuide | None = None
    all_prompts: Sequence[Prompt] = ()
    play_prompt: PatientPrompt | None = None
    all_guides: Sequence[DraftingGuide] = ()
    all_catalogues: Sequence[ModelCatalogue] = ()
    played: dict[str, Persona] = field(default_factory=dict)

    def catalogues(self) -> tuple[ModelCatalogue, ...]:
        return tuple(self.all_catalogues)

    def personas(self) -> tuple[Persona, ...]:
        return tuple(sorted(self.all_personas, key=lambda item: item.id))

    def persona(self, persona_id: str) -> Persona:
        return _by_id(self.personas(), persona_id)

    def persona_cards(self) -> tuple[PersonaCard, ...]:
        return tuple(card_of(persona) for persona in self.personas())

    def persona_as_played(self, persona_id: str, digest: str) -> Persona:
        return self.played.get(digest, self.persona(persona_id))

    def case_as_played(self, case_id: str, digest: str) -> Case:
        return self.case(case_id)

    def keep_played(self, kind: str, item_id: str) -> None:
        if kind == "persona":
            self.played[self.digest(kind, item_id)] = self.persona(item_id)

    def cases(self) -> tuple[Case, ...]:
        return tuple(sorted(self.all_cases, key=lambda item: item.id))

    def case(self, case_id: str) -> Case:
        return _by_id(self.cases(), case_id)

    def curricula(self) -> tuple[Curriculum, ...]:
        return tuple(sorted(self.all_curricula, key=lambda item: item.id))

    def rubrics(self) -> tuple[Rubric, ...]:
        return tuple(sorted(self.all_rubrics, key=lambda item: item.id))

    def rubric(self, rubric_id: str) -> Rubric:
        return _by_id(self.rubrics(), rubric_id)

    def drills(self) -> tuple[Drill, ...]:
        return tuple(sorted(self.all_drills, key=lambda item: item.id))

    def drill(self, drill_id: str) -> Drill:
        return _by_id(self.drills(), drill_id)

    def intents(self) -> IntentBank:
        return _there(self.intent_bank)

    def schemes(self) -> tuple[CodingScheme, ...]:
        return tuple(sorted(self.all_schemes, key=lambda item: item.id))

    def dynamics_table(self) -> DynamicsTable:
        return _there(self.table)

    def guard_rules(self) -> GuardRules:
        return _there(self.rules)

    def coaching(self) -> CoachingGuide:
        return _there(self.guide)

    def prompt(self, prompt_id: str) -> Prompt:
        return _by_id(sorted(self.all_prompts, key=lambda item: item.id), prompt_id)

    def drafting(self, guide_id: str) -> DraftingGuide:
        return _by_id(sorted(self.all_guides, key=lambda item: item.id), guide_id)

    def patient_prompt(self) -> PatientPrompt:
        return _there(self.play_prompt)

    def digest(self, kind: str, item_id: str) -> str:
        shelves: dict[str, Sequence[Any]] = {
            "persona": self.personas(),
            "case": self.cases(),
            "curriculum": self.curricula(),
            "rubric": self.rubrics(),
            "scheme": self.schemes(),
            "drill": self.drills(),
            "intents": [self.intent_bank],
            "dynamics": [self.table],
            "guard": [self.rules],
            "coaching": [self.guide],
            "prompt": self.all_prompts,
            "drafting": self.all_guides,
            "patient_prompt": [self.play_prompt],
            "models": self.all_catalogues,
        }
        item = _by_id([item for item in shelves.get(kind, ()) if item is not None], item_id)
        return f"{item.version} {'0' * 64}"

    def problems(self) -> tuple[ContentError, ...]:
        return ()

    def refresh(self) -> None:
        """Values made in a test do not change."""


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


_Item = TypeVar("_Item", bound=_Identified)
_One = TypeVar("_One")


def _by_id(items: Sequence[_Item], item_id: str) -> _Item:
    for item in items:
        if item.id == item_id:
            return item
    raise NotFound(f'There is no "{item_id}".', f"There are: {', '.join(item.id for item in items)}.")


def _there(item: _One | None) -> _One:
    if item is None:
        raise NotFound("There is no such file.")
    return item


class FakeEncoder:
    """Bag of hashed words as unit vectors: equal words are alike, other words nearly at right angles.

    ``calls`` counts the texts of each call, so that a test can see what an action costs.
    """

    def __init__(self, model_id: str = "fake-encoder@1") -> None:
        self._model_id = model_id
        self.calls: list[int] = []

    @property
    def model_id(self) -> str:
        return self._model_id

    def encode(self, texts: Sequence[str]) -> Embeddings:
        self.calls.append(len(texts))
        return np.stack([_word_vector(text) for text in texts]) if texts else np.zeros((0, 384), dtype=np.float32)

    def read(
        self, adapter: Adapter | None, readings: Sequence[EncodingRequest], *, keep: bool = True
    ) -> list[Embeddings]:
        """Return word vectors; with an adapter or to keep they stand in the last columns as well."""
        self.calls.append(len(readings))
        return [_read_words(reading, adapter is not None or keep) for reading in readings]


def _read_words(reading: EncodingRequest, is_complete: bool) -> Embeddings:
    texts = [reading.text, reading.previous, *(reading.text[start:end] for start, end in reading.spans)]
    rows = np.zeros((len(texts), 2 * 384), dtype=np.float32)
    for row, text in zip(rows, texts, strict=True):
        if text.strip():
            row[:384] = _word_vector(text)
    if is_complete:
        rows[:, 384:] = rows[:, :384]
        rows[1, 384:] = 0.0
    return rows


@lru_cache(maxsize=10_000)
def _one_word(word: str) -> Embeddings:
    random = np.random.default_rng(zlib.crc32(word.encode("utf-8", "replace")))
    return random.standard_normal(384).astype(np.float32)


def _word_vector(text: str) -> Embeddings:
    vector = np.full(384, 1e-3, dtype=np.float32)
    for word in re.findall(r"\w+", text.lower())[:200]:
        vector += _one_word(word)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


class RememberingFakeEncoder(FakeEncoder):
    """A fake encoder that keeps sets by name and texts, and counts how often a set was really encoded."""

    def __init__(self, model_id: str = "fake-encoder@1") -> None:
        super().__init__(model_id)
        self.sets_encoded: list[str] = []
        self._sets: dict[tuple[str, tuple[str, ...]], Embeddings] = {}

    def encode_set(self, name: str, texts: Sequence[str], *, on_done: OnDone | None = None) -> Embeddings:
        key = (name, tuple(texts))
        if key not in self._sets:
            self.sets_encoded.append(name)
            self._sets[key] = self.encode(texts)
            if on_done is not None:
                on_done(len(texts))
        return self._sets[key]


@dataclass
class FakeCoder:
    """Codes sentence by sentence: as scripted, else by the first words. Sure of itself, never random.

    ``scripted`` maps a whole turn to the codes of its one span; ``asked`` records what was coded.
    """

    scripted: dict[str, tuple[str, ...]] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def coder_id(self) -> str:
        return "fake-coder@1"

    def code_turn(self, speaker: str, text: str, previous: str = "") -> TurnCodes:
        self.asked.append((speaker, text, previous))
        text = without_surrogates(text)
        if speaker == "patient":
            return TurnCodes(talk=Label(code=talk_type(text), confidence=0.8))
        spans = [(found.start(), found.end()) for found in re.finditer(r"[^.?!\s][^.?!]*[.?!]*", text)]
        utterances = [
            Utterance(start=start, end=end, text=text[start:end], codes=_labels(code))
            for start, end in spans
            for code in [code_of_sentence(text[start:end])]
        ]
        if text in self.scripted:
            whole = {"start": 0, "end": len(text), "text": text}
            utterances = [Utterance(**whole, codes=_labels(code)) for code in self.scripted[text]]
        return TurnCodes(main=Label(code="other", confidence=0.8), utterances=tuple(utterances))

    def code_transcript(
        self,
        turns: Sequence[TranscriptTurn],
        *,
        cancel: Cancellation | None = None,
        on_done: OnDone | None = None,
    ) -> tuple[TurnCodes, ...]:
        heard: dict[tuple[str, str], str] = {}
        coded: list[TurnCodes] = []
        for turn in turns:
            stop_if_cancelled(cancel)
            other = "patient" if turn.speaker == "trainee" else "trainee"
            coded.append(self.code_turn(turn.speaker, turn.text, heard.get((turn.session_id, other), "")))
            heard[turn.session_id, turn.speaker] = turn.text
            if on_done:
                on_done(len(coded))
        return tuple(coded)

    def prepare_for(self, previous: str) -> None:
        """There is nothing to make ready."""


def _labels(code: str) -> tuple[UtteranceLabel, ...]:
    return (UtteranceLabel(scheme="simpatient", code=code, confidence=0.9),)


FIRST_WORDS = {
    "You should": "advise_without_permission",
    "You're wrong": "confront",
    "It sounds": "complex_reflection",
    "You said": "simple_reflection",
    "Well done": "affirm",
}


def code_of_sentence(sentence: str) -> str:
    if sentence.endswith("?"):
        return "open_question" if re.match(r"(?i)(what|how|why|tell)\b", sentence) else "closed_question"
    return next((code for words, code in FIRST_WORDS.items() if sentence.startswith(words)), "facilitate")


def talk_type(text: str) -> str:
    if re.search(r"\bI (could|might|want)\b|\bI'd like\b", text):
        return "change"
    return "sustain" if "easier" in text else "neutral"


class FixedClock:
    """A clock that moves one second at every look, so that order shows."""

    def __init__(self, start: datetime = datetime(2026, 11, 20, 9, tzinfo=UTC)) -> None:
        self._now = start
        self._seconds = 0.0

    def now(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now

    def monotonic(self) -> float:
        self._seconds += 1.0
        return self._seconds


@dataclass
class FakeReportWriter:
    """Keeps what it was asked to write instead of writing it."""

    written: list[tuple[str, Path, Any]] = field(default_factory=list)

    def session(self, report: SessionReport, *, pdf: Path | None = None, html: Path | None = None) -> None:
        self._keep(report, session_pdf=pdf, session_html=html)

    def progress(
        self, progress: Progress, *, pdf: Path | None = None, html: Path | None = None, csv: Path | None = None
    ) -> None:
        self._keep(progress, progress_pdf=pdf, progress_html=html, progress_csv=csv)

    def _keep(self, shown: SessionReport | Progress, **paths: Path | None) -> None:
        self.written += [(what, path, shown) for what, path in paths.items() if path is not None]


@dataclass
class FakeAuthoringTools:
    """Content files in memory: a persona per path, or the problem that keeps it from being read."""

    files: dict[Path, Persona | ContentError] = field(default_factory=dict)
    kind: str = "persona"

    def kind_of(self, path: Path) -> str:
        return self.kind

    def check(self, paths: Sequence[Path]) -> tuple[ContentError, ...]:
        wanted = paths or tuple(self.files)
        return tuple(found for path in wanted if isinstance(found := self.files[path], ContentError))

    def read_persona(self, path: Path) -> Persona:
        found = self.files[path]
        if isinstance(found, ContentError):
            raise found
        return found
