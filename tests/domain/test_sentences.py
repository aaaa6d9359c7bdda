"""The one splitter of sentences: exact spans on any text, the same for a reader, a coder and a stream."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simpatient.assessment.coding.segmenter import segment
from simpatient.domain.text import finished_sentences, sentence_pieces, sentence_spans, sentences

TEXTS = st.text(alphabet="ab I.!?…\"”') \nDrno,1", max_size=60)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I see. You came.", ["I see.", "You came."]),
        ("Dr. Hall said so. She knows.", ["Dr. Hall said so.", "She knows."]),
        ("No. I don't.", ["No.", "I don't."]),
        ("It costs 3.50 at example.org now.", ["It costs 3.50 at example.org now."]),
        ('"Well done!" he said. "Really?" Yes.', ['"Well done!"', "he said.", '"Really?"', "Yes."]),
        ("So... you left. So... You left.", ["So... you left.", "So...", "You left."]),
        ("One\ntwo\n\nthree", ["One", "two", "three"]),
        ("What?! Never.", ["What?!", "Never."]),
        ("… Yes.", ["Yes."]),
        ("", []),
        (" . … \n", []),
    ],
)
def test_where_sentences_end(text, expected):
    assert sentences(text) == expected


@given(TEXTS)
def test_spans_are_exact_ordered_and_lose_no_letter(text):
    spans = sentence_spans(text)
    assert all(text[span.start : span.end] == text[span.start : span.end].strip() != "" for span in spans)
    assert all(one.end <= other.start for one, other in itertools.pairwise(spans))
    inside = "".join(text[span.start : span.end] for span in spans)
    assert [c for c in inside if c.isalnum()] == [c for c in text if c.isalnum()]


@given(TEXTS)
def test_pieces_are_the_text(text):
    assert "".join(sentence_pieces(text)) == text
    assert [piece.strip() for piece in sentence_pieces(text) if any(map(str.isalnum, piece))] == sentences(text)


@given(TEXTS, st.lists(st.integers(0, 60), max_size=6))
def test_however_a_text_arrives_its_sentences_are_the_same(text, cuts):
    whole, rest = finished_sentences(text)
    found, pending = [], ""
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    for start, end in itertools.pairwise(edges):
        more, pending = finished_sentences(pending + text[start:end])
        found += more
    assert "".join([*found, pending]) == text
    assert words_of([*found, pending]) == words_of([*whole, rest])


def words_of(pieces: list[str]) -> list[str]:
    return [piece.strip() for piece in pieces if piece.strip()]


def test_a_growing_text_gives_a_sentence_as_soon_as_a_blank_follows():
    assert finished_sentences("So. ") == (["So. "], "")
    assert finished_sentences("So.") == ([], "So.")
    assert finished_sentences("Ask Dr. ") == ([], "Ask Dr. ")
    assert finished_sentences("I... don't. No") == (["I... ", "don't. "], "No")


def test_the_coder_keeps_the_rule_it_was_fitted_with():
    assert list(segment("No. I don't.")) == [(0, 12)]
    assert len(segment("Never. I don't.")) == 2


def test_many_sentences_take_no_more_than_their_length():
    assert len(sentence_spans("word. " * 50_000, most=10)) == 11
    assert sentence_spans("." * 100_000) == []
