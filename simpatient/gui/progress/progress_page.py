"""Progress: every past session, skill curves with bands, objectives. Never a verdict.

Must not know how curves or mastery are computed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from simpatient.domain.learning.progress import Progress, SessionSummary
from simpatient.domain.people.actor import Actor
from simpatient.gui.base.bridge import WorkerJob
from simpatient.gui.base.context import Context
from simpatient.gui.base.export import Exporter
from simpatient.gui.base.tokens import SPACE_2, SPACE_3, SPACE_4, SPACE_5
from simpatient.gui.progress.session_table import SessionTable
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.layout import CardGrid, PageStates, ScrollPage, card, clear, column, row
from simpatient.gui.widgets.slices import Slices
from simpatient.gui.widgets.text import Elided, chip, label
from simpatient.presentation.learning.progress import Objective, objective_view, session_numbers
from simpatient.presentation.shapes.curves import LEAST_FOR_TREND, Chart, has_enough, skill_chart
from simpatient.presentation.words.file_names import progress_file
from simpatient.services.learning.progress import ProgressService
from simpatient.services.review.reports import ReportService

_MOST_CURVES = 8
_CURVE_HEIGHT = 170
_TONES = {"not_started": "plain", "practising": "note", "mastered": "accent"}


class ProgressServices(Protocol):
    """What the progress page asks."""

    progress: ProgressService
    reports: ReportService


@dataclass(frozen=True, slots=True)
class ProgressData:
    """What the page shows.

    Attributes:
        order: Each session's number, from 1, by id.
        charts: The curves to be drawn; ``ready`` says how many there are.
    """

    progress: Progress
    order: Mapping[str, int]
    charts: tuple[Chart, ...]
    ready: int


def load_progress(progress: ProgressService, actor: Actor, most_curves: int | None) -> ProgressData:
    """Fetch all past sessions, curves and objectives, and work out the curves: a year of them takes its time."""
    found = progress.progress(actor)
    order = session_numbers(found.sessions)
    ready = [curve for curve in found.curves if has_enough(curve)]
    return ProgressData(found, order, tuple(skill_chart(curve, order) for curve in ready[:most_curves]), len(ready))


class ProgressPage(PageStates):
    """All that has been practised so far."""

    def __init__(self, services: ProgressServices, context: Context) -> None:
        self._page = ScrollPage("Progress")
        super().__init__(self._page)
        self._services, self._context = services, context
        self._job: WorkerJob[ProgressData] | None = None
        self._has_data = False
        self._exporter = Exporter(context.files, context.navigator, context.preferences)
        self._shows_all = False
        self._filling: Slices | None = None
        self._drawing: Slices | None = None
        self._to_draw: tuple[CardGrid, tuple[Callable[[], object], ...]] | None = None
        self.table: SessionTable | None = None

    @property
    def is_complete(self) -> bool:
        """Whether the curves are drawn and every row of the table is made."""
        parts = (self._filling, self._drawing)
        return all(each is None or each.is_over for each in parts) and (self.table is None or self.table.is_complete)

    def refresh(self) -> None:
        """Fetch everything again."""
        if self._job is not None:
            self._job.cancel()
        if not self._has_data:
            self.show_loading()
        progress, actor = self._services.progress, self._context.actor
        most = None if self._shows_all else _MOST_CURVES
        self._job = self._context.lane.call(
            lambda _: load_progress(progress, actor, most),
            self._on_loaded,
            lambda trouble: self.show_trouble(trouble, self.refresh),
        )

    def _on_loaded(self, data: ProgressData) -> None:
        progress = data.progress
        self._has_data = True
        if not progress.sessions:
            button = Button("Choose a case", "primary", on_click=lambda: self._context.navigator.go("start"))
            self.show_empty("No sessions yet", "After your first session it is listed here, with its debrief.", button)
            return
        if self._filling is not None:
            self._filling.stop()
        clear(self._page.body)
        steps = (
            self._add_heading,
            lambda: self._add_sessions(progress),
            lambda: self._add_curves(data),
            lambda: self._add_objectives(progress, data.order),
            lambda: self._page.body.addStretch(1),
            self.show_content,
            self._draw_curves,
        )
        self._drawing, self._to_draw = None, None
        self._filling = Slices(self._page, steps)

    def _add_heading(self) -> None:
        words = "What you practised and how it moved. No number here says how good a therapist you are."
        pdf = Button(
            "Export PDF", "plain", "export", name="Export progress as PDF", on_click=lambda: self._on_export("pdf")
        )
        csv = Button(
            "Export CSV", "plain", "export", name="Export progress as CSV", on_click=lambda: self._on_export("csv")
        )
        line = row(spacing=SPACE_3)
        line.addWidget(label("Progress", "h1"), 1)
        for button in (pdf, csv):
            line.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        heading = column(spacing=SPACE_2)
        heading.addLayout(line)
        heading.addWidget(label(words, "lead"))
        self._page.body.addLayout(heading)

    # Sessions

    def _add_sessions(self, progress: Progress) -> None:
        box = column(spacing=SPACE_3)
        held = len({session.session_id for session in progress.sessions})
        box.addWidget(label(f"Sessions ({held})", "h2"))
        self.table = SessionTable(progress.sessions, self._open)
        box.addWidget(self.table)
        box.addWidget(label("Click a row or press Enter to look back, or to continue an open session.", "caption"))
        self._page.body.addLayout(box)

    def _open(self, summary: SessionSummary) -> None:
        if summary.ended_at is None:
            self._context.navigator.resume(summary.session_id)
        else:
            self._context.navigator.open_debrief(summary.session_id, summary.leaf)

    # Curves

    def _add_curves(self, data: ProgressData) -> None:
        box = column(spacing=SPACE_3)
        box.addWidget(label("Skills over sessions", "h2"))
        if data.charts:
            words = "The shaded band is where your average probably lies (95%). Values are estimates."
            box.addWidget(label(words, "soft"))
            cards, steps = zip(*(_curve_card(chart) for chart in data.charts), strict=True)
            grid = CardGrid(cards, least_width=420)
            box.addWidget(grid)
            self._to_draw = (grid, steps)
            if len(data.charts) < data.ready:
                box.addLayout(row(Button(f"Show all {data.ready} curves", on_click=self._on_show_all), None))
        else:
            most = max((curve.defined for curve in data.progress.curves), default=0)
            so_far = f"Curves appear after {LEAST_FOR_TREND} scored sessions; you have {most} so far."
            words = f"{so_far} One session says too little."
            frame, inner = card("sunken", margin=SPACE_4)
            inner.addWidget(label(words, "soft"))
            box.addWidget(frame)
        self._page.body.addLayout(box)

    def _draw_curves(self) -> None:
        """Draw once the page is shown: drawing beside the filling made a single turn too long."""
        if self._to_draw is not None:
            self._drawing = Slices(*self._to_draw)

    def _on_show_all(self) -> None:
        self._shows_all = True
        self.refresh()

    # Objectives

    def _add_objectives(self, progress: Progress, order: Mapping[str, int]) -> None:
        if not progress.units:
            return
        box = column(spacing=SPACE_3)
        box.addWidget(label("Learning objectives", "h2"))
        for unit in progress.units:
            frame, inner = card(margin=SPACE_4)
            inner.addWidget(Elided(unit.title, "strong"))
            for objective in unit.objectives:
                inner.addWidget(_objective(objective_view(objective, order), _TONES[objective.status]))
            box.addWidget(frame)
        self._page.body.addLayout(box)

    # Export

    def _on_export(self, kind: str) -> None:
        reports, actor = self._services.reports, self._context.actor
        name = progress_file(actor.person_id, datetime.now(UTC), kind)
        target = self._exporter.ask(self, "Export progress", name, kind)
        if target is None:
            return
        pdf, csv = (target, None) if kind == "pdf" else (None, target)
        self._context.lane.call(
            lambda _: reports.progress(actor, pdf=pdf, csv=csv),
            lambda _: self._on_exported(target),
            self._context.navigator.tell_trouble,
        )

    def _on_exported(self, path: Path) -> None:
        self._exporter.tell(path)


def _curve_card(chart: Chart) -> tuple[QWidget, Callable[[], object]]:
    """Return the card of a curve, and the step that draws the curve in it."""
    frame, box = card(margin=SPACE_4)
    box.addStretch(1)
    box.addWidget(label(chart.note, "small"))
    frame.setMinimumHeight(280)
    return frame, lambda: _draw(chart, box)


def _draw(chart: Chart, box: QVBoxLayout) -> None:
    # Loads numpy and the plots: late, so that opening the page does not wait for it.
    from simpatient.gui.widgets.drawn.plots import Plot

    box.insertWidget(0, Plot(chart, height=_CURVE_HEIGHT))


def _objective(objective: Objective, tone: str) -> QWidget:
    outer = QWidget()
    line = row(spacing=SPACE_5)
    outer.setLayout(line)
    text = column(spacing=2)
    text.addWidget(label(objective.text))
    text.addWidget(label(objective.met_in, "caption"))
    line.addLayout(text, 1)
    line.addWidget(chip(objective.status, tone))
    return outer
