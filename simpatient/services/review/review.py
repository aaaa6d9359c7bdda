"""Review: the trainee's own rating first, then the debrief, then, in a separate step, the hidden case."""

from simpatient.assessment.debrief.debrief import disclosure, make_debrief
from simpatient.domain.assessment.debrief import Debrief, DisclosureMap
from simpatient.domain.errors import NotFound
from simpatient.domain.people.actor import Actor
from simpatient.domain.ports import Coder
from simpatient.domain.session.session import SelfRating, Session
from simpatient.services.ports import ContentLibrary
from simpatient.services.sessions.access import session_of
from simpatient.services.sessions.played_content import played_persona
from simpatient.services.sessions.ports import SessionRepository
from simpatient.services.sessions.scorecards import coded_turns


class ReviewService:
    """Looking back at a session."""

    def __init__(self, *, library: ContentLibrary, sessions: SessionRepository, coder: Coder) -> None:
        self._library = library
        self._sessions = sessions
        self._coder = coder

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
        """Store the trainee's own rating, given before any score is shown."""
        session_of(self._sessions, actor, session_id)
        self._sessions.save_self_rating(session_id, rating)

    def debrief(self, actor: Actor, session_id: str, leaf: int | None = None) -> Debrief:
        """Return the feedback on a branch (the one in use when none is named), made from the transcript alone."""
        session = self.session(actor, session_id, leaf)
        path = session.path()
        turns = coded_turns(path, self._coder)
        return make_debrief(session.id, path, turns, session.scorecards, self._library.coaching())

    def disclosure_map(self, actor: Actor, session_id: str, leaf: int | None = None) -> DisclosureMap:
        """Return what the patient told and held back on a branch, the one in use when none is named."""
        session = self.session(actor, session_id, leaf)
        persona = played_persona(self._library, session)
        return disclosure(session.id, persona, session.path())
