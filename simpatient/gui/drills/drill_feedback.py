"""Feedback on one try of a drill: what was heard and what was not, in words first and colour second.

Must not know how it is judged.
"""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from simpatient.domain.learning.drill import Feedback, Finding
from simpatient.gui.base.tokens import SPACE_2, SPACE_3, SPACE_4, SPACE_5
from simpatient.gui.widgets.layout import card, column, row
from simpatient.gui.widgets.text import chip, label
from simpatient.presentation.wording import confidence_words
from simpatient.services.learning.drill import Answer

HEADLINES = {
    "done": "This is what the drill asks for",
    "not_yet": "Not there yet",
    "unsure": "This one cannot be judged here for sure",
    "copied": "That is the line that was shown",
}
_NEXT = {
    "done": "Say it another way, or go on to the next line.",
    "not_yet": "Try again as often as you like.",
    "unsure": "It counts neither for nor against. Ask a supervisor about it, or try another way of saying it.",
    "copied": "Now say it in your own words.",
}
_MOVES = {"up": "That came easily: the next line is harder.", "down": "That was hard: the next line is easier."}
_SURFACES = {"done": "keep", "not_yet": "change", "unsure": "card", "copied": "card"}
_EXPECTED = {"met": ("Heard", "accent"), "unmet": ("Not yet", "warm"), "unsure": ("Unsure", "note")}
_FORM = "In all"
_AVOIDED = {"unmet": ("Better left out", "warm"), "unsure": ("Unsure", "note")}


def feedback_card(answer: Answer) -> QWidget:
    """Return everything said about one try."""
    feedback = answer.feedback
    frame, box = card(_SURFACES[feedback.outcome], spacing=SPACE_3, margin=SPACE_5)
    frame.setAccessibleName(f"Feedback on try {answer.tries}: {HEADLINES[feedback.outcome]}")
    box.addLayout(row(label(HEADLINES[feedback.outcome], "h3"), chip(f"Try {answer.tries}"), spacing=SPACE_3))
    rows = [(*_EXPECTED[finding.verdict], finding.words, heard_words(finding)) for finding in feedback.expected]
    rows += [(*_AVOIDED[f.verdict], f.words, heard_words(f)) for f in feedback.avoided if f.verdict in _AVOIDED]
    rows += [(_FORM, "warm", words, "") for words in form_words(feedback)]
    box.addLayout(_table(rows))
    box.addWidget(_better(feedback))
    move = f" {_MOVES[answer.moved]}" if answer.moved else ""
    box.addWidget(label(_NEXT[feedback.outcome] + move, "small"))
    return frame


def form_words(feedback: Feedback) -> list[str]:
    """Return what is to be said about length and about words given back."""
    told = []
    if feedback.is_too_long:
        told.append(f"{feedback.words} words. This skill needs no more than {feedback.max_words}.")
    if feedback.is_parroted:
        told.append("These are nearly all the patient's own words. Add what you make of them.")
    return told


def spoken_feedback(answer: Answer) -> str:
    """Return the feedback as a screen reader says it."""
    feedback = answer.feedback
    told = [finding.words for finding in (*feedback.expected, *feedback.avoided) if finding.words]
    parts = [
        f"{HEADLINES[feedback.outcome]}.",
        *told,
        *form_words(feedback),
        f"{_better_title(feedback)}: {feedback.better}",
    ]
    return " ".join(parts)


def heard_words(finding: Finding) -> str:
    """Return the words a finding rests on, and what they were heard as; '' when it quotes them itself or has none."""
    if finding.evidence is None or finding.verdict == "unsure":
        return ""
    as_what = f" heard as {finding.heard.lower()}, {confidence_words(finding.confidence)}" if finding.heard else ""
    return f"“{finding.evidence.quote}”{as_what}"


def _table(rows: Sequence[tuple[str, str, str, str]]) -> QGridLayout:
    """Return rows of a tag with its tone, what is said, and what it rests on."""
    grid = QGridLayout()
    grid.setHorizontalSpacing(SPACE_3)
    grid.setVerticalSpacing(SPACE_3)
    grid.setColumnStretch(1, 1)
    for at, (tag, tone, words, heard) in enumerate(rows):
        texts = column(spacing=2)
        texts.addWidget(label(words, selectable=True))
        if heard:
            texts.addWidget(label(heard, "small", selectable=True))
        grid.addWidget(chip(tag, tone), at, 0, Qt.AlignmentFlag.AlignTop)
        grid.addLayout(texts, at, 1)
    return grid


def _better(feedback: Feedback) -> QWidget:
    frame, inner = card("better", spacing=SPACE_2, margin=SPACE_4)
    inner.addWidget(label(_better_title(feedback), "caption"))
    inner.addWidget(label(feedback.better, "strong", selectable=True))
    return frame


def _better_title(feedback: Feedback) -> str:
    return "Another way to say it" if feedback.outcome == "done" else "One possible better line"
