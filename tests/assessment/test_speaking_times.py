"""How a talk was spoken, from times alone: hand-made cases with known answers, and what always holds."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simpatient.assessment.scoring.speaking_times import LEAST_WAITS, LONGEST_SILENCE_S, speaking_times
from simpatient.domain.assessment.speaking_times import SpeakingTimes
from simpatient.domain.session.session import CodedTurn
from tests.assessment.spoken_conversations import alternating, said


def _times(*turns: CodedTurn) -> SpeakingTimes:
    found = speaking_times(turns)
    assert found is not None
    return found


def test_a_typed_talk_has_no_times() -> None:
    assert speaking_times([]) is None
    assert speaking_times([said(0, "patient", None), said(1, "trainee", 3.0, None)]) is None
    assert speaking_times([said(0, "patient", 0.0, 0.0, " ")]) is None


def test_a_talk_with_known_answers() -> None:
    # patient 0-10, wait 1, trainee 11-15, 5 s silence, patient 20-30, wait 4, trainee 34-36, patient 37-40, wait 2,
    # trainee 42-43
    times = _times(*alternating((0, 10), (11, 15), (20, 30), (34, 36), (37, 40), (42, 43)))
    assert (times.trainee_s, times.patient_s) == (7, 23)
    assert times.talk_share.value == pytest.approx(7 / 30)
    assert times.word_share.value == 0.5
    assert (times.span_s, times.alone_s, times.overlap_s, times.quiet_s) == (43, 30, 0, 13)
    assert (times.latency.median, times.latency.n) == (2, 3)
    assert (times.latency.low, times.latency.high) == (1.5, 3)
    assert (times.latency.longest, times.latency.longest_turn) == (4, 3)
    assert [(s.after_turn, s.before_turn, s.seconds, s.ended_by) for s in times.silences] == [
        (1, 2, 5, "patient"),
        (2, 3, 4, "trainee"),
    ]
    assert (times.silence_share.value, times.silence_share.n) == (0.5, 2)
    assert times.trainee_pace.value == pytest.approx(30 / 7 * 60)
    assert times.patient_pace.value == pytest.approx(30 / 23 * 60)
    assert times.rows[0].pace == 60
    assert times.longest is not None
    assert (times.longest.turn, times.longest.seconds) == (1, 4)
    assert times.interruptions == ()
    assert times.row(3) is times.rows[3]
    assert times.row(99) is None
    silence = times.silence_before(2)
    assert silence is not None
    assert silence.seconds == 5
    assert times.silence_before(1) is None


def test_three_seconds_are_a_silence_and_less_is_not() -> None:
    times = _times(*alternating((0, 10), (13, 20), (22.75, 30)))
    assert [silence.before_turn for silence in times.silences] == [1]
    assert times.latency.why
    assert times.latency.n == 1


def test_beginning_before_the_patient_ended_is_an_interruption() -> None:
    times = _times(*alternating((0, 10), (8, 130)))
    assert [(i.turn, i.patient_turn, i.at_s, i.overlap_s, i.stopped_patient) for i in times.interruptions] == [
        (1, 0, 8, 2, False)
    ]
    assert times.overlap_s == 2
    assert times.interruption_rate.value == pytest.approx(600 / 130)
    found = times.interruption(1)
    assert found is not None
    assert times.interruption(0) is None
    assert times.latency.n == 0


def test_a_patient_cut_off_was_interrupted_though_nobody_spoke_at_once() -> None:
    cut = said(0, "patient", 0, 4, cut=True)
    times = _times(cut, said(1, "trainee", 4.1, 6))
    assert [(i.turn, i.stopped_patient, i.overlap_s) for i in times.interruptions] == [(1, True, 0)]
    assert times.rows[0].was_cut_off
    assert times.interruption_rate.value is None
    assert "minutes" in times.interruption_rate.why


def test_a_hair_of_overlap_and_listening_aloud_are_no_interruptions() -> None:
    hair = _times(*alternating((0, 10), (9.9, 12)))
    assert hair.interruptions == ()
    mm = said(1, "trainee", 4, 4.5, "Mm, right.")
    listening = _times(said(0, "patient", 0, 10), mm, said(2, "patient", 12, 20), said(3, "trainee", 19, 25))
    assert [(i.turn, i.patient_turn) for i in listening.interruptions] == [(3, 2)]
    assert listening.latency.n == 0
    going_on = _times(said(0, "patient", 0, 10), mm, said(2, "trainee", 8, 12))
    assert [(i.turn, i.patient_turn) for i in going_on.interruptions] == [(2, 0)]


def test_a_monologue_goes_on_over_short_pauses_and_ends_with_a_silence() -> None:
    turns = [
        said(0, "patient", 0, 1),
        said(1, "trainee", 2, 10),
        said(2, "trainee", 11, 20),
        said(3, "trainee", 24, 30),
        said(4, "patient", 30, 90),
    ]
    longest = _times(*turns).longest
    assert longest is not None
    assert (longest.turn, longest.seconds, longest.words) == (1, 18, 10)
    assert _times(said(0, "patient", 0, 1)).longest is None


def test_a_typed_turn_between_sets_the_talk_aside() -> None:
    turns = [
        said(0, "patient", 0, 10),
        said(1, "trainee", None),
        said(2, "patient", 40, 50),
        said(3, "trainee", 51, 53),
    ]
    times = _times(*turns)
    assert times.typed == 1
    assert [(a.after_turn, a.at_s, a.seconds) for a in times.asides] == [(0, 10, 30)]
    assert [row.start_s for row in times.rows] == [0, 10, 21]
    assert times.rows[1].waited_s is None
    assert times.silences == ()
    assert times.span_s == 23


def test_a_retry_is_not_a_silence_and_no_long_wait() -> None:
    # The trainee went back to turn 2 and answered it again: the new answer is turn 5.
    turns = [said(0, "patient", 0, 2), said(1, "trainee", 3, 4), said(2, "patient", 5, 8), said(5, "trainee", 28, 30)]
    times = _times(*turns)
    assert [aside.seconds for aside in times.asides] == [20]
    assert times.latency.n == 1
    assert times.silences == ()


def test_a_quiet_beyond_all_silence_is_the_talk_set_aside() -> None:
    end = 10 + LONGEST_SILENCE_S
    assert _times(*alternating((0, 10), (end, end + 1))).asides == ()
    assert len(_times(*alternating((0, 10), (end + 0.5, end + 1.5))).asides) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        said(2, "patient", 9, 8),
        said(2, "patient", 9, 9),
        said(2, "patient", 1, 30),
        said(2, "patient", -1, 30),
        said(2, "patient", 20, 21, "word " * 20),
    ],
)
def test_times_that_cannot_be_right_are_left_out_and_counted(wrong: CodedTurn) -> None:
    times = _times(said(0, "patient", 0, 4), said(1, "trainee", 5, 7), wrong, said(3, "trainee", 31, 33))
    assert times.dropped == 1
    assert [row.turn for row in times.rows] == [0, 1, 3]
    assert times.silences == ()
    assert len(times.asides) == 1


def test_overlapping_turns_of_one_speaker_cannot_be_right() -> None:
    times = _times(said(0, "patient", 0, 10), said(1, "patient", 9, 12), said(2, "trainee", 13, 14))
    assert (times.dropped, [row.turn for row in times.rows]) == (1, [0, 2])


def test_only_wrong_times_leave_reasons_and_no_numbers() -> None:
    times = _times(said(0, "patient", 3, 1))
    assert (times.rows, times.dropped, times.span_s) == ((), 1, 0)
    for figure in (times.talk_share, times.silence_share, times.interruption_rate, times.trainee_pace):
        assert figure.value is None
        assert figure.why


STEP = st.integers(0, 60).map(lambda n: n / 4)


@st.composite
def talks(draw: st.DrawFn) -> list[CodedTurn]:
    turns, now = [], draw(STEP)
    for _ in range(draw(st.integers(1, 14))):
        start = now + draw(st.integers(-24, 300)) / 4
        end = start + draw(st.integers(-4, 80)) / 4
        typed = draw(st.integers(0, 9)) == 0
        text = draw(st.sampled_from(["Mm.", "one two three", "word " * 8, " "]))
        speaker = draw(st.sampled_from(["trainee", "patient"]))
        jump = draw(st.sampled_from([0, 0, 0, 0, 3]))
        last = turns[-1].turn if turns else -1
        times = (None, None) if typed else (start, end)
        turns.append(said(last + 1 + jump, speaker, *times, text, cut=draw(st.booleans())))
        now = end
    return turns


@settings(max_examples=300, deadline=None)
@given(talks())
def test_what_always_holds(turns: list[CodedTurn]) -> None:
    times = speaking_times(turns)
    if times is None:
        return
    assert times.alone_s + times.overlap_s + times.quiet_s == pytest.approx(times.span_s, abs=1e-6)
    for share in (times.talk_share, times.word_share, times.silence_share):
        assert share.value is None or 0 <= share.value <= 1
        assert (share.value is None) == bool(share.why)
    assert sum(silence.seconds for silence in times.silences) <= times.quiet_s + 1e-6
    assert len(times.rows) + times.typed + times.dropped == sum(bool(turn.text.strip()) for turn in turns)
    starts = [row.start_s for row in times.rows]
    assert starts == sorted(starts)
    assert all(row.seconds > 0 for row in times.rows)
    assert all(0 <= row.start_s < row.end_s <= times.span_s for row in times.rows)
    assert (times.latency.median is None) == (times.latency.n < LEAST_WAITS)


@settings(max_examples=150, deadline=None)
@given(talks(), st.integers(0, 4000))
def test_when_the_clock_was_started_changes_nothing(turns: list[CodedTurn], quarters: int) -> None:
    # Times before the clock's start cannot be right at all, so all are moved past it first.
    moved = [
        turn.model_copy(update={"start_s": turn.start_s + 100, "end_s": turn.end_s + 100})
        if turn.start_s is not None and turn.end_s is not None
        else turn
        for turn in turns
    ]
    later = [
        turn.model_copy(update={"start_s": turn.start_s + quarters / 4, "end_s": turn.end_s + quarters / 4})
        if turn.start_s is not None and turn.end_s is not None
        else turn
        for turn in moved
    ]
    assert speaking_times(moved) == speaking_times(later)
