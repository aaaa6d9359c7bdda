"""Feedback: what outweighs all else, then single moments to keep or change, with a better line and retry from here.

Must not know how moments are chosen.
"""

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from simpatient.domain.assessment.debrief import Debrief
from simpatient.gui.base.page_data import DebriefData
from simpatient.gui.base.tokens import READING_WIDTH, SPACE_2, SPACE_3, SPACE_4, SPACE_5
from simpatient.gui.debrief.critical_view import critical_view
from simpatient.gui.debrief.cue_view import CueView
from simpatient.gui.debrief.evidence_view import words_said
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.layout import ScrollPage, card, column, row
from simpatient.gui.widgets.text import chip, label
from simpatient.presentation.feedback.cues import cues
from simpatient.presentation.feedback.debrief import (
    BETTER_LINE,
    NEXT_TIME,
    TOO_SHORT,
    OwnRating,
    Point,
    PointGroup,
    keep_and_change,
    own_rating,
    too_short_words,
)
from simpatient.presentation.feedback.quotes import Quote
from simpatient.presentation.feedback.scorecard import critical_ratings
from simpatient.presentation.words.numbers import turn_words
from simpatient.presentation.words.perspective import TO_TRAINEE


class FeedbackView(ScrollPage):
    """The first thing seen after one's own rating."""

    def __init__(
        self,
        data: DebriefData,
        debrief: Debrief,
        on_retry: Callable[[int], None],
        on_show_turn: Callable[[int], None],
        on_drill: Callable[[str], None],
    ) -> None:
        super().__init__("Feedback", READING_WIDTH + 120, SPACE_5, dressed=True)
        self._on_retry = on_retry
        self._on_show_turn = on_show_turn
        first = critical_view(critical_ratings(debrief.scorecards, data.rubrics), on_show_turn)
        if first is not None:
            self.body.addWidget(first)
        if debrief.too_short:
            self.body.addWidget(_too_short(debrief))
        else:
            for group in keep_and_change(debrief):
                self._add_group(group)
            if debrief.cues:
                self.body.addWidget(CueView(cues(debrief.cues, TO_TRAINEE), on_retry, on_drill))
            if debrief.next_step:
                self.body.addWidget(_next_step(debrief, on_drill))
        own = own_rating(data.session.self_rating, data.questions, TO_TRAINEE)
        if own is not None:
            self.body.addWidget(_own_rating(own))
        self.body.addStretch(1)

    def _add_group(self, group: PointGroup) -> None:
        box = column(spacing=SPACE_3)
        box.addWidget(label(group.heading, "h2"))
        if group.nothing:
            box.addWidget(label(group.nothing, "soft"))
        for point in group.points:
            box.addWidget(self._point(point))
        self.body.addLayout(box)

    def _point(self, point: Point) -> QWidget:
        frame, box = card(point.kind, spacing=SPACE_3, margin=SPACE_5)
        box.addLayout(row(label(point.title, "h3"), chip(point.quote.where, "plain"), spacing=SPACE_3))
        box.addWidget(_quote(point.quote))
        _paragraph(box, "What happened", point.what)
        _paragraph(box, "Why it matters", point.why)
        if point.better_line:
            better, inner = card("better", spacing=4, margin=SPACE_4)
            inner.addWidget(label(BETTER_LINE, "caption"))
            inner.addWidget(label(point.better_line, "strong", selectable=True))
            box.addWidget(better)
        box.addLayout(self._buttons(point))
        return frame

    def _buttons(self, point: Point) -> QHBoxLayout:
        buttons = row(spacing=SPACE_2)
        if point.retry_from is not None:
            retry_from = point.retry_from
            name = f"Retry from {turn_words(retry_from)}: {point.title}"
            buttons.addWidget(
                Button("Retry from here", "plain", "retry", name=name, on_click=lambda: self._on_retry(retry_from))
            )
        name = f"Show {turn_words(point.turn)} in the transcript"
        show = Button("Show in transcript", "quiet", name=name, on_click=lambda: self._on_show_turn(point.turn))
        buttons.addWidget(show)
        buttons.addStretch(1)
        return buttons


def _paragraph(box: QVBoxLayout, title: str, words: str) -> None:
    if words:
        inner = column(spacing=2)
        inner.addWidget(label(title, "caption"))
        inner.addWidget(label(words, selectable=True))
        box.addLayout(inner)


def _quote(quote: Quote) -> QWidget:
    bar, box = card("quotebar", margin=0)
    box.setContentsMargins(14, 2, 0, 2)
    box.addWidget(words_said(quote.text))
    return bar


def _next_step(debrief: Debrief, on_drill: Callable[[str], None]) -> QWidget:
    frame, box = card("hero", spacing=SPACE_2, margin=SPACE_5)
    box.addWidget(label(NEXT_TIME, "overline"))
    box.addWidget(label(debrief.next_step, "strong"))
    if debrief.next_drill:
        name = "Practise this skill in a drill"
        drill = Button(
            "Practise this skill", "plain", "drill", name=name, on_click=lambda: on_drill(debrief.next_drill)
        )
        box.addLayout(row(drill, None))
    return frame


def _too_short(debrief: Debrief) -> QWidget:
    frame, box = card(spacing=SPACE_3, margin=SPACE_5)
    box.addWidget(label(TOO_SHORT, "h2"))
    box.addWidget(label(too_short_words(debrief), "soft"))
    return frame


def _own_rating(own: OwnRating) -> QWidget:
    frame, box = card(spacing=SPACE_3, margin=SPACE_5)
    box.addWidget(label("Your own rating", "h3"))
    for question, value in own.ratings:
        line = row(spacing=SPACE_3)
        line.addWidget(label(question, "soft"), 1)
        figure = label(value, "strong")
        figure.setWordWrap(False)
        line.addWidget(figure)
        box.addLayout(line)
    for title, words in own.words:
        _paragraph(box, title, words)
    return frame
