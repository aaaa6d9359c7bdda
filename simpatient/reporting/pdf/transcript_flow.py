"""The printed transcript: one light flowable a turn, so that long sessions print quickly and split well.

A nested table per turn would be several times slower. Must not know sessions, only shown turns.
"""

from collections.abc import Iterable
from functools import cache

from reportlab.lib.colors import Color
from reportlab.lib.enums import TA_CENTER
from reportlab.platypus import Flowable, Paragraph

from simpatient.presentation.feedback.transcript import MARKED, PROGRAM_SPOKE, TranscriptRow
from simpatient.reporting.pdf import layout
from simpatient.reporting.pdf.fonts import BODY, SLANTED, STRONG
from simpatient.reporting.pdf.text import TextRun, label_width, one_font, paragraph, printable, shortened

NUMBER_WIDTH, NAME_WIDTH, TAGS_WIDTH = 26.0, 72.0, 62.0
GAP, LEADING, BASELINE, SIDE_SIZE = 7.0, 13.5, 9.5, 8.0
_SAID = layout.text_style("said", 9.5, LEADING)
_SILENCE = layout.text_style("silence", 7.5, 10, color=layout.SOFT, alignment=TA_CENTER, spaceAfter=GAP, keepWithNext=1)


@cache
def _beside(text: str, width: float) -> tuple[tuple[str, str], ...]:
    """Return short text as lines of ``(font, text)`` that fit beside the words, cut if one word is too long.

    Speakers and code letters repeat all through a session, so each is fitted once.
    """
    lines: list[str] = []
    for word in printable(text, 60).split():
        if lines and label_width(f"{lines[-1]} {word}", SIDE_SIZE) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return tuple(one_font(shortened(line, SIDE_SIZE, width), STRONG) for line in lines[:3])


class TurnBlock(Flowable):
    """A turn: number and speaker on the left, the words, code letters on the right."""

    def __init__(self, turn: TranscriptRow, words: Paragraph, *, is_continued: bool = False) -> None:
        super().__init__()
        self._turn, self._words, self._goes_on = turn, words, is_continued
        self._name = _beside("(continued)" if is_continued else turn.speaker, NAME_WIDTH - 10)
        self._tags = () if is_continued else _beside(turn.tags, TAGS_WIDTH - 8)

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Return the size needed."""
        said = self._words.wrap(width - NUMBER_WIDTH - NAME_WIDTH - TAGS_WIDTH, height)[1]
        self.width, self.height = width, max(said, self._side()) + GAP
        return self.width, self.height

    def _side(self) -> float:
        """Return the height of what stands beside the words, which cannot be split."""
        return max(len(self._name), len(self._tags), 2 if self._turn.at else 1) * LEADING

    def split(self, width: float, height: float) -> list[Flowable]:
        """Return the turn in two parts, never leaving a single line of it behind."""
        parts = self._words.split(width - NUMBER_WIDTH - NAME_WIDTH - TAGS_WIDTH, height - GAP)
        if len(parts) != 2 or self._side() + GAP > height:
            return []
        return [
            TurnBlock(self._turn, parts[0], is_continued=self._goes_on),
            TurnBlock(self._turn, parts[1], is_continued=True),
        ]

    def draw(self) -> None:
        """Draw the parts side by side from the top."""
        top, x = self.height, NUMBER_WIDTH
        speaker = layout.ACCENT if self._turn.is_trainee else layout.SOFT
        at = () if self._goes_on or not self._turn.at else ((BODY, self._turn.at),)
        self._draw_lines(((BODY, self._turn.number), *at), 0, layout.SOFT)
        self._draw_lines(self._name, x, speaker)
        self._draw_lines(self._tags, self.width - TAGS_WIDTH + 8, layout.WARM)
        self._words.drawOn(self.canv, x + NAME_WIDTH, top - self._words.height)
        if self._turn.is_trainee:
            self.canv.setStrokeColor(layout.ACCENT)
            self.canv.setLineWidth(1.4)
            self.canv.line(x + NAME_WIDTH - 7, GAP, x + NAME_WIDTH - 7, top - 1)

    def _draw_lines(self, lines: tuple[tuple[str, str], ...], x: float, color: Color) -> None:
        self.canv.setFillColor(color)
        for number, (font, text) in enumerate(lines):
            self.canv.setFont(font, SIDE_SIZE)
            self.canv.drawString(x, self.height - BASELINE - number * LEADING, text)


def _turn_block(turn: TranscriptRow, *, with_unheard: bool) -> TurnBlock:
    """Return one turn of the transcript, with a mark and the program's own note in words."""
    spans = [TextRun(turn.text)]
    if turn.unheard and with_unheard:
        spans.append(TextRun(f"  [Not heard: {turn.unheard}]", SLANTED, layout.SOFT))
    spans += [TextRun(f"  [{note}]", "", layout.SOFT) for note in turn.notes(with_unheard=with_unheard)]
    if turn.is_marked:
        spans.insert(0, TextRun(f"{MARKED}: ", STRONG, layout.WARM))
    if turn.note:
        spans.append(TextRun(f"  {PROGRAM_SPOKE}: {turn.note}", "", layout.SOFT))
    return TurnBlock(turn, paragraph(_SAID, *spans))


def turn_parts(turn: TranscriptRow, *, with_unheard: bool) -> Iterable[Flowable]:
    """Return one turn of the transcript, after the silence before it.

    Args:
        turn: The turn.
        with_unheard: Whether unheard words are printed; they may hold what the patient has not shared yet.
    """
    if turn.silence:
        yield paragraph(_SILENCE, f"– {turn.silence} –")
    yield _turn_block(turn, with_unheard=with_unheard)
