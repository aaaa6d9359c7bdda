"""Talking with the patient: ears, recogniser, practise service and mouth in one conversation.

Must not know which microphone, recogniser or voice there is, nor the window. Everything is told through
events; typing works throughout, whatever of the rest does not.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from statistics import fmean
from threading import Lock, Thread

import numpy as np

from simpatient.domain.cancellation import CancelToken
from simpatient.domain.errors import AudioUnavailable, Cancelled, ModelUnavailable, StorageUnavailable, UserFacingError
from simpatient.domain.people.actor import Actor
from simpatient.domain.session.session import Session, Turn
from simpatient.domain.speech import (
    DeliveredSentence,
    Recognised,
    Sound,
    SpeechSegment,
    TalkSettings,
    TextVersion,
    TurnSpeech,
    VoiceStyle,
)
from simpatient.domain.state import PatientState, ReplyPlan
from simpatient.patient.realisation.delivery import SentenceStream
from simpatient.runtime.bounded_queue import BoundedQueue
from simpatient.services.ports import Clock, ContentLibrary
from simpatient.services.privacy.consent import ConsentService
from simpatient.services.privacy.kept_recordings import RecordingStore
from simpatient.services.sessions.access import accessible
from simpatient.services.sessions.played_content import played_persona
from simpatient.services.sessions.practise import Exchange, PractiseService, SpokenTurn
from simpatient.services.voice.microphone_listener import MicrophoneListener
from simpatient.services.voice.partial_transcriber import PartialTranscriber
from simpatient.services.voice.ports import SpeechBegan, SpeechEnded, Transcriber
from simpatient.services.voice.speech_output import SpeechOutcome, SpeechOutput
from simpatient.services.voice.talk_events import (
    Answered,
    Answering,
    Captioned,
    Failed,
    MissingPart,
    NothingSaid,
    Part,
    PartialTranscript,
    Tell,
    Transcribed,
    VoiceBegan,
    VoiceEnded,
)
from simpatient.services.voice.turn_gate import GateEvent

_LONGEST_GOODBYE_S = 10.0


@dataclass(frozen=True)
class TalkTools:
    """Makes the parts of a conversation from a trainee's choices; each raises what its port does.

    Attributes:
        hearing: Given the choices and the two callbacks of ``MicrophoneListener``.
        transcriber: The recogniser; kept from one conversation to the next.
        mouth: Voice and loudspeaker, as above.
        missing: What of all that is not here; opens no device.
    """

    hearing: Callable[
        [TalkSettings, Callable[[GateEvent], None], Callable[[AudioUnavailable], None]], MicrophoneListener
    ]
    transcriber: Callable[[TalkSettings], Transcriber]
    mouth: Callable[[TalkSettings], SpeechOutput]
    missing: Callable[[TalkSettings], tuple[MissingPart, ...]] = lambda _: ()


@dataclass(frozen=True)
class _Uttered:
    """A spell with what was recognised in it."""

    spell: SpeechSegment
    recognised: Recognised


class _Over:
    """Says that no more will come."""


_OVER = _Over()


class _SentenceFeed:
    """A patient's words on their way from the mind to the mouth, as sentences."""

    def __init__(self, style: VoiceStyle) -> None:
        self._style = style
        self._stream: SentenceStream | None = None
        self._ready: BoundedQueue[DeliveredSentence | _Over] = BoundedQueue(0)

    def plan(self, plan: ReplyPlan | None, state: PatientState | None) -> None:
        """Take what decides how the words are spoken."""
        self._stream = SentenceStream(self._style, plan, state)

    def add(self, chunk: str) -> None:
        """Take more of the text."""
        if self._stream is None:
            self.plan(None, None)
        assert self._stream is not None
        for sentence in self._stream.add(chunk):
            self._ready.put(sentence)

    def finish(self) -> None:
        """There is no more."""
        for sentence in self._stream.finish() if self._stream else ():
            self._ready.put(sentence)
        self._ready.put(_OVER)

    def __iter__(self) -> Iterator[DeliveredSentence]:
        """Wait for sentence after sentence."""
        while isinstance(sentence := self._ready.take(), DeliveredSentence):
            yield sentence


class Talk:
    """One conversation aloud. All methods return at once and may be called from any thread.

    Args:
        actor: Who talks.
        session: The session it is part of.
        settings: The trainee's choices.
        parts: What is shared with other conversations.
        tell: Told everything that happens.
    """

    def __init__(
        self, actor: Actor, session: Session, settings: TalkSettings, parts: "TalkService", tell: Tell
    ) -> None:
        self._actor = actor
        self._session_id = session.id
        self._settings = settings
        self._parts = parts
        self._tell = tell
        clock = parts.clock
        # Turns are timed from the session's beginning, also after a break.
        self._zero_s = clock.monotonic() - (clock.now() - session.started_at).total_seconds()
        self._style = parts.style_of(session)
        self._mouth: SpeechOutput | None = None
        self._pending: list[_Uttered] = []
        self._lock = Lock()
        self._quiet = CancelToken()
        self._closing = CancelToken()
        self._work: BoundedQueue[Callable[[], None] | _Over] = BoundedQueue(0)
        self._transcriber = parts.tools.transcriber(settings)
        self._hearing = parts.tools.hearing(settings, self._on_heard, lambda error: self._fail("microphone", error))
        self._guesser = PartialTranscriber(
            self._transcriber, self._hearing.so_far, lambda text: tell(PartialTranscript(text))
        )
        self._worker = Thread(target=self._run, name="talk", daemon=True)
        self._worker.start()
        self._say_opening(session)

    # What the trainee does

    def listen(self) -> None:
        """Open the microphone, if there is a recogniser; loads it.

        Raises:
            ConsentNeeded: The trainee has taken back the consent.
            ModelUnavailable: There is no recogniser here, or it cannot be run: the microphone stays closed.
        """
        self._parts.consents.require(self._actor, "microphone")
        self._transcriber.prepare()
        self._hearing.start()

    def pause(self) -> None:
        """Close the microphone and be quiet; nothing is recorded until ``listen``."""
        self.interrupt()
        self._guesser.end()
        self._hearing.pause()

    @property
    def level(self) -> float:
        """How loud it is at the microphone, decibels below full scale."""
        return self._hearing.level

    def press(self) -> None:
        """The key is held: the trainee speaks, and the patient stops."""
        self.interrupt()
        self._hearing.press()

    def release(self) -> None:
        """The key is let go."""
        self._hearing.release()

    def interrupt(self) -> None:
        """Make the patient stop speaking; what was not heard was not said."""
        with self._lock:
            self._quiet.cancel()

    def send(self, text: str) -> None:
        """Send words, as understood, corrected or typed; ``Answering`` and ``Answered`` follow."""
        self.interrupt()
        self._work.put(lambda: self._send(text, self._take_pending()))

    def close(self) -> None:
        """End the conversation; what is under way is stored first."""
        self._closing.cancel()
        self.interrupt()
        self._hearing.close()
        self._guesser.close()
        self._work.put(_OVER)
        self._worker.join(timeout=_LONGEST_GOODBYE_S)
        if self._mouth is not None:
            self._mouth.close()

    # What is heard

    def _on_heard(self, event: GateEvent) -> None:
        if isinstance(event, SpeechBegan):
            self.interrupt()
            self._guesser.begin()
            self._tell(VoiceBegan())
            return
        self._guesser.end()
        if isinstance(event, SpeechEnded):
            self._tell(VoiceEnded())
            spell = event.spell
            self._work.put(lambda: self._understand(spell))
        else:
            self._tell(Transcribed(self._pending_text(), was_heard=False))

    def _understand(self, spell: SpeechSegment) -> None:
        try:
            hint = self._pending_text()
            recognised = self._transcriber.transcribe(spell.samples, hint=hint, cancel=self._closing)
        except ModelUnavailable as error:
            self._fail("recogniser", error)
            return
        if recognised.text:
            with self._lock:
                self._pending.append(_Uttered(spell, recognised))
        elif self._settings.mode == "hands_free":
            self._tell(NothingSaid())
            return
        text = self._pending_text()
        self._tell(Transcribed(text, was_heard=bool(recognised.text)))
        if recognised.text and not self._settings.reviews_text and not spell.is_continued:
            self._send(text, self._take_pending())

    def _pending_text(self) -> str:
        with self._lock:
            return " ".join(uttered.recognised.text for uttered in self._pending)

    def _take_pending(self) -> tuple[_Uttered, ...]:
        with self._lock:
            taken, self._pending = tuple(self._pending), []
        return taken

    # What is said

    def _say_opening(self, session: Session) -> None:
        path = session.path()
        if len(path) == 1 and path[0].speaker == "patient" and path[0].speech is None:
            self._work.put(lambda: self._speak_stored(path[0]))

    def _speak_stored(self, turn: Turn) -> None:
        words = _SentenceFeed(self._style)
        words.plan(turn.plan, turn.state_after)
        words.add(turn.text)
        words.finish()
        said = self._speak(words, self._new_quiet())
        if said is not None:  # these words stand on the page already: breaking in does not unsay them
            said = replace(said, heard=turn.text, unheard="", was_interrupted=False)
        self._keep_heard(turn, said)

    def _send(self, text: str, uttered: tuple[_Uttered, ...]) -> None:
        self._tell(Answering(text))
        words, quiet = _SentenceFeed(self._style), self._new_quiet()
        spoken: list[SpeechOutcome | None] = []
        mouth = Thread(target=lambda: spoken.append(self._speak(words, quiet)), name="mouth", daemon=True)
        mouth.start()
        try:
            exchange = self._reply(text, uttered, words, quiet)
        except UserFacingError as error:
            self._tell(Failed("answer", error, unsent=text))
            return
        finally:
            words.finish()
            mouth.join()
        patient = self._keep_heard(exchange.patient, spoken[0] if spoken else None)
        self._tell(Answered(exchange.model_copy(update={"patient": patient})))

    def _reply(self, text: str, uttered: tuple[_Uttered, ...], words: _SentenceFeed, quiet: CancelToken) -> Exchange:
        spoken = SpokenTurn(self._speech_of(text, uttered), words.plan, quiet)
        return self._parts.practise.reply(self._actor, self._session_id, text, words.add, spoken=spoken)

    def _speak(self, words: _SentenceFeed, quiet: CancelToken) -> SpeechOutcome | None:
        """Speak; None where there is no voice, so that the words can only be read."""
        try:
            self._mouth = self._mouth or self._parts.tools.mouth(self._settings)
            said = self._mouth.say(words, self._on_sentence, quiet)
            if said.failed is not None:
                self._fail("voice", said.failed)
            return said
        except AudioUnavailable as error:
            self._fail("voice", error)
            return None
        finally:
            self._hearing.unmute()

    def _on_sentence(self, sentence: DeliveredSentence) -> None:
        self._hearing.mute()  # only now: while the patient thinks, the trainee may go on
        self._tell(Captioned(sentence.text))

    def _keep_heard(self, turn: Turn, said: SpeechOutcome | None) -> Turn:
        if said is None:
            return turn
        speech = TurnSpeech(
            began_s=self._since_start(said.began_s),
            ended_s=self._since_start(said.ended_s),
            was_interrupted=said.was_interrupted,
            unheard=said.unheard,
        )
        heard = said.heard if said.was_interrupted else turn.text
        try:
            return self._parts.practise.keep_heard(self._actor, self._session_id, turn.turn, heard, speech)
        except UserFacingError as error:
            self._fail("answer", error)
            return turn

    def _speech_of(self, text: str, uttered: tuple[_Uttered, ...]) -> TurnSpeech | None:
        if not uttered:
            return None
        understood = " ".join(each.recognised.text for each in uttered)
        now = self._parts.clock.now()
        versions = [TextVersion(text=understood, source="recogniser", at=now)]
        if text != understood:
            versions.append(TextVersion(text=text, source="trainee", at=now))
        return TurnSpeech(
            began_s=self._since_start(uttered[0].spell.began_s),
            ended_s=self._since_start(uttered[-1].spell.ended_s),
            confidence=fmean(each.recognised.confidence for each in uttered),
            versions=tuple(versions),
            clip=self._kept([each.spell for each in uttered]),
        )

    def _kept(self, spells: list[SpeechSegment]) -> str:
        """Keep the sound where the trainee wants that, and return its id."""
        if not self._settings.keeps_audio or not self._parts.consents.has(self._actor, "keep_audio"):
            return ""
        sound = Sound(np.concatenate([spell.samples for spell in spells]))
        until = self._parts.clock.now() + timedelta(days=self._settings.keep_days)
        try:
            return self._parts.clips.save(self._actor.person_id, self._session_id, sound, until)
        except StorageUnavailable as error:
            self._fail("recording", error)
            return ""

    def _since_start(self, at_s: float) -> float:
        return max(0.0, at_s - self._zero_s)

    def _new_quiet(self) -> CancelToken:
        with self._lock:
            self._quiet = CancelToken()
            return self._quiet

    def _fail(self, part: Part, error: UserFacingError) -> None:
        self._tell(Failed(part, error))

    def _run(self) -> None:
        while (work := self._work.take()) is not None and not isinstance(work, _Over):
            if not self._closing.is_cancelled:
                try:
                    work()
                except Cancelled:
                    return


class TalkService:
    """Begins conversations aloud, after consent."""

    def __init__(
        self,
        *,
        practise: PractiseService,
        library: ContentLibrary,
        consents: ConsentService,
        clips: RecordingStore,
        clock: Clock,
        tools: TalkTools,
    ) -> None:
        self.practise = practise
        self.consents = consents
        self.clips = clips
        self.clock = clock
        self.tools = tools
        self._library = library

    def missing(self, settings: TalkSettings) -> tuple[MissingPart, ...]:
        """Return everything that is missing for a conversation aloud, before anybody is asked for consent."""
        return self.tools.missing(settings)

    def begin(self, actor: Actor, session: Session, settings: TalkSettings, tell: Tell) -> Talk:
        """Begin to talk; the patient says the opening words if the case lets it begin.

        Args:
            actor: Who talks.
            session: An open session.
            settings: The trainee's choices.
            tell: Told everything that happens, from threads of the conversation; must return soon.

        Raises:
            NotFound: The session is not the actor's.
            ConsentNeeded: The trainee has not agreed to the microphone.
        """
        accessible(actor, session)
        self.consents.require(actor, "microphone")
        return Talk(actor, session, settings, self, tell)

    def style_of(self, session: Session) -> VoiceStyle:
        """Return the voice of a session's patient."""
        return played_persona(self._library, session).speech.voice
