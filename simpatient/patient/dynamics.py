"""State dynamics: how a coded trainee turn moves the patient. Pure, bounded, seeded by nothing.

Directions follow the transitions of AnnoMI's high- and low-quality sessions (counted on its training part) and the
adherence groups of MITI 4.2.1; sizes are data (``assets/dynamics``), scaled by each persona.
"""

from simpatient.domain.assessment.codes import TurnCodes
from simpatient.domain.content.dynamics_table import DynamicsTable, Step
from simpatient.domain.content.persona import Persona, Trigger
from simpatient.domain.state import PatientState, Reaction, Resistance
from simpatient.patient.understanding.events import closed_streak, heard_codes
from simpatient.patient.understanding.intent_recogniser import Understanding

MEMORY = 3  # turns whose codes can open a gate (``Gate.after``), and during which harm slows trust down
AFTER_HARM = 0.25  # share of its trust that skill earns while harm is remembered
SKILL_BEFORE_RESISTANCE_YIELDS = 2  # skilled turns in a row; before that, resistance falls half as fast
DEEP_PULL_BACK = 0.05  # trust lost with each turn after two deep answers in a row: too much, too soon
CALM_PULL = 0.15  # share of the way back to the starting arousal made with every turn


def update(
    state: PatientState,
    codes: TurnCodes,
    seen: Understanding,
    events: tuple[str, ...],
    trigger: Trigger | None,
    persona: Persona,
    table: DynamicsTable,
) -> PatientState:
    """Return the state after a trainee turn; every part stays within its bounds.

    A harmful turn never raises trust, and for the next turns skill earns only a quarter back.
    """
    heard = heard_codes(codes)
    step = _total_step(heard, codes, events, persona, table)
    harmed = bool(set(table.harmful) & set(heard)) or "insult" in events
    skilled = bool(set(table.skilled) & set(heard)) and not harmed and "misread" not in events
    # Harm ends a streak at once; a turn that is neither skilled nor harmful costs only one step of it.
    streak = state.skill_streak + 1 if skilled else (0 if harmed else max(0, state.skill_streak - 1))
    intensity = _resistance(state, step, streak, trigger)
    form = trigger.form if trigger else (state.resistance.form if intensity > 0.05 else "none")
    return state.model_copy(
        update={
            "trust": _trust(state, step, harmed, table),
            "arousal": _within(
                state.arousal + step.arousal - CALM_PULL * (state.arousal - persona.dynamics.start.arousal)
            ),
            "engagement": _within(state.engagement + step.engagement),
            "readiness": _within(state.readiness + (min(0.0, step.readiness) if harmed else step.readiness)),
            "resistance": Resistance(form=form, intensity=intensity),
            "skill_streak": streak,
            "closed_streak": closed_streak(heard, state),
            "recent_codes": (*state.recent_codes, heard)[-MEMORY:],
            "topic": seen.topic or state.topic,
            "topics_touched": _with(state.topics_touched, seen.topic),
            "asked": _asked(state, seen),
            "turns": state.turns + 1,
        }
    )


def _total_step(
    heard: tuple[str, ...], codes: TurnCodes, events: tuple[str, ...], persona: Persona, table: DynamicsTable
) -> Step:
    """Add the steps of every code and event, each scaled by confidence and the persona's sensitivity."""
    # Half a step is for having been coded at all, the other half for how sure the coder is.
    sure = {u.codes[0].code: 0.5 + 0.5 * u.codes[0].confidence for u in codes.utterances if u.codes}
    factors = persona.dynamics.sensitivity
    steps = [(table.codes[code], factors.get(code, 1.0) * sure[code]) for code in heard if code in table.codes]
    if "misread" in events:
        # A reflection that misses earns nothing, however well it is phrased.
        steps = [(step, factor) for step, factor in steps if step.trust <= 0]
    steps += [(table.events[event], factors.get(event, 1.0)) for event in events if event in table.events]
    # The bounds keep one turn full of codes from moving the patient as far as a whole conversation would.
    return Step(
        trust=_sum(steps, "trust", 0.6),
        arousal=_sum(steps, "arousal", 0.3),
        engagement=_sum(steps, "engagement", 0.3),
        readiness=_sum(steps, "readiness", 0.2),
        resistance=_sum(steps, "resistance", 0.4),
    )


def _sum(steps: list[tuple[Step, float]], part: str, bound: float) -> float:
    total = sum(float(getattr(step, part)) * factor for step, factor in steps)
    return max(-bound, min(bound, total))


def _trust(state: PatientState, step: Step, harmed: bool, table: DynamicsTable) -> float:
    gain = min(step.trust, table.max_trust_gain)
    if harmed:
        gain = min(gain, 0.0)
    elif gain > 0 and any(set(table.harmful) & set(codes) for codes in state.recent_codes):
        gain *= AFTER_HARM
    if state.deep_streak >= 2:
        gain -= DEEP_PULL_BACK
    # Trust grows more slowly the deeper it already is: the last point is the hardest to earn.
    gain *= 1.0 if gain < 0 else 1.0 - 0.2 * (state.trust - 1.0)
    return round(max(1.0, min(4.0, state.trust + max(-table.max_trust_loss, gain))), 4)


def _resistance(state: PatientState, step: Step, skill_streak: int, trigger: Trigger | None) -> float:
    change = step.resistance
    if change < 0 and skill_streak < SKILL_BEFORE_RESISTANCE_YIELDS:
        change *= 0.5
    intensity = _within(state.resistance.intensity + change)
    return max(intensity, trigger.intensity) if trigger else intensity


def _within(value: float) -> float:
    return round(max(0.0, min(1.0, value)), 4)


def _with(items: tuple[str, ...], item: str | None) -> tuple[str, ...]:
    return items if item is None or item in items else (*items, item)


def _asked(state: PatientState, seen: Understanding) -> dict[str, int]:
    if seen.intent is None:
        return state.asked
    return {**state.asked, seen.intent: state.asked.get(seen.intent, 0) + 1}


def feeling(state: PatientState, reaction: Reaction, start_emotion: str) -> str:
    """Return the leading emotion in a plain word, from resistance, arousal, reaction and trust."""
    if state.resistance.intensity >= 0.7:
        return "irritated" if state.resistance.form in {"hostile", "defensive"} else "shut off"
    if reaction == "scared":
        return "afraid"
    if reaction == "hopeful" or state.readiness >= 0.65:
        return "hopeful"
    if reaction == "understood" and state.band != "low":
        return "moved" if state.arousal >= 0.5 else "relieved"
    return start_emotion if state.band == "low" else "sad" if state.arousal >= 0.55 else "thoughtful"
