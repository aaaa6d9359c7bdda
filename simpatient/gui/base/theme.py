"""Applies the palette to the application and the stylesheet to its pages, and tells painted widgets when they change.

The stylesheet is set on pages rather than on the application. Qt restyles an application once for every ancestor of
every widget, and hidden pages with it: a change of theme then took seconds. A page that is hidden during a change is
restyled when it is next shown. Must not know pages or services.
"""

import weakref
from collections.abc import Iterator

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from simpatient.gui.base.stylesheet import render
from simpatient.gui.base.tokens import TEXT_SIZES
from simpatient.presentation.shapes.palette import DARK, LIGHT, Palette

_NAME = "simpatient-theme"


class Theme(QObject):
    """The look in use.

    Attributes:
        palette: Colours in use.
        scale: Factor on all type sizes.

    Signals:
        changed: Colours or sizes are different now.
    """

    changed = Signal()

    def __init__(self, application: QApplication, choice: str = "system", text_size: str = "normal") -> None:
        super().__init__(application)
        self.setObjectName(_NAME)
        self._application = application
        self._choice = choice
        self._sheet = ""
        self._dressed: list[weakref.ref[QWidget]] = []
        self.scale = TEXT_SIZES[text_size]
        self.palette = self._wanted()
        application.styleHints().colorSchemeChanged.connect(self._on_system_changed)
        self._apply()

    @classmethod
    def install(cls, application: QApplication, choice: str, text_size: str) -> "Theme":
        """Give an application its theme, or change the one it has."""
        existing = application.findChild(cls, _NAME)
        if existing is None:
            return cls(application, choice, text_size)
        existing.choose(choice, text_size)
        return existing

    @classmethod
    def current(cls) -> "Theme":
        """Return the application's theme; makes a light one when none was set up."""
        application = QApplication.instance()
        if not isinstance(application, QApplication):
            raise TypeError("a QApplication must exist before its theme is asked for")
        return application.findChild(cls, _NAME) or cls(application, "light")

    def choose(self, choice: str, text_size: str) -> None:
        """Change to ``system``, ``light`` or ``dark`` and a text size."""
        self._choice = choice
        self.scale = TEXT_SIZES[text_size]
        self._refresh()

    def dress(self, widget: QWidget) -> None:
        """Give a page, a part of the frame or a dialog the app's look, now and after every change.

        What is dressed must not lie inside something else that is, or it is restyled twice.
        """
        if any(each is widget for each in self._existing()):
            return
        self._dressed.append(weakref.ref(widget))
        widget.setStyleSheet(self._sheet)
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Restyle what was hidden when the look changed, just before it is seen again."""
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget):
            self._restyle(watched)
        return super().eventFilter(watched, event)

    def is_dark(self) -> bool:
        """Return whether the dark palette is in use."""
        return self.palette is DARK

    def _wanted(self) -> Palette:
        if self._choice == "system":
            dark = self._application.styleHints().colorScheme() == Qt.ColorScheme.Dark
            return DARK if dark else LIGHT
        return DARK if self._choice == "dark" else LIGHT

    def _on_system_changed(self) -> None:
        if self._choice == "system":
            self._refresh()

    def _refresh(self) -> None:
        self.palette = self._wanted()
        self._apply()
        self.changed.emit()

    def _apply(self) -> None:
        self._sheet = render(self.palette, self.scale)
        self._application.setPalette(_qt_palette(self.palette))
        for widget in self._existing():
            if widget.isVisible():
                self._restyle(widget)

    def _restyle(self, widget: QWidget) -> None:
        if widget.styleSheet() != self._sheet:
            widget.setStyleSheet(self._sheet)

    def _existing(self) -> Iterator[QWidget]:
        """Forget widgets that are gone, and return the others."""
        self._dressed = [each for each in self._dressed if (widget := each()) is not None and isValid(widget)]
        return (widget for each in self._dressed if (widget := each()) is not None)


def _qt_palette(colours: Palette) -> QPalette:
    """Return Qt's palette for the parts a stylesheet doesn't reach (file dialogs, placeholders)."""
    roles = {
        QPalette.ColorRole.Window: colours.bg,
        QPalette.ColorRole.WindowText: colours.ink,
        QPalette.ColorRole.Base: colours.surface,
        QPalette.ColorRole.AlternateBase: colours.sunken,
        QPalette.ColorRole.Text: colours.ink,
        QPalette.ColorRole.Button: colours.surface,
        QPalette.ColorRole.ButtonText: colours.ink,
        QPalette.ColorRole.PlaceholderText: colours.ink_soft,
        QPalette.ColorRole.Highlight: colours.accent,
        QPalette.ColorRole.HighlightedText: colours.on_accent,
        QPalette.ColorRole.Link: colours.accent_ink,
        QPalette.ColorRole.ToolTipBase: colours.ink,
        QPalette.ColorRole.ToolTipText: colours.bg,
    }
    palette = QPalette()
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    return palette


def set_property(widget: QWidget, name: str, value: str) -> None:
    """Set a property the stylesheet selects on, and restyle the widget and its children."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    for each in (widget, *widget.findChildren(QWidget)):
        each.style().unpolish(each)
        each.style().polish(each)
