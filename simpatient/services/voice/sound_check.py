"""Trying out microphone, loudspeaker and voice before a conversation. Nothing recorded here is kept.

Must not know which page shows it.
"""

from collections.abc import Callable

from simpatient.domain.cancellation import Cancellation
from simpatient.domain.people.actor import Actor
from simpatient.domain.speech import AudioDevice, Sound, SpeechEngine, TalkSettings, VoiceStyle
from simpatient.services.privacy.consent import Consents
from simpatient.services.voice.device_test import OnLevel, record_sample
from simpatient.services.voice.ports import Recorder, Sink, Synthesizer

SAMPLE_S = 4.0
SAMPLE = "Hello. This is how a patient will sound. Well … more or less."


class SoundCheckService:
    """What the settings page does with sound.

    Args:
        recorder: The microphones.
        sink: Makes a loudspeaker from its id; '' for the system's default.
        engines: Returns the programs that speak, best first.
        synthesizer: Makes one from its id; '' for the best one here.
        consents: The microphone opens only after consent.
    """

    def __init__(
        self,
        *,
        recorder: Recorder,
        sink: Callable[[str], Sink],
        engines: Callable[[], tuple[SpeechEngine, ...]],
        synthesizer: Callable[[str], Synthesizer],
        consents: Consents,
    ) -> None:
        self._recorder = recorder
        self._sink = sink
        self._engines = engines
        self._synthesizer = synthesizer
        self._consents = consents

    def microphones(self) -> tuple[AudioDevice, ...]:
        """Return the available microphones; empty if there are none."""
        return self._recorder.devices()

    def loudspeakers(self) -> tuple[AudioDevice, ...]:
        """Return the available loudspeakers; empty if there are none."""
        sink = self._sink("")
        try:
            return sink.devices()
        finally:
            sink.close()

    def engines(self) -> tuple[SpeechEngine, ...]:
        """Return the programs that speak, best first, with those that are not installed and why."""
        return self._engines()

    def record_and_play(
        self, actor: Actor, settings: TalkSettings, on_level: OnLevel, cancel: Cancellation | None = None
    ) -> None:
        """Record a few seconds and play them back; then they are forgotten.

        Raises:
            ConsentNeeded: The trainee has not agreed to the microphone.
            AudioUnavailable: Microphone or loudspeaker cannot be used.
            Cancelled: ``cancel`` was set while recording.
        """
        self._consents.require(actor, "microphone")
        heard = record_sample(self._recorder, SAMPLE_S, device=settings.microphone, on_level=on_level, cancel=cancel)
        self._play(heard, settings, cancel)

    def speak(self, style: VoiceStyle, settings: TalkSettings, cancel: Cancellation | None = None) -> None:
        """Let the chosen engine speak a sentence in a voice.

        Raises:
            AudioUnavailable: There is no engine, or no loudspeaker.
            Cancelled: ``cancel`` was set before it spoke.
        """
        engine = self._synthesizer(settings.engine)
        try:
            sound = engine.render(SAMPLE, style, cancel)
        finally:
            engine.close()
        self._play(sound, settings, cancel)

    def _play(self, sound: Sound, settings: TalkSettings, cancel: Cancellation | None) -> None:
        sink = self._sink(settings.loudspeaker)
        try:
            sink.play(sound, cancel)
        finally:
            sink.close()
