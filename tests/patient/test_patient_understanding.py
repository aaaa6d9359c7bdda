"""Understanding and the persona index, on an encoder for which equal words are alike."""

import numpy as np
import pytest

from simpatient.domain.assessment.codes import TurnCodes
from simpatient.patient.understanding.intent_recogniser import Understanding, understand
from simpatient.patient.understanding.persona_index import build_index, line_id
from tests.builders import codes_of, small_bank, small_persona
from tests.fakes import FakeCoder, RememberingFakeEncoder


def read(index, encoder, text, *codes, recent=()) -> Understanding:
    return understand(text, codes_of(text, *codes), recent, index, encoder)


@pytest.mark.parametrize("blank", ["", "  \n\t "])
def test_white_space_is_blank_and_costs_no_encoding(index, blank):
    encoder = RememberingFakeEncoder()
    assert read(index, encoder, blank).is_blank
    assert encoder.calls == []


def test_intents_and_own_topics_are_recognised_by_wording(index, encoder):
    asked = read(index, encoder, "What brings you here?", "open_question")
    assert (asked.intent, asked.topic, asked.has_question) == ("reason_for_coming", "reason_for_coming", True)
    assert read(index, encoder, "How do you sleep?", "open_question").intent == "sleep"


def test_the_question_at_the_end_of_a_turn_is_what_was_asked(index, encoder):
    text = "It sounds like a lonely winter. What are your nights like?"
    seen = understand(text, FakeCoder().code_turn("trainee", text), (), index, encoder)
    assert seen.intent == "sleep"


def test_a_risk_keyword_decides_whatever_else_was_asked(index, encoder):
    seen = read(index, encoder, "How is the choir? Are you safe?", "closed_question")
    assert (seen.intent, seen.certainty) == ("safety", 1.0)


def test_a_keyword_lends_weight_to_a_near_question(index, encoder):
    assert read(index, encoder, "How is the choir?", "open_question").certainty > 0.9


def test_nonsense_asks_nothing(index, encoder):
    seen = read(index, encoder, "Zyx qwv plorf brmm?", "closed_question")
    assert seen.intent is None
    assert seen.topic is None


def test_moves_are_recognised_beside_the_question(index, encoder):
    seen = read(index, encoder, "Good morning! How is the choir?", "open_question")
    assert seen.moves == ("greeting",)
    assert seen.intent == "choir"
    assert read(index, encoder, "Are you a robot?", "closed_question").moves == ("are_you_machine",)


def test_a_reflection_fits_what_was_just_said_or_what_is_true(index, encoder):
    strange = "Plorf zyx brmm qwv."
    assert not read(index, encoder, strange, "simple_reflection").fits
    assert read(index, encoder, strange, "simple_reflection", recent=["Plorf zyx, as I said."]).fits
    assert read(index, encoder, "I miss the singing.", "simple_reflection").fits


def test_an_empty_bank_and_a_persona_without_topics_leave_nothing_to_ask(encoder):
    bank = small_bank().model_copy(update={"intents": tuple(i for i in small_bank().intents if i.id == "greeting")})
    quiet = build_index(small_persona(topics=(), change=None), bank, encoder)
    seen = understand("How is the choir?", TurnCodes(), (), quiet, encoder)
    assert (seen.intent, seen.topic, seen.certainty) == (None, None, 0.0)


def test_the_index_has_a_row_for_everything(index):
    persona, bank = small_persona(), small_bank()
    asks = sum(len(i.asks) for i in bank.intents) + sum(len(t.asks) + 1 for t in persona.topics)
    assert index.asks.shape == (asks, 384)
    assert len(index.ask_ids) == asks
    assert index.line_vectors.shape[0] == len(index.variants) == sum(len(line.say) for line in persona.lines)
    assert len(index.known) >= len(persona.facts)
    texts = RememberingFakeEncoder().encode([v.text for v in index.variants])
    assert np.allclose(texts, index.line_vectors[[v.row for v in index.variants]])


def test_the_index_sorts_lines_and_facts(index):
    assert {v.line.topic for v in index.by_topic["choir"]} == {"choir"}
    assert all(v.line.act != "reaction" for found in index.by_topic.values() for v in found)
    assert {v.line.to for v in index.reactions["confront"]} == {"confront"}
    assert [fact.id for fact in index.facts_by_topic["brother"]] == ["quarrel", "letter", "letters"]
    assert index.keywords[0][0] == "safety"
    assert index.kinds["choir"] == "question"
    variant = index.variants[0]
    assert variant.id == line_id(variant.text)
    assert variant.words == len(variant.text.split())


def test_bands_bound_a_line(index):
    high = next(v for v in index.variants if v.line.trust == "high")
    early = next(v for v in index.variants if v.line.until == "mid")
    assert [high.fits(band) for band in ("low", "mid", "high")] == [False, False, True]
    assert [early.fits(band) for band in ("low", "mid", "high")] == [True, True, False]


def test_sets_are_encoded_once():
    encoder = RememberingFakeEncoder()
    for _ in range(2):
        build_index(small_persona(), small_bank(), encoder)
    assert encoder.sets_encoded == ["intents-small-bank", "persona-nell-archer"]


def test_of_two_moves_the_earlier_in_the_bank_is_the_point_of_the_turn(encoder):
    bank = small_bank()
    turned = bank.model_copy(update={"intents": tuple(reversed(bank.intents))})
    text = "May I ask something? Good morning to you."
    for order in (bank, turned):
        ids = [intent.id for intent in order.intents if intent.id in {"greeting", "permission"}]
        index = build_index(small_persona(), order, encoder)
        assert understand(text, FakeCoder().code_turn("trainee", text), (), index, encoder).move == ids[0]
