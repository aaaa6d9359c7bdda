"""Curriculum: units, learning objectives tied to rubric criteria, prerequisites, mastery rules."""

from typing import Literal

from pydantic import Field

from simpatient.domain.base import Value
from simpatient.domain.content.persona import Slug, Words


class Target(Value):
    """What counts as meeting an objective in one session: a rubric's criterion, summary or count.

    Attributes:
        measure: Id of a criterion, summary or count of the rubric.
        min_n: Evidence needed before the value counts at all.
    """

    rubric: Slug
    measure: Slug
    op: Literal[">=", "<=", ">", "<"]
    value: float
    min_n: int = Field(default=1, ge=0)


class MasteryRule(Value):
    """An objective is mastered when met in ``sessions`` of the last ``within`` scored sessions."""

    sessions: int = Field(default=2, ge=1)
    within: int = Field(default=3, ge=1)
    different_cases: int = Field(default=1, ge=1)


class LearningObjective(Value):
    """Something a trainee can do afterwards, observable in a session."""

    id: Slug
    text: Words
    why: Words
    targets: tuple[Target, ...] = Field(min_length=1)
    mastery: MasteryRule = MasteryRule()


class CurriculumUnit(Value):
    """One step: reading, objectives and the cases to practise them on."""

    id: Slug
    title: Words
    summary: Words
    reading: tuple[Words, ...] = ()
    cases: tuple[Slug, ...] = Field(min_length=1)
    objectives: tuple[LearningObjective, ...] = Field(min_length=1)
    prerequisites: tuple[Slug, ...] = ()


class Curriculum(Value):
    """An ordered course of units."""

    schema_version: Literal[1] = 1
    id: Slug
    version: str
    title: Words
    summary: Words
    authors: tuple[Words, ...] = ()
    sources: tuple[Words, ...] = ()
    units: tuple[CurriculumUnit, ...] = Field(min_length=1)
