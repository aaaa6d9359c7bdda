"""What pages need, fetched in one go on the worker thread. No Qt, no widgets.

Each function makes blocking service calls and returns one frozen value. It names the services it calls, and no others.
"""

from dataclasses import dataclass, replace
from typing import Protocol

from simpatient.domain.assessment.codes import CodeNames
from simpatient.domain.assessment.debrief import Debrief
from simpatient.domain.assessment.writing import Exercise
from simpatient.domain.content.case import Case
from simpatient.domain.content.curriculum import Curriculum, CurriculumUnit
from simpatient.domain.content.persona import Persona
from simpatient.domain.content.rubric import Rubric
from simpatient.domain.learning.progress import SessionSummary
from simpatient.domain.people.actor import Actor
from simpatient.domain.session.session import Session
from simpatient.domain.session.session_drafts import SessionDraft
from simpatient.services.learning.progress import Home, ProgressService
from simpatient.services.ports import ContentLibrary
from simpatient.services.review.review import ReviewService
from simpatient.services.review.second_rating import RaterChoice, SecondRatingService
from simpatient.services.review.written_exercises import WrittenExerciseService
from simpatient.services.sessions.access import has_own_rating
from simpatient.services.sessions.played_content import played_case, played_persona
from simpatient.services.sessions.session_drafts import SessionDraftService


class StartServices(Protocol):
    """What the start page and a case before its session are read from."""

    library: ContentLibrary
    progress: ProgressService


class SessionDataServices(Protocol):
    """What a session is read from."""

    library: ContentLibrary
    session_drafts: SessionDraftService


class DebriefDataServices(SessionDataServices, Protocol):
    """What a debrief is read from."""

    review: ReviewService
    write: WrittenExerciseService
    judge: SecondRatingService


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


def load_start(services: StartServices, actor: Actor) -> StartData:
    """Fetch the start page."""
    courses: tuple[Curriculum, ...] = services.library.curricula()
    units = {(course.id, unit.id): unit for course in courses for unit in course.units}
    return StartData(services.progress.home(actor), units)


def load_case(library: ContentLibrary, case_id: str, curriculum_id: str | None, unit_id: str | None) -> CaseData:
    """Fetch a case, its persona and, inside a course, its unit."""
    case = library.case(case_id)
    return CaseData(case, library.persona(case.persona), _unit(library, curriculum_id, unit_id))


def load_case_to_begin(
    services: StartServices, actor: Actor, case_id: str, curriculum_id: str | None, unit_id: str | None
) -> CaseData:
    """Fetch a case as its files are now, with the sessions with the same patient that are still open."""
    services.library.refresh()
    still_open = services.progress.open_with(actor, case_id)
    return replace(load_case(services.library, case_id, curriculum_id, unit_id), open_sessions=still_open)


def _case_of(library: ContentLibrary, session: Session) -> CaseData:
    """Return the case a session is held with, in the version it was begun with."""
    case, persona = played_case(library, session), played_persona(library, session)
    return CaseData(case, persona, _unit(library, session.curriculum_id, session.unit_id))


def load_session(services: SessionDataServices, actor: Actor, session: Session) -> SessionData:
    """Fetch what the session page shows around a session."""
    case = _case_of(services.library, session)
    drafts = services.session_drafts.drafts(actor, session.id)
    return SessionData(session, case, CodeNames(services.library.schemes()), drafts)


def load_debrief(services: DebriefDataServices, actor: Actor, session_id: str, leaf: int | None = None) -> DebriefData:
    """Fetch a debrief; the feedback itself only once the trainee has given their own rating."""
    session = services.review.session(actor, session_id, leaf)
    case = _case_of(services.library, session)
    may_see = has_own_rating(session)
    return DebriefData(
        session=session,
        case=case,
        questions=services.review.questions(),
        names=CodeNames(services.library.schemes()),
        debrief=services.review.debrief_of(actor, session) if may_see else None,
        rubrics={card.rubric: services.library.rubric(card.rubric) for card in session.scorecards} if may_see else {},
        exercises=services.write.exercises_of(actor, session) if may_see else (),
        judges=services.judge.choices(actor, session_id) if may_see else (),
        drafts=services.session_drafts.drafts(actor, session_id),
    )


def _unit(library: ContentLibrary, curriculum_id: str | None, unit_id: str | None) -> CurriculumUnit | None:
    if curriculum_id is None or unit_id is None:
        return None
    for course in library.curricula():
        for unit in course.units:
            if course.id == curriculum_id and unit.id == unit_id:
                return unit
    return None
