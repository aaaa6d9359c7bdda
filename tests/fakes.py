"""Stand-ins for the ports, in memory. The contract suites hold them to what the real ones do."""

import json
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from simpatient.domain.assessment.codes import CodingScheme, Label, TurnCodes, Utterance, UtteranceLabel
from simpatient.domain.assessment.score import Scorecard, ScorecardOrigin, ScorecardRevision, current_revisions
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
    BugError,
    ContentError,
    ModelUnavailable,
    NotFound,
    OpenElsewhere,
    StorageUnavailable,
)
from simpatient.domain.learning.drill import Drill, DrillState, DrillTry
from simpatient.domain.learning.practice_history import PracticeHistory, history_of
from simpatient.domain.learning.progress import Progress
from simpatient.domain.learning.report import SessionReport
from simpatient.domain.models.chat import Completion, Message, Request, Sampling
from simpatient.domain.models.chat_models import ModelCatalogue
from simpatient.domain.people.actor import Actor
from simpatient.domain.ports import Adapter, Embeddings, EncodingRequest, OnDone, OnText
from simpatient.domain.session.session import SelfRating, Session, TranscriptTurn, Turn, session_not_found
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


def _by_id(items: Sequence[Any], item_id: str) -> Any:
    for item in items:
        if item.id == item_id:
            return item
    raise NotFound(f'There is no "{item_id}".', f"There are: {', '.join(item.id for item in items)}.")


def _there(item: Any) -> Any:
    if item is None:
        raise NotFound("There is no such file.")
    return item


@dataclass
class InMemorySessions:
    """A session repository without a disk."""

    _sessions: dict[str, Session] = field(default_factory=dict)
    _revisions: dict[tuple[str, int], tuple[ScorecardRevision, ...]] = field(default_factory=dict)
    _versions: dict[tuple[str, int], tuple[Turn, ...]] = field(default_factory=dict)
    on_delete: list[Callable[[str], object]] = field(default_factory=list)

    def create(self, session: Session) -> None:
        if session.id in self._sessions:
            raise BugError("the session is already stored")
        if session.scorecards and session.leaf is None:
            raise BugError("scorecards need a leaf")
        if session.leaf is not None:
            _turn_of(session, session.leaf)
            self._revisions[session.id, session.leaf] = _added((), session.scorecards, ScorecardOrigin())
        self._sessions[session.id] = session.model_copy(update={"scorecards": (), "other_scorecards": {}})

    def add_turn(self, session_id: str, turn: Turn) -> None:
        session = self._one(session_id)
        numbers = {stored.turn for stored in session.turns}
        if turn.turn in numbers:
            raise OpenElsewhere("This session is open in another window or program.")
        if turn.parent is not None and turn.parent not in numbers:
            raise BugError("the turn answers one that is not stored")
        turns = tuple(sorted((*session.turns, turn), key=lambda stored: stored.turn))
        self._update(session_id, turns=turns, leaf=turn.turn)

    def attach_codes(self, session_id: str, turn: int, codes: TurnCodes) -> None:
        if _turn_of(self._one(session_id), turn).codes is not None:
            self._keep_version(session_id, turn)
        self._update_turn(session_id, turn, codes=codes)

    def amend_turn(self, session_id: str, turn: Turn, at: datetime) -> None:
        stored = self._keep_version(session_id, turn.turn)
        stays = {name: getattr(stored, name) for name in ("parent", "speaker", "at", "marked")}
        self._replace_turn(session_id, turn.model_copy(update=stays))

    def turn_versions(self, session_id: str, turn: int) -> tuple[Turn, ...]:
        _turn_of(self._one(session_id), turn)
        return self._versions.get((session_id, turn), ())

    def mark_turn(self, session_id: str, turn: int, marked: bool) -> None:
        self._update_turn(session_id, turn, marked=marked)

    def set_leaf(self, session_id: str, leaf: int | None) -> None:
        if leaf is not None:
            _turn_of(self._one(session_id), leaf)
        self._update(session_id, leaf=leaf)

    def end(self, session_id: str, at: datetime) -> None:
        self._update(session_id, ended_at=at)

    def reopen(self, session_id: str) -> None:
        self._update(session_id, ended_at=None)

    def add_scorecards(self, session_id: str, leaf: int, cards: Sequence[Scorecard], origin: ScorecardOrigin) -> None:
        _turn_of(self._one(session_id), leaf)
        self._revisions[session_id, leaf] = _added(self._revisions.get((session_id, leaf), ()), cards, origin)

    def scorecard_history(self, session_id: str, leaf: int) -> tuple[ScorecardRevision, ...]:
        self._one(session_id)
        stored = self._revisions.get((session_id, leaf), ())
        order = list(dict.fromkeys(revision.card.rubric for revision in stored))
        return tuple(sorted(stored, key=lambda each: (order.index(each.card.rubric), each.number)))

    def save_self_rating(self, session_id: str, rating: SelfRating) -> None:
        if self._one(session_id).self_rating is None:
            self._update(session_id, self_rating=rating)

    def open_map(self, session_id: str, at: datetime) -> None:
        if self._one(session_id).map_opened_at is None:
            self._update(session_id, map_opened_at=at)

    def get(self, session_id: str) -> Session:
        session = self._one(session_id)
        stored = {
            leaf: tuple(each.card for each in current_revisions(self.scorecard_history(session_id, leaf)))
            for (owner, leaf), made in self._revisions.items()
            if owner == session_id and made
        }
        cards = stored.pop(session.leaf, ()) if session.leaf is not None else ()
        return session.model_copy(update={"scorecards": cards, "other_scorecards": stored})

    def session_ids(self, trainee_id: str) -> tuple[str, ...]:
        stored = [session for session in reversed(self._sessions.values()) if session.trainee_id == trainee_id]
        return tuple(session.id for session in sorted(stored, key=lambda session: session.started_at, reverse=True))

    def history(self, trainee_id: str) -> PracticeHistory:
        """Make every row from the sessions themselves."""
        return history_of(self.get(session_id) for session_id in self.session_ids(trainee_id))

    def list_trainees(self) -> tuple[str, ...]:
        return tuple(sorted({session.trainee_id for session in self._sessions.values()}))

    def owner(self, session_id: str) -> str:
        return self._one(session_id).trainee_id

    def delete(self, session_id: str) -> None:
        self._one(session_id)
        del self._sessions[session_id]
        self._revisions = {key: made for key, made in self._revisions.items() if key[0] != session_id}
        self._versions = {key: turns for key, turns in self._versions.items() if key[0] != session_id}
        for forget in self.on_delete:
            forget(session_id)

    def delete_all(self, trainee_id: str) -> None:
        for session in [each for each in self._sessions.values() if each.trainee_id == trainee_id]:
            self.delete(session.id)

    def check(self) -> tuple[str, ...]:
        return ()

    def close(self) -> None:
        """There is nothing to release."""

    def _one(self, session_id: str) -> Session:
        if session_id not in self._sessions:
            raise session_not_found(session_id)
        return self._sessions[session_id]

    def _update(self, session_id: str, **values: Any) -> None:
        self._sessions[session_id] = self._one(session_id).model_copy(update=values)

    def _keep_version(self, session_id: str, turn: int) -> Turn:
        stored = _turn_of(self._one(session_id), turn)
        self._versions[session_id, turn] = (*self._versions.get((session_id, turn), ()), stored)
        return stored

    def _update_turn(self, session_id: str, turn: int, **values: Any) -> None:
        self._replace_turn(session_id, _turn_of(self._one(session_id), turn).model_copy(update=values))

    def _replace_turn(self, session_id: str, turn: Turn) -> None:
        stored = self._one(session_id).turns
        self._update(session_id, turns=tuple(turn if each.turn == turn.turn else each for each in stored))


def _added(
    stored: tuple[ScorecardRevision, ...], cards: Sequence[Scorecard], origin: ScorecardOrigin
) -> tuple[ScorecardRevision, ...]:
    for card in cards:
        number = sum(each.card.rubric == card.rubric for each in stored) + 1
        stored = (*stored, ScorecardRevision(number=number, origin=origin, card=card))
    return stored


@dataclass
class InMemoryUnitOfWork:
    """A unit of work over stores in memory: what fails leaves them as they were. ``done`` lists what was done."""

    stores: Sequence[object]
    done: list[tuple[Actor, str]] = field(default_factory=list)

    def run(self, actor: Actor, action: str, work: Callable[[], Any]) -> Any:
        before = [(store, name, copy(value)) for store in self.stores for name, value in _kept(store)]
        try:
            result = work()
        except BaseException:
            for store, name, value in before:
                setattr(store, name, value)
            raise
        self.done.append((actor, action))
        return result


def _kept(store: object) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in vars(store).items() if name.startswith("_")]


@dataclass
class InMemoryDrills:
    """A drill repository without a disk; ``fails`` makes it refuse to write."""

    made: list[DrillTry] = field(default_factory=list)
    fails: bool = False
    _states: dict[tuple[str, str], DrillState] = field(default_factory=dict)

    def add_try(self, made: DrillTry, state: DrillState) -> None:
        self.save_state(state)
        self.made.append(made)

    def save_state(self, state: DrillState) -> None:
        if self.fails:
            raise StorageUnavailable("The disk is full.", "Free some space and send it again.")
        self._states[state.trainee_id, state.drill_id] = state

    def state(self, trainee_id: str, drill_id: str) -> DrillState | None:
        return self._states.get((trainee_id, drill_id))

    def states(self, trainee_id: str) -> tuple[DrillState, ...]:
        return tuple(self._states[key] for key in sorted(self._states) if key[0] == trainee_id)

    def tries(self, trainee_id: str, drill_id: str, round_number: int | None = None) -> tuple[DrillTry, ...]:
        mine = [made for made in self.made if (made.trainee_id, made.drill_id) == (trainee_id, drill_id)]
        return tuple(made for made in mine if round_number in (None, made.round))

    def delete_all(self, trainee_id: str) -> None:
        self.made = [made for made in self.made if made.trainee_id != trainee_id]
        self._states = {key: state for key, state in self._states.items() if key[0] != trainee_id}


def _turn_of(session: Session, number: int) -> Turn:
    for turn in session.turns:
        if turn.turn == number:
            return turn
    raise NotFound(f'There is no turn {number} in the session "{session.id}".')


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
            return TurnCodes(talk=Label(code=_talk_type(text), confidence=0.8))
        spans = [(found.start(), found.end()) for found in re.finditer(r"[^.?!\s][^.?!]*[.?!]*", text)]
        utterances = [
            Utterance(start=start, end=end, text=text[start:end], codes=_labels(code))
            for start, end in spans
            for code in [_code(text[start:end])]
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


def _code(sentence: str) -> str:
    if sentence.endswith("?"):
        return "open_question" if re.match(r"(?i)(what|how|why|tell)\b", sentence) else "closed_question"
    return next((code for words, code in FIRST_WORDS.items() if sentence.startswith(words)), "facilitate")


def _talk_type(text: str) -> str:
    if re.search(r"\bI (could|might|want)\b|\bI'd like\b", text):
        return "change"
    return "sustain" if "easier" in text else "neutral"


@dataclass(frozen=True)
class Shown:
    """What a scripted model sees of one request: all messages, and which of the samples is wanted."""

    messages: tuple[Message, ...]
    schema: Mapping[str, Any] | None
    sample: int

    @property
    def lines(self) -> list[str]:
        return [line for message in self.messages for line in message.content.splitlines()]

    @property
    def record(self) -> dict[str, Any]:
        """The data: the one line that is a JSON object and stands alone."""
        (found,) = [line for line in self.lines if line.startswith("{")]
        return json.loads(found)

    @property
    def instructions(self) -> str:
        """Everything but the data."""
        return "\n".join(line for line in self.lines if not line.startswith("{"))


Script = Callable[[Shown], str]


@dataclass
class ScriptedChatModel:
    """A chat model that answers by a script and remembers what it was shown."""

    script: Script
    shown: list[Shown] = field(default_factory=list)
    samplings: list[Sampling] = field(default_factory=list)
    model_id: str = "scripted@1"

    def complete(
        self,
        prefix: Sequence[Message],
        requests: Sequence[Request],
        sampling: Sampling,
        *,
        cancel: Cancellation | None = None,
        on_done: OnDone | None = None,
    ) -> tuple[tuple[Completion, ...], ...]:
        self.samplings.append(sampling)
        found = []
        for number, request in enumerate(requests, start=1):
            stop_if_cancelled(cancel)
            messages = (*prefix, *request.messages)
            shown = [Shown(messages, request.answer_schema, sample) for sample in range(sampling.samples)]
            self.shown += shown
            found.append(tuple(_completion(self.script(one)) for one in shown))
            if on_done:
                on_done(number)
        return tuple(found)


@dataclass
class FakeVoices:
    """Voices by name; what is not there is unavailable."""

    by_name: dict[str, "ScriptedVoice"] = field(default_factory=dict)

    def patient_model(self, model: str) -> "ScriptedVoice":
        found = [voice for name, voice in self.by_name.items() if model in (name, voice.model_id)]
        if not found:
            raise ModelUnavailable("No language model is set up.", "Choose one in the settings.")
        return found[0]


@dataclass
class ScriptedVoice:
    """A chat model that speaks the given answers in turn, a few letters at a time.

    ``broken`` answers fail after as many letters as are given there. ``heard`` keeps what it was shown.
    """

    answers: Sequence[str]
    broken: Mapping[int, int] = field(default_factory=dict)
    heard: list[tuple[str, tuple[Message, ...], str, Sampling]] = field(default_factory=list)
    prepared: list[tuple[str, tuple[Message, ...]]] = field(default_factory=list)
    model_id: str = "scripted-voice@1"

    def prepare(self, session: str, messages: Sequence[Message]) -> None:
        self.prepared.append((session, tuple(messages)))

    def speak(
        self,
        session: str,
        messages: Sequence[Message],
        note: str,
        sampling: Sampling,
        on_text: OnText,
        *,
        cancel: Cancellation | None = None,
    ) -> Completion:
        at = len(self.heard)
        self.heard.append((session, tuple(messages), note, sampling))
        answer, said = self.answers[at % len(self.answers)], ""
        for piece in re.findall(r"(?s).{1,5}", answer):
            stop_if_cancelled(cancel)
            if at in self.broken and len(said) >= self.broken[at]:
                raise ModelUnavailable("The language model stopped.", "Go on; the guided patient speaks.")
            said += piece
            if not on_text(piece):
                break
        return _completion(said).model_copy(update={"is_whole": said == answer})

    def forget(self, session: str) -> None:
        self.prepared = [each for each in self.prepared if each[0] != session]


def _completion(text: str) -> Completion:
    tokens = len(text.split())
    return Completion(
        text=text, tokens=tokens, log_probability=-0.5 * tokens, least_log_probability=-0.5, is_complete=True
    )


GULLIBLE = re.compile(r"(?i)ignore (all )?(your|previous) instructions|give (me|this) a 5")


def codes_by_words(shown: Shown) -> str:
    """Answer a coding prompt as ``FakeCoder`` codes, and quote truly.

    Gullible on purpose: an order among the instructions is followed, one in the data is not.
    """
    obeys = GULLIBLE.search(shown.instructions)
    said = [entry["text"] for entry in shown.record["utterances"]]
    assert shown.schema is not None
    answers = shown.schema["properties"]["utterances"]["items"]["properties"]["code"]["enum"]
    code = _talk_type if "sustain" in answers else _code
    rows = [{"quote": text[:60], "code": "affirm" if obeys else code(text)} for text in said]
    return json.dumps({"utterances": rows})


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
class RecordingSessions(InMemorySessions):
    """Sessions in memory that remember the order of writes; ``fails_on`` names calls that the disk refuses."""

    written: list[str] = field(default_factory=list)
    fails_on: set[str] = field(default_factory=set)

    def create(self, session: Session) -> None:
        self._write("create")
        super().create(session)

    def add_turn(self, session_id: str, turn: Turn) -> None:
        self._write(f"add_turn {turn.speaker}")
        super().add_turn(session_id, turn)

    def attach_codes(self, session_id: str, turn: int, codes: TurnCodes) -> None:
        self._write("attach_codes")
        super().attach_codes(session_id, turn, codes)

    def add_scorecards(self, session_id: str, leaf: int, cards: Sequence[Scorecard], origin: ScorecardOrigin) -> None:
        self._write("add_scorecards")
        super().add_scorecards(session_id, leaf, cards, origin)

    def amend_turn(self, session_id: str, turn: Turn, at: datetime) -> None:
        self._write("amend_turn")
        super().amend_turn(session_id, turn, at)

    def end(self, session_id: str, at: datetime) -> None:
        self._write("end")
        super().end(session_id, at)

    def _write(self, what: str) -> None:
        if what in self.fails_on:
            raise StorageUnavailable("The disk is full.", "Free some space and send it again.")
        self.written.append(what)


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
