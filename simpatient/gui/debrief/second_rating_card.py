"""A second reading of a session by a language model the trainee chooses. Must not know how a model is asked."""

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QWidget

from simpatient.gui.base.bridge import Trouble, Work, WorkerJob
from simpatient.gui.base.context import Context
from simpatient.gui.base.page_data import DebriefData
from simpatient.gui.base.tokens import SPACE_2, SPACE_3, SPACE_4, SPACE_5
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.layout import card, clear, column, row
from simpatient.gui.widgets.text import chip, label
from simpatient.services.review.second_rating import RaterChoice, SecondRatingService

WORDS = (
    "A language model of your choice can rate the items again. Its ratings take the place of those above; counts, and "
    "what was judged from your writing, stay. It can be wrong too: check the quotes."
)
OWN = "It spoke as the patient here; a model is no good judge of its own talk."
EARLIER_WORDS = "You have corrected words since. Ask again to have the words as they are now rated."
NONE = "No language model is set up. Download one, or name the server of your course, in Settings."


class SecondRatingCard(QWidget):
    """The models that can be asked, or how far one has come.

    Args:
        judge: Asks a model.
        context: What every page is given.
        data: The debrief.
        on_rated: Called when ratings have changed.
    """

    def __init__(
        self, judge: SecondRatingService, context: Context, data: DebriefData, on_rated: Callable[[], None]
    ) -> None:
        super().__init__()
        self._judge, self._context, self._data, self._on_rated = judge, context, data, on_rated
        self._job: WorkerJob[None] | None = None
        self.buttons: dict[str, Button] = {}
        self.progress = label("", "soft")
        outer = column(self)
        frame, self._box = card(spacing=SPACE_3, margin=SPACE_5)
        outer.addWidget(frame)
        self._show_choices()

    @property
    def is_busy(self) -> bool:
        """Whether a model is reading."""
        return self._job is not None and not self._job.is_over

    def stop(self) -> None:
        """Stop the model; nothing it rated so far is kept."""
        if self._job is not None:
            self._job.cancel()

    def ask(self, choice: RaterChoice) -> None:
        """Let a model read; minutes may pass, so it does not hold up the rest of the window."""
        actor, session = self._context.actor, self._data.session
        total = sum(len(card_there.criteria) for card_there in session.scorecards)
        self._show_busy(choice.title)

        def rate(work: Work) -> None:
            self._judge.rate(
                actor,
                session.id,
                choice.id,
                leaf=session.leaf,
                cancel=work.cancel,
                on_done=lambda done: work.chunk(f"{choice.title} is reading … {done} of {total} items\n"),
            )

        self._job = self._context.background.call(rate, lambda _: self._on_rated(), self._on_failed, self._on_progress)

    def _on_progress(self, told: str) -> None:
        self.progress.setText(told.rstrip().rpartition("\n")[2])

    def _on_failed(self, trouble: Trouble) -> None:
        self._context.navigator.tell_trouble(trouble)
        self._show_choices()

    def _on_stopped(self) -> None:
        self.stop()
        self._show_choices()

    def _on_back(self) -> None:
        actor, session = self._context.actor, self._data.session
        self._context.lane.call(
            lambda _: self._judge.rate_by_formulas(actor, session.id, leaf=session.leaf),
            lambda _: self._on_rated(),
            self._context.navigator.tell_trouble,
        )

    def _show_choices(self) -> None:
        self._begin()
        raters = model_raters(self._data)
        if raters:
            back = Button("Back to the program's own ratings", "plain", on_click=self._on_back)
            self.buttons["back"] = back
            self._box.addWidget(label(f"Rated by {', '.join(raters)}.", "strong"))
            if rests_on_earlier_words(self._data):
                self._box.addWidget(label(EARLIER_WORDS, "small"))
            self._box.addLayout(row(back, None))
        for choice in self._data.judges:
            self._box.addWidget(self._choice(choice))
        if not self._data.judges:
            self._box.addWidget(label(NONE, "small"))
            self.buttons["models"] = self._way("Language models", "model")
            self.buttons["server"] = self._way("Server", "server")
            self._box.addLayout(row(self.buttons["models"], self.buttons["server"], None))

    def _way(self, words: str, section: str) -> Button:
        """Return a button that leads to a section of the settings."""
        navigator = self._context.navigator
        return Button(words, name=f"Settings: {words}", on_click=lambda: navigator.open_settings(section))

    def _show_busy(self, title: str) -> None:
        self._begin()
        self.progress = label(f"{title} is reading …", "soft")
        self.buttons = {"stop": Button("Stop", "plain", "stop", on_click=self._on_stopped)}
        self._box.addWidget(self.progress)
        self._box.addLayout(row(self.buttons["stop"], None))

    def _begin(self) -> None:
        clear(self._box)
        self.buttons = {}
        self._box.addWidget(label("A second reading", "h2"))
        self._box.addWidget(label(WORDS, "soft"))

    def _choice(self, choice: RaterChoice) -> QWidget:
        outer = QWidget()
        words = column(spacing=SPACE_2)
        head = row(label(choice.title, "strong"), spacing=SPACE_3)
        if choice.is_patients_own:
            head.addWidget(chip("Played the patient", "warm"))
        words.addLayout(head)
        for note in (choice.note, OWN if choice.is_patients_own else ""):
            if note:
                words.addWidget(label(note, "small"))
        button = Button(
            "Ask", "plain", name=f"Ask {choice.title} for a second reading", on_click=lambda: self.ask(choice)
        )
        self.buttons[choice.id] = button
        line = row(spacing=SPACE_4)
        line.addLayout(words, 1)
        line.addWidget(button)
        outer.setLayout(line)
        return outer


def rests_on_earlier_words(data: DebriefData) -> bool:
    """Return whether words were corrected after a model rated them."""
    scores = [score for card_there in data.session.scorecards for score in card_there.criteria]
    return any(score.provenance is not None and score.provenance.from_earlier_words for score in scores)


def model_raters(data: DebriefData) -> Sequence[str]:
    """Return what rated items beside the program's own formulas, each once."""
    found = [
        score.provenance.judged_by
        for card_there in data.session.scorecards
        for score in card_there.criteria
        if score.provenance is not None
        and card_there.provenance is not None
        and score.provenance.judged_by != card_there.provenance.judged_by
    ]
    return tuple(dict.fromkeys(found))
