"""Events of a trainee turn that no single code shows: stacking, a row of closed questions, ignoring."""

from simpatient.domain.assessment.codes import TurnCodes
from simpatient.domain.content.dynamics_table import DynamicsTable
from simpatient.domain.content.persona import Persona, Trigger
from simpatient.domain.state import PatientState
from simpatient.patient.phrases import first_phrase
from simpatient.patient.understanding.intent_recogniser import QUESTION_CODES, REFLECTION_CODES, Understanding
from simpatient.patient.understanding.persona_index import PersonaIndex

LEAST_CONFIDENCE = 0.35  # of a code, for the patient to react to it
CLOSED_IN_A_ROW = 3
# "Tell me about her. What is she like?" is one question asked twice over; these are not.
STACKED = 3
CLOSED_STACKED = 2
HEARD_FEELING = REFLECTION_CODES | {"support", "affirm", "facilitate", "immediacy", "open_question"}
FEELING_ACTS = frozenset({"affective"})


def heard_codes(codes: TurnCodes) -> tuple[str, ...]:
    """Return the distinct utterance codes of a turn the coder is sure enough about, in order."""
    sure = [u.codes[0].code for u in codes.utterances if u.codes and u.codes[0].confidence >= LEAST_CONFIDENCE]
    return tuple(dict.fromkeys(sure))


def detect_events(
    text: str, codes: TurnCodes, state: PatientState, seen: Understanding, index: PersonaIndex, table: DynamicsTable
) -> tuple[str, ...]:
    """Return the ids of the events in this turn, worst first, as named in the dynamics table."""
    heard = heard_codes(codes)
    questions = [c for c in codes.utterance_codes() if c in QUESTION_CODES]
    found = {
        **{event: first_phrase(text, phrases) is not None for event, phrases in table.event_phrases.items()},
        "stacked_questions": len(questions) >= STACKED or questions.count("closed_question") >= CLOSED_STACKED,
        "closed_questions": closed_streak(heard, state) >= CLOSED_IN_A_ROW,
        "ignored": _is_ignored(heard, state, seen),
        "misread": not seen.fits and bool(REFLECTION_CODES & set(heard)),
        "early_probe": is_early_probe(seen, state, index),
        "silence": seen.is_blank,
        **{move: True for move in seen.moves if move in table.events},
    }
    return tuple(event for event, happened in found.items() if happened and event in table.events)


def closed_streak(heard: tuple[str, ...], state: PatientState) -> int:
    """Return how many turns in a row were closed questions and nothing warmer."""
    only_closed = "closed_question" in heard and set(heard) <= {"closed_question", "facilitate", "structure", "other"}
    return state.closed_streak + 1 if only_closed else 0


def _is_ignored(heard: tuple[str, ...], state: PatientState, seen: Understanding) -> bool:
    spoke_of_feeling = bool(state.recent_acts) and state.recent_acts[-1] in FEELING_ACTS
    moved_on = seen.intent is not None and seen.intent != state.topic
    return spoke_of_feeling and moved_on and not HEARD_FEELING & set(heard)


def is_early_probe(seen: Understanding, state: PatientState, index: PersonaIndex) -> bool:
    """Whether the turn asks for a fact that is far from open and that the patient minds being asked for."""
    facts = index.facts_by_topic.get(seen.intent or "", ())
    # Half a point short is near enough: just before a gate opens, asking is no longer early.
    locked = [f for f in facts if f.id not in state.facts_revealed and f.gate.trust > state.trust + 0.5]
    open_ones = [f for f in facts if f.gate.trust <= state.trust]
    return bool(locked) and not open_ones and any(f.early_approach == "discomfort" for f in locked)


def fired_trigger(persona: Persona, text: str, heard: tuple[str, ...], events: tuple[str, ...]) -> Trigger | None:
    """Return the strongest of the persona's resistance triggers that this turn sets off."""
    patterns = {"closed_questions": "closed_questions_in_a_row", "ignored": "ignored_emotion"}
    happened = {patterns.get(event, event) for event in events}
    fired = [
        trigger
        for trigger in persona.dynamics.triggers
        if trigger.code in heard or trigger.pattern in happened or first_phrase(text, trigger.phrases)
    ]
    return max(fired, key=lambda trigger: trigger.intensity, default=None)
