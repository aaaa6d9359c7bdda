"""Wires talking: microphone, recogniser, voice, loudspeaker, kept sound. Heavy imports wait until needed."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simpatient.bootstrap.clock import SystemClock
from simpatient.bootstrap.models import component
from simpatient.bootstrap.settings import open_settings
from simpatient.content.reading.locations import bundled_root
from simpatient.content.reading.yaml_source import read_yaml
from simpatient.domain.errors import AudioUnavailable, ModelUnavailable, NotFound
from simpatient.domain.models.recognisers import ENGLISH, BeliefRules, RecogniserCatalogue
from simpatient.domain.speech import SpeechEngine, TalkSettings
from simpatient.services.ports import ContentLibrary
from simpatient.services.privacy.consent import ConsentService
from simpatient.services.privacy.ports import ConsentRepository
from simpatient.services.sessions.practise import PractiseService
from simpatient.services.voice.ports import MissingTranscriber, Synthesizer, Transcriber
from simpatient.services.voice.talk import TalkService, TalkTools
from simpatient.services.voice.talk_events import MissingPart, Part
from simpatient.services.voice.talk_settings import read_talking

if TYPE_CHECKING:
    from simpatient.services.models.recognisers import RecogniserService
    from simpatient.services.privacy.kept_recordings import RecordingStore
    from simpatient.services.transcripts.importing import ImportService
    from simpatient.services.voice.microphone_listener import MicrophoneListener
    from simpatient.services.voice.recording_playback import RecordingPlaybackService
    from simpatient.services.voice.sound_check import SoundCheckService
    from simpatient.services.voice.speech_output import SpeechOutput
    from simpatient.services.voice.turn_gate import GateEvent
    from simpatient.speech.recognition.transcriber import WhisperTranscriber

SPEECH = "speech"


def open_recognisers(home: Path) -> RecogniserService:
    """Return the manager of the speech recognisers' weights; it loads none and asks no network by itself.

    Raises:
        ContentError: The list of recognisers is damaged.
    """
    from simpatient.llm.catalogue.machine import ThisMachine
    from simpatient.services.models.recognisers import RecogniserService
    from simpatient.speech.recognition.whisper_weights import WhisperWeights, library_folder

    return RecogniserService(
        catalogue=RecogniserCatalogue.model_validate(_speech_data("recognisers.yaml")),
        store=WhisperWeights(home / SPEECH, (library_folder(),)),
        probe=ThisMachine(),
        cores=lambda: os.cpu_count() or 1,
        libraries=component(home, SPEECH),
    )


def open_transcriber(home: Path, wanted: str = "", language: str = ENGLISH) -> WhisperTranscriber:
    """Return the speech recogniser, in a child process that is not started yet.

    Args:
        home: Folder of the program's files.
        wanted: Id of the recogniser; '' for what suits this computer among those that are on it.
        language: Code of the language that is spoken.

    Raises:
        NotFound: There is no such recogniser.
        ModelUnavailable: Its weights are not on this computer.
    """
    from simpatient.speech.recognition.transcriber import open_transcriber
    from simpatient.speech.recognition.whisper_reading import WhisperSettings

    weights, path = open_recognisers(home).resolve(wanted, language)
    rules = BeliefRules.model_validate(_speech_data("belief.yaml"))
    return open_transcriber(WhisperSettings(path, weights.sha256, weights.model_id, rules, language))


def open_import(home: Path, recogniser: str = "", language: str = ENGLISH) -> ImportService:
    """Return what listens to recordings; its recogniser's process is not started yet.

    Raises:
        NotFound: There is no such recogniser.
        ModelUnavailable: Its weights are not on this computer.
    """
    from simpatient.services.transcripts.importing import ImportService
    from simpatient.speech.capture.endpointing import Endpointing, Timing
    from simpatient.speech.capture.voice_activity import best_detector
    from simpatient.speech.recordings.recording_file import RecordingFiles

    return ImportService(
        decoder=RecordingFiles(),
        new_endpointer=lambda pause_s: Endpointing(best_detector(), Timing(patience_s=pause_s)),
        transcriber=open_transcriber(home, recogniser or _chosen_recogniser(home, language), language),
    )


def _chosen_recogniser(home: Path, language: str) -> str:
    """Return what the trainee has chosen for talking, which is in English; '' for what suits this computer."""
    return read_talking(open_settings(home)).recogniser if language == ENGLISH else ""


class KeptRecogniser:
    """The recogniser of the conversations of one program run: loaded once, in a separate process.

    Args:
        home: Where its weights may be.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._now: tuple[str, Transcriber] | None = None

    def get(self, settings: TalkSettings) -> Transcriber:
        """Return the chosen recogniser, or what says why there is none."""
        if self._now is None or self._now[0] != settings.recogniser:
            self.close()
            try:
                self._now = (settings.recogniser, open_transcriber(self._home, settings.recogniser))
            except (ModelUnavailable, NotFound) as error:
                return MissingTranscriber(ModelUnavailable(error.message, error.action))
        return self._now[1]

    def close(self) -> None:
        """Release its process."""
        if self._now is not None:
            self._now[1].close()
            self._now = None


def open_microphone_listener(
    settings: TalkSettings, on_event: Callable[[GateEvent], None], on_error: Callable[[AudioUnavailable], None]
) -> MicrophoneListener:
    """Return a listener on the chosen microphone, which stays closed until listening starts."""
    from simpatient.services.voice.microphone_listener import MicrophoneListener
    from simpatient.speech.capture.endpointing import Endpointing
    from simpatient.speech.capture.recorder import DeviceRecorder
    from simpatient.speech.capture.voice_activity import best_detector

    return MicrophoneListener(
        recorder=DeviceRecorder(),
        endpointer=Endpointing.chosen(best_detector(), settings),
        on_event=on_event,
        on_error=on_error,
        mode=settings.mode,
        uses_headphones=settings.uses_headphones,
        device=settings.microphone,
    )


def list_engines() -> tuple[SpeechEngine, ...]:
    """Return the programs that speak, best first, with those that are not on this computer and why."""
    from simpatient.speech.synthesis.voice_book import VoiceBook
    from simpatient.speech.synthesis.voices import engines

    return engines(VoiceBook.model_validate(_speech_data("voices.yaml")))


def open_synthesizer_for(engine_id: str = "") -> Synthesizer:
    """Return a program that speaks, by its id; '' for the best one here.

    Raises:
        AudioUnavailable: It is not installed, or none is.
    """
    from simpatient.speech.synthesis.voice_book import VoiceBook
    from simpatient.speech.synthesis.voices import open_synthesizer

    return open_synthesizer(VoiceBook.model_validate(_speech_data("voices.yaml")), engine_id)


def open_speech_output(settings: TalkSettings) -> SpeechOutput:
    """Return the chosen voice on the chosen loudspeaker.

    Raises:
        AudioUnavailable: There is no such voice here.
    """
    from simpatient.services.voice.speech_output import SpeechOutput
    from simpatient.speech.playback.sink import DeviceSink

    return SpeechOutput(open_synthesizer_for(settings.engine), DeviceSink(settings.loudspeaker), SystemClock())


def missing_parts(home: Path, settings: TalkSettings) -> tuple[MissingPart, ...]:
    """Return what is missing for a spoken conversation; no device is opened and no model loaded."""
    from simpatient.speech.capture.recorder import DeviceRecorder
    from simpatient.speech.playback.sink import DeviceSink

    checks: tuple[tuple[Part, Callable[[], object]], ...] = (
        ("recogniser", lambda: open_recognisers(home).resolve(settings.recogniser, ENGLISH)),
        ("microphone", lambda: DeviceRecorder().check(settings.microphone)),
        ("voice", lambda: DeviceSink(settings.loudspeaker).check()),
    )
    missing: list[MissingPart] = []
    for part, check in checks:
        try:
            check()
        except (ModelUnavailable, NotFound, AudioUnavailable) as error:
            missing.append(MissingPart(part, error))
    return tuple(missing)


def open_clips(home: Path) -> RecordingStore:
    """Return the sound kept under ``home``; its key is made when the first is kept."""
    from simpatient.storage.clips import FileClipStore
    from simpatient.storage.encryption import Cipher, KeyKeeper

    return FileClipStore(home / "audio", Cipher(KeyKeeper("audio", home / "keys" / "audio.key").key), SystemClock())


def open_sound_check(consents: ConsentService) -> SoundCheckService:
    """Return what tries out microphone, loudspeaker and voices; nothing is opened yet."""
    from simpatient.services.voice.sound_check import SoundCheckService
    from simpatient.speech.capture.recorder import DeviceRecorder
    from simpatient.speech.playback.sink import DeviceSink

    return SoundCheckService(
        recorder=DeviceRecorder(),
        sink=DeviceSink,
        engines=list_engines,
        synthesizer=open_synthesizer_for,
        consents=consents,
    )


@dataclass(frozen=True)
class Talking:
    """What a program needs to talk; ``close`` releases the recogniser's process."""

    consents: ConsentService
    talking: TalkService
    sound_check: SoundCheckService
    recognisers: RecogniserService
    recording_playback: RecordingPlaybackService
    clips: RecordingStore
    close: Callable[[], None]


def open_talking(
    home: Path, practise: PractiseService, library: ContentLibrary, consents: ConsentRepository
) -> Talking:
    """Wire talking on the files under ``home``; sound whose time is over is deleted. No device is opened."""
    from simpatient.services.voice.recording_playback import RecordingPlaybackService
    from simpatient.speech.playback.sink import DeviceSink
    from simpatient.speech.synthesis.sentence_files import clear_leftovers

    clock, clips, recogniser = SystemClock(), open_clips(home), KeptRecogniser(home)
    clips.delete_expired(clock.now())
    clear_leftovers()
    asked = ConsentService(consents=consents, clips=clips, clock=clock)
    tools = TalkTools(
        listener=open_microphone_listener,
        transcriber=recogniser.get,
        speech_output=open_speech_output,
        missing=partial(missing_parts, home),
    )
    talking = TalkService(practise=practise, library=library, consents=asked, clips=clips, clock=clock, tools=tools)
    recording_playback = RecordingPlaybackService(clips=clips, sink=DeviceSink)

    sound_check, recognisers = open_sound_check(asked), open_recognisers(home)
    return Talking(asked, talking, sound_check, recognisers, recording_playback, clips, recogniser.close)


def _speech_data(name: str) -> Any:
    return read_yaml(bundled_root() / "assets" / SPEECH / name).data
