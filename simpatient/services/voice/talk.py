"""Talking with the patient: listener, recogniser, practise service and speech output in one conversation.

Must not know which microphone, recogniser or voice there is, nor the window. Everything is reported through
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
    OnTalkEvent,
    Part,
    PartialTranscript,
    Transcribed,
    VoiceBegan,
    VoiceEnded,
)
from simpatient.services.voice.turn_gate import GateEvent

# Closing waits this long for an answer under way to be stored; the thread is a daemon, so it never keeps the program.
_LONGEST_GOODBYE_S = 10.0


@dataclass(frozen=True)
class TalkTools:
    """Makes the parts of a conversation from a trainee's choices; each raises what its port does.

    Attributes:
        listener: The microphone; given the choices and the two callbacks of ``MicrophoneListener``.
        transcriber: The recogniser; kept from one conversation to the next.
        speech_output: Voice and loudspeaker, as above.
        missing: Which of these parts are unavailable; opens no device.
    """

    listener: Callable[
        [TalkSettings, Callable[[GateEvent], None], Callable[[AudioUnavailable], None]], MicrophoneListener
    ]
    transcriber: Callable[[TalkSettings], Transcriber]
    speech_output: Callable[[TalkSettings], SpeechOutput]
    missing: Callable[[TalkSettings], tuple[MissingPart, ...]] = lambda _: ()


@dataclass(frozen=True)
class _RecognisedSegment:
    """A segment with what was recognised in it."""

    segment: SpeechSegment
    recognised: Recognised


class _End:
    """Marks the end of a queue."""


_END = _End()


class _SentenceFeed:
    """A patient's words on their way from the mind to the loudspeaker, as sentences."""

    def __init__(self, style: VoiceStyle) -> None:
        self._style = style
        self._stream: SentenceStream | None = None
        self._ready: BoundedQueue[DeliveredSentence | _End] = BoundedQueue(0)

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
        """Mark the end of the text."""
        for sentence in self._stream.finish() if self._stream else ():
            self._ready.put(sentence)
        self._ready.put(_END)

    def __iter__(self) -> Iterator[DeliveredSentence]:
        """Wait for sentence after sentence."""
        while isinstance(sentence := self._ready.take(), DeliveredSentence):
            yield sentence


class Talk:
    """One spoken conversation. All methods return at once and may be called from any thread.

    Args:
        actor: Who talks.
        session: The session it is part of.
        settings: The trainee's choices.
        service: What is shared with other conversations.
        on_event: Called with everything that happens.
    """

    def __init__(
        self, actor: Actor, session: Session, settings: TalkSettings, service: "TalkService", on_event: OnTalkEvent
    ) -> None:
        self._actor = actor
        self._session_id = session.id
        self._settings = settings
        self._service = service
        self._on_event = on_event
        clock = service.clock
        # Turns are timed from the session's beginning, also after a break.
        self._zero_s = clock.monotonic() - (clock.now() - session.started_at).total_seconds()
        self._style = service.style_of(session)
        self._speech_output: SpeechOutput | None = None
        self._pending: list[_RecognisedSegment] = []
        self._lock = Lock()
        self._stop_speaking = CancelToken()
        self._closing = CancelToken()
        self._work: BoundedQueue[Callable[[], None] | _End] = BoundedQueue(0)
        self._transcriber = service.tools.transcriber(settings)
        self._listener = service.tools.listener(
            settings, self._on_gate_event, lambda error: self._fail("microphone", error)
        )
        self._partials = PartialTranscriber(
            self._transcriber, self._listener.so_far, lambda text: on_event(PartialTranscript(text))
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
        self._service.consents.require(self._actor, "microphone")
        self._transcriber.prepare()
        self._listener.start()

    def pause(self) -> None:
        """Close the microphone and be quiet; nothing is recorded until ``listen``."""
        self.interrupt()
        self._partials.end()
        self._listener.pause()

    @property
    def level(self) -> float:
        """How loud it is at the microphone, decibels below full scale."""
        return self._listener.level

    def press(self) -> None:
        """The key is held: the trainee speaks, and the patient stops."""
        self.interrupt()
        self._listener.press()

    def release(self) -> None:
        """The key is released."""
        self._listener.release()

    def interrupt(self) -> None:
        """Make the patient stop speaking; what was not heard counts as not said."""
        with self._lock:
            self._stop_speaking.cancel()

    def send(self, text: str) -> None:
        """Send words, as understood, corrected or typed; ``Answering`` and ``Answered`` follow."""
        self.interrupt()
        self._work.put(lambda: self._send(text, self._take_pending()))

    def close(self) -> None:
        """End the conversation; what is under way is stored first."""
        self._closing.cancel()
        self.interrupt()
        self._listener.close()
        self._partials.close()
        self._work.put(_END)
        self._worker.join(timeout=_LONGEST_GOODBYE_S)
        if self._speech_output is not None:
            self._speech_output.close()

    # What the trainee says

    def _on_gate_event(self, event: GateEvent) -> None:
        if isinstance(event, SpeechBegan):
            self.interrupt()
            self._partials.begin()
            self._on_event(VoiceBegan())
            return
        self._partials.end()
        if isinstance(event, SpeechEnded):
            self._on_event(VoiceEnded())
            segment = event.segment
            self._work.put(lambda: self._recognise(segment))
        else:
            self._on_event(Transcribed(self._pending_text(), was_heard=False))

    def _recognise(self, segment: SpeechSegment) -> None:
        try:
            # The recogniser continues a sentence better when it knows how it began.
            hint = self._pending_text()
            recognised = self._transcriber.transcribe(segment.samples, hint=hint, cancel=self._closing)
        except ModelUnavailable as error:
            self._fail("recogniser", error)
            return
        if recognised.text:
            with self._lock:
                self._pending.append(_RecognisedSegment(segment, recognised))
        # Without a key a cough or a door may pass for a voice: that is no reason to bother the trainee.
        elif self._settings.mode == "hands_free":
            self._on_event(NothingSaid())
            return
        text = self._pending_text()
        self._on_event(Transcribed(text, was_heard=bool(recognised.text)))
        if recognised.text and not self._settings.reviews_text and not segment.is_continued:
            self._send(text, self._take_pending())

    def _pending_text(self) -> str:
        with self._lock:
            return " ".join(uttered.recognised.text for uttered in self._pending)

    def _take_pending(self) -> tuple[_RecognisedSegment, ...]:
        with self._lock:
            taken, self._pending = tuple(self._pending), []
        return taken

    # What the patient says

    def _say_opening(self, session: Session) -> None:
        path = session.path()
        if len(path) == 1 and path[0].speaker == "patient" and path[0].speech is None:
            self._work.put(lambda: self._speak_stored(path[0]))

    def _speak_stored(self, turn: Turn) -> None:
        words = _SentenceFeed(self._style)
        words.plan(turn.plan, turn.state_after)
        words.add(turn.text)
        words.finish()
        said = self._speak(words, self._new_stop())
        if said is not None:  # these words stand on the page already: breaking in does not unsay them
            said = replace(said, heard=turn.text, unheard="", was_interrupted=False)
        self._keep_heard(turn, said)

    def _send(self, text: str, uttered: tuple[_RecognisedSegment, ...]) -> None:
        self._on_event(Answering(text))
        # Spoken on another thread, so that the first sentence sounds while the model still writes the next.
        words, stop = _SentenceFeed(self._style), self._new_stop()
        spoken: list[SpeechOutcome | None] = []
        speaking = Thread(target=lambda: spoken.append(self._speak(words, stop)), name="speaking", daemon=True)
        speaking.start()
        try:
            exchange = self._reply(text, uttered, words, stop)
        except UserFacingError as error:
            self._on_event(Failed("answer", error, unsent=text))
            return
        finally:
            words.finish()
            speaking.join()
        patient = self._keep_heard(exchange.patient, spoken[0] if spoken else None)
        self._on_event(Answered(exchange.model_copy(update={"patient": patient})))

    def _reply(
        self, text: str, uttered: tuple[_RecognisedSegment, ...], words: _SentenceFeed, stop: CancelToken
    ) -> Exchange:
        spoken = SpokenTurn(self._speech_of(text, uttered), words.plan, stop)
        return self._service.practise.reply(self._actor, self._session_id, text, words.add, spoken=spoken)

    def _speak(self, words: _SentenceFeed, stop: CancelToken) -> SpeechOutcome | None:
        """Speak; None where there is no voice, so that the words can only be read."""
        try:
            self._speech_output = self._speech_output or self._service.tools.speech_output(self._settings)
            said = self._speech_output.say(words, self._on_sentence, stop)
            if said.failed is not None:
                self._fail("voice", said.failed)
            return said
        except AudioUnavailable as error:
            self._fail("voice", error)
            return None
        finally:
            self._listener.unmute()

    def _on_sentence(self, sentence: DeliveredSentence) -> None:
        self._listener.mute()  # only now: while the patient thinks, the trainee may keep speaking
        self._on_event(Captioned(sentence.text))

    def _keep_heard(self, turn: Turn, said: SpeechOutcome | None) -> Turn:
        if said is None:
            return turn
        speech = TurnSpeech(
            began_s=self._since_start(said.began_s),
            ended_s=self._since_start(said.ended_s),
            was_interrupted=said.was_interrupted,
            unheard=said.unheard,
        )
        # The sentences joined again may differ from the turn in white space; only a cut-off turn has to change.
        heard = said.heard if said.was_interrupted else turn.text
        try:
            return self._service.practise.keep_heard(self._actor, self._session_id, turn.turn, heard, speech)
        except UserFacingError as error:
            self._fail("answer", error)
            return turn

    def _speech_of(self, text: str, uttered: tuple[_RecognisedSegment, ...]) -> TurnSpeech | None:
        if not uttered:
            return None
        understood = " ".join(each.recognised.text for each in uttered)
        now = self._service.clock.now()
        versions = [TextVersion(text=understood, source="recogniser", at=now)]
        if text != understood:
            versions.append(TextVersion(text=text, source="trainee", at=now))
        return TurnSpeech(
            began_s=self._since_start(uttered[0].segment.began_s),
            ended_s=self._since_start(uttered[-1].segment.ended_s),
            confidence=fmean(each.recognised.confidence for each in uttered),
            versions=tuple(versions),
            clip=self._kept([each.segment for each in uttered]),
        )

    def _kept(self, segments: list[SpeechSegment]) -> str:
        """Keep the sound where the trainee wants that, and return its id."""
        if not self._settings.keeps_audio or not self._service.consents.has(self._actor, "keep_audio"):
            return ""
        sound = Sound(np.concatenate([segment.samples for segment in segments]))
        until = self._service.clock.now() + timedelta(days=self._settings.keep_days)
        try:
            return self._service.clips.save(self._actor.person_id, self._session_id, sound, until)
        except StorageUnavailable as error:
            self._fail("recording", error)
            return ""

    def _since_start(self, at_s: float) -> float:
        return max(0.0, at_s - self._zero_s)

    def _new_stop(self) -> CancelToken:
        with self._lock:
            self._stop_speaking = CancelToken()
            return self._stop_speaking

    def _fail(self, part: Part, error: UserFacingError) -> None:
        self._on_event(Failed(part, error))

    def _run(self) -> None:
        while (work := self._work.take()) is not None and not isinstance(work, _End):
            if not self._closing.is_cancelled:
                try:
                    work()
                except Cancelled:
                    return


class TalkService:
    """Begins spoken conversations, after consent."""

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
        """Return everything that is missing for a spoken conversation, before anybody is asked for consent."""
        return self.tools.missing(settings)

    def begin(self, actor: Actor, session: Session, settings: TalkSettings, on_event: OnTalkEvent) -> Talk:
        """Begin to talk; the patient says the opening words if the case lets it begin.

        Args:
            actor: Who talks.
            session: An open session.
            settings: The trainee's choices.
            on_event: Called with everything that happens, from threads of the conversation; must return quickly.

        Raises:
            NotFound: The session is not the actor's.
            ConsentNeeded: The trainee has not agreed to the microphone.
        """
        accessible(actor, session)
        self.consents.require(actor, "microphone")
        return Talk(actor, session, settings, self, on_event)

    def style_of(self, session: Session) -> VoiceStyle:
        """Return the voice of a session's patient."""
        return played_persona(self._library, session).speech.voice
