"""The case before its session: referral, objectives, what it touches on, and what this is not.

Shows nothing that is gated in the persona.
"""

from functools import partial
from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from simpatient.domain.cancellation import stop_if_cancelled
from simpatient.domain.learning.progress import SessionSummary
from simpatient.domain.session.session import Session
from simpatient.gui.base.bridge import Trouble, Work, WorkerJob
from simpatient.gui.base.context import Context
from simpatient.gui.base.page_data import CaseData, StartServices, load_case_to_begin
from simpatient.gui.base.tokens import READING_WIDTH, SPACE_2, SPACE_4
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.drawn.painted import Portrait
from simpatient.gui.widgets.layout import PageStates, ScrollPage, card, clear, column, row
from simpatient.gui.widgets.text import Elided, chip, label
from simpatient.presentation.words.dates import date_and_time
from simpatient.presentation.words.numbers import plural
from simpatient.presentation.words.wording import DIFFICULTY_WORDS, PRACTICE_NOTICE, preparing
from simpatient.services.models.models import ModelService
from simpatient.services.sessions.patient_models import GUIDED
from simpatient.services.sessions.practise import PractiseService


class CaseServices(StartServices, Protocol):
    """What the page of a case asks."""

    practise: PractiseService
    models: ModelService


class CasePage(PageStates):
    """What a trainee reads before they begin."""

    def __init__(self, services: CaseServices, context: Context) -> None:
        self._page = ScrollPage("Case", READING_WIDTH, SPACE_4)
        super().__init__(self._page)
        self._services, self._context = services, context
        self._job: WorkerJob[CaseData] | None = None
        self._warming: WorkerJob[None] | None = None
        self._wanted: tuple[str, str | None, str | None] = ("", None, None)
        self.begin = Button("Begin", "primary", on_click=self._on_begin)
        self._hint = label("", "small")

    def open(self, case_id: str, curriculum_id: str | None, unit_id: str | None) -> None:
        """Show a case, and make its patient ready while it is read."""
        self._wanted = (case_id, curriculum_id, unit_id)
        for job in (self._job, self._warming):
            if job is not None:
                job.cancel()
        self.show_loading()
        services, actor, lane = self._services, self._context.actor, self._context.lane
        self._job = lane.call(
            lambda _: load_case_to_begin(services, actor, case_id, curriculum_id, unit_id),
            self._on_loaded,
            self._on_failed,
        )
        # No error callback: what fails here fails again, and is shown, when the session begins.
        self._warming = lane.call(
            lambda work: _warm_up(services, case_id, work), self._on_prepared, on_chunk=self._on_preparing
        )
        # A language model may take minutes to load; the lane has to stay free for the session.
        self._context.background.call(lambda _: _warm_model(services, case_id))

    def _on_failed(self, trouble: Trouble) -> None:
        self.show_trouble(trouble, lambda: self.open(*self._wanted))

    def _on_loaded(self, data: CaseData) -> None:
        body = self._page.body
        clear(body)
        back = Button("All cases", "link", "back", on_click=lambda: self._context.navigator.go("start"))
        body.addLayout(row(back, None))
        body.addLayout(_heading(data))
        body.addWidget(_section("The referral", (data.case.vignette,)))
        title = f"To practise: {data.unit.title}" if data.unit else "To practise"
        body.addWidget(_section(title, data.objectives, bullets=True))
        if data.unit is not None and data.unit.reading:
            body.addWidget(_section("Before you begin", data.unit.reading))
        body.addWidget(_notes(data))
        if data.open_sessions:
            body.addWidget(self._still_open(data.open_sessions[0]))
        self.begin = Button(
            "Begin", "primary", name=f"Begin with {data.persona.identity.name}", on_click=self._on_begin
        )
        self.begin.setMinimumHeight(44)
        self.begin.setMinimumWidth(160)
        self._hint = label("", "small")
        line = row(spacing=SPACE_4)
        line.addWidget(self._hint, 1)
        line.addWidget(self.begin)
        body.addLayout(line)
        if not self._context.preferences.has_heard_of_talking:
            body.addWidget(self._talking_hint())
        body.addStretch(1)
        self.show_content()
        self._page.verticalScrollBar().setValue(0)
        self.begin.setFocus()

    def _still_open(self, summary: SessionSummary) -> QWidget:
        """Return what says that another session with this patient waits, and leads to it."""
        frame, box = card("sunken", spacing=SPACE_2, margin=SPACE_4)
        said = plural(summary.trainee_turns, "turn")
        when = date_and_time(summary.started_at)
        words = f"You have an open session with {summary.patient_name}: {said} so far, from {when}."
        box.addWidget(label(f"{words} Begin starts another one beside it.", "body"))
        resume = partial(self._context.navigator.resume, summary.session_id)
        box.addLayout(row(Button("Continue the open session", on_click=resume), None))
        return frame

    def _talking_hint(self) -> QWidget:
        """Return a quiet line, once for each trainee's window."""
        outer = QWidget()
        words = label("You can also talk with the patient: press Talk in the session.", "small")
        dismiss = Button("Got it", "link", name="Dismiss the hint at talking", on_click=lambda: self._dismiss(outer))
        line = row(dismiss)
        line.insertWidget(0, words, 1)
        outer.setLayout(line)
        return outer

    def _dismiss(self, hint: QWidget) -> None:
        self._context.preferences.has_heard_of_talking = True
        hint.hide()
        self.begin.setFocus()

    def _on_preparing(self, told: str) -> None:
        self._hint.setText(told.splitlines()[-1])

    def _on_prepared(self, _: object) -> None:
        if self.begin.isEnabled():
            self._hint.setText("")

    def _on_begin(self) -> None:
        self.begin.setEnabled(False)
        self.begin.setText("One moment …")
        # The patient's lines are read once per computer; later sessions begin at once.
        self._hint.setText("Getting the patient ready. The very first time this can take a minute.")
        case_id, curriculum_id, unit_id = self._wanted
        services, actor = self._services, self._context.actor

        def start() -> Session:
            return services.practise.start(
                actor,
                case_id,
                curriculum_id=curriculum_id,
                unit_id=unit_id,
                model=services.models.for_new_sessions(),
            )

        self._context.lane.call(lambda _: start(), self._on_started, self._on_start_failed)

    def _on_started(self, session: Session) -> None:
        self._reset_begin()
        self._context.navigator.open_session(session)

    def _on_start_failed(self, trouble: Trouble) -> None:
        self._reset_begin()
        self._context.navigator.tell_trouble(trouble)

    def _reset_begin(self) -> None:
        self.begin.setEnabled(True)
        self.begin.setText("Begin")
        self._hint.setText("")


def _warm_up(services: CaseServices, case_id: str, work: Work) -> None:
    def tell(done: int, total: int) -> None:
        stop_if_cancelled(work.cancel)  # this may take minutes, and another patient or the end of the program waits
        work.chunk(f"{preparing(done, total)}\n")

    services.practise.warm_up(case_id, on_prepared=tell)


def _warm_model(services: CaseServices, case_id: str) -> None:
    model = services.models.for_new_sessions()
    if model != GUIDED:
        services.practise.warm_up(case_id, model)


def _heading(data: CaseData) -> QVBoxLayout:
    identity, case = data.persona.identity, data.case
    names = column(spacing=2)
    names.addWidget(Elided(f"{identity.name}, {identity.age}", "h1"))
    names.addWidget(label(case.title, "lead"))
    names.addWidget(label(case.setting, "small"))
    box = column(spacing=SPACE_4)
    box.addLayout(row(Portrait(identity.name, 64), names, spacing=SPACE_4))
    difficulty = DIFFICULTY_WORDS[case.difficulty].capitalize()
    modality = case.modality[:1].upper() + case.modality[1:]
    chips = [chip(words) for words in (modality, difficulty, f"{case.minutes} minutes")]
    box.addLayout(row(*chips, None, spacing=SPACE_2))
    return box


def _section(title: str, paragraphs: tuple[str, ...], *, bullets: bool = False) -> QWidget:
    frame, box = card()
    box.addWidget(label(title, "h3"))
    for paragraph in paragraphs:
        if bullets:
            line = row(spacing=SPACE_2)
            dot = label("•")
            dot.setFixedWidth(12)
            line.addWidget(dot, 0, Qt.AlignmentFlag.AlignTop)
            line.addWidget(label(paragraph), 1)
            box.addLayout(line)
        else:
            box.addWidget(label(paragraph, selectable=True))
    return frame


def _notes(data: CaseData) -> QWidget:
    frame, box = card("notice", spacing=SPACE_2, margin=SPACE_4)
    box.addWidget(label(PRACTICE_NOTICE, "strong"))
    topics = ", ".join(data.persona.content_notes)
    box.addWidget(label(f"The conversation may touch on: {topics}. You can pause or leave at any moment.", "body"))
    return frame
