"""Ports of the use cases: what storage, content and reporting must offer."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from simpatient.domain.assessment.codes import CodingScheme
from simpatient.domain.content.case import Case
from simpatient.domain.content.coaching import CoachingGuide
from simpatient.domain.content.curriculum import Curriculum
from simpatient.domain.content.drafting import DraftingGuide
from simpatient.domain.content.dynamics_table import DynamicsTable
from simpatient.domain.content.guard_rules import GuardRules
from simpatient.domain.content.intents import IntentBank
from simpatient.domain.content.patient_prompt import PatientPrompt
from simpatient.domain.content.persona import Persona, PersonaCard
from simpatient.domain.content.prompts import Prompt
from simpatient.domain.content.rubric import Rubric
from simpatient.domain.errors import ContentError
from simpatient.domain.learning.drill import Drill
from simpatient.domain.models.chat_models import ModelCatalogue


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never go back, for durations."""
        ...


class ContentLibrary(Protocol):
    """Authored content, loaded and checked. Unknown ids raise ``NotFound`` naming what there is."""

    def personas(self) -> tuple[Persona, ...]:
        """Return all personas that load without errors, sorted by id."""
        ...

    def persona(self, persona_id: str) -> Persona:
        """Return one persona."""
        ...

    def persona_cards(self) -> tuple[PersonaCard, ...]:
        """Return what lists show of all personas, sorted by id; cheap however large they are."""
        ...

    def persona_as_played(self, persona_id: str, digest: str) -> Persona:
        """Return the version of a persona with this ``digest``; the present one where that is not kept."""
        ...

    def cases(self) -> tuple[Case, ...]:
        """Return all cases, sorted by id."""
        ...

    def case(self, case_id: str) -> Case:
        """Return one case."""
        ...

    def case_as_played(self, case_id: str, digest: str) -> Case:
        """Return the version of a case with this ``digest``; the present one where that is not kept."""
        ...

    def keep_played(self, kind: str, item_id: str) -> None:
        """Keep the present version of a persona or case for the sessions that are held with it."""
        ...

    def curricula(self) -> tuple[Curriculum, ...]:
        """Return all curricula, sorted by id."""
        ...

    def rubrics(self) -> tuple[Rubric, ...]:
        """Return all rubrics, sorted by id."""
        ...

    def rubric(self, rubric_id: str) -> Rubric:
        """Return one rubric."""
        ...

    def drills(self) -> tuple[Drill, ...]:
        """Return all drills, sorted by id."""
        ...

    def drill(self, drill_id: str) -> Drill:
        """Return one drill."""
        ...

    def intents(self) -> IntentBank:
        """Return the shared intents."""
        ...

    def schemes(self) -> tuple[CodingScheme, ...]:
        """Return the coding schemes."""
        ...

    def dynamics_table(self) -> DynamicsTable:
        """Return the default steps of the patient's state."""
        ...

    def guard_rules(self) -> GuardRules:
        """Return what the guard stops."""
        ...

    def coaching(self) -> CoachingGuide:
        """Return the debrief's wording."""
        ...

    def prompt(self, prompt_id: str) -> Prompt:
        """Return one prompt for a chat model that judges."""
        ...

    def drafting(self, guide_id: str) -> DraftingGuide:
        """Return how one kind of content is drafted for an author."""
        ...

    def patient_prompt(self) -> PatientPrompt:
        """Return how a chat model is instructed to play a patient."""
        ...

    def catalogues(self) -> tuple[ModelCatalogue, ...]:
        """Return the lists of recommended chat models, sorted by id."""
        ...

    def digest(self, kind: str, item_id: str) -> str:
        """Return ``version sha256`` of the bytes a content item was read from, for manifests."""
        ...

    def problems(self) -> tuple[ContentError, ...]:
        """Return what is wrong with the content files found."""
        ...

    def refresh(self) -> None:
        """Notice content that was added, changed or removed since it was read."""
        ...


OnChunk = Callable[[str], None]
