"""The disclosure map: told, held back, approached."""

from datetime import UTC, datetime

from simpatient.assessment.debrief.debrief import disclosure
from simpatient.domain.content.persona import Fact, Gate, Persona
from simpatient.domain.session.session import Turn
from simpatient.domain.state import PatientState, ReplyPlan

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def _fact(name: str, *topics: str) -> Fact:
    return Fact(
        id=name, text=f"text of {name}", topics=topics, gate=Gate(trust=2.5), tell=("a", "b"), markers=("m",),
        hint_of=f"what opens {name}",
    )  # fmt: skip


def _said(turn: int) -> Turn:
    return Turn(turn=turn, parent=turn - 1 if turn else None, speaker="trainee", text="Hm?", at=NOW)


def _answered(turn: int, trust: float, topic: str | None = None, intent: str | None = None, *facts: str) -> Turn:
    return Turn(
        turn=turn, parent=turn - 1, speaker="patient", text="Well.", at=NOW, facts_revealed=facts,
        plan=ReplyPlan(act="simple_reply", topic=topic, intent=intent), state_after=PatientState(trust=trust),
    )  # fmt: skip


def test_told_first_in_the_order_told_then_what_was_held_back() -> None:
    facts = (_fact("never", "work"), _fact("late", "drink", "money"), _fact("early", "home"), _fact("near", "past"))
    persona = Persona.model_construct(facts=facts)
    turns = [
        Turn(turn=0, parent=None, speaker="patient", text="Hm.", at=NOW, plan=ReplyPlan(act="opening", topic="past")),
        _said(1), _answered(2, 1.5, "drink"),
        _said(3), _answered(4, 2.75, "home", None, "early"),
        _said(9), _answered(10, 2.0, None, "money"),
        _said(11), _answered(12, 2.5, "drink", None, "late"),
        _said(13), _answered(14, 2.5, "drink"),
        _said(15), _answered(16, 2.5, "past"),
    ]  # fmt: skip
    found = disclosure("s", persona, turns)
    assert [item.fact_id for item in found.items] == ["early", "late", "never", "near"]
    early, late, never, near = found.items
    assert (early.told_at, early.approached_at) == (4, ())
    assert (late.told_at, late.approached_at) == (12, (1, 9))
    assert (never.told_at, never.approached_at) == (None, ())
    assert near.approached_at == (15,)
    assert (near.opens_with, near.text, near.trust_needed, near.trust_reached) == (
        "what opens near", "text of near", 2.5, 2.75,
    )  # fmt: skip
    assert found.told == 2


def test_a_session_without_answers_has_told_nothing() -> None:
    found = disclosure("s", Persona.model_construct(facts=(_fact("x", "y"),)), [_said(0)])
    assert found.items[0].trust_reached == 1.0
    assert found.told == 0


def test_what_the_trainee_names_in_their_own_words_counts_as_touched() -> None:
    shifts = _fact("shifts", "work").model_copy(update={"text": "Has not missed a shift in 22 years"})
    persona = Persona.model_construct(facts=(shifts, _fact("never", "past")))
    affirmed = Turn(
        turn=1, parent=0, speaker="trainee", text="You haven't missed a single shift in 22 years. That counts.", at=NOW
    )
    turns = [
        Turn(turn=0, parent=None, speaker="patient", text="Hm.", at=NOW, plan=ReplyPlan(act="opening")),
        affirmed, _answered(2, 1.5, "home"), _said(3), _answered(4, 1.5, "home"),
    ]  # fmt: skip
    found = disclosure("s", persona, turns)
    assert {item.fact_id: item.approached_at for item in found.items} == {"shifts": (1,), "never": ()}
