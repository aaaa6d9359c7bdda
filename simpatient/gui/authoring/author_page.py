"""For supervisors: a persona file is watched while it is written, checked, counted and talked with.

Nothing said here is stored. Must not know the file format.
"""

from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from simpatient.domain.errors import ContentError
from simpatient.gui.authoring.author_talk import AuthorServices, AuthorTalk
from simpatient.gui.base.bridge import Trouble, WorkerJob
from simpatient.gui.base.context import Context
from simpatient.gui.base.theme import Theme, set_property
from simpatient.gui.base.tokens import READING_WIDTH, SPACE_2, SPACE_3, SPACE_5
from simpatient.gui.widgets.controls import Button, SegmentedControl
from simpatient.gui.widgets.layout import HeadLine, PageStates, ScrollPage, card, clear, column, message_panel, row
from simpatient.gui.widgets.text import Elided, chip, label
from simpatient.presentation.words.numbers import plural
from simpatient.services.authoring.authoring import Preview

_SETTLE_MS = 250
_MOST_PROBLEMS = 60
_BOTH_FROM = 860
# What authors call the kinds of content whose names in files are other words.
_KINDS = {"curriculum": "course", "scheme": "coding scheme", "intents": "list of intents"}
_Checked = tuple[Preview, tuple[ContentError, ...]]


class AuthorPage(PageStates):
    """The workbench of whoever writes a persona."""

    def __init__(self, services: AuthorServices, context: Context) -> None:
        self._content = QWidget()
        super().__init__(self._content)
        self._services, self._context = services, context
        self._path: Path | None = None
        self._job: WorkerJob[_Checked] | None = None
        self._watcher = QFileSystemWatcher(self)
        self._watcher.fileChanged.connect(self._on_file_changed)
        # Editors write in several steps; reading waits until the file has been quiet for a moment.
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MS)
        self._settle.timeout.connect(self.check)
        self.talk = AuthorTalk(services, context)
        self.tabs = SegmentedControl((("problems", "Problems"), ("talk", "Talk")), "Part of the workbench")
        self._side = "problems"
        self._file_name = Elided("", "strong")
        self._file_place = Elided("", "small")
        self.status = chip("", "plain")
        self.problems_box: QVBoxLayout = column(spacing=SPACE_2)
        self._counts_box = row(spacing=SPACE_2)
        self._build()

    def refresh(self) -> None:
        """Show the open file, or how to open one."""
        if self._path is None:
            button = Button("Open a file", "primary", "open", on_click=self._on_open)
            words = (
                "Open the YAML file you are writing: a persona, a case, a course or a rubric. It is checked each time "
                "you save it in your editor, and you can talk with a persona here. Nothing is stored."
            )
            self.show_empty("Write content", words, button)

    def open(self, path: Path) -> None:
        """Watch and check a file."""
        if self._watcher.files():
            self._watcher.removePaths(self._watcher.files())
        self._path = path
        self.talk.set_file(None, None)
        clear(self.problems_box)
        clear(self._counts_box)
        self._watcher.addPath(str(path))
        self._file_name.set_text(path.name)
        self._file_place.set_text(str(path.parent))
        self.show_content()
        self.check()

    def check(self) -> None:
        """Read the file again."""
        if self._path is None:
            return
        path, author = self._path, self._services.author
        # An editor that saves by renaming makes the watcher lose the file.
        if str(path) not in self._watcher.files():
            self._watcher.addPath(str(path))
        if self._job is not None:
            self._job.cancel()
        self.status.setText("Checking …")
        self._job = self._context.lane.call(lambda _: author.preview(path), self._on_checked, self._on_failed)

    def _build(self) -> None:
        names, actions, bar = QWidget(), QWidget(), QWidget()
        names_box = column(names, 0)
        names_box.addWidget(self._file_name)
        names_box.addWidget(self._file_place)
        again = Button("Check again", "quiet", on_click=self.check)
        other = Button("Open another", "plain", "open", name="Open another file", on_click=self._on_open)
        actions.setLayout(row(self.status, again, other, spacing=SPACE_2))
        bar.setProperty("role", "bar")
        bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        line = column(bar)
        line.setContentsMargins(SPACE_5, SPACE_3, SPACE_5, SPACE_3)
        line.addWidget(HeadLine(names, self.tabs, actions))
        self._left = ScrollPage("Problems", READING_WIDTH, SPACE_3)
        self._left.set_margins(SPACE_5, SPACE_3)
        self._left.body.addLayout(row(label("Problems", "h2"), None, _unseen_button()))
        self._left.body.addLayout(self._counts_box)
        self._left.body.addLayout(self.problems_box)
        self._sides = QWidget()
        sides = row(spacing=0)
        self._sides.setLayout(sides)
        sides.addWidget(self._left, 4)
        sides.addWidget(self.talk, 5)
        box = column(self._content, 0)
        box.addWidget(bar)
        box.addWidget(self._sides, 1)
        self.tabs.chosen.connect(self._show_side)
        self.tabs.choose("problems")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show problems and talk side by side, or in little room one of them."""
        super().resizeEvent(event)
        self._show_side("")

    def _show_side(self, key: str) -> None:
        self._side = key or self._side
        is_wide = self.width() >= _BOTH_FROM * max(1.0, Theme.current().scale)
        self.tabs.setVisible(not is_wide)
        self._left.setVisible(is_wide or self._side == "problems")
        self.talk.setVisible(is_wide or self._side == "talk")

    def _on_open(self) -> None:
        path = self._context.files.open(self, "Open a content file", "YAML (*.yaml *.yml)")
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
            self.problems_box.addWidget(label(_in_order(preview), "soft"))
        for problem in problems[:_MOST_PROBLEMS]:
            self.problems_box.addWidget(_problem(problem))
        if len(problems) > _MOST_PROBLEMS:
            self.problems_box.addWidget(label(f"and {len(problems) - _MOST_PROBLEMS} more", "small"))
        clear(self._counts_box)
        for name, count in preview.counts.items():
            self._counts_box.addWidget(chip(f"{count} {name}", "plain"))
        self._counts_box.addStretch(1)
        if self._path is not None:
            found = preview.persona
            self.talk.set_file(self._path if found is not None else None, found, preview.kind)


def _in_order(preview: Preview) -> str:
    """Return that nothing is wrong, and what can be done next."""
    if preview.persona is not None:
        return "Everything is in order. Talk with the patient to hear how it sounds."
    kind = _KINDS.get(preview.kind, preview.kind.replace("_", " ")) or "file"
    return f"This {kind} is in order: it fits its format, and what it refers to is there."


def _problem(problem: ContentError) -> QWidget:
    place = Path(problem.file).name if problem.file else "file"
    where = f"{place}:{problem.line}" if problem.line else place
    frame, box = card(spacing=4, margin=SPACE_3)
    copy = Button(
        "Copy place", "link", name=f"Copy {where}", on_click=lambda: _copy(f"{problem.file}:{problem.line or 1}")
    )
    copy.setToolTip("Copies file and line, for your editor")
    head = row(chip(where, "warm"), spacing=SPACE_2)
    head.addWidget(Elided(problem.field, "caption"), 1)
    head.addWidget(copy)
    box.addLayout(head)
    box.addWidget(label(problem.message, selectable=True))
    if problem.given:
        box.addWidget(label(f"In the file: {problem.given}", "small", selectable=True))
    if problem.action:
        box.addWidget(label(problem.action, "small", selectable=True))
    frame.setAccessibleName(str(problem))
    return frame


def _copy(text: str) -> None:
    QGuiApplication.clipboard().setText(text)


def _unseen_button() -> Button:
    """Return what gives a title the height of one with a button beside it, so that both stand on one line."""
    made = Button("")
    policy = made.sizePolicy()
    policy.setRetainSizeWhenHidden(True)
    made.setSizePolicy(policy)
    made.hide()
    return made
