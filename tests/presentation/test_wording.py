"""Values in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simpatient.domain.assessment.codes import (
    BehaviorCode,
    CodeNames,
    CodingScheme,
    Label,
    TurnCodes,
    Utterance,
    UtteranceLabel,
)
from simpatient.domain.assessment.debrief import DisclosureItem
from simpatient.domain.assessment.score import Evidence, Score, SummaryValue
from simpatient.domain.content.rubric import Summary, Threshold
from simpatient.presentation.feedback.disclosure import trust_words
from simpatient.presentation.words.code_tags import code_key, code_key_line, code_tags
from simpatient.presentation.words.numbers import NONE
from simpatient.presentation.words.wording import (
    band,
    border,
    confidence_words,
    score_words,
    summary_reason,
    summary_words,
    sureness,
)

MEASURE = Summary(id="x", label="X", formula="a", n="a", min_n=6, unit="share", explanation="e")


def test_reasons_for_having_no_value():
    undefined = SummaryValue(id="x", value=None, n=0, undefined=True)
    assert "nothing to count" in summary_reason(undefined, MEASURE)
    assert "a figure it is computed from" in summary_reason(undefined.model_copy(update={"n": 5}), MEASURE)
    few = SummaryValue(id="x", value=0.5, n=2, undefined=False, enough=False)
    assert summary_reason(few, MEASURE) == "Too little to go on: 2 observations, 6 needed."
    assert summary_words(few, MEASURE) == NONE
    enough = SummaryValue(id="x", value=0.0, n=9, undefined=False)
    assert summary_reason(enough, MEASURE) == ""
    assert summary_words(enough, MEASURE) == "0%"


CODES = (
    BehaviorCode(code="open_question", label="Open question", letters="OQ", meaning="m"),
    BehaviorCode(code="change", label="Change talk", letters="CT", meaning="m", speaker="patient"),
)
NAMES = CodeNames([CodingScheme(id="s", version="1", title="t", source="own", codes=CODES)])


def test_code_tags_of_both_speakers():
    label = UtteranceLabel(scheme="s", code="open_question", confidence=0.9)
    parts = tuple(Utterance(start=i, end=i + 1, text="a", codes=(label,)) for i in range(2))
    trainee = TurnCodes(main=Label(code="question", confidence=0.9), utterances=parts)
    assert code_tags(trainee, NAMES) == [("OQ", "Open question, high confidence (90%)")]
    assert code_tags(trainee, NAMES, with_labels=True)[0][0] == "OQ open question"
    patient = TurnCodes(talk=Label(code="change", confidence=0.5), utterances=parts)
    assert code_tags(patient, NAMES) == [("CT", "Change talk, low confidence (50%)")]
    assert code_tags(None, NAMES) == []
    assert code_key([trainee, None, patient], NAMES) == (("CT", "Change talk"), ("OQ", "Open question"))
    line = code_key_line([trainee, None, patient], NAMES)
    assert line.replace("\u00a0", " ") == "CT change talk  ·  OQ open question"


def test_a_code_without_letters_is_spelled_out_and_needs_no_key():
    patient = TurnCodes(talk=Label(code="change", confidence=0.5))
    assert code_tags(patient, CodeNames(), with_labels=True) == [("Change", "Change, low confidence (50%)")]
    assert code_key([patient], CodeNames()) == ()


@given(st.floats(min_value=0, max_value=1))
def test_a_surer_coder_never_gets_a_weaker_word(confidence: float) -> None:
    order = ["low", "fair", "high"]
    word = confidence_words(confidence).split()[0]
    surer = confidence_words(min(1.0, confidence + 0.1)).split()[0]
    assert order.index(surer) >= order.index(word)


def test_a_score_says_its_scale_what_it_is_and_how_sure() -> None:
    evidence = (Evidence(turn=0, start=0, end=1, quote="a"),)
    score = Score(id="x", value=3.0, scale=(1, 5), confidence=0.65, status="needs_review", evidence=evidence)
    assert (score_words(score), sureness(score)) == ("3 of 5", "estimate, needs review, fair confidence (65%)")
    without = Score(id="x", value=None, scale=(1, 5), confidence=0.0, status="estimate", unscored_reason="Too short.")
    assert (score_words(without), sureness(without)) == (NONE, "")


def test_bands_in_words() -> None:
    threshold = Threshold(label="good", op=">=", value=0.5, source="s")
    summary = Summary(id="x", label="l", formula="1", n="1", unit="share", thresholds=(threshold,), explanation="e")
    assert border(threshold, "share") == "good: 50% or more"
    value = SummaryValue(id="x", value=0.6, n=9, undefined=False, band="good")
    assert band(value, summary) == "good"
    assert band(value.model_copy(update={"band": None}), summary) == "not yet good"
    assert band(value.model_copy(update={"enough": False}), summary) == ""


@pytest.mark.parametrize(
    ("needed", "reached", "words"),
    [
        (1.0, 2.3, "This needs no trust first."),
        (2.0, 2.3, "Trust reached 2.3 of 4; this needs about 2.0, so trust was not what was missing."),
        (3.0, 2.3, "Trust reached 2.3 of 4; this needs about 3.0."),
    ],
)
def test_whether_trust_stood_in_the_way(needed, reached, words):
    item = DisclosureItem(
        fact_id="f", text="t", told_at=None, opens_with="o", trust_needed=needed, trust_reached=reached
    )
    assert trust_words(item) == words
