"""For supervisors: a persona file is watched while it is written, checked, counted and talked with.

Nothing said here is stored. Must not know the file format.
"""

from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from simpatient.domain.errors import ContentError
from simpatient.gui.authoring.author_talk import AuthorTalk
from simpatient.gui.base.bridge import Trouble, WorkerJob
from simpatient.gui.base.context import Context
from simpatient.gui.base.theme import set_property
from simpatient.gui.base.tokens import SPACE_2, SPACE_3, SPACE_4
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.layout import Columns, PageStates, ScrollPage, card, clear, column, message_panel, row
from simpatient.gui.widgets.text import Elided, chip, label
from simpatient.presentation.numbers import plural
from simpatient.services.authoring.authoring import Preview

_SETTLE_MS = 250
_MOST_PROBLEMS = 60
_Checked = tuple[Preview, tuple[ContentError, ...]]


class AuthorPage(PageStates):
    """The workbench of whoever writes a persona."""

    def __init__(self, context: Context) -> None:
        self._page = ScrollPage("Author")
        super().__init__(self._page)
        self._context = context
        self._path: Path | None = None
        self._job: WorkerJob[_Checked] | None = None
        self._watcher = QFileSystemWatcher(self)
        self._watcher.fileChanged.connect(self._on_file_changed)
        # Editors write in several steps; reading waits until the file has been quiet for a moment.
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MS)
        self._settle.timeout.connect(self.check)
        self.talk = AuthorTalk(context)
        self._file_name = Elided("", "strong")
        self._file_place = Elided("", "small")
        self.status = chip("", "plain")
        self.problems_box: QVBoxLayout = column(spacing=SPACE_2)
        self._counts_box = row(spacing=SPACE_2)
        self._build()

    def refresh(self) -> None:
        """Show the open file, or how to open one."""
        if self._path is None:
            button = Button("Open a persona file", "primary", "open", on_click=self._on_open)
            words = (
                "Open the YAML file you are writing. It is checked each time you save it in your editor, "
                "and you can talk with the patient here. Nothing is stored."
            )
            self.show_empty("Write a persona", words, button)

    def open(self, path: Path) -> None:
        """Watch and check a file."""
        if self._watcher.files():
            self._watcher.removePaths(self._watcher.files())
        self._path = path
        self._watcher.addPath(str(path))
        self._file_name.set_text(path.name)
        self._file_place.set_text(str(path.parent))
        self.show_content()
        self.check()

    def check(self) -> None:
        """Read the file again."""
        if self._path is None:
            return
        path, author = self._path, self._context.app.author
        # An editor that saves by renaming makes the watcher lose the file.
        if str(path) not in self._watcher.files():
            self._watcher.addPath(str(path))
        if self._job is not None:
            self._job.cancel()
        self.status.setText("Checking …")
        self._job = self._context.lane.call(lambda _: author.preview(path), self._on_checked, self._on_failed)

    def _build(self) -> None:
        body = self._page.body
        heading = column(spacing=SPACE_2)
        heading.addWidget(label("Author", "h1"))
        heading.addWidget(label("Write in your own editor; every save is checked here.", "lead"))
        body.addLayout(heading)
        frame, box = card(margin=SPACE_4)
        names, actions = QWidget(), QWidget()
        names_box = column(names, 0)
        names_box.addWidget(self._file_name)
        names_box.addWidget(self._file_place)
        again = Button("Check again", "quiet", on_click=self.check)
        other = Button("Open another", "plain", "open", name="Open another persona file", on_click=self._on_open)
        actions.setLayout(row(self.status, again, other, None))
        box.addWidget(Columns(names, actions, turn_at=None, shares=(1, 0)))
        box.addLayout(self._counts_box)
        body.addWidget(frame)
        left = QWidget()
        left_box = column(left, SPACE_3)
        problems = label("Problems", "h2")
        problems.setMinimumHeight(40)
        left_box.addWidget(problems)
        left_box.addLayout(self.problems_box)
        body.addWidget(Columns(left, self.talk, shares=(4, 5)))
        body.addStretch(1)

    def _on_open(self) -> None:
        path = self._context.files.open(self, "Open a persona", "YAML (*.yaml *.yml)")
        if path is not None:
            self.open(path)

    def _on_file_changed(self) -> None:
        self._settle.start()

    def _on_failed(self, trouble: Trouble) -> None:
        self.status.setText("Not readable")
        clear(self.problems_box)
        retry = Button("Try again", on_click=self.check)
        self.problems_box.addWidget(message_panel(trouble.message, trouble.action, retry))

    def _on_checked(self, checked: _Checked) -> None:
        preview, problems = checked
        clear(self.problems_box)
        self.status.setText("No problems" if not problems else plural(len(problems), "problem"))
        set_property(self.status, "chip", "warm" if problems else "accent")
        if not problems:
            words = "Everything is in order. Talk with the patient to hear how it sounds."
            self.problems_box.addWidget(label(words, "soft"))
        for problem in problems[:_MOST_PROBLEMS]:
            self.problems_box.addWidget(_problem(problem))
        if len(problems) > _MOST_PROBLEMS:
            self.problems_box.addWidget(label(f"and {len(problems) - _MOST_PROBLEMS} more", "small"))
        clear(self._counts_box)
        for name, count in preview.counts.items():
            self._counts_box.addWidget(chip(f"{count} {name}", "plain"))
        self._counts_box.addStretch(1)
        if self._path is not None:
            self.talk.set_file(self._path if preview.persona is not None else None, preview.persona)


def _problem(problem: ContentError) -> QWidget:
    frame, box = card(spacing=4, margin=SPACE_3)
    place = Path(problem.file).name if problem.file else "file"
    where = f"{place}:{problem.line}" if problem.line else place
    head = row(chip(where, "warm"), spacing=SPACE_2)
    if problem.field:
        head.addWidget(Elided(problem.field, "caption"))
    else:
        head.addStretch(1)
    box.addLayout(head)
    box.addWidget(label(problem.message, selectable=True))
    if problem.action:
        box.addWidget(label(problem.action, "small"))
    frame.setAccessibleName(str(problem))
    return frame
