"""The voice of eSpeak NG: a separate process for every sentence. Must not know who speaks."""

from itertools import chain

from simpatient.domain.cancellation import Cancellation
from simpatient.domain.speech import Sound, SynthesisVoice, VoiceStyle
from simpatient.speech.synthesis.rendering import finished, read_wav, run_speaker
from simpatient.speech.synthesis.voice_book import EngineEntry

# eSpeak NG speaks no slower than this; beyond, silence between words does the rest, in units of 10 ms at its default
# pace (measured: 2 units bring 97 words a minute to 83).
_SLOWEST, _GAP_PER_SHARE = 80, 12


class EspeakVoice:
    """The ``Synthesizer`` port on the program espeak-ng."""

    def __init__(self, engine: EngineEntry) -> None:
        self._engine = engine

    @property
    def engine_id(self) -> str:
        """The engine's id; its program has one version on a computer."""
        return self._engine.id

    def voices(self) -> tuple[SynthesisVoice, ...]:
        """Return the voices of the data file."""
        return self._engine.offered()

    def render(self, text: str, style: VoiceStyle, cancel: Cancellation | None = None) -> Sound:
        """Return a sentence as sound; see ``services.voice.ports.Synthesizer``.

        Raises:
            AudioUnavailable: The program is not installed or failed.
            Cancelled: ``cancel`` was set.
        """
        voice = self._engine.fitting(style)
        pace = voice.pace_setting(style)
        gap = round(max(0.0, _SLOWEST / pace - 1) * _GAP_PER_SHARE)
        settings = {
            "-v": voice.id,
            "-s": str(max(_SLOWEST, round(pace))),
            "-p": str(round(voice.pitch_setting(style))),
            "-g": str(gap),
            "-b": "1",  # UTF-8
        }
        command = [self._engine.program, *chain.from_iterable(settings.items()), "-z", "--stdin", "--stdout"]
        samples, rate = read_wav(run_speaker(command, text, self._engine.title, cancel), self._engine.title)
        return finished(samples, rate, style.volume)

    def close(self) -> None:
        """Nothing runs between sentences."""
