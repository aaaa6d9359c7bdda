"""The patient's mind: one turn of understanding, dynamics and planning, then words by a realiser.

Both patient models share it. A reply is a pure function of persona, state, history, codes and seed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from simpatient.domain.assessment.codes import TurnCodes
from simpatient.domain.content.dynamics_table import DynamicsTable
from simpatient.domain.content.guard_rules import GuardRules
from simpatient.domain.content.intents import IntentBank
from simpatient.domain.content.persona import Persona
from simpatient.domain.ports import RememberingEncoder
from simpatient.domain.state import PatientState, ReplyPlan
from simpatient.patient.dynamics import update
from simpatient.patient.guard.generated_guard import GeneratedGuard
from simpatient.patient.guard.line_guard import make_guard
from simpatient.patient.planner import PlanningContext, plan_reply
from simpatient.patient.realisation.guided import GuidedRealiser, Realisation
from simpatient.patient.understanding.events import detect_events, fired_trigger, heard_codes
from simpatient.patient.understanding.intent_recogniser import LONGEST_READ, Understanding, understand
from simpatient.patient.understanding.persona_index import OnPrepared, build_index

RECENT_TURNS = 3  # patient turns a reflection may refer to
REMEMBERED_ACTS = 3
TAKES_BACK_WITHIN = 2  # turns within which a scolding can still make the patient retract what it disclosed
# Words a plan; empty text says that an authored line has to do it.
Speak = Callable[[ReplyPlan, Random], Realisation]
OnPlan = Callable[[ReplyPlan, PatientState], None]
MACHINE_MOVE = "are_you_machine"


@dataclass(frozen=True)
class Reply:
    """The patient's answer and how it came about.

    Attributes:
        state_heard: State after hearing the trainee, before speaking.
        state_spoken: State after speaking.
        asked_if_machine: The program has to answer that honestly, outside the role.
    """

    words: Realisation
    plan: ReplyPlan
    state_heard: PatientState
    state_spoken: PatientState
    seen: Understanding
    asked_if_machine: bool


class Mind:
    """One persona, ready to talk. Holds no session: state comes in and goes out."""

    def __init__(
        self,
        persona: Persona,
        bank: IntentBank,
        table: DynamicsTable,
        rules: GuardRules,
        encoder: RememberingEncoder,
        on_prepared: OnPrepared | None = None,
    ) -> None:
        self.persona = persona
        self._table = table
        self._encoder = encoder
        self._index = build_index(persona, bank, encoder, on_prepared)
        self._guard = make_guard(persona, rules)
        self._generated_guard = GeneratedGuard(self._guard, persona, rules, encoder)
        self._realiser = GuidedRealiser(self._index, self._guard)

    def open(self, seed: int) -> Reply:
        """Return the patient's first words."""
        state = self.persona.dynamics.start.to_state()
        words = self._realiser.opening(state, Random(f"{seed}:opening"))
        plan = ReplyPlan(act="opening", band=state.band, emotion=state.emotion)
        return Reply(words, plan, state, _after(state, words, plan), Understanding(), asked_if_machine=False)

    @property
    def guard(self) -> GeneratedGuard:
        """The checks every generated line of this persona passes; authored ones pass its first stage."""
        return self._generated_guard

    def reply(
        self,
        state: PatientState,
        text: str,
        codes: TurnCodes,
        patient_turns: Sequence[str],
        seed: int,
        turn: int,
        speak: Speak | None = None,
        on_plan: OnPlan | None = None,
    ) -> Reply:
        """Return the patient's reply to a coded trainee turn.

        Args:
            state: The patient's state after its last turn.
            text: The trainee's words.
            codes: Their codes.
            patient_turns: What the patient said so far on this branch, oldest first.
            seed: The session's seed.
            turn: The number of the trainee's turn in the session; with the seed it fixes all variety.
            speak: Words a plan in place of the authored lines, which are said when it gives no words.
            on_plan: Called with the plan and the state it is made in, before there are words.
        """
        seen = understand(text, codes, patient_turns[-RECENT_TURNS:], self._index, self._encoder)
        events = detect_events(text, codes, state, seen, self._index, self._table)
        heard = heard_codes(codes)
        trigger = fired_trigger(self.persona, text, heard, events)
        moved = update(state, codes, seen, events, trigger, self.persona, self._table)
        # Seeded by turn, not by call: a turn replayed or retried draws the same variety.
        random = Random(f"{seed}:{turn}")
        machine = MACHINE_MOVE in seen.moves
        moment = PlanningContext(
            self._index, moved, seen, heard, events, bool(set(codes.utterance_codes()) - {"other"})
        )
        plan = plan_reply(moment, random)
        # The program answers that question outside the role; in the role nothing may be disclosed beside it.
        if machine:
            plan = plan.model_copy(update={"act": "simple_reply", "reacts_to": "machine", "facts_to_tell": ()})
        if on_plan is not None:
            on_plan(plan, moved)
        words = self._words(plan, moved, text, random, speak)
        return Reply(words, plan, moved, _after(moved, words, plan), seen, asked_if_machine=machine)

    def _words(
        self, plan: ReplyPlan, state: PatientState, text: str, random: Random, speak: Speak | None
    ) -> Realisation:
        spoken = speak(plan, random) if speak else None
        if spoken is not None and spoken.text:
            return spoken
        vector = self._encoder.encode([text[:LONGEST_READ]])[0]
        words = self._realiser.realise(plan, state, vector, random)
        return words if spoken is None else words.model_copy(update={"guard": spoken.guard})


def _taken_back(state: PatientState, words: Realisation, plan: ReplyPlan) -> tuple[str, ...]:
    """Return what stands taken back once the words are said; telling it again mends it."""
    held = dict.fromkeys((*state.taken_back, *plan.takes_back))
    return tuple(fact for fact in held if fact not in words.disclosed_facts)


def _after(state: PatientState, words: Realisation, plan: ReplyPlan) -> PatientState:
    """Return the state once the words are said: lines used, facts disclosed, acts and depth remembered."""
    return state.model_copy(
        update={
            "emotion": plan.emotion,
            "facts_revealed": (
                *state.facts_revealed,
                *(f for f in words.disclosed_facts if f not in state.facts_revealed),
            ),
            "last_told": (*state.last_told, words.disclosed_facts)[-TAKES_BACK_WITHIN:],
            "taken_back": _taken_back(state, words, plan),
            "used_lines": (*state.used_lines, *words.line_ids),
            "recent_acts": (*state.recent_acts, words.act)[-REMEMBERED_ACTS:],
            "deep_streak": state.deep_streak + 1 if words.deep else 0,
        }
    )
