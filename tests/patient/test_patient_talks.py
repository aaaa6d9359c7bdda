"""Whole talks with the small persona: what must hold in any talk, and the planned moments."""

from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from simpatient.domain.assessment.codes import TurnCodes
from simpatient.domain.state import PatientState, Resistance
from simpatient.patient.gates import is_open, is_superseded
from simpatient.patient.guard.line_guard import leaked_markers, make_guard
from simpatient.patient.mind import Mind, Reply
from simpatient.patient.planner import PlanningContext, plan_reply
from simpatient.patient.realisation.guided import GuidedRealiser
from simpatient.patient.understanding.intent_recogniser import Understanding
from simpatient.patient.understanding.persona_index import build_index, line_id
from tests.builders import LINES, codes_of, small_bank, small_persona, small_rules, small_table

TABLE, PERSONA = small_table(), small_persona()
SAID = [
    "How is the choir?", "Do you see your brother?", "How do you sleep?", "What do you do for work?", "Are you safe?",
    "What brings you here?", "It sounds as if you miss the singing.", "Oh, cheer up.", "You fool!", "I'm sorry.",
    "Good morning.", "See you next week.", "", "  ", "Zyx plorf?", "Go on.", "May I ask something?", "x" * 3000,
    "Tell me of Ambercote, Osmund, Vellamere and the Marlowe stairs.",
]  # fmt: skip
SILENCE = line_id("…")
GUARD = make_guard(PERSONA, small_rules())
Said = tuple[str, TurnCodes]
said = st.builds(
    lambda text, codes: (text, codes_of(text, *codes)),
    st.sampled_from(SAID) | st.text(max_size=40),
    st.lists(st.sampled_from(sorted(TABLE.codes)), max_size=3, unique=True),
)
talks = st.lists(said, min_size=1, max_size=14)
trusts = st.sampled_from([1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0])


def hold(mind: Mind, turns: list[Said], seed: int, trust: float | None = None) -> list[Reply]:
    """Return the opening and the replies of a talk that starts at the given trust."""
    replies = [mind.open(seed)]
    state = replies[0].state_spoken
    if trust is not None:
        state = state.model_copy(update={"trust": trust})
    for number, (text, codes) in enumerate(turns, start=1):
        heard = [reply.words.text for reply in replies]
        replies.append(mind.reply(state, text, codes, heard, seed, number))
        state = replies[-1].state_spoken
    return replies


def ask(mind: Mind, text: str, *codes: str, seed: int = 1, **state: object) -> Reply:
    """Return the reply to one turn in a given state."""
    return mind.reply(PatientState(**{"trust": 2.0, **state}), text, codes_of(text, *codes), ["So."], seed, 1)


@settings(max_examples=40)
@given(turns=talks, seed=st.integers(0, 99), trust=trusts)
def test_what_holds_in_every_talk(mind, turns, seed, trust):
    replies = hold(mind, turns, seed, trust)
    for reply in replies[1:]:
        PatientState.model_validate(reply.state_spoken.model_dump())
        _nothing_locked_is_said(reply)
        _facts_come_through_open_gates(reply)
    _no_line_is_said_twice(replies[-1].state_spoken)
    _no_act_three_turns_running([reply.plan.act for reply in replies])
    _never_three_deep_turns_in_a_row([reply.words.deep for reply in replies])


def _nothing_locked_is_said(reply: Reply) -> None:
    known = {*reply.state_heard.facts_revealed, *reply.plan.facts_allowed}
    assert reply.words.text
    assert set(leaked_markers(reply.words.text, PERSONA.facts)) <= known
    assert GUARD.check(reply.words.text, tuple(known), reply.plan.max_words) == ()


def _facts_come_through_open_gates(reply: Reply) -> None:
    for told in reply.words.disclosed_facts:
        fact = PERSONA.fact(told)
        assert told not in reply.state_heard.facts_revealed
        assert is_open(fact, reply.state_heard, reply.plan.intent)
        assert not is_superseded(fact, PERSONA, reply.state_heard)
        assert leaked_markers(reply.words.text, (fact,))
    assert set(reply.state_spoken.facts_revealed) == {*reply.state_heard.facts_revealed, *reply.words.disclosed_facts}


def _no_line_is_said_twice(state: PatientState) -> None:
    used = [line for line in state.used_lines if line != SILENCE]
    assert len(used) == len(set(used))


def _no_act_three_turns_running(acts: list[str]) -> None:
    assert not any(a == b == c for a, b, c in zip(acts, acts[1:], acts[2:], strict=False))


def _never_three_deep_turns_in_a_row(deep: list[bool]) -> None:
    assert not any(all(three) for three in zip(deep, deep[1:], deep[2:], strict=False))


@settings(max_examples=15)
@given(turns=talks, seed=st.integers(0, 99))
def test_the_same_seed_and_words_give_the_same_talk(mind, turns, seed):
    assert hold(mind, turns, seed) == hold(mind, turns, seed)


def test_other_seeds_give_other_talks(mind):
    turns = [(text, codes_of(text, "open_question")) for text in SAID[:6]]
    talks_held = {tuple(r.words.text for r in hold(mind, turns, seed)) for seed in range(8)}
    assert len(talks_held) > 1


def test_two_deep_facts_come_out_in_a_row_and_the_third_waits(mind):
    turns = [("How do you sleep?", codes_of("How do you sleep?", "open_question"))] * 3
    first, second, third = hold(mind, turns, 3, trust=2.0)[1:]
    assert (first.words.disclosed_facts, second.words.disclosed_facts) == (("nights",), ("dream",))
    assert third.words.disclosed_facts == ()
    assert not third.words.deep


def test_a_fact_is_told_when_asked_for_and_open(mind):
    assert ask(mind, "How is the choir?", "open_question", trust=1.0).words.disclosed_facts == ("solo",)
    assert ask(mind, "Do you see your brother?", "open_question").words.disclosed_facts == ()
    heard = ask(mind, "Do you see your brother?", "complex_reflection", trust=2.4)
    assert heard.words.disclosed_facts == ("quarrel",)


def test_pushing_closes_every_gate(mind):
    reply = ask(mind, "How is the choir?", "confront", "open_question", trust=4.0)
    assert reply.plan.reaction == "challenged"
    assert reply.words.disclosed_facts == ()
    assert ask(mind, "You fool!", "other").plan.reacts_to == "insult"


def test_probing_too_soon_is_deflected_with_the_facts_own_words(mind):
    reply = ask(mind, "Are you safe?", "closed_question", trust=1.5)
    assert reply.plan.act == "deflect"
    assert reply.plan.reaction == "scared"
    assert reply.words.text in PERSONA.fact("fading").deflect


def test_when_every_deflection_was_said_a_general_line_answers(mind):
    used = tuple(line_id(text) for text in PERSONA.fact("fading").deflect)
    reply = ask(mind, "Are you safe?", "closed_question", trust=1.5, used_lines=used)
    assert reply.plan.act == "deflect"
    assert reply.words.text
    assert reply.words.text not in PERSONA.fact("fading").deflect


def test_when_every_telling_was_said_the_fact_is_not_told_again_as_new(mind):
    used = tuple(line_id(text) for text in PERSONA.fact("solo").tell)
    reply = ask(mind, "How is the choir?", "open_question", used_lines=used)
    assert reply.plan.facts_to_tell == ("solo",)
    assert reply.words.disclosed_facts == ()


def test_silence_goodbye_and_nonsense_have_their_own_answers(mind):
    assert ask(mind, "   ").plan.act == "silence"
    assert ask(mind, "   ", recent_acts=("silence", "silence")).plan.act == "request"
    assert ask(mind, "See you next week.", "other").plan.act == "closing"
    assert ask(mind, "Zyx plorf?", "closed_question").plan.act == "not_understood"


def test_asked_whether_it_is_a_machine_the_patient_stays_in_role_and_the_program_is_told(mind):
    reply = ask(mind, "Are you a robot?", "closed_question")
    assert reply.asked_if_machine
    assert "robot" not in reply.words.text
    assert not ask(mind, "How is the choir?", "open_question").asked_if_machine


def test_a_reflection_is_understood_or_not(mind):
    fits = ask(mind, "I miss the singing.", "complex_reflection")
    misses = ask(mind, "Plorf zyx brmm qwv.", "complex_reflection")
    assert fits.plan.reaction == "understood"
    assert misses.plan.reaction == "misunderstood"
    assert misses.words.text.startswith("No, not at all.")


def test_warmth_gives_hope_once_there_is_some_trust(mind):
    assert ask(mind, "I miss the singing.", "affirm", trust=2.5).plan.reaction == "hopeful"
    assert ask(mind, "I miss the singing.", "affirm", trust=1.0).plan.reaction == "understood"


def test_style_softens_in_the_high_band(mind):
    assert ask(mind, "Go on.", "facilitate", trust=1.0).plan.style == PERSONA.speech.style
    assert ask(mind, "Go on.", "facilitate", trust=4.0).plan.style == PERSONA.speech.softens_to


def test_high_resistance_holds_facts_back_and_shows(mind):
    resisting = {"resistance": Resistance(form="hostile", intensity=1.0), "trust": 4.0}
    assert ask(mind, "How is the choir?", "open_question", **resisting).words.disclosed_facts == ()
    assert ask(mind, "Go on.", "facilitate", **resisting).plan.act == "resistance"


def plans(index, seeds: int = 60, seen: Understanding | None = None, **state: object) -> list:
    """Return plans for one moment over many seeds."""
    patient = PatientState(**{"trust": 2.5, **state})
    seen = seen or Understanding(moves=("greeting",))
    moment = PlanningContext(index, patient, seen, ("facilitate",), (), coder_found_any=True)
    return [plan_reply(moment, Random(seed)) for seed in range(seeds)]


def test_a_ready_patient_speaks_of_change_or_plans(index):
    assert "change_talk" in {plan.act for plan in plans(index, readiness=0.9)}
    assert "plan" in {plan.act for plan in plans(index, readiness=0.9, trust=3.5)}
    assert "insight" in {plan.act for plan in plans(index, trust=3.5)}
    assert "request" in {plan.act for plan in plans(index)}


def test_readiness_tilts_talk_to_change(index):
    def share(readiness: float) -> float:
        talks_drawn = [plan.talk for plan in plans(index, 300, readiness=readiness)]
        return talks_drawn.count("change") / len(talks_drawn)

    assert share(1.0) > share(0.4) > share(0.0)


def test_without_a_change_at_stake_talk_is_neutral(encoder):
    index = build_index(small_persona(change=None), small_bank(), encoder)
    assert {plan.talk for plan in plans(index)} == {"neutral"}


def bare_mind(encoder, lines) -> Mind:
    persona = small_persona(id="bare", lines=lines)
    return Mind(persona, small_bank(), TABLE, small_rules(), encoder)


def test_a_patient_with_nothing_left_to_say_is_silent_not_broken(encoder):
    mind = bare_mind(encoder, [{"act": "opening", "say": ["Well."]}])
    assert ask(mind, "Go on.", "facilitate").words.text == "…"


def test_an_opening_that_may_not_be_said_is_a_silence(encoder):
    mind = bare_mind(encoder, [{"act": "opening", "trust": "high", "say": ["Well."]}])
    assert mind.open(1).words.text == "…"


def test_a_question_asked_again_is_noticed_once_its_lines_are_gone(encoder):
    kept = [line for line in LINES if line["act"] in {"opening", "asked_again", "not_understood"}]
    mind = bare_mind(encoder, kept)
    text = "What brings you here?"
    assert ask(mind, text, "open_question").words.text in {"I don't follow.", "Sorry, what was that?"}
    again = ask(mind, text, "open_question", asked={"reason_for_coming": 2})
    assert again.words.text in {"I've told you that.", "You asked me before."}


def test_a_reaction_gives_way_when_both_would_be_too_long(encoder):
    long_line = " ".join(["well"] * 40)
    lines = [
        {"act": "opening", "say": ["Well."]},
        {"act": "reaction", "to": "affirm", "say": ["So " * 18]},
        {"act": "recounting", "topic": "choir", "say": [long_line]},
    ]
    reply = ask(bare_mind(encoder, lines), "How is the choir?", "affirm", facts_revealed=("solo",))
    assert reply.words.text == long_line


def test_equal_lines_in_two_places_are_said_once(encoder):
    lines = [
        {"act": "opening", "say": ["Well."]},
        {"act": "reaction", "to": "affirm", "say": ["Kind of you."]},
        {"act": "recounting", "topic": "choir", "say": ["Kind of you."]},
    ]
    reply = ask(bare_mind(encoder, lines), "How is the choir?", "affirm", facts_revealed=("solo",))
    assert reply.words.text == "Kind of you."


def test_a_deep_reaction_before_a_fact_counts_as_deep(mind):
    used = tuple(line_id(text) for line in LINES if line.get("to") == "affirm" for text in line["say"][:1])[:1]
    reply = ask(mind, "How is the choir?", "affirm", trust=3.5, used_lines=used)
    assert reply.words.disclosed_facts == ("solo",)
    assert reply.words.text.startswith("Nobody has said that")
    assert reply.words.deep


def test_the_realiser_follows_a_plan_without_a_topic(index):
    realiser = GuidedRealiser(index, make_guard(PERSONA, small_rules()))
    plan = plans(index, 1)[0].model_copy(update={"act": "recounting", "topic": None, "reacts_to": None})
    words = realiser.realise(plan, PatientState(trust=2.5), np.zeros(384, dtype=np.float32), Random(1))
    assert words.text in {variant.text for variant in index.variants}


def test_what_was_just_told_is_taken_back_when_scolded_and_told_again_once_trust_returns(mind):
    told = {"trust": 3.4, "facts_revealed": ("letters",), "last_told": (("letters",),)}
    scolded = ask(mind, "You kept them? How silly.", "confront", **told)
    assert scolded.plan.takes_back == ("letters",)
    assert scolded.words.text in {"Forget I said it.", "It was nothing."}
    assert scolded.state_spoken.taken_back == ("letters",)
    assert scolded.words.disclosed_facts == ()
    mended = mind.reply(
        scolded.state_spoken.model_copy(update={"trust": 3.4}),
        "Do you see your brother?",
        codes_of("Do you see your brother?", "open_question"),
        ["It was nothing."],
        1,
        2,
    )
    assert mended.words.disclosed_facts == ("letters",)
    assert mended.state_spoken.taken_back == ()
    assert mended.state_spoken.facts_revealed.count("letters") == 1


def test_what_cannot_be_taken_back_or_was_told_long_ago_stands(mind):
    told = {"trust": 3.4, "facts_revealed": ("letters", "solo")}
    assert not ask(mind, "How silly.", "confront", last_told=(("solo",),), **told).plan.takes_back
    assert not ask(mind, "How silly.", "confront", last_told=((), ()), **told).plan.takes_back


def test_a_move_is_answered_as_such_unless_something_weightier_was_done(mind):
    greeted = ask(mind, "Good morning to you.", "other")
    assert greeted.plan.move == "greeting"
    assert greeted.words.text in {"And to you.", "Hello to you."}
    assert ask(mind, "Good morning to you.", "complex_reflection").plan.move is None


def test_a_follow_up_goes_on_with_the_topic_in_hand(mind):
    asked = ask(mind, "What was that like?", "open_question", topic="choir")
    assert (asked.plan.continues, asked.plan.topic, asked.plan.intent) == (True, "choir", None)
    assert asked.words.text in {"We sang on Sundays.", "Second row, left."}


def test_a_follow_up_with_nothing_left_on_the_topic_gets_a_general_answer(mind):
    asked = ask(mind, "What was that like?", "open_question", topic=None)
    assert asked.words.text in {"There's not much to it.", "That's about all."}
    # Lines that only answer a question are not said unasked.
    assert ask(mind, "What was that like?", "open_question", topic="safety").words.text != "I'm all right."


def test_a_denial_is_not_said_once_the_truth_is_told_unless_that_was_taken_back(encoder):
    denial = {"act": "simple_reply", "topic": "sleep", "unless": ["solo"], "say": ["I sleep like a log."]}
    mind = bare_mind(encoder, [{"act": "opening", "say": ["Well."]}, denial])

    def answer(**state: object) -> str:
        return ask(mind, "How do you sleep?", "open_question", trust=1.0, **state).words.text

    assert answer() == "I sleep like a log."
    assert answer(facts_revealed=("solo",)) != "I sleep like a log."
    assert answer(facts_revealed=("solo",), taken_back=("solo",)) == "I sleep like a log."


def test_before_an_answer_about_safety_stands_only_what_was_meant_for_the_question(mind):
    def begins_with(code: str, *reactions: str) -> bool:
        return ask(mind, "Are you safe?", code, trust=4.0).words.text.startswith(reactions)

    assert not begins_with("affirm", "Kind of you.", "Nobody has said")
    assert begins_with("confront", "Oh, do I.", "I see.")


def test_what_is_taken_back_is_taken_back_however_little_the_scolding_fits(mind):
    told = {"trust": 3.4, "facts_revealed": ("letters",), "last_told": (("letters",),)}
    reply = ask(mind, "Plorf zyx brmm qwv.", "confront", **told)
    assert not reply.seen.fits
    assert reply.words.text in {"Forget I said it.", "It was nothing."}
