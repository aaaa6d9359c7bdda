"""Gates of facts: what may come out now. Locked facts never reach a line or a model."""

from simpatient.domain.content.persona import Fact, Persona
from simpatient.domain.state import PatientState

OR_ACT_DISCOUNT = 0.5  # points of trust, on the scale of 1 to 4; promised to authors in ``Gate``


def is_open(fact: Fact, state: PatientState, asked: str | None) -> bool:
    """Whether the fact may come out in the reply to the turn just taken into ``state``.

    Args:
        fact: The fact.
        state: State after the trainee's turn; its ``recent_codes`` end with that turn's codes.
        asked: The intent or topic the trainee asked about in this turn.
    """
    gate = fact.gate
    heard_now = set(state.recent_codes[-1]) if state.recent_codes else set()
    needed = gate.trust - (OR_ACT_DISCOUNT if heard_now & set(gate.or_act) else 0.0)
    if state.trust < needed:
        return False
    if gate.asked and asked not in gate.asked:
        return False
    heard = {code for codes in state.recent_codes for code in codes}
    return not gate.after or bool(heard & set(gate.after))


def open_facts(persona: Persona, state: PatientState, asked: str | None) -> tuple[str, ...]:
    """Return the ids of all facts already disclosed or open now."""
    return tuple(f.id for f in persona.facts if f.id in state.facts_revealed or is_open(f, state, asked))


def is_superseded(fact: Fact, persona: Persona, state: PatientState) -> bool:
    """Whether a deeper version of the same matter was already disclosed, so this one would contradict it."""
    if fact.contradiction_group is None:
        return False
    told = [
        f for f in persona.facts if f.id in state.facts_revealed and f.contradiction_group == fact.contradiction_group
    ]
    return any(other.gate.trust > fact.gate.trust for other in told)
