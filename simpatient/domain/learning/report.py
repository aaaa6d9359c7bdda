"""What a feedback report is made of."""

from datetime import datetime

from pydantic import Field

from simpatient.domain.assessment.codes import CodingScheme
from simpatient.domain.assessment.debrief import Debrief, DisclosureMap
from simpatient.domain.assessment.writing import Exercise
from simpatient.domain.base import Value
from simpatient.domain.content.case import Case
from simpatient.domain.content.persona import Persona
from simpatient.domain.content.rubric import Rubric
from simpatient.domain.session.session import Session


class SessionReport(Value):
    """Everything a session's feedback report shows; ``disclosure`` only once the trainee opened it.

    Attributes:
        self_rating_questions: The questions behind ``session.self_rating``, by id.
        schemes: Coding schemes, for the meaning of the transcript's code letters.
        exercises: Written exercises at which an attempt was made.
        trainee_name: What the trainee wants to be called; '' for their id.
    """

    session: Session
    case: Case
    persona: Persona
    rubrics: tuple[Rubric, ...]
    debrief: Debrief
    disclosure: DisclosureMap | None = None
    generated_at: datetime
    self_rating_questions: dict[str, str] = Field(default_factory=dict)
    schemes: tuple[CodingScheme, ...] = ()
    exercises: tuple[Exercise, ...] = ()
    trainee_name: str = ""
