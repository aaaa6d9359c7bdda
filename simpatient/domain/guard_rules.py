"""What the guard stops, as data (``assets/guard``)."""

from typing import Literal

from pydantic import Field

from simpatient.domain.base import Value
from simpatient.domain.persona import Slug, Words

Section = Literal["identity", "formulation", "risk", "presentation", "facts"]
EVERYWHERE: tuple[Section, ...] = ("identity", "formulation", "risk", "presentation", "facts")


class GuardRule(Value):
    """A named family of patterns (Python regular expressions, case-insensitive)."""

    id: Slug
    meaning: Words
    patterns: tuple[Words, ...] = Field(min_length=1)


class ClaimValue(Value):
    """One answer to a claim.

    Attributes:
        known_by: Patterns in the persona's own sections that show this answer to be true.
        said_by: Patterns in a line that claim it.
    """

    id: Slug
    known_by: tuple[Words, ...] = ()
    said_by: tuple[Words, ...] = ()


class Claim(Value):
    """Something about a life that has one answer, such as whether there are children.

    Attributes:
        look_in: Sections of the persona in which the answer stands.
        otherwise: The answer when none is found there; nothing is checked when it is not given.
    """

    id: Slug
    look_in: tuple[Section, ...] = EVERYWHERE
    otherwise: Slug | None = None
    values: tuple[ClaimValue, ...] = Field(min_length=2)


class Quantity(Value):
    """A number that must be the persona's own.

    Patterns hold ``(?P<n>{number})``, where ``{number}`` stands for a number up to 199 in digits or
    words, and may hold ``(?P<of>...)`` when there is one such number for each name.
    """

    id: Slug
    look_in: tuple[Section, ...] = EVERYWHERE
    known_by: tuple[Words, ...] = Field(min_length=1)
    said_by: tuple[Words, ...] = Field(min_length=1)


class Mention(Value):
    """A word (``(?P<word>...)``) that a line may use this way only when the persona's sections have it."""

    id: Slug
    look_in: tuple[Section, ...] = EVERYWHERE
    said_by: tuple[Words, ...] = Field(min_length=1)


class GuardRules(Value):
    """All rules, in the order they are applied."""

    schema_version: Literal[1] = 1
    id: Slug
    version: str
    rules: tuple[GuardRule, ...]
    claims: tuple[Claim, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    mentions: tuple[Mention, ...] = ()
