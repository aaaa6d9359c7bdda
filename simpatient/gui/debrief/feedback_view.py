"""Feedback: what outweighs all else, then single moments to keep or change, with a better line and retry from here.

Must not know how moments are chosen.
"""

from collections.abc import Callable

from PySide6.QtWidgets import QVBoxLayout, QWidget

from simpatient.domain.assessment.debrief import Debrief, Moment
from simpatient.domain.session.session import SelfRating
from simpatient.gui.base.page_data import DebriefData
from simpatient.gui.base.tokens import READING_WIDTH, SPACE_2, SPACE_3, SPACE_4, SPACE_5
from simpatient.gui.debrief.critical_view import critical_view
from simpatient.gui.debrief.cue_view import CueView
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.layout import ScrollPage, card, column, row
from simpatient.gui.widgets.text import chip, label


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
        first = critical_view(debrief.scorecards, data.rubrics, on_show_turn)
        if first is not None:
            self.body.addWidget(first)
        if debrief.too_short:
            self.body.addWidget(_too_short(debrief))
        else:
            self._add_group("Keep", "keep", debrief.keep)
            self._add_group("Change", "change", debrief.change)
            if debrief.cues:
                self.body.addWidget(CueView(debrief.cues, on_retry, on_drill))
            if debrief.next_step:
                self.body.addWidget(_next_step(debrief, on_drill))
        if data.session.self_rating is not None:
            self.body.addWidget(_own_rating(data.session.self_rating, data.questions))
        self.body.addStretch(1)

    def _add_group(self, title: str, kind: str, moments: tuple[Moment, ...]) -> None:
        box = column(spacing=SPACE_3)
        box.addWidget(label(title, "h2"))
        if not moments:
            words = "Nothing stood out strongly enough to name." if kind == "keep" else "Nothing needs changing first."
            box.addWidget(label(words, "soft"))
        for moment in moments:
            box.addWidget(self._moment(moment))
        self.body.addLayout(box)

    def _moment(self, moment: Moment) -> QWidget:
        frame, box = card(moment.kind, spacing=SPACE_3, margin=SPACE_5)
        turn = moment.evidence.turn
        box.addLayout(row(label(moment.title, "h3"), chip(f"Turn {turn + 1}", "plain"), spacing=SPACE_3))
        box.addWidget(_quote(moment.evidence.quote))
        _paragraph(box, "What happened", moment.what)
        _paragraph(box, "Why it matters", moment.why)
        if moment.better_line:
            better, inner = card("better", spacing=4, margin=SPACE_4)
            inner.addWidget(label("One possible better line", "caption"))
            inner.addWidget(label(moment.better_line, "strong", selectable=True))
            box.addWidget(better)
        buttons = row(spacing=SPACE_2)
        if moment.retry_from is not None:
            retry_from = moment.retry_from
            name = f"Retry from turn {retry_from + 1}: {moment.title}"
            buttons.addWidget(
                Button("Retry from here", "plain", "retry", name=name, on_click=lambda: self._on_retry(retry_from))
            )
        name = f"Show turn {turn + 1} in the transcript"
        buttons.addWidget(Button("Show in transcript", "quiet", name=name, on_click=lambda: self._on_show_turn(turn)))
        buttons.addStretch(1)
        box.addLayout(buttons)
        return frame


def _paragraph(box: QVBoxLayout, title: str, words: str) -> None:
    if words:
        inner = column(spacing=2)
        inner.addWidget(label(title, "caption"))
        inner.addWidget(label(words, selectable=True))
        box.addLayout(inner)


def _quote(words: str) -> QWidget:
    bar, box = card("quotebar", margin=0)
    box.setContentsMargins(14, 2, 0, 2)
    box.addWidget(label(f"“{words}”", "quote", selectable=True))
    return bar


def _next_step(debrief: Debrief, on_drill: Callable[[str], None]) -> QWidget:
    frame, box = card("hero", spacing=SPACE_2, margin=SPACE_5)
    box.addWidget(label("Next time", "overline"))
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
    box.addWidget(label("Too short for feedback", "h2"))
    words = debrief.next_step or "With only a few turns there is not enough to say something fair."
    box.addWidget(label(words, "soft"))
    return frame


def _own_rating(rating: SelfRating, questions: dict[str, str]) -> QWidget:
    frame, box = card(spacing=SPACE_3, margin=SPACE_5)
    box.addWidget(label("Your own rating", "h3"))
    for question_id, value in rating.ratings.items():
        line = row(spacing=SPACE_3)
        line.addWidget(label(questions.get(question_id, question_id), "soft"), 1)
        figure = label(f"{value} of 5", "strong")
        figure.setWordWrap(False)
        line.addWidget(figure)
        box.addLayout(line)
    _paragraph(box, "What went well", rating.went_well)
    _paragraph(box, "What you would do differently", rating.would_change)
    return frame
