"""Skill curves and objectives over sessions."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simpatient.assessment.progress_curves import curves, mean_band, measured, objective_progress, units
from simpatient.assessment.scoring import score
from simpatient.domain.curriculum import Curriculum, CurriculumUnit, LearningObjective, MasteryRule, Target
from simpatient.domain.rubric import Rubric
from simpatient.domain.session import CodedTurn, Manifest, Session
from tests.assessment.coded_conversations import HARMFUL, MIXED, SKILLED

START = datetime(2026, 1, 1, tzinfo=UTC)
MANIFEST = Manifest(app="1", model="guided", content={}, encoder="e", coder="c", seed=1)


def _session(
    day: int, turns: list[CodedTurn], rubric: Rubric, *, case: str = "ray", unit: str | None = "u1"
) -> Session:
    cards = (score(f"s{day}", turns, rubric, "hand"),) if turns else ()
    return Session(
        id=f"s{day}", trainee_id="t", case_id=case, curriculum_id="mi" if unit else None, unit_id=unit,
        manifest=MANIFEST, started_at=START + timedelta(days=day), scorecards=cards,
    )  # fmt: skip


def _objective(*targets: Target, sessions: int = 2, within: int = 3, cases: int = 1) -> LearningObjective:
    rule = MasteryRule(sessions=sessions, within=within, different_cases=cases)
    return LearningObjective(id="o", text="Reflect", why="why", targets=targets, mastery=rule)


COMPLEX = Target(rubric="miti-informed", measure="percent_complex", op=">=", value=0.4, min_n=5)
NO_HARM = Target(rubric="miti-informed", measure="confront", op="<=", value=0)


def test_no_mean_before_three_sessions(miti: Rubric) -> None:
    two = [_session(day, SKILLED, miti) for day in (2, 1)]
    curve = next(c for c in curves(two, [miti], {"ray": 3}) if c.measure == "empathy")
    assert [p.session_id for p in curve.points] == ["s1", "s2"]
    assert (curve.mean, curve.low, curve.high, curve.points[0].difficulty) == (None, None, None, 3)
    three = [*two, _session(3, MIXED, miti), _session(4, [], miti)]
    curve = next(c for c in curves(three, [miti], {}) if c.measure == "empathy")
    assert len(curve.points) == 3
    assert curve.low is not None
    assert curve.mean is not None
    assert curve.high is not None
    assert curve.low < curve.mean < curve.high
    assert curves(three, [miti], {}) == curves(list(reversed(three)), [miti], {})


def test_sessions_of_another_rubric_make_no_curve(miti: Rubric, metrics: Rubric) -> None:
    assert curves([_session(1, SKILLED, miti)], [metrics], {}) == ()


def test_an_undefined_value_is_a_point_without_a_place(miti: Rubric) -> None:
    sessions = [_session(day, turns, miti) for day, turns in enumerate([HARMFUL, SKILLED, SKILLED, MIXED])]
    curve = next(c for c in curves(sessions, [miti], {}) if c.measure == "percent_complex")
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


def test_measured_values_of_a_card(miti: Rubric) -> None:
    card = score("s", SKILLED, miti, "hand")
    assert measured(card, "empathy") == (5, 6)
    assert measured(card, "percent_complex") == (0.7143, 7)
    assert measured(card, "confront") == (0, sum(card.counts.values()))
    assert measured(card, "nosuch") is None


def test_mastery_needs_enough_of_the_last_sessions(miti: Rubric) -> None:
    objective = _objective(COMPLEX, NO_HARM)

    def status(*days: list[CodedTurn]) -> str:
        sessions = [_session(day, turns, miti) for day, turns in enumerate(days)]
        return objective_progress("u1", objective, sessions).status

    assert status() == "not_started"
    assert status([]) == "not_started"
    assert status(MIXED, MIXED) == "practising"
    assert status(SKILLED, MIXED, MIXED, SKILLED) == "practising"
    assert status(SKILLED, MIXED, SKILLED) == "mastered"
    assert status(SKILLED, SKILLED, HARMFUL, HARMFUL, HARMFUL) == "mastered"


def test_met_in_and_different_cases(miti: Rubric) -> None:
    objective = _objective(COMPLEX, cases=2)
    same = [_session(1, SKILLED, miti), _session(2, SKILLED, miti)]
    found = objective_progress("u1", objective, same)
    assert (found.met_in, found.needed, found.within, found.status) == (("s1", "s2"), 2, 3, "practising")
    other = [*same[:1], _session(2, SKILLED, miti, case="mia")]
    assert objective_progress("u1", objective, other).status == "mastered"


def test_too_little_evidence_or_another_rubric_meets_nothing(miti: Rubric) -> None:
    sessions = [_session(1, SKILLED, miti)]
    for target in (COMPLEX.model_copy(update={"min_n": 8}), COMPLEX.model_copy(update={"rubric": "other"}),
                   COMPLEX.model_copy(update={"measure": "nosuch"})):  # fmt: skip
        assert objective_progress("u1", _objective(target), sessions).met_in == ()


def test_units_open_when_those_before_are_mastered(miti: Rubric) -> None:
    first = CurriculumUnit(id="u1", title="One", summary="x", cases=("ray",), objectives=(_objective(COMPLEX),))
    second = first.model_copy(update={"id": "u2", "title": "Two", "cases": ("mia",), "prerequisites": ("u1",)})
    curriculum = Curriculum(id="mi", version="1", title="MI", summary="x", units=(first, second))
    begun = units(curriculum, [_session(1, SKILLED, miti), _session(2, MIXED, miti, unit="u2")])
    assert [(u.unit_id, u.is_open, u.missing, u.sessions) for u in begun] == [
        ("u1", True, (), 1),
        ("u2", False, ("u1",), 1),
    ]
    free = units(curriculum, [_session(1, SKILLED, miti), _session(2, SKILLED, miti, unit=None)])
    assert [(u.is_open, u.sessions, u.objectives[0].status) for u in free] == [
        (True, 2, "mastered"), (True, 0, "not_started"),
    ]  # fmt: skip
