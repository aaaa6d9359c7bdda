"""Reads one content file into a domain value, every mistake with file, line and field.

Checks the schema only; what must hold between fields and files is in ``checks``.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast

from pydantic import ValidationError

from simpatient.content.reading.kinds import KINDS, Kind, kind_by_content, kind_by_folder
from simpatient.content.reading.problem_wording import explain
from simpatient.content.reading.yaml_source import YamlSource, parse_yaml, read_yaml
from simpatient.domain.base import Value
from simpatient.domain.errors import ContentError

AnyValue = TypeVar("AnyValue", bound=Value)


@dataclass(frozen=True)
class LoadedFile:
    """One content file as read: its value, or what is wrong with it.

    Attributes:
        kind: None when it cannot be determined.
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

    @property
    def intended_id(self) -> str:
        """Return the id the author meant, as far as it can be determined: the one written, else the file's name."""
        data = self.source.data if self.source else None
        written = data.get("id") if isinstance(data, dict) else None
        return written if isinstance(written, str) else self.path.stem

    @property
    def digest(self) -> str:
        """Return ``version sha256``, for manifests; the hash is that of the bytes that were parsed."""
        return f"{getattr(self.value, 'version', '')} {self.source.digest if self.source else ''}"


def load_file(path: Path, kind: Kind | None = None) -> LoadedFile:
    """Read a file of the given kind, or of the kind its fields or folder show. Never raises."""
    # Only the folders right above it: a user's whole work may lie under a folder called "drills".
    near = Path(*path.absolute().parts[-3:])
    try:
        source = read_yaml(path)
    except ContentError as error:
        return LoadedFile(path, kind or kind_by_folder(near), None, None, (error,))
    return _validated(path, source, kind, near)


def parse_file(path: Path, raw: bytes, kind: Kind) -> LoadedFile:
    """Return what the bytes of a file of the given kind hold. Never raises."""
    try:
        return _validated(path, parse_yaml(raw, str(path)), kind, path)
    except ContentError as error:
        return LoadedFile(path, kind, None, None, (error,))


def _validated(path: Path, source: YamlSource, kind: Kind | None, near: Path) -> LoadedFile:
    found = kind or kind_by_content(source.data) or kind_by_folder(near)
    if found is None:
        message = "It is not clear what kind of content this is."
        unknown = source.error(message, action=f"Put it in a folder named {', '.join(_folders())}.")
        return LoadedFile(path, None, source, None, (unknown,))
    try:
        return LoadedFile(path, found, source, found.model.model_validate(source.data))
    except ValidationError as error:
        return LoadedFile(path, found, source, None, explain(error, source, found.model))


def load_content(path: Path, model: type[AnyValue]) -> AnyValue:
    """Read one file that must be content of the given kind.

    Raises:
        ContentError: The first mistake in it.
    """
    kind = next(kind for kind in KINDS.values() if kind.model is model)
    loaded = load_file(path, kind)
    if loaded.problems:
        raise loaded.problems[0]
    return cast(AnyValue, loaded.value)


def _folders() -> list[str]:
    return [kind.folders[0] for kind in KINDS.values()]
