"""Partial transcripts of what someone is saying, while they are saying it. Must not know who shows them."""

from collections.abc import Callable
from threading import Event, Thread

from simpatient.domain.cancellation import CancelToken
from simpatient.domain.errors import Cancelled, ModelUnavailable
from simpatient.domain.speech import SAMPLE_RATE, Samples
from simpatient.services.voice.ports import Transcriber

# Under this nothing sensible is recognised yet; and a partial a second is as much as anyone reads.
_SHORTEST_S = 0.8
_EVERY_S = 1.0


class PartialTranscriber:
    """Transcribes about once a second while a segment is in progress; the end of the segment stops the pass under way.

    Args:
        transcriber: Recognises.
        so_far: Returns the sound of the segment in progress.
        on_partial: Called with each new partial transcript, on the worker thread.
        every_s: Least time between two guesses.
    """

    def __init__(
        self,
        transcriber: Transcriber,
        so_far: Callable[[], Samples],
        on_partial: Callable[[str], None],
        every_s: float = _EVERY_S,
    ) -> None:
        self._transcriber = transcriber
        self._so_far = so_far
        self._on_partial = on_partial
        self._every_s = every_s
        self._is_wanted = Event()
        self._is_closed = Event()
        self._cancel = CancelToken()
        self._thread = Thread(target=self._run, name="partials", daemon=True)
        self._thread.start()

    def begin(self) -> None:
        """A segment has begun."""
        self._cancel = CancelToken()
        self._is_wanted.set()

    def end(self) -> None:
        """The segment is over: the recogniser is needed for it."""
        self._is_wanted.clear()
        self._cancel.cancel()

    def close(self) -> None:
        """Stop for good."""
        self._is_closed.set()
        self.end()
        # Wakes the thread, which waits for a segment, so that it sees that it is closed.
        self._is_wanted.set()
        self._thread.join(timeout=self._every_s + 5)

    def _run(self) -> None:
        last = ""
        while self._is_wanted.wait() and not self._is_closed.wait(self._every_s):
            partial = self._transcribe(self._cancel)
            if partial and partial != last:
                last = partial
                self._on_partial(partial)

    def _transcribe(self, cancel: CancelToken) -> str:
        sound = self._so_far()
        if cancel.is_cancelled or len(sound) < _SHORTEST_S * SAMPLE_RATE:
            return ""
        try:
            partial = self._transcriber.transcribe(sound, is_final=False, cancel=cancel).text
        except (Cancelled, ModelUnavailable):
            return ""  # transcribing the whole segment will report what is wrong
        return "" if cancel.is_cancelled else partial
