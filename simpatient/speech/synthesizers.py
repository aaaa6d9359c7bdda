"""Synthesizers on programs: espeak-ng and flite. Each sentence is rendered to samples; nothing is played here.

Must not know personas or loudspeakers.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simpatient.domain.ports import Cancellation
from simpatient.domain.speech import Sound, SynthesisVoice, VoiceStyle
from simpatient.speech.loudness import levelled
from simpatient.speech.program import render
from simpatient.speech.voice_data import EngineData, voice_for

_ESPEAK_AT = 160  # its scale's value at which the pace in the data was measured
_ESPEAK_PITCH, _ESPEAK_SPAN = 50, 30  # of 0..99
_SEMITONES = 2.0  # how far ``pitch`` shifts a recorded voice; more sounds unnatural
_SLOWEST, _FASTEST = 0.6, 2.0


class ProgramSynthesizer:
    """What the two have in common."""

    def __init__(self, data: EngineData) -> None:
        self._data = data

    @property
    def engine_id(self) -> str:
        """The engine's name."""
        return self._data.id

    def voices(self) -> tuple[SynthesisVoice, ...]:
        """Return the voices known of it."""
        return tuple(SynthesisVoice(id=v.id, name=v.name, height=v.height) for v in self._data.voices)

    def close(self) -> None:
        """Nothing stays open between sentences."""


class EspeakSynthesizer(ProgramSynthesizer):
    """espeak-ng: pitch and pace on its own scales."""

    def render(self, text: str, style: VoiceStyle, cancel: Cancellation | None = None) -> Sound:
        """Return a sentence as sound; see ``services.speech_ports.Synthesizer``."""
        voice = voice_for(self._data, style)
        pace = round(_ESPEAK_AT * style.words_per_minute / voice.pace)
        pitch = round(_ESPEAK_PITCH + _ESPEAK_SPAN * style.pitch)
        options = ["-v", voice.id, "-s", str(pace), "-p", str(pitch)]

        def command(given: Path, made: Path) -> list[str]:
            return ["espeak-ng", *options, "-f", str(given), "-w", str(made)]

        samples, rate = render(command, text, cancel, self._data.title)
        return levelled(samples, rate, style.volume)


class FliteSynthesizer(ProgramSynthesizer):
    """flite: pace by stretching; pitch by playing a little faster or slower, the pace put right beforehand."""

    def render(self, text: str, style: VoiceStyle, cancel: Cancellation | None = None) -> Sound:
        """Return a sentence as sound; see ``services.speech_ports.Synthesizer``."""
        voice = voice_for(self._data, style)
        faster = 2 ** (style.pitch * _SEMITONES / 12)
        stretch = float(np.clip(voice.pace * faster / style.words_per_minute, _SLOWEST, _FASTEST))
        options: Sequence[str] = ["-voice", voice.id, "--setf", f"duration_stretch={stretch:.3f}"]

        def command(given: Path, made: Path) -> list[str]:
            return ["flite", *options, "-f", str(given), "-o", str(made)]

        samples, rate = render(command, text, cancel, self._data.title)
        return levelled(_faster(samples, faster), rate, style.volume)


def _faster(samples: NDArray[np.float32], factor: float) -> NDArray[np.float32]:
    if factor == 1.0 or not len(samples):
        return samples
    import soxr

    changed: NDArray[np.float32] = soxr.resample(samples, factor, 1.0)
    return changed
