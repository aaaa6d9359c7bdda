"""What a line must hold for a pattern: never more than it must, for every pattern that comes with the program."""

from functools import lru_cache

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from simpatient.domain.limited_pattern import LimitedPattern
from simpatient.domain.required_text import lowered, required_texts
from simpatient.patient.guard.false_claims import compiled
from simpatient.patient.phrases import first_phrase
from tests.domain.test_limited_pattern import bundled


@lru_cache
def sayings() -> tuple[str, ...]:
    """Words of the patterns themselves, which is what fits them, or nearly."""
    found = {word for pattern in bundled() for word in regex.findall(r"[A-Za-z']{2,}", pattern)}
    return tuple(sorted(found))


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"\bpills?\b.{0,25}\bat\s+once\b", {"pill"}),
        (r"wif(?:e|es)", {"wife"}),
        (r"(?:my )?(?:son|daughter)s? left", {" left"}),
        (r"(?:rope|knife) and", {" and"}),
        (r"colou?r", {"colo"}),
        (r"(?:a|b?)", None),
        (r"\d+", None),
        (r"(?:word){e<=1}", None),
        (r"(?=only ahead)x", {"x"}),
        (r"(?!not)here", {"here"}),
        (r"(?i:Über)", {"ber"}),
        ("(", None),
    ],
)
def test_what_a_line_must_hold(pattern, expected):
    assert required_texts(pattern) == (None if expected is None else frozenset(expected))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(sayings()), min_size=1, max_size=12), st.sampled_from(" \n-"), st.booleans())
def test_every_bundled_pattern_finds_what_it_finds_without(words, between, is_loud):
    line = between.join(words)
    line = line.upper() if is_loud else line
    for pattern in bundled():
        found = compiled(pattern).search(line)
        expected = regex.compile(compiled(pattern).text, regex.IGNORECASE | regex.VERSION0).search(line)
        assert (found and found.span()) == (expected and expected.span()), pattern


def test_letters_that_count_as_ascii_ones_are_known():
    for letter in "abcdefghijklmnopqrstuvwxyz":
        alike = regex.compile(letter, regex.IGNORECASE | regex.VERSION0)
        for point in (*range(0xD800), *range(0xE000, 0x20000)):
            sign = chr(point)
            assert not alike.fullmatch(sign) or lowered(sign) in (letter, None), hex(point)


@pytest.mark.parametrize("line", ["I \u017faid it", "\u212anife", "\u0131ll", "No\u2014KNIFE"])
def test_a_letter_that_looks_unlike_is_no_way_round(line):
    patterns = ("said", "knife", "ill")
    hits = [LimitedPattern(pattern).search(line) for pattern in patterns]
    plain = [regex.search(pattern, line, regex.IGNORECASE) for pattern in patterns]
    assert [bool(hit) for hit in hits] == [bool(hit) for hit in plain]
    assert first_phrase(line, patterns) is not None


def test_a_pattern_of_the_verbose_kind_is_read_as_one():
    assert LimitedPattern("a b", regex.VERBOSE).search("xaby")


def test_phrases_with_other_letters_are_found():
    assert first_phrase("Das ist über", ("über",)) == "über"
    assert first_phrase("a RE\u0301SUME", ("nothing", "re\u0301sume")) == "RE\u0301SUME"


def test_nothing_is_compiled_for_a_line_that_cannot_fit():
    pattern = LimitedPattern(r"\bcompiled\b when needed")
    assert pattern.search("An ordinary line.") is None
    assert "_compiled" not in vars(pattern)
    assert pattern.search("It is compiled when needed.")
    assert "_compiled" in vars(pattern)
