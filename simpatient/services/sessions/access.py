"""Who may read or change whose data. Every service that touches a person's data asks here, and nowhere else.

What an actor may not see is answered as if it did not exist, in the same words, so that nothing is revealed.
"""

from simpatient.domain.errors import UserFacingError
from simpatient.domain.people.actor import Actor
from simpatient.domain.session.session import Session, session_not_found
from simpatient.services.sessions.ports import SessionRepository


def may_access(actor: Actor, owner_id: str) -> bool:
    """Return whether an actor may read and change what belongs to a person.

    Everyone has access to their own data and to no one else's, whatever their role. Rules for other roles (what a
    supervisor may read, say) belong in this function.
    """
    return actor.person_id == owner_id


def session_of(sessions: SessionRepository, actor: Actor, session_id: str) -> Session:
    """Return a stored session to someone who may access it.

    Raises:
        NotFound: There is no such session, or it is not the actor's.
    """
    return accessible(actor, sessions.get(session_id))


def accessible(actor: Actor, session: Session) -> Session:
    """Return the session itself to someone who may access it.

    Raises:
        NotFound: It is not the actor's.
    """
    if not may_access(actor, session.trainee_id):
        raise session_not_found(session.id)
    return session


class OwnRatingNeeded(UserFacingError):
    """Feedback was asked for before the trainee's own rating was given."""


def has_own_rating(session: Session) -> bool:
    """Return whether the trainee has rated the session, so that feedback on it may be shown."""
    return session.self_rating is not None


def rated(session: Session) -> Session:
    """Return the session itself once the trainee has rated it: feedback seen first would colour that rating.

    Raises:
        OwnRatingNeeded: It has not been rated yet.
    """
    if not has_own_rating(session):
        action = f"Rate it when you look back at it in the window, or run `simpatient rate {session.id}`."
        raise OwnRatingNeeded("Your own rating of this session comes before any feedback.", action)
    return session
