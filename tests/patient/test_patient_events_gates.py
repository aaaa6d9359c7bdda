"""Events, triggers, gates, guard and phrase matching."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simpatient.domain.content.persona import Gate
from simpatient.domain.state import PatientState
from simpatient.patient.gates import is_open, is_superseded, open_facts
from simpatient.patient.guard.line_guard import leaked_markers, make_guard
from simpatient.patient.phrases import first_phrase, normalise
from simpatient.patient.understanding.events import (
    closed_streak,
    detect_events,
    fired_trigger,
    heard_codes,
    is_early_probe,
)
from simpatient.patient.understanding.intent_recogniser import Understanding
from tests.builders import codes_of, small_persona, small_rules, small_table

PERSONA, TABLE = small_persona(), small_table()
START = PatientState(trust=1.5)


def events(index, text, *codes, state=START, **seen):
    return detect_events(text, codes_of(text, *codes), state, Understanding(**seen), index, TABLE)


def test_an_unsure_code_is_not_heard_and_none_twice():
    assert heard_codes(codes_of("Hm.", "confront", confidence=0.2)) == ()
    assert heard_codes(codes_of("Hm.", "affirm", "affirm")) == ("affirm",)


def test_events_of_a_turn(index):
    assert events(index, "Morning.", "structure") == ()
    assert events(index, "You fool!", "confront") == ("insult",)
    assert events(index, "Is it? Was it?", "closed_question", "closed_question") == ("stacked_questions",)
    assert events(index, "", is_blank=True) == ("silence",)
    assert events(index, "So you hate it.", "simple_reflection", fits=False) == ("misread",)
    assert events(index, "I'm sorry.", "other", moves=("apology", "greeting")) == ("apology",)
    assert events(index, "Are you safe?", "other", intent="safety") == ("early_probe",)


def test_the_third_closed_question_in_a_row_is_an_event(index):
    state = START
    for _ in range(2):
        streak = closed_streak(("closed_question",), state)
        state = state.model_copy(update={"closed_streak": streak})
        assert "closed_questions" not in events(index, "Yes?", "open_question", state=state)
    assert events(index, "Is it?", "closed_question", state=state) == ("closed_questions",)
    assert closed_streak(("closed_question", "complex_reflection"), state) == 0


def test_a_feeling_is_ignored_only_by_moving_on_without_a_word_to_it(index):
    felt = START.model_copy(update={"recent_acts": ("affective",)})
    moving_on = {"state": felt, "intent": "choir"}
    assert "ignored" in events(index, "And the choir?", "closed_question", **moving_on)
    assert "ignored" not in events(index, "That hurts. The choir?", "complex_reflection", **moving_on)
    assert "ignored" not in events(index, "And the choir?", "closed_question", state=START, intent="choir")


def test_asking_too_soon_is_minded_until_the_fact_is_near_or_told(index):
    seen = Understanding(intent="safety")
    assert is_early_probe(seen, START, index)
    assert not is_early_probe(seen, PatientState(trust=3.2), index)
    assert not is_early_probe(seen, PatientState(trust=1.5, facts_revealed=("fading",)), index)
    assert not is_early_probe(Understanding(intent="brother"), START, index)
    assert not is_early_probe(Understanding(), START, index)


@pytest.mark.parametrize(
    ("text", "heard", "happened", "note"),
    [
        ("Oh, cheer up!", (), (), "told to cheer up"),
        ("No.", ("confront",), (), "argued with"),
        ("Yes?", (), ("closed_questions",), "questioned like a form"),
        ("Yes? No?", (), ("stacked_questions",), "two at once"),
        ("And?", (), ("ignored",), "a feeling passed over"),
        ("And?", (), ("early_probe",), "pressed too soon"),
        ("Cheer up.", ("confront",), ("stacked_questions",), "argued with"),
    ],
)
def test_the_strongest_trigger_fires(text, heard, happened, note):
    fired = fired_trigger(PERSONA, text, heard, happened)
    assert fired is not None
    assert fired.note == note


def test_no_trigger_fires_at_an_ordinary_turn():
    assert fired_trigger(PERSONA, "Tell me more.", ("open_question",), ("apology",)) is None


def fact_with(**gate):
    return PERSONA.fact("letter").model_copy(update={"gate": Gate(**gate), "contradiction_group": None})


@given(trust=st.floats(1, 4), needed=st.floats(1, 4))
def test_a_plain_gate_opens_at_its_trust(trust, needed):
    assert is_open(fact_with(trust=needed), PatientState(trust=trust), None) == (trust >= needed)


def test_an_act_just_now_lowers_the_gate_but_not_an_earlier_one():
    fact = fact_with(trust=2.5, or_act=("affirm",))
    just_now = PatientState(trust=2.0, recent_codes=(("affirm",),))
    earlier = PatientState(trust=2.0, recent_codes=(("affirm",), ("facilitate",)))
    assert is_open(fact, just_now, None)
    assert not is_open(fact, earlier, None)


def test_a_gate_may_need_something_heard_lately_and_the_right_question():
    after, asked = fact_with(trust=1.0, after=("affirm",)), fact_with(trust=1.0, asked=("choir",))
    assert not is_open(after, PatientState(trust=4.0, recent_codes=(("confront",),)), None)
    assert is_open(after, PatientState(trust=1.0, recent_codes=(("affirm",), (), ("other",))), None)
    assert is_open(asked, PatientState(trust=1.0), "choir")
    assert not is_open(asked, PatientState(trust=4.0), "sleep")
    assert not is_open(asked, PatientState(trust=4.0), None)


def test_told_facts_stay_open():
    assert open_facts(PERSONA, PatientState(trust=1.0, facts_revealed=("fading",)), None) == ("fading",)


def test_a_shallower_version_is_never_told_after_the_deeper_one():
    deeper, shallower = PERSONA.fact("letters"), PERSONA.fact("letter")
    assert is_superseded(shallower, PERSONA, PatientState(trust=4, facts_revealed=("letters",)))
    assert not is_superseded(deeper, PERSONA, PatientState(trust=4, facts_revealed=("letter",)))
    assert not is_superseded(PERSONA.fact("solo"), PERSONA, PatientState(trust=4, facts_revealed=("letters",)))
    with pytest.raises(KeyError):
        PERSONA.fact("none such")


@pytest.mark.parametrize(
    ("text", "allowed", "rule"),
    [
        ("I am well.", (), None),
        ("As an AI, I cannot say.", (), "stage_talk"),
        ("How does that make you feel?", (), "role_reversal"),
        ("Ambercote, yes.", (), "locked_fact"),
        ("Ambercote, yes.", ("quarrel",), None),
        ("That's awesome.", (), "never_says"),
        ("word" + " word" * 30, (), "length"),
    ],
)
def test_the_guard_names_what_is_wrong(text, allowed, rule):
    found = make_guard(PERSONA, small_rules()).check(text, allowed, max_words=30)
    assert [event.rule for event in found] == ([rule] if rule else [])
    assert all(event.blocked_text == text for event in found)


def test_markers_give_facts_away():
    assert leaked_markers("In AMBERCOTE and Quillhaven’s square", PERSONA.facts) == ("quarrel", "letter")


def test_phrases_match_at_word_starts_in_any_case_and_apostrophe():
    assert first_phrase("You’re WEAK, you know", ("you're weak",)) == "You're WEAK"
    assert first_phrase("A parking place", ("king",)) is None
    assert first_phrase("Kings and queens", ("king",)) == "King"
    assert first_phrase("anything", ()) is None


@given(phrase=st.text(min_size=1, max_size=20), before=st.text(max_size=10), after=st.text(max_size=10))
def test_a_phrase_after_a_blank_is_always_found(phrase, before, after):
    assert first_phrase(f"{before} {phrase}{after}", (phrase,)) is not None or not normalise(phrase)
