"""The session page: puts typed talk, spoken talk, marking, pausing and ending around one conversation.

Every turn is stored as it is said and every word kept as it is typed, so leaving never loses anything. Must not know
how the patient answers.
"""

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QKeyEvent, QKeySequence, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import QApplication, QStackedLayout, QWidget

from simpatient.domain.session.session import Session, Turn
from simpatient.gui.base.bridge import Trouble, WorkerJob
from simpatient.gui.base.context import Context
from simpatient.gui.base.page_data import SessionData, SessionDataServices, load_session
from simpatient.gui.base.theme import Theme
from simpatient.gui.base.tokens import SPACE_2, SPACE_4
from simpatient.gui.session.ending import Ending
from simpatient.gui.session.exchanges import Exchanges
from simpatient.gui.session.marking import Marking
from simpatient.gui.session.pausing import PauseCover
from simpatient.gui.session.session_bar import SessionBar
from simpatient.gui.session.session_clock import SessionClock
from simpatient.gui.session.session_log import SessionLog
from simpatient.gui.session.session_side import SessionSide
from simpatient.gui.session.spoken_conversation import SpeakingServices, SpokenConversation
from simpatient.gui.session.talk_bar import TalkBar
from simpatient.gui.session.typed_talk import TypedTalk
from simpatient.gui.transcript.correction import correct_button
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.conversation import ChatLog, Composer, announce
from simpatient.gui.widgets.layout import PageStates, column, row
from simpatient.gui.widgets.text import label
from simpatient.services.sessions.patient_models import leaves_note
from simpatient.services.sessions.practise import Exchange, PractiseService

_LEAST_TALK = 460


class SessionServices(SessionDataServices, SpeakingServices, Protocol):
    """What the session page asks."""

    practise: PractiseService


class SessionPage(PageStates):
    """One running session."""

    def __init__(self, services: SessionServices, context: Context) -> None:
        self._content = QWidget()
        super().__init__(self._content)
        self._services, self._context = services, context
        self._session: Session | None = None
        self._job: WorkerJob[SessionData] | None = None
        self._is_paused = False
        self._make_parts()
        self._connect()
        self._build()
        self._build_shortcuts()

    # Building

    def _make_parts(self) -> None:
        practise, actor = self._services.practise, self._context.actor
        lane, navigator = self._context.lane, self._context.navigator
        self.log, self.composer, self.clock = ChatLog(), Composer(), SessionClock()
        self.bar, self.side, self.pause_cover = SessionBar(self.clock.chip), SessionSide(), PauseCover()
        # Stays as long as the session: it cannot be waved away like other messages.
        self.leaves = label("", "caption")
        self.leaves.setContentsMargins(SPACE_4, SPACE_2, SPACE_4, SPACE_2)
        self.voice_bar = TalkBar()
        self.voice_bar.hide()
        self._turns = SessionLog(self.log, self._correct_button)
        self._exchanges = Exchanges(self.composer, self._turns, self._context.drafts, self._on_no_answer)
        self._typed = TypedTalk(practise, actor, lane, self._exchanges, self._turns.add_words)
        self._marking = Marking(practise, actor, lane, self._turns, navigator.tell_trouble)
        self._ending = Ending(practise, actor, lane, self._on_ending, self._on_ended, self._on_end_failed)
        self.voice = SpokenConversation(self._services, self._context, self.voice_bar, self)

    def _connect(self) -> None:
        bar = self.bar
        self.composer.submitted.connect(self._on_submitted)
        bar.codes.setChecked(self._context.preferences.shows_codes)
        self._turns.show_codes(self._context.preferences.shows_codes)
        for button, slot in (
            (bar.back, self._leave),
            (bar.panel, self._on_panel_toggled),
            (bar.talk, self._on_talk_clicked),
            (bar.mark, self.mark),
            (bar.pause, self.toggle_pause),
            (bar.end, self.ask_end),
        ):
            button.clicked.connect(slot)
        bar.codes.toggled.connect(self._on_codes_toggled)
        self.pause_cover.continued.connect(self.toggle_pause)
        self.pause_cover.left.connect(self._leave)
        Theme.current().changed.connect(self._arrange)

    def _build(self) -> None:
        self._layers = QStackedLayout(self._content)
        talk = QWidget()
        line = row(spacing=0)
        talk.setLayout(line)
        middle = column(spacing=0)
        middle.addWidget(self.bar)
        middle.addWidget(self.leaves)
        middle.addWidget(self.log, 1)
        middle.addWidget(self.voice_bar)
        middle.addWidget(self.composer)
        line.addWidget(self.side)
        line.addLayout(middle, 1)
        self._layers.addWidget(talk)
        self._layers.addWidget(self.pause_cover)

    def _build_shortcuts(self) -> None:
        context = Qt.ShortcutContext.WidgetWithChildrenShortcut
        for keys, slot in (
            ("Ctrl+M", self.mark),
            ("Ctrl+E", self.ask_end),
            ("Esc", self.toggle_pause),
            ("Ctrl+Return", self.composer.submit),
            ("Ctrl+T", self.bar.talk.click),
            ("F7", self.voice.interrupt),
            ("F9", self.voice.toggle_pause),
        ):
            QShortcut(QKeySequence(keys), self, slot, context=context)

    def _correct_button(self, turn: Turn) -> Button:
        session_id = self._session.id if self._session is not None else ""
        return correct_button(self._services.practise, self._context, self, session_id, turn, self._on_corrected)

    def _on_corrected(self, turn: Turn) -> None:
        self._turns.show_corrected(turn)
        self.composer.editor.setFocus()

    def first_control(self) -> QWidget | None:
        """Return the composer, or the way out of the pause."""
        return self.pause_cover.resume if self._is_paused else self.composer.editor

    # Opening

    def open(self, session: Session) -> None:
        """Show a session as it is stored."""
        services, actor = self._services, self._context.actor
        self._load(lambda: load_session(services, actor, session))

    def resume(self, session_id: str) -> None:
        """Continue a stored session; an unanswered turn is answered first."""
        services, actor = self._services, self._context.actor
        self._load(lambda: load_session(services, actor, services.practise.resume(actor, session_id)))

    def _load(self, fetch: Callable[[], SessionData]) -> None:
        if self._job is not None:
            self._job.cancel()
        self._typed.stop()
        self.voice.end()
        self.show_loading()
        self._job = self._context.lane.call(
            lambda _: fetch(),
            self._on_loaded,
            lambda trouble: self.show_trouble(trouble, lambda: self._load(fetch)),
        )

    def _on_loaded(self, data: SessionData) -> None:
        self._session = data.session
        self._context.drafts.adopt(data.drafts)
        case = data.case
        self.bar.show_title(case.persona.identity.name, case.case.title)
        self.side.show_case(case)
        self._show_where_words_go(data.session)
        self._turns.fill(data.session, data.names, case.persona.identity.name)
        self._exchanges.open(data.session)
        self._marking.open(data.session)
        self.clock.open(data.session, case.case.minutes)
        self._set_paused(False)
        self.show_content()
        self._arrange()
        self.composer.editor.setFocus()

    def _show_where_words_go(self, session: Session) -> None:
        note = leaves_note(session.manifest)
        self.leaves.setText(note)
        self.leaves.setAccessibleName(note)
        self.leaves.setVisible(bool(note))
        if note:
            announce(self.leaves, note)

    # Talking

    def _on_submitted(self, text: str) -> None:
        if self._session is None:
            return
        self._context.navigator.dismiss()
        if self._exchanges.is_unsure:
            self._exchanges.give_back(text)
            self.resume(self._session.id)
        elif self.voice.is_on:
            self.voice.send(text)
        else:
            self._typed.send(self._session.id, text)

    def _on_no_answer(self, trouble: Trouble) -> None:
        if self._session is not None:
            session_id = self._session.id
            self._context.navigator.tell_trouble(trouble, "Try again", lambda: self.resume(session_id))

    # Talking aloud: what the spoken talk has to show

    def _on_talk_clicked(self) -> None:
        if self._session is None or self._is_paused or self.composer.is_waiting:
            self.bar.talk.setChecked(self.voice.is_on)
        elif self.voice.is_on:
            self.voice.end()
        else:
            self.voice.begin(self._session)

    def show_voice(self, is_on: bool) -> None:
        """Show whether one talks or types."""
        self.bar.talk.setChecked(is_on)

    def show_understood(self, text: str, hint: str) -> None:
        """Put understood words where they can be corrected."""
        self._exchanges.take_understood(text, hint)

    def show_sent(self, text: str) -> None:
        """Show the trainee's words as sent; the answer is on its way."""
        self.composer.set_text("")
        self._exchanges.begin(text)

    def show_sentence(self, text: str) -> None:
        """Add a sentence the patient is beginning to speak: captions are always on."""
        self._turns.add_sentence(text)

    def show_answered(self, exchange: Exchange) -> None:
        """Show both turns as they are stored."""
        self._exchanges.settle(exchange)

    def show_failed(self, trouble: Trouble, unsent: str) -> None:
        """Show that no answer came; whether the words were stored is found out when they are sent again."""
        self._exchanges.fail(trouble)

    # Keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take every letter to the composer, wherever the focus is; F8 held is the talk button held."""
        if event.key() == Qt.Key.Key_F8 and not event.isAutoRepeat():
            self.voice.hold(True)
        elif self._is_for_composer(event):
            self.composer.editor.setFocus()
            QApplication.sendEvent(self.composer.editor, event)
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """F8 released is the talk button released."""
        if event.key() == Qt.Key.Key_F8 and not event.isAutoRepeat():
            self.voice.hold(False)
        else:
            super().keyReleaseEvent(event)

    def _is_for_composer(self, event: QKeyEvent) -> bool:
        modifiers = Qt.KeyboardModifier
        commands = modifiers.ControlModifier | modifiers.AltModifier | modifiers.MetaModifier
        is_letter = event.text().isprintable() and bool(event.text()) and not event.modifiers() & commands
        return is_letter and self.state == "content" and not self._is_paused

    # Marking, pausing, ending

    def mark(self) -> None:
        """Mark the newest turn as a moment to come back to, or take the mark away."""
        if not self._is_paused:
            self._marking.toggle()
            self.composer.editor.setFocus()

    def toggle_pause(self) -> None:
        """Cover the conversation, or continue."""
        self._set_paused(not self._is_paused)

    def _set_paused(self, paused: bool) -> None:
        self._is_paused = paused
        if paused:
            self.voice.pause()
        self.clock.run(not paused)
        self._layers.setCurrentIndex(1 if paused else 0)
        (self.pause_cover.resume if paused else self.composer.editor).setFocus()

    def _leave(self) -> None:
        self._context.navigator.go("start")

    def ask_end(self) -> None:
        """Ask whether to end, unless the session is paused."""
        if self._session is not None and not self._is_paused:
            self._ending.ask(self, self._session)

    def _on_ending(self) -> None:
        self._typed.stop()
        self.voice.end()
        self.composer.set_waiting(True, "Looking through the session …")

    def _on_ended(self, session: Session) -> None:
        self._context.navigator.open_debrief(session.id)

    def _on_end_failed(self, trouble: Trouble, again: Callable[[], None]) -> None:
        self.composer.set_waiting(False)
        self._context.navigator.tell_trouble(trouble, "Try again", again)

    # What is shown

    def _on_codes_toggled(self, shown: bool) -> None:
        self._context.preferences.shows_codes = shown
        self._turns.show_codes(shown)
        self.composer.editor.setFocus()

    def _on_panel_toggled(self) -> None:
        self.side.setVisible(self.side.isHidden())
        self.composer.editor.setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        """The clock counts while the page is seen."""
        super().showEvent(event)
        if self._session is not None and not event.spontaneous():
            self.clock.run(not self._is_paused)

    def hideEvent(self, event: QHideEvent) -> None:
        """Another page is shown: the microphone does not stay open behind it, and what is typed is put on disk."""
        super().hideEvent(event)
        if not event.spontaneous():
            self.voice.end()
            self.clock.run(False)
            self._exchanges.close()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange for the new size."""
        super().resizeEvent(event)
        if self._has_room(event.oldSize().width()) != self._has_room(event.size().width()):
            self._arrange()

    def _arrange(self) -> None:
        self.side.setVisible(self._has_room(self.width()))

    def _has_room(self, width: int) -> bool:
        """Return whether panel and conversation both fit."""
        needed = max(round(_LEAST_TALK * max(1.0, Theme.current().scale)), self.bar.least_width())
        return width - self.side.minimumWidth() >= needed
