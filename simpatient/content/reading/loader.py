"""Reads one content file into a domain value, every mistake with file, line and field.

Checks the schema only; what must hold between fields and files is in ``checks``.
"""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TypeVar, cast

from pydantic import ValidationError

from simpatient.content.reading.kinds import KINDS, Kind, kind_by_content, kind_by_folder
from simpatient.content.reading.problem_wording import explain
from simpatient.content.reading.yaml_source import YamlSource, read_yaml
from simpatient.domain.assessment.codes import CodingScheme
from simpatient.domain.base import Value
from simpatient.domain.content.case import Case
from simpatient.domain.content.coaching import CoachingGuide
from simpatient.domain.content.curriculum import Curriculum
from simpatient.domain.content.dynamics_table import DynamicsTable
from simpatient.domain.content.guard_rules import GuardRules
from simpatient.domain.content.intents import IntentBank
from simpatient.domain.content.persona import Persona
from simpatient.domain.content.rubric import Rubric
from simpatient.domain.errors import ContentError
from simpatient.domain.learning.drill import Drill

AnyValue = TypeVar("AnyValue", bound=Value)


@dataclass(frozen=True)
class LoadedFile:
    """One content file as read: its value, or what is wrong with it.

    Attributes:
        kind: None when it cannot be told.
        source: None when the file is not readable YAML.
        value: None when there are problems.
    """

    path: Path
    kind: Kind | None
    source: YamlSource | None
    value: Value | None
    problems: tuple[ContentError, ...] = ()

    @property
    def item_id(self) -> str:
        """Return the id of the value, '' when there is none."""
        return str(getattr(self.value, "id", ""))


def load_file(path: Path, kind: Kind | None = None) -> LoadedFile:
    """Read a file of the given kind, or of the kind its fields or folder tell. Never raises."""
    # Only the folders right above it: somebody's whole work may lie under one that is called "drills".
    near = Path(*path.absolute().parts[-3:])
    try:
        source = read_yaml(path)
    except ContentError as error:
        return LoadedFile(path, kind or kind_by_folder(near), None, None, (error,))
    found = kind or kind_by_content(source.data) or kind_by_folder(near)
    if found is None:
        message = "It cannot be told what kind of content this is."
        unknown = source.error(message, action=f"Put it in a folder named {', '.join(_folders())}.")
        return LoadedFile(path, None, source, None, (unknown,))
    try:
        return LoadedFile(path, found, source, found.model.model_validate(source.data))
    except ValidationError as error:
        return LoadedFile(path, found, source, None, explain(error, source, found.model))


def _folders() -> list[str]:
    return [kind.folders[0] for kind in KINDS.values()]


def digest_of(loaded: LoadedFile) -> str:
    """Return ``version sha256`` of a loaded file, for manifests."""
    return f"{getattr(loaded.value, 'version', '')} {sha256(loaded.path.read_bytes()).hexdigest()}"


def _load(path: Path, model: type[AnyValue]) -> AnyValue:
    kind = next(kind for kind in KINDS.values() if kind.model is model)
    loaded = load_file(path, kind)
    if loaded.problems:
        raise loaded.problems[0]
    return cast(AnyValue, loaded.value)


def load_persona(path: Path) -> Persona:
    """Read a persona. Raises ``ContentError`` with the first mistake, as all loaders here do."""
    return _load(path, Persona)


def load_case(path: Path) -> Case:
    """Read a case."""
    return _load(path, Case)


def load_curriculum(path: Path) -> Curriculum:
    """Read a curriculum."""
    return _load(path, Curriculum)


def load_intents(path: Path) -> IntentBank:
    """Read the shared intents."""
    return _load(path, IntentBank)


def load_rubric(path: Path) -> Rubric:
    """Read a rubric."""
    return _load(path, Rubric)


def load_drill(path: Path) -> Drill:
    """Read a drill."""
    return _load(path, Drill)


def load_scheme(path: Path) -> CodingScheme:
    """Read a coding scheme."""
    return _load(path, CodingScheme)


def load_dynamics(path: Path) -> DynamicsTable:
    """Read the default steps of the patient's state."""
    return _load(path, DynamicsTable)


def load_guard(path: Path) -> GuardRules:
    """Read the guard's rules."""
    return _load(path, GuardRules)


def load_coaching(path: Path) -> CoachingGuide:
    """Read the debrief's wording."""
    return _load(path, CoachingGuide)
