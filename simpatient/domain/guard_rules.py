"""What the guard stops, as data (``assets/guard``)."""

from typing import Literal

from pydantic import Field

from simpatient.domain.base import Value
from simpatient.domain.persona import Slug, Words


class GuardRule(Value):
    """A named family of patterns (Python regular expressions, case-insensitive)."""

    id: Slug
    meaning: Words
    patterns: tuple[Words, ...] = Field(min_length=1)


class GuardRules(Value):
    """All rules, in the order they are applied."""

    schema_version: Literal[1] = 1
    id: Slug
    version: str
    rules: tuple[GuardRule, ...]
