"""A recogniser that really recognises, for tests only: pocketsphinx carries its own small English model.

It is not the product's recogniser; it reads flite's voices well and hardly any other synthesiser's.
"""

import re
from importlib.metadata import version
from typing import Any

import numpy as np

from simpatient.domain.cancellation import Cancellation, stop_if_cancelled
from simpatient.domain.speech import SAMPLE_RATE, Recognised, Samples
from simpatient.services.voice.sound_level import level_db

QUIET_DB = -60.0


class SphinxTranscriber:
    """The ``Transcriber`` port on pocketsphinx, in this process."""

    def __init__(self) -> None:
        self._decoder: Any = None

    @property
    def model_id(self) -> str:
        return f"pocketsphinx-en-us@{version('pocketsphinx')}"

    def prepare(self) -> None:
        if self._decoder is None:
            from pocketsphinx import Decoder

            self._decoder = Decoder(samprate=float(SAMPLE_RATE), loglevel="FATAL")

    def transcribe(
        self, samples: Samples, *, hint: str = "", is_final: bool = True, cancel: Cancellation | None = None
    ) -> Recognised:
        stop_if_cancelled(cancel)
        self.prepare()
        if level_db(samples) < QUIET_DB:  # it makes words of zeros
            return Recognised(text="", model_id=self.model_id, rejected="silence")
        self._decoder.start_utt()
        self._decoder.process_raw((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes(), full_utt=True)
        self._decoder.end_utt()
        found = self._decoder.hyp()
        if found is None or not found.hypstr:
            return Recognised(text="", model_id=self.model_id)
        confidence = min(1.0, max(0.0, self._decoder.get_logmath().exp(found.prob)))
        return Recognised(text=found.hypstr, confidence=confidence, model_id=self.model_id)

    def close(self) -> None:
        self._decoder = None


def words_of(text: str) -> list[str]:
    """Return the words of a sentence as the recogniser spells them."""
    return re.findall(r"[a-z']+", text.lower())


def word_errors(wanted: list[str], found: list[str]) -> int:
    """Return the fewest words to put in, take out or change to make one of the other."""
    row = list(range(len(found) + 1))
    for at, word in enumerate(wanted, start=1):
        before, row[0] = row[0], at
        for to, other in enumerate(found, start=1):
            before, row[to] = row[to], min(row[to] + 1, row[to - 1] + 1, before + (word != other))
    return row[-1]
