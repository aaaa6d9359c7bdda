"""Runs a program that turns a text into a sound file: text on its input, no shell, killed when it is not wanted.

Must not know which program it is.
"""

import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from simpatient.domain.errors import AudioUnavailable, Cancelled
from simpatient.domain.ports import Cancellation

_LOOK_EVERY_S = 0.01
_LONGEST_S = 30.0
_TRY = "Choose another voice in Settings; captions go on."


def render(
    command: Callable[[Path, Path], list[str]], text: str, cancel: Cancellation | None, title: str
) -> tuple[NDArray[np.float32], int]:
    """Return what a program makes of a text: samples, shape (n,), and their rate.

    Args:
        command: Returns the command line for a file with the text and the file to be written.
        text: What is to be spoken.
        cancel: Kills the program.
        title: The engine's name, for messages.

    Raises:
        AudioUnavailable: The program is not here, failed, or did not end.
        Cancelled: ``cancel`` was set.
    """
    with tempfile.TemporaryDirectory(prefix="simpatient-voice-") as folder:
        given, made = Path(folder, "text.txt"), Path(folder, "sound.wav")
        given.write_text(text, encoding="utf-8")
        _run(command(given, made), cancel, title)
        return _read(made, title)


def _run(command: list[str], cancel: Cancellation | None, title: str) -> None:
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    except OSError as error:
        raise AudioUnavailable(f"The voice {title} is not on this computer.", _TRY) from error
    until = monotonic() + _LONGEST_S
    try:
        while True:
            try:
                status = process.wait(_LOOK_EVERY_S)
                break
            except subprocess.TimeoutExpired:
                if cancel is not None and cancel.is_cancelled:
                    raise Cancelled from None
                if monotonic() > until:
                    raise AudioUnavailable(f"The voice {title} did not end its sentence.", _TRY) from None
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    if status:
        raise AudioUnavailable(f"The voice {title} failed.", _TRY)


def _read(path: Path, title: str) -> tuple[NDArray[np.float32], int]:
    import soundfile

    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, RuntimeError) as error:
        raise AudioUnavailable(f"The voice {title} gave no sound.", _TRY) from error
    return samples.mean(axis=1, dtype=np.float32), int(rate)
