"""The trainee's own rating, asked before any feedback is shown. Must not know how it is stored."""

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from simpatient.domain.session.session import SelfRating
from simpatient.gui.base.tokens import READING_WIDTH, SPACE_2, SPACE_4, SPACE_5
from simpatient.gui.widgets.controls import Button, RatingControl
from simpatient.gui.widgets.layout import ScrollPage, card, column, row
from simpatient.gui.widgets.text import label

_RATING = "rating:"


class SelfRatingForm(ScrollPage):
    """Questions from 1 to 5, and two fields for words.

    Signals:
        given: The rating, once every question has an answer and the trainee sends it.
        edited: A question was answered, or something typed.
    """

    given = Signal(object)
    edited = Signal()

    def __init__(self, patient_name: str, questions: Mapping[str, str]) -> None:
        super().__init__("Your own rating", READING_WIDTH, SPACE_5, dressed=True)
        heading = column(spacing=SPACE_2)
        heading.addWidget(label("First, how was it for you?", "h1"))
        words = f"Your own view of the talk with {patient_name} comes before any feedback. It is kept as you give it."
        heading.addWidget(label(words, "lead"))
        self.body.addLayout(heading)
        frame, box = card(spacing=SPACE_5, margin=SPACE_5)
        self.ratings: dict[str, RatingControl] = {}
        for question_id, text in questions.items():
            rating = RatingControl(text)
            rating.rated.connect(self._on_rated)
            self.ratings[question_id] = rating
            box.addWidget(rating)
        self.body.addWidget(frame)
        words_frame, words_box = card(spacing=SPACE_4, margin=SPACE_5)
        self.went_well = _field("What went well?", words_box)
        self.would_change = _field("What would you do differently?", words_box)
        self.body.addWidget(words_frame)
        self.missing = label("", "small")
        self.button = Button("Show the feedback", "primary", on_click=self._on_sent)
        self.button.setMinimumHeight(44)
        line = row(spacing=SPACE_4)
        line.addWidget(self.missing, 1)
        line.addWidget(self.button)
        self.body.addLayout(line)
        self.delete = Button("Delete this session", "link", name="Delete this attempt or session")
        self.body.addLayout(row(self.delete, None))
        self.body.addStretch(1)
        self._update()
        for editor in (self.went_well, self.would_change):
            editor.textChanged.connect(self.edited)

    def first_control(self) -> QWidget:
        """Return where one would go on: the first question without an answer, else the button."""
        unanswered = (rating for rating in self.ratings.values() if rating.value is None)
        return next((rating.first_button for rating in unanswered), self.button)

    def texts(self) -> dict[str, str]:
        """Return what is answered and written so far; empty where nothing is."""
        rated = {f"{_RATING}{key}": str(each.value) for key, each in self.ratings.items() if each.value is not None}
        written = {"went_well": self.went_well.toPlainText(), "would_change": self.would_change.toPlainText()}
        return rated | {key: text for key, text in written.items() if text.strip()}

    def restore(self, texts: Mapping[str, str]) -> None:
        """Put back what ``texts`` returned before."""
        for key, rating in self.ratings.items():
            if (value := texts.get(f"{_RATING}{key}", "")).isdecimal():
                rating.choose(int(value))
        self.went_well.setPlainText(texts.get("went_well", ""))
        self.would_change.setPlainText(texts.get("would_change", ""))
        self._update()

    def _on_rated(self) -> None:
        self._update()
        self.edited.emit()

    def _update(self) -> None:
        left = sum(rating.value is None for rating in self.ratings.values())
        self.button.setEnabled(left == 0)
        self.missing.setText("" if left == 0 else f"{left} of {len(self.ratings)} questions still open")

    def _on_sent(self) -> None:
        self.button.setEnabled(False)
        ratings = {key: rating.value for key, rating in self.ratings.items() if rating.value is not None}
        self.given.emit(
            SelfRating(
                ratings=ratings,
                went_well=self.went_well.toPlainText().strip(),
                would_change=self.would_change.toPlainText().strip(),
            )
        )


def _field(title: str, box: QVBoxLayout) -> QPlainTextEdit:
    edit = QPlainTextEdit()
    edit.setAccessibleName(title)
    edit.setTabChangesFocus(True)
    edit.setFixedHeight(84)
    holder = QWidget()
    inside = column(holder, SPACE_2)
    inside.addWidget(label(title, "strong"))
    inside.addWidget(edit)
    box.addWidget(holder)
    return edit
