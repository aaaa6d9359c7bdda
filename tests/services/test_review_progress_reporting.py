"""Looking back: own rating, debrief, disclosure, start page, progress and reports."""

from pathlib import Path

import pytest

from simpatient.domain.errors import NotFound, UserFacingError
from simpatient.domain.session.session import SelfRating
from simpatient.services.sessions.access import OwnRatingNeeded
from tests.builders import ME, SOMEBODY, small_case


def test_the_own_rating_is_kept_as_first_given(world):
    session_id = world.whole(is_rated=False)
    assert world.review.questions() == {"listening": "How well did you listen?"}
    first = SelfRating(ratings={"listening": 4})
    world.review.rate_self(ME, session_id, first)
    world.review.rate_self(ME, session_id, SelfRating(ratings={"listening": 1}))
    assert world.review.session(ME, session_id).self_rating == first


def test_the_debrief_quotes_the_branch_in_use(world):
    session_id = world.whole()
    debrief = world.review.debrief(ME, session_id)
    path = {turn.turn: turn for turn in world.sessions.get(session_id).path()}
    moments = (*debrief.keep, *debrief.change)
    assert [moment.kind for moment in moments] == ["keep", "change"]
    for moment in moments:
        quote = moment.evidence
        assert path[quote.turn].text[quote.start : quote.end] == quote.quote
    assert [card.rubric for card in debrief.scorecards] == ["small-rubric", "talk-rubric"]
    assert len(debrief.curve) == 5


def test_a_short_session_says_so(world):
    assert world.review.debrief(ME, world.whole("Go on.")).too_short


def test_the_disclosure_map_says_what_was_told_and_held_back(world):
    told = world.review.disclosure_map(ME, world.whole("How is the choir?"))
    assert len(told.items) == len(world.library.persona("nell-archer").facts)
    assert [item.fact_id for item in told.items if item.told_at is not None] == ["solo"]
    assert told.told == 1


def test_an_unknown_session_is_named(world):
    with pytest.raises(NotFound):
        world.review.debrief(ME, "none-such")


def test_the_start_page_shows_cases_course_and_the_open_session(world):
    world.whole(unit_id="unit-1", curriculum_id="small-course")
    open_id = world.begin()
    home = world.progress.home(ME)
    assert home.open_session.session_id == open_id
    assert home.open_session.patient_name == "Nell Archer"
    assert [(card.case_id, card.sessions, card.patient_age) for card in home.cases] == [("nell-first", 2, 52)]
    assert [unit.unit_id for unit in home.curricula[0].units] == ["unit-1", "unit-2"]
    assert world.progress.trainees(ME) == ("me",)


def test_a_new_trainee_starts_with_the_first_unit(world):
    home = world.progress.home(SOMEBODY)
    assert home.open_session is None
    assert [unit.is_open for unit in home.curricula[0].units] == [True, False]
    assert home.cases[0].sessions == 0


def test_cases_come_easiest_first_and_one_whose_persona_has_a_mistake_is_there_to_say_so(world):
    world.library.all_cases = [
        small_case(), small_case(id="a-hard-one", difficulty=5), small_case(id="broken", persona="bad-file"),
    ]  # fmt: skip
    cards = world.progress.home(ME).cases
    assert [card.case_id for card in cards] == ["broken", "nell-first", "a-hard-one"]
    assert [(card.patient_name, card.patient_age) for card in cards[:2]] == [("bad-file", None), ("Nell Archer", 52)]


def test_progress_has_sessions_curves_and_objectives(world):
    for _ in range(3):
        world.rated(unit_id="unit-1", curriculum_id="small-course")
    progress = world.progress.progress(ME)
    assert [summary.trainee_turns for summary in progress.sessions] == [4, 4, 4]
    assert {curve.measure for curve in progress.curves} == {"empathy", "reflection_ratio", "talk_share"}
    assert all(len(curve.points) == 3 for curve in progress.curves)
    assert progress.units[0].objectives[0].status == "mastered"
    assert progress.units[1].is_open


def test_a_session_counts_for_progress_only_after_the_own_rating(world):
    unrated = [world.whole(is_rated=False, unit_id="unit-1", curriculum_id="small-course") for _ in range(2)]
    for found in (world.progress.progress(ME), world.progress.home(ME).curricula[0]):
        assert [objective.met_in for unit in found.units for objective in unit.objectives] == [(), ()]
    before = world.progress.progress(ME)
    assert (len(before.sessions), before.curves, before.units[0].sessions) == (2, (), 2)
    world.review.rate_self(ME, unrated[0], SelfRating(ratings={"listening": 3}))
    after = world.progress.progress(ME)
    assert {point.session_id for curve in after.curves for point in curve.points} == {unrated[0]}
    assert [row.has_self_rating for row in after.sessions] == [False, True]


def test_all_open_sessions_are_offered_the_newest_first(world):
    first, _, last = world.begin(), world.whole(), world.begin()
    assert [each.session_id for each in world.progress.home(ME).open_sessions] == [last, first]
    assert [each.session_id for each in world.progress.open_with(ME, "nell-first")] == [last, first]


def test_sessions_outlive_their_case(world):
    world.whole()
    world.library.all_cases = []
    summary = world.progress.progress(ME).sessions[0]
    assert (summary.case_title, summary.patient_name) == ("nell-first", "–")


def test_a_session_report_has_its_twin_and_discloses_only_when_asked(world):
    session_id = world.whole()
    world.reports.session(ME, session_id, pdf=Path("feedback.pdf"))
    assert [(what, path) for what, path, _ in world.writer.written] == [
        ("session_pdf", Path("feedback.pdf")), ("session_html", Path("feedback.html")),
    ]  # fmt: skip
    report = world.writer.written[0][2]
    assert report.disclosure is None
    assert report.case.id == "nell-first"
    assert [rubric.id for rubric in report.rubrics] == ["small-rubric", "talk-rubric"]
    assert world.reports.session_report(ME, session_id, with_disclosure=True).disclosure is not None


def test_html_alone_and_where_asked(world):
    session_id = world.whole()
    world.reports.session(ME, session_id, html=Path("a.html"))
    world.reports.session(ME, session_id, pdf=Path("b.pdf"), html=Path("c.html"))
    assert [str(path) for _, path, _ in world.writer.written] == ["a.html", "b.pdf", "c.html"]


def test_a_session_without_feedback_cannot_be_reported(world):
    with pytest.raises(UserFacingError, match="no feedback yet"):
        world.reports.session(ME, world.begin(), pdf=Path("feedback.pdf"))
    assert world.writer.written == []


def test_no_report_is_written_of_a_trainee_without_sessions(world):
    world.whole()
    with pytest.raises(NotFound, match="no sessions for the trainee 'somebody'"):
        world.reports.progress(SOMEBODY, csv=Path("q.csv"))
    assert world.writer.written == []


def test_progress_reports(world):
    world.whole()
    world.reports.progress(ME, pdf=Path("p.pdf"), csv=Path("p.csv"))
    world.reports.progress(ME, csv=Path("q.csv"))
    assert [(what, str(path)) for what, path, _ in world.writer.written] == [
        ("progress_pdf", "p.pdf"), ("progress_html", "p.html"), ("progress_csv", "p.csv"), ("progress_csv", "q.csv"),
    ]  # fmt: skip


def test_no_service_shows_feedback_before_the_own_rating(world):
    session_id = world.whole(is_rated=False)
    rubric = world.library.rubrics()[0].id
    asked = (
        lambda: world.review.debrief(ME, session_id),
        lambda: world.review.debrief_of(ME, world.review.session(ME, session_id)),
        lambda: world.review.disclosure_map(ME, session_id),
        lambda: world.reports.session(ME, session_id, pdf=Path("x.pdf")),
        lambda: world.reports.session(ME, session_id, pdf=Path("x.pdf"), with_disclosure=True),
        lambda: world.write.exercises(ME, session_id),
        lambda: world.judge.rate(ME, session_id, "big"),
        lambda: world.judge.rate_by_formulas(ME, session_id),
        lambda: world.scorecards.history(ME, session_id, None, rubric),
    )
    for ask in asked:
        with pytest.raises(OwnRatingNeeded, match=f"simpatient rate {session_id}"):
            ask()
    assert world.writer.written == []
    assert world.sessions.get(session_id).map_opened_at is None
    world.review.rate_self(ME, session_id, SelfRating(ratings={"listening": 2}))
    assert world.review.debrief(ME, session_id).session_id == session_id


def test_a_report_holds_the_map_only_once_it_was_opened(world):
    session_id = world.whole()
    assert world.reports.session_report(ME, session_id).disclosure is None
    told = world.review.disclosure_map(ME, session_id)
    opened_at = world.sessions.get(session_id).map_opened_at
    assert world.reports.session_report(ME, session_id).disclosure == told
    assert world.sessions.get(session_id).map_opened_at == opened_at is not None


def test_a_session_nobody_practised_is_reported_without_a_rating(world):
    session_id = world.whole(is_rated=False)
    report = world.reports.session_report(ME, session_id, needs_own_rating=False)
    assert (report.session.self_rating, report.disclosure) == (None, None)


@pytest.mark.parametrize("ratings", [{"listening": 0}, {"listening": 6}, {"singing": 3}])
def test_a_rating_off_the_scale_is_refused(world, ratings):
    session_id = world.whole(is_rated=False)
    with pytest.raises(UserFacingError, match="from 1 to 5"):
        world.review.rate_self(ME, session_id, SelfRating(ratings=ratings))
    with pytest.raises(UserFacingError, match="not ended"):
        world.review.rate_self(ME, world.begin(), SelfRating(ratings={"listening": 3}))
