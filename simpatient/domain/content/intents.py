"""Intents: ordinary things trainees ask or do, recognised in any wording."""

from typing import Literal

from pydantic import Field

from simpatient.domain.base import Value
from simpatient.domain.content.persona import Slug, Words


class Intent(Value):
    """A question or move every patient should be able to answer.

    Attributes:
        kind: ``question`` asks for content; ``move`` does something (greets, asks permission,
            apologises); ``risk`` asks about safety.
        asks: At least eight wordings, varied in register and form.
        keywords: Words or phrases that alone decide, matched at word starts.
        continues: Asks the patient to continue with the current topic ("What was that like?").
    """

    id: Slug
    label: Words
    kind: Literal["question", "move", "risk"]
    asks: tuple[Words, ...] = Field(min_length=3)
    keywords: tuple[Words, ...] = ()
    continues: bool = False


class IntentBank(Value):
    """The intents all personas share."""

    schema_version: Literal[1] = 1
    id: Slug
    version: str
    intents: tuple[Intent, ...]
