"""The JSON schema of one section of a draft, made from the domain model that the section must fit.

Bounded in length everywhere, so that any model comes to an end. Must not know models or files.
"""

from collections.abc import Mapping, Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel, TypeAdapter

from simpatient.domain.content.drafting import DraftingGuide, Section

Schema = dict[str, Any]
_KEPT = ("type", "enum", "const", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern")


def item_model(target: type[BaseModel], section: Section) -> tuple[type[BaseModel], bool]:
    """Return the model a section's answer must fit, and whether the section is a list of them.

    Raises:
        KeyError: The target has no such field.
    """
    owner = _model_in(target.model_fields[section.each].annotation) if section.each else target
    annotation = owner.model_fields[section.path].annotation
    return _model_in(annotation), any(get_origin(one) is tuple for one in (annotation, *get_args(annotation)))


def section_schema(
    target: type[BaseModel], section: Section, guide: DraftingGuide, choices: Mapping[str, Sequence[str]]
) -> Schema:
    """Return the schema of a section's answer: an object, or ``{"items": [...]}`` for a list."""
    model, is_list = item_model(target, section)
    whole = TypeAdapter(model).json_schema()
    made = _Made(whole.get("$defs", {}), guide, choices)
    wanted = section.only or tuple(name for name in model.model_fields if name not in section.fixed)
    item = made.block({**whole, "properties": {name: whole["properties"][name] for name in wanted}})
    if not is_list:
        return item
    low, high = section.items
    items = {"type": "array", "items": item, "minItems": low, "maxItems": high}
    return {"type": "object", "properties": {"items": items}, "required": ["items"], "additionalProperties": False}


class _Made:
    """Schemas without references, each text and list with an end, known ids as choices."""

    def __init__(self, known: Mapping[str, Any], guide: DraftingGuide, choices: Mapping[str, Sequence[str]]) -> None:
        self._known = known
        self._guide = guide
        self._choices = choices

    def block(self, schema: Mapping[str, Any]) -> Schema:
        parts = {name: self._field(name, part) for name, part in schema["properties"].items()}
        kept = {name: part for name, part in parts.items() if part is not None}
        return {"type": "object", "properties": kept, "required": list(kept), "additionalProperties": False}

    def _field(self, name: str, schema: Mapping[str, Any]) -> Schema | None:
        chosen = self._guide.choices.get(name)
        if chosen is None:
            return self._part(schema)
        known = list(self._choices.get(chosen, ()))
        if not known:
            return None
        is_list = self._real(schema).get("type") == "array"
        return {"type": "array", "items": {"enum": known}, "minItems": 1, "maxItems": 2} if is_list else {"enum": known}

    def _real(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Follow references; of what may be left out take what it is when it is there."""
        while "$ref" in schema or "anyOf" in schema:
            if "$ref" in schema:
                schema = self._known[schema["$ref"].rpartition("/")[2]]
            else:
                schema = next(one for one in schema["anyOf"] if one.get("type") != "null")
        return schema

    def _part(self, schema: Mapping[str, Any]) -> Schema | None:
        schema = self._real(schema)
        if "properties" in schema:
            return self.block(schema)
        if schema.get("type") == "object":  # names not known beforehand are the author's to give
            return None
        kept = {name: schema[name] for name in _KEPT if name in schema}
        if schema.get("type") == "string" and "enum" not in schema and "const" not in schema:
            self._bound_text(kept)
        if schema.get("type") == "array":
            inner = schema.get("items") or {"type": "string"}
            kept |= {"items": self._part(inner), "minItems": max(1, schema.get("minItems", 1))}
            kept["maxItems"] = min(schema.get("maxItems", 3), max(3, kept["minItems"]))
        return kept

    def _bound_text(self, schema: Schema) -> None:
        most = min(schema.get("maxLength", self._guide.max_characters), self._guide.max_characters)
        if "pattern" in schema:  # of an id; not all engines take a pattern and a length together
            schema.pop("maxLength", None)
            schema.pop("minLength", None)
            schema["pattern"] = "^[a-z]{3,12}(_[a-z]{2,12})?$"
        else:
            schema |= {"minLength": 1, "maxLength": most}


def _model_in(annotation: Any) -> type[BaseModel]:
    for one in (annotation, *get_args(annotation)):
        if isinstance(one, type) and issubclass(one, BaseModel):
            return one
    raise KeyError(f"no block of fields in {annotation}")
