"""One drill: the patient's line, the trainee's tries below it, feedback after each.

Must not know how a try is judged, nor which line comes next.
"""

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QLayout, QSizePolicy, QVBoxLayout, QWidget

from simpatient.gui.base.bridge import Trouble, WorkerJob
from simpatient.gui.base.context import Context
from simpatient.gui.base.tokens import READING_WIDTH, SPACE_2, SPACE_3, SPACE_4, SPACE_5, SPACE_6
from simpatient.gui.drills.drill_feedback import feedback_card
from simpatient.gui.widgets.controls import Button, SegmentedControl
from simpatient.gui.widgets.conversation import Bubble, Composer, announce
from simpatient.gui.widgets.layout import PageStates, ScrollPage, card, clear, column, row
from simpatient.gui.widgets.text import Elided, divider, label
from simpatient.presentation.learning.drills import drill_feedback
from simpatient.services.learning.drill import Answer, DrillExercise, DrillService

_SIDE_FROM = 860
_WIDEST_LINE = 560


class DrillPage(PageStates):
    """Practising one skill."""

    def __init__(self, drill: DrillService, context: Context) -> None:
        self._content = QWidget()
        super().__init__(self._content)
        self._drill, self._context = drill, context
        self._drill_id = ""
        self._exercise: DrillExercise | None = None
        self._job: WorkerJob[DrillExercise] | WorkerJob[Answer] | None = None
        self._hint: QWidget | None = None
        self._newest: QWidget | None = None
        self.answers: list[Answer] = []
        self.composer = Composer("What would you say?")
        self.composer.submitted.connect(self._on_submitted)
        self._build()
        self._build_shortcuts()

    # Building

    def _build(self) -> None:
        self._talk = ScrollPage("Tries, newest at the end", READING_WIDTH, SPACE_4)
        self._talk.set_margins(SPACE_6, SPACE_4)
        self._talk.verticalScrollBar().rangeChanged.connect(self._on_range_changed)
        middle = column(spacing=0)
        middle.addWidget(self._build_bar())
        middle.addWidget(self._build_stimulus())
        middle.addWidget(divider())
        middle.addWidget(self._talk, 1)
        middle.addWidget(self.composer)
        self._side = ScrollPage("The skill", 400, SPACE_4)
        self._side.setProperty("role", "panel")
        self._side.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._side.setFixedWidth(288)
        self._side.set_margins(20, SPACE_5)
        line = row(spacing=0)
        self._content.setLayout(line)
        line.addWidget(self._side)
        line.addLayout(middle, 1)

    def _build_stimulus(self) -> QWidget:
        """Return the place of the patient's line: above the tries, so that it never scrolls away from its answer."""
        outer, inner = QWidget(), QWidget()
        inner.setMaximumWidth(READING_WIDTH)
        self._stimulus = column(inner, SPACE_2)
        line = row(spacing=0)
        line.setContentsMargins(SPACE_6, SPACE_4, SPACE_6, SPACE_4)
        line.addStretch(1)
        line.addWidget(inner, 1000)
        line.addStretch(1)
        outer.setLayout(line)
        outer.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        return outer

    def _build_bar(self) -> QWidget:
        bar = QWidget()
        bar.setProperty("role", "bar")
        bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        line = row(spacing=SPACE_2)
        line.setContentsMargins(SPACE_4, SPACE_3, SPACE_4, SPACE_3)
        bar.setLayout(line)
        panel = Button("", "quiet", "panel", name="Show or hide what the skill is", on_click=self._on_panel_toggled)
        panel.setToolTip("Show or hide what the skill is")
        back = Button("All drills", "quiet", "back", on_click=lambda: self._context.navigator.go("drills"))
        self._title = Elided("", "h3")
        self._hint_button = Button("Hint", name="Show a hint", on_click=self.show_hint)
        self._hint_button.setToolTip("Show a hint (Ctrl+H)")
        self._next_button = Button("Next line", name="Continue with the next patient line", on_click=self.go_on)
        self._next_button.setToolTip("Next line (Ctrl+N)")
        for button in (panel, back):
            line.addWidget(button)
        line.addWidget(self._title, 1)
        for button in (self._hint_button, self._next_button):
            line.addWidget(button)
        return bar

    def _build_shortcuts(self) -> None:
        context = Qt.ShortcutContext.WidgetWithChildrenShortcut
        for keys, slot in (
            ("Ctrl+H", self.show_hint),
            ("Ctrl+N", self.go_on),
            ("Esc", lambda: self._context.navigator.go("drills")),
            ("Ctrl+Return", self.composer.submit),
        ):
            QShortcut(QKeySequence(keys), self, slot, context=context)

    # Opening and going on

    def open(self, drill_id: str) -> None:
        """Begin a drill with the line that is next."""
        self._drill_id = drill_id
        drill, actor = self._drill, self._context.actor
        self.show_loading()
        self._begin(lambda: drill.begin(actor, drill_id))

    def go_on(self) -> None:
        """Go on to the next line, or to another one when this was not answered."""
        if self._exercise is None or self.composer.is_waiting:
            return
        drill, actor = self._drill, self._context.actor
        drill_id, now = self._drill_id, self._exercise.stimulus.id
        self._begin(lambda: drill.begin(actor, drill_id, leave_out=now))

    def _choose_level(self, level: int) -> None:
        drill, actor, drill_id = self._drill, self._context.actor, self._drill_id

        def choose() -> DrillExercise:
            drill.choose_level(actor, drill_id, level)
            return drill.begin(actor, drill_id)

        self._begin(choose)

    def _begin(self, fetch: Callable[[], DrillExercise]) -> None:
        if self._job is not None:
            self._job.cancel()
        self._job = self._context.lane.call(
            lambda _: fetch(), self._on_begun, lambda trouble: self.show_trouble(trouble, lambda: self._begin(fetch))
        )

    def _on_begun(self, exercise: DrillExercise) -> None:
        is_new = self._exercise is None or self._exercise.drill != exercise.drill
        self._exercise = exercise
        self.answers = []
        self._title.set_text(exercise.drill.title)
        if is_new:
            self._fill_side(exercise)
        self._levels.choose(str(exercise.stimulus.level))
        self._fill_talk(exercise)
        self.composer.set_waiting(False)
        self.composer.editor.clear()
        self.show_content()
        self.composer.editor.setFocus()
        announce(self._talk, f"{exercise.stimulus.setting} Patient: {exercise.stimulus.patient}")

    def _fill_side(self, exercise: DrillExercise) -> None:
        drill = exercise.drill
        body = self._side.body
        clear(body)
        _paragraph(body, "Why", drill.why)
        _paragraph(body, "How", drill.how)
        box = column(spacing=SPACE_2)
        box.addWidget(label("How hard", "overline"))
        self._levels = SegmentedControl([(str(level), str(level)) for level in drill.levels()], "Level")
        self._levels.chosen.connect(lambda key: self._choose_level(int(key)))
        box.addWidget(self._levels)
        box.addWidget(label("Adjusts to your answers. You can also choose a level yourself.", "caption"))
        body.addLayout(box)
        body.addWidget(label(drill.citation, "caption"))
        body.addStretch(1)

    def _fill_talk(self, exercise: DrillExercise) -> None:
        self._hint = None
        self._hint_button.setEnabled(True)
        clear(self._stimulus)
        self._stimulus.addWidget(label(exercise.stimulus.setting, "small"))
        self._stimulus.addLayout(row(_bubble("patient", "Patient", exercise.stimulus.patient), None))
        clear(self._talk.body)
        self._talk.body.addStretch(1)
        self._newest = None

    # Trying

    def _on_submitted(self, text: str) -> None:
        if self._exercise is None:
            return
        drill, actor = self._drill, self._context.actor
        exercise, hint_seen = self._exercise, self._hint is not None
        self.composer.set_waiting(True, "Listening …")
        self._job = self._context.lane.call(
            lambda _: drill.attempt(actor, exercise, text, hint_seen=hint_seen),
            self._on_answered,
            lambda trouble: self._on_failed(trouble, text),
        )

    def _on_answered(self, answer: Answer) -> None:
        self.answers.append(answer)
        self._newest = _bubble("trainee", "You", answer.text)
        self._add(row(None, self._newest))
        self._add(row(feedback_card(answer)))
        self.composer.set_waiting(False)
        self.composer.editor.setFocus()
        announce(self._talk, drill_feedback(answer).spoken)

    def _on_failed(self, trouble: Trouble, text: str) -> None:
        self.composer.set_waiting(False)
        if not self.composer.editor.toPlainText():
            self.composer.editor.setPlainText(text)
        self._context.navigator.tell_trouble(trouble)

    def show_hint(self) -> None:
        """Show the hint of this line."""
        if self._exercise is None or self._hint is not None:
            return
        hint = self._exercise.stimulus.hint
        self._hint, inner = card("notice", spacing=SPACE_2, margin=SPACE_4)
        inner.addWidget(label("Hint", "caption"))
        inner.addWidget(label(hint))
        self._newest = self._hint
        self._add(row(self._hint))
        self._hint_button.setEnabled(False)
        self.composer.editor.setFocus()
        announce(self._talk, f"Hint: {hint}")

    def _add(self, line: QLayout) -> None:
        """Add to the end, above the space that keeps everything at the top."""
        self._talk.body.insertLayout(self._talk.body.count() - 1, line)
        self._on_range_changed()

    def _on_range_changed(self) -> None:
        # The page's parts get their places only after it has grown.
        QTimer.singleShot(0, self._show_newest)

    def _show_newest(self) -> None:
        """Show the end, or the beginning of the newest words when they and their feedback are longer than the view."""
        inside = self._talk.widget()
        layout = inside.layout() if inside is not None else None
        if self._newest is not None and inside is not None and layout is not None:
            layout.activate()
            top = self._newest.mapTo(inside, QPoint(0, 0)).y() - SPACE_4
            bar = self._talk.verticalScrollBar()
            bar.setValue(min(top, bar.maximum()))

    def _on_panel_toggled(self) -> None:
        self._side.setVisible(self._side.isHidden())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange for the new size."""
        super().resizeEvent(event)
        was, now = event.oldSize().width(), event.size().width()
        if was < 0 or (was >= _SIDE_FROM) != (now >= _SIDE_FROM):
            self._side.setVisible(now >= _SIDE_FROM)


def _bubble(who: str, name: str, text: str) -> Bubble:
    bubble = Bubble(who, name, text)
    bubble.set_widest(_WIDEST_LINE)
    return bubble


def _paragraph(body: QVBoxLayout, title: str, words: str) -> None:
    box = column(spacing=SPACE_2)
    box.addWidget(label(title, "overline"))
    box.addWidget(label(words, selectable=True))
    body.addLayout(box)
