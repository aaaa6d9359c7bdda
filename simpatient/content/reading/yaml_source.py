"""Safe YAML to plain data, remembering the line of every field. Knows nothing of what the data means.

Reads the event stream rather than the composed tree, so that depth, size, tags and anchors are refused
before anything is built. Plain scalars follow YAML 1.2: ``no``, ``on`` and dates stay text, because in
lines a patient says they nearly always are.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from simpatient.domain.errors import ContentError
from simpatient.runtime.files import FileTooLarge, read_plain_file

FieldPath = tuple[str | int, ...]

MAX_BYTES = 5_000_000
MAX_DEPTH = 60
MAX_VALUES = 200_000
# YAML's own set of printable characters; all others are refused, also when written as escapes.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_INTEGER = re.compile(r"[-+]?[0-9]{1,15}\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]{1,15}(\.[0-9]*)?)([eE][-+]?[0-9]{1,2})?\Z")
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class YamlSource:
    """Plain data of one file and where each field stands.

    Attributes:
        digest: SHA-256 of the very bytes that were parsed, in hexadecimal; '' where there is no file.
    """

    file: str
    data: Any
    lines: dict[FieldPath, int]
    digest: str = ""

    def line(self, path: FieldPath) -> int:
        """Return the 1-based line of a field, or of the nearest field around it."""
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, 1)

    def error(self, message: str, path: FieldPath = (), action: str = "", given: str = "") -> ContentError:
        """Return an error that points at a field; with an action, the message becomes a separate sentence."""
        if action and message[-1] not in ".!?":
            message += "."
        place = {"file": self.file, "field": field_name(path)}
        return ContentError(message, line=self.line(path), action=action, given=given, **place)


def field_name(path: FieldPath) -> str:
    """Return a path as authors write it: ``lines[3].say[0]``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def read_yaml(path: Path) -> YamlSource:
    """Read one file.

    Raises:
        ContentError: The file cannot be read, or is not one plain YAML document within the limits.
    """
    try:
        raw = read_plain_file(path, MAX_BYTES)
    except FileTooLarge as error:
        message = f"The file is larger than {MAX_BYTES // 1_000_000} MB."
        action = "Split it or remove what does not belong."
        raise ContentError(message, file=str(path), line=1, action=action) from error
    except OSError as error:
        raise ContentError(f"The file cannot be read ({error.strerror}).", file=str(path)) from error
    return parse_yaml(raw, str(path))


def parse_yaml(raw: bytes, file: str) -> YamlSource:
    """Parse the bytes of one file; ``file`` is only used in errors.

    Raises:
        ContentError: Not UTF-8, not one plain YAML document, or beyond the limits.
    """
    text = _decoded(raw, file)
    builder = _Builder(file)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.YAMLError as error:
        raise _syntax_error(error, file) from error
    return YamlSource(file, builder.finished(), builder.lines, sha256(raw).hexdigest())


def _decoded(raw: bytes, file: str) -> str:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ContentError("The text is not UTF-8.", file=file, line=line, action="Save it as UTF-8.") from error
    found = _UNPRINTABLE.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        raise ContentError(f"There is a control character ({found.group()!a}).", file=file, line=line)
    return text


def _syntax_error(error: yaml.YAMLError, file: str) -> ContentError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or "it cannot be parsed"
    action = "Check the indentation, the quotes and the colons here and just above."
    line = mark.line + 1 if mark else 1
    return ContentError(f"This is not valid YAML: {problem}.", file=file, line=line, action=action)


@dataclass(frozen=True)
class _Anchored:
    """A value another place may refer to, with how many values it holds and how deep it goes."""

    value: Any
    size: int = 1
    height: int = 0


@dataclass
class _Open:
    """A mapping or list that is being filled; ``counted`` is how many values there were before it."""

    value: dict[str, Any] | list[Any]
    path: FieldPath
    counted: int
    anchor: str | None = None
    key: str | None = None
    height: int = 1


@dataclass
class _Builder:
    """Builds plain data from parser events and refuses what content has no use for."""

    file: str
    lines: dict[FieldPath, int] = field(default_factory=dict)
    _stack: list[_Open] = field(default_factory=list)
    _roots: list[Any] = field(default_factory=list)
    _anchors: dict[str, _Anchored] = field(default_factory=dict)
    _count: int = 0

    def take(self, event: yaml.Event) -> None:
        """Take the next event of the stream."""
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.ScalarEvent):
            self._refuse_tag(event, line)
            self._scalar(event, line)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event.anchor or "", line)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._refuse_tag(event, line)
            self._open({} if isinstance(event, yaml.MappingStartEvent) else [], event.anchor, line)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close()
        elif isinstance(event, yaml.DocumentStartEvent) and self._roots:
            raise self._error("There is more than one document in the file.", line)

    def finished(self) -> Any:
        """Return the document's data."""
        if not self._roots:
            raise self._error("The file is empty.", 1)
        return self._roots[0]

    def _error(self, message: str, line: int, path: FieldPath = (), action: str = "") -> ContentError:
        return ContentError(message, file=self.file, line=line, field=field_name(path), action=action)

    def _refuse_tag(self, event: yaml.NodeEvent, line: int) -> None:
        tag = getattr(event, "tag", None)
        if tag is not None and tag != "!":
            raise self._error(f"Tags ({tag}) are not used here.", line, self._here(), "Leave out the tag.")

    def _counted(self, values: int, line: int) -> None:
        """Count values, written out or referred to, so that a small file cannot stand for a huge one."""
        self._count += values
        if self._count > MAX_VALUES:
            raise self._error(f"There are more than {MAX_VALUES} values in the file.", line)

    def _alias(self, name: str, line: int) -> None:
        target = self._anchors.get(name)
        if target is None:
            message = f"There is no finished value named &{name} above this line."
            raise self._error(message, line, self._here(), "Write it out.")
        self._counted(target.size, line)
        if len(self._stack) + target.height > MAX_DEPTH:
            raise self._error(f"The nesting is deeper than {MAX_DEPTH} levels.", line, self._here())
        self._place(target.value, line)
        self._raise_height(target.height)

    def _close(self) -> None:
        closed = self._stack.pop()
        if closed.anchor is not None:
            self._anchors[closed.anchor] = _Anchored(closed.value, self._count - closed.counted, closed.height)
        self._raise_height(closed.height)

    def _raise_height(self, inner: int) -> None:
        if self._stack:
            self._stack[-1].height = max(self._stack[-1].height, inner + 1)

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> None:
        self._counted(1, line)
        # Only double-quoted scalars have escapes; everything else was checked in the raw text.
        found = _UNPRINTABLE.search(event.value) if event.style == '"' else None
        if found:
            raise self._error(f"There is a control character ({found.group()!a}).", line, self._here())
        parent = self._stack[-1] if self._stack else None
        if parent and isinstance(parent.value, dict) and parent.key is None:
            self._key(parent, event.value, line)
        else:
            value = event.value if event.style else plain_scalar(event.value)
            self._place(value, line)
            if event.anchor is not None:
                self._anchors[event.anchor] = _Anchored(value)

    def _key(self, parent: _Open, key: str, line: int) -> None:
        if key in parent.value:
            first = self.lines[(*parent.path, key)]
            raise self._error(f'The field "{key}" is written twice (first in line {first}).', line, parent.path)
        parent.key = key
        self.lines[(*parent.path, key)] = line

    def _here(self) -> FieldPath:
        if not self._stack:
            return ()
        parent = self._stack[-1]
        if isinstance(parent.value, list):
            return (*parent.path, len(parent.value))
        return parent.path if parent.key is None else (*parent.path, parent.key)

    def _place(self, value: Any, line: int) -> FieldPath:
        path = self._here()
        # A field's line is that of its key, which is where an author looks for it.
        self.lines.setdefault(path, line)
        if not self._stack:
            self._roots.append(value)
            return path
        parent = self._stack[-1]
        if isinstance(parent.value, list):
            parent.value.append(value)
        elif parent.key is None:
            raise self._error("A field's name must be a plain word.", line, path)
        else:
            parent.value[parent.key] = value
            parent.key = None
        return path

    def _open(self, value: dict[str, Any] | list[Any], anchor: str | None, line: int) -> None:
        if len(self._stack) >= MAX_DEPTH:
            raise self._error(f"The nesting is deeper than {MAX_DEPTH} levels.", line)
        self._stack.append(_Open(value, self._place(value, line), self._count, anchor))
        self._counted(1, line)


def plain_scalar(text: str) -> Any:
    """Return the value of an unquoted scalar: nothing, true or false, a number, or the text itself."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.match(text):
        return int(text)
    return float(text) if _FLOAT.match(text) else text


def yaml_files(folder: Path) -> Iterator[Path]:
    """Yield the YAML files in a folder and below, sorted, hidden ones left out."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.suffix.lower() in {".yaml", ".yml"} and not hidden and path.is_file():
            yield path
