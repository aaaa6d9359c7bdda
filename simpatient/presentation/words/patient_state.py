"""The patient's state and plan behind an answer, for authors, in a line each."""

from simpatient.domain.state import PatientState, ReplyPlan
from simpatient.presentation.words.numbers import listed, two_decimals
from simpatient.presentation.words.wording import from_id


def state_words(state: PatientState) -> str:
    """Return the patient's state in one line."""
    measured = {
        "arousal": state.arousal,
        "engagement": state.engagement,
        "readiness": state.readiness,
        f"resistance ({from_id(state.resistance.form)})": state.resistance.intensity,
    }
    parts = [f"trust {two_decimals(state.trust)} ({state.band})"]
    parts += [f"{name} {two_decimals(value)}" for name, value in measured.items()]
    return f"State: {' · '.join([*parts, state.emotion])}"


def plan_words(plan: ReplyPlan) -> str:
    """Return the plan of a reply in one line."""
    parts = [from_id(plan.act)]
    if plan.reaction != "none":
        parts.append(f"feels {from_id(plan.reaction)}")
    for name, value in (("on", plan.topic), ("asked about", plan.intent), ("in answer to", plan.reacts_to)):
        if value:
            parts.append(f"{name} {from_id(value)}")
    if plan.facts_to_tell:
        parts.append(f"discloses {listed(plan.facts_to_tell)}")
    parts.append(f"{from_id(plan.talk)} talk")
    return f"Plan: {' · '.join(parts)}"
