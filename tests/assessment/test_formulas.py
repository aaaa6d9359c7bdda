"""Formulas: arithmetic only, undefined stays undefined, nothing dangerous runs."""

import math
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simpatient.assessment.scoring.formulas import MAX_LENGTH, check_names, evaluate, holds, parse
from simpatient.domain.errors import ContentError

NUMBERS = st.floats(min_value=-1e6, max_value=1e6, allow_nan=False)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3 - 4 / 2", 5.0),
        ("-(2) + +1", -1.0),
        ("min(3, 1, 2) + max(0, 4) + abs(-1)", 6.0),
        ("clamp(1.7)", 1.0),
        ("clamp(-3, -2, 2)", -2.0),
        ("saturate(2, 2)", 0.5),
        ("saturate(-5, 2)", 0.0),
        ("a if a > 2 and not b > 9 else 0", 4.0),
        ("1 if a < b or a == 4 else 0", 1.0),
        ("1 if 1 <= a <= 4 else 0", 1.0),
        ("1 if a != 4 else 7", 7.0),
        ("or_else(1 / 0, 9)", 9.0),
        ("or_else(a, 9)", 4.0),
        ("0 if a > 1 else 1 / 0", 0.0),
    ],
)
def test_arithmetic(text: str, value: float) -> None:
    assert evaluate(text, {"a": 4, "b": 2.0}) == value


@pytest.mark.parametrize(
    "text",
    ["a / 0", "a / (b - b)", "nothing", "nothing + 1", "min(nothing, 1)", "max(1, nothing)", "clamp(nothing)",
     "saturate(nothing, 1)", "saturate(0, 0)", "1 if nothing > 0 else 2", "abs(nothing)",
     " * ".join(["999999"] * 60)],
)  # fmt: skip
def test_undefined_is_never_zero_or_infinity(text: str) -> None:
    assert evaluate(text, {"a": 4, "b": 2, "nothing": None}) is None


@pytest.mark.parametrize(
    "text",
    ["", "1 +", "2 ** 9", "a.b", "a[0]", "[1]", "'x'", "lambda: 1", "__import__('os')", "open('x')", "f'{a}'",
     "max(1)", "abs(1, 2)", "min(*a)", "clamp(x=1)", "a if b else 1", "not a", "a and b", "(a > 1) + 1",
     "1 if a > 1 else a > 2", "a in b", "1 % 2", "2000000", "1e999", "1j", "None", "~a", "a := 3", "min", "_a",
     "a.__class__()", "1; 2", "x" * (MAX_LENGTH + 1), "+".join("1" * 200), "(" * 250 + "1" + ")" * 250, "\x00"],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ContentError) as caught:
        parse(text)
    assert caught.value.action


def test_an_unknown_name_is_named_with_the_nearest_known_one() -> None:
    with pytest.raises(ContentError, match=r'"reflecton".*Did you mean "reflection"'):
        evaluate("reflecton / 2", {"reflection": 1})
    with pytest.raises(ContentError, match="Use the id of"):
        check_names("zzz", [])


def test_conditions_and_numbers_are_kept_apart() -> None:
    assert holds("a > 2", {"a": 3})
    assert not holds("a > 2", {"a": 1})
    assert not holds("a > 2", {"a": None})
    assert holds("True", {})
    with pytest.raises(ContentError, match="gives a number"):
        holds("a", {"a": 1})
    with pytest.raises(ContentError, match="yes or no"):
        evaluate("a > 1", {"a": 1})


@given(NUMBERS, NUMBERS)
def test_division_is_right_or_undefined(left: float, right: float) -> None:
    value = evaluate("left / right", {"left": left, "right": right})
    if right == 0 or not math.isfinite(left / right):
        assert value is None
    else:
        assert value == left / right


@given(st.floats(min_value=0, max_value=1e6), st.floats(min_value=0.01, max_value=1e3))
def test_saturation_stays_below_one_and_rises(x: float, half: float) -> None:
    here = evaluate("saturate(x, half)", {"x": x, "half": half})
    more = evaluate("saturate(x + 1, half)", {"x": x, "half": half})
    assert here is not None
    assert more is not None
    assert 0 <= here <= more <= 1


@given(st.text(max_size=60))
def test_any_text_is_a_formula_or_a_clear_error(text: str) -> None:
    with suppress(ContentError):  # anything else raised is a failure
        assert parse(text).kind in {"number", "truth"}
