"""What pages need, fetched in one go on the worker thread. No Qt, no widgets.

Each function makes blocking service calls and returns one frozen value.
"""

from dataclasses import dataclass, replace

from simpatient.domain.assessment.codes import CodeNames
from simpatient.domain.assessment.debrief import Debrief
from simpatient.domain.assessment.writing import Exercise
from simpatient.domain.content.case import Case
from simpatient.domain.content.curriculum import Curriculum, CurriculumUnit
from simpatient.domain.content.persona import Persona
from simpatient.domain.content.rubric import Rubric
from simpatient.domain.learning.progress import Progress, SessionSummary
from simpatient.domain.session.session import Session
from simpatient.domain.session.session_drafts import SessionDraft
from simpatient.services.application import App
from simpatient.services.learning.progress import Home
from simpatient.services.review.second_rating import RaterChoice
from simpatient.services.sessions.access import has_own_rating
from simpatient.services.sessions.played_content import played_case, played_persona


@dataclass(frozen=True, slots=True)
class StartData:
    """The start page: what is open, the courses with their content, the cases."""

    home: Home
    units: dict[tuple[str, str], CurriculumUnit]


@dataclass(frozen=True, slots=True)
class CaseData:
    """A case before its session; before a new one, with those with the same patient that are still open."""

    case: Case
    persona: Persona
    unit: CurriculumUnit | None = None
    open_sessions: tuple[SessionSummary, ...] = ()

    @property
    def objectives(self) -> tuple[str, ...]:
        """What to practise: the unit's objectives inside a course, else the case's own."""
        if self.unit is not None:
            return tuple(objective.text for objective in self.unit.objectives)
        return self.case.objectives


@dataclass(frozen=True, slots=True)
class SessionData:
    """A session with the case it belongs to."""

    session: Session
    case: CaseData
    names: CodeNames
    drafts: tuple[SessionDraft, ...] = ()


@dataclass(frozen=True, slots=True)
class DebriefData:
    """A debrief with what its numbers and codes are called."""

    session: Session
    case: CaseData
    questions: dict[str, str]
    names: CodeNames
    debrief: Debrief | None
    rubrics: dict[str, Rubric]
    exercises: tuple[Exercise, ...] = ()
    judges: tuple[RaterChoice, ...] = ()
    drafts: tuple[SessionDraft, ...] = ()


def load_start(app: App) -> StartData:
    """Fetch the start page."""
    courses: tuple[Curriculum, ...] = app.library.curricula()
    units = {(course.id, unit.id): unit for course in courses for unit in course.units}
    return StartData(app.progress.home(app.actor), units)


def load_case(app: App, case_id: str, curriculum_id: str | None, unit_id: str | None) -> CaseData:
    """Fetch a case, its persona and, inside a course, its unit."""
    case = app.library.case(case_id)
    return CaseData(case, app.library.persona(case.persona), _unit(app, curriculum_id, unit_id))


def load_case_to_begin(app: App, case_id: str, curriculum_id: str | None, unit_id: str | None) -> CaseData:
    """Fetch a case with the sessions with the same patient that are still open."""
    still_open = app.progress.open_with(app.actor, case_id)
    return replace(load_case(app, case_id, curriculum_id, unit_id), open_sessions=still_open)


def _case_of(app: App, session: Session) -> CaseData:
    """Return the case a session is held with, in the version it was begun with."""
    case, persona = played_case(app.library, session), played_persona(app.library, session)
    return CaseData(case, persona, _unit(app, session.curriculum_id, session.unit_id))


def load_session(app: App, session: Session) -> SessionData:
    """Fetch what the session page shows around a session."""
    case = _case_of(app, session)
    drafts = app.session_drafts.drafts(app.actor, session.id)
    return SessionData(session, case, CodeNames(app.library.schemes()), drafts)


def load_debrief(app: App, session_id: str, leaf: int | None = None) -> DebriefData:
    """Fetch a debrief; the feedback itself only once the trainee has given their own rating."""
    session = app.review.session(app.actor, session_id, leaf)
    case = _case_of(app, session)
    may_see = has_own_rating(session)
    return DebriefData(
        session=session,
        case=case,
        questions=app.review.questions(),
        names=CodeNames(app.library.schemes()),
        debrief=app.review.debrief_of(app.actor, session) if may_see else None,
        rubrics={card.rubric: app.library.rubric(card.rubric) for card in session.scorecards} if may_see else {},
        exercises=app.write.exercises_of(app.actor, session) if may_see else (),
        judges=app.judge.choices(app.actor, session_id) if may_see else (),
        drafts=app.session_drafts.drafts(app.actor, session_id),
    )


def load_progress(app: App) -> Progress:
    """Fetch all past sessions, curves and objectives."""
    return app.progress.progress(app.actor)


def _unit(app: App, curriculum_id: str | None, unit_id: str | None) -> CurriculumUnit | None:
    if curriculum_id is None or unit_id is None:
        return None
    for course in app.library.curricula():
        for unit in course.units:
            if course.id == curriculum_id and unit.id == unit_id:
                return unit
    return None
