"""The disclosure map, opened in a step of its own because it shows what the patient kept hidden.

Must not know the persona; it gets the finished map.
"""

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from simpatient.domain.assessment.debrief import DisclosureMap
from simpatient.gui.base.tokens import READING_WIDTH, SPACE_2, SPACE_3, SPACE_4, SPACE_5
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.drawn.painted import BandBar
from simpatient.gui.widgets.layout import ScrollPage, card, clear, column, row
from simpatient.gui.widgets.text import chip, label
from simpatient.presentation.feedback.disclosure import (
    HELD_BACK,
    NOT_ALL,
    SHARED,
    Disclosure,
    disclosure_section,
    title,
)


class DisclosureView(ScrollPage):
    """A closed door first; behind it, what was shared and what was held back."""

    def __init__(self, patient_name: str, on_open: Callable[[], None]) -> None:
        super().__init__("What was held back", READING_WIDTH + 120, SPACE_5, dressed=True)
        self.is_open = False
        frame, box = card(spacing=SPACE_3, margin=SPACE_5)
        box.addWidget(label(title(patient_name), "h2"))
        words = (
            "The map compares your session with the hidden case: what you have not heard yet, and what would have "
            "opened it. If you want to meet this patient again without knowing, leave it closed."
        )
        box.addWidget(label(words, "soft"))
        self.button = Button("Open the disclosure map", "primary", on_click=on_open)
        box.addLayout(row(self.button, None))
        self.body.addWidget(frame)
        self.body.addStretch(1)

    def show_map(self, found: DisclosureMap) -> None:
        """Show the map in place of the closed door."""
        self.is_open = True
        clear(self.body)
        shown = disclosure_section(found)
        head = column(spacing=SPACE_2)
        head.addWidget(label(shown.summary, "h2"))
        head.addWidget(label(NOT_ALL, "soft"))
        self.body.addLayout(head)
        for heading, items in ((SHARED, shown.shared), (HELD_BACK, shown.held_back)):
            if items:
                box = column(spacing=SPACE_3)
                box.addWidget(label(heading, "h3"))
                for item in items:
                    box.addWidget(_item(item))
                self.body.addLayout(box)
        self.body.addStretch(1)


def _item(item: Disclosure) -> QWidget:
    frame, box = card(spacing=SPACE_2, margin=SPACE_4)
    tone = "accent" if item.is_shared else "warm" if item.came_near else "plain"
    box.addLayout(row(label(item.text, "strong"), chip(item.outcome, tone), spacing=SPACE_3))
    if not item.is_shared:
        box.addWidget(label(f"What opens it: {item.opens_with}"))
        if item.trust is not None:
            box.addWidget(BandBar(item.trust))
        box.addWidget(label(item.trust_words, "small"))
    return frame
