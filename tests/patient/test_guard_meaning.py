"""The guard's second stage: examples and secrets of a small persona, with an encoder that knows words only."""

from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simpatient.domain.content.guard_rules import GuardRules
from simpatient.domain.content.persona import Persona
from simpatient.domain.errors import ModelUnavailable
from simpatient.domain.ports import Embeddings
from simpatient.domain.state import ReplyPlan
from simpatient.patient.guard.example_classifier import fit_example_classifier, word_pairs
from simpatient.patient.guard.generated_guard import GeneratedGuard
from simpatient.patient.guard.line_guard import make_guard
from simpatient.patient.guard.locked_fact_similarity import FREE, make_wiper, material
from simpatient.patient.realisation.generative import GenerativeRealiser
from tests.builders import small_case, small_persona, small_rules
from tests.chat_fakes import ScriptedVoice
from tests.fakes import RememberingFakeEncoder
from tests.patient.test_prompting import WORDING

HELPER = ["Let us set an agenda for today.", "Shall we review your homework together?", "Take a slow breath with me."]
ORDINARY = ["The bus was late again.", "Nobody minds me.", "I bind books most days.", "Put the kettle on."]
NEARNESS = {"best": 0.6, "several": 1.0, "open": 0.4, "told": 1.0, "around": 1.0, "threshold": 0.2, "shortest": 4}
SLIP = "They handed my place in front to somebody newer."


def _rules() -> GuardRules:
    data = small_rules().model_dump()
    data["rules"][1]["like"] = HELPER
    data["meaning"] = {"ordinary": ORDINARY, "wording": 1.0, "strictness": 0.5, "nearness": NEARNESS}
    return GuardRules.model_validate({**data, "meaning": {**data["meaning"], "asides": ["to be honest"]}})


def _persona() -> Persona:
    persona = small_persona()
    untrue = ("The conductor offered me every concert this season.", "I never once sang for anybody anywhere.")
    facts = [f.model_copy(update={"slips": (SLIP,), "untrue": untrue}) if f.id == "solo" else f for f in persona.facts]
    return persona.model_copy(update={"facts": tuple(facts)})


def _guard(encoder: RememberingFakeEncoder | None = None) -> GeneratedGuard:
    persona, rules = _persona(), _rules()
    return GeneratedGuard(make_guard(persona, rules), persona, rules, encoder or RememberingFakeEncoder())


def _stopped(text: str, *allowed: str) -> list[str]:
    return [event.rule for event in _guard().check(text, allowed, 60)]


def test_a_sentence_like_the_examples_is_stopped_and_an_ordinary_one_passes() -> None:
    assert _stopped("Shall we set an agenda together for today?") == ["role_reversal"]
    assert not _stopped("The bus was late.")


def test_each_sentence_is_judged_and_the_event_holds_the_one_that_was_stopped() -> None:
    (event,) = _guard().check("The bus was late again. Take a slow breath with me now.", (), 60)
    assert event.blocked_text == "Take a slow breath with me now."
    assert "meaning" in event.detail


def test_another_wording_of_a_locked_fact_is_stopped_until_it_is_open() -> None:
    text = "To be honest, they handed my place in front to somebody newer."
    assert _stopped(text) == ["locked_fact"]
    assert not _stopped(text, "solo")


def test_what_is_never_true_is_a_contradiction_even_when_the_fact_is_open() -> None:
    assert _stopped("The conductor offered me every concert this season.", "solo") == ["contradiction"]


def test_an_excused_sentence_passes_however_like_the_examples_it_is() -> None:
    sentence, rules = "My aunt set an agenda for today.", _rules()
    assert _stopped(sentence) == ["role_reversal"]
    excused = tuple(rule.model_copy(update={"unless": (r"^my aunt\b",)}) if rule.like else rule for rule in rules.rules)
    persona, kinder = _persona(), rules.model_copy(update={"rules": excused})
    guard = GeneratedGuard(make_guard(persona, kinder), persona, kinder, RememberingFakeEncoder())
    assert not guard.check(sentence, (), 60)


def test_open_talk_lies_on_the_free_side() -> None:
    open_talk = ("They gave somebody my coat.",)
    assert (FREE, *open_talk) not in material(_persona())
    assert (FREE, *open_talk) in material(_persona().model_copy(update={"open_talk": open_talk}))


def test_the_denial_of_what_is_never_true_passes() -> None:
    assert not _stopped("The conductor never offered me every concert this season.", "solo")
    assert _stopped("I never once sang for anybody anywhere.", "solo") == ["contradiction"]
    assert not _stopped("I once sang for anybody anywhere.", "solo")


def test_what_the_words_show_needs_no_encoder() -> None:
    encoder = RememberingFakeEncoder()
    assert [event.rule for event in _guard(encoder).check("As an AI I could not say.", (), 60)] == ["stage_talk"]
    assert encoder.calls == []


def test_a_line_costs_one_batch_and_the_examples_are_encoded_once() -> None:
    encoder = RememberingFakeEncoder()
    guard = _guard(encoder)
    guard.prepare()
    before = len(encoder.calls)
    guard.check("The bus was late. Nobody minds.", (), 60)
    guard.check("I bind books.", (), 60)
    assert len(encoder.calls) == before + 2
    assert sorted(encoder.sets_encoded) == ["examples-small-guard", "guard-nell-archer"]


def test_without_examples_the_lexical_guard_stands_alone() -> None:
    encoder = RememberingFakeEncoder()
    guard = GeneratedGuard(make_guard(_persona(), small_rules()), _persona(), small_rules(), encoder)
    guard.prepare()
    assert guard.check(HELPER[0], (), 60) == ()
    assert encoder.calls == []


@pytest.mark.parametrize("text", ["…", "", "?!"])
def test_a_line_without_words_is_nothing_to_read(text: str) -> None:
    assert _guard().check(text, (), 60) == ()


def test_names_and_asides_do_not_count_when_facts_are_compared() -> None:
    wiper = make_wiper(_persona(), ["to be honest"])
    assert wiper.wiped("To be honest, Wrenfield sings.") == "someone sings."
    assert wiper.wiped("To be honest") == "To be honest"


class LosesItsEncoder(RememberingFakeEncoder):
    """Works for sets, then fails."""

    def encode(self, texts: Sequence[str]) -> Embeddings:
        if len(texts) < 10:
            raise ModelUnavailable("The sentence encoder stopped twice in a row.", "Try again.")
        return super().encode(texts)


def test_what_cannot_be_checked_is_not_shown(make_turns) -> None:
    guard, voice, shown = _guard(LosesItsEncoder()), ScriptedVoice(["The bus was late."]), []
    realiser = GenerativeRealiser(_persona(), small_case(), WORDING, guard, voice)
    plan = ReplyPlan(act="recounting", max_sentences=3, max_words=40)
    words = realiser.realise("s", plan, make_turns("Hello.", "How are you?"), Random(1), shown.append, None)
    assert (words.text, shown) == ("", [])
    assert {event.rule for event in words.guard} == {"model_unavailable"}


def test_examples_are_told_from_the_other_side_and_from_one_another() -> None:
    texts, labels = [*HELPER, "Beep, I am software.", *ORDINARY], ["helper"] * 3 + ["machine"] + [""] * 4
    vectors = RememberingFakeEncoder().encode(texts)
    model = fit_example_classifier(texts, labels, vectors, wording=1.0, strictness=0.1)
    judged = [model.judge(text, vector) for text, vector in zip(texts, vectors, strict=True)]
    assert [label for label, score in judged if score > 0] == labels[:4]
    assert all(score < 0 for _, score in judged[4:])


@settings(max_examples=30)
@given(st.lists(st.text(min_size=1, max_size=30), min_size=2, max_size=8), st.randoms())
def test_a_fit_does_not_depend_on_the_order_of_the_examples(texts: list[str], random) -> None:
    labels = ["bad" if at % 2 else "" for at in range(len(texts))]
    order = random.sample(range(len(texts)), len(texts))
    scores = []
    for chosen in (range(len(texts)), order):
        some = [texts[at] for at in chosen]
        vectors = RememberingFakeEncoder().encode(some)
        model = fit_example_classifier(some, [labels[at] for at in chosen], vectors, wording=1.0, strictness=0.5)
        scores.append(model.judge("a b", RememberingFakeEncoder().encode(["a b"])[0])[1])
    assert scores[0] == pytest.approx(scores[1], abs=1e-4)


@given(st.text(max_size=80))
def test_every_text_has_a_start_among_its_word_pairs(text: str) -> None:
    assert "^" in word_pairs(text)
    assert np.isfinite(len(word_pairs(text)))
