"""Rubric: counts, criteria, summaries and bands as data. No rubric is named in code."""

from typing import Annotated, Literal

from pydantic import Field

from simpatient.domain.base import Value
from simpatient.domain.content.persona import Slug, Words

Policy = Literal["auto", "estimate", "needs_review", "human_only"]
Op = Literal[">=", "<=", ">", "<"]


class Threshold(Value):
    """A band border with its source; bands are listed from lowest to highest."""

    label: Words
    op: Op
    value: float
    source: Words


class Pattern(Value):
    """A kind of moment to look for in a transcript; its id is a label that others may name.

    A volley (one speaker's uninterrupted speech) matches when all given conditions hold. In formulas
    ``<id>`` is how many volleys matched, ``<id>_chances`` how many could have (right speaker, ``after``
    and ``since`` hold) and ``first_<id>`` the position of the first, from 1, counting all volleys.

    Attributes:
        codes: Utterance codes, talk types or earlier patterns, one of which is present.
        phrases: Phrases, one of which is said (any case, whole words; a trailing ``*`` lets the last
            word go on).
        unless: Labels none of which is present.
        after: Labels, one of which the other speaker's volley just before carries.
        since: A label that must have occurred earlier in the session.
        part: Where in the session to look, as shares of its volleys: [0, 0.5] is the first half.
        min_confidence: How sure the coder has to be of an utterance with ``codes``, 0..1.
        at_least: How many utterances with ``codes`` the volley needs.
        in_a_row: From which volley of an unbroken run of matches on it counts.
        min_words: Words the volley needs.
        min_overlap: Share of the words of each coded utterance taken from the volley just before.
        waited: Quiet before the volley, seconds from and to, after the other's last word; needs spoken turns.
        breaks_in: The volley began while the other was speaking; needs spoken turns.
        lasts: Least length of the volley, seconds; needs spoken turns.
    """

    id: Slug
    speaker: Literal["trainee", "patient"] = "trainee"
    codes: tuple[str, ...] = ()
    phrases: tuple[Words, ...] = ()
    unless: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    since: str = ""
    part: tuple[float, float] = (0.0, 1.0)
    min_confidence: float = Field(default=0.0, ge=0.0, le=1.0)
    at_least: int = Field(default=1, ge=1)
    in_a_row: int = Field(default=1, ge=1)
    min_words: int = Field(default=0, ge=0)
    min_overlap: float = Field(default=0.0, ge=0.0, le=1.0)
    waited: tuple[float, float] | None = None
    breaks_in: bool = False
    lasts: float = Field(default=0.0, ge=0.0)


class Count(Value):
    """How often a behaviour was coded.

    Attributes:
        codes: Utterance codes, or ids of patterns, that count.
        unit: ``volley`` counts a trainee turn at most once; ``utterance`` counts each.
        unless: Codes whose presence in the same volley takes the count away (a complex reflection
            takes a simple one).
        repeats: ``once`` counts a line said again in the same words only the first time, so that
            repeating a good line gains nothing.
    """

    id: Slug
    label: Words
    codes: tuple[str, ...] = Field(min_length=1)
    unit: Literal["volley", "utterance"] = "volley"
    unless: tuple[str, ...] = ()
    speaker: Literal["trainee", "patient"] = "trainee"
    policy: Policy = "estimate"
    valence: Literal["consistent", "neutral", "inconsistent"] = "neutral"
    repeats: Literal["each", "once"] = "each"


class Summary(Value):
    """A formula over counts, criteria and measures.

    Attributes:
        formula: Safe expression over ids of counts, criteria, earlier summaries and measures.
        n: Expression for the number of observations behind the value.
        min_n: Below this the value is shown greyed as "too little to go on".
        unit: ``ratio``, ``share`` (0..1 shown as per cent), ``score``, ``count``, ``words``, ``turn``,
            ``seconds``, ``pace`` (words a minute).
        needs: ``times`` where it is made of times of turns: a typed session leaves it out altogether.
    """

    id: Slug
    label: Words
    formula: Words
    n: Words
    min_n: int = 1
    unit: Literal["ratio", "share", "score", "count", "words", "turn", "rate", "seconds", "pace"]
    needs: Literal["", "times"] = ""
    higher_is_better: bool | None = None
    thresholds: tuple[Threshold, ...] = ()
    explanation: Words
    evidence_codes: tuple[str, ...] = ()


class Driver(Value):
    """One influence on an estimated criterion: ``weight * saturating(value of formula)``.

    Attributes:
        formula: Safe expression giving about 0 (none) to 1 (plenty).
        weight: Scale points added at full strength; negative lowers.
        codes: Utterance codes shown as evidence for (or, with a negative weight, against).
    """

    formula: Words
    weight: float
    codes: tuple[str, ...] = ()


class LevelRule(Value):
    """One step of a ladder: the value a criterion gets when the condition holds.

    Attributes:
        when: Safe condition over measures, patterns and counts.
        codes: Labels whose words are shown as evidence for.
        against: Labels whose words are shown as evidence against.
    """

    value: float
    when: Words
    codes: tuple[str, ...] = ()
    against: tuple[str, ...] = ()


class Level(Value):
    """One level of a criterion's scale with its anchor in our own words."""

    value: float
    anchor: Words


class Criterion(Value):
    """A rated item. Starts at ``start`` and moves only with evidence.

    It is rated in one of three ways: ``drivers`` pull it up and down from ``start``; ``rules`` are tried
    in order and the first that holds gives the value; or what the trainee wrote after the session
    (``written``) is compared with what the case holds (``compare``).

    Attributes:
        critical_at: At this value or below the item is shown before all others, whatever they say.
        written: Id of the written answer that is judged; the item abstains until there is one.
        compare: Where the case holds what the answer is compared with, as a dotted path through the
            persona, such as ``formulation.protective``.
        options: The answers there are, from the least to the most, when one has to be chosen.
    """

    id: Slug
    label: Words
    question: Words
    scale: tuple[float, float]
    start: float
    step: float = 1.0
    levels: tuple[Level, ...]
    policy: Policy
    drivers: tuple[Driver, ...] = ()
    rules: tuple[LevelRule, ...] = ()
    critical_at: float | None = None
    written: str = ""
    compare: str = ""
    options: tuple[Words, ...] = ()
    min_trainee_turns: int = 6
    manual_locator: str = ""
    text_mode: Literal["rate", "not_applicable"] = "rate"
    human_reliability: str = ""

    def is_critical(self, value: float) -> bool:
        """Return whether a value is shown before all others."""
        return self.critical_at is not None and value <= self.critical_at

    def anchor(self, value: float) -> str:
        """Return the words for a value: the anchor of the highest level it reaches, '' below all."""
        reached = [level.anchor for level in self.levels if level.value <= value]
        return reached[-1] if reached else ""


class Rubric(Value):
    """An instrument as data, in our own words, with citation and licence tier."""

    schema_version: Literal[1] = 1
    id: Slug
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    title: Words
    label: Words
    citation: Words
    license_tier: int = Field(ge=1, le=4)
    disclaimer: Words
    scheme: Slug
    patterns: tuple[Pattern, ...] = ()
    counts: tuple[Count, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    summaries: tuple[Summary, ...] = ()
    overall: Words
