"""Detectors of voice behind the port ``VoiceDetector``: silero's network, or webrtc's filter where that is missing.

The network is run from the file that the package silero-vad carries; the package itself is never imported,
since it would load torch. Must not know what is done with the chances.
"""

import logging
from collections import deque
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from simpatient.domain.errors import AudioUnavailable
from simpatient.domain.speech import SAMPLE_RATE, Samples
from simpatient.services.voice.ports import VoiceDetector

_log = logging.getLogger(__name__)
_MODEL = Path("data", "silero_vad.onnx")
# What the network takes at 16 kHz: 512 new samples after the last 64 it saw (silero_vad/utils_vad.py).
_BLOCK, _CONTEXT = 512, 64
_STATE_SHAPE = (2, 1, 128)
# Where the network was found to work best: at this level, and with no more than 30 dB of help. The loudest
# block counts for a while, so that the pauses between words are not blown up.
_TARGET = 10 ** (-23 / 20)
_MOST_GAIN = 30.0
_HALF_LIFE_S = 3.0
# webrtc judges 10, 20 or 30 ms; 3 is its strictest mode. Single decisions flicker, so a few are averaged.
_WEBRTC_BLOCK = 480
_WEBRTC_MODE = 3
_WEBRTC_MEMORY = 5
_HINT = "Install the program's speech part again, or hold the key while you speak and type in the meantime."


class SileroDetector:
    """Silero's network on onnxruntime, one thread.

    Raises:
        AudioUnavailable: The model file or onnxruntime is missing or cannot be loaded.
    """

    def __init__(self) -> None:
        self._session = _silero_session()
        self._rate = np.array(SAMPLE_RATE, np.int64)
        self._input: Samples
        self._state: Samples
        self.reset()

    @property
    def block(self) -> int:
        """How many samples it takes at a time."""
        return _BLOCK

    def chance(self, samples: Samples) -> float:
        """Return the probability that the next ``block`` samples hold a voice."""
        self._input[0, :_CONTEXT] = self._input[0, -_CONTEXT:]
        self._input[0, _CONTEXT:] = samples
        given = {"input": self._input, "state": self._state, "sr": self._rate}
        chance, self._state = self._session.run(None, given)
        return float(chance[0, 0])

    def reset(self) -> None:
        """Forget the earlier blocks."""
        self._input = np.zeros((1, _CONTEXT + _BLOCK), np.float32)
        self._state = np.zeros(_STATE_SHAPE, np.float32)


class WebRtcDetector:
    """The filter of webrtc: light, but takes some noise for a voice.

    Raises:
        AudioUnavailable: The library is missing.
    """

    def __init__(self) -> None:
        try:
            import webrtcvad
        except ImportError as error:
            raise AudioUnavailable("The library that detects speech is missing.", _HINT) from error
        self._make = webrtcvad.Vad
        self.reset()

    @property
    def block(self) -> int:
        """How many samples it takes at a time."""
        return _WEBRTC_BLOCK

    def chance(self, samples: Samples) -> float:
        """Return the share of the last few blocks that it takes for a voice."""
        whole_numbers = (np.clip(samples, -1, 1) * 32767).astype("<i2")
        self._heard.append(self._filter.is_speech(whole_numbers.tobytes(), SAMPLE_RATE))
        return sum(self._heard) / _WEBRTC_MEMORY

    def reset(self) -> None:
        """Forget the earlier blocks."""
        self._filter = self._make(_WEBRTC_MODE)
        self._heard: deque[bool] = deque(maxlen=_WEBRTC_MEMORY)


class Levelled:
    """A detector that works with quiet microphones as well as loud ones: quiet sound is amplified for it.

    Without this, most short words 30 dB below the usual level are lost; noise alone is no more of a voice for it.

    Args:
        detector: What judges.
    """

    def __init__(self, detector: VoiceDetector) -> None:
        self._detector = detector
        self._falls = 0.5 ** (detector.block / SAMPLE_RATE / _HALF_LIFE_S)
        self._loudest = 0.0

    @property
    def block(self) -> int:
        """How many samples it takes at a time."""
        return self._detector.block

    def chance(self, samples: Samples) -> float:
        """Return the probability that the next ``block`` samples hold a voice."""
        self._loudest = max(float(np.sqrt(np.mean(samples**2))), self._loudest * self._falls)
        gain = min(max(_TARGET / max(self._loudest, 1e-9), 1.0), _MOST_GAIN)
        return self._detector.chance(np.clip(samples * np.float32(gain), -1, 1))

    def reset(self) -> None:
        """Forget the earlier blocks."""
        self._loudest = 0.0
        self._detector.reset()


def best_detector() -> VoiceDetector:
    """Return the best detector that works here.

    Raises:
        AudioUnavailable: None does.
    """
    try:
        return Levelled(SileroDetector())
    except AudioUnavailable as error:
        _log.warning("Speech is detected less reliably: %s", error)
    return WebRtcDetector()


def _silero_session() -> Any:
    found = find_spec("silero_vad")
    folders = list(found.submodule_search_locations or ()) if found else []
    path = next((Path(folder) / _MODEL for folder in folders if (Path(folder) / _MODEL).is_file()), None)
    if path is None:
        raise AudioUnavailable("The model that detects speech is missing.", _HINT)
    try:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.inter_op_num_threads = options.intra_op_num_threads = 1
        options.log_severity_level = 3  # errors; its warnings are about the file, not about this computer
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # a missing system library, a damaged file: each raises its own kind
        raise AudioUnavailable("The model that detects speech cannot be loaded.", _HINT) from error
