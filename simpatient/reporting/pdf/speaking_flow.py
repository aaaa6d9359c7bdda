"""How a talk was spoken, printed: lead-in, numbers, the drawn talk. Must not know how times are measured."""

from collections.abc import Iterable

from reportlab.platypus import Flowable, KeepTogether

from simpatient.presentation.feedback.speaking import CAUTION, DRAWN, SpeakingSection
from simpatient.presentation.shapes.timeline import TalkTimes
from simpatient.reporting.pdf import layout
from simpatient.reporting.pdf.drawing import drawing
from simpatient.reporting.pdf.text import paragraph
from simpatient.reporting.pdf.timeline_picture import timeline

# The key to the drawing, in words that hold in black and white too.
TIMELINE_NOTE = (
    "Green: the trainee. Brown: the patient. Dashed frame: a silence of three seconds or more. Triangle: the trainee "
    "began while the patient was speaking. Dashed line: the talk was paused. Time runs from the first word."
)
FIGURE_WIDTHS = (130, 92, 26, 232)


def speaking_parts(shown: SpeakingSection | None) -> Iterable[Flowable]:
    """Return the section; nothing for a typed session."""
    if shown is None:
        return
    yield from layout.before_table(shown.title, paragraph(layout.LEAD_IN, shown.based_on))
    if shown.figures:
        yield layout.grid(shown.figures_table, FIGURE_WIDTHS)
    if shown.times is not None:
        yield from _drawn(shown.times, shown.alt)
    yield paragraph(layout.SMALL, CAUTION)


def _drawn(times: TalkTimes, alt: str) -> Iterable[Flowable]:
    first, *rest = (drawing(picture) for picture in timeline(times, alt))
    yield KeepTogether([layout.Heading(DRAWN, 1), first])
    yield from rest
    # What the drawing shows stands in words in the transcript, so its table is left to the HTML.
    yield paragraph(layout.SMALL, TIMELINE_NOTE)
