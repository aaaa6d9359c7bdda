"""openai-whisper on arrays: windows fitted to the clip, long segments cut at pauses, no invented words.

The library always takes in 30 s of sound, however short a clip is. Here the window is fitted to the clip, and
only where its words are in doubt is the whole window taken. Lives in a child process; must not know whose
speech it is. Importing this module loads neither torch nor whisper.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from simpatient.domain.cancellation import Cancellation
from simpatient.domain.errors import ModelUnavailable
from simpatient.domain.models.recognisers import ENGLISH, BeliefRules
from simpatient.domain.speech import SAMPLE_RATE, Recognised, Samples
from simpatient.runtime.child_serving import Call, DeviceFailed
from simpatient.speech.recognition.hallucination import (
    HINT,
    SILENCE,
    WORTH_ANOTHER_READING,
    WindowReading,
    is_doubtful,
    repeats_hint,
    why_rejected,
)
from simpatient.speech.recognition.pauses import pieces_at_pauses
from simpatient.speech.recognition.whisper_decoding import decode, frames_of

ANY_DEVICE, PROCESSOR = "", "cpu"
# Below about 10 s of window, whisper's words get worse (handy-computer/transcribe.cpp PR 149).
LEAST_WINDOW_S, WHOLE_WINDOW_S = 10.0, 30.0
# Silence after the last word, without which it may be lost.
TAIL_S = 1.0
# Clips shorter than this get silence before them as well: whisper passes over sounds at the very start.
SHORT_CLIP_S, SHORT_CLIP_HEAD_S = 1.0, 0.25
# Pieces of a long segment: a window of 30 s less the tail, and the shortest worth cutting to.
LONGEST_PIECE_S, SHORTEST_PIECE_S = 29.0, 18.0
# -80 dB of full scale: below what a microphone's own noise makes of 16 bits.
_INAUDIBLE = 1e-4
_SPARE_TOKENS = 12  # a clip may be one long word with its punctuation
MISSING = "The speech recogniser's weights are not on this computer."
HOW_TO_GET = "Download them with 'simpatient recogniser download', or in the settings; typing always works."
_DAMAGED = "Run 'simpatient recogniser download' for it: what is damaged is fetched again; typing always works."


@dataclass(frozen=True)
class WhisperSettings:
    """Which weights are run, and how.

    Attributes:
        weights: The file.
        sha256: Its checksum; a file with another is never opened, because its format can carry programs.
        model_id: Name and content hash, for provenance.
        rules: When words are believed.
        language: Code of the language spoken; English-only weights always assume English.
        threads: Of the processor; the library's choice where None.
        least_window_s: Shortest window of sound that is taken in; 30 gives the library's own words.
        most_tokens: Of one window, what comes after is cut off; what can be said in its time where None.
    """

    weights: Path
    sha256: str
    model_id: str
    rules: BeliefRules
    language: str = ENGLISH
    threads: int | None = None
    least_window_s: float = LEAST_WINDOW_S
    most_tokens: int | None = None


@dataclass(frozen=True)
class ReadingRequest:
    """A segment to read; fields as in ``services.voice.ports.Transcriber.transcribe``."""

    samples: Samples
    hint: str = ""
    is_final: bool = True


class WhisperReader:
    """Reads speech; the worker behind a ``WhisperTranscriber``.

    Args:
        settings: Which weights, and how.
        device: '' for a graphics card where there is one; ``cpu`` for the processor.
    """

    def __init__(self, settings: WhisperSettings, device: str = ANY_DEVICE) -> None:
        self._settings = settings
        self._device = device
        self._model: Any = None

    @property
    def model(self) -> Any:
        """The library's model, loaded."""
        if self._model is None:
            self.load()
        return self._model

    def load(self) -> None:
        """Load the weights, after their checksum was found right.

        Raises:
            ModelUnavailable: They are missing, damaged, or need more memory than there is.
            DeviceFailed: They do not fit the graphics card.
        """
        check_weights(self._settings.weights, self._settings.sha256)
        try:
            import torch
            import whisper
        except ImportError as error:
            raise ModelUnavailable(
                "The libraries that recognise speech are not installed.", "Run 'simpatient setup speech'."
            ) from error
        if self._settings.language not in whisper.tokenizer.LANGUAGES:
            raise ModelUnavailable(
                f"The speech recogniser does not support the language '{self._settings.language}'.",
                "Use a code such as en or es.",
            )
        if self._settings.threads is not None:
            torch.set_num_threads(self._settings.threads)
        with _device_faults():
            device = self._device or ("cuda" if torch.cuda.is_available() else PROCESSOR)
            self._model = whisper.load_model(str(self._settings.weights), device=device).eval()
            if device == PROCESSOR:
                _turn_in_memory(self._model.decoder.token_embedding.weight)

    def answer(self, request: ReadingRequest, call: Call) -> dict[str, Any]:
        """Read one segment and return what was recognised, as plain values.

        Raises:
            DeviceFailed: The graphics card failed.
            Cancelled: The parent has given up.
        """
        with _device_faults():
            return self.read(request, call).model_dump()

    def read(self, request: ReadingRequest, cancel: Cancellation | None = None) -> Recognised:
        """Return the words in a segment of any length.

        Raises:
            Cancelled: ``cancel`` was set; checked between tokens.
        """
        samples = np.nan_to_num(request.samples, nan=0.0, posinf=0.0, neginf=0.0)
        if not len(samples) or float(np.abs(samples).max()) < _INAUDIBLE:
            return Recognised(text="", rejected=SILENCE)
        pieces = list(pieces_at_pauses(samples, _samples(SHORTEST_PIECE_S), _samples(LONGEST_PIECE_S)))
        if not request.is_final:
            pieces = pieces[-1:]  # a guess is about what was said just now
        return self._joined(pieces, request, cancel)

    def read_window(
        self, samples: Samples, window_s: float, hint: str = "", cancel: Cancellation | None = None
    ) -> WindowReading:
        """Return what one window holds, believed or not.

        Args:
            samples: What is longer than the window is left out.
            window_s: How much sound is taken in; 30 s at most.
            hint: Words that came before, or names that may come.
            cancel: Checked between tokens.

        Raises:
            Cancelled: ``cancel`` was set.
        """
        model = self.model
        seconds = len(samples) / SAMPLE_RATE
        most = min(model.dims.n_text_ctx // 2, round(self._settings.rules.tokens_per_s * seconds) + _SPARE_TOKENS)
        found = decode(
            model,
            samples,
            frames_of(window_s),
            language=self._settings.language if model.is_multilingual else ENGLISH,
            hint=hint,
            limit=min(most, self._settings.most_tokens or most),
            cancel=cancel,
        )
        return found if self._settings.most_tokens is None else replace(found, is_complete=True)

    def _joined(self, pieces: Sequence[Samples], request: ReadingRequest, cancel: Cancellation | None) -> Recognised:
        texts: list[str] = []
        sure, length, reasons = 0.0, 0, []
        for piece in pieces:
            hint = texts[-1] if texts else request.hint
            reading, reason = self._carefully(piece, hint, request.is_final, cancel)
            if reason:
                reasons.append(reason)
                continue
            texts.append(reading.text)
            sure, length = sure + reading.confidence * len(piece), length + len(piece)
        if not texts:
            return Recognised(text="", rejected=reasons[0])
        return Recognised(text=" ".join(texts), confidence=min(1.0, sure / length))

    def _carefully(
        self, piece: Samples, hint: str, is_final: bool, cancel: Cancellation | None
    ) -> tuple[WindowReading, str]:
        """Return what a piece holds and why it is not believed; what is in doubt is read again, in a whole window."""
        rules, seconds = self._settings.rules, len(piece) / SAMPLE_RATE
        if seconds < SHORT_CLIP_S:
            piece = np.concatenate([np.zeros(_samples(SHORT_CLIP_HEAD_S), np.float32), piece])
        window_s = max(self._settings.least_window_s, seconds + TAIL_S)
        quick = self.read_window(piece, window_s, hint, cancel)
        reason = why_rejected(quick, rules) or (HINT if repeats_hint(quick, hint, rules) else "")
        in_doubt = reason in WORTH_ANOTHER_READING or (not reason and is_doubtful(quick, rules))
        if not in_doubt or not is_final or window_s >= WHOLE_WINDOW_S:
            return quick, reason
        whole = self.read_window(piece, WHOLE_WINDOW_S, hint, cancel)
        if why_rejected(whole, rules) or repeats_hint(whole, hint, rules):
            return quick, reason
        if not reason and whole.log_probability < quick.log_probability:
            return quick, reason
        return whole, ""


def check_weights(path: Path, sha256: str) -> None:
    """Refuse a file that is not what it should be: the format can carry programs.

    Raises:
        ModelUnavailable: It is missing, cannot be read, or has another checksum.
    """
    try:
        with path.open("rb") as opened:
            found = hashlib.file_digest(opened, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise ModelUnavailable(MISSING, HOW_TO_GET) from error
    except OSError as error:
        raise ModelUnavailable(f"{path} cannot be read ({error.strerror}).", "Check its permissions.") from error
    if found != sha256:
        raise ModelUnavailable(f"The speech recogniser's weights in {path} are damaged.", _DAMAGED)


@contextmanager
def _device_faults() -> Iterator[None]:
    """Tell a graphics card's faults apart from others: after one, this process is useless."""
    import torch

    faults = (torch.OutOfMemoryError, getattr(torch, "AcceleratorError", torch.OutOfMemoryError))
    try:
        yield
    except faults as error:
        raise DeviceFailed(str(error)[:300]) from error


def _turn_in_memory(weight: Any) -> None:
    """Lay a table out column by column; its values and shape stay.

    The decoder multiplies with the table of tokens transposed at every token, which is most of what a token
    costs on a processor; this way round it takes half as long.
    """
    weight.data = weight.data.t().contiguous().t()


def _samples(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE)
