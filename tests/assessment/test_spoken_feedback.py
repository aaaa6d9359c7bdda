"""What times of turns add to scorecards and debrief, and that a typed talk hears nothing of it."""

import pytest

from simpatient.assessment.debrief.debrief import make_debrief
from simpatient.assessment.scoring.coded_transcript import read
from simpatient.assessment.scoring.measures import SPOKEN, measure
from simpatient.assessment.scoring.rubrics import guide_problems, rubric_problems
from simpatient.assessment.scoring.scoring import score
from simpatient.domain.assessment.debrief import Debrief
from simpatient.domain.content.coaching import CoachingGuide
from simpatient.domain.content.rubric import Pattern, Rubric
from simpatient.domain.session.session import CodedTurn
from tests.assessment.coded_conversations import CODES, SKILLED, talk

HEAVY = ("He died in March. I've never told anyone how that was.", "neutral")
PLAIN = ("The bus was late.", "neutral")
NEXT = (("And how is the new job going?", "open_question"),)
BACK = (("That is a heavy thing to carry alone.", "complex_reflection"),)
SPOKEN_IDS = {"talk_time_share", "response_latency", "silences_left_share", "interruption_rate", "speaking_pace"}


def _spoken(turns: list[CodedTurn], *times: tuple[float, float]) -> list[CodedTurn]:
    pairs = zip(turns, times, strict=True)
    return [turn.model_copy(update={"start_s": start, "end_s": end}) for turn, (start, end) in pairs]


def _steady(turns: list[CodedTurn], seconds: float = 8.0, wait: float = 1.5) -> list[CodedTurn]:
    return _spoken(turns, *((i * (seconds + wait), i * (seconds + wait) + seconds) for i in range(len(turns))))


def _debrief(turns: list[CodedTurn], guide: CoachingGuide) -> Debrief:
    return make_debrief("s", [], turns, [], guide)


def _talk_around(heavy: tuple[str, str], answer: object, *times: tuple[float, float]) -> list[CodedTurn]:
    turns = talk((("Hello. What brings you?", "open_question"),), PLAIN, BACK, heavy, answer, PLAIN, BACK)  # type: ignore[arg-type]
    last = times[-1][1]
    return _spoken(turns, (0, 2), (4, 6), (8, 10), (12, 20), *times, (last + 2, last + 4))


def test_a_typed_talk_has_neither_times_nor_empty_lines_for_them(metrics: Rubric, guide: CoachingGuide) -> None:
    card = score("s", SKILLED, metrics, "c")
    assert not SPOKEN_IDS & {summary.id for summary in card.summaries}
    assert _debrief(SKILLED, guide).speaking is None
    values = measure(read(SKILLED, "simpatient", ()), ())
    assert {values[name] for name in SPOKEN} == {None}


def test_a_spoken_talk_has_shares_waits_and_pace_and_the_rest_stays(metrics: Rubric, guide: CoachingGuide) -> None:
    turns = _steady(SKILLED)
    card = score("s", turns, metrics, "c")
    summaries = {summary.id: summary for summary in card.summaries}
    assert summaries.keys() >= SPOKEN_IDS
    trainees = sum(turn.speaker == "trainee" for turn in turns)
    assert summaries["talk_time_share"].value == pytest.approx(trainees / len(turns), abs=1e-4)
    assert summaries["talk_time_share"].band == "basic"
    assert summaries["response_latency"].value == 1.5
    assert summaries["response_latency"].band is None
    assert summaries["interruption_rate"].value == 0
    assert summaries["silences_left_share"].undefined
    typed = {s.id: s.value for s in score("s", SKILLED, metrics, "c").summaries}
    assert {key: summaries[key].value for key in typed} == typed
    assert card.overall == score("s", SKILLED, metrics, "c").overall
    speaking = _debrief(turns, guide).speaking
    assert speaking is not None
    assert len(speaking.rows) == len(turns)


def test_times_that_cannot_be_right_are_as_good_as_none(metrics: Rubric) -> None:
    card = score("s", _spoken(SKILLED, *((5.0, 1.0) for _ in SKILLED)), metrics, "c")
    assert not SPOKEN_IDS & {summary.id for summary in card.summaries}


def test_breaking_in_is_shown_with_both_turns_and_can_be_tried_again(guide: CoachingGuide) -> None:
    turns = _talk_around(PLAIN, NEXT, (18, 22), (24, 26))
    moment = next(m for m in _debrief(turns, guide).change if m.title == "Let the patient finish")
    assert (moment.evidence.turn, moment.retry_from) == (4, 3)
    assert PLAIN[0] in moment.what
    assert moment.better_line


def test_a_cut_off_patient_counts_as_broken_in_on(guide: CoachingGuide) -> None:
    turns = _talk_around(PLAIN, NEXT, (20, 22), (24, 26))
    turns[3] = turns[3].model_copy(update={"was_interrupted": True})
    assert "Let the patient finish" in [m.title for m in _debrief(turns, guide).change]


def test_going_on_at_once_after_something_heavy_is_named_and_staying_with_it_is_not(guide: CoachingGuide) -> None:
    rushed = _talk_around(HEAVY, NEXT, (20.5, 22), (24, 26))
    assert "Give it a moment" in [m.title for m in _debrief(rushed, guide).change]
    for other in (
        _talk_around(HEAVY, BACK, (20.5, 22), (24, 26)),
        _talk_around(HEAVY, NEXT, (22, 24), (26, 28)),
        _talk_around(PLAIN, NEXT, (20.5, 22), (24, 26)),
    ):
        assert "Give it a moment" not in [m.title for m in _debrief(other, guide).change]


def test_a_silence_left_after_something_heavy_is_kept(guide: CoachingGuide) -> None:
    moment = next(
        m
        for m in _debrief(_talk_around(HEAVY, BACK, (24.2, 27), (29, 31)), guide).keep
        if m.title == "You left room for it"
    )
    assert "you let 4 seconds pass" in moment.what
    assert moment.evidence.turn == 4
    quick = _debrief(_talk_around(HEAVY, BACK, (21, 27), (29, 31)), guide)
    assert "You left room for it" not in [m.title for m in quick.keep]


def test_a_long_monologue_is_named_once(guide: CoachingGuide) -> None:
    long_turn = (("So " + "there is a lot to say about this and it goes on " * 12, "give_information"),)
    turns = _talk_around(PLAIN, long_turn, (21, 91), (93, 95))
    titles = [m.title for m in _debrief(turns, guide).change]
    assert "Hand over sooner" in titles
    assert "Say less at once" not in titles
    moment = next(m for m in _debrief(turns, guide).change if m.title == "Hand over sooner")
    assert "for 70 seconds" in moment.what
    typed = [turn.model_copy(update={"start_s": None, "end_s": None}) for turn in turns]
    assert "Say less at once" in [m.title for m in _debrief(typed, guide).change]


def test_a_second_turn_of_a_volley_that_broke_in_is_the_one_shown() -> None:
    turns = talk(PLAIN, (("Mm.", "facilitate"),), (("Wait, when was that?", "open_question"),))
    spoken = _spoken(turns, (0, 10), (4, 4.5), (8, 12))
    reading = read(spoken, "simpatient", [Pattern(id="cut_in", breaks_in=True)])
    assert [[span.turn for span in hit.spans] for hit in reading.hits("cut_in")] == [[2]]
    assert reading.lasted(1) == 8
    assert reading.waited(0) is None


def test_a_wait_from_more_to_fewer_seconds_is_a_mistake(metrics: Rubric, guide: CoachingGuide) -> None:
    wrong = Pattern(id="backwards", waited=(3, 1))
    field, message = rubric_problems(metrics.model_copy(update={"patterns": (*metrics.patterns, wrong)}), CODES)[0]
    assert field == "patterns.backwards.waited"
    assert "seconds" in message
    assert guide_problems(guide.model_copy(update={"patterns": (*guide.patterns, wrong)}), CODES)
