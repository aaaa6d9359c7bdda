"""Says in plain words what is wrong with a field, from what the schema check found.

Knows pydantic's error kinds; knows no particular persona, case or rubric.
"""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from simpatient.content.reading.yaml_source import FieldPath, YamlSource
from simpatient.domain.errors import ContentError

MOST_ERRORS = 100
LONGEST_GIVEN = 80
_FORMS = {
    r"^\d+\.\d+\.\d+$": "must be three numbers such as 1.0.0",
    r"^[a-z0-9]+([-_][a-z0-9]+)*$": "must be lower-case letters and digits joined by - or _, such as first-talk",
}
_SIMPLE = {
    "string_type": "must be text",
    "string_unicode": "must be text",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a whole number of ordinary size",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be an ordinary number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "tuple_type": 'must be a list (each item on a line that starts with "- ")',
    "dict_type": "must be a block of fields (name: value)",
    "model_type": "must be a block of fields (name: value)",
    "model_attributes_type": "must be a block of fields (name: value)",
}
_WITH_LIMIT = {
    "greater_than_equal": ("must be at least {}", "ge"),
    "greater_than": ("must be more than {}", "gt"),
    "less_than_equal": ("must be at most {}", "le"),
    "less_than": ("must be less than {}", "lt"),
    "string_too_long": ("must be at most {} characters long", "max_length"),
    "too_long": ("must have at most {} items", "max_length"),
    "too_short": ("must have at least {} item(s)", "min_length"),
}


def explain(error: ValidationError, source: YamlSource, model: type[BaseModel]) -> tuple[ContentError, ...]:
    """Return one error per wrong field, in file order, the first ``MOST_ERRORS`` of them."""
    grouped: dict[FieldPath, list[ErrorDetails]] = {}
    for detail in error.errors(include_url=False):
        grouped.setdefault(_real_path(detail["loc"], source, detail["type"]), []).append(detail)
    around = {path[:size] for path in grouped for size in range(len(path))}
    telling = [path for path, details in grouped.items() if not _is_echo(path in around, details)]
    first = sorted(telling, key=source.line)[:MOST_ERRORS]
    return tuple(_one(path, grouped[path], source, model) for path in first)


def _real_path(loc: Sequence[str | int], source: YamlSource, kind: str) -> FieldPath:
    """Drop the steps pydantic adds for the members of a union; they are not in the file."""
    path: FieldPath = ()
    for number, step in enumerate(loc):
        is_absent_field = kind == "missing" and number == len(loc) - 1
        if (*path, step) in source.lines or is_absent_field:
            path = (*path, step)
    return path


def _is_echo(has_wrong_items: bool, details: list[ErrorDetails]) -> bool:
    """Whether a list only counts as too short because its items are wrong, which is said already."""
    return has_wrong_items and all(detail["type"] == "too_short" for detail in details)


def _one(path: FieldPath, details: list[ErrorDetails], source: YamlSource, model: type[BaseModel]) -> ContentError:
    first = details[0]
    name = str(first["loc"][-1]) if first["loc"] else ""
    if first["type"] == "missing":
        return source.error(f'missing field "{name}"', path[:-1])
    if first["type"] == "extra_forbidden":
        return source.error(f'unknown field "{name}"', path, _near(name, field_names(model, path[:-1])))
    if all(detail["type"] == "literal_error" for detail in details):
        return _not_one_of(path, details, source)
    return source.error(_sentence(first), path, _way_out(first), _given(first["input"]))


def _given(value: object) -> str:
    """Return what stands in the file, where it is short enough to be repeated."""
    if not isinstance(value, str | int | float):
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= LONGEST_GIVEN else f"{text[:LONGEST_GIVEN]} …"


def _not_one_of(path: FieldPath, details: list[ErrorDetails], source: YamlSource) -> ContentError:
    allowed = [word.strip("' ") for d in details for word in d["ctx"]["expected"].replace(" or ", ", ").split(",")]
    given = details[0]["input"]
    near = _near(given, allowed) if isinstance(given, str) else ""
    message = f"must be {'one of ' if len(allowed) > 1 else ''}{', '.join(allowed)}"
    return source.error(message, path, near, _given(given))


def _sentence(detail: ErrorDetails) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    if kind in _WITH_LIMIT:
        text, limit = _WITH_LIMIT[kind]
        value = context[limit]
        return text.format(f"{value:g}" if isinstance(value, float) else value)
    if kind == "string_too_short":
        return "must not be empty"
    if kind == "string_pattern_mismatch":
        return _FORMS.get(context["pattern"], f"must have the form {context['pattern']}")
    return detail["msg"].removeprefix("Value error, ")


def _way_out(detail: ErrorDetails) -> str:
    if detail["type"] == "string_type" and isinstance(detail["input"], bool | int | float):
        return "Put it in quotes."
    if detail["type"] == "string_type" and isinstance(detail["input"], Mapping):
        return "Text with a colon in it must be put in quotes."
    return ""


def _near(given: str, known: Sequence[str]) -> str:
    near = get_close_matches(given, known, n=1)
    return f'Did you mean "{near[0]}"?' if near else ""


def field_names(model: type[BaseModel], path: FieldPath) -> tuple[str, ...]:
    """Return the field names of the model found at ``path`` within ``model``; empty when there is none."""
    kind: Any = model
    for step in path:
        kind = _inner(kind, step)
    found = _model_in(kind)
    return tuple(found.model_fields) if found else ()


def _model_in(kind: Any) -> type[BaseModel] | None:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind
    if get_origin(kind) in {Annotated, Union, UnionType}:
        return next((found for arg in get_args(kind) if (found := _model_in(arg))), None)
    return None


def _inner(kind: Any, step: str | int) -> Any:
    """Return the annotation one step into an annotation."""
    model = _model_in(kind)
    if model and isinstance(step, str):
        known = model.model_fields.get(step)
        return known.annotation if known else None
    arguments = get_args(kind)
    if get_origin(kind) is dict:
        return arguments[1]
    return arguments[0] if arguments else None
