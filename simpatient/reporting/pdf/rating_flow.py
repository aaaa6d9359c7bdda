"""Ratings, quotes and written exercises as PDF: what is critical and what was written look different.

Works on the view alone; must not know sessions, rubrics or files.
"""

from collections.abc import Iterable, Sequence

from reportlab.lib.colors import Color
from reportlab.platypus import Flowable, KeepTogether, Spacer

from simpatient.presentation.feedback.critical import HEADING, why
from simpatient.presentation.feedback.quotes import Quote, leading
from simpatient.presentation.feedback.scorecard import Rating
from simpatient.presentation.feedback.writing import IN_THE_CASE_FILE, CaseEntry, WrittenExercise, WrittenField
from simpatient.presentation.words.perspective import ABOUT_TRAINEE
from simpatient.reporting.pdf import layout
from simpatient.reporting.pdf.fonts import SLANTED, STRONG
from simpatient.reporting.pdf.layout import CELL_SOFT, QUOTE, SMALL, TEXT, URGENT, URGENT_TITLE, WRITTEN, Heading
from simpatient.reporting.pdf.text import TextRun, paragraph

QUOTE_LIMIT = 600


def quote_block(quote: Quote) -> Flowable:
    """Return a quote with where it stands; written words have a background and a sign that mark them."""
    against = [] if quote.supports else [TextRun("against  ", STRONG, layout.WARM)]
    words = TextRun(f"“{quote.text}”", SLANTED)
    if quote.is_written:
        where = TextRun(f"{quote.where}  ", STRONG, layout.NOTE)
        return layout.written(paragraph(WRITTEN, where, *against, words, limit=QUOTE_LIMIT))
    where = TextRun(f"{quote.where}  ", STRONG, layout.SOFT)
    return paragraph(QUOTE, where, *against, words, limit=QUOTE_LIMIT)


def rating_block(rating: Rating) -> Flowable:
    """Return a rated criterion with what it rests on."""
    if rating.is_critical:
        return _critical_block(rating)
    quotes = [quote_block(quote) for quote in leading(rating.quotes)]
    return layout.card([*_value_lines(rating), *quotes], _color(rating))


def critical_parts(ratings: Sequence[Rating]) -> Iterable[Flowable]:
    """Return the section of everything critical; nothing when nothing is."""
    if ratings:
        yield Heading(HEADING)
        yield paragraph(layout.LEAD_IN, why(ABOUT_TRAINEE))
        yield from (_critical_block(rating) for rating in ratings)


def exercise_parts(exercise: WrittenExercise) -> Iterable[Flowable]:
    """Return the section of a written exercise."""
    lead_in = paragraph(layout.LEAD_IN, TextRun(f"{exercise.label}. ", STRONG), exercise.disclaimer)
    yield from layout.before_table(f"{exercise.title}: what was written", lead_in)
    figures = tuple((each.label, each.reason or each.value) for each in exercise.figures)
    yield layout.pairs((("Written", exercise.when), *figures), label_width=200)
    yield Spacer(1, 8)
    yield from (_field_block(field) for field in exercise.fields)
    yield paragraph(SMALL, exercise.citation)


def _critical_block(rating: Rating) -> Flowable:
    parts: list[Flowable] = [
        paragraph(URGENT_TITLE, f"{HEADING}: {rating.label}", limit=200),
        paragraph(URGENT, TextRun(rating.value, STRONG), f" · {rating.sureness}", limit=QUOTE_LIMIT),
        paragraph(URGENT, rating.anchor or rating.question, limit=QUOTE_LIMIT),
        *(quote_block(quote) for quote in leading(rating.quotes)),
    ]
    return KeepTogether([layout.critical(parts), Spacer(1, 8)])


def _value_lines(rating: Rating) -> list[Flowable]:
    font, color = (STRONG, layout.INK) if rating.is_scored else ("", layout.SOFT)
    value = TextRun(rating.value_words, font, color)
    sureness = TextRun(f" · {rating.sureness}" if rating.sureness else "", "", layout.SOFT)
    return [
        paragraph(layout.CARD_TITLE, rating.label, limit=200),
        paragraph(TEXT, value, sureness, limit=QUOTE_LIMIT),
        paragraph(CELL_SOFT, rating.question, limit=QUOTE_LIMIT),
    ]


def _field_block(field: WrittenField) -> Flowable:
    parts = _value_lines(field.rating)
    if field.words:
        where = TextRun("Written afterwards  ", STRONG, layout.NOTE)
        parts.append(layout.written(paragraph(WRITTEN, where, field.words, limit=layout.CELL_LIMIT)))
    parts += [paragraph(CELL_SOFT, note) for note in field.notes]
    if field.entries:
        parts.append(paragraph(TEXT, TextRun(IN_THE_CASE_FILE, STRONG)))
    parts += [_entry_line(entry) for entry in field.entries]
    return layout.card(parts, _color(field.rating))


def _entry_line(entry: CaseEntry) -> Flowable:
    near = f", nearest: “{entry.quote.text}”" if entry.quote is not None else ""
    spans = (TextRun(f"  {entry.words}", STRONG), TextRun(near, "", layout.SOFT))
    return paragraph(TEXT, entry.text, *spans, limit=QUOTE_LIMIT)


def _color(rating: Rating) -> Color:
    return layout.ACCENT if rating.is_scored else layout.LINE
