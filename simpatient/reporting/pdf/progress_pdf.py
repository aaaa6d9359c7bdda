"""A trainee's progress as PDF. Works on the view alone; must not know sessions, rubrics or files."""

from collections.abc import Iterable

from reportlab.platypus import Flowable

from simpatient.presentation.learning.progress import ProgressView, Unit
from simpatient.presentation.shapes.curves import Chart
from simpatient.presentation.words.wording import DISCLAIMER
from simpatient.reporting.pdf import layout
from simpatient.reporting.pdf.drawing import drawing
from simpatient.reporting.pdf.fonts import STRONG
from simpatient.reporting.pdf.layout import CELL, CELL_STRONG, HEAD, SMALL, TEXT, Heading
from simpatient.reporting.pdf.text import TextRun, paragraph
from simpatient.reporting.pictures import chart_pictures

CURVES_PER_ROW = 2


def progress_pdf(view: ProgressView) -> bytes:
    """Return the report as PDF."""
    story = [
        *layout.title_block("Progress over practice sessions", view.title, view.facts),
        *_notes(view),
        *_curves(view.curves),
        *_units(view.units),
        Heading("Sessions"),
        layout.grid(view.sessions, (46, 66, 130, 100, 62, 66, 56)),
    ]
    return layout.render(
        story,
        title=f"Progress over practice sessions: {view.trainee}",
        subject=f"{DISCLAIMER} Contains simulated content.",
        author=f"simpatient, for trainee {view.trainee}",
        made_at=view.made_at,
        header=view.title,
    )


def _notes(view: ProgressView) -> Iterable[Flowable]:
    yield Heading("How to read this")
    yield layout.tinted([paragraph(TEXT, note) for note in view.notes])


def _curves(curves: tuple[Chart, ...]) -> Iterable[Flowable]:
    yield Heading("Skill curves")
    if not curves:
        yield paragraph(TEXT, "No session has a value yet.")
    for start in range(0, len(curves), CURVES_PER_ROW):
        pair = curves[start : start + CURVES_PER_ROW]
        cells = [[drawing(chart_pictures(curve)[0]), paragraph(SMALL, curve.note)] for curve in pair]
        yield layout.side_by_side(cells, CURVES_PER_ROW)


def _units(units: tuple[Unit, ...]) -> Iterable[Flowable]:
    if units:
        yield Heading("Objectives")
    for unit in units:
        yield Heading(unit.title, 1)
        yield paragraph(layout.LEAD_IN, unit.note)
        rows = [[paragraph(HEAD, head) for head in ("Objective", "State", "Met in")]]
        for each in unit.objectives:
            color = layout.ACCENT if each.is_mastered else layout.INK
            state = paragraph(CELL_STRONG, TextRun(each.status, STRONG, color))
            rows.append([paragraph(CELL, each.text, limit=600), state, paragraph(CELL, each.met_in, limit=600)])
        if unit.objectives:
            yield layout.ruled(rows, [250.0, 76.0, layout.WIDTH - 326.0])
