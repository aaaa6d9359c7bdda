"""A quote behind a value: words said in a turn, or words written afterwards, each in its own look.

Must not know what was judged.
"""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from simpatient.gui.base.tokens import SPACE_2, SPACE_3
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.drawn.painted import Glyph
from simpatient.gui.widgets.layout import card, row
from simpatient.gui.widgets.text import label
from simpatient.presentation.feedback.quotes import Quote
from simpatient.presentation.words.numbers import turn_words

OnShowTurn = Callable[[int], object]


def quoted(quote: Quote, on_show_turn: OnShowTurn | None = None, *, says_which_way: bool = True) -> QWidget:
    """Return a quote with where it stands and, unless not wanted, whether it speaks for or against.

    Args:
        quote: The quote.
        on_show_turn: What shows a turn; with it, words that were said get a button.
        says_which_way: Whether to say what it speaks for.
    """
    frame, box = card("written" if quote.is_written else "quotebar", spacing=2, margin=0)
    box.setContentsMargins(14, SPACE_2 if quote.is_written else 2, SPACE_3, SPACE_2 if quote.is_written else 2)
    head = row(spacing=SPACE_2)
    if quote.is_written:
        head.addWidget(Glyph("author", "on_note_soft", 16), 0, Qt.AlignmentFlag.AlignVCenter)
    way = f", speaks {'for' if quote.supports else 'against'}" if says_which_way else ""
    head.addWidget(label(f"{quote.where}{way}", "caption"), 1)
    if on_show_turn is not None and quote.turn is not None:
        turn, show = quote.turn, on_show_turn
        name = f"Show {turn_words(turn)} in the transcript"
        head.addWidget(Button("Show in transcript", "link", name=name, on_click=lambda: show(turn)))
    box.addLayout(head)
    box.addWidget(words_said(quote.text))
    return frame


def words_said(text: str) -> QWidget:
    """Return words somebody said, in quotation marks."""
    return label(f"“{text}”", "quote", selectable=True)
