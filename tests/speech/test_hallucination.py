"""No invented words: what random sound makes a recogniser write is not believed; what people say is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simpatient.speech.recognition.hallucination import (
    WindowReading,
    goes_in_circles,
    is_doubtful,
    repeats_hint,
    why_rejected,
    words_of,
)
from tests.tiny_whisper import rules

RULES = rules()


def reading(text: str, **changes: float | bool) -> WindowReading:
    figures = {"log_probability": -0.3, "no_speech": 0.02, "compression": 1.1, "confidence": 0.9, **changes}
    return WindowReading(text, **figures)


@pytest.mark.parametrize(
    "text",
    [
        "Yes.",
        "Mm-hm.",
        "Thank you.",
        "Thank you for telling me that. It can't have been easy.",
        "Thank you for watching the children while I was away.",
        "No, no, no, no, no.",
        "I'm fine, I'm fine, I'm fine.",
        "It's music to my ears.",
        "Silence?",
        "You said you were tired, tired, tired of it all.",
        "Part of you wants to stop, and part of you doesn't.",
    ],
)
def test_what_people_say_is_believed(text):
    assert why_rejected(reading(text), RULES) == ""


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (reading(""), "silence"),
        (reading(" ... !"), "silence"),
        (reading("I see the door.", no_speech=0.7, log_probability=-1.2), "silence"),
        (reading("Thank you for watching."), "silence_phrase"),
        (reading("Thanks for watching! Please subscribe to my channel. Thank you for watching."), "silence_phrase"),
        (reading("Subtitles by the Amara.org community"), "silence_phrase"),
        (reading("Don't forget to subscribe!"), "silence_phrase"),
        (reading("Thank you.", no_speech=0.4), "silence_phrase"),
        (reading("you", confidence=0.3), "silence_phrase"),
        (reading("Bye. Thank you. Bye.", no_speech=0.5), "silence_phrase"),
        (reading("I know what you mean.", compression=2.5), "repetition"),
        (reading("no " * 9), "repetition"),
        (reading("and then I " * 5), "repetition"),
        (reading("One, two, three, four, five, six", is_complete=False), "too_fast"),
        (reading("Something was said.", log_probability=-1.7), "unsure"),
    ],
)
def test_what_nobody_said_is_not(told, reason):
    assert why_rejected(told, RULES) == reason


def test_sure_words_are_believed_whatever_the_model_thinks_of_speech():
    """As in whisper's transcribe: a high probability of the words outweighs that of no speech."""
    assert why_rejected(reading("It was loud in there.", no_speech=0.9, log_probability=-0.2), RULES) == ""


def test_doubt_is_below_the_papers_threshold():
    assert is_doubtful(reading("So.", log_probability=-1.01), RULES)
    assert not is_doubtful(reading("So.", log_probability=-0.99), RULES)


NUMBERS = st.floats(0, 1)


@given(st.text(max_size=80), NUMBERS, NUMBERS, st.floats(-3, 0), st.floats(0.1, 5))
def test_more_doubt_never_makes_words_believed(text, no_speech, more, log_probability, compression):
    """With every figure worse, what was not believed stays so."""
    kept = {"log_probability": log_probability, "compression": compression, "confidence": 0.8}
    better = why_rejected(reading(text, no_speech=no_speech, **kept), RULES)
    worse = why_rejected(
        reading(
            text,
            no_speech=min(1.0, no_speech + more),
            log_probability=log_probability - more,
            compression=compression + more,
            confidence=max(0.0, 0.8 - more),
        ),
        RULES,
    )
    assert not better or worse


@given(st.text(max_size=60), st.sampled_from([" ", ", ", "... ", "\n"]), st.booleans())
def test_punctuation_and_case_make_no_difference(text, comma, is_loud):
    phrase = comma.join(RULES.silence_phrases[0].split())
    assert why_rejected(reading(phrase.upper() if is_loud else phrase), RULES) == "silence_phrase"
    words = words_of(text)
    assert all(word == word.lower() and word.strip() for word in words)


WORDS = st.lists(st.sampled_from(["i", "you", "see", "no", "then"]), min_size=1, max_size=5)


@given(WORDS, st.integers(1, 30), st.lists(st.sampled_from(["well", "and"]), max_size=4))
def test_circles_are_found_wherever_they_begin(phrase, times, before):
    words = (*before, *phrase * times, "end")
    if times > max(RULES.word_repeats, RULES.phrase_repeats):
        assert goes_in_circles(words, RULES)
    if times * len(phrase) <= RULES.phrase_repeats:
        assert not goes_in_circles(words, RULES)


@given(st.lists(st.integers(), unique=True, max_size=60))
def test_words_that_never_come_again_are_no_circle(numbers):
    assert not goes_in_circles(tuple(map(str, numbers)), RULES)


@pytest.mark.parametrize(
    ("text", "figures", "is_repeated"),
    [
        ("I had a long week.", {"no_speech": 0.5}, True),
        ("a long week", {"confidence": 0.3}, True),
        ("I had a long week.", {}, False),
        ("A week.", {"no_speech": 0.5}, False),
        ("", {"no_speech": 0.5}, False),
    ],
)
def test_what_was_given_as_a_hint_is_no_evidence_of_speech(text, figures, is_repeated):
    assert repeats_hint(reading(text, **figures), "Well, I had a long week!", RULES) == is_repeated


def test_all_phrases_are_written_as_they_are_compared():
    for phrase in (*RULES.silence_phrases, *RULES.doubtful_phrases):
        assert " ".join(words_of(phrase)) == phrase
