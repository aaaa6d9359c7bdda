"""One window of sound through whisper's own decoder, greedily, stopped between tokens, with what it was sure of.

Not the library's ``transcribe``: that takes in 30 s of sound whatever there is, and tries six temperatures.
Must not know which words are believed. Importing this module loads neither torch nor whisper.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import exp
from typing import Any

from simpatient.domain.cancellation import Cancellation, stop_if_cancelled
from simpatient.domain.speech import Samples
from simpatient.speech.recognition.hallucination import WindowReading

FRAME = 160  # samples in a frame of the spectrogram, as in whisper.audio
_FRAMES_PER_STATE = 2  # the encoder's second convolution takes every other frame


def frames_of(seconds: float) -> int:
    """Return the frames of a window, as many as the encoder can take."""
    from whisper.audio import FRAMES_PER_SECOND, N_FRAMES

    states = -int(-seconds * FRAMES_PER_SECOND // _FRAMES_PER_STATE)
    return min(states * _FRAMES_PER_STATE, int(N_FRAMES))


def decode(
    model: Any,
    samples: Samples,
    frames: int,
    *,
    language: str,
    hint: str = "",
    limit: int | None = None,
    cancel: Cancellation | None = None,
) -> WindowReading:
    """Return what one window of sound holds, believed or not.

    Args:
        model: The library's model, loaded.
        samples: What is longer than the window is left out.
        frames: The window, see ``frames_of``.
        language: Code of the language spoken.
        hint: Words that came before, or names that may come.
        limit: Most tokens; the library's own bound where None.
        cancel: Checked between tokens.

    Raises:
        Cancelled: ``cancel`` was set.
    """
    import torch
    from whisper.decoding import DecodingOptions, DecodingTask

    is_half = model.device.type == "cuda"
    # One clip, no need of times: as the authors decode short clips (openai/whisper, notebooks/LibriSpeech.ipynb).
    options = DecodingOptions(
        language=language, without_timestamps=True, prompt=hint or None, sample_len=limit, fp16=is_half
    )
    task = DecodingTask(model, options)
    task.decoder = watched = _Watched(task.decoder, cancel)
    mel = _spectrogram(model, samples, frames).to(torch.float16 if is_half else torch.float32)
    with fitted_window(model, frames):
        found = task.run(mel[None])[0]
    return WindowReading(
        text=found.text,
        log_probability=found.avg_logprob,
        no_speech=found.no_speech_prob,
        compression=found.compression_ratio,
        confidence=_confidence(task.tokenizer, found.tokens, watched.log_probabilities),
        is_complete=watched.is_complete(task.tokenizer.eot),
    )


@contextmanager
def fitted_window(model: Any, frames: int) -> Iterator[None]:
    """Let the encoder take a shorter window: its positions are fixed sines, of which the first are kept."""
    whole = model.encoder.positional_embedding
    model.encoder.positional_embedding = whole[: frames // _FRAMES_PER_STATE]
    try:
        yield
    finally:
        model.encoder.positional_embedding = whole


class _Watched:
    """The library's choice of tokens, with a look at each of them.

    Args:
        decoder: The library's.
        cancel: Checked before every token.
    """

    def __init__(self, decoder: Any, cancel: Cancellation | None) -> None:
        self._decoder = decoder
        self._cancel = cancel
        self._last = -1
        self.log_probabilities: list[float] = []

    def reset(self) -> None:
        """Begin anew."""
        self._decoder.reset()

    def update(self, tokens: Any, logits: Any, sum_logprobs: Any) -> tuple[Any, bool]:
        """Choose the next token."""
        stop_if_cancelled(self._cancel)
        before = float(sum_logprobs[0])
        tokens, is_completed = self._decoder.update(tokens, logits, sum_logprobs)
        self.log_probabilities.append(float(sum_logprobs[0]) - before)
        self._last = int(tokens[0, -1])
        return tokens, is_completed

    def finalize(self, tokens: Any, sum_logprobs: Any) -> Any:
        """Return the tokens of all candidates, ended."""
        return self._decoder.finalize(tokens, sum_logprobs)

    def is_complete(self, end: int) -> bool:
        """Whether the last token was the end of the text."""
        return self._last == end


def _spectrogram(model: Any, samples: Samples, frames: int) -> Any:
    """Return the spectrogram of a window; after the sound come zeros, as in the library's ``transcribe``."""
    from whisper.audio import N_FFT, log_mel_spectrogram, pad_or_trim

    mel = log_mel_spectrogram(samples, model.dims.n_mels, padding=N_FFT)
    return pad_or_trim(mel[:, : len(samples) // FRAME], frames).to(model.device)


def _confidence(tokenizer: Any, tokens: Sequence[int], log_probabilities: Sequence[float]) -> float:
    """Return the mean probability of the words; that of a word is the mean of its tokens', as in whisper.timing."""
    _, words = tokenizer.split_to_word_tokens(list(tokens))
    of_words, at = [], 0
    for word in words:
        part = log_probabilities[at : at + len(word)]
        at += len(word)
        if part:
            of_words.append(sum(map(exp, part)) / len(part))
    return min(1.0, sum(of_words) / len(of_words)) if of_words else 0.0
