"""The generative patient: a chat model's words for a plan, let through sentence by sentence.

Nothing is passed on before the guard has seen it. A first sentence that fails is asked for once more; if
that fails too, or the model cannot run, an authored line is said. Must not know where the model runs.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from simpatient.domain.cancellation import Cancellation
from simpatient.domain.content.case import Case
from simpatient.domain.content.patient_prompt import PatientPrompt
from simpatient.domain.content.persona import Persona
from simpatient.domain.errors import ModelUnavailable
from simpatient.domain.models.chat import Sampling
from simpatient.domain.ports import PatientModel
from simpatient.domain.session.session import Turn
from simpatient.domain.state import GuardEvent, ReplyPlan
from simpatient.domain.text import finished_sentences
from simpatient.patient.guard.generated_guard import GeneratedGuard
from simpatient.patient.guard.line_guard import leaked_markers
from simpatient.patient.realisation.guided import Realisation
from simpatient.patient.realisation.prompting import conversation, director_note, fixed_prompt

OnChunk = Callable[[str], None]
TRIES = 2
UNAVAILABLE = "model_unavailable"
# Persona simulations stay in character best when drawn, not argmaxed.
TEMPERATURE, TOP_P = 0.8, 0.95
TOKENS_PER_WORD = 2.0  # room enough for any tokenizer's English
_STAGE = re.compile(r"\*[^*\n]{0,200}\*|\[[^\]\n]{0,200}\]|<[^<>\n]{0,200}>")


@dataclass
class _Screen:
    """Cuts a stream into sentences and lets through those the guard has nothing against."""

    check: Callable[[str], tuple[GuardEvent, ...]]
    on_chunk: OnChunk
    max_sentences: int
    stop_generation: Cancellation | None = None
    said: list[str] = field(default_factory=list)
    stopped: tuple[GuardEvent, ...] = ()
    _pending: str = ""

    def take(self, piece: str) -> bool:
        """Take a piece of the answer; return whether more is wanted."""
        finished, self._pending = finished_sentences(self._pending + piece)
        for sentence in finished:
            if self._wants_more():
                self._pass(sentence)
        return self._wants_more()

    def finish(self) -> None:
        """Take what came last as a sentence."""
        if self._wants_more():
            self._pass(self._pending)
        self._pending = ""

    def _wants_more(self) -> bool:
        # A trainee who interrupts has heard something; generating the rest would be wasted.
        has_left = self.stop_generation is not None and self.stop_generation.is_cancelled and bool(self.said)
        return not self.stopped and not has_left and len(self.said) < self.max_sentences

    def _pass(self, raw: str) -> None:
        sentence = " ".join(_STAGE.sub(" ", raw).split())
        if not re.search(r"\w|…", sentence):
            return
        try:
            self.stopped = self.check(" ".join([*self.said, sentence]))
        except ModelUnavailable as error:  # of the encoder: what cannot be checked is not shown
            self.stopped = (GuardEvent(rule=UNAVAILABLE, detail=error.message),)
        if not self.stopped:
            self.on_chunk(f" {sentence}" if self.said else sentence)
            self.said.append(sentence)


class GenerativeRealiser:
    """Words for the plans of one case's persona, by a chat model; the fixed prompt is built once."""

    def __init__(
        self, persona: Persona, case: Case, wording: PatientPrompt, guard: GeneratedGuard, voice: PatientModel
    ) -> None:
        self._persona = persona
        self._wording = wording
        self._guard = guard
        self._voice = voice
        self._system = fixed_prompt(persona, case, wording)

    def prepare(self, session: str) -> None:
        """Let the model read the fixed prompt, and the guard its examples, while the trainee reads the vignette.

        Raises:
            ModelUnavailable: The model, or the guard's encoder, cannot be loaded or run.
        """
        self._voice.prepare(session, conversation(self._system, (), self._wording))
        self._guard.prepare()

    def realise(
        self,
        session: str,
        plan: ReplyPlan,
        path: Sequence[Turn],
        random: Random,
        on_chunk: OnChunk,
        cancel: Cancellation | None,
        stop_generation: Cancellation | None = None,
    ) -> Realisation:
        """Return words for the plan; empty when the model gave none that may be said.

        Args:
            session: Whose conversation it is.
            plan: What the patient will do.
            path: The branch so far, the trainee's last turn included.
            random: Seeded source of variety.
            on_chunk: Given each sentence once it may be shown.
            cancel: Checked between tokens.
            stop_generation: Ends the answer with the sentence in hand; what was said by then stands.

        Raises:
            Cancelled: ``cancel`` was set.
        """
        messages = conversation(self._system, path, self._wording)
        note = director_note(plan, self._persona, self._wording)
        events: list[GuardEvent] = []
        for _ in range(TRIES):
            screen = _Screen(self._check(plan), on_chunk, plan.max_sentences, stop_generation)
            try:
                self._voice.speak(session, messages, note, _sampling(plan, random), screen.take, cancel=cancel)
            except ModelUnavailable as error:
                events.append(GuardEvent(rule=UNAVAILABLE, detail=error.message))
                # Half a sentence is worse than an answer that ends a sentence early.
                return self._words(screen, plan, events)
            screen.finish()
            events += screen.stopped
            if screen.said:
                break
        return self._words(screen, plan, events)

    def _words(self, screen: _Screen, plan: ReplyPlan, events: Sequence[GuardEvent]) -> Realisation:
        text = " ".join(screen.said)
        # Only what the words contain was disclosed; a model may ignore what the note gave it.
        told = leaked_markers(text, tuple(fact for fact in self._persona.facts if fact.id in plan.facts_to_tell))
        deep = any(fact.deep for fact in self._persona.facts if fact.id in told)
        return Realisation(text=text, disclosed_facts=told, act=plan.act, deep=deep, guard=tuple(events))

    def _check(self, plan: ReplyPlan) -> Callable[[str], tuple[GuardEvent, ...]]:
        allowed = {*plan.facts_allowed, *plan.facts_to_tell}
        return lambda text: self._guard.check(text, allowed, plan.max_words)


def _sampling(plan: ReplyPlan, random: Random) -> Sampling:
    room = max(16, round(plan.max_words * TOKENS_PER_WORD))
    return Sampling(temperature=TEMPERATURE, top_p=TOP_P, max_tokens=room, seed=random.randrange(1 << 31))
