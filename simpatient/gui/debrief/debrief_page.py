"""The debrief: own rating first, then feedback, transcript, numbers, written exercises, and last the disclosure map.

Must not know how feedback is made.
"""

from pathlib import Path
from typing import Protocol

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from simpatient.domain.assessment.debrief import DisclosureMap
from simpatient.domain.session.session import SelfRating, Session, Turn
from simpatient.gui.base.bridge import Trouble, WorkerJob
from simpatient.gui.base.context import Context
from simpatient.gui.base.export import Exporter
from simpatient.gui.base.page_data import DebriefData, DebriefDataServices, load_debrief
from simpatient.gui.base.theme import Theme
from simpatient.gui.base.tokens import SPACE_2, SPACE_3, SPACE_4, SPACE_5
from simpatient.gui.debrief.deletion import DeletionServices, ask_deletion
from simpatient.gui.debrief.disclosure_view import DisclosureView
from simpatient.gui.debrief.feedback_view import FeedbackView
from simpatient.gui.debrief.numbers_view import NumbersView
from simpatient.gui.debrief.second_rating_card import SecondRatingCard
from simpatient.gui.debrief.self_rating import SelfRatingForm
from simpatient.gui.debrief.write_view import WriteView
from simpatient.gui.transcript.correction import correct_button
from simpatient.gui.transcript.playback import Playback
from simpatient.gui.transcript.transcript_view import TranscriptView
from simpatient.gui.widgets.controls import Button, SegmentedControl
from simpatient.gui.widgets.drawn.painted import Portrait
from simpatient.gui.widgets.layout import HeadLine, PageStates, column, row
from simpatient.gui.widgets.text import Elided
from simpatient.presentation.words.dates import date
from simpatient.presentation.words.file_names import feedback_file
from simpatient.services.review.reports import ReportService
from simpatient.services.sessions.practise import PractiseService
from simpatient.services.voice.recording_playback import RecordingPlaybackService

_TABS = (
    ("feedback", "Feedback"),
    ("transcript", "Transcript"),
    ("numbers", "Numbers"),
    ("write", "Write up"),
    ("held", "Held back"),
)


class DebriefServices(DebriefDataServices, DeletionServices, Protocol):
    """What a debrief asks."""

    practise: PractiseService
    reports: ReportService
    recording_playback: RecordingPlaybackService


class DebriefPage(PageStates):
    """Looking back at one session."""

    def __init__(self, services: DebriefServices, context: Context) -> None:
        self._content = QWidget()
        # Its parts are dressed one by one: the tabs that are hidden wait for their restyling.
        super().__init__(self._content, dressed=False)
        self._services, self._context = services, context
        self._data: DebriefData | None = None
        self._job: WorkerJob[DebriefData] | None = None
        self._session_id = ""
        self._leaf: int | None = None
        self._patient_name = ""
        self._exporter = Exporter(context.files, context.navigator, context.preferences)
        self._is_exporting = False
        self._heading = Elided("", "h2")
        self._when = Elided("", "small")
        self._portrait = row(spacing=0)
        self.tabs = SegmentedControl(_TABS, "Part of the debrief")
        self.export = Button(
            "Export PDF", "plain", "export", name="Export the feedback as PDF", on_click=self._on_export
        )
        self.delete = Button("Delete", name="Delete this attempt or session", on_click=self.ask_delete)
        self._views = QStackedWidget()
        self.form: SelfRatingForm | None = None
        self.feedback: FeedbackView | None = None
        self._transcript: TranscriptView | None = None
        self._numbers: NumbersView | None = None
        self._write: WriteView | None = None
        self._disclosure: DisclosureView | None = None
        self._playback: Playback | None = None
        self._corrected: int | None = None
        self.tabs.chosen.connect(self.show_tab)
        self._build()

    def _build(self) -> None:
        box = column(self._content, 0)
        bar = QWidget()
        bar.setProperty("role", "bar")
        bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        names = column(spacing=0)
        names.addWidget(self._heading)
        names.addWidget(self._when)
        who = QWidget()
        who.setLayout(row(self._portrait, names, spacing=SPACE_4))
        buttons = QWidget()
        buttons.setLayout(row(self.delete, self.export, spacing=SPACE_2))
        line = column(bar)
        line.setContentsMargins(SPACE_5, SPACE_3, SPACE_5, SPACE_3)
        line.addWidget(HeadLine(who, self.tabs, buttons))
        Theme.current().dress(bar)
        box.addWidget(bar)
        box.addWidget(self._views, 1)

    # The parts behind the other tabs are made when first asked for: nobody waits for what they may not look at.

    @property
    def transcript(self) -> TranscriptView | None:
        """The transcript; None while there is no feedback."""
        if self._transcript is None and self._data is not None:
            self._transcript = TranscriptView(self._data, self._on_retry, self._ways_of_spoken)
            self._views.addWidget(self._transcript)
        return self._transcript

    @property
    def numbers(self) -> NumbersView | None:
        """The numbers; None while there is no feedback."""
        if self._numbers is None and self._data is not None:
            judge = SecondRatingCard(self._services.judge, self._context, self._data, self._on_rated_again)
            self._numbers = NumbersView(self._data, judge, self._on_show_turn)
            self._views.addWidget(self._numbers)
        return self._numbers

    @property
    def write(self) -> WriteView | None:
        """The written exercises; None while there is no feedback."""
        if self._write is None and self._data is not None:
            keeper, session_id, exercises = self._context.drafts, self._data.session.id, self._data.exercises
            drafts = {each.rubric.id: keeper.texts(session_id, "writing", each.rubric.id) for each in exercises}
            self._write = WriteView(self._patient_name, exercises, drafts, self._on_write)
            self._write.edited.connect(lambda rubric, texts: keeper.keep(session_id, "writing", texts, rubric))
            self._views.addWidget(self._write)
        return self._write

    @property
    def disclosure(self) -> DisclosureView | None:
        """What was held back; None while there is no feedback."""
        if self._disclosure is None and self._data is not None:
            self._disclosure = DisclosureView(self._patient_name, self._on_open_map)
            self._views.addWidget(self._disclosure)
        return self._disclosure

    def open(self, session_id: str, leaf: int | None = None, tab: str = "feedback") -> None:
        """Show the debrief of a session, or of another ended branch of it, at one of its parts."""
        if self._job is not None:
            self._job.cancel()
        self._session_id, self._leaf = session_id, leaf
        self.show_loading()
        services, actor = self._services, self._context.actor
        self._job = self._context.lane.call(
            lambda _: load_debrief(services, actor, session_id, leaf),
            lambda data: self._on_loaded(data, tab),
            lambda trouble: self.show_trouble(trouble, lambda: self.open(session_id, leaf)),
        )

    def show_tab(self, key: str) -> None:
        """Show one part of the debrief."""
        views = {
            "feedback": lambda: self.feedback,
            "transcript": lambda: self.transcript,
            "numbers": lambda: self.numbers,
            "write": lambda: self.write,
            "held": lambda: self.disclosure,
        }
        view = views[key]()
        if view is not None:
            self.tabs.choose(key)
            self._views.setCurrentWidget(view)

    def _on_loaded(self, data: DebriefData, tab: str) -> None:
        self._context.drafts.adopt(data.drafts)
        self._patient_name = data.case.persona.identity.name
        self._heading.set_text(self._patient_name)
        self._when.set_text(f"{data.case.case.title} · {date(data.session.started_at)}")
        while (item := self._portrait.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        self._portrait.addWidget(Portrait(self._patient_name, 44))
        self._drop_views()
        has_feedback = data.debrief is not None
        self.tabs.setVisible(has_feedback)
        self.export.setVisible(has_feedback)
        # While the own rating is asked, nothing that deletes stands where the session had its End.
        self.delete.setVisible(has_feedback)
        if has_feedback:
            self._show_feedback(data)
            self.show_tab(tab)
        else:
            self._ask_rating(data)
        self.show_content()

    def first_control(self) -> QWidget | None:
        """Return the first question of the own rating, or the part of the debrief that is shown."""
        return self.form.first_control() if self.form is not None else self.tabs.chosen_button

    def hideEvent(self, event: QHideEvent) -> None:
        """Another page is shown: nothing is heard from behind it."""
        super().hideEvent(event)
        if self._playback is not None:
            self._playback.stop()

    def _drop_views(self) -> None:
        if self._playback is not None:
            self._playback.stop()
            self._playback.deleteLater()
            self._playback = None
        if self._numbers is not None:
            self._numbers.judge.stop()
        self._data = None
        self.form = self.feedback = self._transcript = self._numbers = self._write = self._disclosure = None
        while self._views.count():
            if (view := self._views.widget(0)) is not None:
                self._views.removeWidget(view)
                view.deleteLater()

    def _ask_rating(self, data: DebriefData) -> None:
        self.form = SelfRatingForm(self._patient_name, data.questions)
        self.form.given.connect(self._on_rated)
        self.form.delete.clicked.connect(self.ask_delete)
        keeper, form, session_id = self._context.drafts, self.form, data.session.id
        form.restore(keeper.texts(session_id, "self_rating"))
        form.edited.connect(lambda: keeper.keep(session_id, "self_rating", form.texts()))
        self._views.addWidget(self.form)

    def _on_rated(self, rating: SelfRating) -> None:
        session_id, services, actor = self._session_id, self._services, self._context.actor
        self._context.lane.call(
            lambda _: services.review.rate_self(actor, session_id, rating),
            lambda _: self._on_rating_stored(session_id),
            self._on_rating_failed,
        )

    def _on_rating_stored(self, session_id: str) -> None:
        self._context.drafts.keep(session_id, "self_rating", {})
        if session_id == self._session_id:
            self.open(session_id, self._leaf)

    def _on_rating_failed(self, trouble: Trouble) -> None:
        if self.form is not None:
            self.form.button.setEnabled(True)
        self._context.navigator.tell_trouble(trouble)

    def _show_feedback(self, data: DebriefData) -> None:
        if data.debrief is None:
            return
        self._data = data
        self.feedback = FeedbackView(
            data, data.debrief, self._on_retry, self._on_show_turn, self._context.navigator.open_drill
        )
        self._views.addWidget(self.feedback)
        self._playback = Playback(self._services.recording_playback, self._context, self)
        corrected, self._corrected = self._corrected, None
        if corrected is not None:
            QTimer.singleShot(0, lambda: self._on_show_turn(corrected))

    def _ways_of_spoken(self, turn: Turn) -> list[QWidget]:
        if turn.speech is None or turn.speaker != "trainee":
            return []
        ways = [
            correct_button(self._services.practise, self._context, self, self._session_id, turn, self._on_corrected)
        ]
        if turn.speech.clip and self._playback is not None:
            ways.append(self._playback.button(turn.turn, turn.speech.clip))
        line = QWidget()
        line.setLayout(row(*ways, None, spacing=SPACE_4))
        return [line]

    def _on_corrected(self, turn: Turn) -> None:
        """Scores have changed with the words: fetch all again, and come back to the turn."""
        self._corrected = turn.turn
        self.open(self._session_id, self._leaf)

    def _on_show_turn(self, turn: int) -> None:
        self.show_tab("transcript")
        if self.transcript is not None:
            self.transcript.show_turn(turn)

    def _on_retry(self, from_turn: int) -> None:
        session_id, services, actor = self._session_id, self._services, self._context.actor
        self._context.lane.call(
            lambda _: services.practise.branch(actor, session_id, from_turn),
            self._on_branched,
            self._context.navigator.tell_trouble,
        )

    def _on_branched(self, session: Session) -> None:
        self._context.navigator.open_session(session)
        self._context.navigator.tell("A new branch from here. What you said before is kept beside it.")

    def _on_write(self, rubric_id: str, texts: dict[str, str]) -> None:
        services, actor = self._services, self._context.actor
        session_id, leaf = self._session_id, self._leaf

        def save_and_fetch(_: object) -> DebriefData:
            services.write.save(actor, session_id, rubric_id, texts, leaf=leaf)
            return load_debrief(services, actor, session_id, leaf)

        self._context.lane.call(
            save_and_fetch,
            lambda data: self._on_written(data, rubric_id),
            lambda trouble: self._on_write_failed(rubric_id, trouble),
        )

    def _on_written(self, data: DebriefData, rubric_id: str) -> None:
        self._context.drafts.keep(data.session.id, "writing", {}, rubric_id)
        if data.session.id != self._session_id or self._data is None:
            return
        self._replace_judged(data)
        self.show_tab("write")
        self._focus_part("write")
        if self.write is not None:
            self.write.show_card(rubric_id)

    def _on_rated_again(self) -> None:
        services, actor = self._services, self._context.actor
        session_id, leaf = self._session_id, self._leaf
        self._context.lane.call(
            lambda _: load_debrief(services, actor, session_id, leaf),
            self._on_reread,
            self._context.navigator.tell_trouble,
        )

    def _on_reread(self, data: DebriefData) -> None:
        if data.session.id == self._session_id and self._data is not None:
            self._replace_judged(data)
            self.show_tab("numbers")
            self._focus_part("numbers")
            self._context.navigator.tell("The ratings are new. Each says on request what it rests on.")

    def _replace_judged(self, data: DebriefData) -> None:
        """Show what was written or rated anew; what is open elsewhere in the debrief stays as it is."""
        old = (self._numbers, self._write)
        if self._numbers is not None:
            self._numbers.judge.stop()
        self._data, self._numbers, self._write = data, None, None
        for view in old:
            if view is not None:
                self._views.removeWidget(view)
                view.deleteLater()

    def _on_write_failed(self, rubric_id: str, trouble: Trouble) -> None:
        if self._write is not None and rubric_id in self._write.cards:
            self._write.cards[rubric_id].save.setEnabled(True)
        self._context.navigator.tell_trouble(trouble)

    def _on_open_map(self) -> None:
        services, actor = self._services, self._context.actor
        session_id, leaf = self._session_id, self._leaf
        self._context.lane.call(
            lambda _: services.review.disclosure_map(actor, session_id, leaf),
            self._on_map,
            self._context.navigator.tell_trouble,
        )

    def _on_map(self, found: DisclosureMap) -> None:
        if self._disclosure is not None:
            self._disclosure.show_map(found)
            self._focus_part("held")

    def _focus_part(self, key: str) -> None:
        """Go to a part whose own control has just gone, unless the trainee is elsewhere by now."""
        if self.tabs.chosen_button is self.tabs.button(key):
            self.tabs.button(key).setFocus()

    def ask_delete(self) -> None:
        """Ask whether this attempt, or the whole session, is to be deleted."""
        ask_deletion(self._services, self._context, self, self._session_id, self._leaf)

    def _on_export(self) -> None:
        if self._data is None or self._is_exporting:
            return
        session = self._data.session
        attempt = 1 + [each.leaf for each in session.attempts()].index(session.leaf)
        name = feedback_file(self._patient_name, session.started_at, attempt)
        target = self._exporter.ask(self, "Export the feedback", name, "pdf")
        if target is None:
            return
        services, actor = self._services, self._context.actor
        session_id, leaf = self._session_id, self._leaf
        # Not disabled meanwhile: the focus would leave for the button beside it, which deletes.
        self._is_exporting = True
        self._context.lane.call(
            lambda _: services.reports.session(actor, session_id, pdf=target, leaf=leaf),
            lambda _: self._on_exported(target),
            self._on_export_failed,
        )

    def _on_export_failed(self, trouble: Trouble) -> None:
        self._is_exporting = False
        self._context.navigator.tell_trouble(trouble)

    def _on_exported(self, path: Path) -> None:
        self._is_exporting = False
        self._exporter.tell(path, ", with an accessible HTML version beside it,")
