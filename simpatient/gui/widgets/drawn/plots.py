"""Curves with a table as their equal. Loads pyqtgraph (and numpy), so import it late.

Must not know where the numbers come from.
"""

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QShowEvent
from PySide6.QtWidgets import QApplication, QStackedWidget, QWidget

from simpatient.gui.base.theme import Theme
from simpatient.gui.base.tokens import SPACE_2, TYPE_SCALE
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.layout import column, row
from simpatient.gui.widgets.tables import PlainTable
from simpatient.gui.widgets.text import label
from simpatient.presentation.shapes.curves import Chart, CurveLine
from simpatient.presentation.shapes.palette import Palette

pg.setConfigOptions(antialias=True)
_DASHES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine)
_SYMBOLS = ("o", "s", "t")
_NAME_GAP = 24
# More points than this run into each other; the line alone then says it.
_MOST_SYMBOLS = 200


def _font() -> QFont:
    """Return the font inside plots, which no stylesheet reaches."""
    font = QFont(QApplication.font())
    font.setPixelSize(round(TYPE_SCALE["small"] * Theme.current().scale))
    return font


class _NoWheel(QObject):
    """Lets the wheel scroll the page instead of zooming a plot under the pointer."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the wheel pass to the page."""
        if event.type() == QEvent.Type.Wheel:
            event.ignore()
            return True
        return super().eventFilter(watched, event)


class Plot(QWidget):
    """A chart and, at the press of a button, the same as a table."""

    def __init__(self, chart: Chart, height: int = 220) -> None:
        super().__init__()
        self._chart = chart
        self._is_stale = False
        box = column(self, SPACE_2)
        self._toggle = Button("Show as table", "quiet", name=f"{chart.title}: show as table", on_click=self._on_toggled)
        title = label(chart.title, "h3")
        title.setWordWrap(False)
        box.addLayout(row(title, None, self._toggle))
        self._stack = QStackedWidget()
        self._canvas = pg.PlotWidget()
        self._stack.addWidget(self._canvas)
        self._stack.setFixedHeight(height)
        box.addWidget(self._stack)
        self._build_canvas()
        self._draw()
        Theme.current().changed.connect(self._on_theme)

    @property
    def shows_table(self) -> bool:
        """Whether the table is shown."""
        return self._stack.currentIndex() == 1

    def showEvent(self, event: QShowEvent) -> None:
        """Draw again what was hidden when the look changed."""
        super().showEvent(event)
        if self._is_stale:
            self._draw()

    def _on_theme(self) -> None:
        self._is_stale = True
        if self.isVisible():
            self._draw()

    def _build_canvas(self) -> None:
        canvas = self._canvas
        canvas.setAccessibleName(f"{self._chart.title}. The same is in the table.")
        canvas.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        canvas.setMouseEnabled(False, False)
        canvas.setMenuEnabled(False)
        canvas.hideButtons()
        canvas.viewport().installEventFilter(_NoWheel(canvas))
        canvas.setFrameShape(canvas.Shape.NoFrame)
        canvas.plotItem.vb.sigResized.connect(self._fit_x)

    def _on_toggled(self) -> None:
        if self._stack.count() == 1:
            table = self._chart.table
            self._stack.addWidget(PlainTable(table.head, table.rows, f"{self._chart.title} as a table"))
        self._stack.setCurrentIndex(0 if self.shows_table else 1)
        words = "Show as plot" if self.shows_table else "Show as table"
        self._toggle.setText(words)
        self._toggle.setAccessibleName(f"{self._chart.title}: {words.lower()}")

    def _draw(self) -> None:
        colours = Theme.current().palette
        canvas, chart = self._canvas, self._chart
        self._is_stale = False
        canvas.clear()
        canvas.setBackground(QColor(colours.surface))
        self._style_axes(colours)
        if chart.band:
            fill = QColor(colours.accent_soft)
            canvas.addItem(pg.LinearRegionItem(chart.band, "horizontal", brush=fill, pen=fill, movable=False))
        tints = (colours.accent, colours.warm, colours.note)
        ends = sorted(chart.drawn(line)[-1][1] for line in chart.lines if line.points)
        for i, line in enumerate(chart.lines):
            # The highest curve is named above its end, the others below, so that names stay apart.
            is_top = bool(line.points) and chart.drawn(line)[-1][1] == ends[-1]
            self._draw_line(line, tints[i % 3], i % 3, name_above=is_top)
        canvas.setYRange(chart.scale.low, chart.scale.high, padding=0.08)

    def _draw_line(self, line: CurveLine, colour: str, style: int, *, name_above: bool) -> None:
        xs, ys = [x for x, _ in line.points], [y for _, y in self._chart.drawn(line)]
        if not xs:
            return
        pen = pg.mkPen(colour, width=2, style=_DASHES[style])
        symbol = _SYMBOLS[style] if len(xs) <= _MOST_SYMBOLS else None
        self._canvas.plot(xs, ys, pen=pen, symbol=symbol, symbolSize=7, symbolBrush=colour, symbolPen=None)
        if len(self._chart.lines) > 1:
            # Named at its end, so that nobody has to match colours with a legend.
            anchor = (0, 0.9) if name_above else (0, 0.1)
            name = pg.TextItem(line.name, color=colour, anchor=anchor)
            name.setFont(_font())
            name.setPos(xs[-1], ys[-1])
            self._canvas.addItem(name)

    def _style_axes(self, colours: Palette) -> None:
        chart = self._chart
        for side in ("left", "bottom"):
            axis = self._canvas.getAxis(side)
            axis.setPen(pg.mkPen(colours.line))
            axis.setTextPen(colours.ink_soft)
            axis.setStyle(tickLength=0, tickTextOffset=6, tickFont=_font())
        self._canvas.getAxis("left").setTicks([list(chart.scale.ticks)])
        self._canvas.getAxis("bottom").setTicks([list(chart.x_ticks)])
        size = f"{_font().pixelSize()}px"
        self._canvas.setLabel("bottom", chart.x_name, **{"color": colours.ink_soft, "font-size": size})
        self._fit_x()

    def _fit_x(self) -> None:
        """Show all points, with room at the right for the names of the curves, whatever the text size."""
        lines = self._chart.lines
        xs = [x for line in lines for x, _ in line.points]
        if not xs:
            return
        share = 0.03
        if len(lines) > 1:
            widest = max(QFontMetrics(_font()).horizontalAdvance(line.name) for line in lines)
            share = min(0.5, (widest + _NAME_GAP) / max(1.0, self._canvas.plotItem.vb.width()))
        room = (max(xs) - min(xs) or 1) * share / (1 - share)
        self._canvas.setXRange(min(xs), max(xs) + room, padding=0.02)
