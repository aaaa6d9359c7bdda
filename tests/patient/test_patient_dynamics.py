"""State dynamics: bounded, one-directional where it must be, and remembered as long as it says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simpatient.domain.content.persona import Trigger
from simpatient.domain.state import PatientState, Resistance
from simpatient.patient.dynamics import feeling, update
from simpatient.patient.understanding.intent_recogniser import Understanding
from tests.builders import codes_of, small_persona, small_table

TABLE, PERSONA = small_table(), small_persona()
CODES = sorted(TABLE.codes)
parts = st.floats(0, 1).map(lambda value: round(value, 4))
heard = st.lists(st.sampled_from([*CODES, "unheard_of"]), max_size=4, unique=True)
happened = st.lists(st.sampled_from([*sorted(TABLE.events), "unheard_of"]), max_size=4, unique=True)
states = st.builds(
    PatientState,
    trust=st.floats(1, 4).map(lambda value: round(value, 4)),
    arousal=parts,
    engagement=parts,
    readiness=parts,
    resistance=st.builds(Resistance, form=st.sampled_from(["none", "minimal", "hostile"]), intensity=parts),
    deep_streak=st.integers(0, 4),
    skill_streak=st.integers(0, 4),
    recent_codes=st.lists(heard.map(tuple), max_size=3).map(tuple),
)
triggers = st.sampled_from([None, *PERSONA.dynamics.triggers])


def moved(
    state: PatientState, *codes: str, events: tuple[str, ...] = (), trigger: Trigger | None = None
) -> PatientState:
    return update(state, codes_of("Words.", *codes), Understanding(), events, trigger, PERSONA, TABLE)


@given(state=states, turns=st.lists(st.tuples(heard, happened, triggers), max_size=12))
def test_every_part_stays_within_its_bounds(state, turns):
    for codes, events, trigger in turns:
        state = moved(state, *codes, events=tuple(events), trigger=trigger)
        PatientState.model_validate(state.model_dump())
        assert state.closed_streak >= 0
        assert state.skill_streak >= 0
        assert len(state.recent_codes) <= 3


@given(state=states, codes=heard, events=happened, harm=st.sampled_from([*TABLE.harmful, "insult"]))
def test_a_harmful_turn_never_raises_trust_or_readiness(state, codes, events, harm):
    said, also = ([*codes, harm], events) if harm in TABLE.harmful else (codes, [*events, harm])
    after = moved(state, *dict.fromkeys(said), events=tuple(also))
    assert after.trust <= state.trust
    assert after.readiness <= state.readiness
    assert after.skill_streak == 0


@given(state=states, codes=heard, events=happened)
def test_one_turn_moves_trust_no_further_than_the_table_allows(state, codes, events):
    after = moved(state, *codes, events=tuple(events))
    assert -TABLE.max_trust_loss - 1e-3 <= after.trust - state.trust <= TABLE.max_trust_gain + 1e-3


@given(state=states)
def test_a_reflection_that_misses_earns_nothing(state):
    assert moved(state, "complex_reflection", events=("misread",)).trust <= state.trust


def test_skill_raises_trust_and_harm_lowers_it():
    start = PatientState(trust=2.0)
    assert moved(start, "complex_reflection").trust > 2.0
    assert moved(start, "confront").trust < 2.0


def test_skill_earns_less_after_harm_until_it_is_forgotten():
    calm = PatientState(trust=2.0)
    hurt = PatientState(trust=2.0, recent_codes=(("confront",),))
    assert 2.0 < moved(hurt, "complex_reflection").trust < moved(calm, "complex_reflection").trust
    for _ in range(3):
        hurt = moved(hurt, "facilitate")
    assert all("confront" not in codes for codes in hurt.recent_codes)


def test_trust_is_harder_to_earn_the_deeper_it_is():
    low, high = PatientState(trust=1.5), PatientState(trust=3.5)
    assert moved(low, "affirm").trust - 1.5 > moved(high, "affirm").trust - 3.5 > 0


def test_the_patient_pulls_back_after_two_deep_turns():
    shallow, deep = PatientState(trust=2.0), PatientState(trust=2.0, deep_streak=2)
    assert moved(deep, "open_question").trust < moved(shallow, "open_question").trust


def test_sensitivity_scales_a_step():
    plain = small_persona(dynamics={**PERSONA.dynamics.model_dump(), "sensitivity": {}})
    codes = codes_of("Words.", "confront")
    unscaled = update(PatientState(trust=3.0), codes, Understanding(), (), None, plain, TABLE)
    assert moved(PatientState(trust=3.0), "confront").trust < unscaled.trust < 3.0


def test_resistance_yields_to_skill_only_after_a_second_skilled_turn():
    resisting = PatientState(trust=2.0, resistance=Resistance(form="hostile", intensity=0.9))
    practised = resisting.model_copy(update={"skill_streak": 2})
    once, again = moved(resisting, "complex_reflection"), moved(practised, "complex_reflection")
    assert 0.9 > once.resistance.intensity > again.resistance.intensity
    assert once.resistance.form == "hostile"


def test_resistance_that_has_gone_has_no_form():
    nearly = PatientState(trust=2.0, skill_streak=3, resistance=Resistance(form="minimal", intensity=0.1))
    assert moved(nearly, "complex_reflection").resistance.form == "none"


def test_a_trigger_sets_form_and_least_intensity():
    trigger = PERSONA.dynamics.triggers[1]
    after = moved(PatientState(trust=2.0), "facilitate", trigger=trigger)
    assert (after.resistance.form, after.resistance.intensity) == (trigger.form, trigger.intensity)


def test_what_was_asked_is_counted_and_topics_are_kept_once():
    state = PatientState(trust=2.0)
    for _ in range(2):
        seen = Understanding(intent="choir", topic="choir")
        state = update(state, codes_of("Choir?", "open_question"), seen, (), None, PERSONA, TABLE)
    assert state.asked == {"choir": 2}
    assert state.topics_touched == ("choir",)
    assert moved(state, "facilitate").topic == "choir"
    assert state.turns == 2


@pytest.mark.parametrize(
    ("state", "reaction", "word"),
    [
        (PatientState(trust=2, resistance=Resistance(form="hostile", intensity=0.8)), "none", "irritated"),
        (PatientState(trust=2, resistance=Resistance(form="minimal", intensity=0.8)), "none", "shut off"),
        (PatientState(trust=2), "scared", "afraid"),
        (PatientState(trust=2), "hopeful", "hopeful"),
        (PatientState(trust=2, readiness=0.9), "none", "hopeful"),
        (PatientState(trust=2, arousal=0.8), "understood", "moved"),
        (PatientState(trust=2, arousal=0.1), "understood", "relieved"),
        (PatientState(trust=1), "understood", "wary"),
        (PatientState(trust=2, arousal=0.9), "none", "sad"),
        (PatientState(trust=2, arousal=0.1), "none", "thoughtful"),
    ],
)
def test_the_feeling_is_named_from_state_and_reaction(state, reaction, word):
    assert feeling(state, reaction, "wary") == word
