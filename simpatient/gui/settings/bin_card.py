"""The bin in the settings: what was deleted, restored or erased for good, and how long it waits.

Must not know how anything is deleted.
"""

from functools import partial

from PySide6.QtWidgets import QWidget

from simpatient.gui.base.bridge import WorkerJob
from simpatient.gui.base.context import Context
from simpatient.gui.base.tokens import SPACE_2, SPACE_4, SPACE_5, TARGET
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.dialogs import Question
from simpatient.gui.widgets.fields import NumberField
from simpatient.gui.widgets.layout import card, clear, column, row
from simpatient.gui.widgets.text import Elided, label
from simpatient.presentation.words.deletion import bin_facts, bin_title
from simpatient.presentation.words.numbers import plural
from simpatient.services.privacy.bin import LONGEST_DAYS, BinItem, BinService

Found = tuple[tuple[BinItem, ...], int]


class BinCard(QWidget):
    """Lists the bin; filled by ``refresh``."""

    def __init__(self, bin_service: BinService, context: Context) -> None:
        super().__init__()
        self._bin, self._context = bin_service, context
        self._job: WorkerJob[Found] | None = None
        self.restore: dict[int, Button] = {}
        outer = column(self, 0)
        frame, box = card(spacing=SPACE_4, margin=SPACE_5)
        outer.addWidget(frame)
        box.addWidget(label("Bin", "h2"))
        box.addWidget(label("Deleted sessions and attempts can be restored until they are erased for good.", "soft"))
        self.days = NumberField("Days until what is deleted is erased", 1, LONGEST_DAYS)
        self.days.setMinimumHeight(TARGET)
        self._unit = label("days")
        self.days.valueChanged.connect(lambda days: self._unit.setText("day" if days == 1 else "days"))
        self.days.editingFinished.connect(self._on_days)
        box.addLayout(row(label("Erase after"), self.days, self._unit, None, spacing=SPACE_2))
        self._entries = column(spacing=SPACE_4)
        box.addLayout(self._entries)
        self.empty = Button("Empty now", "danger", name="Empty the bin now, for good", on_click=self._ask_empty)
        box.addLayout(row(self.empty, None))
        self._items: tuple[BinItem, ...] = ()
        self._shown_days = 0

    def refresh(self) -> None:
        """Fetch what is in the bin."""
        if self._job is not None:
            self._job.cancel()
        self._job = self._context.lane.call(
            lambda _: (self._bin.items(self._context.actor), self._bin.days()),
            self._show,
            self._context.navigator.tell_trouble,
        )

    def _show(self, found: Found) -> None:
        self._items, self._shown_days = found
        self.days.setValue(self._shown_days)
        clear(self._entries)
        self.restore = {}
        if not self._items:
            self._entries.addWidget(label("The bin is empty.", "soft"))
        for item in self._items:
            self._entries.addWidget(self._entry(item))
        self.empty.setVisible(bool(self._items))

    def _entry(self, item: BinItem) -> QWidget:
        outer = QWidget()
        words = column(spacing=0)
        words.addWidget(Elided(bin_title(item), "strong"))
        words.addWidget(label(bin_facts(item), "small"))
        button = Button("Restore", name=f"Restore: {bin_title(item)}", on_click=partial(self._on_restore, item))
        self.restore[item.entry.id] = button
        line = row(spacing=SPACE_4)
        line.addLayout(words, 1)
        line.addWidget(button)
        outer.setLayout(line)
        return outer

    def _on_restore(self, item: BinItem) -> None:
        self._context.lane.call(
            lambda _: self._bin.restore(self._context.actor, item.entry.id),
            lambda _: self._on_changed("It is back in your list of sessions."),
            self._context.navigator.tell_trouble,
        )

    def _ask_empty(self) -> None:
        count = plural(len(self._items), "deleted session or attempt", "deleted sessions and attempts")
        words = f"{count} with everything said, scored and recorded in them are erased. This cannot be undone."
        Question(self, "Empty the bin?", words, "Erase for good", "Keep them", self._on_empty, is_danger=True).open()

    def _on_empty(self) -> None:
        self._context.lane.call(
            lambda _: self._bin.empty(self._context.actor),
            lambda _: self._on_changed("The bin is empty."),
            self._context.navigator.tell_trouble,
        )

    def _on_changed(self, words: str) -> None:
        self._context.navigator.tell(words)
        self.refresh()
        # What had the focus may be gone with its row.
        self.days.setFocus()

    def _on_days(self) -> None:
        days = self.days.value()
        if days != self._shown_days:
            self._shown_days = days
            self._context.lane.call(
                lambda _: self._bin.keep_for(days), lambda _: self.refresh(), self._context.navigator.tell_trouble
            )
