"""What is left of a patient's turn when only part of it was heard: the rest was neither said nor disclosed.

Must not know sound: only the words that came through.
"""

from collections.abc import Sequence

from simpatient.domain.content.persona import Fact
from simpatient.domain.session.session import Turn
from simpatient.patient.guard.line_guard import leaked_markers

# A fact in a model's own words, cut off before this share of the turn, counts as not disclosed.
_SHARE = 0.5


def as_heard(turn: Turn, heard: str, facts: Sequence[Fact]) -> Turn:
    """Return a patient's turn with the words that were heard, and without the facts that were not.

    Args:
        turn: As it was meant.
        heard: The beginning of its text that was heard; may be empty.
        facts: The persona's.
    """
    if heard == turn.text or turn.state_after is None:
        return turn.model_copy(update={"text": heard})
    *before, told = turn.state_after.last_told or ((),)
    lost = {fact.id for fact in facts if fact.id in told and not _is_told(fact, heard, turn.text)}
    new = lost & set(turn.facts_revealed)
    taken_back = turn.state_before.taken_back if turn.state_before else ()
    after = turn.state_after.model_copy(
        update={
            "facts_revealed": tuple(fact for fact in turn.state_after.facts_revealed if fact not in new),
            "last_told": (*before, tuple(fact for fact in told if fact not in lost)),
            "taken_back": (*turn.state_after.taken_back, *(fact for fact in taken_back if fact in lost)),
        }
    )
    revealed = tuple(fact for fact in turn.facts_revealed if fact not in lost)
    return turn.model_copy(update={"text": heard, "facts_revealed": revealed, "state_after": after})


def _is_told(fact: Fact, heard: str, whole: str) -> bool:
    if leaked_markers(heard, (fact,)):
        return True
    authored = [line for line in fact.tell if line in whole]
    if authored:
        return any(line in heard for line in authored)
    return len(heard) >= _SHARE * len(whole) and not leaked_markers(whole, (fact,))
