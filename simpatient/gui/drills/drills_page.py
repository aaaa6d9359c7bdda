"""Drills: all skills that can be practised one line at a time, those that are due first.

Must not know how a try is judged or when a drill is due again.
"""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from simpatient.gui.base.bridge import Trouble, WorkerJob
from simpatient.gui.base.context import Context
from simpatient.gui.base.tokens import SPACE_2, SPACE_3, SPACE_4, SPACE_5
from simpatient.gui.widgets.controls import Button, CardButton
from simpatient.gui.widgets.layout import CardGrid, PageStates, ScrollPage, card, clear, column, row
from simpatient.gui.widgets.text import Elided, chip, label
from simpatient.presentation.learning.drills import due_words
from simpatient.presentation.words.numbers import how_often, plural
from simpatient.services.learning.drill import DrillCard, DrillService

_OVERLINES = {"due": "Due today", "new": "Try this next", "later": "Practise ahead of time"}


class DrillsPage(PageStates):
    """The list of drills."""

    def __init__(self, drill: DrillService, context: Context) -> None:
        self._page = ScrollPage("Drills")
        super().__init__(self._page)
        self._drills, self._context = drill, context
        self._job: WorkerJob[tuple[DrillCard, ...]] | None = None
        self._has_data = False

    def refresh(self) -> None:
        """Fetch everything again; what is shown stays until the new content is there."""
        if self._job is not None:
            self._job.cancel()
        if not self._has_data:
            self.show_loading()
        drill, actor = self._drills, self._context.actor
        self._job = self._context.lane.call(lambda _: drill.drills(actor), self._on_loaded, self._on_failed)

    def _on_failed(self, trouble: Trouble) -> None:
        self._has_data = False
        self.show_trouble(trouble, self.refresh)

    def _on_loaded(self, drills: tuple[DrillCard, ...]) -> None:
        self._has_data = True
        if not drills:
            retry = Button("Look again", "primary", on_click=self.refresh)
            self.show_empty("No drills yet", "No drill could be loaded. Install the app again to get them.", retry)
            return
        bar = self._page.verticalScrollBar()
        place = bar.value()
        self._fill(drills)
        self.show_content()
        bar.setValue(place)
        # Else Qt gives the focus of what went away to whichever card comes next, and a ring shows unasked.
        self._page.setFocus()

    def _fill(self, drills: Sequence[DrillCard]) -> None:
        body = self._page.body
        clear(body)
        heading = column(spacing=SPACE_2)
        heading.addWidget(label("Drills", "h1"))
        heading.addWidget(
            label("One skill at a time, one line at a time. Feedback on every try, never a grade.", "lead")
        )
        body.addLayout(heading)
        body.addWidget(self._next(drills[0]))
        box = column(spacing=SPACE_3)
        box.addWidget(label("All skills", "h2"))
        box.addWidget(CardGrid([self._drill(each) for each in drills], least_width=300))
        body.addLayout(box)
        body.addStretch(1)

    def _next(self, drill: DrillCard) -> QWidget:
        frame, box = card("hero", margin=SPACE_5)
        texts = column(spacing=SPACE_2)
        texts.addWidget(label(_OVERLINES[drill.due], "overline"))
        texts.addWidget(Elided(drill.title, "h2"))
        texts.addWidget(label(drill.why))
        name = f"Practise {drill.title}"
        button = Button("Practise", "primary", name=name, on_click=lambda: self._open(drill.drill_id))
        button.setMinimumSize(128, 44)
        line = row(spacing=SPACE_5)
        line.addLayout(texts, 1)
        line.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        box.addLayout(line)
        return frame

    def _drill(self, drill: DrillCard) -> QWidget:
        words = due_words(drill)
        tone = "plain" if drill.due_at is None else "warm" if drill.due == "due" else "accent"
        level = f"Level {drill.level} of {drill.levels[-1]}"
        button = CardButton(f"{drill.title}. {words}. {level}.")
        button.clicked.connect(lambda: self._open(drill.drill_id))
        box = column(button, SPACE_3, SPACE_4)
        box.addLayout(row(Elided(drill.title, "strong"), chip(words, tone)))
        box.addWidget(label(drill.why, "small"))
        done = f"practised {how_often(drill.rounds)}" if drill.rounds else plural(drill.stimuli, "line")
        box.addWidget(label(f"{level} · {done}", "caption"))
        box.addStretch(1)
        button.settle()
        return button

    def _open(self, drill_id: str) -> None:
        self._context.navigator.open_drill(drill_id)
