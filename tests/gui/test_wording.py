"""Values in words."""

from datetime import UTC, datetime

import pytest

from simpatient.domain.codes import BehaviorCode, CodeNames, CodingScheme, Label, TurnCodes, Utterance, UtteranceLabel
from simpatient.domain.debrief import DisclosureItem
from simpatient.domain.rubric import Summary, Threshold
from simpatient.domain.score import SummaryValue
from simpatient.gui.disclosure_view import trust_words
from simpatient.gui.wording import NONE, band_words, code_key, code_tags, day, number, plural, summary_reason


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (None, "share", NONE),
        (0.0, "share", "0 %"),
        (0.444, "share", "44 %"),
        (1.25, "ratio", "1.25 : 1"),
        (7.0, "turn", "turn 7"),
        (12.4, "words", "12 words"),
        (3.0, "count", "3"),
        (3.55, "score", "3.5"),
    ],
)
def test_numbers_in_their_units(value, unit, words):
    assert number(value, unit) == words


MEASURE = Summary(id="x", label="X", formula="a", n="a", min_n=6, unit="share", explanation="e")


def test_reasons_for_having_no_value():
    undefined = SummaryValue(id="x", value=None, n=0, undefined=True)
    assert "none of what it counts" in summary_reason(undefined, MEASURE)
    assert "a part it is made of" in summary_reason(undefined.model_copy(update={"n": 5}), MEASURE)
    few = SummaryValue(id="x", value=0.5, n=2, undefined=False, enough=False)
    assert summary_reason(few, MEASURE) == "Too little to go on: 2 observations, 6 needed."
    assert summary_reason(SummaryValue(id="x", value=0.0, n=9, undefined=False), MEASURE) == ""


BORDERS = (
    Threshold(label="basic", op=">=", value=0.5, source="s"),
    Threshold(label="good", op=">=", value=0.7, source="s"),
)


@pytest.mark.parametrize(("band", "n", "words"), [("good", 9, "good"), (None, 9, "not yet basic"), (None, 2, "")])
def test_every_band_has_a_word_and_too_little_has_none(band, n, words):
    value = SummaryValue(id="x", value=0.6, n=n, undefined=False, enough=n >= 6, band=band, thresholds=BORDERS)
    assert band_words(value, MEASURE) == words


CODES = (
    BehaviorCode(code="open_question", label="Open question", letters="OQ", meaning="m"),
    BehaviorCode(code="change", label="Change talk", letters="CT", meaning="m", speaker="patient"),
)
NAMES = CodeNames([CodingScheme(id="s", version="1", title="t", source="own", codes=CODES)])


def test_code_tags_of_both_speakers():
    label = UtteranceLabel(scheme="s", code="open_question", confidence=0.9)
    parts = tuple(Utterance(start=i, end=i + 1, text="a", codes=(label,)) for i in range(2))
    trainee = TurnCodes(main=Label(code="question", confidence=0.9), utterances=parts)
    assert code_tags(trainee, NAMES) == [("OQ", "Open question, high confidence (90 %)")]
    assert code_tags(trainee, NAMES, with_labels=True)[0][0] == "OQ open question"
    patient = TurnCodes(talk=Label(code="change", confidence=0.5), utterances=parts)
    assert code_tags(patient, NAMES) == [("CT", "Change talk, low confidence (50 %)")]
    assert code_tags(None, NAMES) == []
    assert code_key([trainee, None, patient], NAMES).replace("\u00a0", " ") == "CT change talk  ·  OQ open question"


def test_a_code_without_letters_is_spelled_out_and_needs_no_key():
    patient = TurnCodes(talk=Label(code="change", confidence=0.5))
    assert code_tags(patient, CodeNames(), with_labels=True) == [("Change", "Change, low confidence (50 %)")]
    assert code_key([patient], CodeNames()) == ""


def test_small_words():
    assert (plural(1, "turn"), plural(2, "turn"), plural(0, "turn")) == ("1 turn", "2 turns", "0 turns")
    assert "2026" in day(datetime(2026, 1, 5, tzinfo=UTC))


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
