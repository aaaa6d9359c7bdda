"""Ratings, quotes and written exercises as PDF: what is critical and what was written have a look of their own.

Works on the view alone; must not know sessions, rubrics or files.
"""

from collections.abc import Iterable, Sequence

from reportlab.lib.colors import Color
from reportlab.platypus import Flowable, KeepTogether, Spacer

from simpatient.presentation.critical import HEADING, why
from simpatient.presentation.perspective import ABOUT_TRAINEE
from simpatient.reporting import layout
from simpatient.reporting.fonts import SLANTED, STRONG
from simpatient.reporting.layout import CELL_SOFT, QUOTE, SMALL, TEXT, URGENT, URGENT_TITLE, WRITTEN, Heading
from simpatient.reporting.text import Span, paragraph
from simpatient.reporting.view import HeldThing, Quote, Rating, WrittenExercise, WrittenField

QUOTE_LIMIT = 600


def quote_block(quote: Quote) -> Flowable:
    """Return a quote with where it stands; written words have a ground and a sign of their own."""
    against = [] if quote.supports else [Span("against  ", STRONG, layout.WARM)]
    words = Span(f"“{quote.text}”", SLANTED)
    if quote.is_written:
        where = Span(f"{quote.where}  ", STRONG, layout.NOTE)
        return layout.written(paragraph(WRITTEN, where, *against, words, limit=QUOTE_LIMIT))
    where = Span(f"{quote.where}  ", STRONG, layout.SOFT)
    return paragraph(QUOTE, where, *against, words, limit=QUOTE_LIMIT)


def rating_block(rating: Rating) -> Flowable:
    """Return a rated criterion with what it rests on."""
    if rating.is_critical:
        return _critical_block(rating)
    return layout.card([*_value_lines(rating), *(quote_block(quote) for quote in rating.quotes)], _color(rating))


def critical_parts(ratings: Sequence[Rating]) -> Iterable[Flowable]:
    """Return the section of everything critical; nothing when nothing is."""
    if ratings:
        yield Heading(HEADING)
        yield paragraph(layout.LEAD_IN, why(ABOUT_TRAINEE))
        yield from (_critical_block(rating) for rating in ratings)


def exercise_parts(exercise: WrittenExercise) -> Iterable[Flowable]:
    """Return the section of a written exercise."""
    lead_in = paragraph(layout.LEAD_IN, Span(f"{exercise.label}. ", STRONG), exercise.disclaimer)
    yield from layout.before_table(f"{exercise.title}: what was written", lead_in)
    yield layout.pairs((("Written", exercise.when), *exercise.figures), label_width=200)
    yield Spacer(1, 8)
    yield from (_field_block(field) for field in exercise.fields)
    yield paragraph(SMALL, exercise.citation)


def _critical_block(rating: Rating) -> Flowable:
    parts: list[Flowable] = [
        paragraph(URGENT_TITLE, f"{HEADING}: {rating.label}", limit=200),
        paragraph(URGENT, Span(rating.value, STRONG), f" · {rating.sureness}", limit=QUOTE_LIMIT),
        paragraph(URGENT, rating.anchor or rating.question, limit=QUOTE_LIMIT),
        *(quote_block(quote) for quote in rating.quotes),
    ]
    return KeepTogether([layout.critical(parts), Spacer(1, 8)])


def _value_lines(rating: Rating) -> list[Flowable]:
    value = Span(rating.value, STRONG if rating.is_scored else "", layout.INK if rating.is_scored else layout.SOFT)
    sureness = Span(f" · {rating.sureness}" if rating.sureness else "", "", layout.SOFT)
    return [
        paragraph(layout.CARD_TITLE, rating.label, limit=200),
        paragraph(TEXT, value, sureness, limit=QUOTE_LIMIT),
        paragraph(CELL_SOFT, rating.question, limit=QUOTE_LIMIT),
    ]


def _field_block(field: WrittenField) -> Flowable:
    parts = _value_lines(field.rating)
    if field.words:
        where = Span("Written afterwards  ", STRONG, layout.NOTE)
        parts.append(layout.written(paragraph(WRITTEN, where, field.words, limit=layout.CELL_LIMIT)))
    parts += [paragraph(CELL_SOFT, note) for note in field.notes]
    if field.held:
        parts.append(paragraph(TEXT, Span("In the case file", STRONG)))
    parts += [_held_line(held) for held in field.held]
    return layout.card(parts, _color(field.rating))


def _held_line(held: HeldThing) -> Flowable:
    near = f", nearest: “{held.quote.text}”" if held.quote is not None else ""
    return paragraph(TEXT, held.text, Span(f"  {held.outcome}", STRONG), Span(near, "", layout.SOFT), limit=QUOTE_LIMIT)


def _color(rating: Rating) -> Color:
    return layout.ACCENT if rating.is_scored else layout.LINE
