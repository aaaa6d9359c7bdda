"""A section that is folded until it is wanted, and made only then. Must not know what is in it."""

from collections.abc import Callable, Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from simpatient.gui.base.tokens import SPACE_2, SPACE_4, SPACE_5
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.layout import card, column, row
from simpatient.gui.widgets.slices import Slices
from simpatient.gui.widgets.text import label

Fill = Callable[[QVBoxLayout], Iterable[Callable[[], object]]]


class Fold(QWidget):
    """A card with a title and a few words; the rest is shown on request.

    Args:
        title: What is in it.
        words: What is worth knowing without opening it.
        fill: Given the layout to fill, returns the steps that do so.
        beside: Shown beside the title.
    """

    def __init__(self, title: str, words: str, fill: Fill, beside: QWidget | None = None) -> None:
        super().__init__()
        self.title = title
        self._fill = fill
        self._inner: QWidget | None = None
        self._slices: Slices | None = None
        frame, self._box = card(spacing=SPACE_4, margin=SPACE_5)
        column(self).addWidget(frame)
        self.button = Button("Show", "quiet", "down", name=f"{title}: show", on_click=self.toggle)
        head: QHBoxLayout = row(label(title, "h2"), spacing=SPACE_2)
        head.setStretch(0, 1)
        if beside is not None:
            head.addWidget(beside)
        head.addWidget(self.button, 0, Qt.AlignmentFlag.AlignTop)
        texts = column(spacing=4)
        texts.addLayout(head)
        if words:
            texts.addWidget(label(words, "small"))
        self._box.addLayout(texts)

    @property
    def is_open(self) -> bool:
        """Whether the content is shown."""
        return self._inner is not None and not self._inner.isHidden()

    def toggle(self) -> None:
        """Open what is folded, fold what is open."""
        self.set_open(not self.is_open)

    def set_open(self, wanted: bool) -> None:
        """Open or fold."""
        if wanted and self._inner is None:
            self._inner = QWidget()
            inside = column(self._inner, SPACE_4)
            self._box.addWidget(self._inner)
            self._slices = Slices(self._inner, self._fill(inside))
        if self._inner is not None:
            self._inner.setVisible(wanted)
        self.button.setText("Hide" if wanted else "Show")
        self.button.setAccessibleName(f"{self.title}: {'hide' if wanted else 'show'}")
        self.button.set_icon("up" if wanted else "down")

    def finish(self) -> None:
        """Have everything there at once, instead of a little at a time."""
        if self._slices is not None:
            self._slices.finish()
