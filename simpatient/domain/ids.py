"""Identifier types, so that a case id cannot be passed where a persona id is meant."""

from typing import NewType

PersonaId = NewType("PersonaId", str)
CaseId = NewType("CaseId", str)
CurriculumId = NewType("CurriculumId", str)
UnitId = NewType("UnitId", str)
ObjectiveId = NewType("ObjectiveId", str)
RubricId = NewType("RubricId", str)
CriterionId = NewType("CriterionId", str)
FactId = NewType("FactId", str)
TopicId = NewType("TopicId", str)
SessionId = NewType("SessionId", str)
TraineeId = NewType("TraineeId", str)
TurnIndex = NewType("TurnIndex", int)
