"""Review: the trainee's own rating first, then the debrief, then, in a separate step, the hidden case."""

from simpatient.assessment.debrief.debrief import disclosure, make_debrief
from simpatient.domain.assessment.debrief import Debrief, DisclosureMap
from simpatient.domain.errors import NotFound, UserFacingError
from simpatient.domain.people.actor import Actor
from simpatient.domain.ports import Coder
from simpatient.domain.session.session import SelfRating, Session
from simpatient.services.ports import Clock, ContentLibrary
from simpatient.services.sessions.access import accessible, has_own_rating, rated, session_of
from simpatient.services.sessions.played_content import played_persona
from simpatient.services.sessions.ports import SessionRepository
from simpatient.services.sessions.scorecards import coded_turns

RATING_SCALE = range(1, 6)


class ReviewService:
    """Looking back at a session."""

    def __init__(self, *, library: ContentLibrary, sessions: SessionRepository, coder: Coder, clock: Clock) -> None:
        self._library = library
        self._sessions = sessions
        self._coder = coder
        self._clock = clock

    def questions(self) -> dict[str, str]:
        """Return the self-rating questions by id."""
        return dict(self._library.coaching().self_rating_questions)

    def session(self, actor: Actor, session_id: str, leaf: int | None = None) -> Session:
        """Return a session with the scorecards of its branch in use, or as seen from another ended branch.

        Raises:
            NotFound: There is no such session, or no ended branch with this leaf.
        """
        return session_of(self._sessions, actor, session_id).on_branch(leaf)

    def latest_ended(self, actor: Actor) -> str:
        """Return the id of the newest session with an ended branch.

        Raises:
            NotFound: No session has been ended yet.
        """
        for session in map(self._sessions.get, self._sessions.session_ids(actor.person_id)):
            if session.is_ended or session.debriefed:
                return session.id
        raise NotFound("There is no ended session yet.", "Practise first: simpatient practise --case ID.")

    def rate_self(self, actor: Actor, session_id: str, rating: SelfRating) -> None:
        """Store the trainee's own rating, given before any score is shown. The first one is kept.

        Raises:
            UserFacingError: The session has not ended, or a rating is of no question or off the scale.
        """
        self._ended(actor, session_id)
        self.check_rating(rating)
        self._sessions.save_self_rating(session_id, rating)

    def need_unrated(self, actor: Actor, session_id: str) -> None:
        """Make sure that a rating of a session would be kept, before anybody is asked for one.

        Raises:
            UserFacingError: The session has not ended, or has an own rating already.
        """
        if has_own_rating(self._ended(actor, session_id)):
            raise UserFacingError("You have rated this session already.", "The first rating is kept.")

    def check_rating(self, rating: SelfRating) -> None:
        """Make sure that every rating answers a question, on the scale.

        Raises:
            UserFacingError: One does not.
        """
        questions = self.questions()
        for question, value in rating.ratings.items():
            if question not in questions or value not in RATING_SCALE:
                raise UserFacingError(
                    f"There is no rating {question} = {value}.",
                    f"Rate {', '.join(questions)} from {RATING_SCALE[0]} to {RATING_SCALE[-1]}.",
                )

    def debrief(self, actor: Actor, session_id: str, leaf: int | None = None) -> Debrief:
        """Return the feedback on a branch (the one in use when none is named), made from the transcript alone.

        Raises:
            OwnRatingNeeded: The trainee has not rated the session.
        """
        return self.debrief_of(actor, self.session(actor, session_id, leaf))

    def debrief_of(self, actor: Actor, session: Session, *, needs_own_rating: bool = True) -> Debrief:
        """Return the feedback on the branch in use of a session that was fetched already; raises as ``debrief``.

        ``needs_own_rating`` is False only for a session not practised here, such as one played from a file of lines.
        """
        accessible(actor, session)
        if needs_own_rating:
            rated(session)
        path = session.path()
        turns = coded_turns(path, self._coder)
        return make_debrief(session.id, path, turns, session.scorecards, self._library.coaching())

    def disclosure_map(self, actor: Actor, session_id: str, leaf: int | None = None) -> DisclosureMap:
        """Open the map of what the patient disclosed and held back on a branch, the one in use when none is named.

        It reveals the case, so that it was opened is stored: only from then on reports hold it, too.

        Raises:
            OwnRatingNeeded: The trainee has not rated the session.
        """
        session = rated(self.session(actor, session_id, leaf))
        if session.map_opened_at is None:
            self._sessions.open_map(session_id, self._clock.now())
        persona = played_persona(self._library, session)
        return disclosure(session.id, persona, session.path())

    def _ended(self, actor: Actor, session_id: str) -> Session:
        session = session_of(self._sessions, actor, session_id)
        if not session.is_ended and not session.debriefed:
            raise UserFacingError("This session has not ended yet.", "End it first, then rate it.")
        return session
