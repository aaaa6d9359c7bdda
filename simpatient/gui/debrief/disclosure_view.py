"""The disclosure map, opened in a step of its own because it shows what the patient kept hidden.

Must not know the persona; it gets the finished map.
"""

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from simpatient.domain.assessment.debrief import DisclosureItem, DisclosureMap
from simpatient.gui.base.tokens import READING_WIDTH, SPACE_2, SPACE_3, SPACE_4, SPACE_5
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.layout import ScrollPage, card, clear, column, row
from simpatient.gui.widgets.painted import Band, BandBar
from simpatient.gui.widgets.text import chip, label
from simpatient.presentation.numbers import plural

# The scale of trust in a patient's state.
_LEAST_TRUST, _MOST_TRUST = 1.0, 4.0


class DisclosureView(ScrollPage):
    """A closed door first; behind it, what was told and what was held back."""

    def __init__(self, patient_name: str, on_open: Callable[[], None]) -> None:
        super().__init__("What was held back", READING_WIDTH + 120, SPACE_5, dressed=True)
        self.is_open = False
        frame, box = card(spacing=SPACE_3, margin=SPACE_5)
        box.addWidget(label(f"What {patient_name} shared, and what stayed unsaid", "h2"))
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
        told = [item for item in found.items if item.told_at is not None]
        held = [item for item in found.items if item.told_at is None]
        head = column(spacing=SPACE_2)
        head.addWidget(label(f"{found.told} of {plural(len(found.items), 'thing')} came out", "h2"))
        head.addWidget(label("No session opens everything. What stays unsaid is for another time.", "soft"))
        self.body.addLayout(head)
        for title, items in (("Shared", told), ("Held back", held)):
            if items:
                box = column(spacing=SPACE_3)
                box.addWidget(label(title, "h3"))
                for item in items:
                    box.addWidget(_item(item))
                self.body.addLayout(box)
        self.body.addStretch(1)


def _item(item: DisclosureItem) -> QWidget:
    frame, box = card(spacing=SPACE_2, margin=SPACE_4)
    line = row(label(item.text, "strong"), spacing=SPACE_3)
    if item.told_at is not None:
        line.addWidget(chip(f"Shared in turn {item.told_at + 1}", "accent"))
    elif item.approached_at:
        turns = ", ".join(str(turn + 1) for turn in item.approached_at[:5])
        line.addWidget(chip(f"You came close in turn {turns}", "warm"))
    else:
        line.addWidget(chip("Not touched", "plain"))
    box.addLayout(line)
    if item.told_at is None:
        box.addWidget(label(f"What opens it: {item.opens_with}"))
        words = trust_words(item)
        if item.trust_needed > _LEAST_TRUST:
            bar = BandBar(
                item.trust_reached,
                _LEAST_TRUST,
                _MOST_TRUST,
                [Band("enough trust", item.trust_needed)],
                ends=("low", "high"),
            )
            bar.setAccessibleName(words)
            box.addWidget(bar)
        box.addWidget(label(words, "small"))
    return frame


def trust_words(item: DisclosureItem) -> str:
    """Return whether trust stood in the way of something unsaid."""
    if item.trust_needed <= _LEAST_TRUST:
        return "This needs no trust first."
    needed = f"this needs about {item.trust_needed:.1f}"
    enough = ", so trust was not what was missing" if item.trust_reached >= item.trust_needed else ""
    return f"Trust reached {item.trust_reached:.1f} of {_MOST_TRUST:.0f}; {needed}{enough}."
