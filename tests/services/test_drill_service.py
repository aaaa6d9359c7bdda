"""Drilling as a use case: rounds, levels, spacing, storage, and what another window may have done meanwhile."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simpatient.domain.errors import NotFound, StorageUnavailable, UserFacingError
from simpatient.domain.text import LONGEST_TURN
from simpatient.services.learning.drill_spacing import remembered
from tests.builders import ME, SOMEBODY

GOOD, BAD = "What happened then?", "Did you go?"
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def round_of(world, *lines, **more):
    """Practise one stimulus and return the last answer."""
    exercise = world.drill.begin(ME, "asking")
    return [world.drill.attempt(ME, exercise, line, **more) for line in lines][-1]


def test_a_new_drill_is_new_at_its_first_level(world):
    (card,) = world.drill.drills(ME)
    assert (card.drill_id, card.due, card.level, card.rounds, card.due_at) == ("asking", "new", 1, 0, None)
    assert (card.stimuli, card.levels) == (5, (1, 2, 3))


def test_a_try_is_judged_stored_and_spaced(world):
    exercise = world.drill.begin(ME, "asking")
    answer = world.drill.attempt(ME, exercise, f"  {GOOD}\x00 ")
    assert (answer.text, answer.feedback.outcome, answer.tries) == (GOOD, "done", 1)
    (stored,) = world.tries.made
    assert (stored.text, stored.round, stored.stimulus_id, stored.coder) == (GOOD, 1, "singing", "fake-coder@1")
    assert stored.feedback == answer.feedback
    (card,) = world.drill.drills(ME)
    assert (card.due, card.rounds) == ("later", 1)
    assert card.due_at == answer.due_at > world.clock.now()


def test_two_easy_rounds_lead_up_and_a_hard_one_down(world):
    assert round_of(world, GOOD).moved == ""
    up = round_of(world, GOOD)
    assert (up.moved, up.level) == ("up", 2)
    assert world.drill.begin(ME, "asking").stimulus.level == 2
    down = round_of(world, BAD, BAD, BAD)
    assert (down.moved, down.level) == ("down", 1)


def test_more_tries_of_a_round_change_what_followed_from_it_and_nothing_twice(world):
    failed = round_of(world, BAD)
    exercise = world.drill.begin(ME, "asking")
    first = world.drill.attempt(ME, exercise, BAD)
    kept_at_first = world.tries.state("me", "asking").now.memory.stability
    second = world.drill.attempt(ME, exercise, GOOD)
    kept_at_second = world.tries.state("me", "asking").now.memory.stability
    again = world.drill.attempt(ME, exercise, BAD)
    assert [first.tries, second.tries, again.tries] == [1, 2, 3]
    assert failed.due_at is not None
    assert kept_at_second > kept_at_first
    assert second.due_at >= first.due_at
    state = world.tries.state("me", "asking")
    assert (state.round, state.outcomes, state.before.easy_in_a_row) == (2, ("not_yet", "done", "not_yet"), 0)


def test_a_hint_makes_a_first_try_a_second_one(world):
    with_hint = round_of(world, GOOD, hint_seen=True)
    assert world.tries.state("me", "asking").now.easy_in_a_row == 0
    assert with_hint.due_at - world.clock.now() < timedelta(days=3)
    exercise = world.drill.begin(ME, "asking")
    world.drill.attempt(ME, exercise, GOOD)
    world.drill.attempt(ME, exercise, GOOD, hint_seen=True)
    assert world.tries.state("me", "asking").now.easy_in_a_row == 1, "a hint after it went well takes nothing away"


def test_a_doubt_counts_neither_way(world):
    world.coder.scripted["Hm."] = ()
    drill = world.library.all_drills[0]
    before = world.tries.state("me", "asking")
    assert before is None
    world.drill._coder = type("Doubting", (), {
        "coder_id": "d@1", "prepare_for": lambda *_: None,
        "code_turn": lambda _s, who, text, previous="": _doubtful(who, text)})()  # fmt: skip
    answer = round_of(world, "Say more.")
    assert (answer.feedback.outcome, answer.due_at, answer.level) == ("unsure", None, 1)
    assert world.drill.drills(ME)[0].due == "new"
    assert len(world.tries.made) == 1
    assert drill.id == "asking"


def _doubtful(who, text):
    from tests.builders import codes_of

    return codes_of(text, *(["open_question"] if who == "trainee" else []), confidence=0.3)


def test_the_line_that_was_shown_cannot_be_handed_in(world):
    exercise = world.drill.begin(ME, "asking")
    better = world.drill.attempt(ME, exercise, BAD).feedback.better
    assert world.drill.attempt(ME, exercise, better).feedback.outcome == "copied"
    assert world.drill.attempt(ME, exercise, GOOD).feedback.outcome == "done"


def test_another_can_be_wanted_without_a_try(world):
    first = world.drill.begin(ME, "asking")
    second = world.drill.begin(ME, "asking", leave_out=first.stimulus.id)
    assert second.stimulus.id != first.stimulus.id
    assert world.drill.begin(ME, "asking", "fading").stimulus.id == "fading"
    with pytest.raises(NotFound, match="no stimulus"):
        world.drill.begin(ME, "asking", "nothing")
    with pytest.raises(NotFound):
        world.drill.begin(ME, "nothing")


def test_two_windows_do_not_mix_their_rounds(world):
    here = world.drill.begin(ME, "asking")
    there = world.drill.begin(ME, "asking", "moving")
    assert here.round == there.round == 1
    world.drill.attempt(ME, here, BAD)
    answer = world.drill.attempt(ME, there, GOOD)
    assert answer.tries == 1
    assert [(made.round, made.stimulus_id) for made in world.tries.made] == [(1, "singing"), (2, "moving")]


def test_trainees_do_not_see_each_others_work(world):
    round_of(world, GOOD)
    assert world.drill.drills(SOMEBODY)[0].due == "new"


def test_a_level_can_be_chosen(world):
    world.drill.choose_level(ME, "asking", 3)
    exercise = world.drill.begin(ME, "asking")
    assert exercise.stimulus.id == "fading"
    assert world.drill.drills(ME)[0].level == 3
    with pytest.raises(NotFound, match="no level 4"):
        world.drill.choose_level(ME, "asking", 4)


def test_due_drills_come_first_then_new_ones(world):
    from tests.builders import small_drill

    world.library.all_drills = [small_drill(), small_drill(id="later"), small_drill(id="unseen")]
    for drill_id in ("asking", "later"):
        exercise = world.drill.begin(ME, drill_id)
        world.drill.attempt(ME, exercise, BAD if drill_id == "asking" else GOOD)
    world.clock._now += timedelta(days=1, hours=1)
    cards = world.drill.drills(ME)
    assert [(card.drill_id, card.due) for card in cards] == [("asking", "due"), ("unseen", "new"), ("later", "later")]


@pytest.mark.parametrize("text", ["", "  \n\x00", "x" * (LONGEST_TURN + 1)])
def test_nothing_and_too_much_are_refused_and_not_stored(world, text):
    exercise = world.drill.begin(ME, "asking")
    with pytest.raises(UserFacingError):
        world.drill.attempt(ME, exercise, text)
    assert world.tries.made == []


def test_a_try_that_cannot_be_stored_can_be_sent_again(world):
    exercise = world.drill.begin(ME, "asking")
    world.tries.fails = True
    with pytest.raises(StorageUnavailable):
        world.drill.attempt(ME, exercise, GOOD)
    world.tries.fails = False
    assert world.drill.attempt(ME, exercise, GOOD).tries == 1


def test_the_better_a_round_went_the_longer_it_keeps():
    due = [remembered(None, needed, NOW).due for needed in (None, 3, 2, 1)]
    assert due == sorted(due)
    assert due[0] < due[-1]
    assert due[0].date() - NOW.astimezone().date() == timedelta(days=1)


@given(
    rounds=st.lists(st.tuples(st.sampled_from([None, 1, 2, 3, 9]), st.integers(0, 400 * 24)), min_size=1, max_size=12)
)
def test_spacing_is_bounded_and_the_same_every_time(rounds):
    def run():
        memory, at = None, NOW
        for needed, hours in rounds:
            at += timedelta(hours=hours)
            memory = remembered(memory, needed, at)
            assert timedelta(days=1) <= memory.due.date() - at.astimezone().date() <= timedelta(days=90)
        return memory

    assert run() == run()


def test_spacing_takes_moments_of_any_time_zone():
    from datetime import timezone

    elsewhere = NOW.astimezone(timezone(timedelta(hours=9)))
    assert remembered(None, 1, elsewhere) == remembered(None, 1, NOW)


def test_daily_practice_takes_hold_at_whatever_hour():
    """fsrs counts spans of 24 hours; a little earlier each day must not count as the same day."""
    due = []
    for gap in (timedelta(hours=23, minutes=55), timedelta(hours=24, minutes=5)):
        memory, at = None, datetime(2026, 1, 1, 12, tzinfo=UTC)
        for _ in range(8):
            memory = remembered(memory, 2, at)
            at += gap
        assert memory is not None
        due.append((memory.due.date() - memory.last_at.astimezone().date()).days)
    assert due[0] == due[1] > 7


def test_a_drill_is_due_from_the_morning_on():
    evening = datetime(2026, 11, 20, 21, tzinfo=UTC)
    assert remembered(None, 2, evening).due.hour == 0
