"""A written exercise as shown: what was written, what it earned, and what is in the case file on what was attempted.

Must not know any rubric by name, nor how writing is judged.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from simpatient.domain.assessment.writing import Attempt, Exercise, FieldResult, Held, Outcome
from simpatient.domain.content.rubric import Criterion
from simpatient.presentation.feedback.quotes import Quote, quote
from simpatient.presentation.feedback.scorecard import Measure, Rating, measure, rating
from simpatient.presentation.words.dates import date_and_time
from simpatient.presentation.words.numbers import percent, plural

IN_THE_CASE_FILE = "In the case file"
AFTER_REVEAL = "Written after the case file's entry on this field had been shown."
LEFT_EMPTY = "Left empty. The case file's entry stays closed until something is written."
_OUTCOMES: dict[Outcome, str] = {"met": "met", "partly": "partly met", "not_met": "not met"}


@dataclass(frozen=True, slots=True)
class CaseEntry:
    """One thing in the case file, and how far the writing met it.

    Attributes:
        outcome: In a word, for a sign or a colour.
        words: The same as it is shown, with the share that was met in part.
        quote: The trainee's words that came nearest, unless they are the whole answer.
    """

    text: str
    outcome: Outcome
    words: str
    quote: Quote | None


@dataclass(frozen=True, slots=True)
class WrittenField:
    """One field: what was written, what it earned, what is in the case file."""

    rating: Rating
    words: str
    is_choice: bool
    notes: tuple[str, ...]
    entries: tuple[CaseEntry, ...]


@dataclass(frozen=True, slots=True)
class WrittenExercise:
    """An attempt at a written exercise with its result."""

    title: str
    label: str
    disclaimer: str
    citation: str
    when: str
    figures: tuple[Measure, ...]
    fields: tuple[WrittenField, ...]


def newest_attempts(exercises: Sequence[Exercise]) -> tuple[WrittenExercise, ...]:
    """Return the newest attempt at each exercise that has one."""
    return tuple(written_exercise(each, each.attempts[-1]) for each in exercises if each.attempts)


def written_exercise(exercise: Exercise, attempt: Attempt) -> WrittenExercise:
    """Return an attempt with its result."""
    rubric, fields = exercise.rubric, {field.id: field for field in exercise.fields}
    summaries = {summary.id: summary for summary in rubric.summaries}
    known = [value for value in attempt.summaries if value.id in summaries]
    results = [result for result in attempt.results if result.score.id in fields]
    return WrittenExercise(
        title=rubric.title,
        label=rubric.label,
        disclaimer=rubric.disclaimer,
        citation=rubric.citation,
        when=_when(exercise, attempt),
        figures=tuple(measure(value, summaries[value.id], rubric) for value in known),
        fields=tuple(_field(result, fields[result.score.id], attempt) for result in results),
    )


def _when(exercise: Exercise, attempt: Attempt) -> str:
    many = len(exercise.attempts)
    return f"{f'Attempt {attempt.number} of {many}, ' if many > 1 else ''}{date_and_time(attempt.at)}"


def _field(result: FieldResult, field: Criterion, attempt: Attempt) -> WrittenField:
    text = attempt.texts.get(field.written, "")
    return WrittenField(
        rating=rating(result.score, field),
        words=text,
        is_choice=bool(field.options),
        notes=tuple(_notes(result)) if text else (LEFT_EMPTY,),
        entries=tuple(_entry(held, text) for held in result.held) if text else (),
    )


def _notes(result: FieldResult) -> list[str]:
    found = []
    if result.unread:
        found.append(
            f"{plural(result.unread, 'later statement was', 'later statements were')} not read: listing everything "
            "earns nothing. Put what matters most first."
        )
    if result.after_reveal:
        found.append(AFTER_REVEAL)
    if not result.held and result.score.unscored_reason:
        found.append(result.score.unscored_reason)
    return found


def _entry(held: Held, text: str) -> CaseEntry:
    share = f" ({percent(held.credit)})" if held.outcome == "partly" else ""
    # Words that are the whole answer stand just above already.
    is_complete = held.evidence is not None and held.evidence.quote == text.strip(" .!?;")
    shown = None if held.evidence is None or is_complete else quote(held.evidence)
    return CaseEntry(held.text, held.outcome, f"{_OUTCOMES[held.outcome]}{share}", shown)
