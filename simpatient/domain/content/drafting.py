"""How a chat model is asked to draft content for an author, section by section: the wording, as data.

Who the patient is in the world (name, age, gender, culture ...) and who answers for the content come from the
author alone: a guide that asks a model for them is refused.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from simpatient.domain.base import Value
from simpatient.domain.content.persona import Slug, Words

Wording = Annotated[str, StringConstraints(min_length=1, max_length=8000)]
# What a model never writes, wherever it stands at the top of an item.
AUTHORS_OWN = frozenset({"schema_version", "version", "status", "identity", "content_notes", "reviewed_by", "authors"})
STORY = "story"


class Section(Value):
    """One question to the model, small enough for a small one.

    Attributes:
        path: Top-level field that is drafted, or, with ``each``, a field of each of its items.
        each: Top-level list whose items are gone through; '' for none.
        ask: What is asked.
        only: Fields that are asked for; all when empty.
        fixed: Values of the other fields, not asked for.
        items: Fewest and most items, for a list.
        sees: Top-level fields drafted earlier that are shown along with the author's own words.
    """

    path: Slug
    each: str = ""
    ask: Wording
    only: tuple[str, ...] = ()
    fixed: dict[str, Any] = Field(default_factory=dict)
    items: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]] = (1, 3)
    sees: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _is_not_the_authors(self) -> Self:
        if not self.each and self.path in AUTHORS_OWN:
            raise ValueError(f"`{self.path}` comes from the author, never from a model")
        if self.items[0] > self.items[1]:
            raise ValueError("`items` must go from the fewest to the most")
        return self


class DraftingGuide(Value):
    """How one kind of content is drafted.

    Attributes:
        target: The kind of content that comes out.
        system: Said first.
        data: How the author's words are introduced; ``{data}`` becomes one line of JSON.
        needs: Top-level fields the author must give, beside the story.
        shows: Top-level fields of the author that every question shows.
        choices: By name of a field, the set of known ids from which its values are chosen: ``topic``, ``code``,
            ``case`` or ``target``.
        remarks: Comments at the head of the draft.
        max_characters: Longest text a model may give.
        tries: How often one question is asked until the answer has the right form.
    """

    schema_version: Literal[1] = 1
    id: Slug
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    target: Literal["persona", "curriculum"]
    system: Wording
    data: Wording
    needs: tuple[str, ...]
    shows: tuple[str, ...]
    start: dict[str, Any] = Field(default_factory=dict)
    choices: dict[str, Literal["topic", "code", "case", "target"]] = Field(default_factory=dict)
    sections: tuple[Section, ...] = Field(min_length=1)
    remarks: tuple[Words, ...] = Field(min_length=1)
    max_characters: int = Field(ge=20, le=2000)
    tokens: int = Field(ge=64)
    temperature: float = Field(ge=0.0, le=2.0)
    top_p: float = Field(gt=0.0, le=1.0)
    tries: int = Field(ge=1, le=5)

    @field_validator("data")
    @classmethod
    def _has_its_blank(cls, text: str) -> str:
        if [line.strip() for line in text.splitlines() if "{data}" in line] != ["{data}"]:
            raise ValueError("{data} must appear exactly once, alone on its line")
        return text


class Todo(Value):
    """Something a draft still lacks: where, and why."""

    path: tuple[str | int, ...]
    why: Words


class Draft(Value):
    """What came out: plain data in the order of its fields, and what is left to the author."""

    target: str
    data: dict[str, Any]
    remarks: tuple[str, ...]
    todos: tuple[Todo, ...]
    model: str

    model_config = {**Value.model_config, "str_strip_whitespace": False}
