"""Stand-ins for ears and mouth, behind the ports of ``services.speech_ports``."""

from simpatient.domain.errors import Cancelled, ModelUnavailable
from simpatient.domain.ports import Cancellation
from simpatient.domain.speech import Recognised, Samples


class FakeTranscriber:
    """Gives the texts it was made with, in order, the last again and again; no words for silence.

    Attributes:
        calls: Of every call the number of samples, the hint, and whether it was final.
        unavailable: Raised by every call while it is set.
    """

    def __init__(self, *texts: str, confidence: float = 0.9) -> None:
        self._texts = list(texts) or ["Hello."]
        self._confidence = confidence
        self._is_closed = False
        self.calls: list[tuple[int, str, bool]] = []
        self.unavailable: ModelUnavailable | None = None

    @property
    def model_id(self) -> str:
        return "fake-recogniser@0"

    def prepare(self) -> None:
        if self._is_closed:
            raise ModelUnavailable("The speech recogniser has been closed.")
        if self.unavailable is not None:
            raise self.unavailable

    def transcribe(
        self, samples: Samples, *, hint: str = "", is_final: bool = True, cancel: Cancellation | None = None
    ) -> Recognised:
        self.prepare()
        if cancel is not None and cancel.is_cancelled:
            raise Cancelled
        if not len(samples) or not samples.any():
            return Recognised(text="", model_id=self.model_id, rejected="silence")
        self.calls.append((len(samples), hint, is_final))
        text = self._texts[0] if len(self._texts) == 1 or not is_final else self._texts.pop(0)
        return Recognised(text=text, confidence=self._confidence, model_id=self.model_id)

    def close(self) -> None:
        self._is_closed = True
