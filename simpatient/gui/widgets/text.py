"""Labels: always plain text, never markup; long names elide and keep the whole text in a tooltip.

Must not know what the words mean.
"""

import unicodedata

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QStyle, QStyleOption, QWidget

LONGEST_SHOWN = 8_000
_MOST_LINES = 200
_LONGEST_WORD = 32
_BREAK = "\u200b"
# Embeddings, overrides and isolates let a string turn round the text beside it.
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _is_shown(char: str) -> bool:
    if char in "\n\t":
        return True
    return char not in _BIDI_CONTROLS and unicodedata.category(char) not in ("Cc", "Cs")


def _breakable(word: str) -> str:
    """Return a long word with invisible places to break, outside any cluster of combining marks."""
    if len(word) <= _LONGEST_WORD:
        return word
    parts: list[str] = []
    for i, char in enumerate(word):
        if i and i % _LONGEST_WORD == 0 and not unicodedata.combining(char):
            parts.append(_BREAK)
        parts.append(char)
    return "".join(parts)


def presentable(text: str, longest: int = LONGEST_SHOWN) -> str:
    """Return any string in a form that is safe and quick to lay out.

    Control characters, lone surrogates and direction overrides are left out, very long words may wrap,
    and text beyond ``longest`` characters or 200 lines is cut with an ellipsis. Display only: what is
    stored stays as it was.
    """
    cut = len(text) > longest
    shown = "".join(char for char in text[:longest] if _is_shown(char))
    lines = shown.split("\n")
    if len(lines) > _MOST_LINES:
        lines, cut = lines[:_MOST_LINES], True
    wrapped = "\n".join(" ".join(_breakable(word) for word in line.split(" ")) for line in lines)
    return f"{wrapped} …" if cut else wrapped


def label(text: str = "", role: str = "body", *, tone: str = "", selectable: bool = False) -> QLabel:
    """Return a wrapping plain-text label in one of the type roles of the stylesheet."""
    return as_label(QLabel(), text, role, tone=tone, selectable=selectable)


def as_label(made: QLabel, text: str, role: str, *, tone: str = "", selectable: bool = False) -> QLabel:
    """Make a label of any kind into one that ``label`` would return, and return it."""
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(True)
    made.setText(presentable(text))
    made.setProperty("role", role)
    if tone:
        made.setProperty("tone", tone)
    if selectable:
        flags = Qt.TextInteractionFlag
        made.setTextInteractionFlags(flags.TextSelectableByMouse | flags.TextSelectableByKeyboard)
    made.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    return made


def chip(text: str, tone: str = "plain", tooltip: str = "") -> QLabel:
    """Return a small rounded tag; its words carry the meaning, its colour only supports it."""
    made = QLabel()
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setText(presentable(text, 80))
    made.setProperty("chip", tone)
    made.setToolTip(plain_tooltip(tooltip))
    made.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    return made


def plain_tooltip(text: str) -> str:
    """Return text as a tooltip that Qt can't take for markup."""
    escaped = presentable(text, 400).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<p style='white-space:pre-wrap'>{escaped}</p>" if escaped else ""


def divider() -> QFrame:
    """Return a thin horizontal line."""
    line = QFrame()
    line.setProperty("role", "divider")
    return line


class Elided(QLabel):
    """One line of text that is cut with an ellipsis when there is no room; the tooltip has it all."""

    def __init__(self, text: str = "", role: str = "body", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", role)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_text(text)

    def set_text(self, text: str) -> None:
        """Show another text."""
        self.setText(presentable(text, 500).replace("\n", " "))
        self._update_tooltip()

    def is_cut(self) -> bool:
        """Return whether the text does not fit."""
        return self.fontMetrics().horizontalAdvance(self.text()) > self.contentsRect().width()

    def _update_tooltip(self) -> None:
        self.setToolTip(plain_tooltip(self.text()) if self.is_cut() else "")

    def minimumSizeHint(self) -> QSize:
        """Return the least useful size."""
        return QSize(48, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange for the new size."""
        super().resizeEvent(event)
        self._update_tooltip()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint."""
        painter = QPainter(self)
        option = QStyleOption()
        option.initFrom(self)
        self.style().drawPrimitive(QStyle.PrimitiveElement.PE_Widget, option, painter, self)
        rect = self.contentsRect()
        words = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, rect.width())
        painter.setPen(option.palette.windowText().color())
        painter.drawText(rect, int(self.alignment()), words)
