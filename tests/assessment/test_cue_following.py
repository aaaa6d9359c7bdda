"""Cues are followed from the patient's words to the turn that took them up."""

import pytest

from simpatient.assessment.debrief.cue_following import LATEST_ANSWER, follow_cues
from simpatient.assessment.scoring.coded_transcript import read
from simpatient.assessment.scoring.rubrics import guide_problems
from simpatient.domain.assessment.debrief import CueGroup
from simpatient.domain.content.coaching import CoachingGuide, CueKind
from simpatient.domain.session.session import CodedTurn
from tests.assessment.coded_conversations import CODES, talk

KIND = CueKind(id="change", label="Words for change", codes=("change",), answered_by=("open_question",), why="Why.")
HINT = ("Some days I think they'd be better off without me.", "neutral")
PLAIN = ("It was raining.", "neutral")
WISH = ("I want to stop.", "change")


def _groups(guide: CoachingGuide, *turns: object) -> dict[str, CueGroup]:
    reading = read(talk(*turns), guide.scheme, guide.patterns)
    return {group.kind: group for group in follow_cues(reading, guide.cues)}


def test_an_answer_at_once_a_late_one_and_none(guide: CoachingGuide) -> None:
    asked = (("Are you thinking of killing yourself?", "closed_question"),)
    small_talk = (("And how is work?", "closed_question"),)
    at_once = _groups(guide, (("Hello.", "other"),), HINT, asked)["risk"]
    assert (at_once.at_once, at_once.passed_over) == (1, ())
    assert at_once.cues[0].evidence.quote == HINT[0]
    late = _groups(guide, (("Hello.", "other"),), HINT, small_talk, PLAIN, asked)["risk"].cues[0]
    assert (late.answered_at, late.trainee_turns) == (4, 2)
    never = _groups(guide, (("Hello.", "other"),), HINT, small_talk, PLAIN, small_talk)["risk"]
    assert len(never.passed_over) == 1


def test_an_answer_after_many_turns_is_none() -> None:
    waiting = [part for _ in range(LATEST_ANSWER) for part in ((("And?", "closed_question"),), PLAIN)]
    reading = read(talk((("Hello.", "other"),), WISH, *waiting, (("How so?", "open_question"),)), "simpatient", ())
    assert follow_cues(reading, [KIND])[0].cues[0].answered_at is None


def test_a_cue_at_the_very_end_could_not_be_answered() -> None:
    assert follow_cues(read(talk((("Hello.", "other"),), WISH), "simpatient", ()), [KIND]) == ()


def test_serious_kinds_come_first_and_strain_and_background_are_heard(guide: CoachingGuide) -> None:
    groups = _groups(
        guide,
        (("Hello.", "other"),),
        ("You don't understand. In our house you don't talk about it.", "sustain"),
        (("I went too fast there, I'm sorry.", "support"),),
        WISH,
        (("What would that give you?", "open_question"),),
        HINT,
        (("Mm.", "facilitate"),),
    )
    assert list(groups) == ["risk", "rupture", "change_talk", "background"]
    assert groups["rupture"].at_once == groups["change_talk"].at_once == groups["background"].at_once == 1
    assert len(groups["risk"].passed_over) == 1


@pytest.mark.parametrize(("end", "start", "seconds"), [(10.0, 14.26, 4.3), (10.0, 9.0, 0.0), (None, 9.0, None)])
def test_time_to_the_answer_where_turns_carry_times(end: float | None, start: float, seconds: float | None) -> None:
    turns: list[CodedTurn] = talk((("Hello.", "other"),), WISH, (("How so?", "open_question"),))
    cue = turns[1].model_copy(update={"start_s": 5.0, "end_s": end})
    timed = [turns[0], cue, turns[2].model_copy(update={"start_s": start, "end_s": start + 2})]
    assert follow_cues(read(timed, "simpatient", ()), [KIND])[0].cues[0].seconds == seconds


def test_an_unknown_label_in_a_cue_is_a_mistake(guide: CoachingGuide) -> None:
    wrong = guide.model_copy(update={"cues": (KIND.model_copy(update={"answered_by": ("hugging",)}),)})
    assert any("hugging" in message for _, message in guide_problems(wrong, CODES, ()))


def test_the_time_a_retry_was_begun_later_is_not_time_to_the_answer() -> None:
    turns: list[CodedTurn] = talk((("Hello.", "other"),), WISH, (("How so?", "open_question"),))
    cue = turns[1].model_copy(update={"start_s": 5.0, "end_s": 10.0})
    again = turns[2].model_copy(update={"turn": 7, "start_s": 900.0, "end_s": 902.0})
    assert follow_cues(read([turns[0], cue, again], "simpatient", ()), [KIND])[0].cues[0].seconds is None
