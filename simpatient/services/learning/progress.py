"""Progress: what to practise next, and how a trainee's skills moved over sessions. Never a verdict.

Scores of a session count only once the trainee has given their own rating of it: what is shown before would
colour that rating.
"""

from collections import Counter
from collections.abc import Sequence

from simpatient.assessment.learning.progress_curves import curves, units
from simpatient.domain.base import Value
from simpatient.domain.lazily import Lazily
from simpatient.domain.learning.practice_history import AttemptRow, PracticeHistory
from simpatient.domain.learning.progress import Progress, SessionSummary, UnitProgress
from simpatient.domain.people.actor import Actor
from simpatient.services.learning.ports import HistoryRepository
from simpatient.services.ports import Clock, ContentLibrary
from simpatient.services.sessions.access import may_access
from simpatient.services.sessions.ports import SessionRepository


class CaseCard(Value):
    """A case as the start page shows it.

    Attributes:
        patient_name: The persona's id when its file has a mistake.
        patient_age: None when the persona's file has a mistake; opening the case says which.
    """

    case_id: str
    title: str
    patient_name: str
    patient_age: int | None
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
    """Everything the start page shows; open sessions newest first."""

    open_sessions: tuple[SessionSummary, ...]
    curricula: tuple[CurriculumProgress, ...]
    cases: tuple[CaseCard, ...]

    @property
    def open_session(self) -> SessionSummary | None:
        """The newest open session."""
        return self.open_sessions[0] if self.open_sessions else None


class ProgressService:
    """Reads what was practised, and content, together."""

    def __init__(
        self, *, library: ContentLibrary, sessions: SessionRepository, history: HistoryRepository, clock: Clock
    ) -> None:
        self._library = library
        self._sessions = sessions
        self._history = history
        self._clock = clock

    def home(self, actor: Actor) -> Home:
        """Return what the start page shows: the open sessions, the curricula, the cases."""
        self._library.refresh()
        history = self._history.history(actor.person_id)
        known = {case.id for case in self._library.cases()}
        shown = history.of_rated_sessions
        return Home(
            open_sessions=tuple(self._summaries(history.open_attempts)),
            curricula=tuple(
                CurriculumProgress(curriculum_id=c.id, title=c.title, summary=c.summary, units=units(c, shown, known))
                for c in self._library.curricula()
            ),
            cases=self._cards(history),
        )

    def progress(self, actor: Actor) -> Progress:
        """Return every past session, the skill curves and the objectives of all curricula."""
        history = self._history.history(actor.person_id)
        shown = history.of_rated_sessions
        cases = self._library.cases()
        return Progress(
            trainee_id=actor.person_id,
            generated_at=self._clock.now(),
            sessions=self._summaries(history.attempts),
            curves=curves(shown, self._library.rubrics(), {case.id: case.difficulty for case in cases}),
            units=tuple(
                unit for c in self._library.curricula() for unit in units(c, shown, {case.id for case in cases})
            ),
        )

    def open_with(self, actor: Actor, case_id: str) -> tuple[SessionSummary, ...]:
        """Return the actor's open sessions with the patient of a case, newest first."""
        patient = self._library.case(case_id).persona
        theirs = {case.id for case in self._library.cases() if case.persona == patient}
        history = self._history.history(actor.person_id)
        return tuple(self._summaries([row for row in history.open_attempts if row.case_id in theirs]))

    def trainees(self, actor: Actor) -> tuple[str, ...]:
        """Return the ids of the trainees with sessions whose progress the actor may see."""
        return tuple(trainee for trainee in self._sessions.list_trainees() if may_access(actor, trainee))

    def _cards(self, history: PracticeHistory) -> tuple[CaseCard, ...]:
        personas = {card.id: card for card in self._library.persona_cards()}
        cases = sorted(self._library.cases(), key=lambda case: (case.difficulty, case.id))
        times: Counter[str] = Counter()
        for (_, _, case_id), places in history.places.items():
            times[case_id] += len(places)
        return tuple(
            CaseCard(
                case_id=case.id,
                title=case.title,
                patient_name=card.name if card else case.persona,
                patient_age=card.age if card else None,
                setting=case.setting,
                modality=case.modality,
                difficulty=case.difficulty,
                minutes=case.minutes,
                content_notes=card.content_notes if card else (),
                sessions=times[case.id],
            )
            for case, card in ((case, personas.get(case.persona)) for case in cases)
        )

    def _summaries(self, rows: Sequence[AttemptRow]) -> Sequence[SessionSummary]:
        titles = {case.id: (case.title, case.persona) for case in self._library.cases()}
        names = {card.id: card.name for card in self._library.persona_cards()}

        def summary(at: int) -> SessionSummary:
            row = rows[at]
            # A case may have been removed since; its sessions stay readable under its id.
            title, persona_id = titles.get(row.case_id, (row.case_id, ""))
            return SessionSummary(
                session_id=row.session_id,
                case_id=row.case_id,
                case_title=title,
                patient_name=names.get(persona_id, "–"),
                started_at=row.started_at,
                ended_at=row.ended_at,
                trainee_turns=row.trainee_turns,
                unit_id=row.unit_id,
                has_self_rating=row.is_rated,
                leaf=row.leaf,
                attempt=row.attempt,
            )

        return Lazily(len(rows), summary)
