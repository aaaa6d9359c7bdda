"""How a talk was spoken, printed: lead-in, numbers, the drawn talk. Must not know how times are measured."""

from collections.abc import Iterable

from reportlab.platypus import Flowable, KeepTogether

from simpatient.reporting import layout
from simpatient.reporting.drawing import drawing
from simpatient.reporting.text import paragraph
from simpatient.reporting.view import Chart, Speaking

FIGURE_WIDTHS = (130, 92, 26, 232)


def speaking_parts(shown: Speaking | None) -> Iterable[Flowable]:
    """Return the section; nothing for a typed session."""
    if shown is None:
        return
    yield from layout.before_table(shown.title, paragraph(layout.LEAD_IN, shown.rests_on))
    if shown.figures.rows:
        yield layout.grid(shown.figures, FIGURE_WIDTHS)
    if shown.drawn is not None:
        yield from _drawn(shown.drawn)
    yield paragraph(layout.SMALL, shown.caution)


def _drawn(chart: Chart) -> Iterable[Flowable]:
    first, *rest = (drawing(picture) for picture in chart.pictures)
    yield KeepTogether([layout.Heading(chart.title, 1), first])
    yield from rest
    # What the drawing shows stands in words in the transcript, so its table is left to the HTML.
    yield paragraph(layout.SMALL, chart.note)
