"""Reports of a session or of a trainee's progress, as files."""

from collections.abc import Callable
from pathlib import Path

from simpatient.domain.errors import NotFound, UserFacingError
from simpatient.domain.learning.report import SessionReport
from simpatient.domain.people.actor import Actor
from simpatient.services.learning.progress import ProgressService
from simpatient.services.ports import Clock, ContentLibrary
from simpatient.services.review.ports import ReportWriter
from simpatient.services.review.review import ReviewService
from simpatient.services.review.written_exercises import WrittenExerciseService
from simpatient.services.sessions.played_content import played_case, played_persona


class ReportService:
    """Writes feedback and progress reports.

    Args:
        name_of: Returns what a person wants to be called; '' for their id.
    """

    def __init__(
        self,
        *,
        library: ContentLibrary,
        review: ReviewService,
        progress: ProgressService,
        write: WrittenExerciseService,
        writer: ReportWriter,
        clock: Clock,
        name_of: Callable[[Actor], str] = lambda actor: "",
    ) -> None:
        self._library = library
        self._review = review
        self._progress = progress
        self._write = write
        self._writer = writer
        self._clock = clock
        self._name_of = name_of

    def session(
        self,
        actor: Actor,
        session_id: str,
        *,
        pdf: Path | None = None,
        html: Path | None = None,
        with_disclosure: bool = False,
        leaf: int | None = None,
        needs_own_rating: bool = True,
    ) -> None:
        """Write a session's feedback report; with a PDF an HTML version is written beside it.

        Args:
            actor: Whose session it is.
            session_id: The session.
            pdf: Where the PDF goes.
            html: Where the HTML goes.
            with_disclosure: Open the map of what the patient held back. Once opened it is in every report.
            leaf: An ended branch that is not the one in use.
            needs_own_rating: False only for a session that was not practised, such as one played from a file of lines.

        Raises:
            OwnRatingNeeded: The trainee has not rated the session.
            UserFacingError: The session has not been ended, or a file cannot be written.
        """
        report = self.session_report(
            actor, session_id, with_disclosure=with_disclosure, leaf=leaf, needs_own_rating=needs_own_rating
        )
        self._writer.session(report, pdf=pdf, html=html or _beside(pdf))

    def session_report(
        self,
        actor: Actor,
        session_id: str,
        *,
        with_disclosure: bool = False,
        leaf: int | None = None,
        needs_own_rating: bool = True,
    ) -> SessionReport:
        """Return everything the feedback report shows: of an open retry, the newest attempt with a debrief."""
        session = self._review.session(actor, session_id, leaf).as_debriefed()
        if not session.scorecards:
            raise UserFacingError("This session has no feedback yet.", "End the session first, then export it.")
        debrief = self._review.debrief_of(actor, session, needs_own_rating=needs_own_rating)
        shows_map = with_disclosure or session.map_opened_at is not None
        case = played_case(self._library, session)
        return SessionReport(
            session=session,
            case=case,
            persona=played_persona(self._library, session),
            rubrics=tuple(self._library.rubric(rubric) for rubric in case.rubrics),
            debrief=debrief,
            disclosure=self._review.disclosure_map(actor, session_id, session.leaf) if shows_map else None,
            exercises=tuple(
                each
                for each in self._write.exercises_of(actor, session, needs_own_rating=needs_own_rating)
                if each.attempts
            ),
            generated_at=self._clock.now(),
            self_rating_questions=self._review.questions(),
            schemes=self._library.schemes(),
            trainee_name=self._name_of(actor),
        )

    def progress(
        self, actor: Actor, *, pdf: Path | None = None, csv: Path | None = None, html: Path | None = None
    ) -> None:
        """Write a trainee's progress over sessions; with a PDF an HTML version is written beside it.

        Raises:
            NotFound: There are no sessions of this trainee; nothing is written.
        """
        progress = self._progress.progress(actor).model_copy(update={"trainee_name": self._name_of(actor)})
        if not progress.sessions:
            message = f"There are no sessions for the trainee '{actor.person_id}' here, so there is nothing to report."
            raise NotFound(message, "Check the trainee id, or practise first.")
        self._writer.progress(progress, pdf=pdf, html=html or _beside(pdf), csv=csv)


def _beside(pdf: Path | None) -> Path | None:
    """Return where the HTML version of a PDF goes: what a screen reader cannot get from the PDF is in it."""
    return None if pdf is None else pdf.with_suffix(".html")
