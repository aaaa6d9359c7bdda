"""What a transcript shows of how a turn was spoken: when, the silence before it, what was not heard, earlier texts.

Must not know how times are measured.
"""

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from simpatient.domain.assessment.speaking_times import Silence, SpeakingTimes
from simpatient.domain.session.session import Turn
from simpatient.domain.speech import TextVersion
from simpatient.gui.base.tokens import SPACE_1, SPACE_3
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.layout import column, row
from simpatient.gui.widgets.text import chip, divider, label
from simpatient.presentation.numbers import clock


def when(turn: Turn, times: SpeakingTimes | None) -> str:
    """Return the turn's number and, of a spoken one, when it began."""
    stretch = times.row(turn.turn) if times is not None else None
    return f"Turn {turn.turn + 1}" + (f", {clock(stretch.start_s)}" if stretch is not None else "")


def silence_line(silence: Silence) -> QWidget:
    """Return a quiet line that stands for a silence."""
    outer = QWidget()
    words = label(f"{silence.seconds:.0f} s silence", "caption")
    words.setWordWrap(False)
    line = row(spacing=SPACE_3)
    line.setContentsMargins(SPACE_3, 0, SPACE_3, 0)
    line.addWidget(divider(), 1)
    line.addWidget(words)
    line.addWidget(divider(), 1)
    outer.setLayout(line)
    return outer


def spoken_tags(turn: Turn, times: SpeakingTimes | None) -> list[QWidget]:
    """Return tags for an interruption, on either side of it."""
    tags: list[QWidget] = []
    if times is not None and times.interruption(turn.turn) is not None:
        tags.append(chip("Came in early", "warm", "This turn began while the patient was speaking."))
    if turn.speech is not None and turn.speech.was_interrupted:
        tags.append(chip("Cut off", "plain", "The other speaker broke in here."))
    return tags


def beside_the_words(turn: Turn) -> list[QWidget]:
    """Return what a spoken turn has beside its words, on request: what nobody heard, and what it was taken to say."""
    if turn.speech is None:
        return []
    found: list[QWidget] = []
    unheard = turn.speech.unheard.strip()
    if unheard:
        # It may hold what the patient has not told yet, so it waits to be asked for.
        found.append(_OnRequest("what was not heard", turn.turn, [_unheard(unheard)]))
    earlier = [version for version in turn.speech.versions if version.text.strip() != turn.text.strip()]
    if earlier:
        name = "first text" if len(earlier) == 1 else f"{len(earlier)} earlier texts"
        found.append(_OnRequest(name, turn.turn, [_version(each) for each in earlier]))
    return found


def _unheard(words: str) -> QWidget:
    struck = label(words, "unheard", selectable=True)
    struck.setAccessibleName(f"Not heard: {words}")
    return struck


def _version(version: TextVersion) -> QWidget:
    by = "First understood as" if version.source == "recogniser" else "Then written as"
    return label(f"{by}: “{version.text}”", "small", selectable=True)


class _OnRequest(QWidget):
    """Words of a turn that are shown and hidden by a button."""

    def __init__(self, what: str, turn: int, parts: Sequence[QWidget]) -> None:
        super().__init__()
        box = column(self, SPACE_1)
        self._what = what
        self._button = Button(f"Show {what}", "link", name=f"Show {what}, turn {turn + 1}", on_click=self._toggled)
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
