"""Progress: every past session, skill curves with bands, objectives. Never a verdict.

Must not know how curves or mastery are computed.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from simpatient.domain.learning.progress import Progress, SessionSummary, SkillCurve
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


class ProgressPage(PageStates):
    """All that has been practised so far."""

    def __init__(self, services: ProgressServices, context: Context) -> None:
        self._page = ScrollPage("Progress")
        super().__init__(self._page)
        self._services, self._context = services, context
        self._job: WorkerJob[Progress] | None = None
        self._has_data = False
        self._exporter = Exporter(context.files, context.navigator, context.preferences)
        self._shows_all = False
        self._drawing: Slices | None = None
        self.table: SessionTable | None = None

    @property
    def is_complete(self) -> bool:
        """Whether the curves are drawn and every row of the table is made."""
        return (self._drawing is None or self._drawing.is_over) and (self.table is None or self.table.is_complete)

    def refresh(self) -> None:
        """Fetch everything again."""
        if self._job is not None:
            self._job.cancel()
        if not self._has_data:
            self.show_loading()
        progress, actor = self._services.progress, self._context.actor
        self._job = self._context.lane.call(
            lambda _: progress.progress(actor),
            self._on_loaded,
            lambda trouble: self.show_trouble(trouble, self.refresh),
        )

    def _on_loaded(self, progress: Progress) -> None:
        self._has_data = True
        if not progress.sessions:
            button = Button("Choose a case", "primary", on_click=lambda: self._context.navigator.go("start"))
            self.show_empty("No sessions yet", "After your first session it is listed here, with its debrief.", button)
            return
        body = self._page.body
        clear(body)
        self._add_heading()
        self._add_sessions(progress)
        self._add_curves(progress)
        self._add_objectives(progress)
        body.addStretch(1)
        self.show_content()

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

    def _add_curves(self, progress: Progress) -> None:
        box = column(spacing=SPACE_3)
        box.addWidget(label("Skills over sessions", "h2"))
        ready = [curve for curve in progress.curves if has_enough(curve)]
        if ready:
            shown = ready if self._shows_all else ready[:_MOST_CURVES]
            words = "The shaded band is where your average probably lies (95%). Values are estimates."
            box.addWidget(label(words, "soft"))
            order = session_numbers(progress.sessions)
            cards, steps = zip(*(_curve_card(curve, order) for curve in shown), strict=True)
            grid = CardGrid(cards, least_width=420)
            box.addWidget(grid)
            self._drawing = Slices(grid, chain.from_iterable(steps))
            if len(shown) < len(ready):
                words = f"Show all {len(ready)} curves"
                box.addLayout(row(Button(words, on_click=lambda: self._on_show_all(progress)), None))
        else:
            most = max((curve.defined for curve in progress.curves), default=0)
            so_far = f"Curves appear after {LEAST_FOR_TREND} scored sessions; you have {most} so far."
            words = f"{so_far} One session says too little."
            frame, inner = card("sunken", margin=SPACE_4)
            inner.addWidget(label(words, "soft"))
            box.addWidget(frame)
        self._page.body.addLayout(box)

    def _on_show_all(self, progress: Progress) -> None:
        self._shows_all = True
        self._on_loaded(progress)

    # Objectives

    def _add_objectives(self, progress: Progress) -> None:
        if not progress.units:
            return
        order = session_numbers(progress.sessions)
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


def _curve_card(curve: SkillCurve, order: Mapping[str, int]) -> tuple[QWidget, Sequence[Callable[[], object]]]:
    """Return the card of a curve, and the steps that fill it: what is to be shown, then the drawing."""
    frame, box = card(margin=SPACE_4)
    box.addStretch(1)
    frame.setMinimumHeight(280)
    found: list[Chart] = []

    def prepare() -> None:
        found.append(skill_chart(curve, order))
        box.addWidget(label(found[0].note, "small"))

    return frame, (prepare, lambda: _draw(found[0], box))


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
