"""Every view value says what its domain value holds, in either perspective, and its shapes stay within their frames."""

from dataclasses import replace
from itertools import pairwise
from math import isclose

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simpatient.domain.assessment.debrief import CueGroup, CueHeard, DisclosureItem, DisclosureMap, StatePoint
from simpatient.domain.assessment.score import Evidence, SummaryValue
from simpatient.domain.content.rubric import Rubric, Summary, Threshold
from simpatient.domain.learning.progress import ObjectiveProgress, SkillCurve, SkillPoint
from simpatient.presentation.feedback.cues import MOST_SHOWN, cues
from simpatient.presentation.feedback.debrief import keep_and_change, own_rating, too_short_words
from simpatient.presentation.feedback.disclosure import disclosure_section
from simpatient.presentation.feedback.quotes import MOST_AGAINST, MOST_FOR, Quote, leading
from simpatient.presentation.feedback.scorecard import measure, scorecard_views
from simpatient.presentation.feedback.session_report import session_view
from simpatient.presentation.feedback.speaking import speaking_section
from simpatient.presentation.feedback.transcript import transcript_row
from simpatient.presentation.learning.progress import objective_view
from simpatient.presentation.shapes.curves import ENGAGEMENT, TRUST, Scale, skill_chart, state_chart
from simpatient.presentation.shapes.timeline import Block, TalkTimes, TimelineSpan
from simpatient.presentation.words.perspective import ABOUT_TRAINEE, TO_TRAINEE
from tests.reporting.conftest import T0, rubric, session_report
from tests.reporting.test_spoken_report import spoken

PERSPECTIVES = (TO_TRAINEE, ABOUT_TRAINEE)
QUOTE = Evidence(turn=4, start=0, end=2, quote="Hm")
NUMBERS = st.floats(min_value=-50, max_value=500, allow_nan=False)


def summary(*borders: float, op: str = ">=", unit: str = "count") -> Summary:
    made = tuple(Threshold(label=f"band {i}", op=op, value=border, source="s") for i, border in enumerate(borders))
    return Summary(
        id="x", label="X", formula="a", n="a", min_n=3, unit=unit, thresholds=made, explanation="Counts something."
    )


def without_criteria() -> Rubric:
    return rubric("dialogue-metrics").model_copy(update={"criteria": ()})


# ---- scorecards


@given(
    NUMBERS, st.lists(st.floats(min_value=0.1, max_value=400), min_size=1, max_size=2), st.sampled_from([">=", "<="])
)
def test_a_bar_holds_its_value_and_names_every_band(value, borders, op):
    found = SummaryValue(id="x", value=value, n=9, undefined=False)
    bar = measure(found, summary(*borders, op=op), without_criteria()).bar
    assert bar is not None
    assert bar.low < bar.high
    assert bar.high >= max(*bar.borders, value)
    assert list(bar.borders) == sorted(borders)
    assert len(bar.names) == len(borders) + 1
    assert bar.names[-1 if op == "<=" else 0] == "not yet band 0"
    assert "mark at" in bar.alt


@given(st.integers(min_value=0, max_value=20), st.one_of(st.none(), NUMBERS))
def test_too_little_is_never_shown_as_a_value(n, value):
    found = SummaryValue(id="x", value=value, n=n, undefined=value is None, enough=n >= 3)
    shown = measure(found, summary(2.0), without_criteria())
    assert (shown.value == "–") == bool(shown.reason)
    assert bool(shown.reason) == (value is None or n < 3)
    assert not (shown.reason and shown.band)
    assert shown.bar is not None
    assert (shown.bar.value is None) == bool(shown.reason)


def test_a_measure_of_two_rubrics_is_shown_once():
    report = session_report()
    rubrics = {each.id: each for each in report.rubrics}
    card = report.debrief.scorecards[0]
    once = scorecard_views([card], rubrics)
    twice = scorecard_views([card, card], rubrics)
    assert [len(each.measures) for each in twice] == [len(once[0].measures), 0]
    assert len(twice[1].ratings) == len(once[0].ratings)


def test_a_scorecard_says_every_value_and_never_the_overall_number():
    report = session_report()
    shown = repr(session_view(report).scorecards)
    assert "0.83" not in shown
    for card in report.debrief.scorecards:
        for score in card.criteria:
            assert (f"{score.value:g} of" if score.value is not None else str(score.unscored_reason)) in shown


@given(st.lists(st.booleans(), max_size=12))
def test_the_quotes_shown_unasked_are_few_and_never_one_sided(supports):
    found = [Quote("a", i, way) for i, way in enumerate(supports)]
    shown = leading(found)
    assert sum(each.supports for each in shown) == min(MOST_FOR, sum(supports))
    assert sum(not each.supports for each in shown) == min(MOST_AGAINST, len(supports) - sum(supports))


# ---- debrief


@given(st.lists(st.sampled_from([None, 1, 2, 5]), max_size=9))
def test_cues_say_how_many_waited_and_show_a_few(delays):
    made = tuple(
        CueHeard(evidence=QUOTE, answered_at=None if delay is None else 4 + 2 * delay, trainee_turns=delay)
        for delay in delays
    )
    group = CueGroup(kind="risk", label="Hints", why="Because.", cues=made)
    (shown,) = cues([group], TO_TRAINEE)
    waited = [delay for delay in delays if delay != 1]
    assert len(shown.missed) == min(MOST_SHOWN, len(waited))
    assert bool(shown.more) == (len(waited) > MOST_SHOWN)
    assert shown.count == f"{len(delays) - len(waited)} of {len(delays)} at once"


@pytest.mark.parametrize(
    ("perspective", "words"), zip(PERSPECTIVES, ["3 of your turns", "3 of the trainee's turns"], strict=True)
)
def test_a_cue_taken_up_late_names_whose_turns_it_took(perspective, words):
    late = CueHeard(evidence=QUOTE, answered_at=9, trainee_turns=3, seconds=41.6)
    (shown,) = cues([CueGroup(kind="k", label="l", why="w", cues=(late,))], perspective)
    assert shown.missed[0].outcome == f"taken up in turn 10, {words} later, after 42 s"


def test_points_and_own_rating():
    report = session_report()
    keep, change = keep_and_change(report.debrief)
    assert [point.turn for point in (*keep.points, *change.points)] == [3, 3, 9]
    assert keep_and_change(report.debrief.model_copy(update={"change": ()}))[1].nothing
    own = own_rating(report.session.self_rating, {"hard_moment": "A hard moment?"}, ABOUT_TRAINEE)
    assert own is not None
    assert own.ratings == (("Understanding", "3 of 5"), ("A hard moment?", "2 of 5"))
    assert [label for label, _ in own.words] == ["What went well", "What the trainee would do differently"]
    assert own_rating(None, {}, TO_TRAINEE) is None
    assert too_short_words(report.debrief) == ""
    assert too_short_words(report.debrief.model_copy(update={"too_short": True, "next_step": ""}))


@given(st.lists(st.tuples(st.one_of(st.none(), st.integers(0, 9)), st.booleans(), st.floats(1, 4), st.floats(1, 4))))
def test_the_map_shows_everything_once_and_what_came_near_first(items):
    made = tuple(
        DisclosureItem(
            fact_id=str(i), text=f"fact {i}", told_at=told, approached_at=(2, 5) if near else (), opens_with="Asking.",
            trust_needed=needed, trust_reached=reached,
        )
        for i, (told, near, needed, reached) in enumerate(items)
    )  # fmt: skip
    shown = disclosure_section(DisclosureMap(session_id="s", items=made))
    assert sorted(each.text for each in shown.all) == sorted(each.text for each in made)
    near = [each.came_near for each in shown.held_back]
    assert near == sorted(near, reverse=True)
    assert all(not each.opens_with and each.trust is None for each in shown.shared)
    for each in shown.held_back:
        assert each.outcome == ("Came near in turns 3 and 6" if each.came_near else "Not touched on")


def test_turns_in_which_something_came_near_are_counted_where_not_all_are_named():
    item = DisclosureItem(
        fact_id="f", text="fact", told_at=None, approached_at=tuple(range(1, 9)), opens_with="Asking.",
        trust_needed=1.0, trust_reached=1.0,
    )  # fmt: skip
    shown = disclosure_section(DisclosureMap(session_id="s", items=(item,)))
    assert shown.held_back[0].outcome == "Came near in turns 2, 3, 4, 5 and 6, and 3 more"


# ---- curves


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([TRUST, ENGAGEMENT, Scale(2.0, 2.0, ())]))
def test_a_share_of_a_scale_stays_within_it(value, scale):
    assert 0.0 <= scale.share(value) <= 1.0


@given(st.lists(st.tuples(st.floats(1, 4), st.floats(0, 1)), max_size=120))
def test_the_state_is_drawn_on_its_own_scales(values):
    curve = [
        StatePoint(turn=2 * i, trust=trust, engagement=engagement, readiness=0.3, resistance=0.2)
        for i, (trust, engagement) in enumerate(values)
    ]
    chart = state_chart(curve, TO_TRAINEE)
    if len(values) < 2:
        assert chart is None
        return
    assert chart is not None
    assert [line.scale for line in chart.lines] == [TRUST, ENGAGEMENT]
    assert all(0.0 <= y <= 1.0 for line in chart.lines for _, y in chart.drawn(line))
    assert len(chart.table.rows) == len(values)
    assert 1 <= len(chart.x_ticks) <= 8


def skill(values, *, unit="score", scale=None, spread=0.2):
    points = tuple(
        SkillPoint(session_id=str(i), at=T0, case_id="c", difficulty=2, value=value, n=3)
        for i, value in enumerate(values)
    )
    known = [value for value in values if value is not None]
    mean = sum(known) / len(known) if len(known) >= 3 else None
    return SkillCurve(
        rubric="r", measure="m", label="Skill", unit=unit, points=points, defined=len(known), scale=scale, mean=mean,
        low=None if mean is None else mean - spread, high=None if mean is None else mean + spread,
    )  # fmt: skip


@given(st.lists(st.floats(min_value=1, max_value=4), min_size=1, max_size=40))
def test_a_rating_is_drawn_on_its_raters_scale(values):
    chart = skill_chart(skill(values, scale=(1.0, 4.0)), {str(i): i + 1 for i in range(len(values))})
    assert (chart.scale.low, chart.scale.high) == (1.0, 4.0)
    assert (chart.middle is None) == (len(values) < 3)
    assert len(chart.x_ticks) <= 8


@given(st.lists(st.floats(min_value=0, max_value=5000), min_size=1, max_size=10))
def test_a_count_begins_at_zero_and_fits(values):
    scale = skill_chart(skill(values, unit="count"), {}).scale
    assert scale.low == 0.0
    assert scale.high >= max(values)


def test_a_range_that_reads_the_same_at_both_ends_is_not_drawn():
    chart = skill_chart(skill([3.0, 3.0, 3.0], scale=(1.0, 5.0), spread=0.01), {})
    assert chart.band is None
    assert chart.note == "Mean 3.0, from 3 sessions."


@pytest.mark.parametrize(
    ("missing", "others", "words"),
    [
        (0, 0, "Not met yet; 2 of 3 sessions in a row are needed."),
        (2, 0, "Not met yet; 2 more sessions needed."),
        (1, 1, "Not met yet; 1 more session needed, with another patient."),
        (2, 1, "Not met yet; 2 more sessions needed, one of them with another patient."),
    ],
)
def test_an_objective_says_what_is_still_needed(missing, others, words):
    objective = ObjectiveProgress(
        unit_id="u", objective_id="o", text="t", met_in=(), needed=2, within=3, status="practising",
        sessions_missing=missing, cases_missing=others,
    )  # fmt: skip
    assert objective_view(objective, {}).met_in == words


# ---- talk


@st.composite
def talks(draw):
    """Draw a talk of turns in order, each a few seconds long."""
    moments = sorted(draw(st.lists(st.floats(0, 5400), min_size=2, max_size=30, unique=True)))
    blocks = tuple(Block(i, i % 2, start, end, "w") for i, (start, end) in enumerate(pairwise(moments)))
    silences = tuple(TimelineSpan(each.start, each.end, "s") for each in blocks[::3])
    return TalkTimes(("You", "Joe"), blocks, silences, (moments[0],), (moments[-1],), moments[-1])


@given(talks())
@settings(deadline=None)
def test_the_pieces_of_a_turn_lie_in_their_strips_and_add_up(talk):
    for block in talk.blocks:
        pieces = talk.pieces(block.start, block.end)
        assert all(0.0 <= piece.start <= piece.end <= 1.0 for piece in pieces)
        assert all(0 <= piece.strip < talk.strips for piece in pieces)
        total = sum(piece.end - piece.start for piece in pieces) * talk.strip_s
        assert isclose(total, block.end - block.start, abs_tol=1e-6)
    for moment in (*talk.marks, *talk.breaks):
        assert 0.0 <= talk.moment(moment).start <= 1.0
    for strip in range(talk.strips):
        assert all(share <= max(talk.covered(strip), 0.0) for share, _ in talk.ticks(strip))


@pytest.mark.parametrize(
    ("length", "seconds"), [(10, 60), (360, 60), (361, 120), (1800, 300), (3000, 600), (9000, 600)]
)
def test_strips_are_few(length, seconds):
    assert TalkTimes(("", ""), (), (), (), (), float(length)).strip_s == seconds


@pytest.mark.parametrize("perspective", PERSPECTIVES)
def test_how_a_talk_was_spoken_names_the_trainee_one_way(perspective):
    report = spoken(session_report())
    times = report.debrief.speaking
    assert times is not None
    shown = speaking_section(times, "Tomas Hale", perspective)
    whole = repr(shown).lower()
    other = "the trainee" if perspective is TO_TRAINEE else " your "
    assert other not in whole
    assert len(shown.table.rows) == len(shown.turns) == 23
    assert {row[1] for row in shown.table.rows} == {perspective.name, "Tomas Hale"}
    assert [figure.value for figure in shown.figures] == [
        figure.value for figure in speaking_section(times, "Tomas Hale", TO_TRAINEE).figures
    ]


def test_a_row_tells_what_was_not_heard_only_when_asked():
    report = spoken(session_report())
    turn = next(each for each in report.session.turns if each.speech is not None and each.speech.unheard)
    row = transcript_row(turn, "Tomas", session_names(report), report.debrief.speaking, ABOUT_TRAINEE)
    assert row.unheard not in " ".join(row.notes(with_unheard=False))
    assert any("6 words not heard" in note for note in row.notes(with_unheard=False))
    assert not any("6 words" in note for note in row.notes(with_unheard=True))
    assert replace(row, at="").title == "Turn 3"


def session_names(report):
    from simpatient.domain.assessment.codes import CodeNames

    return CodeNames(report.schemes)
