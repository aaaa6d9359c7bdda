"""Case: a persona in a setting, with what the trainee is to practise."""

from typing import Literal

from pydantic import Field

from simpatient.domain.base import Value
from simpatient.domain.content.persona import Slug, Words


class Case(Value):
    """What the trainee reads before the session, and what the session is scored with.

    Attributes:
        vignette: The referral as a trainee would read it; gives nothing gated away.
        objectives: Learning objective texts for a session outside a curriculum.
        rubrics: Rubric ids, the main one first.
    """

    schema_version: Literal[1] = 1
    id: Slug
    version: str
    title: Words
    persona: Slug
    setting: Words
    presenting_problem: Words
    vignette: Words
    first_line_by: Literal["patient", "trainee"] = "patient"
    modality: Words
    difficulty: int = Field(ge=1, le=5)
    minutes: int = Field(default=20, ge=1, le=120)
    objectives: tuple[Words, ...] = Field(min_length=1)
    rubrics: tuple[Slug, ...] = Field(min_length=1)
