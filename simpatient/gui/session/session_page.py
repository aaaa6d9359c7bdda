"""The session: referral beside, conversation in the middle, pause, mark and end.

Every turn is stored as it is said, so leaving never loses anything. Must not know how the patient answers.
"""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QKeyEvent, QKeySequence, QResizeEvent, QShortcut, QTextCursor
from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from simpatient.domain.assessment.codes import CodeNames
from simpatient.domain.session.session import Session, Turn
from simpatient.domain.text import clean_text
from simpatient.gui.base.bridge import Trouble, WorkerJob
from simpatient.gui.base.context import Context
from simpatient.gui.base.page_data import CaseData, SessionData, load_session
from simpatient.gui.base.tokens import SPACE_2, SPACE_3, SPACE_4, SPACE_5
from simpatient.gui.session.spoken_conversation import SpokenConversation
from simpatient.gui.session.talk_bar import TalkBar
from simpatient.gui.start.case_page import DISCLAIMER
from simpatient.gui.transcript.correction import correct_button
from simpatient.gui.transcript.spoken_turn_view import beside_the_words
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.conversation import Bubble, ChatLog, Composer, announce
from simpatient.gui.widgets.dialogs import Question
from simpatient.gui.widgets.layout import PageStates, ScrollPage, clear, column, message_box, row
from simpatient.gui.widgets.painted import Portrait
from simpatient.gui.widgets.text import Elided, label
from simpatient.presentation.code_tags import code_tags
from simpatient.services.sessions.patient_models import leaves_note
from simpatient.services.sessions.practise import Exchange

_THINKING = "…"


class SessionPage(PageStates):
    """One running session."""

    def __init__(self, context: Context) -> None:
        self._content = QWidget()
        super().__init__(self._content)
        self._context = context
        self._session: Session | None = None
        self._names = CodeNames()
        self._patient_name = "Patient"
        self._job: WorkerJob[Exchange] | WorkerJob[SessionData] | None = None
        self._answer: Bubble | None = None
        self._by_turn: dict[int, Bubble] = {}
        self._marked: set[int] = set()
        self._is_paused = False
        # Words whose answer failed: nobody knows yet whether they were stored.
        self._unsure: str | None = None
        self.log = ChatLog()
        self.composer = Composer()
        # Stays as long as the session: it cannot be waved away like other messages.
        self.leaves = label("", "caption")
        self.leaves.setContentsMargins(SPACE_4, SPACE_2, SPACE_4, SPACE_2)
        self.composer.submitted.connect(self._on_submitted)
        self.voice_bar = TalkBar()
        self.voice_bar.hide()
        self._said: Bubble | None = None
        self.voice = SpokenConversation(context, self.voice_bar, self)
        self._build()
        self._build_shortcuts()

    # Building

    def _build(self) -> None:
        self._layers = QStackedLayout(self._content)
        talk = QWidget()
        line = row(spacing=0)
        talk.setLayout(line)
        self._side = self._build_side()
        middle = column(spacing=0)
        middle.addWidget(self._build_bar())
        middle.addWidget(self.leaves)
        middle.addWidget(self.log, 1)
        middle.addWidget(self.voice_bar)
        middle.addWidget(self.composer)
        line.addWidget(self._side)
        line.addLayout(middle, 1)
        self._layers.addWidget(talk)
        self._layers.addWidget(self._build_pause())

    def _build_side(self) -> QWidget:
        side = ScrollPage("Referral and objectives", 400, SPACE_4)
        side.setProperty("role", "panel")
        side.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        side.setFixedWidth(288)
        side.set_margins(20, SPACE_5)
        self._side_body: QVBoxLayout = side.body
        return side

    def _build_bar(self) -> QWidget:
        bar = QWidget()
        bar.setProperty("role", "bar")
        bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        line = row(spacing=SPACE_2)
        line.setContentsMargins(SPACE_4, SPACE_3, SPACE_4, SPACE_3)
        bar.setLayout(line)
        self._panel_button = Button(
            "", "quiet", "panel", name="Show or hide the referral", on_click=self._on_panel_toggled
        )
        self._panel_button.setToolTip("Show or hide the referral")
        self._title = Elided("", "h3")
        self.talk_button = Button("Talk", "toggle", "microphone", name="Talk instead of typing")
        self.talk_button.setCheckable(True)
        self.talk_button.setToolTip("Talk instead of typing (Ctrl+T)")
        self.talk_button.clicked.connect(self._on_talk_clicked)
        self._codes_button = Button("Codes", "toggle", "tags", name="Show codes beside your words")
        self._codes_button.setCheckable(True)
        self._codes_button.setChecked(self._context.preferences.shows_codes)
        self._codes_button.toggled.connect(self._on_codes_toggled)
        self._mark_button = Button("Mark", "plain", "flag", name="Mark this moment", on_click=self.mark)
        self._mark_button.setToolTip("Mark this moment (Ctrl+M)")
        self._pause_button = Button("Pause", "plain", "pause", name="Pause the session", on_click=self.toggle_pause)
        self._pause_button.setToolTip("Pause (Esc)")
        self._end_button = Button("End", "plain", "stop", name="End the session", on_click=self.ask_end)
        self._end_button.setToolTip("End the session (Ctrl+E)")
        line.addWidget(self._panel_button)
        line.addWidget(self._title, 1)
        for button in (self.talk_button, self._codes_button, self._mark_button, self._pause_button, self._end_button):
            line.addWidget(button)
        return bar

    def _build_pause(self) -> QWidget:
        words = (
            ("Paused", "h1"),
            ("Take the time you need. Nothing is timed, and every word so far is kept.", "lead"),
            (
                "If this touched something of your own, leave it here and talk with someone you trust.",
                "soft",
            ),
        )
        self._resume_button = Button("Go on", "primary", on_click=self.toggle_pause)
        self._leave_button = Button("Leave for now", on_click=self._on_leave)
        overlay = message_box(words, self._leave_button, self._resume_button)
        overlay.setProperty("role", "overlay")
        overlay.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        return overlay

    def _build_shortcuts(self) -> None:
        context = Qt.ShortcutContext.WidgetWithChildrenShortcut
        for keys, slot in (
            ("Ctrl+M", self.mark),
            ("Ctrl+E", self.ask_end),
            ("Esc", self.toggle_pause),
            ("Ctrl+Return", self.composer.submit),
            ("Ctrl+T", self.talk_button.click),
            ("F7", self.voice.interrupt),
            ("F9", self.voice.toggle_pause),
        ):
            QShortcut(QKeySequence(keys), self, slot, context=context)

    # Opening

    def open(self, session: Session) -> None:
        """Show a session as it is stored."""
        self._unsure = None
        app = self._context.app
        self._load(lambda: load_session(app, session))

    def resume(self, session_id: str) -> None:
        """Go on with a stored session; an unanswered turn is answered first."""
        app = self._context.app
        self._load(lambda: load_session(app, app.practise.resume(app.actor, session_id)))

    def _load(self, fetch: Callable[[], SessionData]) -> None:
        if self._job is not None:
            self._job.cancel()
        self.voice.end()
        self.show_loading()
        self._job = self._context.lane.call(
            lambda _: fetch(),
            self._on_loaded,
            lambda trouble: self.show_trouble(trouble, lambda: self._load(fetch)),
        )

    def _on_loaded(self, data: SessionData) -> None:
        self._session = data.session
        self._names = data.names
        self._patient_name = data.case.persona.identity.name
        self._title.set_text(self._patient_name)
        self._show_where_words_go(data.session)
        self._fill_side(data.case)
        self._fill_log(data.session)
        self._set_paused(False)
        self._settle_unsure(data.session)
        self.composer.set_waiting(False)
        self.show_content()
        self.composer.editor.setFocus()
        last = self.log.bubbles[-1] if self.log.bubbles else None
        if last is not None and last.who == "patient":
            announce(self.log, f"{self._patient_name}: {last.text}")

    def _show_where_words_go(self, session: Session) -> None:
        note = leaves_note(session.manifest)
        self.leaves.setText(note)
        self.leaves.setAccessibleName(note)
        self.leaves.setVisible(bool(note))
        if note:
            announce(self.leaves, note)

    def _fill_side(self, case: CaseData) -> None:
        body = self._side_body
        clear(body)
        identity = case.persona.identity
        names = column(spacing=0)
        names.addWidget(Elided(identity.name, "strong"))
        names.addWidget(Elided(f"{identity.age} · {case.case.setting}", "small"))
        body.addLayout(row(Portrait(identity.name, 44), names))
        for title, texts in (("Referral", (case.case.vignette,)), ("To practise", case.objectives)):
            box = column(spacing=SPACE_2)
            box.addWidget(label(title, "overline"))
            for text in texts:
                box.addWidget(label(text, selectable=True))
            body.addLayout(box)
        body.addWidget(label(DISCLAIMER, "caption"))
        body.addStretch(1)

    def _fill_log(self, session: Session) -> None:
        self.log.clear()
        self._by_turn.clear()
        self._marked = {turn.turn for turn in session.turns if turn.marked}
        for turn in session.path():
            self._show_turn(turn)
        if not self.log.bubbles:
            self.log.add_note(f"{self._patient_name} is here. In this case you speak first.")
        self.log.scroll_to_end()

    def _show_turn(self, turn: Turn) -> None:
        if turn.note:
            self.log.add_note(turn.note)
        name = "You" if turn.speaker == "trainee" else self._patient_name
        bubble = self.log.add(turn.speaker, name, turn.text)
        self._adopt(bubble, turn)

    def _adopt(self, bubble: Bubble, turn: Turn) -> None:
        """Tie a bubble to its stored turn."""
        self._by_turn[turn.turn] = bubble
        bubble.set_marked(turn.turn in self._marked)
        if turn.speaker == "trainee":
            bubble.set_chips(code_tags(turn.codes, self._names, with_labels=True), self._codes_button.isChecked())
            bubble.set_beside(beside_the_words(turn))
            if self._session is not None and turn.speech is not None:
                bubble.set_action(correct_button(self._context, self, self._session.id, turn, self._on_corrected))

    def _on_corrected(self, turn: Turn) -> None:
        bubble = self._by_turn.get(turn.turn)
        if bubble is not None:
            bubble.set_text(turn.text)
            self._adopt(bubble, turn)
            announce(self.log, f"Corrected: {turn.text}")
        self.composer.editor.setFocus()

    # Talking

    def _on_submitted(self, text: str) -> None:
        if self._session is None:
            return
        if self.voice.is_on and self._unsure is None:
            self.voice.send(text)
            return
        session_id, app = self._session.id, self._context.app
        if self._unsure is not None:
            self.composer.editor.setPlainText(text)
            self.resume(session_id)
            return
        said = self._show_exchange(text)
        self._job = self._context.lane.call(
            lambda work: app.practise.reply(app.actor, session_id, text, work.chunk, work.cancel),
            lambda exchange: self._on_answered(exchange, said),
            lambda trouble: self._on_reply_failed(trouble, text),
            self._on_chunk,
        )

    def _show_exchange(self, text: str) -> Bubble:
        """Show the trainee's words, and that the patient is thinking."""
        said = self.log.add("trainee", "You", text)
        self._answer = self.log.add("patient", self._patient_name, _THINKING)
        self._answer.setAccessibleName(f"{self._patient_name} is thinking")
        self.composer.set_waiting(True, f"{self._patient_name} is thinking …")
        return said

    def _on_chunk(self, text: str) -> None:
        if self._answer is None:
            return
        if self._answer.text == _THINKING:
            self._answer.set_text(text.lstrip())
        else:
            self._answer.append(text)

    def _on_answered(self, exchange: Exchange, said: Bubble) -> None:
        self._adopt(said, exchange.trainee)
        if self._answer is not None:
            self._answer.set_text(exchange.patient.text)
            self._adopt(self._answer, exchange.patient)
            self._answer = None
        if exchange.note:
            self.log.add_note(exchange.note)
        announce(self.log, f"{self._patient_name}: {exchange.patient.text}")
        self.composer.set_waiting(False)

    def _on_reply_failed(self, trouble: Trouble, text: str) -> None:
        if self._answer is not None:
            self.log.remove(self._answer)
            self._answer = None
        self._unsure = text
        self.composer.set_waiting(False, "No answer came. What is stored is kept; send again to go on from there.")
        if self._session is not None:
            session_id = self._session.id
            self._context.navigator.tell_trouble(trouble, "Try again", lambda: self.resume(session_id))

    def _settle_unsure(self, session: Session) -> None:
        """Give words that were not stored back to the composer."""
        text, self._unsure = self._unsure, None
        stored = {turn.text for turn in session.path() if turn.speaker == "trainee"}
        if text is not None and clean_text(text) not in stored and not self.composer.editor.toPlainText():
            self.composer.editor.setPlainText(text)

    # Talking aloud

    def _on_talk_clicked(self) -> None:
        if self._session is None or self._is_paused or self.composer.is_waiting:
            self.talk_button.setChecked(self.voice.is_on)
        elif self.voice.is_on:
            self.voice.end()
        else:
            self.voice.begin(self._session)

    def show_voice(self, is_on: bool) -> None:
        """Show whether one talks or types."""
        self.talk_button.setChecked(is_on)

    def show_understood(self, text: str, hint: str) -> None:
        """Put understood words where they can be corrected."""
        if text:
            self.composer.editor.setPlainText(text)
            self.composer.editor.moveCursor(QTextCursor.MoveOperation.End)
        self.composer.hint.setText(hint)

    def show_sent(self, text: str) -> None:
        """Show the trainee's words as sent; the answer is on its way."""
        self.composer.editor.clear()
        self._said = self._show_exchange(text)

    def show_sentence(self, text: str) -> None:
        """Add a sentence the patient is beginning to speak: captions are always on."""
        if self._answer is not None:
            self._on_chunk(text if self._answer.text == _THINKING else f" {text}")

    def show_answered(self, exchange: Exchange) -> None:
        """Show both turns as they are stored."""
        if self._said is not None:
            self._on_answered(exchange, self._said)

    def show_failed(self, trouble: Trouble, unsent: str) -> None:
        """Show that no answer came; whether the words were stored is found out when they are sent again."""
        self._on_reply_failed(trouble, unsent)
        self.composer.editor.setPlainText(unsent)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F8 held is the talk button held."""
        if event.key() == Qt.Key.Key_F8 and not event.isAutoRepeat():
            self.voice.hold(True)
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """F8 let go is the talk button let go."""
        if event.key() == Qt.Key.Key_F8 and not event.isAutoRepeat():
            self.voice.hold(False)
        else:
            super().keyReleaseEvent(event)

    # Marking, pausing, ending

    def mark(self) -> None:
        """Mark the newest turn as a moment to come back to, or take the mark away."""
        if self._session is None or not self._by_turn or self._is_paused:
            return
        turn, session_id = max(self._by_turn), self._session.id
        marked = turn not in self._marked
        self._marked ^= {turn}
        self._by_turn[turn].set_marked(marked)
        announce(self.log, "Moment marked" if marked else "Mark removed")
        app = self._context.app
        self._context.lane.call(
            lambda _: app.practise.mark(app.actor, session_id, turn, marked),
            None,
            self._context.navigator.tell_trouble,
        )

    def toggle_pause(self) -> None:
        """Cover the conversation, or go on."""
        self._set_paused(not self._is_paused)

    def _set_paused(self, paused: bool) -> None:
        self._is_paused = paused
        if paused:
            self.voice.pause()
        self._layers.setCurrentIndex(1 if paused else 0)
        (self._resume_button if paused else self.composer.editor).setFocus()

    def _on_leave(self) -> None:
        self.voice.end()
        self._set_paused(False)
        self._context.navigator.go("start")

    def ask_end(self) -> None:
        """Ask whether to end, unless the session is paused."""
        if self._session is None or self._is_paused:
            return
        words = "Your own rating comes first, then feedback on single moments. You can retry from any of them."
        Question(self, "End this session?", words, "End and look back", "Keep talking", self._on_end).open()

    def _on_end(self) -> None:
        if self._session is None:
            return
        session_id, app = self._session.id, self._context.app
        if self._job is not None:
            self._job.cancel()
        self.voice.end()
        self.composer.set_waiting(True, "Looking through the session …")
        self._context.lane.call(
            lambda _: app.practise.end(app.actor, session_id),
            lambda session: self._context.navigator.open_debrief(session.id),
            self._on_end_failed,
        )

    def _on_end_failed(self, trouble: Trouble) -> None:
        self.composer.set_waiting(False)
        self._context.navigator.tell_trouble(trouble, "Try again", self._on_end)

    def _on_codes_toggled(self, shown: bool) -> None:
        self._context.preferences.shows_codes = shown
        for bubble in self.log.bubbles:
            bubble.show_chips(shown)

    def _on_panel_toggled(self) -> None:
        self._side.setVisible(self._side.isHidden())

    def hideEvent(self, event: QHideEvent) -> None:
        """Another page is shown: the microphone does not stay open behind it."""
        super().hideEvent(event)
        if not event.spontaneous():
            self.voice.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange for the new size."""
        super().resizeEvent(event)
        crossed = (event.oldSize().width() >= 860) != (event.size().width() >= 860)
        if crossed or event.oldSize().width() < 0:
            self._side.setVisible(event.size().width() >= 860)
