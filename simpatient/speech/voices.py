"""Which engines speak on this computer, which is best, and why others do not. Must not know personas."""

import shutil
import sys
from collections.abc import Callable
from functools import cache

from simpatient.domain.errors import AudioUnavailable
from simpatient.domain.speech import SpeechEngine
from simpatient.services.speech_ports import Synthesizer
from simpatient.speech.synthesizers import EspeakSynthesizer, FliteSynthesizer
from simpatient.speech.system_voice import SystemSynthesizer
from simpatient.speech.voice_data import EngineData, VoicesFile

_PROGRAMS = {"flite": "flite", "espeak-ng": "espeak-ng"}
_MADE_BY: dict[str, Callable[[EngineData], Synthesizer]] = {
    "flite": FliteSynthesizer,
    "espeak-ng": EspeakSynthesizer,
    "system": SystemSynthesizer,
}


def engines(known: VoicesFile) -> tuple[SpeechEngine, ...]:
    """Return all engines, those for this platform in their order, each with why it is or is not here."""
    found = [_looked_at(engine) for engine in known.engines]
    best = next((engine.id for engine in found if engine.is_here), "")
    return tuple(engine.model_copy(update={"is_best": engine.id == best}) for engine in found)


def open_synthesizer(known: VoicesFile, engine_id: str = "") -> Synthesizer:
    """Return an engine by its id; '' for the best one here.

    Raises:
        AudioUnavailable: It is not here, or none is.
    """
    found = engines(known)
    wanted = next((e for e in found if (e.id == engine_id if engine_id else e.is_best)), None)
    if wanted is None or not wanted.is_here:
        message = f"The voice {engine_id} is not on this computer." if engine_id else "No voice is installed here."
        raise AudioUnavailable(message, wanted.note if wanted else known.engines[0].get)
    return _MADE_BY[wanted.id](next(data for data in known.engines if data.id == wanted.id))


def _looked_at(data: EngineData) -> SpeechEngine:
    is_here = sys.platform in data.platforms and _is_installed(data.id)
    return SpeechEngine(id=data.id, title=data.title, is_here=is_here, note=data.good_for if is_here else data.get)


@cache
def _is_installed(engine: str) -> bool:
    return engine not in _PROGRAMS or shutil.which(_PROGRAMS[engine]) is not None
