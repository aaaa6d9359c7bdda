"""Arrangement: scrolling pages, cards, responsive columns, states (loading, empty, trouble).

Must not know what is arranged.
"""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLayout,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from simpatient.gui.base.bridge import Trouble
from simpatient.gui.base.theme import Theme
from simpatient.gui.base.tokens import CONTENT_WIDTH, MESSAGE_WIDTH, SPACE_2, SPACE_3, SPACE_4, SPACE_5, SPACE_6
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.text import label


def column(parent: QWidget | None = None, spacing: int = SPACE_4, margin: int = 0) -> QVBoxLayout:
    """Return a vertical layout with the given spacing and margin on all sides."""
    box = QVBoxLayout(parent) if parent is not None else QVBoxLayout()
    box.setSpacing(spacing)
    box.setContentsMargins(margin, margin, margin, margin)
    return box


def row(*items: QWidget | QLayout | None, spacing: int = SPACE_3, stretch_last: bool = False) -> QHBoxLayout:
    """Return a horizontal layout; ``None`` stands for stretching space."""
    box = QHBoxLayout()
    box.setSpacing(spacing)
    box.setContentsMargins(0, 0, 0, 0)
    for item in items:
        if item is None:
            box.addStretch(1)
        elif isinstance(item, QLayout):
            box.addLayout(item)
        else:
            box.addWidget(item)
    if stretch_last:
        box.addStretch(1)
    return box


def card(role: str = "card", *, spacing: int = SPACE_3, margin: int = 20) -> tuple[QFrame, QVBoxLayout]:
    """Return a framed surface and its vertical layout."""
    frame = QFrame()
    frame.setProperty("role", role)
    frame.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    return frame, column(frame, spacing, margin)


def clear(layout: QLayout) -> None:
    """Remove and delete everything in a layout."""
    while (item := layout.takeAt(0)) is not None:
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            # Hidden at once: deletion waits for the event loop, and a page being rebuilt must not show both.
            widget.hide()
            widget.deleteLater()
        elif inner is not None:
            clear(inner)


class Tall(QWidget):
    """The inside of a scroll area: as high as its content needs at the width it has.

    Qt would otherwise add up the least heights of wrapped labels at their least widths, which leaves
    a page with an empty end.
    """

    def minimumSizeHint(self) -> QSize:
        """Return the least useful size."""
        return QSize(super().minimumSizeHint().width(), 0)


class ScrollPage(QScrollArea):
    """A page that scrolls, with its content centred and at most ``width`` wide.

    Args:
        name: What a screen reader calls it.
        width: The most its content takes.
        spacing: Between the parts of its content.
        dressed: Whether it gets its look by itself, for one that stands in nothing dressed. It has to have it before
            it has content: what is there already would be styled twice.
    """

    def __init__(self, name: str, width: int = CONTENT_WIDTH, spacing: int = SPACE_5, *, dressed: bool = False) -> None:
        super().__init__()
        if dressed:
            Theme.current().dress(self)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(name)
        outer = Tall()
        self._line = line = QHBoxLayout(outer)
        self.set_margins(SPACE_6, SPACE_6)
        self.verticalScrollBar().rangeChanged.connect(self._keep_column)
        self._inner = QWidget()
        self._inner.setMaximumWidth(width)
        self._inner.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        line.addStretch(1)
        line.addWidget(self._inner, 1000)
        line.addStretch(1)
        self.body = column(self._inner, spacing)
        self.body.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.setWidget(outer)

    def set_margins(self, sides: int, ends: int) -> None:
        """Set the empty space around the content."""
        self._sides, self._ends = sides, ends
        self._keep_column()

    def _keep_column(self) -> None:
        """Take the scroll bar's room from the right margin, so that content stays in place when the bar appears."""
        bar = self.verticalScrollBar()
        taken = bar.sizeHint().width() if bar.maximum() > 0 else 0
        self._line.setContentsMargins(self._sides, self._ends, max(0, self._sides - taken), self._ends)


_LEAST_LEFT = 260


class Columns(QWidget):
    """Two parts side by side, or stacked when there is less than ``turn_at`` pixels.

    Without ``turn_at`` they are stacked when the right part would leave the left one too little.
    """

    def __init__(
        self, left: QWidget, right: QWidget, *, turn_at: int | None = 860, shares: tuple[int, int] = (1, 1)
    ) -> None:
        super().__init__()
        self._turn_at = turn_at
        self._right = right
        self._box = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(SPACE_5)
        self._box.addWidget(left, shares[0], Qt.AlignmentFlag.AlignTop)
        self._box.addWidget(right, shares[1], Qt.AlignmentFlag.AlignTop)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange for the new size."""
        super().resizeEvent(event)
        self._arrange()

    def event(self, event: QEvent) -> bool:
        """Arrange again when a part wants another size: shown, hidden, or in larger text."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._arrange()
        return super().event(event)

    def _arrange(self) -> None:
        needed = self._turn_at or self._right.sizeHint().width() + _LEAST_LEFT
        wide = self.width() >= needed
        wanted = QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        if self._box.direction() != wanted:
            self._box.setDirection(wanted)


class HeadLine(QWidget):
    """A head in one line: who, what can be shown, what can be done. In little room the middle part goes below."""

    def __init__(self, who: QWidget, shown: QWidget, done: QWidget) -> None:
        super().__init__()
        self._who, self._shown, self._done = who, shown, done
        self._is_wide: bool | None = None
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(SPACE_4)
        self._grid.setVerticalSpacing(SPACE_3)
        self._grid.setColumnStretch(0, 1)
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange for the new size."""
        super().resizeEvent(event)
        self._arrange()

    def event(self, event: QEvent) -> bool:
        """Arrange again when a part wants another size: shown, hidden, or in larger text."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._arrange()
        return super().event(event)

    def minimumSizeHint(self) -> QSize:
        """Return the least useful size: what the widest part needs that has a line to itself."""
        return QSize(_LEAST_LEFT, super().minimumSizeHint().height())

    def _arrange(self) -> None:
        parts = [part for part in (self._shown, self._done) if not part.isHidden()]
        needed = _LEAST_LEFT + sum(part.sizeHint().width() + SPACE_4 for part in parts)
        wide = self.width() >= needed
        if wide == self._is_wide:
            return
        self._is_wide = wide
        for part in (self._who, self._shown, self._done):
            self._grid.removeWidget(part)
        middle = Qt.AlignmentFlag.AlignVCenter
        self._grid.addWidget(self._who, 0, 0, middle)
        self._grid.addWidget(self._done, 0, 2, middle)
        if wide:
            self._grid.addWidget(self._shown, 0, 1, middle)
        else:
            self._grid.addWidget(self._shown, 1, 0, 1, 3, Qt.AlignmentFlag.AlignLeft)


class CardGrid(QWidget):
    """Equal cards in as many columns as fit."""

    def __init__(self, cards: Sequence[QWidget], least_width: int = 280) -> None:
        super().__init__()
        self._cards = list(cards)
        self._least = least_width
        self._columns = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(SPACE_4)
        self._arrange(1)

    def _arrange(self, columns: int) -> None:
        if columns == self._columns:
            return
        for old in range(self._columns):
            self._grid.setColumnStretch(old, 0)
        self._columns = columns
        for i, each in enumerate(self._cards):
            self._grid.addWidget(each, i // columns, i % columns)
        for new in range(columns):
            self._grid.setColumnStretch(new, 1)

    def minimumSizeHint(self) -> QSize:
        """Return the least useful size."""
        return QSize(min(self._least, 240), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange for the new size."""
        super().resizeEvent(event)
        fitting = max(1, (event.size().width() + SPACE_4) // (self._least + SPACE_4))
        self._arrange(min(fitting, max(1, len(self._cards))))


def message_box(texts: Sequence[tuple[str, str]], *buttons: QWidget) -> QWidget:
    """Return centred ``(words, role)`` with buttons below, in a comfortable column.

    The column is as wide as the window allows up to ``MESSAGE_WIDTH``: a wrapping label alone would ask for
    little more than the width of its longest word.
    """
    outer, inner = QWidget(), QWidget()
    inner.setMaximumWidth(MESSAGE_WIDTH)
    inner.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    line = QHBoxLayout(outer)
    line.setContentsMargins(SPACE_4, SPACE_4, SPACE_4, SPACE_4)
    line.addStretch(1)
    line.addWidget(inner, 1000)
    line.addStretch(1)
    box = column(inner, SPACE_3)
    box.addStretch(2)
    for text, role in texts:
        words = label(text, role)
        words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        box.addWidget(words)
    if buttons:
        box.addSpacing(SPACE_3)
        box.addLayout(row(None, *buttons, None))
    box.addStretch(3)
    return outer


def message_panel(title: str, words: str, button: Button | None = None) -> QWidget:
    """Return a calm centred message, for empty pages and trouble."""
    texts = [(text, role) for text, role in ((title, "h2"), (words, "soft")) if text]
    return message_box(texts, *([button] if button is not None else []))


def skeleton(blocks: Sequence[int]) -> QWidget:
    """Return grey blocks of the given heights: the shape of what is coming."""
    outer = QWidget()
    outer.setAccessibleName("Loading")
    box = column(outer, SPACE_4)
    for height in blocks:
        ghost = QFrame()
        ghost.setProperty("role", "ghost")
        ghost.setFixedHeight(height)
        box.addWidget(ghost)
    box.addStretch(1)
    return outer


def waiting_page(title: str, words: str) -> "ScrollPage":
    """Return a page with its heading and the shape of what is coming."""
    page = ScrollPage(title)
    heading = column(spacing=SPACE_2)
    heading.addWidget(label(title, "h1"))
    heading.addWidget(label(words, "lead"))
    page.body.addLayout(heading)
    page.body.addWidget(skeleton((112, 24, 132, 132)))
    return page


class PageStates(QStackedWidget):
    """Content, or one of: loading, empty, trouble.

    Args:
        content: The content.
        dressed: Whether the content gets its look as a whole; otherwise its parts have to be dressed.
    """

    def __init__(self, content: QWidget, *, dressed: bool = True) -> None:
        super().__init__()
        self._content = content
        if dressed:
            Theme.current().dress(content)
        self._other: QWidget | None = None
        self.state = "new"
        self.addWidget(content)

    def show_content(self) -> None:
        """Show the content, with every font settled, so that no frame shows it laid out for another."""
        for each in self._content.findChildren(QWidget):
            each.ensurePolished()
        self._swap(None, "content")

    def first_control(self) -> QWidget | None:
        """Return what one would use first in the content; the first that Tab reaches unless a page knows better."""
        return first_tabbed(self._content)

    def show_loading(self, page: QWidget | None = None) -> None:
        """Show that something is on its way, in the given shape or in that of most pages."""
        if page is None:
            page = QWidget()
            box = column(page, margin=SPACE_6)
            box.addWidget(skeleton((36, 120, 220, 160)))
        self._swap(page, "loading")

    def show_empty(self, title: str, words: str, button: Button | None = None) -> None:
        """Show that there is nothing yet, and what to do."""
        self._swap(message_panel(title, words, button), "empty")

    def show_trouble(self, trouble: Trouble, retry: Callable[[], object] | None = None) -> None:
        """Show what went wrong and what can be done."""
        button = Button("Try again", "primary", on_click=retry) if retry else None
        self._swap(message_panel(trouble.message, trouble.action, button), "trouble")

    def _swap(self, other: QWidget | None, state: str) -> None:
        old, self._other, self.state = self._other, other, state
        if other is not None:
            Theme.current().dress(other)
            self.addWidget(other)
        self.setCurrentWidget(other or self._content)
        if old is not None:
            self.removeWidget(old)
            old.deleteLater()
        # Not before the new widgets are shown, which a layout leaves to the event loop.
        QTimer.singleShot(0, self, self._settle_focus)

    def _settle_focus(self) -> None:
        """Give the focus to the first thing one would use, where what had it has gone with the page before.

        Left alone it lands on whatever comes next: the navigation, or a button that deletes.
        """
        shown = self._other or self._content
        focused = self.window().focusWidget()
        # Nothing was asked for yet: an ancestor has it, so that the first Tab starts at the top.
        is_waiting = self.state == "loading" or not self.isVisible()
        if is_waiting or (focused is not None and (shown.isAncestorOf(focused) or focused.isAncestorOf(self))):
            return
        first = self.first_control() if shown is self._content else first_tabbed(shown)
        if first is not None:
            first.setFocus(Qt.FocusReason.OtherFocusReason)


def first_tabbed(widget: QWidget) -> QWidget | None:
    """Return the first control inside that Tab reaches; None where there is none."""
    each: QWidget | None = widget.nextInFocusChain()
    while each is not None and each is not widget:
        can_have_it = bool(each.focusPolicy().value & Qt.FocusPolicy.TabFocus.value) and each.isEnabled()
        if can_have_it and widget.isAncestorOf(each) and each.isVisibleTo(widget):
            return each
        each = each.nextInFocusChain()
    return None
