"""Curves are drawn on their whole scale."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simpatient.presentation.axes import axis_range


def test_a_rating_is_drawn_on_the_raters_scale_whatever_came_out():
    assert axis_range((1.0, 4.0), "score", [2.9, 3.0, 3.1]) == (1.0, 4.0)
    assert axis_range(None, "share", [0.41, 0.43]) == (0.0, 1.0)


@given(st.lists(st.floats(min_value=0, max_value=1e5), min_size=1))
def test_counted_values_begin_at_nought_and_fit(values):
    low, high = axis_range(None, "count", values)
    assert low == 0
    assert high >= max(values)


@pytest.mark.parametrize(("value", "top"), [(0.2, 1.0), (3.0, 4.0), (55.0, 60.0)])
def test_the_end_is_a_round_number(value, top):
    assert axis_range(None, "words", [value]) == (0.0, top)
