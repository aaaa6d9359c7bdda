"""Skill curves and objectives over sessions."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simpatient.assessment.learning.progress_curves import MOST_RESAMPLED, curves, mean_band, objective_progress, units
from simpatient.assessment.scoring.scoring import score
from simpatient.domain.content.curriculum import Curriculum, CurriculumUnit, LearningObjective, MasteryRule, Target
from simpatient.domain.content.rubric import Rubric
from simpatient.domain.learning.practice_history import history_of, measures_of
from simpatient.domain.learning.progress import ObjectiveProgress
from simpatient.domain.session.session import CodedTurn, Manifest, Session, Turn
from tests.assessment.coded_conversations import HARMFUL, MIXED, SKILLED

START = datetime(2026, 1, 1, tzinfo=UTC)
MANIFEST = Manifest(app="1", model="guided", content={}, encoder="e", coder="c", seed=1)


def _session(
    day: int, turns: list[CodedTurn], rubric: Rubric, *, case: str = "ray", unit: str | None = "u1"
) -> Session:
    cards = (score(f"s{day}", turns, rubric, "hand"),) if turns else ()
    return Session(
        id=f"s{day}", trainee_id="t", case_id=case, curriculum_id="mi" if unit else None, unit_id=unit,
        manifest=MANIFEST, started_at=START + timedelta(days=day), scorecards=cards, leaf=0,
        turns=(Turn(turn=0, parent=None, speaker="trainee", text="Go on.", at=START),),
    )  # fmt: skip


def _progress(objective: LearningObjective, sessions: list[Session]) -> ObjectiveProgress:
    history = history_of(sessions)
    return objective_progress("u1", objective, history)


def _objective(*targets: Target, sessions: int = 2, within: int = 3, cases: int = 1) -> LearningObjective:
    rule = MasteryRule(sessions=sessions, within=within, different_cases=cases)
    return LearningObjective(id="o", text="Reflect", why="why", targets=targets, mastery=rule)


COMPLEX = Target(rubric="miti-informed", measure="percent_complex", op=">=", value=0.4, min_n=5)
NO_HARM = Target(rubric="miti-informed", measure="confront", op="<=", value=0)


def test_no_mean_before_three_sessions(miti: Rubric) -> None:
    two = [_session(day, SKILLED, miti) for day in (2, 1)]
    curve = next(c for c in curves(history_of(two), [miti], {"ray": 3}) if c.measure == "empathy")
    assert [p.session_id for p in curve.points] == ["s1", "s2"]
    assert (curve.mean, curve.low, curve.high, curve.points[0].difficulty) == (None, None, None, 3)
    three = [*two, _session(3, MIXED, miti), _session(4, [], miti)]
    curve = next(c for c in curves(history_of(three), [miti], {}) if c.measure == "empathy")
    assert len(curve.points) == 3
    assert curve.low is not None
    assert curve.mean is not None
    assert curve.high is not None
    assert curve.low < curve.mean < curve.high
    assert curves(history_of(three), [miti], {}) == curves(history_of(list(reversed(three))), [miti], {})


def test_sessions_of_another_rubric_make_no_curve(miti: Rubric, metrics: Rubric) -> None:
    assert curves(history_of([_session(1, SKILLED, miti)]), [metrics], {}) == ()


def test_an_undefined_value_is_a_point_without_a_place(miti: Rubric) -> None:
    sessions = [_session(day, turns, miti) for day, turns in enumerate([HARMFUL, SKILLED, SKILLED, MIXED])]
    curve = next(c for c in curves(history_of(sessions), [miti], {}) if c.measure == "percent_complex")
    assert [p.value for p in curve.points] == [None, 0.7143, 0.7143, 0.0]
    assert curve.mean == pytest.approx(0.4762)


@given(st.lists(st.floats(min_value=-100, max_value=100), min_size=3, max_size=12))
def test_the_band_holds_the_mean_and_stays_within_the_values(values: list[float]) -> None:
    mean, low, high = mean_band(values)
    assert mean is not None
    assert low is not None
    assert high is not None
    slack = 1e-9
    assert min(values) - slack <= low <= mean + slack
    assert mean - slack <= high <= max(values) + slack


def test_a_band_of_many_values_is_that_of_their_resampled_mean() -> None:
    values = np.random.default_rng(5).gamma(2.0, size=MOST_RESAMPLED)
    mean, low, high = mean_band(values)
    _, near_low, near_high = mean_band(np.append(values, mean))
    assert low is not None
    assert high is not None
    assert near_low == pytest.approx(low, abs=0.1 * (high - low))
    assert near_high == pytest.approx(high, abs=0.1 * (high - low))


def test_measured_values_of_a_card(miti: Rubric) -> None:
    card = score("s", SKILLED, miti, "hand")
    found = measures_of([card])
    assert found["miti-informed", "empathy"] == (5, 6)
    assert found["miti-informed", "percent_complex"] == (0.7143, 7)
    assert found["miti-informed", "confront"] == (0, sum(card.counts.values()))
    assert ("miti-informed", "nosuch") not in found


def test_mastery_needs_enough_of_the_last_sessions(miti: Rubric) -> None:
    objective = _objective(COMPLEX, NO_HARM)

    def status(*days: list[CodedTurn]) -> str:
        sessions = [_session(day, turns, miti) for day, turns in enumerate(days)]
        return _progress(objective, sessions).status

    assert status() == "not_started"
    assert status([]) == "not_started"
    assert status(MIXED, MIXED) == "practising"
    assert status(SKILLED, MIXED, MIXED, SKILLED) == "practising"
    assert status(SKILLED, MIXED, SKILLED) == "mastered"
    assert status(SKILLED, SKILLED, HARMFUL, HARMFUL, HARMFUL) == "mastered"


def test_met_in_and_different_cases(miti: Rubric) -> None:
    objective = _objective(COMPLEX, cases=2)
    same = [_session(1, SKILLED, miti), _session(2, SKILLED, miti)]
    found = _progress(objective, same)
    assert (found.met_in, found.needed, found.within, found.status) == (("s1", "s2"), 2, 3, "practising")
    other = [*same[:1], _session(2, SKILLED, miti, case="mia")]
    assert _progress(objective, other).status == "mastered"


def test_too_little_evidence_or_another_rubric_meets_nothing(miti: Rubric) -> None:
    sessions = [_session(1, SKILLED, miti)]
    for target in (COMPLEX.model_copy(update={"min_n": 8}), COMPLEX.model_copy(update={"rubric": "other"}),
                   COMPLEX.model_copy(update={"measure": "nosuch"})):  # fmt: skip
        assert _progress(_objective(target), sessions).met_in == ()


def test_units_open_when_those_before_are_mastered(miti: Rubric) -> None:
    first = CurriculumUnit(id="u1", title="One", summary="x", cases=("ray",), objectives=(_objective(COMPLEX),))
    second = first.model_copy(update={"id": "u2", "title": "Two", "cases": ("mia",), "prerequisites": ("u1",)})
    curriculum = Curriculum(id="mi", version="1", title="MI", summary="x", units=(first, second))
    begun = units(curriculum, history_of([_session(1, SKILLED, miti), _session(2, MIXED, miti, unit="u2")]))
    assert [(u.unit_id, u.is_open, u.missing, u.sessions) for u in begun] == [
        ("u1", True, (), 1),
        ("u2", False, ("u1",), 1),
    ]
    free = units(curriculum, history_of([_session(1, SKILLED, miti), _session(2, SKILLED, miti, unit=None)]))
    assert [(u.is_open, u.sessions, u.objectives[0].status) for u in free] == [
        (True, 2, "mastered"), (True, 0, "not_started"),
    ]  # fmt: skip


def test_what_is_missing_is_told_in_sessions_and_patients(miti: Rubric) -> None:
    objective = _objective(COMPLEX, cases=2)

    def missing(*held: tuple[list[CodedTurn], str]) -> tuple[int, int]:
        sessions = [_session(day, turns, miti, case=case) for day, (turns, case) in enumerate(held)]
        found = _progress(objective, sessions)
        return found.sessions_missing, found.cases_missing

    assert missing() == (2, 1)
    assert missing((SKILLED, "ray")) == (1, 1)
    assert missing((SKILLED, "ray"), (SKILLED, "ray")) == (1, 1)
    assert missing((SKILLED, "ray"), (MIXED, "mia"), (MIXED, "mia")) == (2, 1)
    assert missing((SKILLED, "ray"), (MIXED, "mia"), (SKILLED, "mia")) == (0, 0)


def test_a_unit_leads_through_the_cases_its_objectives_need(miti: Rubric) -> None:
    unit = CurriculumUnit(
        id="u1", title="One", summary="x", cases=("ray", "mia", "gone"), objectives=(_objective(COMPLEX, cases=2),)
    )
    course = Curriculum(id="mi", version="1", title="MI", summary="x", units=(unit,))

    def following(*held: tuple[list[CodedTurn], str]) -> str:
        sessions = [_session(day, turns, miti, case=case) for day, (turns, case) in enumerate(held)]
        (found,) = units(course, history_of(sessions), {"ray", "mia"})
        assert [case.case_id for case in found.cases] == ["ray", "mia"]
        return found.next_case

    assert following() == "ray"
    assert following((SKILLED, "ray")) == "mia"
    assert following((SKILLED, "ray"), (MIXED, "mia")) == "mia"
    # What was met so long ago that it no longer counts leads back to where it began.
    assert following((SKILLED, "ray"), (MIXED, "mia"), (MIXED, "mia"), (SKILLED, "mia")) == "ray"


@pytest.mark.parametrize("cases", [1, 2, 3])
def test_following_the_course_masters_it(miti: Rubric, cases: int) -> None:
    objective = _objective(COMPLEX, sessions=2, within=3, cases=cases)
    names = ("ray", "mia", "clive")
    unit = CurriculumUnit(id="u1", title="One", summary="x", cases=names, objectives=(objective,))
    course = Curriculum(id="mi", version="1", title="MI", summary="x", units=(unit,))
    sessions = [_session(0, MIXED, miti), _session(1, MIXED, miti, case="mia")]
    for day in range(2, 6):
        (now,) = units(course, history_of(sessions))
        if now.objectives[0].status == "mastered":
            break
        sessions.append(_session(day, SKILLED, miti, case=now.next_case))
    (now,) = units(course, history_of(sessions))
    assert now.objectives[0].status == "mastered"
    assert len(sessions) - 2 == max(2, cases)
