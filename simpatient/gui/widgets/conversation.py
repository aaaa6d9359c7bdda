"""The conversation: bubbles with streaming plain text, the program's own notes, the composer.

Must not know services. The program's notes never look like the patient's words.
"""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QMimeData, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QGuiApplication,
    QKeyEvent,
    QResizeEvent,
    QTextCursor,
)
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from simpatient.gui.base.tokens import SPACE_2, SPACE_3, SPACE_4, SPACE_5
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.layout import Tall, clear, column, row
from simpatient.gui.widgets.text import as_label, chip, label, presentable

LONGEST_TYPED = 4_000
_WIDEST_BUBBLE = 560


def announce(widget: QWidget, words: str) -> None:
    """Have a screen reader say something when it is free."""
    event = QAccessibleAnnouncementEvent(widget, words)
    event.setPoliteness(QAccessible.AnnouncementPoliteness.Polite)
    QAccessible.updateAccessibility(event)


class Bubble(QFrame):
    """One turn. Text is plain, always; it may grow while it streams."""

    def __init__(self, who: str, speaker_name: str, text: str) -> None:
        super().__init__()
        self.who = who
        self._speaker = speaker_name
        self._text = ""
        self.setProperty("role", "bubble")
        self.setProperty("who", who)
        box = column(self, SPACE_2)
        box.setContentsMargins(16, 10, 16, 12)
        self._top = row(label(speaker_name, "caption"), None, spacing=SPACE_2)
        self._words = _BubbleText("spoken", selectable=True)
        self._words.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._chips = QHBoxLayout()
        self._chips.setSpacing(6)
        self._flag = chip("Marked", "warm")
        self._flag.hide()
        self._top.addWidget(self._flag)
        self._action: QWidget | None = None
        box.addLayout(self._top)
        box.addWidget(self._words)
        box.addLayout(self._chips)
        self._beside: QVBoxLayout = column(spacing=0)
        box.addLayout(self._beside)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Minimum)
        self.set_text(text)

    @property
    def text(self) -> str:
        """The words, as they came."""
        return self._text

    def set_text(self, text: str) -> None:
        """Replace the words."""
        self._text = text
        self._words.setText(presentable(text))
        self.setAccessibleName(f"{self._speaker}: {presentable(text, 1000)}")
        self._words.fit(self.maximumWidth())

    def append(self, text: str) -> None:
        """Add streamed words."""
        self.set_text(self._text + text)

    def set_marked(self, marked: bool) -> None:
        """Show or hide the trainee's mark."""
        self._flag.setVisible(marked)

    def set_chips(self, tags: Sequence[tuple[str, str]], visible: bool) -> None:
        """Show code tags under the words, as ``(words, tooltip)``."""
        while (item := self._chips.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for words, tooltip in tags:
            tag = chip(words, "plain", tooltip)
            tag.setVisible(visible)
            self._chips.addWidget(tag)
        self._chips.addStretch(1)

    def set_action(self, button: QWidget) -> None:
        """Put a button beside the speaker's name, in place of the one before."""
        if self._action is not None:
            self._action.hide()
            self._action.deleteLater()
        self._action = button
        self._top.addWidget(button)

    def set_beside(self, widgets: Sequence[QWidget]) -> None:
        """Put widgets under words and tags, in place of those before."""
        clear(self._beside)
        for widget in widgets:
            self._beside.addWidget(widget)

    def show_chips(self, visible: bool) -> None:
        """Show or hide the code tags."""
        for i in range(self._chips.count()):
            item = self._chips.itemAt(i)
            if item is not None and (widget := item.widget()) is not None:
                widget.setVisible(visible)

    def set_widest(self, width: int) -> None:
        """Set how wide the bubble may get."""
        self.setMaximumWidth(width)
        self._words.fit(width)


class _BubbleText(QLabel):
    """Words as wide as their longest line needs: short answers, short bubbles. Fits again in another text size."""

    def __init__(self, role: str, *, selectable: bool = False) -> None:
        super().__init__()
        self._widest = _WIDEST_BUBBLE
        as_label(self, "", role, selectable=selectable)

    def fit(self, width: int) -> None:
        """Fit into a frame of ``width``."""
        self._widest = width
        # The width is wanted before the widget is shown, so its font has to be settled now.
        self.ensurePolished()
        longest = max((self.fontMetrics().horizontalAdvance(line) for line in self.text().split("\n")), default=0)
        self.setMinimumWidth(min(longest + 4, max(60, width - 40)))

    def changeEvent(self, event: QEvent) -> None:
        """Fit the width to another font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.fit(self._widest)


class ProgramNote(QFrame):
    """A word from the program, set apart from everything the patient says."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.setProperty("role", "program")
        self.setAccessibleName(f"Note from the program: {presentable(text, 1000)}")
        box = column(self, 2)
        box.setContentsMargins(16, 8, 16, 10)
        box.addWidget(label("From the program, not the patient", "caption"))
        self._words = _BubbleText("small")
        self._words.setText(presentable(text))
        box.addWidget(self._words)
        self.set_widest(_WIDEST_BUBBLE)

    def set_widest(self, width: int) -> None:
        """Set how wide the note may get; it is as wide as its words need, so that few lines are enough."""
        self.setMaximumWidth(width)
        self._words.fit(width)


class ChatLog(QScrollArea):
    """All turns of a branch, newest at the bottom."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Conversation")
        inner = Tall()
        inner.setAccessibleName("Conversation, newest at the end")
        self._box: QVBoxLayout = column(inner, SPACE_3)
        self._box.setContentsMargins(SPACE_5, SPACE_5, SPACE_5, SPACE_4)
        self._box.addStretch(1)
        self.setWidget(inner)
        self.bubbles: list[Bubble] = []
        self._notes: list[ProgramNote] = []
        bar = self.verticalScrollBar()
        bar.rangeChanged.connect(self._on_range_changed)
        self._follows = True
        bar.valueChanged.connect(self._on_scrolled)

    def clear(self) -> None:
        """Remove all turns."""
        self.bubbles.clear()
        self._notes.clear()
        while self._box.count() > 1:
            item = self._box.takeAt(1)
            if item is not None and (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()

    def add(self, who: str, speaker_name: str, text: str) -> Bubble:
        """Add a turn of ``patient`` (left) or ``trainee`` (right)."""
        bubble = Bubble(who, speaker_name, text)
        self.bubbles.append(bubble)
        bubble.set_widest(self._widest())
        self._place(bubble, who)
        return bubble

    def add_note(self, text: str) -> ProgramNote:
        """Add a word from the program."""
        note = ProgramNote(text)
        note.set_widest(self._widest())
        self._notes.append(note)
        self._place(note, "program")
        return note

    def remove(self, bubble: Bubble) -> None:
        """Take a bubble away again (an answer that never came)."""
        if bubble in self.bubbles:
            self.bubbles.remove(bubble)
        holder = bubble.parentWidget()
        bubble.hide()
        bubble.deleteLater()
        if holder is not None and holder is not self.widget():
            self._box.removeWidget(holder)
            holder.deleteLater()

    def scroll_to_end(self) -> None:
        """Show the newest turn."""
        self._follows = True
        self.verticalScrollBar().setValue(self.verticalScrollBar().maximum())

    def _place(self, item: QWidget, who: str) -> None:
        holder = QWidget()
        line = row(spacing=0)
        holder.setLayout(line)
        if who != "patient":
            line.addStretch(1)
        line.addWidget(item)
        if who != "trainee":
            line.addStretch(1)
        self._box.addWidget(holder)
        self._follows = True

    def _widest(self) -> int:
        return min(_WIDEST_BUBBLE, max(220, (self.viewport().width() - 2 * SPACE_5) * 85 // 100))

    def _on_range_changed(self, _low: int, high: int) -> None:
        if self._follows:
            self.verticalScrollBar().setValue(high)

    def _on_scrolled(self, value: int) -> None:
        # A reader who scrolled up is not pulled down by the next chunk.
        self._follows = value >= self.verticalScrollBar().maximum() - 40

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange for the new size."""
        super().resizeEvent(event)
        for bubble in self.bubbles:
            bubble.set_widest(self._widest())
        for note in self._notes:
            note.set_widest(self._widest())


class _Editor(QPlainTextEdit):
    """Several lines of plain text; Enter sends, Shift+Enter starts a new line."""

    sent = Signal()
    cut_short = Signal()

    def __init__(self, placeholder: str) -> None:
        super().__init__()
        self.setProperty("role", "composer")
        self.setPlaceholderText(placeholder)
        self.setAccessibleName("Your words")
        self.setAccessibleDescription("Enter sends, Shift+Enter starts a new line")
        self.setTabChangesFocus(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.document().setDocumentMargin(4)
        self.textChanged.connect(self._on_text_changed)
        self._on_text_changed()

    @property
    def is_composing(self) -> bool:
        """Whether an input method shows characters that are not settled yet."""
        return bool(self.textCursor().block().layout().preeditAreaText())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Act on keys."""
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            # Enter then belongs to the input method; most platforms keep it to themselves, some let it through.
            if not self.is_composing:
                self.sent.emit()
            return
        super().keyPressEvent(event)

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Take pasted words, as many as fit."""
        text = source.text()
        room = LONGEST_TYPED - len(self.toPlainText())
        if len(text) > room:
            self.cut_short.emit()
        self.insertPlainText(text[: max(0, room)])

    def _on_text_changed(self) -> None:
        # Rows as laid out: a plain text document counts its height in lines.
        self.ensurePolished()
        rows = max(1, min(6, round(self.document().size().height())))
        # Around the words: padding and border of the stylesheet, and the document's own margin.
        self.setFixedHeight(self.height_of(rows))

    def height_of(self, rows: int) -> int:
        """Return the height that shows so many lines."""
        return rows * self.fontMetrics().lineSpacing() + 30

    def changeEvent(self, event: QEvent) -> None:
        """Fit the height to another text size."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._on_text_changed()

    def sizeHint(self) -> QSize:
        """Return the size wanted."""
        return QSize(400, 52)


class _SendButton(Button):
    """As high as a single line of the field it stands beside, in every text size."""

    def __init__(self, editor: _Editor) -> None:
        super().__init__("Send", "primary", name="Send your words")
        self._editor = editor

    def sizeHint(self) -> QSize:
        """Return the size wanted."""
        wanted = super().sizeHint()
        return QSize(wanted.width(), max(wanted.height(), self._editor.height_of(1)))


class Composer(QWidget):
    """Where the trainee writes.

    Signals:
        submitted: The words to send.
    """

    submitted = Signal(str)

    def __init__(self, placeholder: str = "Say something …", on_trouble: Callable[[str], None] | None = None) -> None:
        super().__init__()
        self.setProperty("role", "footer")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.editor = _Editor(placeholder)
        self.button = _SendButton(self.editor)
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.hint: QLabel = label("Enter sends · Shift+Enter for a new line", "caption")
        self.hint.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        box = column(self, SPACE_2)
        box.setContentsMargins(SPACE_5, SPACE_4, SPACE_5, SPACE_3)
        line = row(self.editor, spacing=SPACE_3)
        line.addWidget(self.button, 0, Qt.AlignmentFlag.AlignBottom)
        box.addLayout(line)
        box.addWidget(self.hint)
        self.editor.sent.connect(self.submit)
        self.button.clicked.connect(self.submit)
        self.editor.cut_short.connect(self._on_cut_short)
        self._is_waiting = False

    @property
    def is_waiting(self) -> bool:
        """Whether an answer is still to come."""
        return self._is_waiting

    @property
    def text(self) -> str:
        """What is written now."""
        return self.editor.toPlainText()

    def set_text(self, text: str) -> None:
        """Put words in place of what is written."""
        if text != self.text:
            self.editor.setPlainText(text)
            self.editor.moveCursor(QTextCursor.MoveOperation.End)

    def set_waiting(self, waiting: bool, hint: str = "") -> None:
        """Hold back sending (not typing) while an answer is on its way."""
        self._is_waiting = waiting
        self.button.setEnabled(not waiting)
        self.hint.setText(hint or "Enter sends · Shift+Enter for a new line")

    def submit(self) -> None:
        """Send what is written, unless it is blank or an answer is still to come."""
        if self.editor.is_composing:
            QGuiApplication.inputMethod().commit()
        text = self.text.strip()
        if not text or self._is_waiting or self.editor.is_composing:
            return
        if len(text) > LONGEST_TYPED:
            self.hint.setText(f"One turn can have {LONGEST_TYPED:,} characters; this has {len(text):,}.")
            return
        self.editor.setFocus()
        self.editor.clear()
        self.submitted.emit(text)

    def _on_cut_short(self) -> None:
        QTimer.singleShot(0, lambda: self.hint.setText(f"Pasted text was shortened to {LONGEST_TYPED:,} characters."))
