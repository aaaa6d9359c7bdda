"""What was said as data in a prompt, quotes looked up, and votes counted: properties on any text."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from simpatient.assessment.coding.records import as_record, find_quote
from simpatient.assessment.coding.votes import DISAGREED, UNQUOTED, UNREADABLE, Vote, reason_for_doubt, shares
from simpatient.domain.content.prompts import Prompt, Quoting, fill

RULE = Quoting(min_words=3, max_characters=80)
HOSTILE = st.text(st.sampled_from('ab <>|[]{}"\\/\n\r\x85\u2028\u2029\x7f\ufffdé😀&'), max_size=40)


@given(HOSTILE | st.text(max_size=60))
def test_a_record_is_one_line_of_json_without_tags(text):
    line = as_record({"text": text})
    assert line.splitlines() == [line]
    assert not set("<>") & set(line)
    assert json.loads(line) == {"text": text}


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=20))
def test_a_quote_that_is_found_stands_there_letter_by_letter(before, said, after):
    text = before + said + after
    place = find_quote(said, text, RULE)
    if place is not None:
        assert text[slice(*place)] == said.strip() != ""


@pytest.mark.parametrize(
    ("quote", "text", "place"),
    [
        ("you went home", "So you went home.", (3, 16)),
        (" you went home ", "So you went home.", (3, 16)),
        ("you went", "So you went home.", None),
        ("you went", "you went", (0, 8)),
        ("he went home", "she went home, and he went home", (19, 31)),
        ("he went home", "she went home", None),
        ("Yes.", "Yes.", (0, 4)),
        ("...", "...", (0, 3)),
        ("", "...", None),
        (" ", "... ", None),
        ("", "", None),
    ],
)
def test_quotes_need_words_and_begin_with_one(quote, text, place):
    assert find_quote(quote, text, RULE) == place


VOTES = st.lists(st.none() | st.integers(0, 3), min_size=1, max_size=9)


@given(VOTES, st.floats(0.1, 5.0))
def test_shares_are_a_distribution_that_never_claims_certainty(labels, doubt):
    found = shares([Vote(label, "" if label is not None else UNQUOTED) for label in labels], 4, doubt)
    assert found.sum() == pytest.approx(1.0, abs=1e-5)
    assert (found > 0).all()
    assert found.max() < 1.0
    counted = [labels.count(label) for label in range(4)]
    assert counted[int(found.argmax())] == max(counted)


def test_more_like_votes_are_surer():
    sure = [float(shares([Vote(1)] * count, 4, 1.5)[1]) for count in (1, 3, 5, 20)]
    assert sure == sorted(sure)
    assert sure[0] < 0.6 < 0.9 < sure[3]


def test_the_reason_for_doubt_is_what_spoilt_most_votes():
    lost, unread = Vote(None, UNQUOTED), Vote(None, UNREADABLE)
    assert reason_for_doubt([lost, lost, unread, Vote(1)]) == UNQUOTED
    assert reason_for_doubt([lost, Vote(1), Vote(2)]) == DISAGREED


def test_blanks_are_filled_once_and_unknown_ones_stay():
    assert fill("{a} {b} {c} {}", {"a": "{b}", "b": "x"}) == "{b} x {c} {}"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ask", "no blank"),
        ("ask", "the data {data}"),
        ("shared", "{data}"),
        ("system", "Use {oops}."),
        ("instruction_like", ["("]),
        ("version", "1"),
    ],
)
def test_a_prompt_that_cannot_work_is_refused(field, value):
    sound = {
        "id": "x", "version": "1.0.0", "system": "s", "ask": "a\n{data}\nb", "quoting": {"min_words": 1, "max_characters": 10},
        "judging": {"samples": 1, "temperature": 0, "top_p": 1, "tokens_per_answer": 8, "doubt": 1, "abstain_below": 0},
    }  # fmt: skip
    assert Prompt.model_validate(sound).shared == ""
    with pytest.raises(ValidationError):
        Prompt.model_validate({**sound, field: value})
