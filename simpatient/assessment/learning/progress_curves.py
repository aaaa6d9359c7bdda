"""Skill curves and objectives over sessions. Never a verdict: it says what was met, where and how often.

Must not know any curriculum, rubric or storage.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simpatient.assessment.scoring.scoring import COMPARE
from simpatient.domain.content.curriculum import Curriculum, CurriculumUnit, LearningObjective, MasteryRule, Target
from simpatient.domain.content.rubric import Rubric
from simpatient.domain.lazily import Lazily
from simpatient.domain.learning.practice_history import AttemptRow, PracticeHistory, defined
from simpatient.domain.learning.progress import ObjectiveProgress, SkillCurve, SkillPoint, UnitCase, UnitProgress

MIN_SESSIONS = 3  # fewer say nothing about a course of learning
RESAMPLES = 2000
# From here on the mean of a bootstrap is as good as normally distributed, and its band is computed at once.
MOST_RESAMPLED = 60
BAND = (2.5, 97.5)  # percentiles of the bootstrapped mean: a 95 % band
HALF_BAND = 1.959964  # the same band in standard errors of a normal distribution
SEED = 20_260_101

Values = NDArray[np.float64]
# Positions in ``PracticeHistory.sessions``.
Places = NDArray[np.intp]


def curves(
    history: PracticeHistory, rubrics: Sequence[Rubric], difficulty: Mapping[str, int]
) -> tuple[SkillCurve, ...]:
    """Return a curve for every criterion and summary that has at least one point.

    Args:
        history: A trainee's sessions; those without scores are left out.
        rubrics: The rubrics, for labels and units.
        difficulty: Difficulty 1..5 by case id; 0 stands for a case no longer there.
    """
    places = np.flatnonzero(history.scored >= 0)
    results = history.scored[places]
    found = []
    for rubric in rubrics:
        measures: list[tuple[str, str, str, tuple[float, float] | None]]
        measures = [(c.id, c.label, "score", c.scale) for c in rubric.criteria]
        measures += [(s.id, s.label, s.unit, None) for s in rubric.summaries]
        for measure, label, unit, scale in measures:
            values, counts = history.measures.column((rubric.id, measure), results)
            here = np.flatnonzero(counts >= 0)
            if len(here):
                shown = values[here]
                known = shown[~np.isnan(shown)]
                mean, low, high = mean_band(known)
                found.append(
                    SkillCurve(
                        rubric=rubric.id,
                        measure=measure,
                        label=label,
                        unit=unit,
                        points=_points(history.sessions, places[here], shown, counts[here], difficulty),
                        defined=len(known),
                        scale=scale,
                        mean=mean,
                        low=low,
                        high=high,
                    )
                )
    return tuple(found)


def mean_band(values: Sequence[float] | Values) -> tuple[float | None, float | None, float | None]:
    """Return mean, low and high of the percentile bootstrap; all None with fewer than three values.

    Seeded, so the same values give the same band (Efron & Tibshirani 1993, percentile interval).
    """
    if len(values) < MIN_SESSIONS:
        return None, None, None
    sample = np.asarray(values, dtype=np.float64)
    mean = float(sample.mean())
    if len(sample) > MOST_RESAMPLED:
        half = HALF_BAND * float(sample.std()) / len(sample) ** 0.5
        return mean, mean - half, mean + half
    low, high = np.percentile(sample[_drawn(len(sample))].mean(axis=1), BAND)
    return mean, float(low), float(high)


@lru_cache(maxsize=2)
def _drawn(size: int) -> NDArray[np.int64]:
    """Return which values each resample takes; most curves of a trainee have the same number of values."""
    return np.random.default_rng(SEED).integers(0, size, size=(RESAMPLES, size))


def units(
    curriculum: Curriculum, history: PracticeHistory, known_cases: Collection[str] | None = None
) -> tuple[UnitProgress, ...]:
    """Return where a trainee stands in each unit; a unit opens when its prerequisites are mastered.

    Args:
        curriculum: The course.
        history: The trainee's sessions.
        known_cases: Ids of the cases that can be practised; all that the course names when None.
    """
    held = {unit.id: _sessions_of(unit, curriculum, history) for unit in curriculum.units}
    objectives = {
        unit.id: tuple(objective_progress(unit.id, each, history, held[unit.id]) for each in unit.objectives)
        for unit in curriculum.units
    }
    done = {unit_id for unit_id, found in objectives.items() if all(o.status == "mastered" for o in found)}
    return tuple(
        _unit(unit, objectives[unit.id], _times(history, held[unit.id]), done, known_cases) for unit in curriculum.units
    )


def _unit(
    unit: CurriculumUnit,
    objectives: tuple[ObjectiveProgress, ...],
    times: Mapping[str, int],
    done: Collection[str],
    known_cases: Collection[str] | None,
) -> UnitProgress:
    cases = tuple(
        UnitCase(case_id=case, sessions=times.get(case, 0))
        for case in unit.cases
        if known_cases is None or case in known_cases
    )
    return UnitProgress(
        unit_id=unit.id,
        title=unit.title,
        is_open=set(unit.prerequisites) <= set(done),
        missing=tuple(needed for needed in unit.prerequisites if needed not in done),
        objectives=objectives,
        sessions=sum(times.values()),
        cases=cases,
        next_case=next_case(cases, objectives),
    )


def next_case(cases: Sequence[UnitCase], objectives: Sequence[ObjectiveProgress]) -> str:
    """Return the case to continue with: while an objective needs another patient, one it does not count yet.

    Those never practised come first. When no objective needs another one, it is the first of the unit;
    '' when there is none.
    """
    wanting = [each for each in objectives if each.cases_missing]
    needed = [case for case in cases if any(case.case_id not in each.cases_counted for each in wanting)]
    in_order = sorted(needed, key=lambda case: case.sessions > 0) or cases
    return in_order[0].case_id if in_order else ""


def objective_progress(
    unit_id: str, objective: LearningObjective, history: PracticeHistory, held: Places | None = None
) -> ObjectiveProgress:
    """Return where a trainee stands with one objective.

    Args:
        unit_id: The unit.
        objective: The objective.
        history: The trainee's sessions.
        held: Which of ``history.sessions`` belong to the unit; all when None.

    Met in a session means every target holds with enough evidence. Mastered means met in
    ``mastery.sessions`` of any ``mastery.within`` scored sessions in a row, on enough different cases;
    once mastered, always mastered: later sessions on harder cases take nothing away.
    """
    ours = np.arange(len(history.sessions)) if held is None else held
    scored = ours[history.scored[ours] >= 0]
    met = np.ones(len(scored), dtype=bool)
    for target in objective.targets:
        met &= _holds(target, *history.measures.column((target.rubric, target.measure), history.scored[scored]))

    def case(at: int) -> str:
        return history.sessions[int(scored[at])].case_id

    rule = objective.mastery
    is_mastered = _is_mastered(rule, met, case)
    more, counted = (0, frozenset[str]()) if is_mastered else _missing(rule, met, case)
    return ObjectiveProgress(
        unit_id=unit_id,
        objective_id=objective.id,
        text=objective.text,
        met_in=tuple(history.sessions[at].session_id for at in scored[met]),
        needed=rule.sessions,
        within=rule.within,
        status="mastered" if is_mastered else "practising" if len(scored) else "not_started",
        sessions_missing=more,
        cases_missing=0 if is_mastered else max(0, rule.different_cases - max(1, len(counted))),
        cases_counted=tuple(sorted(counted)),
    )


def _is_mastered(rule: MasteryRule, met: NDArray[np.bool_], case: Callable[[int], str]) -> bool:
    before = np.concatenate([[0], np.cumsum(met)])
    ends = np.arange(1, len(met) + 1)
    starts = np.maximum(0, ends - rule.within)
    enough = np.flatnonzero(before[ends] - before[starts] >= rule.sessions)
    if rule.different_cases == 1 or not len(enough):
        return bool(len(enough))
    return any(len(_cases_met(met, case, starts[at], ends[at])) >= rule.different_cases for at in enough)


def _missing(rule: MasteryRule, met: NDArray[np.bool_], case: Callable[[int], str]) -> tuple[int, frozenset[str]]:
    """Return in how many sessions more an objective has to be met, at the least, and the cases that count by then.

    Each further session pushes the oldest one out of the last ``within``.
    """
    most = max(rule.sessions, rule.different_cases)
    for more in range(1, most):
        start = max(0, len(met) - max(rule.within - more, 0))
        counted = _cases_met(met, case, start, len(met))
        if int(met[start:].sum()) + more >= rule.sessions and rule.different_cases - len(counted) <= more:
            return more, counted
    return most, frozenset()


def _cases_met(met: NDArray[np.bool_], case: Callable[[int], str], start: int, end: int) -> frozenset[str]:
    return frozenset(case(at) for at in range(start, end) if met[at])


def _holds(target: Target, values: Values, counts: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return for each session whether a target holds; an undefined value and too little evidence meet nothing."""
    reached: NDArray[np.bool_] = COMPARE[target.op](values, target.value)
    return reached & (counts >= max(target.min_n, 0)) & ~np.isnan(values)


def _points(
    sessions: Sequence[AttemptRow],
    places: Places,
    values: Values,
    counts: NDArray[np.int32],
    difficulty: Mapping[str, int],
) -> Sequence[SkillPoint]:
    def point(at: int) -> SkillPoint:
        row = sessions[places[at]]
        return SkillPoint(
            session_id=row.session_id,
            at=row.session_started_at,
            case_id=row.case_id,
            difficulty=difficulty.get(row.case_id, 0),
            value=defined(values[at]),
            n=int(counts[at]),
        )

    return Lazily(len(places), point)


def _sessions_of(unit: CurriculumUnit, curriculum: Curriculum, history: PracticeHistory) -> Places:
    """Return which sessions are a unit's: begun from it, or freely on one of its cases; oldest first."""
    ours = [
        places
        for (curriculum_id, unit_id, case_id), places in history.places.items()
        if (curriculum_id == curriculum.id and unit_id == unit.id) or (unit_id is None and case_id in unit.cases)
    ]
    return np.sort(np.concatenate(ours)) if ours else np.array([], dtype=np.intp)


def _times(history: PracticeHistory, held: Places) -> Counter[str]:
    """Return how many of some sessions were held on each case."""
    return Counter(history.sessions[at].case_id for at in held)
