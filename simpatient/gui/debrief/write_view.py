"""Written exercises in the debrief: fields to fill, then what each earned beside what the case holds.

The case's side comes with a stored attempt and is never here before. Must not know any rubric by name, nor how
writing is judged.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy, QVBoxLayout, QWidget

from simpatient.domain.assessment.writing import Attempt, Exercise
from simpatient.domain.content.rubric import Criterion
from simpatient.gui.base.tokens import READING_WIDTH, SPACE_2, SPACE_3, SPACE_4, SPACE_5
from simpatient.gui.debrief.written_result import result_view
from simpatient.gui.widgets.controls import Button, SegmentedControl
from simpatient.gui.widgets.fields import LinesEdit
from simpatient.gui.widgets.layout import ScrollPage, card, clear, column, row
from simpatient.gui.widgets.text import chip, label
from simpatient.presentation.words.numbers import plural

_FIELD_LINES = 4
_LATEST_SHOWN = 3  # of many attempts, beside the first, until all are asked for
_LINKS_A_LINE = 5
OnSave = Callable[[str, dict[str, str]], object]


class WriteView(ScrollPage):
    """All exercises of a session, one below the other.

    Args:
        patient_name: Whom the writing is about.
        exercises: What can be written, with the attempts so far.
        drafts: What was written before and is not saved, by rubric.
        on_save: Gets a rubric's id and what was written.

    Signals:
        edited: A rubric's id and what is written now and not saved; nothing where all of it was taken away.
    """

    edited = Signal(str, object)

    def __init__(
        self,
        patient_name: str,
        exercises: Sequence[Exercise],
        drafts: Mapping[str, Mapping[str, str]],
        on_save: OnSave,
    ) -> None:
        super().__init__("Write up", READING_WIDTH + 120, SPACE_5, dressed=True)
        head = column(spacing=SPACE_2)
        head.addWidget(label(f"How do you understand {patient_name}?", "h2"))
        words = (
            "Write in your own words, one thought per sentence. Once they are saved, what the case file says appears "
            "beside them. A field left empty stays closed."
        )
        head.addWidget(label(words, "soft"))
        self.body.addLayout(head)
        self.cards: dict[str, ExerciseCard] = {}
        for exercise in exercises:
            made = ExerciseCard(exercise, drafts.get(exercise.rubric.id, {}), on_save)
            made.edited.connect(partial(self.edited.emit, exercise.rubric.id))
            self.cards[exercise.rubric.id] = made
            self.body.addWidget(made)
        self.body.addStretch(1)

    def show_card(self, rubric_id: str) -> None:
        """Bring an exercise to the top, as soon as its place is known."""
        card_there = self.cards[rubric_id]
        QTimer.singleShot(0, card_there, lambda: self.verticalScrollBar().setValue(card_there.y()))


class ExerciseCard(QWidget):
    """One exercise: its form, or the result of an attempt.

    Signals:
        edited: What is written now and not saved.
    """

    edited = Signal(object)

    def __init__(self, exercise: Exercise, draft: Mapping[str, str], on_save: OnSave) -> None:
        super().__init__()
        self._exercise = exercise
        # Words that were saved before the draft could be removed are no draft.
        saved = exercise.attempts[-1].texts if exercise.attempts else {}
        self._draft = dict(draft) if draft != saved else {}
        self._on_save = on_save
        self._shows_all = False
        self.form: WriteForm | None = None
        outer = column(self)
        frame, self._box = card(spacing=SPACE_4, margin=SPACE_5)
        outer.addWidget(frame)
        if exercise.attempts and not self._draft:
            self.show_attempt(exercise.attempts[-1])
        else:
            self.write()

    def show_attempt(self, attempt: Attempt) -> None:
        """Show what an attempt earned."""
        self._begin()
        self._box.addWidget(result_view(attempt, self._exercise))
        again = Button("Write again", "plain", "author", on_click=self.write)
        line = row(again, spacing=SPACE_3)
        attempts = self._exercise.attempts
        shown = attempts if self._shows_all else (*attempts[:1], *attempts[1:][-_LATEST_SHOWN:])
        links = [self._attempt_link(other) for other in shown if other is not attempt]
        if more := len(attempts) - len(shown):
            links.append(Button(f"Show {more} more", "link", name=f"Show {plural(more, 'more attempt')}"))
            links[-1].clicked.connect(partial(self._show_all, attempt))
        # Few to a line: a word that does not fit would be cut.
        for start in range(0, max(1, len(links)), _LINKS_A_LINE):
            for link in links[start : start + _LINKS_A_LINE]:
                line.addWidget(link)
            line.addStretch(1)
            self._box.addLayout(line)
            line = row(spacing=SPACE_3)

    def _attempt_link(self, attempt: Attempt) -> Button:
        return Button(f"Attempt {attempt.number}", "link", on_click=partial(self.show_attempt, attempt))

    def _show_all(self, attempt: Attempt) -> None:
        self._shows_all = True
        self.show_attempt(attempt)

    def write(self) -> None:
        """Show the form, with what was typed and not saved yet, else with the words of the last attempt."""
        self._begin()
        attempts = self._exercise.attempts
        texts = self._draft or (attempts[-1].texts if attempts else {})
        self.form = WriteForm(self._exercise.fields, texts)
        self.form.edited.connect(self._on_edited)
        self._box.addWidget(self.form)
        self.save = Button("Save and compare", "primary", on_click=self._on_saved)
        self.save.setMinimumHeight(44)
        self.hint = label("", "small")
        line = row(spacing=SPACE_4)
        line.addWidget(self.hint, 1)
        if attempts:
            line.addWidget(Button("Back to the result", on_click=self._on_left))
        line.addWidget(self.save)
        self._box.addLayout(line)
        self._update_save()

    def _begin(self) -> None:
        """Take the old content away and put the head."""
        clear(self._box)
        self.form = None
        rubric = self._exercise.rubric
        head = column(spacing=4)
        head.addLayout(row(label(rubric.title, "h2"), chip(rubric.label, "note"), spacing=SPACE_3))
        head.addWidget(label(rubric.disclaimer, "small"))
        self._box.addLayout(head)

    def _on_edited(self) -> None:
        if self.form is not None:
            texts = self.form.texts()
            self._draft = texts if any(text.strip() for text in texts.values()) else {}
            self.edited.emit(self._draft)
        self._update_save()

    def _update_save(self) -> None:
        filled = sum(bool(text.strip()) for text in self.form.texts().values()) if self.form is not None else 0
        self.save.setEnabled(filled > 0)
        total = len(self._exercise.fields)
        self.hint.setText(f"{filled} of {total} fields written" if total > 1 else "")

    def _on_saved(self) -> None:
        if self.form is not None:
            self.save.setEnabled(False)
            self._on_save(self._exercise.rubric.id, self.form.texts())

    def _on_left(self) -> None:
        self._draft = {}
        self.edited.emit({})
        self.show_attempt(self._exercise.attempts[-1])


class WriteForm(QWidget):
    """The fields of an exercise: text, or a choice where the rubric names its answers.

    Signals:
        edited: Something was typed or chosen.
    """

    edited = Signal()

    def __init__(self, fields: Sequence[Criterion], texts: Mapping[str, str]) -> None:
        super().__init__()
        self.editors: dict[str, QPlainTextEdit] = {}
        self.choices: dict[str, Choice] = {}
        box = column(self, SPACE_5)
        for field in fields:
            if field.written not in self.editors and field.written not in self.choices:
                box.addWidget(self._field(field, texts.get(field.written, "")))

    def texts(self) -> dict[str, str]:
        """Return what is written now, by id of the answer."""
        typed = {name: editor.toPlainText() for name, editor in self.editors.items()}
        return typed | {name: choice.chosen_key for name, choice in self.choices.items()}

    def _field(self, field: Criterion, text: str) -> QWidget:
        holder = QWidget()
        inside = column(holder, SPACE_2)
        inside.addWidget(label(field.label, "strong"))
        inside.addWidget(label(field.question, "soft"))
        if field.options:
            self._add_choice(field, text, inside)
        else:
            self._add_editor(field, text, inside)
        return holder

    def _add_choice(self, field: Criterion, text: str, box: QVBoxLayout) -> None:
        choice = Choice(field.options, field.label, text)
        choice.changed.connect(self.edited)
        self.choices[field.written] = choice
        box.addLayout(row(choice, None))

    def _add_editor(self, field: Criterion, text: str, box: QVBoxLayout) -> None:
        editor = LinesEdit(field.label, _FIELD_LINES, text)
        editor.setAccessibleDescription(field.question)
        editor.textChanged.connect(self.edited)
        self.editors[field.written] = editor
        box.addWidget(editor)


class Choice(SegmentedControl):
    """One of the answers there are; none to begin with.

    Signals:
        changed: An answer was chosen.
    """

    changed = Signal()

    def __init__(self, options: Sequence[str], name: str, chosen: str) -> None:
        super().__init__([(option, option.capitalize()) for option in options], name)
        self.chosen_key = ""
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        if chosen in options:
            self.chosen_key = chosen
            self.choose(chosen)
        self.chosen.connect(self._on_chosen)

    def _on_chosen(self, key: str) -> None:
        self.chosen_key = key
        self.changed.emit()
