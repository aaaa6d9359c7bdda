"""The engines of this computer: which there are, which is best, and how one is opened."""

import importlib.util
import shutil
import sys
from collections.abc import Callable

from simpatient.domain.errors import AudioUnavailable
from simpatient.domain.speech import SpeechEngine
from simpatient.services.voice.ports import Synthesizer
from simpatient.speech.synthesis.espeak import EspeakVoice
from simpatient.speech.synthesis.flite import FliteVoice
from simpatient.speech.synthesis.pyttsx3_voice import Pyttsx3Voice
from simpatient.speech.synthesis.voice_book import EngineEntry, VoiceBook

_MAKERS: dict[str, Callable[[EngineEntry], Synthesizer]] = {
    "espeak-ng": EspeakVoice, "flite": FliteVoice, "pyttsx3": Pyttsx3Voice,
}  # fmt: skip
# Where pyttsx3 has a driver that waits for its own file; on Linux it returns early and forgets files
# and paces (pyttsx3 2.99, its espeak driver), so that the programs themselves are used.
_LIBRARY_PLATFORMS = ("win32", "darwin")


def engines(book: VoiceBook, platform: str = sys.platform) -> tuple[SpeechEngine, ...]:
    """Return the programs that speak, best first, with those that are not installed and why. Starts none."""
    told, has_best = [], False
    for engine in book.ordered(platform):
        is_here, note = _state(engine, platform)
        told.append(
            SpeechEngine(id=engine.id, title=engine.title, is_here=is_here, is_best=is_here and not has_best, note=note)
        )
        has_best = has_best or is_here
    return tuple(told)


def open_synthesizer(book: VoiceBook, engine_id: str = "", platform: str = sys.platform) -> Synthesizer:
    """Return an engine; '' for the best one here.

    Raises:
        AudioUnavailable: There is none, or not this one.
    """
    entries = {engine.id: engine for engine in book.ordered(platform)}
    here = [engine.id for engine in engines(book, platform) if engine.is_here]
    if engine_id and engine_id not in here:
        entry = entries.get(engine_id)
        raise AudioUnavailable(
            f"The voice {entry.title if entry else engine_id} is not on this computer.",
            entry.install if entry else "Choose another voice in Settings.",
        )
    if not here:
        best = next(iter(entries.values()))
        raise AudioUnavailable("No voice is installed on this computer.", best.install)
    entry = entries[engine_id or here[0]]
    return _MAKERS[entry.id](entry)


def _state(engine: EngineEntry, platform: str) -> tuple[bool, str]:
    if engine.program:
        is_here = shutil.which(engine.program) is not None
        return is_here, "Ready." if is_here else f"Not installed. {engine.install}"
    if platform not in _LIBRARY_PLATFORMS:
        return False, "Not used on this system: the programs above give the same voices more reliably."
    if importlib.util.find_spec(engine.library) is None:
        return False, f"The library {engine.library} is missing."
    return True, "Ready."
