"""How a round moves the level, which stimulus comes next, and what a try's number is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from simpatient.domain.learning.drill import (
    DrillState,
    Standing,
    Stimulus,
    is_too_hard,
    next_level,
    next_stimulus,
    tries_needed,
)
from tests.builders import small_drill

OUTCOMES = st.lists(st.sampled_from(["done", "not_yet", "unsure", "copied"]), max_size=8)
LEVELS = (1, 2, 3)


def state(level: int = 1, **last_round: int) -> DrillState:
    return DrillState(trainee_id="me", drill_id="asking", now=Standing(level=level), last_round=last_round)


@pytest.mark.parametrize(
    ("outcomes", "hint", "needed"),
    [
        (["done"], False, 1),
        (["done"], True, 2),
        (["not_yet", "done", "not_yet"], False, 2),
        (["unsure", "done"], False, 1),
        (["copied", "done"], False, 2),
        (["not_yet", "unsure"], False, None),
        ([], False, None),
    ],
)
def test_which_try_went_well(outcomes, hint, needed):
    assert tries_needed(outcomes, hint_seen=hint) == needed


def test_two_easy_rounds_lead_up_and_one_does_not():
    once = next_level(Standing(), ["done"], hint_seen=False, levels=LEVELS)
    assert (once.level, once.easy_in_a_row) == (1, 1)
    twice = next_level(once, ["done"], hint_seen=False, levels=LEVELS)
    assert (twice.level, twice.easy_in_a_row) == (2, 0)


def test_a_second_try_is_a_good_challenge_and_stays():
    standing = Standing(level=2, easy_in_a_row=1)
    after = next_level(standing, ["not_yet", "done"], hint_seen=False, levels=LEVELS)
    assert (after.level, after.easy_in_a_row) == (2, 0)


def test_three_misses_lead_down_and_never_below_the_first():
    assert next_level(Standing(level=2), ["not_yet"] * 3, hint_seen=False, levels=LEVELS).level == 1
    assert next_level(Standing(level=1), ["not_yet"] * 3, hint_seen=False, levels=LEVELS).level == 1
    assert not is_too_hard(["not_yet", "not_yet", "unsure", "copied"])


def test_what_nobody_can_tell_changes_nothing():
    standing = Standing(level=2, easy_in_a_row=1)
    assert next_level(standing, ["unsure", "unsure"], hint_seen=True, levels=LEVELS) == standing


@given(outcomes=OUTCOMES, level=st.integers(1, 3), easy=st.integers(0, 5), hint=st.booleans())
def test_a_round_moves_by_at_most_one_level_the_drill_has(outcomes, level, easy, hint):
    after = next_level(Standing(level=level, easy_in_a_row=easy), outcomes, hint_seen=hint, levels=LEVELS)
    assert after.level in LEVELS
    assert abs(after.level - level) <= 1
    if after.level > level:
        assert tries_needed(outcomes, hint_seen=hint) == 1
    if after.level < level:
        assert "done" not in outcomes


def test_levels_a_drill_leaves_out_are_stepped_over():
    assert next_level(Standing(level=3), ["not_yet"] * 3, hint_seen=False, levels=(1, 3)).level == 1


def test_the_next_stimulus_is_at_the_level_and_the_longest_not_seen():
    drill = small_drill()
    assert next_stimulus(drill, state()).id == "singing"
    assert next_stimulus(drill, state(singing=1)).id == "moving"
    assert next_stimulus(drill, state(singing=3, moving=2)).id == "moving"
    assert next_stimulus(drill, state(2, singing=3)).id == "father"
    assert next_stimulus(drill, state(singing=1), leave_out="moving").id == "singing"
    assert next_stimulus(drill, state(3), leave_out="fading").id == "fading"


def test_without_a_stimulus_of_the_level_the_nearest_is_taken():
    drill = small_drill(stimuli=[each.model_dump() for each in small_drill().stimuli if each.level == 2])
    assert next_stimulus(drill, state(3)).level == 2
    assert drill.levels() == (2,)


def test_a_stimulus_needs_two_better_lines():
    with pytest.raises(ValidationError):
        Stimulus(id="a", level=1, setting="s", patient="p", hint="h", better=("one",))
