"""The kinds of content there are: which model each file must fit, and how a file's kind is recognised."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simpatient.domain.assessment.codes import CodingScheme
from simpatient.domain.base import Value
from simpatient.domain.content.case import Case
from simpatient.domain.content.coaching import CoachingGuide
from simpatient.domain.content.curriculum import Curriculum
from simpatient.domain.content.drafting import DraftingGuide
from simpatient.domain.content.dynamics_table import DynamicsTable
from simpatient.domain.content.guard_rules import GuardRules
from simpatient.domain.content.intents import IntentBank
from simpatient.domain.content.patient_prompt import PatientPrompt
from simpatient.domain.content.persona import Persona
from simpatient.domain.content.prompts import Prompt
from simpatient.domain.content.rubric import Rubric
from simpatient.domain.learning.drill import Drill
from simpatient.domain.models.chat_models import ModelCatalogue


@dataclass(frozen=True)
class Kind:
    """One kind of content.

    Attributes:
        name: The kind in one word, as in manifests (``persona:ID``).
        folders: Names of folders that hold this kind.
        signs: Top-level fields that together distinguish this kind from the others.
    """

    name: str
    model: type[Value]
    folders: tuple[str, ...]
    signs: frozenset[str]


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("persona", Persona, ("personas",), frozenset({"identity", "formulation", "facts", "lines"})),
        Kind("case", Case, ("cases",), frozenset({"vignette", "persona", "presenting_problem"})),
        Kind("curriculum", Curriculum, ("curricula",), frozenset({"units"})),
        Kind("rubric", Rubric, ("rubrics",), frozenset({"criteria", "counts", "summaries", "license_tier"})),
        Kind("drill", Drill, ("drills",), frozenset({"stimuli", "expects", "max_words"})),
        Kind("intents", IntentBank, ("intents",), frozenset({"intents"})),
        Kind("scheme", CodingScheme, ("schemes",), frozenset({"codes", "source"})),
        Kind("dynamics", DynamicsTable, ("dynamics",), frozenset({"skilled", "harmful", "events"})),
        Kind("guard", GuardRules, ("guard",), frozenset({"rules"})),
        Kind("prompt", Prompt, ("prompts",), frozenset({"system", "ask", "judging", "quoting"})),
        Kind("drafting", DraftingGuide, ("drafting",), frozenset({"target", "needs", "sections", "choices"})),
        Kind("patient_prompt", PatientPrompt, ("patient-prompts",), frozenset({"system", "note", "acts", "begin"})),
        Kind("models", ModelCatalogue, ("catalogues",), frozenset({"models"})),
        Kind("coaching", CoachingGuide, ("debrief", "coaching"), frozenset({"tips", "too_short"})),
    )
}
_BY_FOLDER = {folder: kind for kind in KINDS.values() for folder in kind.folders}


def kind_by_folder(path: Path) -> Kind | None:
    """Return the kind the nearest telling folder in ``path`` stands for."""
    return next((_BY_FOLDER[part] for part in reversed(path.parts[:-1]) if part in _BY_FOLDER), None)


def kind_by_content(data: Any) -> Kind | None:
    """Return the kind of whose own fields the data has most, and at least half; None when there is none."""
    if not isinstance(data, Mapping):
        return None
    found = [(len(kind.signs & data.keys()), kind) for kind in KINDS.values()]
    likely = [(count, kind) for count, kind in found if 2 * count >= len(kind.signs)]
    return max(likely, key=lambda pair: pair[0])[1] if likely else None
