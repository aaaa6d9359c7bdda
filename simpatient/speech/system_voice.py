"""The voices of Windows and macOS through pyttsx3, in a child of its own: one sentence, one file, then the next.

pyttsx3 neither waits nor stops nor speaks twice reliably (its issues 193, 138, 67, 327), so it only ever renders a
file in a process that can be killed. Importing this module loads no pyttsx3.
"""

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simpatient.domain.errors import AudioUnavailable, ModelUnavailable
from simpatient.domain.ports import Cancellation
from simpatient.domain.speech import Sound, SynthesisVoice, VoiceStyle
from simpatient.speech.child import Call, ChildLost, ChildProcess
from simpatient.speech.loudness import levelled
from simpatient.speech.voice_data import EngineData

_TRY = "Choose another voice in Settings; captions go on."
_SILENCE_S, _START_S = 30.0, 60.0
_LOOK_EVERY_S = 0.02
# The file has come to its end when it has stopped growing for so long.
_STILL_S = 0.25
_LONGEST_S = 25.0
_HEADER = 64


class SystemVoice:
    """The worker: lives in the child."""

    def __init__(self) -> None:
        self._engine: Any = None

    def load(self) -> None:
        """Open the system's engine."""
        import pyttsx3

        try:
            self._engine = pyttsx3.init()
        except Exception as error:  # drivers raise what they like
            raise ModelUnavailable("The system's voices cannot be used.", _TRY) from error

    def answer(self, request: Any, call: Call) -> Any:
        """Render (text, pace, place among the voices 0..1) and return samples and rate; of '' the voices' names."""
        if request == "":
            return [(str(voice.id), str(voice.name)) for voice in self._english()]
        text, pace, place = request
        voices = self._english()
        if voices:
            self._engine.setProperty("voice", voices[round(place * (len(voices) - 1))].id)
        self._engine.setProperty("rate", pace)
        with tempfile.TemporaryDirectory(prefix="simpatient-voice-") as folder:
            path = Path(folder, "sound.wav")
            self._engine.save_to_file(text, str(path))
            self._engine.runAndWait()
            _wait_for(path, call)
            return _read(path)

    def _english(self) -> list[Any]:
        found = list(self._engine.getProperty("voices") or [])
        return [voice for voice in found if "en" in f"{voice.languages} {voice.id}".lower()] or found


class SystemSynthesizer:
    """The ``Synthesizer`` port on the system's voices."""

    def __init__(self, data: EngineData) -> None:
        self._data = data
        self._child = ChildProcess(SystemVoice, "simpatient-voice", silence_s=_SILENCE_S, start_s=_START_S)

    @property
    def engine_id(self) -> str:
        """The engine's name."""
        return self._data.id

    def voices(self) -> tuple[SynthesisVoice, ...]:
        """Return the system's English voices; nothing is known of how high they are."""
        return tuple(SynthesisVoice(id=key, name=name) for key, name in self._asked("", None))

    def render(self, text: str, style: VoiceStyle, cancel: Cancellation | None = None) -> Sound:
        """Return a sentence as sound; see ``services.speech_ports.Synthesizer``."""
        place = (style.seed % 7) / 6
        samples, rate = self._asked((text, style.words_per_minute, place), cancel)
        return levelled(samples, rate, style.volume)

    def close(self) -> None:
        """Let go of the child."""
        self._child.drop()

    def _asked(self, request: Any, cancel: Cancellation | None) -> Any:
        """Ask the child; one that hangs or died is replaced for the next sentence.

        Raises:
            AudioUnavailable: There was no answer.
            Cancelled: ``cancel`` was set.
        """
        try:
            return self._child.ask(request, cancel=cancel)
        except ChildLost as error:
            self._child.drop()
            raise AudioUnavailable("The system's voice has stopped.", _TRY) from error
        except ModelUnavailable as error:
            raise AudioUnavailable(error.message, error.action) from error


def _wait_for(path: Path, call: Call) -> None:
    """Wait until a file that is written by somebody else is whole."""
    size, since, until = -1, time.monotonic(), time.monotonic() + _LONGEST_S
    while time.monotonic() < until and not call.is_cancelled:
        now = path.stat().st_size if path.exists() else -1
        if now != size:
            size, since = now, time.monotonic()
        elif now > _HEADER and time.monotonic() - since > _STILL_S:
            return
        time.sleep(_LOOK_EVERY_S)


def _read(path: Path) -> tuple[NDArray[np.float32], int]:
    import soundfile

    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, RuntimeError) as error:
        raise ModelUnavailable("The system's voice gave no sound.", _TRY) from error
    return samples.mean(axis=1, dtype=np.float32), int(rate)
