"""Written exercises as shown: what was written, what it earned, and what the case holds of the fields attempted.

Must not know any rubric by name, nor how the view is printed.
"""

from collections.abc import Sequence

from simpatient.domain.rubric import Criterion
from simpatient.domain.writing import Attempt, Exercise, FieldResult, Held
from simpatient.presentation import dates, numbers, wording
from simpatient.reporting import view
from simpatient.reporting.instrument_view import quote, rating_of

OUTCOMES = {"met": "met", "partly": "partly met", "not_met": "not met"}
AFTER_REVEAL = "Written when the case's side of this field had been shown."
LEFT_EMPTY = "Left empty."


def written_exercises(exercises: Sequence[Exercise]) -> tuple[view.WrittenExercise, ...]:
    """Return the newest attempt at each exercise that has one."""
    return tuple(_exercise(exercise, exercise.attempts[-1]) for exercise in exercises if exercise.attempts)


def _exercise(exercise: Exercise, attempt: Attempt) -> view.WrittenExercise:
    rubric, fields = exercise.rubric, {field.id: field for field in exercise.fields}
    summaries = {summary.id: summary for summary in rubric.summaries}
    figures = tuple(
        (
            summaries[value.id].label,
            wording.summary_reason(value, summaries[value.id]) or wording.summary_words(value, summaries[value.id]),
        )
        for value in attempt.summaries
        if value.id in summaries
    )
    results = [result for result in attempt.results if result.score.id in fields]
    many = len(exercise.attempts) > 1
    return view.WrittenExercise(
        title=rubric.title,
        label=rubric.label,
        disclaimer=rubric.disclaimer,
        when=f"{f'Attempt {attempt.number}, ' if many else ''}{dates.date_and_time(attempt.at)}",
        figures=figures,
        fields=tuple(_field(result, fields[result.score.id], attempt) for result in results),
        citation=rubric.citation,
    )


def _field(result: FieldResult, field: Criterion, attempt: Attempt) -> view.WrittenField:
    notes = []
    if result.unread:
        notes.append(f"{numbers.plural(result.unread, 'later statement')} not read: naming everything earns nothing.")
    if result.after_reveal:
        notes.append(AFTER_REVEAL)
    words = attempt.texts.get(field.written, "")
    return view.WrittenField(
        rating=rating_of(result.score, field),
        words=words,
        notes=tuple(notes) if words else (LEFT_EMPTY,),
        held=tuple(_held(held) for held in result.held),
    )


def _held(held: Held) -> view.HeldThing:
    share = f" ({numbers.percent(held.credit)})" if held.outcome == "partly" else ""
    return view.HeldThing(
        text=held.text,
        outcome=f"{OUTCOMES[held.outcome]}{share}",
        quote=None if held.evidence is None else quote(held.evidence),
    )
