"""A patient's turn that was cut off: only what was heard has been said and told."""

from hypothesis import given
from hypothesis import strategies as st

from simpatient.domain.content.persona import Fact
from simpatient.domain.session.session import Turn
from simpatient.domain.state import PatientState
from simpatient.patient.realisation.spoken_turn import as_heard
from tests.builders import FACTS
from tests.storage.made_sessions import T0

ALL = tuple(Fact.model_validate(fact) for fact in FACTS)
SOLO, QUARREL = ALL[0], ALL[1]
TEXT = f"It was Easter. {SOLO.tell[0]} I went home. {QUARREL.tell[0]} That was that."


def a_turn(
    text: str = TEXT, told: tuple[str, ...] = ("solo", "quarrel"), before: tuple[str, ...] = ("nights",)
) -> Turn:
    start = PatientState(trust=2.0, facts_revealed=before, last_told=(("nights",),), taken_back=("quarrel",))
    after = start.model_copy(
        update={"facts_revealed": (*before, *told), "last_told": (("nights",), told), "taken_back": ()}
    )
    return Turn(turn=2, parent=1, speaker="patient", text=text, at=T0, state_before=start, state_after=after, facts_revealed=told)  # fmt: skip


def test_a_turn_heard_to_its_end_stays_as_it_was() -> None:
    assert as_heard(a_turn(), TEXT, ALL) == a_turn()


def test_a_fact_nobody_heard_was_not_told_and_can_be_told_again() -> None:
    heard = as_heard(a_turn(), TEXT[: TEXT.index(" I went")], ALL)
    assert heard.text == f"It was Easter. {SOLO.tell[0]}"
    assert heard.facts_revealed == ("solo",)
    assert heard.state_after is not None
    assert heard.state_after.facts_revealed == ("nights", "solo")
    assert heard.state_after.last_told == (("nights",), ("solo",))
    assert heard.state_after.taken_back == ("quarrel",)


def test_a_fact_is_told_once_its_telling_word_was_heard() -> None:
    assert as_heard(a_turn(), "It was Easter. They gave the solo to Wrenfield", ALL).facts_revealed == ("solo",)
    assert as_heard(a_turn(), "It was Easter. They gave the solo", ALL).facts_revealed == ()


def test_a_fact_known_before_is_not_forgotten() -> None:
    known = a_turn(told=("solo",), before=("nights", "solo")).model_copy(update={"facts_revealed": ()})
    heard = as_heard(known, "", ALL)
    assert heard.state_after is not None
    assert "solo" in heard.state_after.facts_revealed
    assert heard.text == ""


def test_a_fact_in_a_models_own_words_is_told_when_most_was_heard() -> None:
    own = a_turn("The choir chose somebody else for it, and it still hurts when I think of it.", ("solo",))
    assert as_heard(own, own.text[:60], ALL).facts_revealed == ("solo",)
    assert as_heard(own, own.text[:12], ALL).facts_revealed == ()


@given(st.integers(0, len(TEXT)), st.integers(0, len(TEXT)))
def test_hearing_more_never_tells_less(one: int, other: int) -> None:
    short, long = (set(as_heard(a_turn(), TEXT[:cut], ALL).facts_revealed) for cut in sorted((one, other)))
    assert short <= long <= {"solo", "quarrel"}
