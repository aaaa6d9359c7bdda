"""Recordings from elsewhere, decoded in a confined child process: the ``RecordingDecoder`` port.

A file's kind is determined by its content, not by its name, and only plain files are opened. Must not know what
is done with the sound. Importing this module loads no audio library.
"""

import contextlib
import io
import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np

from simpatient.domain.cancellation import Cancellation, stop_if_cancelled
from simpatient.domain.errors import ContentError
from simpatient.domain.speech import SAMPLE_RATE
from simpatient.runtime.child_process import ChildLost, ChildProcess
from simpatient.runtime.child_serving import Call
from simpatient.runtime.confinement import confine
from simpatient.runtime.files import NotAPlainFile, open_plain_file
from simpatient.services.voice.ports import RecordedSound

_FORMATS = frozenset({"WAV", "WAVEX", "RF64", "FLAC", "MP3"})
_SAVE_AS = "Save the recording as WAV, FLAC or MP3."
_AGAIN = "Copy it again from where it was recorded."
_HEAD_BYTES = 12
# What writers put for a size they do not know yet.
_UNKNOWN_SIZES = frozenset({0, 0xFFFFFFFF})
# Slower or faster than any recorder; a converter for such rates would take memory without end.
_LEAST_RATE, _MOST_RATE = 4_000, 384_000
_MOST_CHANNELS = 8
_LONGEST_REASON = 200


@dataclass(frozen=True)
class RecordingLimits:
    """What a recording may take.

    Attributes:
        size_bytes: Of the file. Two hours of uncompressed stereo at 48 kHz and 24 bits are 2.1 GB.
        duration_s: Of the sound, counted and not only promised.
        memory_bytes: For the child, beyond what its libraries take.
        cpu_s: Processor time for the child.
        silence_s: Longest wait for the child's next piece.
    """

    size_bytes: int = 2_500_000_000
    duration_s: float = 2 * 3600.0
    memory_bytes: int = 512 * 2**20
    cpu_s: int = 600
    silence_s: float = 600.0


class _UnreadableRecording(Exception):
    """A file is no recording that can be read; message and action for the user."""

    def __init__(self, message: str, action: str = _SAVE_AS) -> None:
        super().__init__(message)
        self.reason = (message, action)


class RecordingFiles:
    """The ``RecordingDecoder`` port on files.

    Args:
        limits: What a recording may take.
    """

    def __init__(self, limits: RecordingLimits | None = None) -> None:
        self._limits = limits or RecordingLimits()

    def decode(self, path: Path, on_sound: Callable[[RecordedSound], None], cancel: Cancellation | None = None) -> None:
        """Hand a recording over piece by piece; see ``services.voice.ports.RecordingDecoder``."""
        child = ChildProcess(
            partial(RecordingReader, self._limits),
            "simpatient-decoder",
            silence_s=self._limits.silence_s,
            start_s=self._limits.silence_s,
            bare=True,
        )
        try:
            with _opened(path, self._limits):
                pass  # most wrong files need no process
            reply = child.ask(str(path), on_piece=lambda piece: on_sound(_checked(piece)), cancel=cancel)
            refused = None if reply is None else _checked_words(reply)
        except _UnreadableRecording as error:
            refused = error.reason
        except ChildLost as error:
            message = "This recording cannot be read: it takes too much time or memory, or is damaged."
            raise ContentError(message, file=str(path), action=_SAVE_AS) from error
        finally:
            child.drop()
        if refused is not None:
            raise ContentError(refused[0], file=str(path), action=refused[1])


class RecordingReader:
    """Decodes one recording; the worker in the child, which is of no use afterwards.

    Args:
        limits: What a recording may take.
    """

    def __init__(self, limits: RecordingLimits) -> None:
        self._limits = limits

    def load(self) -> None:
        """Load the libraries, all of them: confined, it cannot open any file."""
        import soundfile
        import soxr

        soxr.ResampleStream(8_000, SAMPLE_RATE, 1, dtype="float32").resample_chunk(np.zeros(8, np.float32))
        self._soundfile: Any = soundfile
        # The library's first call back into Python needs memory that is executable; confined, there is none to have.
        with io.BytesIO() as sound:
            soundfile.write(sound, np.zeros(8), SAMPLE_RATE, format="WAV")
            sound.seek(0)
            soundfile.read(sound)

    def answer(self, request: str, call: Call) -> tuple[str, str] | None:
        """Hand a recording over; return None, or what is wrong with it and what the user can do.

        Raises:
            Cancelled: The parent has given up.
        """
        try:
            with _opened(Path(request), self._limits) as file:
                confine(memory_bytes=self._limits.memory_bytes, cpu_s=self._limits.cpu_s)
                self._decode(file, call)
        except _UnreadableRecording as error:
            return error.reason
        except self._soundfile.LibsndfileError:
            return ("This recording is damaged.", _AGAIN)
        return None

    def _decode(self, file: FileIO, call: Call) -> None:
        """Go through the file twice: what is wrong at its end must be known before hours of work."""
        with self._soundfile.SoundFile(file) as sound:
            self._check(sound)
            frames = self._count(sound, call)
            if not frames:
                raise _UnreadableRecording("There is no sound in this recording.", _AGAIN)
            sound.seek(0)
            total_s = frames / sound.samplerate
            at_s = 0.0
            for samples in _resampled(sound):
                stop_if_cancelled(call)
                call.give([samples.tobytes(), sound.channels, at_s, total_s])
                at_s += len(samples) / SAMPLE_RATE

    def _check(self, sound: Any) -> None:
        if sound.format not in _FORMATS:
            raise _UnreadableRecording("This is not a WAV, FLAC or MP3 recording.")
        if not _LEAST_RATE <= sound.samplerate <= _MOST_RATE or not 1 <= sound.channels <= _MOST_CHANNELS:
            raise _UnreadableRecording(
                f"This recording has {sound.channels} channels at {sound.samplerate} samples per second."
            )

    def _count(self, sound: Any, call: Call) -> int:
        """Return how many samples there are, by decoding them."""
        most, frames = round(self._limits.duration_s * sound.samplerate), 0
        while len(block := sound.read(sound.samplerate, dtype="float32", always_2d=True)):
            frames += len(block)
            if frames > most:
                hours = self._limits.duration_s / 3600
                raise _UnreadableRecording(f"This recording is longer than {hours:.3g} hours.", "Cut it into parts.")
            stop_if_cancelled(call)
        # MP3 files only guess at their length, and end where they end.
        if sound.format == "FLAC" and frames < sound.frames:
            raise _UnreadableRecording("This recording is incomplete.", _AGAIN)
        return frames


def _checked(piece: Any) -> RecordedSound:
    """Return a piece of sound as the child sent it; a decoder that was taken over may send anything.

    Raises:
        ChildLost: It is no sound.
    """
    match piece:
        case [bytes(raw), int(channels), float(at_s), float(total_s)] if 1 <= channels <= _MOST_CHANNELS:
            if len(raw) % (4 * channels) == 0 and 0.0 <= at_s <= total_s < math.inf:
                samples = np.frombuffer(raw, np.float32).reshape(-1, channels)
                if np.isfinite(samples).all():
                    return RecordedSound(samples.clip(-1.0, 1.0), at_s, total_s)
    raise ChildLost("it sent no sound")


def _checked_words(reply: Any) -> tuple[str, str]:
    """Return why the child refused, as it may be shown.

    Raises:
        ChildLost: It is not two short sentences.
    """
    match reply:
        case [str(message), str(action)] if max(len(message), len(action)) <= _LONGEST_REASON:
            if (message + action).isprintable():
                return message, action
    raise ChildLost("it sent no reason")


def _resampled(sound: Any) -> Iterator[np.ndarray[Any, np.dtype[np.float32]]]:
    """Yield the sound at ``SAMPLE_RATE``, about a second at a time."""
    import soxr

    stream = soxr.ResampleStream(sound.samplerate, SAMPLE_RATE, sound.channels, dtype="float32")
    block = sound.read(sound.samplerate, dtype="float32", always_2d=True)
    while len(block):
        following = sound.read(sound.samplerate, dtype="float32", always_2d=True)
        changed = stream.resample_chunk(np.nan_to_num(block), last=not len(following))
        changed = changed.reshape(-1, sound.channels).clip(-1.0, 1.0)
        if len(changed):
            yield changed
        block = following


@contextlib.contextmanager
def _opened(path: Path, limits: RecordingLimits) -> Iterator[FileIO]:
    """Open a plain file that begins like a recording.

    Raises:
        _UnreadableRecording: It is none.
    """
    try:
        file = open_plain_file(path)
    except NotAPlainFile as error:
        raise _UnreadableRecording("This is not a plain file.", "Give the path of a recording.") from error
    except OSError as error:
        raise _UnreadableRecording(f"The file cannot be read ({error.strerror}).", "Check the path.") from error
    with file:
        size = os.fstat(file.fileno()).st_size
        if not size:
            raise _UnreadableRecording("This file is empty.", _AGAIN)
        if size > limits.size_bytes:
            raise _UnreadableRecording(
                f"This file is larger than {limits.size_bytes / 1e9:.3g} GB.", "Save it as FLAC or MP3."
            )
        head = file.read(_HEAD_BYTES)
        if kind_of(head) is None:
            raise _UnreadableRecording("This is not a WAV, FLAC or MP3 recording.")
        if _is_cut_off(head, size):
            raise _UnreadableRecording("This recording is incomplete.", _AGAIN)
        file.seek(0)
        yield file


def kind_of(head: bytes) -> str | None:
    """Return the kind of recording a file is by its first 12 bytes; None where it is none."""
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"fLaC":
        return "flac"
    # ISO 11172-3: eleven bits of one, then version, then layer, which is 01 for layer III.
    is_frame = len(head) > 3 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2 and head[2] >> 4 != 0xF
    return "mp3" if head[:3] == b"ID3" or is_frame else None


def _is_cut_off(head: bytes, size: int) -> bool:
    """Whether a wav file is shorter than it says."""
    said = int.from_bytes(head[4:8], "little")
    return head[:4] == b"RIFF" and said not in _UNKNOWN_SIZES and said + 8 > size + 1
