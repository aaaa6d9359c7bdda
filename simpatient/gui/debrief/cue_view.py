"""What the patient offered and when it was taken up, as cards; what was let go comes first.

Must not know how cues are found.
"""

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QWidget

from simpatient.gui.base.tokens import SPACE_2, SPACE_3, SPACE_5
from simpatient.gui.debrief.evidence_view import words_said
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.layout import card, column, row
from simpatient.gui.widgets.text import chip, label
from simpatient.presentation.feedback.cues import HEADING, Cue, Cues
from simpatient.presentation.words.numbers import turn_words


class CueView(QWidget):
    """The cues of a session, one card a kind."""

    def __init__(
        self, groups: Sequence[Cues], on_retry: Callable[[int], None], on_drill: Callable[[str], None]
    ) -> None:
        super().__init__()
        self._on_retry = on_retry
        self._on_drill = on_drill
        box = column(self, SPACE_3)
        box.addWidget(label(HEADING, "h2"))
        for group in groups:
            box.addWidget(self._group(group))

    def _group(self, group: Cues) -> QWidget:
        frame, box = card("change" if group.missed else "keep", spacing=SPACE_3, margin=SPACE_5)
        count = chip(group.count, "warm" if group.missed else "accent", group.summary)
        box.addLayout(row(label(group.label, "h3"), None, count, spacing=SPACE_3))
        box.addWidget(label(group.why, "soft"))
        for cue in group.missed:
            box.addWidget(self._cue(cue))
        if group.more:
            box.addWidget(label(group.more, "caption"))
        if group.missed and group.drill:
            name = f"Practise in a drill: {group.label}"
            drill = group.drill
            button = Button("Practise this skill", "plain", "drill", name=name, on_click=lambda: self._on_drill(drill))
            box.addLayout(row(button, None))
        return frame

    def _cue(self, cue: Cue) -> QWidget:
        bar, box = card("quotebar", spacing=2, margin=0)
        box.setContentsMargins(14, 2, 0, 2)
        box.addWidget(words_said(cue.quote.text))
        name = f"Retry from {turn_words(cue.turn)}"
        retry = Button("Retry from here", "link", name=name, on_click=lambda: self._on_retry(cue.turn))
        line = row(spacing=SPACE_2)
        line.addWidget(label(f"{cue.quote.where}, {cue.outcome}", "caption"), 1)
        line.addWidget(retry)
        box.addLayout(line)
        return bar
