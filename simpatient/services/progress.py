"""Progress: what to practise next, and how a trainee's skills moved over sessions. Never a verdict."""

from collections.abc import Sequence

from simpatient.assessment.progress_curves import curves, units
from simpatient.domain.base import Value
from simpatient.domain.people import Actor
from simpatient.domain.progress import Progress, SessionSummary, UnitProgress
from simpatient.domain.session import Session
from simpatient.services.policy import may_access
from simpatient.services.ports import Clock, ContentLibrary, SessionRepository


class CaseCard(Value):
    """A case as the start page shows it."""

    case_id: str
    title: str
    patient_name: str
    patient_age: int
    setting: str
    modality: str
    difficulty: int
    minutes: int
    content_notes: tuple[str, ...]
    sessions: int


class CurriculumProgress(Value):
    """A curriculum and where the trainee stands in it."""

    curriculum_id: str
    title: str
    summary: str
    units: tuple[UnitProgress, ...]


class Home(Value):
    """Everything the start page shows."""

    open_session: SessionSummary | None
    curricula: tuple[CurriculumProgress, ...]
    cases: tuple[CaseCard, ...]


class ProgressService:
    """Reads sessions and content together."""

    def __init__(self, *, library: ContentLibrary, sessions: SessionRepository, clock: Clock) -> None:
        self._library = library
        self._sessions = sessions
        self._clock = clock

    def home(self, actor: Actor) -> Home:
        """Return what the start page shows: the open session, the curricula, the cases."""
        sessions = tuple(session.as_debriefed() for session in self._sessions.list_sessions(actor.person_id))
        latest = self._sessions.latest_open(actor.person_id)
        curricula = self._library.curricula()
        return Home(
            open_session=self._attempts(latest)[0] if latest else None,
            curricula=tuple(
                CurriculumProgress(curriculum_id=c.id, title=c.title, summary=c.summary, units=units(c, sessions))
                for c in curricula
            ),
            cases=self._cards(sessions),
        )

    def progress(self, actor: Actor) -> Progress:
        """Return every past session, the skill curves and the objectives of all curricula."""
        stored = self._sessions.list_sessions(actor.person_id)
        sessions = tuple(session.as_debriefed() for session in stored)
        difficulty = {case.id: case.difficulty for case in self._library.cases()}
        return Progress(
            trainee_id=actor.person_id,
            generated_at=self._clock.now(),
            sessions=tuple(attempt for session in stored for attempt in self._attempts(session)),
            curves=curves(sessions, self._library.rubrics(), difficulty),
            units=tuple(unit for c in self._library.curricula() for unit in units(c, sessions)),
        )

    def trainees(self, actor: Actor) -> tuple[str, ...]:
        """Return the ids of the trainees with sessions whose progress the actor may see."""
        return tuple(trainee for trainee in self._sessions.list_trainees() if may_access(actor, trainee))

    def _cards(self, sessions: Sequence[Session]) -> tuple[CaseCard, ...]:
        personas = {persona.id: persona for persona in self._library.personas()}
        cases = sorted(self._library.cases(), key=lambda case: (case.difficulty, case.id))
        return tuple(
            CaseCard(
                case_id=case.id,
                title=case.title,
                patient_name=personas[case.persona].identity.name,
                patient_age=personas[case.persona].identity.age,
                setting=case.setting,
                modality=case.modality,
                difficulty=case.difficulty,
                minutes=case.minutes,
                content_notes=personas[case.persona].content_notes,
                sessions=sum(session.case_id == case.id for session in sessions),
            )
            for case in cases
            if case.persona in personas
        )

    def _attempts(self, session: Session) -> list[SessionSummary]:
        """Return a row for the branch in use and for every other ended branch, newest attempt first."""
        whole = self._summary(session)
        seen: set[int] = set()
        rows: list[SessionSummary] = []
        for number, branch in enumerate(session.attempts(), start=1):
            path = branch.path()
            own = [turn.at for turn in path if turn.turn not in seen] or [turn.at for turn in path[-1:]]
            seen |= {turn.turn for turn in path}
            rows.append(
                whole.model_copy(
                    update={
                        "started_at": whole.started_at if number == 1 else own[0],
                        "ended_at": branch.ended_at,
                        "trainee_turns": sum(turn.speaker == "trainee" for turn in path),
                        "leaf": branch.leaf,
                        "attempt": number,
                    }
                )
            )
        return rows[::-1]

    def _summary(self, session: Session) -> SessionSummary:
        titles = {case.id: (case.title, case.persona) for case in self._library.cases()}
        names = {persona.id: persona.identity.name for persona in self._library.personas()}
        # A case may have been removed since; its sessions stay readable under its id.
        title, persona_id = titles.get(session.case_id, (session.case_id, ""))
        return SessionSummary(
            session_id=session.id,
            case_id=session.case_id,
            case_title=title,
            patient_name=names.get(persona_id, "–"),
            started_at=session.started_at,
            ended_at=session.ended_at,
            trainee_turns=0,
            unit_id=session.unit_id,
            has_self_rating=session.self_rating is not None,
        )
