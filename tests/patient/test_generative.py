"""The generative patient: sentence by sentence through the guard, once more on a slip, and never a bad word shown."""

from random import Random

import pytest

from simpatient.domain.errors import Cancelled
from simpatient.domain.state import GuardEvent, ReplyPlan
from simpatient.patient.guard.generated_guard import GeneratedGuard
from simpatient.patient.guard.line_guard import make_guard
from simpatient.patient.realisation.generative import GenerativeRealiser
from simpatient.patient.realisation.guided import Realisation
from tests.builders import codes_of, small_case, small_persona, small_rules
from tests.chat_fakes import ScriptedVoice
from tests.fakes import RememberingFakeEncoder
from tests.patient.test_prompting import WORDING

PERSONA, CASE = small_persona(), small_case()
GUARD = GeneratedGuard(make_guard(PERSONA, small_rules()), PERSONA, small_rules(), RememberingFakeEncoder())
PLAN = ReplyPlan(act="recounting", max_sentences=3, max_words=40)


class Stop:
    is_cancelled = True


def say(make_turns, *answers: str, plan: ReplyPlan = PLAN, **named: object):
    """Return the words, what was shown, and the voice."""
    voice, shown = ScriptedVoice(answers, **named), []
    realiser = GenerativeRealiser(PERSONA, CASE, WORDING, GUARD, voice)
    words = realiser.realise("s", plan, make_turns("Hello.", "How are you?"), Random(1), shown.append, None)
    return words, "".join(shown), voice


def test_clean_words_are_shown_sentence_by_sentence_as_they_are_stored(make_turns) -> None:
    words, shown, voice = say(make_turns, "I bind books. It's quiet work. Nobody minds me.")
    assert words.text == shown == "I bind books. It's quiet work. Nobody minds me."
    assert (words.guard, len(voice.heard)) == ((), 1)
    assert "Do this:" in voice.heard[0][2]


def test_more_sentences_than_planned_are_cut_off(make_turns) -> None:
    words, shown, _ = say(make_turns, "One. Two. Three. Four. Five.")
    assert words.text == shown == "One. Two. Three."


def test_stage_directions_are_left_out(make_turns) -> None:
    words, _, _ = say(make_turns, "*looks away* I don't know. [sighs] It's late.")
    assert words.text == "I don't know. It's late."


@pytest.mark.parametrize("bad", ["As an AI I cannot feel.", "They gave it to Wrenfield."])
def test_a_bad_first_sentence_is_asked_for_once_more(make_turns, bad: str) -> None:
    words, shown, voice = say(make_turns, f"{bad} And so on.", "I'd rather not say.")
    assert words.text == shown == "I'd rather not say."
    assert len(words.guard) == 1
    assert voice.heard[0][3].seed != voice.heard[1][3].seed


def test_a_bad_later_sentence_ends_the_answer_before_it(make_turns) -> None:
    words, shown, voice = say(make_turns, "It's the evenings. As an AI I cannot say. More.")
    assert words.text == shown == "It's the evenings."
    assert (len(words.guard), len(voice.heard)) == (1, 1)


def test_two_bad_answers_give_none_and_nothing_was_shown(make_turns) -> None:
    words, shown, voice = say(make_turns, "As an AI I cannot feel.")
    assert (words.text, shown, len(voice.heard), len(words.guard)) == ("", "", 2, 2)


def test_a_model_that_stops_keeps_what_was_shown_and_is_noted(make_turns) -> None:
    words, shown, _ = say(make_turns, "It's the evenings. I sit there and sit there", broken={0: 30})
    assert words.text == shown == "It's the evenings."
    assert words.guard[0].rule == "model_unavailable"
    assert say(make_turns, "It's the evenings.", broken={0: 0})[0].text == ""


def test_only_a_fact_that_can_be_heard_counts_as_told(make_turns) -> None:
    plan = PLAN.model_copy(update={"act": "tell_fact", "facts_to_tell": ("solo",), "facts_allowed": ("solo",)})
    assert say(make_turns, "They gave it to Wrenfield.", plan=plan)[0].disclosed_facts == ("solo",)
    assert say(make_turns, "It doesn't matter.", plan=plan)[0].disclosed_facts == ()


def test_a_cancelled_answer_says_nothing(make_turns) -> None:
    realiser = GenerativeRealiser(PERSONA, CASE, WORDING, GUARD, ScriptedVoice(["Hello there. Well."]))
    with pytest.raises(Cancelled):
        realiser.realise("s", PLAN, make_turns("Hello.", "Hi."), Random(1), lambda _: None, Stop())


def test_the_fixed_prompt_is_read_ahead(make_turns) -> None:
    voice = ScriptedVoice(["Well."])
    realiser = GenerativeRealiser(PERSONA, CASE, WORDING, GUARD, voice)
    realiser.prepare("s")
    realiser.realise("s", PLAN, make_turns("Hello.", "Hi."), Random(1), lambda _: None, None)
    assert voice.heard[0][1][:2] == voice.prepared[0][1]


def test_the_guided_patient_speaks_when_the_model_has_no_words(mind) -> None:
    def silent(plan, random):
        return Realisation(text="", act=plan.act, guard=(GuardEvent(rule="stage_talk", detail="as an AI"),))

    state = mind.open(1).state_spoken
    guided = mind.reply(state, "How is the choir?", codes_of("How is the choir?", "open_question"), [], 1, 1)
    fallen_back = mind.reply(
        state, "How is the choir?", codes_of("How is the choir?", "open_question"), [], 1, 1, silent
    )
    assert fallen_back.words.text == guided.words.text
    assert fallen_back.words.guard[0].rule == "stage_talk"


def test_the_models_words_move_the_same_state(mind) -> None:
    def tell(plan, random):
        return Realisation(text="Wrenfield has it.", act=plan.act, disclosed_facts=plan.facts_to_tell)

    reply = mind.reply(
        mind.open(1).state_spoken, "How is the choir?", codes_of("How is the choir?", "open_question"), [], 1, 1, tell
    )
    assert reply.words.text == "Wrenfield has it."
    assert reply.state_spoken.facts_revealed == ("solo",)


def test_breaking_in_ends_the_answer_with_the_sentence_in_hand(make_turns) -> None:
    realiser = GenerativeRealiser(PERSONA, CASE, WORDING, GUARD, ScriptedVoice(["One. Two. Three."]))
    turns, shown = make_turns("Hello.", "Hi."), []
    words = realiser.realise("s", PLAN, turns, Random(1), shown.append, None, Stop())
    assert words.text == "".join(shown) == "One."
