"""The language-model coder: the same codes as the embedded one, from any chat model, whole transcripts at once.

Utterances are cut here and not by the model; it names a code for each and quotes the words it means.
Several answers are asked for: a code needs agreement among those that quote truly. Prompts, labels and
thresholds are data. Must not know which model answers or where it runs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from simpatient.assessment.coding.features import Floats
from simpatient.assessment.coding.records import (
    array_schema,
    as_record,
    entries,
    find_quote,
    listed,
    object_schema,
    parsed,
    quote_schema,
    short_digest,
)
from simpatient.assessment.coding.segmenter import segment
from simpatient.assessment.coding.turn_labels import (
    Coded,
    TurnRules,
    blank_labels,
    made_label,
    patient_label,
    trainee_labels,
)
from simpatient.assessment.coding.votes import UNQUOTED, UNREADABLE, Vote, reason_for_doubt, shares
from simpatient.domain.assessment.codes import CodingScheme, Speaker, TurnCodes, Utterance, UtteranceLabel
from simpatient.domain.cancellation import Cancellation
from simpatient.domain.content.prompts import Prompt, fill
from simpatient.domain.errors import ContentError
from simpatient.domain.models.chat import Completion, Message, Request, Sampling
from simpatient.domain.ports import ChatModel, OnDone
from simpatient.domain.session.session import TranscriptTurn
from simpatient.domain.text import TextSpan, without_surrogates

UTTERANCES, QUOTE, CODE = "utterances", "quote", "code"  # the fields of an answer, as the prompts name them
# What of one utterance, or of one turn before, is shown: a pasted book is not speech, and would leave no
# room for the rest. Utterances beyond it are coded by how they begin.
SHOWN_CHARACTERS = 2000
_FRAME_TOKENS = 32  # room for what an answer holds beside its entries


@dataclass(frozen=True)
class Abstention:
    """An utterance left uncoded: its place in the turn, and the reason."""

    start: int
    end: int
    reason: str


@dataclass(frozen=True)
class JudgedTurn:
    """A turn's codes, and where the model was too unsure to give one."""

    codes: TurnCodes
    abstentions: tuple[Abstention, ...] = ()


@dataclass(frozen=True)
class _Task:
    """One turn to be judged: its text, its utterances and the turns before it, oldest first."""

    speaker: Speaker
    text: str
    spans: tuple[TextSpan, ...]
    before: tuple[tuple[Speaker, str], ...]

    def piece(self, at: int) -> str:
        return self.text[self.spans[at].start : self.spans[at].end]


@dataclass(frozen=True)
class _Guide:
    """Everything about coding one speaker: the prompt, its labels with meanings, and the empty label."""

    prompt: Prompt
    meanings: dict[str, str]
    blank: str

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(self.meanings)

    def shares(self, votes: Sequence[Vote]) -> Floats:
        """Return how sure each code is."""
        return shares(votes, len(self.meanings), self.prompt.judging.doubt)


class LlmCoder:
    """The ``TranscriptCoder`` port on a chat model.

    Args:
        model: Any chat model.
        scheme: The codes of a trainee's words, with their meanings.
        rules: How turn labels follow from utterance codes.
        trainee: How the trainee's turns are asked about.
        patient: How the patient's turns are asked about; defines the labels of the patient's head.

    Raises:
        ContentError: Scheme, rules and prompts do not belong together.
    """

    def __init__(
        self, model: ChatModel, scheme: CodingScheme, rules: TurnRules, trainee: Prompt, patient: Prompt
    ) -> None:
        codes = {code.code: code.meaning for code in scheme.codes if code.speaker == "trainee"}
        if rules.rules.blank not in codes or scheme.id != rules.rules.scheme:
            raise ContentError(f'The scheme "{scheme.id}" does not fit the label rules.')
        if set(patient.labels) != set(rules.patient):
            raise ContentError(f'The labels of the prompt "{patient.id}" are not those of the label rules.')
        self._model = model
        self._rules = rules
        talk = {label: patient.labels[label] for label in rules.patient}
        self._guides: dict[Speaker, _Guide] = {
            "trainee": _Guide(trainee, codes, rules.rules.blank),
            "patient": _Guide(patient, talk, rules.patient[0]),
        }

    @property
    def coder_id(self) -> str:
        """Coder, prompt hash and model, for provenance."""
        guides = self._guides.values()
        made_of = "".join(guide.prompt.model_dump_json() + listed(guide.meanings) for guide in guides)
        versions = "/".join(guide.prompt.version for guide in guides)
        return f"llm-coder@{versions}+{short_digest(made_of)} on {self._model.model_id}"

    def prepare_for(self, previous: str) -> None:
        """Do nothing: what was said before is read together with the turn it belongs to."""

    def code_turn(self, speaker: Speaker, text: str, previous: str = "") -> TurnCodes:
        """Code one turn; ``previous`` is the other speaker's last turn, '' at the start.

        Raises:
            ModelUnavailable: The model cannot be run.
        """
        other: Speaker = "patient" if speaker == "trainee" else "trainee"
        before = [(other, previous)] if previous.strip() else []
        return self._judge([_task(speaker, text, before)], None, None)[0].codes

    def code_transcript(
        self,
        turns: Sequence[TranscriptTurn],
        *,
        cancel: Cancellation | None = None,
        on_done: OnDone | None = None,
    ) -> tuple[TurnCodes, ...]:
        """Code the turns of one or several sessions; the codes come in the same order.

        Raises:
            ModelUnavailable: The model cannot be run.
            Cancelled: ``cancel`` was set.
        """
        return tuple(judged.codes for judged in self.judge(turns, cancel=cancel, on_done=on_done))

    def judge(
        self,
        turns: Sequence[TranscriptTurn],
        *,
        cancel: Cancellation | None = None,
        on_done: OnDone | None = None,
    ) -> tuple[JudgedTurn, ...]:
        """As ``code_transcript``, with the reasons where no code was given."""
        said: dict[str, list[tuple[Speaker, str]]] = {}
        tasks = []
        for turn in turns:
            before = said.setdefault(turn.session_id, [])
            tasks.append(_task(turn.speaker, turn.text, self._last(turn.speaker, before)))
            if turn.text.strip():
                before.append((turn.speaker, turn.text))
        return self._judge(tasks, cancel, on_done)

    def _last(self, speaker: Speaker, before: list[tuple[Speaker, str]]) -> list[tuple[Speaker, str]]:
        count = self._guides[speaker].prompt.context_turns
        return before[-count:] if count else []

    def _judge(
        self, tasks: Sequence[_Task], cancel: Cancellation | None, on_done: OnDone | None
    ) -> tuple[JudgedTurn, ...]:
        """Judge all turns of a speaker in one call, so that the instructions are read once."""
        found = {at: self._silent(task.speaker) for at, task in enumerate(tasks) if not task.spans}
        for speaker, guide in self._guides.items():
            places = [at for at, task in enumerate(tasks) if task.spans and task.speaker == speaker]
            if places:
                asked = [tasks[at] for at in places]
                answers = self._ask(guide, asked, cancel, _later(on_done, len(found)))
                found |= {
                    at: self._judged(guide, task, answer)
                    for at, task, answer in zip(places, asked, answers, strict=True)
                }
        if on_done:
            on_done(len(found))
        return tuple(found[at] for at in range(len(tasks)))

    def _ask(
        self, guide: _Guide, tasks: Sequence[_Task], cancel: Cancellation | None, on_done: OnDone | None
    ) -> tuple[tuple[Completion, ...], ...]:
        judging = guide.prompt.judging
        longest = max(len(task.spans) for task in tasks)
        sampling = Sampling(
            samples=judging.samples,
            temperature=judging.temperature,
            top_p=judging.top_p,
            max_tokens=_FRAME_TOKENS + longest * judging.tokens_per_answer,
        )
        requests = [_request(guide, task) for task in tasks]
        return self._model.complete(self._prefix(guide), requests, sampling, cancel=cancel, on_done=on_done)

    def _prefix(self, guide: _Guide) -> tuple[Message, ...]:
        words = str(guide.prompt.quoting.min_words)
        blanks = {"labels": listed(guide.meanings), "blank": guide.blank, "min_words": words}
        return (Message(role="system", content=fill(guide.prompt.system, blanks)),)

    def _judged(self, guide: _Guide, task: _Task, answers: Sequence[Completion]) -> JudgedTurn:
        read = [_votes(guide, task, answer.text) for answer in answers]
        coded, abstentions = [], []
        for at, span in enumerate(task.spans):
            votes = tuple(votes[at] for votes in read)
            code = _chosen(guide, guide.shares(votes))
            if code is None:
                abstentions.append(Abstention(span.start, span.end, reason_for_doubt(votes)))
            coded.append(Coded(span.end - span.start, code or guide.blank, votes))
        return JudgedTurn(self._turn_codes(guide, task, coded), tuple(abstentions))

    def _turn_codes(self, guide: _Guide, task: _Task, coded: Sequence[Coded]) -> TurnCodes:
        utterances = tuple(self._utterance(guide, task, at, one) for at, one in enumerate(coded))
        doubt = guide.prompt.judging.doubt
        if task.speaker == "patient":
            return TurnCodes(talk=patient_label(guide.codes, coded, doubt), utterances=utterances)
        return TurnCodes(**trainee_labels(self._rules, guide.codes, coded, doubt), utterances=utterances)

    def _utterance(self, guide: _Guide, task: _Task, at: int, one: Coded) -> Utterance:
        confidence = made_label(one.code, float(guide.shares(one.votes)[guide.codes.index(one.code)])).confidence
        label = UtteranceLabel(scheme=self._rules.rules.scheme, code=one.code, confidence=confidence)
        span = task.spans[at]
        return Utterance(start=span.start, end=span.end, text=task.piece(at), codes=(label,))

    def _silent(self, speaker: Speaker) -> JudgedTurn:
        if speaker == "patient":
            return JudgedTurn(TurnCodes(talk=made_label(self._guides[speaker].blank, 1.0)))
        return JudgedTurn(TurnCodes(**blank_labels(self._rules.rules)))


def _later(on_done: OnDone | None, already: int) -> OnDone | None:
    """Return a callback that counts what was done before as well."""
    return None if on_done is None else lambda done: on_done(already + done)


def _task(speaker: Speaker, text: str, before: Sequence[tuple[Speaker, str]]) -> _Task:
    clean = without_surrogates(text)
    shown = tuple((who, without_surrogates(said)[-SHOWN_CHARACTERS:]) for who, said in before)
    return _Task(speaker, clean, segment(clean) if clean.strip() else (), shown)


def _request(guide: _Guide, task: _Task) -> Request:
    numbers = range(len(task.spans))
    record = {
        "before": [{"speaker": who, "text": said} for who, said in task.before],
        UTTERANCES: [{"number": at + 1, "text": task.piece(at)[:SHOWN_CHARACTERS]} for at in numbers],
    }
    asked = fill(guide.prompt.ask, {"data": as_record(record), "count": str(len(task.spans))})
    return Request(messages=(Message(role="user", content=asked),), answer_schema=_schema(guide, len(task.spans)))


def _schema(guide: _Guide, count: int) -> dict[str, Any]:
    entry = object_schema({QUOTE: quote_schema(guide.prompt.quoting), CODE: {"enum": list(guide.codes)}})
    return object_schema({UTTERANCES: array_schema(entry, count, count)})


def _votes(guide: _Guide, task: _Task, answer: str) -> list[Vote]:
    """Return one answer's vote on each utterance; an answer of the wrong shape votes on none."""
    found = entries(parsed(answer), UTTERANCES)
    if found is None or len(found) != len(task.spans):
        return [Vote(None, UNREADABLE)] * len(task.spans)
    return [_vote(guide, task.piece(at), entry.get(QUOTE), entry.get(CODE)) for at, entry in enumerate(found)]


def _vote(guide: _Guide, piece: str, quote: Any, code: Any) -> Vote:
    if not isinstance(quote, str) or not isinstance(code, str) or code not in guide.meanings:
        return Vote(None, UNREADABLE)
    if find_quote(quote, piece, guide.prompt.quoting) is None:
        return Vote(None, UNQUOTED)
    return Vote(guide.codes.index(code))


def _chosen(guide: _Guide, sure: Floats) -> str | None:
    """Return the surest code, or None when it is not sure enough or another is as sure."""
    best = int(sure.argmax())
    is_tied = int((sure == sure[best]).sum()) > 1
    return None if is_tied or float(sure[best]) < guide.prompt.judging.abstain_below else guide.codes[best]
