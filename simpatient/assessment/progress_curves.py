"""Skill curves and objectives over sessions. Never a verdict: it says what was met, where and how often.

Must not know any curriculum, rubric or storage.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from simpatient.assessment.scoring import meets
from simpatient.domain.curriculum import Curriculum, CurriculumUnit, LearningObjective, Target
from simpatient.domain.progress import ObjectiveProgress, SkillCurve, SkillPoint, UnitProgress
from simpatient.domain.rubric import Rubric
from simpatient.domain.score import Scorecard
from simpatient.domain.session import Session

MIN_SESSIONS = 3  # fewer say nothing about a course of learning
RESAMPLES = 2000
BAND = (2.5, 97.5)  # percentiles of the bootstrapped mean: a 95 % band
SEED = 20_260_101


def curves(
    sessions: Sequence[Session], rubrics: Sequence[Rubric], difficulty: Mapping[str, int]
) -> tuple[SkillCurve, ...]:
    """Return a curve for every criterion and summary that has at least one point.

    Args:
        sessions: A trainee's sessions in any order; those without scorecards are left out.
        rubrics: The rubrics, for labels and units.
        difficulty: Difficulty 1..5 by case id; 0 stands for a case no longer there.
    """
    ordered = sorted(sessions, key=lambda session: (session.started_at, session.id))
    found = []
    for rubric in rubrics:
        measures: list[tuple[str, str, str, tuple[float, float] | None]]
        measures = [(c.id, c.label, "score", c.scale) for c in rubric.criteria]
        measures += [(s.id, s.label, s.unit, None) for s in rubric.summaries]
        for measure, label, unit, scale in measures:
            points = _points(ordered, rubric.id, measure, difficulty)
            mean, low, high = mean_band([p.value for p in points if p.value is not None])
            if points:
                found.append(
                    SkillCurve(
                        rubric=rubric.id,
                        measure=measure,
                        label=label,
                        unit=unit,
                        points=points,
                        scale=scale,
                        mean=mean,
                        low=low,
                        high=high,
                    )
                )
    return tuple(found)


def mean_band(values: Sequence[float]) -> tuple[float | None, float | None, float | None]:
    """Return mean, low and high of the percentile bootstrap; all None with fewer than three values.

    Seeded, so the same values give the same band (Efron & Tibshirani 1993, percentile interval).
    """
    if len(values) < MIN_SESSIONS:
        return None, None, None
    sample = np.asarray(values, dtype=np.float64)
    drawn = np.random.default_rng(SEED).integers(0, len(sample), size=(RESAMPLES, len(sample)))
    low, high = np.percentile(sample[drawn].mean(axis=1), BAND)
    return float(sample.mean()), float(low), float(high)


def units(curriculum: Curriculum, sessions: Sequence[Session]) -> tuple[UnitProgress, ...]:
    """Return where a trainee stands in each unit; a unit opens when its prerequisites are mastered."""
    objectives = {unit.id: _objectives(unit, _sessions_of(unit, curriculum, sessions)) for unit in curriculum.units}
    done = {unit_id for unit_id, found in objectives.items() if all(o.status == "mastered" for o in found)}
    return tuple(
        UnitProgress(
            unit_id=unit.id,
            title=unit.title,
            is_open=set(unit.prerequisites) <= done,
            missing=tuple(needed for needed in unit.prerequisites if needed not in done),
            objectives=objectives[unit.id],
            sessions=len(_sessions_of(unit, curriculum, sessions)),
        )
        for unit in curriculum.units
    )


def objective_progress(unit_id: str, objective: LearningObjective, sessions: Sequence[Session]) -> ObjectiveProgress:
    """Return where a trainee stands with one objective, from the unit's sessions.

    Met in a session means every target holds with enough evidence. Mastered means met in
    ``mastery.sessions`` of any ``mastery.within`` scored sessions in a row, on enough different cases;
    once mastered, always mastered: later sessions on harder cases take nothing away.
    """
    scored = sorted((s for s in sessions if s.scorecards), key=lambda session: (session.started_at, session.id))
    met = [session for session in scored if all(_is_met(session, target) for target in objective.targets)]
    rule = objective.mastery
    windows = [scored[max(0, end - rule.within) : end] for end in range(1, len(scored) + 1)]
    hits = [[session for session in window if session in met] for window in windows]
    mastered = any(len(w) >= rule.sessions and len({s.case_id for s in w}) >= rule.different_cases for w in hits)
    return ObjectiveProgress(
        unit_id=unit_id,
        objective_id=objective.id,
        text=objective.text,
        met_in=tuple(session.id for session in met),
        needed=rule.sessions,
        within=rule.within,
        status="mastered" if mastered else "practising" if scored else "not_started",
    )


def measured(card: Scorecard, measure: str) -> tuple[float | None, int] | None:
    """Return ``(value, n)`` of a criterion, summary or count; None when the card has no such measure.

    n is the number of quotes behind a criterion, the summary's own n, and for a count all behaviours
    counted (a count of zero means something only when others were heard).
    """
    for rating in card.criteria:
        if rating.id == measure:
            return rating.value, len(rating.evidence)
    for summary in card.summaries:
        if summary.id == measure:
            return summary.value, summary.n
    if measure in card.counts:
        return float(card.counts[measure]), sum(card.counts.values())
    return None


def _points(
    sessions: Sequence[Session], rubric: str, measure: str, difficulty: Mapping[str, int]
) -> tuple[SkillPoint, ...]:
    found = []
    for session in sessions:
        for card in session.scorecards:
            value = measured(card, measure) if card.rubric == rubric else None
            if value is not None:
                found.append(_point(session, value, difficulty.get(session.case_id, 0)))
    return tuple(found)


def _point(session: Session, value: tuple[float | None, int], difficulty: int) -> SkillPoint:
    return SkillPoint(
        session_id=session.id,
        at=session.started_at,
        case_id=session.case_id,
        difficulty=difficulty,
        value=value[0],
        n=value[1],
    )


def _sessions_of(unit: CurriculumUnit, curriculum: Curriculum, sessions: Sequence[Session]) -> list[Session]:
    """Return the sessions of a unit: begun from it, or freely on one of its cases."""
    return [
        session
        for session in sessions
        if (session.curriculum_id == curriculum.id and session.unit_id == unit.id)
        or (session.unit_id is None and session.case_id in unit.cases)
    ]


def _objectives(unit: CurriculumUnit, sessions: Sequence[Session]) -> tuple[ObjectiveProgress, ...]:
    return tuple(objective_progress(unit.id, objective, sessions) for objective in unit.objectives)


def _is_met(session: Session, target: Target) -> bool:
    for card in session.scorecards:
        found = measured(card, target.measure) if card.rubric == target.rubric else None
        if found is not None and found[0] is not None and found[1] >= target.min_n:
            return meets(found[0], target.op, target.value)
    return False
