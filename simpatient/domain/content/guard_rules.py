"""What the guard stops, as data (``assets/guard``)."""

from typing import Literal

from pydantic import Field

from simpatient.domain.base import Value
from simpatient.domain.content.persona import Slug, Words

Section = Literal["identity", "formulation", "risk", "presentation", "facts", "said"]
EVERYWHERE: tuple[Section, ...] = ("identity", "formulation", "risk", "presentation", "facts")


class GuardRule(Value):
    """What one rule stops.

    Attributes:
        patterns: Python regular expressions, case-insensitive; ``{name}`` stands for the patient's first name.
        like: Sentences of the kind the rule stops, for generated lines: what comes near them in meaning and
            wording is stopped too ...
        above: ... when its score is above this; 1 is where such sentences lie, -1 the ordinary ones ...
        unless: ... unless one of these patterns is found in it, such as when the speaker refers only to themselves.
    """

    id: Slug
    meaning: Words
    patterns: tuple[Words, ...] = Field(min_length=1)
    like: tuple[Words, ...] = ()
    above: float = 0.3
    unless: tuple[Words, ...] = ()


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
    """A word (``(?P<word>...)``) that a line may use this way only when the persona's sections have it.

    Attributes:
        known_by: When given, patterns hold ``(?P<of>...)`` too, and only a word that the sections tie to
            others, and not to the one it is said of, is wrong.
    """

    id: Slug
    look_in: tuple[Section, ...] = EVERYWHERE
    known_by: tuple[Words, ...] = ()
    said_by: tuple[Words, ...] = Field(min_length=1)


class Nearness(Value):
    """When a generated sentence is too near a locked fact.

    With cosines between the sentence and the persona's own lines, its score is ``best * (nearest line of the
    fact) + several * (mean of its three nearest) - open * (nearest free line) - max(told * (nearest line of an
    open fact), around * (mean of the five nearest free lines))``.

    Attributes:
        threshold: Scores above it are stopped.
        shortest: Sentences of fewer words are not checked by themselves.
    """

    best: float
    several: float
    open: float
    told: float
    around: float
    threshold: float
    shortest: int = Field(ge=1)


class Meaning(Value):
    """How generated sentences are compared in meaning.

    Attributes:
        ordinary: What patients do say, beside the persona's own lines; the other side of every ``like``.
        wording: Weight of word pairs beside the meaning vectors.
        strictness: Ridge penalty; smaller follows the examples more closely.
        asides: Phrases without content, taken out before facts are compared.
    """

    ordinary: tuple[Words, ...] = Field(min_length=1)
    wording: float = Field(gt=0)
    strictness: float = Field(gt=0)
    nearness: Nearness
    asides: tuple[Words, ...] = ()


class GuardRules(Value):
    """All rules, in the order they are applied; generated lines are also held against ``meaning``, where given."""

    schema_version: Literal[1] = 1
    id: Slug
    version: str
    rules: tuple[GuardRule, ...]
    claims: tuple[Claim, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    mentions: tuple[Mention, ...] = ()
    meaning: Meaning | None = None
