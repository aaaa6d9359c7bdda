"""The branch in use as a transcript with letter tags for codes. Must not know how turns are coded."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QWidget

from simpatient.domain.session.session import Turn
from simpatient.gui.base.page_data import DebriefData
from simpatient.gui.base.theme import set_property
from simpatient.gui.base.tokens import READING_WIDTH, SPACE_2, SPACE_3, SPACE_4
from simpatient.gui.transcript.spoken_turn_view import beside_the_words, silence_line
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.layout import ScrollPage, column, row
from simpatient.gui.widgets.slices import Slices
from simpatient.gui.widgets.text import Elided, chip, label
from simpatient.presentation.feedback.transcript import (
    CAME_IN_EARLY,
    CUT_OFF,
    MARKED,
    PROGRAM_SPOKE,
    TranscriptRow,
    transcript_row,
)
from simpatient.presentation.words.code_tags import code_key_line
from simpatient.presentation.words.numbers import plural, turn_words
from simpatient.presentation.words.perspective import TO_TRAINEE


def _nothing(_turn: Turn) -> Sequence[QWidget]:
    return ()


class TranscriptView(ScrollPage):
    """Every turn of the branch, its tags, marks and the way to retry from a patient turn.

    Args:
        data: The debrief.
        on_retry: Given the patient turn to go back to.
        spoken: Returns what can be done with a spoken turn, to be put under its words.
    """

    def __init__(
        self, data: DebriefData, on_retry: Callable[[int], None], spoken: Callable[[Turn], Sequence[QWidget]] = _nothing
    ) -> None:
        super().__init__("Transcript", READING_WIDTH + 120, SPACE_2, dressed=True)
        self._data = data
        self._on_retry = on_retry
        self._spoken = spoken
        self._times = data.debrief.speaking if data.debrief is not None else None
        self._rows: dict[int, QFrame] = {}
        path = data.session.path()
        shown = "Letter tags name what the program found in each turn; each is an estimate."
        hidden = len(data.session.turns) - len(path)
        rest = f" {plural(hidden, 'turn')} on other branches kept and not shown here." if hidden else ""
        self.body.addWidget(label(shown + rest, "small"))
        self.body.addWidget(self._legend(path))
        self._slices = Slices(self, (partial(self._add, turn) for turn in path))

    def _add(self, turn: Turn) -> None:
        patient = self._data.case.persona.identity.name
        shown = transcript_row(turn, patient, self._data.names, self._times, TO_TRAINEE)
        if shown.silence:
            self.body.addWidget(silence_line(shown.silence))
        self.body.addWidget(self._row(turn, shown))

    def show_turn(self, turn: int) -> None:
        """Scroll to a turn and set it apart."""
        self._slices.finish()
        for number, frame in self._rows.items():
            set_property(frame, "role", "sunken" if number == turn else "plainrow")
        wanted = self._rows.get(turn)
        if wanted is not None:
            # Once its place is known: the rows may just have been made.
            QTimer.singleShot(0, wanted, lambda: self.ensureWidgetVisible(wanted, 0, 160))

    def finish(self) -> None:
        """Have every turn there at once, instead of a little at a time."""
        self._slices.finish()

    def _legend(self, path: tuple[Turn, ...]) -> QWidget:
        return label(code_key_line((turn.codes for turn in path), self._data.names), "caption")

    def _row(self, turn: Turn, shown: TranscriptRow) -> QWidget:
        frame = QFrame()
        frame.setProperty("role", "plainrow")
        self._rows[turn.turn] = frame
        line = row(spacing=SPACE_4)
        line.setContentsMargins(SPACE_3, SPACE_3, SPACE_3, SPACE_3)
        frame.setLayout(line)
        who = column(spacing=2)
        speaker = Elided(shown.speaker, "strong")
        speaker.setFixedWidth(132)
        who.addWidget(speaker)
        who.addWidget(label(shown.title, "caption"))
        who.addStretch(1)
        line.addLayout(who)
        words = column(spacing=SPACE_2)
        words.addWidget(label(shown.text, selectable=True))
        for each in (*beside_the_words(turn), *self._spoken(turn)):
            words.addWidget(each)
        tags = _tags(shown)
        if tags:
            words.addLayout(row(*tags, None, spacing=6))
        words.addStretch(1)
        line.addLayout(words, 1)
        if not shown.is_trainee:
            retry = Button(
                "Retry",
                "quiet",
                "retry",
                name=f"Retry from {turn_words(turn.turn)}",
                on_click=lambda: self._on_retry(turn.turn),
            )
            line.addWidget(retry, 0, Qt.AlignmentFlag.AlignTop)
        return frame


def _tags(shown: TranscriptRow) -> list[QWidget]:
    tone = "accent" if shown.is_trainee else "plain"
    tags: list[QWidget] = []
    for tag, words in shown.codes:
        made = chip(tag, tone, words)
        made.setAccessibleName(words)
        tags.append(made)
    if shown.came_in_early:
        tags.append(chip(CAME_IN_EARLY[0], "warm", CAME_IN_EARLY[1]))
    if shown.was_cut_off:
        tags.append(chip(CUT_OFF[0], "plain", CUT_OFF[1]))
    if shown.is_marked:
        tags.append(chip(MARKED, "warm"))
    if shown.note:
        tags.append(chip(PROGRAM_SPOKE, "note", shown.note))
    return tags
