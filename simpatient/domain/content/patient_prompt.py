"""How a chat model is instructed to play a patient: the wording, as data (``assets/patient-prompts``).

``system`` is said once and never changes in a session; ``note`` is the director's note of one turn and is
taken out of the model's memory afterwards. Knows no model and no template engine.
"""

import string
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from simpatient.domain.base import Value
from simpatient.domain.content.persona import Slug, Words

Wording = Annotated[str, StringConstraints(min_length=1, max_length=8000)]
SYSTEM_BLANKS = frozenset(
    {
        "name", "age", "gender", "pronouns", "culture", "languages", "work", "relationships", "living_situation",
        "presenting", "setting", "history", "wish", "expects", "reaction", "coping", "rules", "situations",
        "style", "vocabulary", "dialect", "fillers", "never_says", "samples",
    }
)  # fmt: skip
NOTE_BLANKS = frozenset(
    {"act", "reaction", "talk", "emotion", "style", "resistance", "tell", "may", "takes_back", "sentences", "words"}
)


class PatientPrompt(Value):
    """The wording of a generative patient's instructions.

    Attributes:
        system: The fixed prompt; every one of ``SYSTEM_BLANKS`` must stand in it.
        begin: What the user says first where a template wants the user to begin.
        note: The director's note; every one of ``NOTE_BLANKS`` must stand in it. A line of it whose blanks
            are all empty is left out.
        acts: What each act asks of the patient, by act.
        reactions: How each reaction shows, by reaction.
        talk: How change and sustain talk show, by talk type.
        resistance: How each form of resistance shows, by form.
        styles: How each style of speech sounds, by style.
        none: Stands for an empty list in ``system``.
    """

    schema_version: Literal[1] = 1
    id: Slug
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    system: Wording
    begin: Words
    note: Wording
    acts: dict[str, Words]
    reactions: dict[str, str]
    talk: dict[str, str]
    resistance: dict[str, str]
    styles: dict[str, Words]
    none: Words

    @model_validator(mode="after")
    def _has_every_blank(self) -> Self:
        for name, text, wanted in (("system", self.system, SYSTEM_BLANKS), ("note", self.note, NOTE_BLANKS)):
            found = {blank for _, blank, _, _ in string.Formatter().parse(text) if blank is not None}
            if found != wanted:
                wrong = ", ".join(sorted(found ^ wanted))
                raise ValueError(f"`{name}` must contain each of its placeholders and no others; check:  {wrong}")
        return self
