"""Checks that a criterion of a rubric can be rated at all, and only within its scale.

Names and formulas are checked in ``rubrics``. Must not know any particular rubric or file.
"""

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel

from simpatient.domain.content.persona import Persona
from simpatient.domain.content.rubric import Criterion

Problem = tuple[str, str]


def criterion_problems(criterion: Criterion) -> Iterator[Problem]:
    """Yield ``(field, what is wrong)`` for each mistake that lies within one criterion."""
    field = f"criteria.{criterion.id}"
    yield from _ways(criterion, field)
    yield from _values(criterion, field)
    yield from _written(criterion, field)


def holds_text(model: type[BaseModel], path: str) -> bool:
    """Return whether a dotted path through a model, lists on the way included, ends in text."""
    name, _, rest = path.partition(".")
    field = model.model_fields.get(name)
    return field is not None and any(_ends_in_text(kind, rest) for kind in _kinds(field.annotation))


def _ends_in_text(kind: Any, rest: str) -> bool:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return bool(rest) and holds_text(kind, rest)
    return not rest and kind is str


def _kinds(annotation: Any) -> Iterator[Any]:
    """Yield the plain types in an annotation: those of list items, options of a union and choices of text."""
    inner = [part for part in get_args(annotation) if part is not ...]
    if not inner:
        yield str if isinstance(annotation, str) else annotation
    for part in inner:
        yield from _kinds(part)


def _ways(criterion: Criterion, field: str) -> Iterator[Problem]:
    """A criterion is rated in one way; only a person's needs none."""
    ways = [name for name in ("drivers", "rules", "written") if getattr(criterion, name)]
    if len(ways) > 1:
        both = " and ".join(ways)
        yield f"{field}.{ways[1]}", f"A criterion is rated by drivers, by rules or from writing, not by {both}."
    if not ways and criterion.policy != "human_only":
        yield field, 'Nothing can rate this: give it drivers, rules or "written", or "policy: human_only".'
    for at, driver in enumerate(criterion.drivers):
        if driver.weight == 0:
            yield f"{field}.drivers.{at}.weight", "A driver with weight 0 moves nothing."
        if not driver.codes:
            yield f"{field}.drivers.{at}", "A driver needs codes: what moves a rating is shown with quotes."
    for at, rule in enumerate(criterion.rules):
        if not rule.codes and not rule.against:
            yield f"{field}.rules.{at}", 'A rule needs "codes" or "against": a value without quotes is never given.'


def _values(criterion: Criterion, field: str) -> Iterator[Problem]:
    low, high = criterion.scale
    if criterion.step <= 0:
        yield f"{field}.step", "The step must be more than 0."
    if low >= high:
        yield f"{field}.scale", f"The scale must go from low to high; {low:g} to {high:g} does not."
    else:
        yield from _beyond(criterion, field)
    values = [level.value for level in criterion.levels]
    for at, value in enumerate(values):
        if at and value <= values[at - 1]:
            yield f"{field}.levels.{at}.value", "Levels go from the lowest to the highest, each once."


def _beyond(criterion: Criterion, field: str) -> Iterator[Problem]:
    """Yield values outside the scale, which has to be a sound one."""
    low, high = criterion.scale
    within = f"must be within the scale ({low:g} to {high:g})"
    values = [(f"rules.{at}.value", rule.value) for at, rule in enumerate(criterion.rules)]
    values += [(f"levels.{at}.value", level.value) for at, level in enumerate(criterion.levels)]
    for name, value in (("start", criterion.start), *values):
        if not low <= value <= high:
            yield f"{field}.{name}", f"{within}; {value:g} is not."
    if criterion.critical_at is not None and not low <= criterion.critical_at < high:
        yield f"{field}.critical_at", f"{within} and below its top."


def _written(criterion: Criterion, field: str) -> Iterator[Problem]:
    if criterion.written and not criterion.compare:
        yield f"{field}.written", 'Say in "compare" where the case holds what this is compared with.'
    if not criterion.written and (criterion.compare or criterion.options):
        yield field, '"compare" and "options" need "written": the id of the answer that is judged.'
    if criterion.compare and not holds_text(Persona, criterion.compare):
        message = f'A patient has no text at "{criterion.compare}"; write for example "formulation.protective".'
        yield f"{field}.compare", message
    if len(criterion.options) == 1:
        yield f"{field}.options", "One option is no choice."
