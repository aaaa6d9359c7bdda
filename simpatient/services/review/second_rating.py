"""Judge: a language model the user chooses each time rates an ended session again. None is chosen by default.

Never defaulted to the patient's own model: that one is offered last, and said to be the patient's.
"""

from simpatient.domain.assessment.score import Score
from simpatient.domain.base import Value
from simpatient.domain.cancellation import Cancellation
from simpatient.domain.people.actor import Actor
from simpatient.domain.ports import Coder, OnDone
from simpatient.services.ports import ContentLibrary
from simpatient.services.review.ports import Raters
from simpatient.services.sessions.access import rated, session_of
from simpatient.services.sessions.patient_models import judge_note
from simpatient.services.sessions.ports import SessionRepository
from simpatient.services.sessions.scorecards import ScorecardService, coded_turns, need_scorecards


class RaterChoice(Value):
    """A model that may rate a session.

    Attributes:
        id: As ``Raters.grader`` takes it.
        note: What has to be known before words go to a server; '' when they stay in the program.
        is_patients_own: Whether it spoke as the patient in this session.
    """

    id: str
    title: str
    note: str = ""
    is_patients_own: bool = False


class SecondRatingService:
    """Second readings of ended sessions."""

    def __init__(
        self,
        *,
        library: ContentLibrary,
        sessions: SessionRepository,
        scorecards: ScorecardService,
        judges: Raters,
        coder: Coder,
    ) -> None:
        self._library = library
        self._sessions = sessions
        self._scorecards = scorecards
        self._judges = judges
        self._coder = coder

    def choices(self, actor: Actor, session_id: str) -> tuple[RaterChoice, ...]:
        """Return the models that can be asked now, the patient's own last."""
        model = session_of(self._sessions, actor, session_id).manifest.model
        found = [
            RaterChoice(
                id=judge, title=title, note=judge_note(judge), is_patients_own=self._judges.is_same(judge, model)
            )
            for judge, title in self._judges.known()
        ]
        return tuple(sorted(found, key=lambda choice: choice.is_patients_own))

    def rate(
        self,
        actor: Actor,
        session_id: str,
        judge: str,
        *,
        leaf: int | None = None,
        cancel: Cancellation | None = None,
        on_done: OnDone | None = None,
    ) -> None:
        """Let a model rate every criterion of an ended branch's scorecards, and store what follows.

        All or nothing: when the model fails or is stopped half-way, the scorecards stay as they were.

        Args:
            actor: Who wants it.
            session_id: The session.
            judge: Which model, of ``choices``.
            leaf: The ended branch; the one in use when None.
            cancel: Stops it.
            on_done: Gets how many criteria are rated so far.

        Raises:
            UserFacingError: There are no scorecards to rate, or the trainee has not rated the session.
            ModelUnavailable: The model cannot be asked.
            Cancelled: ``cancel`` was set.
        """
        session = rated(need_scorecards(session_of(self._sessions, actor, session_id).on_branch(leaf)))
        turns = coded_turns(session.path(), self._coder)
        rubrics = [self._library.rubric(card.rubric) for card in session.scorecards]
        ratings: dict[str, tuple[Score, ...]] = {}
        before = 0
        # All ratings are collected before any is stored, so that a failure half-way leaves the scorecards alone.
        with self._judges.grader(judge) as grader:
            for rubric in (each for each in rubrics if each.criteria):
                counting = _counting(on_done, before)
                ratings[rubric.id] = grader.grade(turns, rubric, cancel=cancel, on_done=counting)
                before += len(rubric.criteria)
        self._scorecards.add_model_ratings(actor, session, ratings, judge)

    def rate_by_formulas(self, actor: Actor, session_id: str, *, leaf: int | None = None) -> None:
        """Put the program's own ratings back; what was judged from writing stays.

        Raises:
            UserFacingError: There are no scorecards, or the trainee has not rated the session.
        """
        session = rated(need_scorecards(session_of(self._sessions, actor, session_id).on_branch(leaf)))
        self._scorecards.rate_by_formulas(actor, session)

    def count(self, actor: Actor, session_id: str, *, leaf: int | None = None) -> int:
        """Return how many criteria there are to rate, for a progress bar."""
        session = session_of(self._sessions, actor, session_id).on_branch(leaf)
        return sum(len(card.criteria) for card in session.scorecards)


def _counting(on_done: OnDone | None, before: int) -> OnDone:
    def done(so_far: int) -> None:
        if on_done is not None:
            on_done(before + so_far)

    return done
