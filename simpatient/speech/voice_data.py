"""Engines and voices as data (``assets/speech/voices.yaml``), and which voice a style gets. Must not run any."""

from typing import Literal

from pydantic import Field

from simpatient.domain.base import Value
from simpatient.domain.speech import VoiceHeight, VoiceStyle

_NEAREST: dict[VoiceHeight, tuple[VoiceHeight, ...]] = {
    "low": ("low", "middle", "high"),
    "middle": ("middle", "low", "high"),
    "high": ("high", "middle", "low"),
}


class VoiceData(Value):
    """A voice of an engine; ``pace`` in words a minute at the engine's plain setting."""

    id: str
    name: str
    height: VoiceHeight
    pace: float = Field(gt=0)


class EngineData(Value):
    """An engine; ``get`` says how to come by it."""

    id: str
    title: str
    platforms: tuple[str, ...]
    get: str
    good_for: str
    voices: tuple[VoiceData, ...] = ()


class VoicesFile(Value):
    """All engines, best first."""

    schema_version: Literal[1]
    engines: tuple[EngineData, ...] = Field(min_length=1)


def voice_for(engine: EngineData, style: VoiceStyle) -> VoiceData:
    """Return the voice for a style: by height alone, of several by the style's seed; always the same one."""
    for height in _NEAREST[style.height]:
        fitting = [voice for voice in engine.voices if voice.height == height]
        if fitting:
            return fitting[style.seed % len(fitting)]
    raise ValueError(f"the engine {engine.id} has no voice")
