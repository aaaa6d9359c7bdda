"""Compares how two classes are called."""

import inspect
from typing import Any


def drift(real: type, fake: type, *, with_types: bool = True) -> list[str]:
    """Return the public methods of the real class that the fake lacks, or takes other arguments for."""
    return [
        f"{fake.__name__}.{name}"
        for name, member in inspect.getmembers_static(real)
        if not name.startswith("_") and not _stands_for(member, name, fake, with_types)
    ]


def _stands_for(member: Any, name: str, fake: type, with_types: bool) -> bool:
    there = inspect.getattr_static(fake, name, None)
    if not inspect.isfunction(member):  # a property may be a plain value as well
        return there is not None or name in getattr(fake, "__dataclass_fields__", ())
    return inspect.isfunction(there) and _arguments(member, with_types) == _arguments(there, with_types)


def _arguments(method: Any, with_types: bool) -> object:
    given = list(inspect.signature(method).parameters.values())[1:]
    return [(each.name, each.kind, each.default, with_types and each.annotation) for each in given]
