"""The voice of Flite: a separate process for every sentence. Must not know who speaks."""

from simpatient.domain.cancellation import Cancellation
from simpatient.domain.speech import Sound, SynthesisVoice, VoiceStyle
from simpatient.speech.synthesis.rendering import finished, read_wav, run_speaker
from simpatient.speech.synthesis.sentence_files import sentence_folder
from simpatient.speech.synthesis.voice_book import EngineEntry


class FliteVoice:
    """The ``Synthesizer`` port on the program flite.

    It needs a file it can seek in, both to read and to write; on a pipe it hangs (seen with 2.2 on Debian).
    """

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
        voice, title = self._engine.fitting(style), self._engine.title
        command = [self._engine.program, "-voice", voice.id]
        command += ["--setf", f"duration_stretch={1 / voice.pace_setting(style):.4f}"]
        command += ["--setf", f"int_f0_target_mean={voice.pitch_setting(style):.1f}"]
        with sentence_folder() as folder:
            written, spoken = folder / "text", folder / "sound.wav"
            written.write_text(text + "\n", encoding="utf-8")
            run_speaker([*command, "-f", str(written), "-o", str(spoken)], "", title, cancel)
            samples, rate = read_wav(spoken, title)
        return finished(samples, rate, style.volume)

    def close(self) -> None:
        """Nothing runs between sentences."""
