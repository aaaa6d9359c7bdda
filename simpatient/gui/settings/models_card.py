"""Who plays the patients: the guided patient or a language model, with fetching, measuring and deleting.

Must not know how models are fetched or run.
"""

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QFrame, QProgressBar, QScrollArea, QVBoxLayout, QWidget

from simpatient.domain.models.chat_models import InstalledModel, Measurement
from simpatient.gui.base.bridge import Trouble, Work, WorkerJob
from simpatient.gui.base.context import Context
from simpatient.gui.base.theme import set_property
from simpatient.gui.base.tokens import SPACE_2, SPACE_3, SPACE_4, SPACE_5
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.dialogs import Question
from simpatient.gui.widgets.layout import card, clear, column, row
from simpatient.gui.widgets.text import Elided, chip, divider, label
from simpatient.presentation.words.model_words import (
    facts_line,
    fit_detail,
    fit_words,
    licence_line,
    measured_line,
    progress_words,
)
from simpatient.presentation.words.numbers import file_size
from simpatient.services.models.model_download import DownloadProgress
from simpatient.services.models.models import GUIDED, ModelRow, ModelService, Suggestion

_INTRO = (
    "The guided patient answers with lines written by authors and needs nothing more. A language model finds its own "
    "words for the same plans. It runs on this computer; only a download you start here uses the internet."
)
_GUIDED_WORDS = "Written lines, chosen to fit. Always ready."
Shown = tuple[tuple[ModelRow, ...], Suggestion, str]


class ModelsCard(QFrame):
    """The section of the settings about language models."""

    def __init__(self, models: ModelService, context: Context) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self._models, self._context = models, context
        self._shown: Shown | None = None
        self._loading: WorkerJob[Shown] | None = None
        self._busy: WorkerJob[InstalledModel] | WorkerJob[Measurement] | None = None
        self._busy_id = ""
        self._shows_all = False
        self.buttons: dict[tuple[str, str], Button] = {}
        self._box = column(self, SPACE_4, SPACE_5)
        self._box.addWidget(label("Language model", "h2"))
        self._box.addWidget(label(_INTRO, "soft"))
        self.status = label("", "small")
        self.status.setAccessibleName("State of the download")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of the download")
        self.cancel = Button("Cancel", on_click=self.stop)
        self._list = column(spacing=SPACE_4)
        self._box.addWidget(self.status)
        self._box.addWidget(self.bar)
        self._box.addLayout(row(self.cancel, None))
        self._box.addLayout(self._list)
        self._show_busy("")

    @property
    def is_busy(self) -> bool:
        """Whether a download or a measurement is running."""
        return bool(self._busy_id)

    def refresh(self) -> None:
        """Look again at what there is and what fits."""
        if self._loading is not None:
            self._loading.cancel()
        models = self._models
        self._loading = self._context.lane.call(
            lambda _: (models.rows(), models.suggestion(), models.chosen()), self._on_loaded, self._on_trouble
        )

    def stop(self) -> None:
        """Cancel what is running; what has been downloaded so far is kept."""
        if self._busy is not None:
            self._busy.cancel()
        self._finish("Stopped. What has come so far is kept.")

    def _on_loaded(self, shown: Shown) -> None:
        self._shown = shown
        self._fill()

    def _fill(self) -> None:
        if self._shown is None:
            return
        rows, suggestion, chosen = self._shown
        focused = next((place for place, button in self.buttons.items() if button.hasFocus()), None)
        clear(self._list)
        self.buttons.clear()
        self._list.addWidget(self._suggestion(suggestion))
        self._list.addWidget(self._guided(chosen == GUIDED))
        for each in self._wanted(rows):
            self._list.addWidget(divider())
            self._list.addWidget(self._model(each))
        more = len(rows) - len(self._wanted(rows))
        add = self._button("own", "add", "Add a folder …", "Add a model from a folder", self._on_add, "quiet")
        last = row(add, None)
        if more or self._shows_all:
            words = "Show fewer" if self._shows_all else f"Show {more} more recommended models"
            last.insertWidget(0, self._button("all", "list", words, words, self._toggle_all, "quiet"))
        self._list.addLayout(last)
        self._enable()
        if focused is not None:
            self._focus_near(focused)

    def _focus_near(self, place: tuple[str, str]) -> None:
        """Keep the focus where it was: on the same button, or the first one of the same model."""
        near = [button for (name, _), button in self.buttons.items() if name == place[0] and button.isEnabled()]
        wanted = self.buttons.get(place, near[0] if near else None)
        if wanted is not None:
            wanted.setFocus()

    def _wanted(self, rows: Sequence[ModelRow]) -> list[ModelRow]:
        """Return what is on this computer and what is suggested, or everything."""
        return [each for each in rows if self._shows_all or each.installed or each.partial_bytes or each.is_suggested]

    def _toggle_all(self) -> None:
        self._shows_all = not self._shows_all
        self._fill()

    def _suggestion(self, suggestion: Suggestion) -> QWidget:
        frame, box = card("notice", spacing=SPACE_2, margin=SPACE_4)
        title = suggestion.model.title if suggestion.model else "The guided patient"
        box.addWidget(label(f"Suggested for this computer: {title}", "strong"))
        box.addWidget(label(suggestion.reason, "small"))
        return frame

    def _guided(self, is_chosen: bool) -> QWidget:
        texts = self._texts("Guided patient", "In use" if is_chosen else "", "accent", (_GUIDED_WORDS,))
        actions = [] if is_chosen else [("use", "Use", lambda: self._choose(GUIDED), "plain")]
        return self._entry(GUIDED, "Guided patient", texts, actions)

    def _model(self, each: ModelRow) -> QWidget:
        words, tone = ("In use", "accent") if each.is_chosen else fit_words(each.fit)
        lines = [each.catalogue.good_for if each.catalogue else "", facts_line(each), fit_detail(each.fit)]
        if each.installed and each.installed.measured:
            lines.append(measured_line(each.installed.measured))
        texts = self._texts(each.title, words, tone, (*lines, licence_line(each)))
        return self._entry(each.id, each.title, texts, self._actions(each))

    def _actions(self, each: ModelRow) -> list[tuple[str, str, Callable[[], None], str]]:
        use = ("use", "Use", lambda: self._choose(each.id), "primary")
        measure = ("measure", "Measure", lambda: self._measure(each), "plain")
        delete = ("delete", "Delete", lambda: self._ask_delete(each), "plain")
        fetch = ("download", "Continue" if each.partial_bytes else "Download", lambda: self._download(each), "plain")
        if each.installed is None:
            return [fetch, delete] if each.partial_bytes else [fetch]
        return [measure, delete] if each.is_chosen else [use, measure, delete]

    def _texts(self, title: str, tag: str, tone: str, lines: Sequence[str]) -> QVBoxLayout:
        box = column(spacing=SPACE_2)
        head = row(Elided(title, "strong"))
        if tag:
            head.addWidget(chip(tag, tone))
        box.addLayout(head)
        for number, words in enumerate(line for line in lines if line):
            box.addWidget(label(words, "body" if number == 0 else "small"))
        return box

    def _entry(
        self, name: str, title: str, texts: QVBoxLayout, actions: Sequence[tuple[str, str, Callable[[], None], str]]
    ) -> QWidget:
        entry = QWidget()
        box = column(entry, SPACE_3)
        box.addLayout(texts)
        if actions:
            made = [self._button(name, key, words, f"{words} {title}", act, kind) for key, words, act, kind in actions]
            box.addLayout(row(*made, None))
        return entry

    def _button(self, name: str, key: str, words: str, spoken: str, act: Callable[[], None], kind: str) -> Button:
        made = Button(words, kind, name=spoken, on_click=act)
        self.buttons[name, key] = made
        return made

    # What the buttons do

    def _choose(self, name: str) -> None:
        models = self._models
        self._context.lane.call(lambda _: models.choose(name), lambda _: self.refresh(), self._on_trouble)

    def _on_add(self) -> None:
        folder = self._context.files.folder(self, "The folder of a chat model")
        if folder is None:
            return
        models = self._models
        self._context.lane.call(
            lambda _: models.add(folder), lambda added: self._finish(f"{added.title} is on the list."), self._on_trouble
        )

    def _download(self, each: ModelRow) -> None:
        models = self._models

        def fetch(work: Work) -> InstalledModel:
            def tell(now: DownloadProgress) -> None:
                work.chunk(f"{now.stage} {now.done_bytes} {now.total_bytes}\n")

            return models.download(each.id, tell, work.cancel)

        self._show_busy(each.id, f"Downloading {each.title} …", 0)
        self._busy = self._context.background.call(
            fetch, lambda _: self._finish(f"{each.title} is ready."), self._on_failed, self._on_progress
        )

    def _measure(self, each: ModelRow) -> None:
        models = self._models
        self._show_busy(each.id, f"Loading and timing {each.title}; this takes a minute or more …", 0)
        self._busy = self._context.background.call(
            lambda work: models.measure(each.id, work.cancel),
            lambda measured: self._finish(measured_line(measured)),
            self._on_failed,
        )

    def _ask_delete(self, each: ModelRow) -> None:
        words = f"{facts_line(each)}. Sessions held with it stay; going on with them needs it again."
        if each.installed and each.installed.is_own:
            words = "Its folder is your own and stays as it is; it is only taken off this list."
        question = Question(
            self, f"Delete {each.title}?", words, "Delete", "Keep", lambda: self._delete(each.id), is_danger=True
        )
        question.open()

    def _delete(self, name: str) -> None:
        models = self._models
        self._context.lane.call(lambda _: models.remove(name), self._on_deleted, self._on_trouble)

    def _on_deleted(self, freed: int) -> None:
        self._finish(f"Deleted; {file_size(freed)} freed." if freed else "Taken off the list.")

    # While something is running

    def _on_progress(self, told: str) -> None:
        stage, done, total = told.rstrip().rpartition("\n")[2].split()
        now = DownloadProgress.model_validate({"stage": stage, "done_bytes": done, "total_bytes": total})
        self.status.setText(progress_words(now))
        share = round(1000 * now.done_bytes / now.total_bytes) if now.total_bytes else 0
        self.bar.setRange(0, 1000 if now.total_bytes else 0)
        self.bar.setValue(share)

    def _on_failed(self, trouble: Trouble) -> None:
        self._on_trouble(trouble)
        self._finish(trouble.message)

    def _on_trouble(self, trouble: Trouble) -> None:
        self._context.navigator.tell_trouble(trouble)

    def _finish(self, words: str) -> None:
        self._busy = None
        self._show_busy("", words)
        self.refresh()

    def _show_busy(self, name: str, words: str = "", most: int = 1) -> None:
        self._busy_id = name
        self.status.setText(words)
        self.status.setVisible(bool(words))
        self.bar.setRange(0, most)
        self.bar.setVisible(bool(name))
        self.cancel.setVisible(bool(name))
        if name:
            self.cancel.setFocus()
            self._reveal()
        self._enable()

    def _reveal(self) -> None:
        """Scroll the page to where the progress is shown."""
        area = self.parentWidget()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        if area is not None:
            area.ensureWidgetVisible(self.status)

    def _enable(self) -> None:
        """One thing at a time: nothing else is begun or deleted while something runs."""
        for (_, key), button in self.buttons.items():
            button.setEnabled(not self._busy_id or key in ("list", "use"))
        set_property(self, "busy", "yes" if self._busy_id else "no")
