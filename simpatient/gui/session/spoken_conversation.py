"""A spoken conversation as the session page sees it: consent first, then events into bar, log and composer.

Everything that waits runs on the lane, so that a session ends only after its last words are stored. Must not
know devices or models.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject

from simpatient.domain.errors import ModelUnavailable
from simpatient.domain.session.session import Session
from simpatient.gui.base.bridge import Trouble, describe
from simpatient.gui.base.context import Context
from simpatient.gui.base.talk_settings import read_talk_settings
from simpatient.gui.session.talk_bar import TalkBar
from simpatient.gui.widgets.dialogs import Question
from simpatient.services.privacy.consent import WORDINGS
from simpatient.services.sessions.practise import Exchange
from simpatient.services.voice.talk_events import (
    Answered,
    Answering,
    Captioned,
    Failed,
    MissingPart,
    NothingSaid,
    PartialTranscript,
    TalkEvent,
    Transcribed,
    VoiceBegan,
    VoiceEnded,
)

if TYPE_CHECKING:
    from simpatient.services.privacy.consent import ConsentService
    from simpatient.services.voice.talk import Talk, TalkService

NOTHING_HEARD = "No words were heard. Try again, a little louder or closer, or type."
CHECK = "Put right what was misheard, then send with Enter."


class Conversation(Protocol):
    """What the page does with what happens."""

    def show_understood(self, text: str, hint: str) -> None:
        """Put understood words where they can be corrected."""
        ...

    def show_sent(self, text: str) -> None:
        """Show the trainee's words as sent; the answer is on its way."""
        ...

    def show_sentence(self, text: str) -> None:
        """Add a sentence the patient is beginning to speak."""
        ...

    def show_answered(self, exchange: Exchange) -> None:
        """Show both turns as they are stored."""
        ...

    def show_failed(self, trouble: Trouble, unsent: str) -> None:
        """Show that no answer came, and give the words back."""
        ...

    def show_voice(self, is_on: bool) -> None:
        """Show whether one talks or types."""
        ...


class SpeakingServices(Protocol):
    """What talking aloud asks."""

    talking: TalkService
    consents: ConsentService


class SpokenConversation(QObject):
    """Begins, runs and ends talking in one session.

    Args:
        services: Talking, and who has agreed to it.
        context: Lanes and preferences.
        bar: Shows what the microphone does.
        page: Shows what is said.
    """

    def __init__(self, services: SpeakingServices, context: Context, bar: TalkBar, page: Conversation) -> None:
        super().__init__(bar)
        self._services, self._context = services, context
        self._bar = bar
        self._page = page
        self._talk: Talk | None = None
        self._session: Session | None = None
        self._is_wanted = False
        bar.held.connect(self._on_held)
        bar.pause_asked.connect(self.toggle_pause)
        bar.quiet_asked.connect(self.interrupt)
        bar.level_wanted.connect(self._on_level_wanted)
        bar.recogniser_wanted.connect(lambda: context.navigator.open_settings("recogniser"))

    @property
    def is_on(self) -> bool:
        """Whether a conversation is going on aloud."""
        return self._talk is not None

    def begin(self, session: Session) -> None:
        """Look whether one can talk here, ask for consent where it is not given, then talk."""
        self._session, self._is_wanted = session, True
        services, actor = self._services, self._context.actor
        settings = read_talk_settings(self._context.preferences)
        self._context.lane.call(
            lambda _: (services.talking.missing(settings), services.consents.has(actor, "microphone")),
            lambda known: self._on_known(*known),
            self._on_begin_failed,
        )

    def end(self) -> None:
        """Stop talking; the session goes on in writing."""
        talk, self._talk, self._is_wanted = self._talk, None, False
        if talk is not None:
            self._context.lane.call(lambda _: talk.close())
        self._bar.set_state("off")
        self._bar.hide()
        self._page.show_voice(False)

    def send(self, text: str) -> None:
        """Send words in a conversation aloud."""
        if self._talk is not None:
            self._talk.send(text)

    def hold(self, down: bool) -> None:
        """The key to speak went down or up."""
        if self._bar.talk.isEnabled() and self._bar.talk.isVisible():
            self._on_held(down)

    def interrupt(self) -> None:
        """Make the patient stop."""
        if self._talk is not None:
            self._talk.interrupt()

    def toggle_pause(self) -> None:
        """Pause the microphone, or open it again."""
        if self._talk is None:
            return
        if self._bar.state in ("paused", "broken", "no_recogniser"):
            self._listen(self._talk)
        else:
            self.pause()

    def pause(self) -> None:
        """Close the microphone, until it is opened again."""
        talk = self._talk
        if talk is not None and self._bar.state not in ("paused", "no_recogniser"):
            self._bar.set_state("paused")
            self._context.lane.call(lambda _: talk.pause())

    # Beginning

    def _on_known(self, missing: tuple[MissingPart, ...], has_consent: bool) -> None:
        """Nobody is asked to agree to what cannot work; without a voice the answers can still be read."""
        parts = {each.part for each in missing}
        if parts & {"recogniser", "microphone"}:
            self.end()
            message = " ".join(("You cannot talk yet.", *(each.error.message for each in missing)))
            trouble = Trouble(message, "Settings has what is missing; typing always works.")
            self._tell(trouble, "Open Settings", "recogniser" if "recogniser" in parts else "talking")
        else:
            self._on_consent_known(has_consent)

    def _on_consent_known(self, given: bool) -> None:
        if not self._is_wanted:
            return
        if given:
            self._open()
            return
        words = WORDINGS["microphone"] + " You can withdraw this at any time in Settings."
        question = Question(
            self._bar.window(), "Use the microphone?", words, "Agree and talk", "Keep typing", self._on_agreed
        )
        question.rejected.connect(self.end)
        question.open()

    def _on_agreed(self) -> None:
        consents, actor = self._services.consents, self._context.actor
        self._context.lane.call(
            lambda _: consents.give(actor, "microphone"), lambda _: self._open(), self._on_begin_failed
        )

    def _open(self) -> None:
        session, settings = self._session, read_talk_settings(self._context.preferences)
        if session is None or not self._is_wanted:
            return
        services, actor, post = self._services, self._context.actor, self._context.lane.post
        self._bar.set_mode(settings.mode, hears_all_along=settings.uses_headphones)
        self._bar.set_state("off")
        self._bar.show()
        self._context.lane.call(
            lambda _: services.talking.begin(
                actor, session, settings, lambda event: post(lambda: self._on_event(event))
            ),
            self._on_begun,
            self._on_begin_failed,
        )

    def _on_begun(self, talk: Talk) -> None:
        if not self._is_wanted:
            self._context.lane.call(lambda _: talk.close())
            return
        self._talk = talk
        self._context.preferences.has_heard_of_talking = True
        self._page.show_voice(True)
        self._listen(talk)

    def _listen(self, talk: Talk) -> None:
        self._bar.set_state("ready")
        self._context.lane.call(lambda _: _listening(talk), self._on_listening, self._on_microphone_failed)

    def _on_listening(self, missing: Trouble | None) -> None:
        if missing is not None and self._talk is not None:
            self._on_recogniser_failed(missing)

    def _on_begin_failed(self, trouble: Trouble) -> None:
        self.end()
        self._tell(trouble, "Voice settings", "talking")

    def _on_recogniser_failed(self, trouble: Trouble) -> None:
        self._bar.set_state("no_recogniser")
        self._tell(trouble, "Download speech recognition", "recogniser")

    def _tell(self, trouble: Trouble, action: str, section: str) -> None:
        navigator = self._context.navigator
        navigator.tell_trouble(trouble, action, lambda: navigator.open_settings(section))

    def _on_microphone_failed(self, trouble: Trouble) -> None:
        self._bar.set_state("broken")
        self._tell(trouble, "Voice settings", "talking")

    # Talking

    def _on_held(self, down: bool) -> None:
        if self._talk is None:
            return
        if down:
            self._talk.press()
        else:
            self._talk.release()
            if self._bar.state == "hearing":
                self._show("understanding")

    def _on_level_wanted(self) -> None:
        if self._talk is not None:
            self._bar.show_level(self._talk.level)

    def _on_event(self, event: TalkEvent) -> None:
        if self._talk is None and not self._is_wanted:
            return
        match event:
            case VoiceBegan():
                self._show("hearing")
            case VoiceEnded():
                self._show("understanding")
            case NothingSaid():
                self._show("ready")
            case PartialTranscript():
                self._bar.show_guess(event.text)
            case Transcribed():
                self._show("ready")
                self._page.show_understood(event.text, CHECK if event.was_heard else NOTHING_HEARD)
            case Answering():
                self._show("thinking")
                self._page.show_sent(event.text)
            case Captioned():
                self._show("speaking")
                self._page.show_sentence(event.text)
            case Answered():
                if self._bar.state not in ("hearing", "understanding"):  # the trainee broke in, and goes on
                    self._show("ready")
                self._page.show_answered(event.exchange)
            case Failed():
                self._on_failed(event)

    def _show(self, state: str) -> None:
        """Show a state of talking, unless the microphone is closed: that must stay visible."""
        if self._bar.state not in ("paused", "broken", "off", "no_recogniser"):
            self._bar.set_state(state)  # type: ignore[arg-type]

    def _on_failed(self, event: Failed) -> None:
        trouble = describe(event.error)
        if event.part == "answer":
            self._show("ready")
            self._page.show_failed(trouble, event.unsent)
        elif event.part == "microphone":
            self._on_microphone_failed(trouble)
        elif event.part == "recogniser":
            self._on_recogniser_failed(trouble)
        else:
            self._show("ready")
            self._context.navigator.tell_trouble(trouble)


def _listening(talk: Talk) -> Trouble | None:
    """Open the microphone; return what is missing where there is no recogniser: that is no fault of the device."""
    try:
        talk.listen()
    except ModelUnavailable as error:
        return describe(error)
    return None
