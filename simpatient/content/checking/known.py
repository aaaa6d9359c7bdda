"""What content may refer to: the ids and codes that exist. Knows no files."""

from collections.abc import Collection
from dataclasses import dataclass, field
from difflib import get_close_matches

from simpatient.domain.assessment.codes import CodingScheme
from simpatient.domain.content.case import Case
from simpatient.domain.content.dynamics_table import DynamicsTable
from simpatient.domain.content.guard_rules import GuardRules
from simpatient.domain.content.intents import IntentBank
from simpatient.domain.content.persona import Persona
from simpatient.domain.content.rubric import Rubric


@dataclass(frozen=True)
class Known:
    """Everything a content item can be checked against. What is not loaded is None and not checked."""

    personas: frozenset[str] = frozenset()
    cases: dict[str, Case] = field(default_factory=dict)
    rubrics: dict[str, Rubric] = field(default_factory=dict)
    schemes: dict[str, CodingScheme] = field(default_factory=dict)
    drills: frozenset[str] = frozenset()
    intents: IntentBank | None = None
    dynamics: DynamicsTable | None = None
    guard: GuardRules | None = None

    @property
    def trainee_codes(self) -> frozenset[str]:
        """Return the codes a trainee's words can get."""
        return frozenset(c.code for s in self.schemes.values() for c in s.codes if c.speaker == "trainee")

    @property
    def events(self) -> frozenset[str]:
        """Return the events of a trainee turn that the dynamics table names."""
        return frozenset(self.dynamics.events) if self.dynamics else frozenset()

    def intent_ids(self, *kinds: str) -> frozenset[str]:
        """Return the ids of the intents of these kinds, of all kinds when none is given."""
        intents = self.intents.intents if self.intents else ()
        return frozenset(intent.id for intent in intents if not kinds or intent.kind in kinds)

    def topics_of(self, persona: Persona) -> frozenset[str]:
        """Return what this persona can be asked about: the shared intents and its own topics."""
        return self.intent_ids() | {topic.id for topic in persona.topics}


def measures_of(rubric: Rubric) -> frozenset[str]:
    """Return the ids of all a rubric gives: counts, criteria and summaries."""
    return frozenset(item.id for group in (rubric.counts, rubric.criteria, rubric.summaries) for item in group)


def suggestion(given: str, known: Collection[str]) -> str:
    """Return the way out for an unknown id: the nearest known one, or all of them when they are few."""
    near = get_close_matches(given, sorted(known), n=1)
    if near:
        return f'Did you mean "{near[0]}"?'
    return f"There are: {', '.join(sorted(known))}." if 0 < len(known) <= 12 else ""
