"""Progress: every past session, skill curves with bands, objectives. Never a verdict.

Must not know how curves or mastery are computed.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from simpatient.domain.learning.progress import ObjectiveProgress, Progress, SessionSummary, SkillCurve, UnitProgress
from simpatient.gui.base.bridge import WorkerJob
from simpatient.gui.base.context import Context
from simpatient.gui.base.export import Exporter
from simpatient.gui.base.page_data import load_progress
from simpatient.gui.base.tokens import SPACE_2, SPACE_3, SPACE_4, SPACE_5
from simpatient.gui.progress.session_table import SessionTable
from simpatient.gui.widgets.chart import PlotChart, PlotLine
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.layout import CardGrid, PageStates, ScrollPage, card, clear, column, row
from simpatient.gui.widgets.slices import Slices
from simpatient.gui.widgets.text import Elided, chip, label
from simpatient.presentation.curves import skill_scale
from simpatient.presentation.dates import date_and_time
from simpatient.presentation.file_names import progress_file
from simpatient.presentation.numbers import NONE, number, plural

CURVES_FROM = 3
_MOST_CURVES = 8
_STATUS_CHIPS = {
    "not_started": ("Not started", "plain"),
    "practising": ("Practising", "note"),
    "mastered": ("Mastered", "accent"),
}


class ProgressPage(PageStates):
    """All that has been practised so far."""

    def __init__(self, context: Context) -> None:
        self._page = ScrollPage("Progress")
        super().__init__(self._page)
        self._context = context
        self._job: WorkerJob[Progress] | None = None
        self._has_data = False
        self._exporter = Exporter(context.files, context.navigator, context.preferences)
        self._shows_all = False
        self._drawing: Slices | None = None
        self.table: SessionTable | None = None

    def refresh(self) -> None:
        """Fetch everything again."""
        if self._job is not None:
            self._job.cancel()
        if not self._has_data:
            self.show_loading()
        app = self._context.app
        self._job = self._context.lane.call(
            lambda _: load_progress(app), self._on_loaded, lambda trouble: self.show_trouble(trouble, self.refresh)
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
        self._add_objectives(progress.units)
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
        ready = [curve for curve in progress.curves if curve.defined >= CURVES_FROM]
        if ready:
            shown = ready if self._shows_all else ready[:_MOST_CURVES]
            words = "The shaded band is where your average probably lies (95%). Values are estimates."
            box.addWidget(label(words, "soft"))
            cards, steps = zip(*(_curve_card(curve) for curve in shown), strict=True)
            grid = CardGrid(cards, least_width=420)
            box.addWidget(grid)
            self._drawing = Slices(grid, steps)
            if len(shown) < len(ready):
                words = f"Show all {len(ready)} curves"
                box.addLayout(row(Button(words, on_click=lambda: self._on_show_all(progress)), None))
        else:
            most = max((curve.defined for curve in progress.curves), default=0)
            so_far = f"so far there {'is' if most == 1 else 'are'} {most}"
            words = f"Curves appear after {CURVES_FROM} scored sessions; {so_far}. One session says too little."
            frame, inner = card("sunken", margin=SPACE_4)
            inner.addWidget(label(words, "soft"))
            box.addWidget(frame)
        self._page.body.addLayout(box)

    def _on_show_all(self, progress: Progress) -> None:
        self._shows_all = True
        self._on_loaded(progress)

    # Objectives

    def _add_objectives(self, units: tuple[UnitProgress, ...]) -> None:
        if not units:
            return
        box = column(spacing=SPACE_3)
        box.addWidget(label("Learning objectives", "h2"))
        for unit in units:
            frame, inner = card(margin=SPACE_4)
            inner.addWidget(Elided(unit.title, "strong"))
            for objective in unit.objectives:
                inner.addWidget(_objective(objective))
            box.addWidget(frame)
        self._page.body.addLayout(box)

    # Export

    def _on_export(self, kind: str) -> None:
        app = self._context.app
        name = progress_file(app.actor.person_id, datetime.now(UTC), kind)
        target = self._exporter.ask(self, "Export progress", name, kind)
        if target is None:
            return
        pdf, csv = (target, None) if kind == "pdf" else (None, target)
        self._context.lane.call(
            lambda _: app.reports.progress(app.actor, pdf=pdf, csv=csv),
            lambda _: self._on_exported(target),
            self._context.navigator.tell_trouble,
        )

    def _on_exported(self, path: Path) -> None:
        self._exporter.tell(path)


def _curve_card(curve: SkillCurve) -> tuple[QWidget, Callable[[], object]]:
    """Return the card of a curve, and the step that draws the curve in it."""
    frame, box = card(margin=SPACE_4)
    box.addStretch(1)
    band = _has_band(curve)
    average = number(curve.mean, curve.unit)
    spread = f", probably {number(curve.low, curve.unit)} to {number(curve.high, curve.unit)}" if band else ""
    words = f"Average {average}{spread}" if average != NONE else "No average yet"
    box.addLayout(row(label(words, "small"), chip(plural(curve.defined, "session"), "plain")))
    frame.setMinimumHeight(280)
    return frame, lambda: _draw(curve, box)


def _draw(curve: SkillCurve, box: QVBoxLayout) -> None:
    # Loads numpy and the plots: late, so that opening the page does not wait for it.
    from simpatient.gui.widgets.plots import Plot

    box.insertWidget(0, Plot(curve_chart(curve)))


def _has_band(curve: SkillCurve) -> bool:
    """Whether a band says more than the average: not when all sessions came out the same."""
    return number(curve.low, curve.unit) != number(curve.high, curve.unit)


def curve_chart(curve: SkillCurve) -> PlotChart:
    """Return what a skill curve shows, on its whole scale."""
    points = [(i + 1, point) for i, point in enumerate(curve.points)]
    line = PlotLine(
        curve.label, tuple((float(i), _plotted(p.value, curve.unit)) for i, p in points if p.value is not None)
    )
    band = None
    if curve.low is not None and curve.high is not None and _has_band(curve):
        band = (_plotted(curve.low, curve.unit), _plotted(curve.high, curve.unit))
    scale = skill_scale(curve, [p.value for _, p in points if p.value is not None])
    return PlotChart(
        title=f"{curve.label} (%)" if curve.unit == "share" else curve.label,
        x_name="Session",
        lines=(line,),
        header=("Session", "When", "Value", "n"),
        rows=tuple((str(i), date_and_time(p.at), number(p.value, curve.unit), str(p.n)) for i, p in points),
        x_ticks=tuple((float(i), str(i)) for i, _ in points) if len(points) <= 12 else (),
        band=band,
        y_range=(_plotted(scale.low, curve.unit), _plotted(scale.high, curve.unit)),
        y_ticks=tuple((_plotted(each, curve.unit), words) for each, words in scale.ticks),
        height=170,
    )


def _plotted(value: float | None, unit: str) -> float:
    if value is None:
        return float("nan")
    return value * 100 if unit == "share" else value


def _objective(objective: ObjectiveProgress) -> QWidget:
    outer = QWidget()
    words, tone = _STATUS_CHIPS[objective.status]
    line = row(spacing=SPACE_5)
    outer.setLayout(line)
    text = column(spacing=2)
    text.addWidget(label(objective.text))
    met = len(objective.met_in)
    text.addWidget(label(f"Met in {met} of the last {objective.within} sessions; {objective.needed} needed", "caption"))
    line.addLayout(text, 1)
    line.addWidget(chip(words, tone))
    return outer
