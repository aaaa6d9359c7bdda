"""The debrief: points tied to turns, harm first, better lines that read well, and the coaching data."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simpatient.assessment.debrief.debrief import make_debrief, state_curve
from simpatient.assessment.debrief.quoting import phrase_of
from simpatient.assessment.scoring.rubrics import guide_problems
from simpatient.assessment.scoring.volleys import words
from simpatient.domain.assessment.debrief import Debrief
from simpatient.domain.content.coaching import CoachingGuide, CoachingTip
from simpatient.domain.content.rubric import Pattern, Rubric
from simpatient.domain.session.session import CodedTurn, Turn
from simpatient.domain.state import PatientState, Resistance
from tests.assessment.coded_conversations import CODES, HARMFUL, MIXED, SKILLED, patient, talk, trainee


def _debrief(turns: list[CodedTurn], guide: CoachingGuide) -> Debrief:
    return make_debrief("s", [], turns, [], guide)


def _guide(*tips: CoachingTip, patterns: tuple[Pattern, ...] = ()) -> CoachingGuide:
    return CoachingGuide(
        id="g", version="1", tips=tips, patterns=patterns, too_short="Too short.", self_rating_questions={}
    )


def _tip(name: str, code: str, **changes: object) -> CoachingTip:
    given: dict[str, object] = {
        "id": name, "kind": "change", "codes": (code,), "when": f"{code} > 0", "weight": "1", "title": name,
        "what": "{quote}", "why": "why", "next_step": f"next {name}",
    }  # fmt: skip
    return CoachingTip.model_validate({**given, **changes})


def test_the_shipped_guide_hangs_together(guide: CoachingGuide, miti: Rubric, metrics: Rubric) -> None:
    ids = {x.id for r in (miti, metrics) for group in (r.counts, r.criteria, r.summaries) for x in group}
    assert guide_problems(guide, CODES, ids) == ()
    assert len(guide.tips) >= 14
    assert all(tip.measure for tip in guide.tips)
    assert all(len(tip.better_lines) >= 2 for tip in guide.tips if tip.kind == "change")
    assert 4 <= len(guide.self_rating_questions) <= 5


def test_guide_and_rubrics_look_for_the_same_words(guide: CoachingGuide, miti: Rubric, metrics: Rubric) -> None:
    lists = [{p.id: p.phrases for p in holder.patterns if p.phrases} for holder in (guide, miti, metrics)]
    for rubric in lists[1:]:
        shared = rubric.keys() & lists[0].keys()
        assert shared
        assert {key: lists[0][key] for key in shared} == {key: rubric[key] for key in shared}


@pytest.mark.parametrize("turns", [HARMFUL, MIXED, SKILLED])
def test_points_are_tied_to_turns_with_verbatim_quotes(turns: list[CodedTurn], guide: CoachingGuide) -> None:
    debrief = _debrief(turns, guide)
    by_turn = {turn.turn: turn for turn in turns}
    assert 1 <= len(debrief.change) <= 2
    assert len(debrief.keep) <= 2
    assert debrief.next_step
    for moment in (*debrief.keep, *debrief.change):
        quote = moment.evidence
        assert by_turn[quote.turn].text[quote.start : quote.end] == quote.quote
        assert quote.quote in moment.what
        assert moment.why
        assert moment.retry_from == quote.turn - 1
        assert by_turn[quote.turn - 1].speaker == "patient"
    for moment in debrief.change:
        assert moment.better_line
        for phrase in re.findall(r'"([^"]*)"', moment.better_line):
            assert phrase in by_turn[moment.evidence.turn - 1].text
    assert len({m.evidence.turn for m in (*debrief.keep, *debrief.change)}) == len(debrief.keep) + len(debrief.change)


def test_the_next_drill_is_that_of_what_mattered_most() -> None:
    said = [("It helps me sleep.", "You're wrong.", "confront"), ("If you say so.", "What keeps you up?", "open_question"),
            ("Work.", "Hm.", "facilitate")]  # fmt: skip
    turns = []
    for heard, words_, code in said:
        turns += [patient(len(turns), heard), trainee(len(turns) + 1, (words_, code))]
    argued = _tip("argued", "confront", drill="rolling", harm=True)
    asked = _tip("asked", "open_question", drill="asking")
    assert _debrief(turns, _guide(asked, argued)).next_drill == "rolling"
    assert _debrief(turns, _guide(asked, _tip("argued", "confront", harm=True))).next_drill == "asking"
    assert _debrief(turns, _guide(_tip("argued", "confront"))).next_drill == ""
    assert _debrief(turns[:2], _guide(asked)).next_drill == ""


def test_harm_is_shown_first_and_is_never_praised(guide: CoachingGuide) -> None:
    debrief = _debrief(HARMFUL, guide)
    assert [m.title for m in debrief.change] == ["Put down the argument", "Leave out the warning"]
    assert debrief.keep == ()


def test_harm_comes_before_heavier_matters() -> None:
    guide = _guide(_tip("heavy", "affirm", weight="99"), _tip("harm", "confront", harm=True), _tip("light", "warn"))
    turns = talk((("A.", "affirm"),), ("B.", "neutral"), (("C.", "confront"),), ("D.", "neutral"), (("E.", "warn"),))
    debrief = _debrief(turns, guide)
    assert [m.title for m in debrief.change] == ["harm", "heavy"]
    assert debrief.next_step == "next harm"


def test_skilled_work_is_kept(guide: CoachingGuide) -> None:
    debrief = _debrief(SKILLED, guide)
    assert len(debrief.keep) == 2
    assert [m.title for m in debrief.change] == ["Take it one step further"]


def test_a_promise_that_all_will_be_well_is_no_support_to_keep(guide: CoachingGuide) -> None:
    def kept(line: str) -> list[str]:
        hard = "I lie awake and I am worried about all of it."
        turns = talk(
            (("What keeps you awake?", "open_question"),), (hard, "neutral"), ((line, "support"),), (hard, "neutral"),
            (("And in the day?", "open_question"),), (hard, "neutral"),
        )  # fmt: skip
        return [moment.evidence.quote for moment in _debrief(turns, guide).keep]

    assert "I am here with you in this." in kept("I am here with you in this.")
    assert "It will get better, I promise." not in kept("It will get better, I promise.")


def test_a_hint_at_suicide_without_a_question_comes_first_of_all(guide: CoachingGuide) -> None:
    turns = talk(
        (("How are things at home?", "open_question"),),
        ("The garden has gone over and the gutters want doing. They'd be better off without me.", "neutral"),
        (("You should get out more.", "advise_without_permission"),),
        ("Should I.", "neutral"),
        (("Stop moping.", "confront"),),
        ("Right.", "neutral"),
    )
    first = _debrief(turns, guide).change[0]
    assert first.title == "Ask directly about suicide"
    assert (first.evidence.turn, first.evidence.quote, first.retry_from) == (1, "They'd be better off without me.", 1)
    assert '"They\'d be better off without me"' in first.better_line
    asked = [*turns, trainee(6, ("Do you think about ending your life?", "closed_question")), patient(7, "No.")]
    titles = [m.title for m in (*_debrief(asked, guide).change, *_debrief(asked, guide).keep)]
    assert "Ask directly about suicide" not in titles
    assert "You asked directly about suicide" in titles


def test_every_session_long_enough_gets_a_change(guide: CoachingGuide) -> None:
    mumbled = talk(*[pair for _ in range(4) for pair in (("So.", "neutral"), (("Mm.", "facilitate"),))])
    assert [m.title for m in _debrief(mumbled, guide).change] == ["Show what you heard"]


@pytest.mark.parametrize(
    ("title", "turns"),
    [
        ("Stay with the feeling", [("I feel ashamed of it.", "neutral"), (("What day was that?", "open_question"),)]),
        ("Pick up the words for change", [("I want to stop.", "change"), (("What day is it?", "closed_question"),)]),
        ("Break the run of closed questions", [("Yes, maybe.", "neutral"), (("Is it far?", "closed_question"),)]),
        ("One question at a time", [("It was OK.", "neutral"), (("Why?", "open_question"), ("How?", "open_question"))]),
        ("Say less at once", [("It was fine.", "neutral"), (("So " * 80 + "there.", "give_information"),)]),
        ("Add something to what you say back",
         [("I was late for work", "neutral"), (("I was late for work", "simple_reflection"),)]),
        ("Go one step beyond the words", [("I was late.", "neutral"), (("You were late.", "simple_reflection"),)]),
        ("Turn the instruction into a question", [("I was late.", "neutral"), (("Set two alarms.", "direct"),)]),
        ("Ask before you advise", [("I was late.", "neutral"), (("You could walk.", "advise_without_permission"),)]),
        ("Hear the reasons for staying the same", [("It helps me.", "sustain"), (("You could walk.", "direct"),)]),
    ],
)  # fmt: skip
def test_each_kind_of_moment_is_found(title: str, turns: list[tuple[str, str]], guide: CoachingGuide) -> None:
    assert title in [m.title for m in _debrief(talk(*turns * 3), guide).change]


def test_a_short_session_gets_only_the_words_for_it(guide: CoachingGuide) -> None:
    debrief = _debrief(MIXED[:5], guide)
    assert debrief.too_short
    assert (debrief.keep, debrief.change, debrief.next_step) == ((), (), guide.too_short)


def test_no_tip_that_applies_leaves_the_debrief_empty() -> None:
    debrief = _debrief(MIXED, _guide(_tip("x", "warn")))
    assert (debrief.too_short, debrief.change, debrief.next_step) == (False, (), "")


def test_the_first_turn_has_no_patient_to_quote_or_return_to() -> None:
    turns = talk(
        (("{patient} stop it.", "warn"),),
        ("(shrugs)", "neutral"),
        (("Stop.", "warn"),),
        ("…", "neutral"),
        (("So.", "other"),),
    )
    fitting = ("{patient_words}?", "Tell me.")
    debrief = _debrief(turns, _guide(_tip("x", "warn", pick="first", better_lines=fitting)))
    assert (debrief.change[0].retry_from, debrief.change[0].better_line) == (None, "Tell me.")
    assert debrief.change[0].what == "{patient} stop it."  # never read as a blank again
    about = _guide(_tip("x", "warn", pick="first", what="{patient}: {quote}", better_lines=("{patient_words}?",)))
    shown = _debrief(turns, about).change[0]
    assert (shown.what, shown.better_line, shown.retry_from) == ("(shrugs): Stop.", "", 1)


def test_long_words_are_shortened_at_a_word() -> None:
    turns = talk(
        ("a bc " * 60, "neutral"),
        (("Stop.", "warn"),),
        ("B.", "neutral"),
        (("C.", "other"),),
        ("D.", "neutral"),
        (("E.", "other"),),
    )
    what = _debrief(turns, _guide(_tip("x", "warn", what="{patient}"))).change[0].what
    assert what.endswith((" a …", " bc …"))
    assert len(what) <= 162


def test_which_turn_is_shown() -> None:
    turns = [
        trainee(0, ("One.", "warn"), confidence=0.5), patient(1, "A."),
        trainee(2, ("Two.", "warn"), confidence=0.9), patient(3, "B."),
        trainee(4, ("Three.", "warn"), confidence=0.6), patient(5, "C."),
        trainee(6, ("Four.", "warn"), ("Sorry.", "affirm")),
    ]  # fmt: skip
    shown = {
        pick: _debrief(turns, _guide(_tip("x", "warn", pick=pick, unless=("affirm",)))).change[0].what
        for pick in ("first", "last", "confident")
    }
    assert shown == {"first": "One.", "last": "Three.", "confident": "Two."}


def test_the_curve_follows_the_patient() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    state = PatientState(
        trust=2.5, engagement=0.5, readiness=0.25, resistance=Resistance(form="minimal", intensity=0.75)
    )
    turns = [
        Turn(turn=0, parent=None, speaker="patient", text="Hm.", at=now),
        Turn(turn=1, parent=0, speaker="trainee", text="Hello.", at=now + timedelta(seconds=1)),
        Turn(turn=2, parent=1, speaker="patient", text="Hello.", at=now, state_after=state),
    ]
    point = state_curve(turns)[0]
    assert (point.turn, point.trust, point.engagement, point.readiness, point.resistance) == (2, 2.5, 0.5, 0.25, 0.75)
    assert len(make_debrief("s", turns, [], [], _guide()).curve) == 1


def test_mistakes_in_a_guide_are_found() -> None:
    guide = _guide(
        _tip("a", "confront", when="confront", weight="confront > 1", measure="nosuch"),
        _tip("b", "gone", when="nothing_like_it > 1"),
        _tip("c", "warn", what="{patients}", better_lines=("{patient_words}!",)),
        patterns=(Pattern(id="p", codes=("q",)),),
    )
    fields = [field for field, _ in guide_problems(guide, CODES, ["confront"])]
    assert fields == ["patterns.p.codes", "tips.b", "tips.a", "tips.a", "tips.a", "tips.b", "tips.c", "tips.c"]


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("Denise made the appointment. Right. So.", "Denise made the appointment"),
        ("(shrugs) I mean, how d'you mean?", ""),
        ("…", ""),
        ("No. Yeah.", ""),
        ("Anyway. She doesn't ask me to things now.", "She doesn't ask me to things now"),
        ("I get up. I feel ashamed.", "I feel ashamed"),
        ('She said "you look tired" and left the room.', "left the room"),
        (
            "I set an alarm, I set two of them, and I still woke up when it was already dark out.",
            "I still woke up when it was already dark out",
        ),
        (
            "Well, no, I set an alarm, I set two of them for that afternoon, and then I.",
            "I set two of them for that afternoon",
        ),
    ],
)
def test_the_phrase_taken_up(text: str, phrase: str) -> None:
    assert phrase_of(text, {"ashamed"}) == phrase


@given(st.text(max_size=200))
def test_a_phrase_is_verbatim_short_and_without_quotation_marks(text: str) -> None:
    phrase = phrase_of(text)
    assert phrase in text
    assert '"' not in phrase
    assert len(words(phrase)) <= 11
