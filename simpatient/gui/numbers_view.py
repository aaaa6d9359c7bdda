"""Scorecards as numbers with bands, how many observations stand behind them, and the state curve.

A value without enough behind it is a dash with its reason. Must not know any rubric by name.
"""

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QGridLayout, QWidget

from simpatient.domain.debrief import StatePoint
from simpatient.domain.rubric import Criterion, Rubric, Summary, Threshold
from simpatient.domain.score import Evidence, Score, Scorecard, SummaryValue, critical_scores
from simpatient.gui.critical_view import critical_frame
from simpatient.gui.evidence_view import quoted
from simpatient.gui.judge_card import JudgeCard
from simpatient.gui.loading import DebriefData
from simpatient.gui.speaking_view import SpeakingView
from simpatient.gui.tokens import READING_WIDTH, SPACE_2, SPACE_3, SPACE_4, SPACE_5
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.layout import ScrollPage, card, column, row
from simpatient.gui.widgets.painted import Band, BandBar
from simpatient.gui.widgets.plots import Chart, Line, Plot
from simpatient.gui.widgets.text import chip, divider, label
from simpatient.presentation.critical import HEADING
from simpatient.presentation.numbers import number
from simpatient.presentation.wording import STATUS_WORDS, confidence_words, score_words, summary_reason, summary_words

_MOST_TICKS = 12


class NumbersView(ScrollPage):
    """How the talk was spoken, if it was, the curve, a card for every rubric, and a second reading of them."""

    def __init__(self, data: DebriefData, judge: JudgeCard, on_show_turn: Callable[[int], None]) -> None:
        super().__init__("Numbers", READING_WIDTH + 120, SPACE_5)
        debrief = data.debrief
        self.speaking: SpeakingView | None = None
        if debrief is not None and debrief.speaking is not None:
            self.speaking = SpeakingView(debrief.speaking, data.case.persona.identity.name, on_show_turn)
            self.body.addWidget(self.speaking)
        if debrief is not None and len(debrief.curve) > 1:
            frame, box = card(margin=SPACE_5)
            box.addWidget(Plot(state_chart(debrief.curve)))
            words = "Computed from what was said, the same way every time. It belongs to the simulation, not to you."
            box.addWidget(label(words, "caption"))
            self.body.addWidget(frame)
        if not data.session.scorecards:
            self.body.addWidget(label("This session has no scorecard yet.", "soft"))
        for scorecard in sorted(data.session.scorecards, key=lambda each: not critical_scores([each])):
            rubric = data.rubrics.get(scorecard.rubric)
            if rubric is not None:
                self.body.addWidget(_scorecard(scorecard, rubric))
        self.judge = judge
        if data.session.scorecards:
            self.body.addWidget(judge)
        self.body.addStretch(1)


def state_chart(curve: tuple[StatePoint, ...]) -> Chart:
    """Return trust and engagement over turns, both on a scale from low to high."""
    trust = tuple((float(point.turn + 1), (point.trust - 1) / 3) for point in curve)
    engagement = tuple((float(point.turn + 1), point.engagement) for point in curve)
    rows = tuple((str(p.turn + 1), f"{p.trust:.2f}", f"{p.engagement:.2f}", f"{p.resistance:.2f}") for p in curve)
    return Chart(
        title="How the patient came along",
        x_name="Turn",
        lines=(Line("trust", trust), Line("engagement", engagement)),
        header=("Turn", "Trust (1 to 4)", "Engagement (0 to 1)", "Resistance (0 to 1)"),
        rows=rows,
        x_ticks=tuple((float(p.turn + 1), str(p.turn + 1)) for p in curve[:: len(curve) // _MOST_TICKS + 1]),
        y_range=(0.0, 1.0),
        y_ticks=((0.0, "low"), (0.5, "middle"), (1.0, "high")),
        height=240,
    )


def _scorecard(scorecard: Scorecard, rubric: Rubric) -> QWidget:
    frame, box = card(spacing=SPACE_4, margin=SPACE_5)
    head = column(spacing=4)
    head.addLayout(row(label(rubric.title, "h2"), chip(rubric.label, "note"), spacing=SPACE_3))
    head.addWidget(label(rubric.disclaimer, "small"))
    box.addLayout(head)
    summaries = {each.id: each for each in rubric.summaries}
    criteria = {each.id: each for each in rubric.criteria}
    for score in scorecard.criteria:
        if score.id in criteria and score.critical:
            inner_frame, inner = critical_frame(HEADING, "strong")
            inner.addWidget(_criterion(score, criteria[score.id]))
            box.addWidget(inner_frame)
    for value in scorecard.summaries:
        if value.id in summaries:
            box.addWidget(divider())
            box.addWidget(_summary(value, summaries[value.id]))
    for score in scorecard.criteria:
        if score.id in criteria and not score.critical:
            box.addWidget(divider())
            box.addWidget(_criterion(score, criteria[score.id]))
    if scorecard.counts:
        box.addWidget(divider())
        box.addLayout(_counts(scorecard, rubric))
    box.addWidget(label(rubric.citation, "caption"))
    return frame


def _summary(value: SummaryValue, summary: Summary) -> QWidget:
    reason = summary_reason(value)
    shown = summary_words(value, summary.unit)
    tags = [chip(f"n = {value.n}", "plain", "How many observations stand behind this")]
    if value.band and not reason:
        tags.insert(0, chip(value.band, "accent"))
    bar = None
    # Too few observations carry no judgement, so they are not marked among bands either.
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
    bar = BandBar(value, 0.0, high, bands, falling=falling)
    words = ", ".join(f"{each.label} {each.op} {number(each.value, unit)}" for each in thresholds)
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
