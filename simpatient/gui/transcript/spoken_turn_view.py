"""What a transcript shows beside a turn's words: the silence before it, what was not heard, earlier texts.

Must not know how times are measured.
"""

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from simpatient.domain.session.session import Turn
from simpatient.gui.base.tokens import SPACE_1, SPACE_3
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.layout import column, row
from simpatient.gui.widgets.text import divider, label
from simpatient.presentation.feedback.transcript import earlier_texts
from simpatient.presentation.words.numbers import turn_words


def silence_line(silence: str) -> QWidget:
    """Return a quiet line that stands for a silence."""
    outer = QWidget()
    words = label(silence, "caption")
    words.setWordWrap(False)
    line = row(spacing=SPACE_3)
    line.setContentsMargins(SPACE_3, 0, SPACE_3, 0)
    line.addWidget(divider(), 1)
    line.addWidget(words)
    line.addWidget(divider(), 1)
    outer.setLayout(line)
    return outer


def beside_the_words(turn: Turn) -> list[QWidget]:
    """Return what a spoken turn has beside its words, on request: what nobody heard, and what it was taken to say."""
    if turn.speech is None:
        return []
    found: list[QWidget] = []
    unheard = turn.speech.unheard.strip()
    if unheard:
        # It may hold what the patient has not shared yet, so it waits to be asked for.
        found.append(_OnRequest("what was not heard", turn.turn, [_unheard(unheard)]))
    earlier = earlier_texts(turn)
    if earlier:
        name = "first text" if len(earlier) == 1 else f"{len(earlier)} earlier texts"
        found.append(_OnRequest(name, turn.turn, [label(each, "small", selectable=True) for each in earlier]))
    return found


def _unheard(words: str) -> QWidget:
    struck = label(words, "unheard", selectable=True)
    struck.setAccessibleName(f"Not heard: {words}")
    return struck


class _OnRequest(QWidget):
    """Words of a turn that are shown and hidden by a button."""

    def __init__(self, what: str, turn: int, parts: Sequence[QWidget]) -> None:
        super().__init__()
        box = column(self, SPACE_1)
        self._what = what
        self._button = Button(f"Show {what}", "link", name=f"Show {what}, {turn_words(turn)}", on_click=self._toggled)
        self._inner = QWidget()
        self._inner.hide()
        inner = column(self._inner, SPACE_1)
        for part in parts:
            inner.addWidget(part)
        box.addLayout(row(self._button, None))
        box.addWidget(self._inner)

    def _toggled(self) -> None:
        shown = self._inner.isHidden()
        self._inner.setVisible(shown)
        self._button.setText(f"{'Hide' if shown else 'Show'} {self._what}")
