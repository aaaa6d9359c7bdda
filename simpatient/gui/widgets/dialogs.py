"""Small dialogs in the app's own look: a question with two answers, and the list of shortcuts.

Must not know what is asked.
"""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QWidget

from simpatient.gui.base.theme import Theme
from simpatient.gui.base.tokens import SPACE_3, SPACE_4, SPACE_5
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.layout import column, row
from simpatient.gui.widgets.text import chip, label


class Dialog(QDialog):
    """A dialog with a title, in the app's look; it is deleted once it is closed."""

    def __init__(self, parent: QWidget, title: str) -> None:
        super().__init__(parent)
        Theme.current().dress(self)
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)


class Question(Dialog):
    """Asks before something that can't be taken back easily; the safe answer has the focus."""

    def __init__(
        self,
        parent: QWidget,
        title: str,
        words: str,
        yes: str,
        no: str,
        on_yes: Callable[[], object],
        *,
        is_danger: bool = False,
    ) -> None:
        super().__init__(parent, title)
        self.setModal(True)
        self.yes = Button(yes, "danger" if is_danger else "primary", on_click=self.accept)
        self.no = Button(no, on_click=self.reject)
        box = column(self, SPACE_4, SPACE_5)
        box.addWidget(label(title, "h2"))
        text = label(words, "soft")
        text.setMinimumWidth(400)
        box.addWidget(text)
        box.addLayout(row(None, self.no, self.yes))
        self.accepted.connect(lambda: on_yes())
        self.no.setFocus()


class Shortcuts(Dialog):
    """All shortcuts, for F1."""

    def __init__(self, parent: QWidget, shortcuts: Sequence[tuple[str, str]]) -> None:
        super().__init__(parent, "Keyboard shortcuts")
        box = column(self, SPACE_4, SPACE_5)
        box.addWidget(label("Keyboard shortcuts", "h2"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACE_5)
        grid.setVerticalSpacing(SPACE_3)
        for i, (keys, words) in enumerate(shortcuts):
            grid.addWidget(chip(keys), i, 0, Qt.AlignmentFlag.AlignLeft)
            line = label(words)
            line.setMinimumWidth(320)
            grid.addWidget(line, i, 1)
        box.addLayout(grid)
        close = Button("Close", "primary", on_click=self.accept)
        box.addLayout(row(None, close))
        close.setFocus()
