"""The section of the settings about speech recognisers: what is here, what suits, fetching and deleting.

Must not know how one is fetched or run.
"""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtWidgets import QFrame, QProgressBar, QVBoxLayout, QWidget

from simpatient.domain.models.chat_models import GB
from simpatient.gui.base.bridge import Trouble, Work, WorkerJob
from simpatient.gui.base.context import Context
from simpatient.gui.base.tokens import SPACE_2, SPACE_3, SPACE_4, SPACE_5
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.layout import clear, column, row
from simpatient.gui.widgets.text import Elided, chip, divider, label
from simpatient.presentation.words.model_words import progress_words
from simpatient.presentation.words.numbers import file_size
from simpatient.services.models.model_download import DownloadProgress
from simpatient.services.models.recognisers import RecogniserRow, RecogniserService

_INTRO = (
    "Speech recognition turns what you say into text on this computer. It is downloaded once, and only when you "
    "ask for them here. Without one you type; the patient can speak all the same."
)


class RecognisersCard(QFrame):
    """The recognisers, those on this computer first."""

    def __init__(self, recognisers: RecogniserService, context: Context) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self._recognisers, self._context = recognisers, context
        self._busy: WorkerJob[Path] | None = None
        self._rows: tuple[RecogniserRow, ...] = ()
        self._shows_all = False
        self.buttons: dict[tuple[str, str], Button] = {}
        box = column(self, SPACE_4, SPACE_5)
        box.addWidget(label("Speech recognition", "h2"))
        box.addWidget(label(_INTRO, "soft"))
        self.status = label("", "small")
        self.status.setAccessibleName("State of the recogniser's download")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of the recogniser's download")
        self.cancel = Button("Cancel", name="Cancel the recogniser's download", on_click=self.stop)
        self._list: QVBoxLayout = column(spacing=SPACE_4)
        box.addWidget(self.status)
        box.addWidget(self.bar)
        box.addLayout(row(self.cancel, None))
        box.addLayout(self._list)
        self._show_busy("", is_busy=False)

    def refresh(self) -> None:
        """Look again at what there is and what suits."""
        recognisers = self._recognisers
        self._context.lane.call(lambda _: recognisers.rows(), self._on_loaded, self._on_trouble)

    def stop(self) -> None:
        """Cancel the download; what has come so far is kept."""
        if self._busy is not None:
            self._busy.cancel()
        self._finish("Stopped. What has come so far is kept.")

    def _on_loaded(self, rows: tuple[RecogniserRow, ...]) -> None:
        self._rows = rows
        self._fill()

    def _fill(self) -> None:
        clear(self._list)
        self.buttons.clear()
        wanted = self._wanted()
        for number, each in enumerate(wanted):
            if number:
                self._list.addWidget(divider())
            self._list.addWidget(self._entry(each))
        if len(wanted) < len(self._rows) or self._shows_all:
            words = "Show fewer" if self._shows_all else f"Show {len(self._rows) - len(wanted)} more"
            more = Button(words, "quiet", name=f"{words} recognisers", on_click=self._toggle_all)
            self.buttons["all", "list"] = more
            self._list.addLayout(row(more, None))
        self._enable()

    def _wanted(self) -> Sequence[RecogniserRow]:
        return [r for r in self._rows if self._shows_all or r.path or r.partial_bytes or r.is_suggested]

    def _toggle_all(self) -> None:
        self._shows_all = not self._shows_all
        self._fill()

    def _entry(self, each: RecogniserRow) -> QWidget:
        frame = QWidget()
        box = column(frame, SPACE_3)
        texts = column(spacing=SPACE_2)
        head = row(Elided(each.weights.title, "strong"))
        words, tone = _tag(each)
        if words:
            head.addWidget(chip(words, tone))
        texts.addLayout(head)
        texts.addWidget(label(each.weights.good_for))
        texts.addWidget(label(_size(each), "small"))
        box.addLayout(texts)
        buttons = self._actions(each)
        if buttons:
            box.addLayout(row(*buttons, None))
        return frame

    def _actions(self, each: RecogniserRow) -> list[Button]:
        title, key = each.weights.title, each.weights.id
        made = []
        if not each.path:
            kind = "primary" if each.is_suggested else "plain"
            fetch = Button(
                "Continue" if each.partial_bytes else "Download",
                kind,
                name=f"Download {title}",
                on_click=lambda: self._download(each),
            )
            self.buttons[key, "download"] = fetch
            made.append(fetch)
        if each.is_own or each.partial_bytes:
            delete = Button("Delete", name=f"Delete {title}", on_click=lambda: self._delete(key))
            self.buttons[key, "delete"] = delete
            made.append(delete)
        return made

    def _download(self, each: RecogniserRow) -> None:
        recognisers, key = self._recognisers, each.weights.id

        def fetch(work: Work) -> Path:
            def tell(now: DownloadProgress) -> None:
                work.chunk(f"{now.stage} {now.done_bytes} {now.total_bytes}\n")

            return recognisers.download(key, tell, work.cancel)

        self._show_busy(f"Downloading {each.weights.title} …", is_busy=True)
        self._busy = self._context.background.call(
            fetch, lambda _: self._finish(f"{each.weights.title} is ready."), self._on_failed, self._on_progress
        )

    def _delete(self, key: str) -> None:
        recognisers = self._recognisers
        self._context.lane.call(
            lambda _: recognisers.delete(key),
            lambda freed: self._finish(f"Deleted; {file_size(freed)} freed."),
            self._on_trouble,
        )

    def _on_progress(self, told: str) -> None:
        stage, done, total = told.rstrip().rpartition("\n")[2].split()
        now = DownloadProgress.model_validate({"stage": stage, "done_bytes": done, "total_bytes": total})
        self.status.setText(progress_words(now))
        self.bar.setRange(0, 1000 if now.total_bytes else 0)
        self.bar.setValue(round(1000 * now.done_bytes / now.total_bytes) if now.total_bytes else 0)

    def _on_failed(self, trouble: Trouble) -> None:
        self._on_trouble(trouble)
        self._finish(trouble.message)

    def _on_trouble(self, trouble: Trouble) -> None:
        self._context.navigator.tell_trouble(trouble)

    def _finish(self, words: str) -> None:
        self._busy = None
        self._show_busy(words, is_busy=False)
        self.refresh()

    def _show_busy(self, words: str, *, is_busy: bool) -> None:
        self.status.setText(words)
        self.status.setVisible(bool(words))
        self.bar.setRange(0, 0 if is_busy else 1)
        self.bar.setVisible(is_busy)
        self.cancel.setVisible(is_busy)
        self._enable()

    def _enable(self) -> None:
        for (_, key), button in self.buttons.items():
            button.setEnabled(self._busy is None or key == "list")


def _tag(each: RecogniserRow) -> tuple[str, str]:
    if each.is_used:
        return "In use", "accent"
    if each.is_suggested:
        return "Suggested for this computer", "accent"
    return ("", "") if each.suits else ("Slow here", "warm")


def _size(each: RecogniserRow) -> str:
    size = file_size(each.weights.disk_gb * GB)
    if each.path:
        return f"{size} on disk" + ("" if each.is_own else f", kept by another program in {Path(each.path).parent}")
    there = f"; {file_size(each.partial_bytes)} already downloaded" if each.partial_bytes else ""
    return f"{size} to download{there}"
