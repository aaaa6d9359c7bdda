"""The debrief's wording as data (``assets/debrief``): when to say what, and one possible better line."""

from typing import Literal

from pydantic import Field

from simpatient.domain.base import Value
from simpatient.domain.content.persona import Slug, Words
from simpatient.domain.content.rubric import Pattern


class CoachingTip(Value):
    """One thing worth keeping or changing.

    Attributes:
        codes: Utterance codes, or ids of the guide's patterns, of the turns the tip is about.
        when: Safe expression over the rubric engine's names; the tip applies when it is true.
        weight: Safe expression; among the tips that apply, the heaviest come first.
        pick: Which of the matching turns is shown: the most confident, the first, or (for harm) the worst.
        what: What happened; ``{quote}`` is the trainee's words, ``{patient}`` the patient's before it. Of a
            spoken turn ``{waited}`` is the quiet before it and ``{lasted}`` how long it was ("4 seconds").
        better_lines: Possible better lines; ``{patient_words}`` is a phrase of the patient's turn.
        unless: Codes that take a turn out of consideration.
        harm: Whether the tip is about something that can hurt; harm is shown before anything else.
        measure: Id of the count, criterion or summary the tip explains.
        drill: Id of the drill that practises this; '' when there is none.
    """

    id: Slug
    kind: Literal["keep", "change"]
    codes: tuple[str, ...] = Field(min_length=1)
    unless: tuple[str, ...] = ()
    when: Words
    weight: Words
    pick: Literal["confident", "first", "last"] = "confident"
    title: Words
    what: Words
    why: Words
    better_lines: tuple[Words, ...] = ()
    measure: str = ""
    next_step: Words
    drill: str = ""
    harm: bool = False


class CueKind(Value):
    """A kind of thing a patient says that asks to be taken up: a hint at risk, change talk, a rupture.

    Attributes:
        label: Its name in the plural, as a heading.
        codes: Talk types, or ids of the guide's patterns, of the patient's volleys that hold such a cue.
        answered_by: Utterance codes, or ids of patterns, with which a trainee takes it up.
        why: Why it is worth taking up.
        serious: Whether one passed over outweighs any number of others; these are shown first.
        drill: Id of the drill that practises taking it up; '' when there is none.
    """

    id: Slug
    label: Words
    codes: tuple[str, ...] = Field(min_length=1)
    answered_by: tuple[str, ...] = Field(min_length=1)
    why: Words
    serious: bool = False
    drill: str = ""


class CoachingGuide(Value):
    """All tips, and the words for a session too short to say anything about.

    Attributes:
        patterns: Moments the tips may name beside codes.
        cues: What the debrief follows from the patient's words to the trainee's answer.
        min_trainee_turns: With fewer trainee turns a session is too short.
    """

    schema_version: Literal[1] = 1
    id: Slug
    version: str
    scheme: Slug = "simpatient"
    patterns: tuple[Pattern, ...] = ()
    tips: tuple[CoachingTip, ...]
    cues: tuple[CueKind, ...] = ()
    min_trainee_turns: int = Field(default=3, ge=1)
    too_short: Words
    self_rating_questions: dict[str, str]
