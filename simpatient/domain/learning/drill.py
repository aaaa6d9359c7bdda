"""Drill: one skill, practised line by line, with what was made of each try and when it is due again.

Drills are data (``assets/drills``); no drill is named in code. Feedback is about a line that was said. It is never a
grade of the person, so nothing here adds lines up to one.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from simpatient.domain.assessment.score import Evidence
from simpatient.domain.base import Value
from simpatient.domain.content.persona import Slug, Words
from simpatient.domain.content.rubric import Pattern

# How hard the work is set follows Rousmaniere (2016, Deliberate Practice for Psychotherapists; and the APA series
# "Essentials of Deliberate Practice"): too easy leads on, too hard leads back, a good challenge stays. The numbers
# below are ours: one line that came at once may be luck, and after three tries more of the same teaches little.
LEVELS = (1, 2, 3)
EASY_ROUNDS_TO_RISE = 2
TRIES_UNTIL_TOO_HARD = 3

Level = Annotated[int, Field(ge=LEVELS[0], le=LEVELS[-1])]
Verdict = Literal["met", "unmet", "unsure"]
Outcome = Literal["done", "not_yet", "unsure", "copied"]


class Expectation(Pattern):
    """What a try should have in it, and the words for when it has and when it has not."""

    met: Words
    unmet: Words


class Avoidance(Pattern):
    """What a try should not have in it, and the words for when it has."""

    said: Words


class Stimulus(Value):
    """A patient's words, which the try answers.

    Attributes:
        level: 1 to 3, rising.
        setting: Where this is said, in a sentence.
        hint: Shown only on request.
        expects: What this stimulus asks for beside what the drill does.
        better: Good answers to just these words, the best first.
    """

    id: Slug
    level: Level
    setting: Words
    patient: Words
    hint: Words
    expects: tuple[Expectation, ...] = ()
    better: tuple[Words, ...] = Field(min_length=2)


class Drill(Value):
    """One skill with its stimuli.

    Attributes:
        why: Why the skill matters.
        how: How it is done.
        patterns: Kinds of moments that ``expects`` and ``avoids`` may name beside codes.
        expects: What every try needs; all are needed. May name ``patterns``.
        avoids: What no try should have. May name ``patterns`` and ``expects``.
        max_words: A try with more words is too long for this skill.
    """

    schema_version: Literal[1] = 1
    id: Slug
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    title: Words
    why: Words
    how: Words
    citation: Words
    scheme: Slug
    patterns: tuple[Pattern, ...] = ()
    expects: tuple[Expectation, ...] = Field(min_length=1)
    avoids: tuple[Avoidance, ...] = ()
    max_words: int = Field(ge=5, le=200)
    stimuli: tuple[Stimulus, ...] = Field(min_length=1)

    def levels(self) -> tuple[int, ...]:
        """Return the levels that have a stimulus, rising."""
        return tuple(sorted({stimulus.level for stimulus in self.stimuli}))


class Finding(Value):
    """What became of one expectation, or of one thing to avoid, in a try.

    Attributes:
        words: What the trainee reads.
        heard: What the quoted words were coded as, in the coding scheme's words; '' when codes play no part.
        confidence: The coder's, 0..1; 1 when the words alone decide.
        evidence: The words it rests on; None when nothing was said that bears on it. Offsets are in the try.
    """

    id: str
    verdict: Verdict
    words: str
    heard: str = ""
    confidence: float = Field(ge=0.0, le=1.0)
    evidence: Evidence | None = None


class Feedback(Value):
    """What was made of one try.

    Attributes:
        outcome: ``done`` when everything expected was found and nothing spoke against it; ``copied`` when the try is
            a line that was shown before; ``unsure`` when the coder cannot decide and a person should.
        expected: One finding for each expectation, in the drill's order.
        avoided: One finding for each thing to avoid; ``met`` means that it was left out.
        is_parroted: The try gives the patient's own words back and adds nothing.
        better: One possible better line.
    """

    outcome: Outcome
    expected: tuple[Finding, ...]
    avoided: tuple[Finding, ...]
    words: int = Field(ge=0)
    max_words: int
    is_parroted: bool
    better: str

    @property
    def is_too_long(self) -> bool:
        """Whether the try has more words than the skill needs."""
        return self.words > self.max_words


class DrillTry(Value):
    """One try as stored: what was said to whom, and what was made of it.

    Attributes:
        round: Number of the round, from 1; a round is all tries at one stimulus in a row.
    """

    trainee_id: str
    drill_id: str
    drill_version: str
    stimulus_id: str
    level: Level
    round: int = Field(ge=1)
    text: str
    hint_seen: bool = False
    at: datetime
    coder: str
    feedback: Feedback

    model_config = {**Value.model_config, "str_strip_whitespace": False}


class Memory(Value):
    """How well a skill is kept, as the spacing keeps it.

    Attributes:
        stability: Days until the chance of doing it well again has fallen to 90 per cent.
        difficulty: 1 (easy) to 10.
        due: When to practise again.
    """

    stability: float = Field(gt=0)
    difficulty: float = Field(ge=1, le=10)
    last_at: datetime
    due: datetime


class Standing(Value):
    """How hard the work is set for a trainee, and when it is due; no measure of the person.

    Attributes:
        easy_in_a_row: Rounds at this level, one after the other, that went well at once.
    """

    level: Level = LEVELS[0]
    easy_in_a_row: int = Field(default=0, ge=0)
    memory: Memory | None = None


class DrillState(Value):
    """Where a trainee is in a drill.

    Attributes:
        round: The newest round, 0 before the first try.
        outcomes: Outcomes of the newest round's tries, in order.
        hint_seen: Whether the hint was shown before that round went well.
        before: The standing before the newest round; ``now`` follows from it and the round's tries alone.
        last_round: By stimulus id, the round in which it was practised last.
    """

    trainee_id: str
    drill_id: str
    round: int = Field(default=0, ge=0)
    outcomes: tuple[Outcome, ...] = ()
    hint_seen: bool = False
    before: Standing = Standing()
    now: Standing = Standing()
    last_round: dict[str, int] = Field(default_factory=dict)


def tries_needed(outcomes: Sequence[Outcome], *, hint_seen: bool) -> int | None:
    """Return which try of a round went well, from 1, or None when none did.

    A hint counts as a try. An uncertain try (``unsure``) counts neither for nor against.
    """
    told = [outcome for outcome in outcomes if outcome != "unsure"]
    return told.index("done") + 1 + hint_seen if "done" in told else None


def is_too_hard(outcomes: Sequence[Outcome]) -> bool:
    """Return whether a round shows that the level is too hard."""
    return "done" not in outcomes and sum(outcome == "not_yet" for outcome in outcomes) >= TRIES_UNTIL_TOO_HARD


def next_level(before: Standing, outcomes: Sequence[Outcome], *, hint_seen: bool, levels: Sequence[int]) -> Standing:
    """Return the standing after a round, its memory as it was.

    Args:
        before: The standing before the round.
        outcomes: The round's tries in order.
        hint_seen: Whether the hint was shown.
        levels: The drill's levels, rising.
    """
    if is_too_hard(outcomes):
        lower = [level for level in levels if level < before.level]
        return before.model_copy(update={"level": lower[-1] if lower else before.level, "easy_in_a_row": 0})
    needed = tries_needed(outcomes, hint_seen=hint_seen)
    if needed != 1:
        is_told = any(outcome != "unsure" for outcome in outcomes)
        return before.model_copy(update={"easy_in_a_row": 0}) if is_told else before
    easy = before.easy_in_a_row + 1
    higher = [level for level in levels if level > before.level]
    if easy >= EASY_ROUNDS_TO_RISE and higher:
        return before.model_copy(update={"level": higher[0], "easy_in_a_row": 0})
    return before.model_copy(update={"easy_in_a_row": easy})


def next_stimulus(drill: Drill, state: DrillState, leave_out: str = "") -> Stimulus:
    """Return what to practise next: at the level, or the nearest that has one, the longest not practised.

    Args:
        drill: The drill.
        state: Where the trainee is in it.
        leave_out: Id of a stimulus that has just been shown; it comes only when there is no other.
    """
    level = min(drill.levels(), key=lambda each: (abs(each - state.now.level), each))
    here = [stimulus for stimulus in drill.stimuli if stimulus.level == level]
    return min(here, key=lambda each: (each.id == leave_out, state.last_round.get(each.id, 0)))
