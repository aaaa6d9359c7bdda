"""The window's shape, painted before anything else is loaded: rail, heading, and where content will be.

Plain widgets coloured by their palettes. Stylesheet, layouts and painting are avoided: the first brush or pen of
a process has Qt's namespace of enumerations made, which alone costs a sixth of a bare window. Must not know pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QColor, QFont, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QLabel, QWidget

from simpatient.gui.base.tokens import (
    CONTENT_WIDTH,
    FONT_FAMILY,
    SPACE_4,
    SPACE_6,
    TEXT_SIZES,
    TYPE_SCALE,
)
from simpatient.presentation.shapes.palette import DARK, LIGHT, Palette

if TYPE_CHECKING:
    from collections.abc import Callable

RAIL_WIDTH = 104
_BLOCKS = (112, 24, 132, 132)


class Skeleton(QWidget):
    """What is seen in the first moments.

    Args:
        theme: ``system``, ``light`` or ``dark``.
        text_size: A key of ``TEXT_SIZES``.
        on_painted: Called at every paint, while it is being painted.
    """

    def __init__(self, theme: str, text_size: str, on_painted: Callable[[], None]) -> None:
        super().__init__()
        self._on_painted = on_painted
        self._scale = TEXT_SIZES[text_size]
        colours = self._wanted(theme)
        self.setAccessibleName("simpatient is starting")
        _fill(self, colours.bg)
        self._rail = QWidget(self)
        _fill(self._rail, colours.rail)
        self._mark = self._words("simpatient", "body", colours.rail_ink)
        self._heading = self._words("Practise", "h1", colours.ink)
        self._lead = self._words("Loading your sessions and courses …", "lead", colours.ink_soft)
        self._blocks = [QWidget(self) for _ in _BLOCKS]
        for block in self._blocks:
            _fill(block, colours.sunken)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place everything where the start page will have it."""
        rail = round(RAIL_WIDTH * max(1.0, self._scale))
        self._rail.setGeometry(0, 0, rail, self.height())
        width = min(CONTENT_WIDTH, self.width() - rail - 2 * SPACE_6)
        left = rail + (self.width() - rail - width) // 2
        self._mark.move((rail - self._mark.sizeHint().width()) // 2, 24)
        self._heading.move(left, SPACE_6)
        top = SPACE_6 + self._heading.sizeHint().height() + 8
        self._lead.move(left, top)
        top += self._lead.sizeHint().height() + 24
        for block, height in zip(self._blocks, _BLOCKS, strict=True):
            block.setGeometry(left, top, width, height)
            top += height + SPACE_4

    def paintEvent(self, event: QPaintEvent) -> None:
        """Tell that the window is on the screen; the palettes do the painting."""
        self._on_painted()

    def _wanted(self, theme: str) -> Palette:
        if theme == "system":
            return DARK if self.palette().window().color().lightness() < 128 else LIGHT
        return DARK if theme == "dark" else LIGHT

    def _words(self, words: str, size: str, colour: str) -> QLabel:
        made = QLabel(words, self)
        font = QFont(FONT_FAMILY)
        font.setPixelSize(round(TYPE_SCALE[size] * self._scale))
        font.setWeight(QFont.Weight.Normal if size == "lead" else QFont.Weight.DemiBold)
        made.setFont(font)
        _tint(made, QPalette.ColorRole.WindowText, colour)
        return made


def _fill(widget: QWidget, colour: str) -> None:
    widget.setAutoFillBackground(True)
    _tint(widget, QPalette.ColorRole.Window, colour)


def _tint(widget: QWidget, role: QPalette.ColorRole, colour: str) -> None:
    palette = widget.palette()
    palette.setColor(role, QColor(colour))
    widget.setPalette(palette)
