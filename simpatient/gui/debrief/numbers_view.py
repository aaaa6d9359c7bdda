"""Scorecards as numbers with bands, how many observations stand behind them, and the state curve.

A value without enough behind it is a dash with its reason. Must not know any rubric by name.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from simpatient.gui.base.page_data import DebriefData
from simpatient.gui.base.tokens import READING_WIDTH, SPACE_2, SPACE_3, SPACE_4, SPACE_5
from simpatient.gui.debrief.critical_view import critical_frame
from simpatient.gui.debrief.evidence_view import quoted
from simpatient.gui.debrief.second_rating_card import SecondRatingCard
from simpatient.gui.debrief.speaking_view import SpeakingView
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.drawn.painted import BandBar
from simpatient.gui.widgets.fold import Fold
from simpatient.gui.widgets.layout import CardGrid, ScrollPage, card, column, row
from simpatient.gui.widgets.slices import Slices
from simpatient.gui.widgets.text import chip, divider, label
from simpatient.presentation.feedback.critical import HEADING
from simpatient.presentation.feedback.quotes import Quote
from simpatient.presentation.feedback.scorecard import COUNTS, Measure, Rating, ScorecardView, scorecard_views
from simpatient.presentation.shapes.curves import Chart, state_chart
from simpatient.presentation.shapes.tables import Pairs
from simpatient.presentation.words.numbers import plural
from simpatient.presentation.words.perspective import TO_TRAINEE

_MOST_OPEN = 2  # sections; of more, each is folded
_CURVE_HEIGHT = 240
_Shown = TypeVar("_Shown")


class NumbersView(ScrollPage):
    """How the talk was spoken, if it was, the curve, a section for every rubric, and a second reading of them.

    Sections are folded behind their key figures; those with something critical, or with few beside them, are open.
    """

    def __init__(self, data: DebriefData, judge: SecondRatingCard, on_show_turn: Callable[[int], None]) -> None:
        super().__init__("Numbers", READING_WIDTH + 120, SPACE_5, dressed=True)
        debrief = data.debrief
        self._on_show_turn = on_show_turn
        self.speaking: SpeakingView | None = None
        self.sections: dict[str, Fold] = {}
        self.judge = judge
        self._data = data
        if debrief is not None and debrief.speaking is not None:
            self.speaking = SpeakingView(debrief.speaking, data.case.persona.identity.name, on_show_turn)
            self.body.addWidget(self.speaking)
        if not data.session.scorecards:
            self.body.addWidget(label("This session has no scorecard yet.", "soft"))
        known = sorted(scorecard_views(data.session.scorecards, data.rubrics), key=lambda each: not each.is_critical)
        self._curve_place = column()
        self._slices = Slices(self, self._steps(known))

    def open_all(self) -> None:
        """Open every section, with everything in it."""
        self._slices.finish()
        for section in self.sections.values():
            section.set_open(True)
            section.finish()

    def _steps(self, known: Sequence[ScorecardView]) -> Iterator[Callable[[], object]]:
        if len(known) > _MOST_OPEN:
            yield lambda: self.body.addWidget(self._contents(known))
        self.body.addLayout(self._curve_place)
        for scorecard in known:
            yield partial(self._add_section, scorecard)
        if self._data.session.scorecards:
            yield lambda: self.body.addWidget(self.judge)
        yield lambda: self.body.addStretch(1)
        chart = state_chart(self._data.debrief.curve, TO_TRAINEE) if self._data.debrief is not None else None
        if chart is not None:
            yield partial(self._add_curve, chart)
        for scorecard in known:
            if len(known) <= _MOST_OPEN or scorecard.is_critical:
                yield partial(self._open, scorecard.rubric)

    def _open(self, rubric_id: str) -> None:
        self.sections[rubric_id].set_open(True)

    def _contents(self, known: Sequence[ScorecardView]) -> QWidget:
        """Return a list of the sections, each leading to its place."""
        frame, box = card("sunken", spacing=0, margin=SPACE_4)
        box.addWidget(label("Contents", "overline"))
        links = [
            Button(each.title, "link", name=f"Go to {each.title}", on_click=partial(self.show_section, each.rubric))
            for each in known
        ]
        box.addWidget(CardGrid(links, least_width=260))
        return frame

    def show_section(self, rubric_id: str) -> None:
        """Open a section, bring it to the top and put the keyboard there."""
        self._slices.finish()
        section = self.sections[rubric_id]
        section.set_open(True)
        section.button.setFocus()
        QTimer.singleShot(0, section, lambda: self.verticalScrollBar().setValue(section.y()))

    def _add_section(self, scorecard: ScorecardView) -> None:
        fill = partial(_fill, scorecard)
        section = Fold(scorecard.title, scorecard.headline, fill, chip(scorecard.label, "note"))
        self.sections[scorecard.rubric] = section
        self.body.addWidget(section)

    def _add_curve(self, chart: Chart) -> None:
        # Loads numpy and the plots: late, so that opening the page does not wait for it.
        from simpatient.gui.widgets.drawn.plots import Plot

        frame, box = card(margin=SPACE_5)
        box.addWidget(Plot(chart, height=_CURVE_HEIGHT))
        box.addWidget(label(chart.note, "caption"))
        self._curve_place.addWidget(frame)


def _fill(scorecard: ScorecardView, box: QVBoxLayout) -> Iterator[Callable[[], object]]:
    """Return the steps that put everything about one rubric into a layout."""
    yield lambda: box.addWidget(label(scorecard.disclaimer, "small"))
    for rating in scorecard.ratings:
        if rating.is_critical:
            yield partial(_add_critical, box, rating)
    for measure in scorecard.measures:
        yield partial(_add, box, _measure, measure)
    for rating in scorecard.ratings:
        if not rating.is_critical:
            yield partial(_add, box, _rating, rating)
    if scorecard.counts:
        yield lambda: box.addWidget(divider())
        yield lambda: box.addLayout(_counts(scorecard.counts))
    yield lambda: box.addWidget(label(scorecard.citation, "caption"))


def _add(box: QVBoxLayout, make: Callable[[_Shown], QWidget], shown: _Shown) -> None:
    box.addWidget(divider())
    box.addWidget(make(shown))


def _add_critical(box: QVBoxLayout, rating: Rating) -> None:
    frame, inner = critical_frame(HEADING, "strong")
    inner.addWidget(_rating(rating))
    box.addWidget(frame)


def _measure(measure: Measure) -> QWidget:
    tags: list[QWidget] = [chip(measure.n_words, "plain", "How many observations stand behind this")]
    if measure.band:
        tags.insert(0, chip(measure.band, "accent" if measure.is_in_a_band else "warm"))
    details = f"{measure.explanation} Bands: {measure.source}." if measure.source else measure.explanation
    return _figure_row(measure, details, tags)


def _rating(rating: Rating) -> QWidget:
    tags = [chip(rating.status, "note", "How far a program may go with this item")]
    if rating.confidence:
        tags.append(chip(rating.confidence, "plain"))
    return _figure_row(rating, rating.question, tags)


def _figure_row(shown: Measure | Rating, details: str, tags: Sequence[QWidget]) -> QWidget:
    outer = QWidget()
    box = column(outer, SPACE_2)
    figure = label(shown.value, "figure")
    figure.setWordWrap(False)
    figure.setAccessibleName(f"{shown.label}: {shown.value}. {shown.reason}".strip())
    line = row(spacing=SPACE_3)
    line.addWidget(label(shown.label, "strong"), 1)
    for each in (*tags, figure):
        line.addWidget(each)
    box.addLayout(line)
    if shown.reason:
        box.addWidget(label(shown.reason, "small", tone="warm"))
    elif shown.bar is not None:
        box.addWidget(BandBar(shown.bar))
    box.addWidget(label(details, "small"))
    if shown.quotes:
        box.addWidget(_QuoteList(shown.label, shown.quotes))
    return outer


class _QuoteList(QWidget):
    """Quotes behind a value, shown on request."""

    def __init__(self, title: str, quotes: tuple[Quote, ...]) -> None:
        super().__init__()
        self._quotes = quotes
        self._box = column(self, SPACE_2)
        self._inner: QWidget | None = None
        self._words = f"{plural(len(quotes), 'quote')} behind this"
        self._button = Button(
            f"Show {self._words}", "link", name=f"Show evidence for {title}", on_click=self._on_toggled
        )
        self._box.addLayout(row(self._button, None))

    def _on_toggled(self) -> None:
        if self._inner is None:
            self._inner = QWidget()
            self._inner.hide()
            box = column(self._inner, SPACE_2)
            for each in self._quotes:
                box.addWidget(quoted(each))
            self._box.addWidget(self._inner)
        shown = self._inner.isHidden()
        self._inner.setVisible(shown)
        self._button.setText(f"{'Hide' if shown else 'Show'} {self._words}")


def _counts(counts: Pairs) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(SPACE_5)
    grid.setVerticalSpacing(SPACE_2)
    grid.addWidget(label(COUNTS, "strong"), 0, 0, 1, 4)
    for i, (name, count) in enumerate(counts):
        at = (1 + i // 2, (i % 2) * 2)
        grid.addWidget(label(name, "soft"), *at)
        figure = label(count, "strong")
        figure.setWordWrap(False)
        grid.addWidget(figure, at[0], at[1] + 1)
    grid.setColumnStretch(0, 1)
    grid.setColumnStretch(2, 1)
    return grid
