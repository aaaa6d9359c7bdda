"""The system's own voices (SAPI5, NSSpeech) through pyttsx3, in a child process. Must not know who speaks.

pyttsx3 hangs, crashes and forgets (reported for every driver), so it lives in a child that is killed and replaced,
and is given one file at a time: with two, it writes only the second.
"""

import contextlib
import os
import time
from pathlib import Path
from typing import Any

import numpy as np

from simpatient.domain.cancellation import Cancellation, stop_if_cancelled
from simpatient.domain.errors import AudioUnavailable, Cancelled, ModelUnavailable
from simpatient.domain.speech import Sound, SynthesisVoice, VoiceHeight, VoiceStyle
from simpatient.runtime.child_process import ChildLost, ChildProcess
from simpatient.runtime.child_serving import Call
from simpatient.speech.synthesis.rendering import failed, finished, read_wav
from simpatient.speech.synthesis.sentence_files import sentence_folder
from simpatient.speech.synthesis.voice_book import EngineEntry, fitting

_SILENCE_S, _START_S, _FILE_S = 20.0, 60.0, 15.0
_LOOK_S, _STILL_LOOKS = 0.02, 3
# What systems say about a voice's gender is the only hint at its pitch.
_HEIGHTS: dict[str, VoiceHeight] = {"female": "high", "male": "low"}


class Pyttsx3Worker:
    """Lives in the child: the engine, made and used in its one thread."""

    def __init__(self) -> None:
        self._engine: Any = None

    def load(self) -> None:
        """Start the engine.

        Raises:
            ModelUnavailable: There is none, or it does not start.
        """
        # Drivers print to the terminal, which would confuse users.
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        try:
            import pyttsx3

            self._engine = pyttsx3.init()
        except Exception as error:  # drivers raise whatever their system does
            raise ModelUnavailable(f"The system's voices cannot be used ({type(error).__name__}).") from error

    def answer(self, request: Any, call: Call) -> Any:
        """Return the voices for None, else a text as (samples, rate), the samples as raw float32."""
        if request is None:
            return [_told(voice) for voice in self._engine.getProperty("voices")]
        text, voice, pace = request
        if voice:
            self._engine.setProperty("voice", voice)
        self._engine.setProperty("rate", pace)
        with sentence_folder() as folder:
            path = folder / "sound.wav"
            self._engine.save_to_file(text, str(path))
            self._engine.runAndWait()
            _wait_until_whole(path, call)
            try:
                samples, rate = read_wav(path, "pyttsx3")
                return samples.tobytes(), rate
            except AudioUnavailable as error:
                raise ModelUnavailable(error.message, error.action) from error


class Pyttsx3Voice:
    """The ``Synthesizer`` port on pyttsx3. Its drivers share no pitch: ``VoiceStyle.pitch`` is not obeyed."""

    def __init__(self, engine: EngineEntry) -> None:
        self._engine = engine
        self._child = ChildProcess(Pyttsx3Worker, "simpatient-voice", silence_s=_SILENCE_S, start_s=_START_S)
        self._voices: tuple[SynthesisVoice, ...] | None = None

    @property
    def engine_id(self) -> str:
        """The engine's id."""
        return self._engine.id

    def voices(self) -> tuple[SynthesisVoice, ...]:
        """Return the English voices the system has."""
        if self._voices is None:
            found = [SynthesisVoice(**told) for told in self._asked(None, None)]
            self._voices = tuple(voice for voice in found if voice.language.startswith("en"))
        return self._voices

    def render(self, text: str, style: VoiceStyle, cancel: Cancellation | None = None) -> Sound:
        """Return a sentence as sound; see ``services.voice.ports.Synthesizer``.

        Raises:
            AudioUnavailable: The system's voices cannot be used, or failed twice.
            Cancelled: ``cancel`` was set.
        """
        known = self.voices()
        voice = known[fitting(tuple(one.height for one in known), style)].id if known else ""
        samples, rate = self._asked((text, voice, style.words_per_minute), cancel)
        return finished(np.frombuffer(samples, np.float32), rate, style.volume)

    def close(self) -> None:
        """End the child."""
        self._child.drop()

    def _asked(self, request: Any, cancel: Cancellation | None) -> Any:
        for _ in range(2):  # a child that was lost is replaced once
            try:
                return self._child.ask(request, cancel=cancel)
            except Cancelled:
                self._child.drop()  # it cannot be stopped otherwise
                raise
            except ModelUnavailable as error:
                raise AudioUnavailable(error.message, self._engine.install) from error
            except ChildLost:
                self._child.drop()
        raise failed(self._engine.title)


def _told(voice: Any) -> dict[str, str]:
    """Return what is known of a voice; drivers differ in what they report."""
    languages = [one.decode(errors="ignore") if isinstance(one, bytes) else str(one) for one in voice.languages or ()]
    language = languages[0].strip("\x05\x02").replace("_", "-") if languages else ""
    if not language:  # SAPI5 gives it in the name only
        language = "en" if "english" in voice.name.lower() or "en-" in str(voice.id).lower() else "other"
    kind = str(voice.gender or "").lower().removeprefix("voicegender")
    return {"id": str(voice.id), "name": voice.name, "language": language, "height": _HEIGHTS.get(kind, "middle")}


def _wait_until_whole(path: Path, call: Call) -> None:
    """Wait until a file no longer grows: some drivers return before they have written it."""
    until, size, still = time.monotonic() + _FILE_S, 0, 0
    while still < _STILL_LOOKS:
        stop_if_cancelled(call)
        if time.monotonic() > until:
            raise ModelUnavailable("The system's voices gave no sound.")
        time.sleep(_LOOK_S)
        now = 0
        with contextlib.suppress(OSError):
            now = path.stat().st_size
        still = still + 1 if now and now == size else 0
        size = now
