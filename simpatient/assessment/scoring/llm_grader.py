"""The language-model grader: rates a rubric's criteria from the words of a session, with quotes that are checked.

A rating counts only with verbatim quotes behind it; several answers are asked for, and the spread of
their ratings makes the confidence. Prompt, anchors and thresholds are data. Must not know any rubric,
nor which model answers; it is handed one on purpose, never the patient's by default.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median_low
from typing import Any

import regex

from simpatient.assessment.coding.records import (
    array_schema,
    as_record,
    entries,
    find_quote,
    object_schema,
    parsed,
    quote_schema,
    short_digest,
)
from simpatient.assessment.scoring.scoring import CONFIDENCE_CAP, MAX_QUOTES, REVIEW_BELOW
from simpatient.domain.assessment.score import Evidence, Provenance, Score
from simpatient.domain.cancellation import Cancellation
from simpatient.domain.content.prompts import Prompt, fill
from simpatient.domain.content.rubric import Criterion, Policy, Rubric
from simpatient.domain.limited_pattern import limited_pattern
from simpatient.domain.models.chat import Completion, Message, Request, Sampling
from simpatient.domain.ports import ChatModel, OnDone
from simpatient.domain.session.session import CodedTurn
from simpatient.domain.text import without_surrogates

EVIDENCE, TURN, QUOTE, FOR, VALUE = "evidence", "turn", "quote", "for", "value"  # as the prompt names them
SHOWN_CHARACTERS = 4000  # of one turn; a pasted book is not speech
_FRAME_TOKENS = 32
UNREADABLE = "The language model's answers could not be read."
WRITTEN = "This is judged from what the trainee writes afterwards, not from the talk."
UNQUOTED = "The language model could not support a rating with words from the session."


@dataclass(frozen=True)
class _Rating:
    """One answer that counts: a level of the scale and the quotes it rests on."""

    value: float
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class _QuotableTurns:
    """The turns that may be quoted, by number, and which of them address the rater."""

    texts: dict[int, str]
    pleading: frozenset[int]


class LlmGrader:
    """The ``Grader`` port on a chat model.

    Args:
        model: Any chat model but, unless someone chose it knowingly, the patient's own.
        prompt: How criteria are asked about.
    """

    def __init__(self, model: ChatModel, prompt: Prompt) -> None:
        self._model = model
        self._prompt = prompt

    @property
    def grader_id(self) -> str:
        """Model, prompt version and prompt hash, for provenance."""
        digest = short_digest(self._prompt.model_dump_json())
        return f"llm-grader@{self._prompt.version}+{digest} on {self._model.model_id}"

    def grade(
        self,
        turns: Sequence[CodedTurn],
        rubric: Rubric,
        *,
        cancel: Cancellation | None = None,
        on_done: OnDone | None = None,
    ) -> tuple[Score, ...]:
        """Rate each criterion of a rubric, in its order; all share one reading of the session.

        Raises:
            ModelUnavailable: The model cannot be run, or the session is too long for it.
            Cancelled: ``cancel`` was set.
        """
        reasons = {criterion.id: _reason_against(criterion, turns) for criterion in rubric.criteria}
        asked = [criterion for criterion in rubric.criteria if reasons[criterion.id] is None]
        answers = self._ask(turns, asked, cancel, on_done) if asked else ()
        answered = {criterion.id: answer for criterion, answer in zip(asked, answers, strict=True)}
        session = self._session(turns)
        made_by = Provenance(judged_by=self.grader_id, rubric_version=rubric.version)
        return tuple(
            self._score(criterion, answered[criterion.id], session, made_by)
            if criterion.id in answered
            else _unscored(criterion, reasons[criterion.id] or UNREADABLE, made_by)
            for criterion in rubric.criteria
        )

    def _ask(
        self,
        turns: Sequence[CodedTurn],
        criteria: Sequence[Criterion],
        cancel: Cancellation | None,
        on_done: OnDone | None,
    ) -> tuple[tuple[Completion, ...], ...]:
        judging, quoting = self._prompt.judging, self._prompt.quoting
        sampling = Sampling(
            samples=judging.samples,
            temperature=judging.temperature,
            top_p=judging.top_p,
            max_tokens=_FRAME_TOKENS + quoting.max_quotes * judging.tokens_per_answer,
        )
        numbers = [turn.turn for turn in turns if turn.text.strip()]
        requests = [self._request(criterion, numbers) for criterion in criteria]
        return self._model.complete(self._prefix(turns), requests, sampling, cancel=cancel, on_done=on_done)

    def _prefix(self, turns: Sequence[CodedTurn]) -> tuple[Message, ...]:
        rule = self._prompt.quoting
        blanks = {"min_words": str(rule.min_words), "max_quotes": str(rule.max_quotes)}
        said = [
            {TURN: turn.turn, "speaker": turn.speaker, "text": without_surrogates(turn.text)[:SHOWN_CHARACTERS]}
            for turn in turns
            if turn.text.strip()
        ]
        shared = fill(self._prompt.shared, blanks | {"data": as_record({"turns": said})})
        system = fill(self._prompt.system, blanks)
        return Message(role="system", content=system), Message(role="user", content=shared)

    def _request(self, criterion: Criterion, numbers: Sequence[int]) -> Request:
        levels = "\n".join(f"{_number(level.value)}: {level.anchor}" for level in criterion.levels)
        blanks = {"label": criterion.label, "question": criterion.question, "levels": levels}
        entry = {TURN: {"enum": list(numbers)}, QUOTE: quote_schema(self._prompt.quoting), FOR: {"type": "boolean"}}
        evidence = array_schema(object_schema(entry), 1, self._prompt.quoting.max_quotes)
        schema = object_schema({EVIDENCE: evidence, VALUE: {"enum": [_number(value) for value in _scale(criterion)]}})
        message = Message(role="user", content=fill(self._prompt.ask, blanks))
        return Request(messages=(message,), answer_schema=schema)

    def _session(self, turns: Sequence[CodedTurn]) -> _QuotableTurns:
        patterns = [limited_pattern(pattern, regex.DOTALL) for pattern in self._prompt.instruction_like]
        texts = {turn.turn: without_surrogates(turn.text) for turn in turns}
        pleading = {number for number, text in texts.items() if any(pattern.search(text) for pattern in patterns)}
        return _QuotableTurns(texts, frozenset(pleading))

    def _score(
        self, criterion: Criterion, answers: Sequence[Completion], session: _QuotableTurns, made_by: Provenance
    ) -> Score:
        read = [self._rating(criterion, answer.text, session) for answer in answers]
        ratings = [rating for rating in read if rating is not None and rating.evidence]
        if not ratings or len(ratings) < self._prompt.judging.abstain_below * len(answers):
            return _unscored(criterion, UNREADABLE if not any(read) else UNQUOTED, made_by)
        # The lower middle value: in doubt the less favourable level, as with the formulas.
        values = [rating.value for rating in ratings]
        confidence, value = self._confidence(criterion, values, len(answers)), median_low(values)
        return Score(
            id=criterion.id,
            value=value,
            scale=criterion.scale,
            confidence=confidence,
            status=_status(criterion, confidence, session),
            evidence=_merged(ratings),
            provenance=made_by,
            critical=criterion.is_critical(value),
        )

    def _rating(self, criterion: Criterion, answer: str, session: _QuotableTurns) -> _Rating | None:
        """Return the rating in an answer with those of its quotes that were said; None without a level."""
        found = parsed(answer)
        value = found.get(VALUE) if isinstance(found, dict) else None
        named = entries(found, EVIDENCE)
        if named is None or not isinstance(value, int | float) or isinstance(value, bool):
            return None
        if value not in _scale(criterion):
            return None
        checked = [self._evidence(entry, session) for entry in named[: self._prompt.quoting.max_quotes]]
        return _Rating(float(value), tuple(quote for quote in checked if quote is not None))

    def _evidence(self, entry: Any, session: _QuotableTurns) -> Evidence | None:
        turn, quote, supports = entry.get(TURN), entry.get(QUOTE), entry.get(FOR)
        if type(turn) is not int or not isinstance(quote, str) or not isinstance(supports, bool):
            return None
        # A turn that addresses the rater must not earn the praise it asks for; it may still count against.
        if supports and turn in session.pleading:
            return None
        place = find_quote(quote, session.texts.get(turn, ""), self._prompt.quoting)
        if place is None:
            return None
        return Evidence(turn=turn, start=place[0], end=place[1], quote=quote.strip(), supports=supports)

    def _confidence(self, criterion: Criterion, values: Sequence[float], asked: int) -> float:
        """Return 0..1: how near the ratings are to one another, less for few of them, capped by policy.

        Half a scale of mean distance from the median is no agreement at all.
        """
        middle = median_low(values)
        low, high = criterion.scale
        spread = fmean(abs(value - middle) for value in values) / ((high - low) / 2 or 1.0)
        volume = len(values) / (asked + self._prompt.judging.doubt)
        return round(min(CONFIDENCE_CAP[criterion.policy], max(0.0, 1.0 - spread) * volume), 3)


def _status(criterion: Criterion, confidence: float, session: _QuotableTurns) -> Policy:
    """Ask for a person when unsure, or when someone in the session addressed the rater."""
    return "needs_review" if confidence < REVIEW_BELOW or session.pleading else criterion.policy


def _reason_against(criterion: Criterion, turns: Sequence[CodedTurn]) -> str | None:
    """Return why a criterion cannot be rated from these turns at all, if so."""
    if criterion.policy == "human_only":
        return "Only a person can rate this."
    if criterion.text_mode == "not_applicable":
        return "This cannot be judged from text alone."
    if criterion.written:
        return WRITTEN
    spoken = sum(1 for turn in turns if turn.speaker == "trainee" and turn.text.strip())
    if spoken < criterion.min_trainee_turns:
        return f"Too short to judge: {spoken} trainee turns, at least {criterion.min_trainee_turns} are needed."
    return None


def _unscored(criterion: Criterion, reason: str, made_by: Provenance) -> Score:
    return Score(
        id=criterion.id,
        value=None,
        scale=criterion.scale,
        confidence=0.0,
        status=criterion.policy,
        unscored_reason=reason,
        provenance=made_by,
    )


def _scale(criterion: Criterion) -> tuple[float, ...]:
    low, high = criterion.scale
    return tuple(low + step * criterion.step for step in range(int((high - low) / criterion.step + 1e-9) + 1))


def _number(value: float) -> int | float:
    """Return a whole number without its ".0", as people and prompts write it."""
    return int(value) if value == int(value) else value


def _merged(ratings: Sequence[_Rating]) -> tuple[Evidence, ...]:
    """Return the quotes most answers gave, in spoken order, at most ``MAX_QUOTES`` for and against.

    Words that answers quote both for and against go where more put them; in doubt, against.
    """
    named = [quote for rating in ratings for quote in dict.fromkeys(rating.evidence)]
    leaning = Counter[tuple[int, int, int]]()
    for quote in named:
        leaning[_place(quote)] += 1 if quote.supports else -1
    times = Counter(_place(quote) for quote in named)
    sided = {_place(quote): quote.model_copy(update={"supports": leaning[_place(quote)] > 0}) for quote in named}
    often = sorted(sided.values(), key=lambda quote: (-times[_place(quote)], _place(quote)))
    kept = [quote for side in (True, False) for quote in [q for q in often if q.supports == side][:MAX_QUOTES]]
    return tuple(sorted(kept, key=_place))


def _place(quote: Evidence) -> tuple[int, int, int]:
    return quote.turn, quote.start, quote.end
