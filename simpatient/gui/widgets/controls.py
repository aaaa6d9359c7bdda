"""Buttons, segmented choice, card buttons, rail buttons, 1-5 ratings. Must not know pages."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOption,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from simpatient.gui.base.theme import Theme
from simpatient.gui.base.tokens import TARGET
from simpatient.gui.widgets.icons import icon
from simpatient.gui.widgets.text import label

# Pixels at text size 1.0; icons grow with the words beside them.
_ICON, _RAIL_ICON = 18, 22
PRESS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


class Button(QPushButton):
    """A push button of a kind (``plain``, ``primary``, ``quiet`` ...); its icon follows the theme."""

    def __init__(
        self,
        text: str,
        kind: str = "plain",
        icon_name: str = "",
        *,
        name: str = "",
        on_click: Callable[[], object] | None = None,
    ) -> None:
        super().__init__(text)
        self.setProperty("kind", kind)
        self._kind = kind
        self._icon_name = icon_name
        self.setAccessibleName(name or text)
        self.setMinimumHeight(TARGET)
        self.setAutoDefault(False)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        if on_click:
            self.clicked.connect(lambda: on_click())
        if icon_name:
            self._tint()
            Theme.current().changed.connect(self._tint)

    def set_icon(self, icon_name: str) -> None:
        """Show another icon (a button made without one stays without)."""
        if self._icon_name:
            self._icon_name = icon_name
            self._tint()

    def _tint(self) -> None:
        colours = Theme.current().palette
        tints = {"primary": colours.on_accent, "quiet": colours.accent_ink, "link": colours.accent_ink}
        size = round(_ICON * Theme.current().scale)
        self.setIcon(icon(self._icon_name, tints.get(self._kind, colours.ink), size, colours.on_accent_soft))
        self.setIconSize(QSize(size, size))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Act on keys."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
            return
        super().keyPressEvent(event)


class RailButton(QToolButton):
    """A place in the navigation rail: icon above its name."""

    def __init__(self, text: str, icon_name: str, shortcut: str) -> None:
        super().__init__()
        self.setText(text)
        self._icon_name = icon_name
        self.setCheckable(True)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumHeight(60)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(text)
        self.setToolTip(f"{text} ({shortcut})")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._tint()
        Theme.current().changed.connect(self._tint)

    def _tint(self) -> None:
        colours = Theme.current().palette
        size = round(_RAIL_ICON * Theme.current().scale)
        self.setIcon(icon(self._icon_name, colours.rail_ink, size, colours.on_rail_active))
        self.setIconSize(QSize(size, size))


class CardButton(QAbstractButton):
    """A card that is one button; its children are only to be seen."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def settle(self) -> None:
        """Let clicks on the children reach the card; call when all children are there."""
        for child in self.findChildren(QWidget):
            child.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def sizeHint(self) -> QSize:
        """Return the size wanted."""
        layout = self.layout()
        return layout.sizeHint() if layout else super().sizeHint()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Act on keys."""
        if event.key() in PRESS:
            self.click()
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint."""
        option = QStyleOption()
        option.initFrom(self)
        painter = QPainter(self)
        self.style().drawPrimitive(QStyle.PrimitiveElement.PE_Widget, option, painter, self)


class SegmentedControl(QFrame):
    """A row of buttons of which one is chosen.

    Signals:
        chosen: The key of the newly chosen button.
    """

    chosen = Signal(str)

    def __init__(self, options: Sequence[tuple[str, str]], name: str) -> None:
        super().__init__()
        self.setProperty("role", "segments")
        self.setAccessibleName(name)
        self._buttons: dict[str, Button] = {}
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 4, 4, 4)
        row.setSpacing(2)
        for key, text in options:
            button = Button(text, "segment", name=f"{name}: {text}")
            button.setCheckable(True)
            self._group.addButton(button)
            self._buttons[key] = button
            row.addWidget(button)
            button.clicked.connect(lambda _=False, key=key: self.chosen.emit(key))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def choose(self, key: str) -> None:
        """Show ``key`` as chosen without announcing it."""
        self._buttons[key].setChecked(True)

    @property
    def chosen_button(self) -> QAbstractButton | None:
        """The button that is chosen, if any."""
        return self._group.checkedButton()

    def button(self, key: str) -> Button:
        """Return the button of ``key``."""
        return self._buttons[key]


class RatingControl(QWidget):
    """A question answered from 1 to 5, with words at both ends.

    Signals:
        rated: The value chosen, 1..5.
    """

    rated = Signal(int)

    def __init__(self, question: str, low: str = "not at all", high: str = "very much") -> None:
        super().__init__()
        self._group = QButtonGroup(self)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(8)
        box.addWidget(label(question, "strong"))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(_end_word(low))
        for value in range(1, 6):
            button = Button(str(value), "rating", name=f"{question} {value} of 5")
            button.setCheckable(True)
            self._group.addButton(button, value)
            row.addWidget(button)
        row.addWidget(_end_word(high))
        row.addStretch(1)
        box.addLayout(row)
        self._group.idClicked.connect(self.rated)

    @property
    def first_button(self) -> QAbstractButton:
        """The button of the lowest value."""
        return self._group.button(1)

    def choose(self, value: int) -> None:
        """Show a value as chosen without announcing it; one that is not on the scale changes nothing."""
        if (button := self._group.button(value)) is not None:
            button.setChecked(True)

    @property
    def value(self) -> int | None:
        """The value chosen, if any."""
        chosen = self._group.checkedId()
        return chosen if chosen > 0 else None


def _end_word(text: str) -> QWidget:
    made = label(text, "caption")
    made.setWordWrap(False)
    return made
