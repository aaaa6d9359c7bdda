"""Scorecards as numbers with bands, how many observations stand behind them, and the state curve.

A value without enough behind it is a dash with its reason. Must not know any rubric by name.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from simpatient.domain.assessment.debrief import StatePoint
from simpatient.domain.assessment.score import Evidence, Score, Scorecard, SummaryValue, critical_scores
from simpatient.domain.content.rubric import Criterion, Rubric, Summary, Threshold
from simpatient.gui.base.page_data import DebriefData
from simpatient.gui.base.tokens import READING_WIDTH, SPACE_2, SPACE_3, SPACE_4, SPACE_5
from simpatient.gui.debrief.critical_view import critical_frame
from simpatient.gui.debrief.evidence_view import quoted
from simpatient.gui.debrief.second_rating_card import SecondRatingCard
from simpatient.gui.debrief.speaking_view import SpeakingView
from simpatient.gui.widgets.chart import PlotChart, PlotLine
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.fold import Fold
from simpatient.gui.widgets.layout import CardGrid, ScrollPage, card, column, row
from simpatient.gui.widgets.painted import Band, BandBar
from simpatient.gui.widgets.slices import Slices
from simpatient.gui.widgets.text import chip, divider, label
from simpatient.presentation.critical import HEADING
from simpatient.presentation.numbers import number, plural
from simpatient.presentation.wording import (
    STATUS_WORDS,
    band,
    border,
    confidence_words,
    outside,
    score_words,
    summary_reason,
    summary_words,
)

_MOST_TICKS = 12
_MOST_OPEN = 2  # sections; of more, each is folded
_IN_HEADLINE = 3
_Value = TypeVar("_Value")
_About = TypeVar("_About")


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
        ordered = sorted(data.session.scorecards, key=lambda each: not critical_scores([each]))
        known = [(each, data.rubrics[each.rubric]) for each in ordered if each.rubric in data.rubrics]
        self._curve_place = column()
        self._slices = Slices(self, self._steps(known))

    def open_all(self) -> None:
        """Open every section, with everything in it."""
        self._slices.finish()
        for section in self.sections.values():
            section.set_open(True)
            section.finish()

    def _steps(self, known: Sequence[tuple[Scorecard, Rubric]]) -> Iterator[Callable[[], object]]:
        if len(known) > _MOST_OPEN:
            yield lambda: self.body.addWidget(self._contents([rubric for _, rubric in known]))
        self.body.addLayout(self._curve_place)
        for scorecard, rubric in known:
            yield lambda scorecard=scorecard, rubric=rubric: self._add_section(scorecard, rubric)  # type: ignore[misc]
        if self._data.session.scorecards:
            yield lambda: self.body.addWidget(self.judge)
        yield lambda: self.body.addStretch(1)
        debrief = self._data.debrief
        if debrief is not None and len(debrief.curve) > 1:
            yield lambda: self._add_curve(debrief.curve)
        for scorecard, rubric in known:
            if len(known) <= _MOST_OPEN or critical_scores([scorecard]):
                yield lambda rubric=rubric: self.sections[rubric.id].set_open(True)  # type: ignore[misc]

    def _contents(self, rubrics: Sequence[Rubric]) -> QWidget:
        """Return a list of the sections, each leading to its place."""
        frame, box = card("sunken", spacing=0, margin=SPACE_4)
        box.addWidget(label("Contents", "overline"))
        links = [
            Button(rubric.title, "link", name=f"Go to {rubric.title}", on_click=partial(self.show_section, rubric.id))
            for rubric in rubrics
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

    def _add_section(self, scorecard: Scorecard, rubric: Rubric) -> None:
        section = Fold(
            rubric.title, headline(scorecard, rubric), partial(_fill, scorecard, rubric), chip(rubric.label, "note")
        )
        self.sections[rubric.id] = section
        self.body.addWidget(section)

    def _add_curve(self, curve: tuple[StatePoint, ...]) -> None:
        # Loads numpy and the plots: late, so that opening the page does not wait for it.
        from simpatient.gui.widgets.plots import Plot

        frame, box = card(margin=SPACE_5)
        box.addWidget(Plot(state_chart(curve)))
        words = "Computed from what was said, the same way every time. It describes the simulation, not you."
        box.addWidget(label(words, "caption"))
        self._curve_place.addWidget(frame)


def headline(scorecard: Scorecard, rubric: Rubric) -> str:
    """Return the first few values with enough behind them, in a line."""
    summaries = {each.id: each for each in rubric.summaries}
    found = []
    for value in scorecard.summaries:
        if value.id in summaries and not summary_reason(value, summaries[value.id]):
            summary = summaries[value.id]
            where = band(value, summary)
            found.append(f"{summary.label}: {summary_words(value, summary)}{f' ({where})' if where else ''}")
    return " · ".join(found[:_IN_HEADLINE])


def state_chart(curve: tuple[StatePoint, ...]) -> PlotChart:
    """Return trust and engagement over turns, both on a scale from low to high."""
    trust = tuple((float(point.turn + 1), (point.trust - 1) / 3) for point in curve)
    engagement = tuple((float(point.turn + 1), point.engagement) for point in curve)
    rows = tuple((str(p.turn + 1), f"{p.trust:.2f}", f"{p.engagement:.2f}", f"{p.resistance:.2f}") for p in curve)
    return PlotChart(
        title="How the patient responded",
        x_name="Turn",
        lines=(PlotLine("trust", trust), PlotLine("engagement", engagement)),
        header=("Turn", "Trust (1 to 4)", "Engagement (0 to 1)", "Resistance (0 to 1)"),
        rows=rows,
        x_ticks=tuple((float(p.turn + 1), str(p.turn + 1)) for p in curve[:: len(curve) // _MOST_TICKS + 1]),
        y_range=(0.0, 1.0),
        y_ticks=((0.0, "low"), (0.5, "middle"), (1.0, "high")),
        height=240,
    )


def _fill(scorecard: Scorecard, rubric: Rubric, box: QVBoxLayout) -> Iterator[Callable[[], object]]:
    """Return the steps that put everything about one rubric into a layout."""
    summaries = {each.id: each for each in rubric.summaries}
    criteria = {each.id: each for each in rubric.criteria}
    scores = [(score, criteria[score.id]) for score in scorecard.criteria if score.id in criteria]
    yield lambda: box.addWidget(label(rubric.disclaimer, "small"))
    for score, criterion in scores:
        if score.critical:
            yield partial(_add_critical, box, score, criterion)
    for value in scorecard.summaries:
        if value.id in summaries:
            yield partial(_add, box, _summary, value, summaries[value.id])
    for score, criterion in scores:
        if not score.critical:
            yield partial(_add, box, _criterion, score, criterion)
    if scorecard.counts:
        yield lambda: box.addWidget(divider())
        yield lambda: box.addLayout(_counts(scorecard, rubric))
    yield lambda: box.addWidget(label(rubric.citation, "caption"))


def _add(box: QVBoxLayout, make: Callable[[_Value, _About], QWidget], value: _Value, about: _About) -> None:
    box.addWidget(divider())
    box.addWidget(make(value, about))


def _add_critical(box: QVBoxLayout, score: Score, criterion: Criterion) -> None:
    frame, inner = critical_frame(HEADING, "strong")
    inner.addWidget(_criterion(score, criterion))
    box.addWidget(frame)


def _summary(value: SummaryValue, summary: Summary) -> QWidget:
    reason = summary_reason(value, summary)
    shown = summary_words(value, summary)
    tags: list[QWidget] = [chip(plural(value.n, "observation"), "plain", "How many observations stand behind this")]
    band_there = band(value, summary)
    if band_there:
        tags.insert(0, chip(band_there, "accent" if value.band else "warm"))
    bar = None
    if value.value is not None and value.thresholds and not reason:
        bar = _bar(value.value, value.thresholds, summary.unit)
    sources = "; ".join(dict.fromkeys(each.source for each in value.thresholds))
    details = f"{summary.explanation} Bands: {sources}." if sources else summary.explanation
    return _figure_row(summary.label, details, shown, tags, bar, reason, value.evidence)


def _criterion(score: Score, criterion: Criterion) -> QWidget:
    tags = [chip(STATUS_WORDS[score.status], "note", "How far a program may go with this item")]
    if score.value is not None:
        tags.append(chip(confidence_words(score.confidence), "plain"))
    bar = BandBar(score.value, *score.scale) if score.value is not None else None
    reason = score.unscored_reason or ""
    return _figure_row(criterion.label, criterion.question, score_words(score), tags, bar, reason, score.evidence)


def _figure_row(
    title: str,
    details: str,
    shown: str,
    tags: Sequence[QWidget],
    bar: BandBar | None,
    reason: str,
    evidence: tuple[Evidence, ...],
) -> QWidget:
    outer = QWidget()
    box = column(outer, SPACE_2)
    figure = label(shown, "figure")
    figure.setWordWrap(False)
    figure.setAccessibleName(f"{title}: {shown}. {reason}".strip())
    line = row(spacing=SPACE_3)
    line.addWidget(label(title, "strong"), 1)
    for each in (*tags, figure):
        line.addWidget(each)
    box.addLayout(line)
    if reason:
        box.addWidget(label(reason, "small", tone="warm"))
    if bar is not None:
        box.addWidget(bar)
    box.addWidget(label(details, "small"))
    if evidence:
        box.addWidget(_EvidenceList(title, evidence))
    return outer


def _bar(value: float, thresholds: tuple[Threshold, ...], unit: str) -> BandBar:
    top = max(value, *(each.value for each in thresholds))
    high = 1.0 if unit == "share" else max(top * 1.4, 1.0)
    bands = [Band(each.label, each.value) for each in thresholds]
    falling = thresholds[0].op in ("<=", "<")
    ends = (number(0.0, unit), number(high, unit))
    bar = BandBar(value, 0.0, high, bands, falling=falling, ends=ends, outside=outside(thresholds))
    words = ", ".join(border(each, unit) for each in thresholds)
    bar.setAccessibleName(f"Bands: {words}")
    bar.setToolTip(words)
    return bar


class _EvidenceList(QWidget):
    """Quotes behind a value, shown on request."""

    def __init__(self, title: str, evidence: tuple[Evidence, ...]) -> None:
        super().__init__()
        self._evidence = evidence
        self._box = column(self, SPACE_2)
        self._inner: QWidget | None = None
        self._words = f"quote{'' if len(evidence) == 1 else 's'} behind this ({len(evidence)})"
        self._button = Button(
            f"Show {self._words}", "link", name=f"Show evidence for {title}", on_click=self._on_toggled
        )
        self._box.addLayout(row(self._button, None))

    def _on_toggled(self) -> None:
        if self._inner is None:
            self._inner = QWidget()
            self._inner.hide()
            box = column(self._inner, SPACE_2)
            for each in self._evidence:
                box.addWidget(quoted(each))
            self._box.addWidget(self._inner)
        shown = self._inner.isHidden()
        self._inner.setVisible(shown)
        self._button.setText(f"{'Hide' if shown else 'Show'} {self._words}")


def _counts(scorecard: Scorecard, rubric: Rubric) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(SPACE_5)
    grid.setVerticalSpacing(SPACE_2)
    grid.addWidget(label("How often each was heard", "strong"), 0, 0, 1, 4)
    labels = {each.id: each.label for each in rubric.counts}
    for i, (count_id, value) in enumerate(scorecard.counts.items()):
        at = (1 + i // 2, (i % 2) * 2)
        grid.addWidget(label(labels.get(count_id, count_id.replace("_", " ")), "soft"), *at)
        figure = label(str(value), "strong")
        figure.setWordWrap(False)
        grid.addWidget(figure, at[0], at[1] + 1)
    grid.setColumnStretch(0, 1)
    grid.setColumnStretch(2, 1)
    return grid
