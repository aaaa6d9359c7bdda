"""Progress in memory."""

from datetime import timedelta
from typing import Literal

from simpatient.domain.learning.progress import (
    ObjectiveProgress,
    Progress,
    SessionSummary,
    SkillCurve,
    SkillPoint,
    UnitCase,
    UnitProgress,
)
from simpatient.domain.people.actor import Actor
from simpatient.services.learning.progress import CaseCard, CurriculumProgress, Home
from simpatient.services.sessions.access import may_access
from tests.fakes import FakeLibrary
from tests.gui.fake_content import COURSE
from tests.gui.fake_sessions import T0, FakePractise

Status = Literal["not_started", "practising", "mastered"]


class FakeProgress:
    """Where a trainee stands, as far as a test sets it."""

    def __init__(self, practise: FakePractise, library: FakeLibrary) -> None:
        self._practise = practise
        self._library = library
        self.past: list[SessionSummary] = []
        self.sessions_per_curve = 0
        self.fails: Exception | None = None
        self.statuses: tuple[Status, ...] = ("mastered", "practising", "not_started")

    def summaries(self) -> tuple[SessionSummary, ...]:
        found: list[SessionSummary] = []
        for session in self._practise.sessions.values():
            case = self._library.case(session.case_id)
            found.extend(
                SessionSummary(
                    session_id=session.id,
                    case_id=case.id,
                    case_title=case.title,
                    patient_name=self._library.persona(case.persona).identity.name,
                    started_at=session.started_at,
                    ended_at=branch.ended_at,
                    trainee_turns=sum(t.speaker == "trainee" for t in branch.path()),
                    has_self_rating=session.self_rating is not None,
                    leaf=branch.leaf,
                    attempt=number,
                )
                for number, branch in enumerate(session.attempts(), start=1)
            )
        return (*reversed(found), *self.past)

    def units(self) -> tuple[UnitProgress, ...]:
        made = []
        for i, unit in enumerate(COURSE.units):
            status = self.statuses[i]
            objectives = tuple(
                ObjectiveProgress(
                    unit_id=unit.id,
                    objective_id=o.id,
                    text=o.text,
                    met_in=("a",) * {"mastered": 2, "practising": 1}.get(status, 0),
                    needed=2,
                    within=3,
                    status=status,
                )
                for o in unit.objectives
            )
            is_open = i == 0 or self.statuses[i - 1] == "mastered"
            made.append(
                UnitProgress(
                    unit_id=unit.id,
                    title=unit.title,
                    is_open=is_open,
                    missing=() if is_open else (COURSE.units[i - 1].id,),
                    objectives=objectives,
                    sessions=0 if status == "not_started" else 2,
                    cases=tuple(UnitCase(case_id=each, sessions=i == 0) for i, each in enumerate(unit.cases)),
                    next_case=unit.cases[-1],
                )
            )
        return tuple(made)

    def open_with(self, actor: Actor, case_id: str) -> tuple[SessionSummary, ...]:
        patient = self._library.case(case_id).persona
        theirs = {case.id for case in self._library.cases() if case.persona == patient}
        return tuple(each for each in self._open() if each.case_id in theirs)

    def trainees(self, actor: Actor) -> tuple[str, ...]:
        return tuple(each for each in self._practise.stored.list_trainees() if may_access(actor, each))

    def _open(self) -> tuple[SessionSummary, ...]:
        return tuple(each for each in self.summaries() if each.ended_at is None)

    def home(self, actor: Actor) -> Home:
        if self.fails:
            raise self.fails
        cards = tuple(
            CaseCard(
                case_id=c.id,
                title=c.title,
                patient_name=self._library.persona(c.persona).identity.name,
                patient_age=self._library.persona(c.persona).identity.age,
                setting=c.setting,
                modality=c.modality,
                difficulty=c.difficulty,
                minutes=c.minutes,
                content_notes=self._library.persona(c.persona).content_notes,
                sessions=sum(s.case_id == c.id for s in self._practise.sessions.values()),
            )
            for c in sorted(self._library.cases(), key=lambda case: (case.difficulty, case.id))
        )
        courses = tuple(
            CurriculumProgress(curriculum_id=c.id, title=c.title, summary=c.summary, units=self.units())
            for c in self._library.curricula()
        )
        return Home(open_sessions=self._open(), curricula=courses, cases=cards)

    def progress(self, actor: Actor) -> Progress:
        if self.fails:
            raise self.fails
        return Progress(
            trainee_id=actor.person_id,
            generated_at=T0,
            sessions=self.summaries(),
            curves=self._curves(),
            units=self.units(),
        )

    def _curves(self) -> tuple[SkillCurve, ...]:
        shapes = (
            ("open_share", "Open questions", "share", 0.4, 0.06),
            ("reflection_to_question", "Reflections for every question", "ratio", 0.6, 0.14),
        )
        made = []
        for measure, label, unit, start, step in shapes:
            points = tuple(
                SkillPoint(
                    session_id=f"p{i}",
                    at=T0 + timedelta(days=i),
                    case_id="joe-first",
                    difficulty=2,
                    value=start + step * i - (0.08 if i % 2 else 0),
                    n=12,
                )
                for i in range(self.sessions_per_curve)
            )
            values = [p.value for p in points if p.value is not None]
            mean = sum(values) / len(values) if len(values) >= 3 else None
            band = (mean - step, mean + step) if mean is not None else (None, None)
            made.append(
                SkillCurve(
                    rubric="r",
                    measure=measure,
                    label=label,
                    unit=unit,
                    points=points,
                    defined=len(values),
                    mean=mean,
                    low=band[0],
                    high=band[1],
                )
            )
        return tuple(made)
