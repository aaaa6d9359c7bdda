"""Authors' patterns: the same finds as Python's, and a slow one is found out and never waited for.

The slow pattern here is slow by the length of a line only (a power of it); the limit is made small.
"""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simpatient.content.reading.locations import bundled_root
from simpatient.content.reading.yaml_source import read_yaml
from simpatient.domain import limited_pattern
from simpatient.domain.limited_pattern import LimitedPattern, PatternError

SLOW = r"\w*" * 5 + "!"
PATTERNS = [r"\bpills?\b.{0,25}\bat\s+once\b", r"(?P<n>\d+)\s+years", r"^no\b", r"wif(?:e|es)", "don't"]


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(limited_pattern, "LIMIT_S", 0.02)
    monkeypatch.setattr(limited_pattern, "CHECK_LIMIT_S", 0.2)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(PATTERNS),
    st.lists(st.sampled_from(["pills", "At once", "12 years", "No", "WIFE", "don't", " ", "x"])),
)
def test_it_finds_what_python_finds(pattern, words):
    line = " ".join(words)
    expected = re.search(pattern, line, re.IGNORECASE)
    found = LimitedPattern(pattern).search(line)
    assert (found and found.span()) == (expected and expected.span())


def test_a_slow_pattern_is_found_out_and_an_ordinary_one_is_not(short):
    assert LimitedPattern(SLOW).slow_on()
    assert LimitedPattern(r"\bno\b.{0,20}\bmore\b").slow_on() == ""


def test_a_slow_pattern_is_not_waited_for(short, caplog):
    line = "word" * 400 + " !"
    assert LimitedPattern(SLOW).search(line) is None
    assert list(LimitedPattern(SLOW).finditer(line)) == []
    assert "takes too long" in caplog.text


def test_what_is_no_pattern_is_refused():
    for text in ("(", "[a", "a{2,1}", "(?P<a>x)(?P<a>y"):
        with pytest.raises(PatternError):
            LimitedPattern(text)


def bundled() -> list[str]:
    found: list[str] = []

    def collect(value: object, key: str = "") -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                collect(inner, name)
        elif isinstance(value, list):
            for inner in value:
                collect(inner, key)
        elif isinstance(value, str) and key in ("patterns", "unless", "known_by", "said_by", "instruction_like"):
            found.append(value)

    for path in (bundled_root() / "assets").rglob("*.yaml"):
        if path.parent.name == "guard" or "instruction_like" in path.read_text(encoding="utf-8"):
            collect(read_yaml(path).data)
    return found


def test_no_pattern_that_ships_is_slow():
    patterns = bundled()
    assert len(patterns) > 100
    slow = {
        pattern: line for pattern in patterns if (line := LimitedPattern(pattern.replace("{number}", r"\d+")).slow_on())
    }
    assert slow == {}
