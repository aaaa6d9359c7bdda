"""The segmenter: exact offsets for any string, and sensible cuts."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simpatient.assessment.coding.segmenter import MAX_UTTERANCES, segment

SPEECH = st.lists(
    st.sampled_from(["you", "feel", " ", ". ", "? ", "!", "...", ", what would", "Dr.", "3.5", "\n", "--"])
)


@given(st.one_of(st.text(), SPEECH.map("".join)))
def test_spans_are_ordered_exact_and_cover_every_letter(text: str) -> None:
    spans = segment(text)
    at = 0
    for span in spans:
        assert at <= span.start < span.end <= len(text)
        piece = text[span.start : span.end]
        assert piece == piece.strip() != ""
        between = text[at : span.start]
        if any(s.start < span.start for s in spans):
            assert not any(letter.isalnum() for letter in between)
        at = span.end
    assert bool(spans) == bool(text.strip())
    assert len(spans) <= MAX_UTTERANCES
    covered = sum(letter.isalnum() for span in spans for letter in text[span.start : span.end])
    assert covered == sum(letter.isalnum() for letter in text)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        (
            "You're worried, and tired; what would help you most?",
            ["You're worried, and tired;", "what would help you most?"],
        ),
        (
            "Hi Dr. Smith. So... you think 3.5 pints is fine?  Right.",
            ["Hi Dr. Smith.", "So... you think 3.5 pints is fine?", "Right."],
        ),
        ("It sounds hard, is that right?", ["It sounds hard, is that right?"]),
        ("If you could change it, what would you do?", ["If you could change it, what would you do?"]),
        ("Thanks for coming--how are you doing today?", ["Thanks for coming--", "how are you doing today?"]),
        ("Why now? What changed?!", ["Why now?", "What changed?!"]),
        ('"Stop!" she said.', ['"Stop!"', "she said."]),
        ("one line\nanother line", ["one line", "another line"]),
        ("...", ["..."]),
        ("  👍 ", ["👍"]),
    ],
)
def test_cuts_where_a_listener_would(text: str, pieces: list[str]) -> None:
    assert [text[span.start : span.end] for span in segment(text)] == pieces


@pytest.mark.parametrize("text", ["." * 100_000 + "a", "a. " * 33_000, ", what are you " * 8000 + "?", '"' * 100_000])
def test_long_strings_take_no_quadratic_time(text: str) -> None:
    started = time.process_time()
    segment(text)
    assert time.process_time() - started < 2.0
