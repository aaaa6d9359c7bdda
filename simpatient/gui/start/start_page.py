"""Start: go on where one left off, the courses as paths of units, the cases as cards.

Must not know how mastery is decided.
"""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from simpatient.domain.content.curriculum import CurriculumUnit
from simpatient.domain.learning.progress import ObjectiveProgress, SessionSummary, UnitProgress
from simpatient.gui.base.bridge import Trouble, WorkerJob
from simpatient.gui.base.context import Context
from simpatient.gui.base.page_data import StartData, StartServices, load_start
from simpatient.gui.base.tokens import SPACE_2, SPACE_3, SPACE_4, SPACE_5
from simpatient.gui.widgets.controls import Button, CardButton
from simpatient.gui.widgets.drawn.painted import PathNode, Portrait
from simpatient.gui.widgets.layout import (
    CardGrid,
    Columns,
    PageStates,
    ScrollPage,
    card,
    clear,
    column,
    row,
    waiting_page,
)
from simpatient.gui.widgets.text import Elided, chip, label
from simpatient.presentation.learning.progress import still_needed
from simpatient.presentation.words.dates import date_and_time
from simpatient.presentation.words.numbers import how_often, plural
from simpatient.presentation.words.wording import DIFFICULTY_WORDS
from simpatient.services.learning.progress import CaseCard, CurriculumProgress

_GLYPHS = {"not_started": "○", "practising": "◐", "mastered": "●"}
_STATUS_WORDS = {"not_started": "not started", "practising": "practising", "mastered": "mastered"}
_STATE_CHIPS = {"mastered": ("Mastered", "accent"), "open": ("Open", "plain"), "locked": ("Locked", "plain")}


class StartPage(PageStates):
    """The first page after launch."""

    def __init__(self, services: StartServices, context: Context) -> None:
        self._page = ScrollPage("Start")
        super().__init__(self._page)
        self._services, self._context = services, context
        self._job: WorkerJob[StartData] | None = None
        self._has_data = False

    def refresh(self) -> None:
        """Fetch everything again; what is shown stays until the new content is there."""
        if self._job is not None:
            self._job.cancel()
        if not self._has_data:
            # The very shape that stood here before the pages were made: nothing flashes.
            self.show_loading(waiting_page("Practise", "Loading your sessions and courses …"))
        services, actor = self._services, self._context.actor
        self._job = self._context.lane.call(lambda _: load_start(services, actor), self._on_loaded, self._on_failed)

    def _on_failed(self, trouble: Trouble) -> None:
        self._has_data = False
        self.show_trouble(trouble, self.refresh)

    def _on_loaded(self, data: StartData) -> None:
        self._has_data = True
        if not data.home.cases and not data.home.curricula:
            retry = Button("Look again", "primary", on_click=self.refresh)
            words = (
                "No case could be loaded. Write one in the personas and curricula folders, or install the app again."
            )
            self.show_empty("No cases yet", words, retry)
            return
        bar = self._page.verticalScrollBar()
        # A session left open is offered at the top, so it must not hide above the place one left.
        place = bar.value() if data.home.open_session is None else 0
        self._fill(data)
        self.show_content()
        bar.setValue(place)

    def _fill(self, data: StartData) -> None:
        body = self._page.body
        clear(body)
        heading = column(spacing=SPACE_2)
        heading.addWidget(label("Practise", "h1"))
        heading.addWidget(label("Simulated patients to practise with. You are not graded here.", "lead"))
        body.addLayout(heading)
        body.addWidget(self._continue_card(data))
        if others := data.home.open_sessions[1:]:
            body.addWidget(self._other_open_sessions(others))
        cases = self._cases(data.home.cases)
        if data.home.curricula:
            courses = QWidget()
            box = column(courses, SPACE_5)
            for course in data.home.curricula:
                box.addWidget(self._course(course, data))
            body.addWidget(Columns(courses, cases, shares=(6, 5)))
        else:
            body.addWidget(cases)
        body.addStretch(1)

    # Continue

    def _continue_card(self, data: StartData) -> QWidget:
        if data.home.open_session is not None:
            return self._open_session_card(data.home.open_session)
        for course in data.home.curricula:
            for progress in course.units:
                unit = data.units.get((course.curriculum_id, progress.unit_id))
                if unit is not None and progress.is_open and not _is_mastered(progress):
                    return self._next_unit_card(course, unit, progress, data)
        first = next(iter(data.home.cases), None)
        if first is None:
            return QWidget()
        words = ("Practise again", f"{first.patient_name}: {first.title}", "Every unit that is here is mastered.")
        return _hero(*words, Button("Choose this case", "primary", on_click=lambda: self._open(first.case_id)))

    def _open_session_card(self, summary: SessionSummary) -> QWidget:
        turns = plural(summary.trainee_turns, "turn")
        words = f"{summary.case_title} · {turns} so far, from {date_and_time(summary.started_at)}"
        button = Button("Continue", "primary", on_click=lambda: self._context.navigator.resume(summary.session_id))
        return _hero("Continue your session", f"With {summary.patient_name}", words, button)

    def _next_unit_card(
        self, course: CurriculumProgress, unit: CurriculumUnit, progress: UnitProgress, data: StartData
    ) -> QWidget:
        started = progress.sessions > 0
        case_id = progress.next_case or unit.cases[0]
        patient = next((case.patient_name for case in data.home.cases if case.case_id == case_id), "")
        button = Button(
            "Continue" if started else "Start",
            "primary",
            name=f"{'Continue' if started else 'Start'} {unit.title}",
            on_click=lambda: self._open(case_id, course.curriculum_id, unit.id),
        )
        words = f"{unit.summary} Next: {patient}." if patient and len(progress.cases) > 1 else unit.summary
        return _hero("Next on your course" if started else "Begin here", unit.title, words, button)

    def _other_open_sessions(self, others: Sequence[SessionSummary]) -> QWidget:
        frame, box = card("sunken", spacing=SPACE_2, margin=SPACE_4)
        box.addWidget(label("Also open", "strong"))
        for summary in others:
            words = f"{summary.case_title} · {plural(summary.trainee_turns, 'turn')} so far"
            when = f"from {date_and_time(summary.started_at)}"
            resume = partial(self._context.navigator.resume, summary.session_id)
            name = f"Continue with {summary.patient_name}, {when}"
            line = row(spacing=SPACE_3)
            line.addWidget(Elided(f"{summary.patient_name}: {words}, {when}", "small"), 1)
            line.addWidget(Button("Continue", "quiet", name=name, on_click=resume))
            box.addLayout(line)
        return frame

    # Courses

    def _course(self, course: CurriculumProgress, data: StartData) -> QWidget:
        outer = QWidget()
        box = column(outer, SPACE_3)
        box.addWidget(label(course.title, "h2"))
        box.addWidget(label(course.summary, "soft"))
        path = QWidget()
        path_box = column(path, 0)
        for i, progress in enumerate(course.units):
            unit = data.units.get((course.curriculum_id, progress.unit_id))
            is_last = i == len(course.units) - 1
            path_box.addWidget(self._unit_row(course, progress, unit, i, is_last, data))
        box.addWidget(path)
        return outer

    def _unit_row(
        self,
        course: CurriculumProgress,
        progress: UnitProgress,
        unit: CurriculumUnit | None,
        i: int,
        is_last: bool,
        data: StartData,
    ) -> QWidget:
        state = unit_state(progress)
        outer = QWidget()
        line = row(spacing=SPACE_3)
        outer.setLayout(line)
        line.addWidget(PathNode(i + 1, state, is_first=i == 0, is_last=is_last))
        button = CardButton(f"Unit {i + 1}, {progress.title}, {state}")
        button.setEnabled(state != "locked" and unit is not None)
        if unit is not None:
            case_id, unit_id = progress.next_case or unit.cases[0], unit.id
            button.clicked.connect(lambda: self._open(case_id, course.curriculum_id, unit_id))
        titles = {each.unit_id: each.title for each in course.units}
        _fill_unit(column(button, SPACE_2, SPACE_4), progress, state, titles)
        button.settle()
        holder = QVBoxLayout()
        holder.setContentsMargins(0, 6, 0, 6)
        holder.addWidget(button)
        if unit is not None and state != "locked" and len(progress.cases) > 1:
            holder.addWidget(self._unit_cases(course, progress, data))
        line.addLayout(holder, 1)
        return outer

    def _unit_cases(self, course: CurriculumProgress, progress: UnitProgress, data: StartData) -> QWidget:
        """Return a button for each case of a unit; the card above leads to the one that is needed next."""
        patients = {case.case_id: case.patient_name for case in data.home.cases}
        buttons = []
        for case in progress.cases:
            patient = patients.get(case.case_id, case.case_id)
            times = f"practised {how_often(case.sessions)}" if case.sessions else "not practised yet"
            start = partial(self._open, case.case_id, course.curriculum_id, progress.unit_id)
            name = f"{progress.title} with {patient}, {times}"
            buttons.append(Button(f"{patient} · {times}", "quiet", name=name, on_click=start))
        return CardGrid(buttons, least_width=220)

    # Cases

    def _cases(self, cases: Sequence[CaseCard]) -> QWidget:
        outer = QWidget()
        box = column(outer, SPACE_3)
        box.addWidget(label("Cases", "h2"))
        box.addWidget(label("Any case, any time, in any order.", "soft"))
        box.addWidget(CardGrid([self._case(each) for each in cases], least_width=300))
        return outer

    def _case(self, case: CaseCard) -> QWidget:
        is_usable = case.patient_age is not None
        who = f"{case.patient_name}, {case.patient_age}" if is_usable else case.patient_name
        button = CardButton(f"{who}: {case.title}. {case.minutes} minutes.")
        button.clicked.connect(lambda: self._open(case.case_id))
        box = column(button, SPACE_3, SPACE_4)
        names = column(spacing=0)
        names.addWidget(Elided(who, "strong"))
        names.addWidget(Elided(case.setting, "small"))
        box.addLayout(row(Portrait(case.patient_name, 44), names))
        box.addWidget(label(case.title))
        facts = f"{DIFFICULTY_WORDS[case.difficulty].capitalize()} · {case.minutes} min · {case.modality}"
        box.addWidget(label(facts, "small"))
        if not is_usable:
            box.addWidget(label("The persona's file has a mistake. Open the case to see which.", "caption"))
        if case.content_notes:
            box.addWidget(label(f"Touches on: {', '.join(case.content_notes)}", "caption"))
        if case.sessions:
            box.addLayout(row(chip(f"Practised {how_often(case.sessions)}", "accent"), None))
        box.addStretch(1)
        button.settle()
        return button

    def _open(self, case_id: str, curriculum_id: str | None = None, unit_id: str | None = None) -> None:
        self._context.navigator.open_case(case_id, curriculum_id, unit_id)


def unit_state(progress: UnitProgress) -> str:
    """Return ``mastered``, ``open`` or ``locked``."""
    if not progress.is_open:
        return "locked"
    return "mastered" if _is_mastered(progress) else "open"


def _is_mastered(progress: UnitProgress) -> bool:
    return bool(progress.objectives) and all(each.status == "mastered" for each in progress.objectives)


def _fill_unit(box: QVBoxLayout, progress: UnitProgress, state: str, titles: dict[str, str]) -> None:
    words, tone = _STATE_CHIPS[state]
    box.addLayout(row(Elided(progress.title, "strong"), chip(words, tone)))
    if state == "locked" and progress.missing:
        missing = ", ".join(titles.get(each, each) for each in progress.missing)
        box.addWidget(label(f"Opens after: {missing}", "small"))
        return
    for objective in progress.objectives:
        box.addLayout(_objective_line(objective))


def _objective_line(objective: ObjectiveProgress) -> QVBoxLayout:
    line = row(spacing=SPACE_2)
    glyph = label(_GLYPHS[objective.status], "small")
    glyph.setWordWrap(False)
    glyph.setFixedWidth(18)
    line.addWidget(glyph, 0, Qt.AlignmentFlag.AlignTop)
    needed = still_needed(objective)
    met = f" ({needed})" if needed and objective.status == "practising" else ""
    text = label(f"{objective.text}{met}", "small")
    text.setAccessibleName(f"{objective.text}: {_STATUS_WORDS[objective.status]}{met}")
    line.addWidget(text, 1)
    box = column(spacing=0)
    box.addLayout(line)
    return box


def _hero(overline: str, title: str, words: str, button: Button) -> QWidget:
    frame, box = card("hero", margin=SPACE_5)
    texts = column(spacing=SPACE_2)
    texts.addWidget(label(overline, "overline"))
    texts.addWidget(Elided(title, "h2"))
    texts.addWidget(label(words))
    button.setMinimumWidth(128)
    button.setMinimumHeight(44)
    line = row(spacing=SPACE_5)
    line.addLayout(texts, 1)
    line.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
    box.addLayout(line)
    return frame
