"""People: who acts, and in which role. Must not know what anyone may do (``services.sessions.access``)."""

from typing import Literal

from pydantic import Field

from simpatient.domain.base import Value

Role = Literal["trainee", "supervisor", "author", "lived_experience_reviewer", "programme_admin"]


class Actor(Value):
    """The person on whose behalf a service is called.

    Attributes:
        person_id: Whose sessions, drills and consents these are.
        role: What the person is here as.
    """

    person_id: str = Field(min_length=1)
    role: Role = "trainee"
