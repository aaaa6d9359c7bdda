"""What the patient offered and when it was taken up, as cards; the ones let go come first.

Must not know how cues are found.
"""

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from simpatient.domain.assessment.debrief import CueGroup, CueHeard
from simpatient.gui.base.tokens import SPACE_2, SPACE_3, SPACE_5
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.layout import card, column, row
from simpatient.gui.widgets.text import chip, label

MOST_SHOWN = 3  # of one kind; a list of everything missed teaches nothing


class CueView(QWidget):
    """The cues of a session, one card a kind."""

    def __init__(
        self,
        groups: tuple[CueGroup, ...],
        on_retry: Callable[[int], None],
        on_drill: Callable[[str], None],
    ) -> None:
        super().__init__()
        self._on_retry = on_retry
        self._on_drill = on_drill
        box = column(self, SPACE_3)
        box.addWidget(label("What the patient offered", "h2"))
        box.addWidget(label("Moments that ask to be taken up, and when you did.", "soft"))
        for group in groups:
            box.addWidget(self._group(group))

    def _group(self, group: CueGroup) -> QWidget:
        waited = group.waited
        frame, box = card("change" if waited else "keep", spacing=SPACE_3, margin=SPACE_5)
        count = chip(f"{group.at_once} of {len(group.cues)} at once", "warm" if waited else "accent")
        box.addLayout(row(label(group.label, "h3"), None, count, spacing=SPACE_3))
        box.addWidget(label(group.why, "soft"))
        for cue in waited[:MOST_SHOWN]:
            box.addWidget(self._cue(cue))
        if len(waited) > MOST_SHOWN:
            box.addWidget(label(f"And {len(waited) - MOST_SHOWN} more in the transcript.", "caption"))
        if waited and group.drill:
            name = f"Practise in a drill: {group.label}"
            drill = group.drill
            button = Button("Practise this skill", "plain", "drill", name=name, on_click=lambda: self._on_drill(drill))
            box.addLayout(row(button, None))
        return frame

    def _cue(self, cue: CueHeard) -> QWidget:
        bar, box = card("quotebar", spacing=2, margin=0)
        box.setContentsMargins(14, 2, 0, 2)
        turn = cue.evidence.turn
        box.addWidget(label(f"“{cue.evidence.quote}”", "quote", selectable=True))
        retry = Button(
            "Retry from here", "link", name=f"Retry from turn {turn + 1}", on_click=lambda: self._on_retry(turn)
        )
        line = row(spacing=SPACE_2)
        line.addWidget(label(f"Turn {turn + 1}, {when(cue)}", "caption"), 1)
        line.addWidget(retry)
        box.addLayout(line)
        return bar


def when(cue: CueHeard) -> str:
    """Return in words when a cue was taken up."""
    if cue.answered_at is None or cue.trainee_turns is None:
        return "not taken up"
    return f"taken up in turn {cue.answered_at + 1}, {cue.trainee_turns} turns of yours later"
