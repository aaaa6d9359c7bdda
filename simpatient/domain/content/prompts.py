"""Prompts by which a chat model judges: wording, answers allowed and how far they are trusted, as data."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

import regex
from pydantic import Field, StringConstraints, field_validator, model_validator

from simpatient.domain.base import Value
from simpatient.domain.content.persona import Slug, Words
from simpatient.domain.limited_pattern import LimitedPattern, PatternError

_BLANK = re.compile(r"\{([a-z_]+)\}")
BLANKS = frozenset({"data", "count", "labels", "blank", "min_words", "max_quotes", "label", "question", "levels"})
Wording = Annotated[str, StringConstraints(min_length=1, max_length=8000)]


class Judging(Value):
    """How answers are drawn and counted.

    Attributes:
        samples: Answers drawn for each question; agreement among them is what confidence is made of.
        temperature: Of the draw.
        top_p: Of the draw.
        tokens_per_answer: Room for one label, or one criterion, with its quotes.
        doubt: Weight, in samples, of knowing nothing: as if so many more had been spread evenly.
        abstain_below: A label less sure than this is not given.
    """

    samples: int = Field(ge=1, le=64)
    temperature: float = Field(ge=0.0, le=2.0)
    top_p: float = Field(gt=0.0, le=1.0)
    tokens_per_answer: int = Field(ge=8)
    doubt: float = Field(gt=0.0)
    abstain_below: float = Field(ge=0.0, le=1.0)


class Quoting(Value):
    """What a quote must look like.

    Attributes:
        min_words: Words a quote needs (all of them, where less was said), so that it points at something.
        max_characters: The longest quote a model may give.
        max_quotes: How many it may give for one question.
    """

    min_words: int = Field(ge=1)
    max_characters: int = Field(ge=10)
    max_quotes: int = Field(default=1, ge=1)


class Prompt(Value):
    """One kind of question to a chat model.

    Attributes:
        system: Said first and shared by all requests.
        shared: Said after ``system`` and shared too; '' for nothing.
        ask: Said for each request. In it or in ``shared``, ``{data}`` stands alone on its line and
            becomes one line of JSON: what was said in the session.
        labels: Labels with their meaning that no coding scheme defines.
        context_turns: Turns before the one judged that are shown with it.
        instruction_like: Patterns (regular expressions, any case) of words aimed at the rater. Such
            a turn stays data like any other; it only cannot be quoted in favour, and asks for a person.
    """

    schema_version: Literal[1] = 1
    id: Slug
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    system: Wording
    shared: str = Field(default="", max_length=8000)
    ask: Wording
    labels: dict[str, Words] = Field(default_factory=dict)
    context_turns: int = Field(default=0, ge=0)
    judging: Judging
    quoting: Quoting
    instruction_like: tuple[Words, ...] = ()

    @field_validator("instruction_like")
    @classmethod
    def _patterns_compile(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            try:
                slow = LimitedPattern(pattern, regex.DOTALL).slow_on()
            except PatternError as error:
                raise ValueError(f'"{pattern}" is not a regular expression ({error})') from error
            if slow:
                raise ValueError(f'"{pattern}" takes too long on long lines (such as "{slow}...")')
        return patterns

    @field_validator("system", "shared", "ask")
    @classmethod
    def _blanks_are_known(cls, text: str) -> str:
        unknown = sorted(set(_BLANK.findall(text)) - BLANKS)
        if unknown:
            raise ValueError(f"{{{unknown[0]}}} is not one of the placeholders: {', '.join(sorted(BLANKS))}")
        return text

    @model_validator(mode="after")
    def _data_stands_alone(self) -> Self:
        lines = f"{self.shared}\n{self.ask}".splitlines()
        if [line.strip() for line in lines if "{data}" in line] != ["{data}"]:
            raise ValueError("{data} must appear exactly once, alone on its line, in `shared` or in `ask`")
        return self


def fill(template: str, values: Mapping[str, str]) -> str:
    """Return the template with its ``{blanks}`` filled in one pass, so that no value is filled in turn."""
    return _BLANK.sub(lambda match: values.get(match.group(1), match.group()), template)
