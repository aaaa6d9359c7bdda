"""A quote behind a value: words said in a turn, or words written afterwards, each in its own look.

Must not know what was judged.
"""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from simpatient.domain.assessment.score import Evidence
from simpatient.gui.base.tokens import SPACE_2, SPACE_3
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.layout import card, row
from simpatient.gui.widgets.painted import Glyph
from simpatient.gui.widgets.text import label

OnShowTurn = Callable[[int], object]


def where(evidence: Evidence) -> str:
    """Return where a quote stands: ``Turn 4``, or that it was written."""
    return "You wrote" if evidence.written else f"Turn {evidence.turn + 1}"


def quoted(evidence: Evidence, on_show_turn: OnShowTurn | None = None, *, says_which_way: bool = True) -> QWidget:
    """Return a quote with where it stands and, unless not wanted, whether it speaks for or against.

    Args:
        evidence: The quote.
        on_show_turn: What shows a turn; with it, words that were said get a button.
        says_which_way: Whether to say what it speaks for.
    """
    frame, box = card("written" if evidence.written else "quotebar", spacing=2, margin=0)
    box.setContentsMargins(14, SPACE_2 if evidence.written else 2, SPACE_3, SPACE_2 if evidence.written else 2)
    head = row(spacing=SPACE_2)
    if evidence.written:
        head.addWidget(Glyph("author", "on_note_soft", 16), 0, Qt.AlignmentFlag.AlignVCenter)
    way = f", speaks {'for' if evidence.supports else 'against'}" if says_which_way else ""
    head.addWidget(label(f"{where(evidence)}{way}", "caption"), 1)
    if on_show_turn is not None and not evidence.written:
        name = f"Show turn {evidence.turn + 1} in the transcript"
        head.addWidget(Button("Show in transcript", "link", name=name, on_click=lambda: on_show_turn(evidence.turn)))
    box.addLayout(head)
    box.addWidget(label(f"“{evidence.quote}”", "quote", selectable=True))
    return frame
