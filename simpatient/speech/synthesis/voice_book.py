"""Which programs speak, with which voices, and what was measured of them: data. Must not know how one is run."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from simpatient.domain.base import Value
from simpatient.domain.speech import SynthesisVoice, VoiceHeight, VoiceStyle

_HEIGHTS: tuple[VoiceHeight, ...] = ("low", "middle", "high")


class VoiceEntry(Value):
    """A voice at one height.

    Attributes:
        id: The engine's own name of it; one voice may stand at several heights.
        pitch: The engine's setting at ``VoiceStyle.pitch`` -1, 0 and 1.
        pace: Pairs of the engine's setting and the words a minute it gave, rising.
    """

    id: str
    name: str
    height: VoiceHeight
    pitch: tuple[float, float, float]
    pace: Annotated[tuple[tuple[float, float], ...], Field(min_length=2)]

    def pitch_setting(self, style: VoiceStyle) -> float:
        """Return the engine's setting for a pitch."""
        return float(np.interp(style.pitch, (-1.0, 0.0, 1.0), self.pitch))

    def pace_setting(self, style: VoiceStyle) -> float:
        """Return the engine's setting for a pace; beyond what was measured in proportion."""
        settings, paces = zip(*self.pace, strict=True)
        wanted = style.words_per_minute
        nearest = min(max(wanted, paces[0]), paces[-1])
        return float(np.interp(nearest, paces, settings)) * wanted / nearest


class EngineEntry(Value):
    """A program (or library) that speaks.

    Attributes:
        install: What to install where it is missing.
        voices: Those of a program; a library says itself which it has.
    """

    id: str
    title: str
    program: str = ""
    library: str = ""
    install: str
    voices: tuple[VoiceEntry, ...] = ()

    def offered(self) -> tuple[SynthesisVoice, ...]:
        """Return the voices in the port's terms."""
        return tuple(
            SynthesisVoice(id=f"{voice.id}:{voice.height}", name=voice.name, height=voice.height)
            for voice in self.voices
        )

    def fitting(self, style: VoiceStyle) -> VoiceEntry:
        """Return the voice for a style, by height and seed."""
        return self.voices[fitting(tuple(voice.height for voice in self.voices), style)]


class VoiceBook(Value):
    """All engines, and in which order each platform takes them (``sys.platform``; ``linux`` for all others)."""

    schema_version: Literal[1]
    order: dict[str, tuple[str, ...]]
    engines: tuple[EngineEntry, ...]

    def ordered(self, platform: str) -> tuple[EngineEntry, ...]:
        """Return the engines, best first."""
        by_id = {engine.id: engine for engine in self.engines}
        return tuple(by_id[name] for name in self.order.get(platform, self.order["linux"]))


def fitting(heights: tuple[VoiceHeight, ...], style: VoiceStyle) -> int:
    """Return which of several voices (at least one) fits a style: the nearest height, then by seed."""
    away = [abs(_HEIGHTS.index(height) - _HEIGHTS.index(style.height)) for height in heights]
    near = [number for number, steps in enumerate(away) if steps == min(away)]
    return near[style.seed % len(near)]
