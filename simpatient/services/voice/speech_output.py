"""Speaks a patient's sentences: renders one ahead, plays, and says exactly what was heard.

Must not know which engine or loudspeaker there is.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from simpatient.domain.cancellation import Cancellation
from simpatient.domain.errors import AudioUnavailable, Cancelled
from simpatient.domain.speech import DeliveredSentence, Sound
from simpatient.runtime.bounded_queue import streamed_from_thread
from simpatient.services.ports import Clock
from simpatient.services.voice.ports import Sink, Synthesizer

OnSentence = Callable[[DeliveredSentence], None]
# Silence is sound too: it is played, so that breaking it off is as exact as breaking off a word.
_SILENCE_RATE = 16_000
# Below this share of its loudest sample a rendered sentence is silence, at its beginning and end. Counted as
# speech, that silence would shift where each word is taken to be.
_VOICED_SHARE = 0.02


@dataclass(frozen=True)
class SpeechOutcome:
    """What became of a patient's turn.

    Attributes:
        heard: The words that were heard; with ``unheard``, joined by a space, the whole text again.
        unheard: The rest.
        began_s: Monotonic time of the first sound (of the call, where there was none).
        ended_s: Monotonic time of the last.
        was_interrupted: It was broken off.
        failed: Why sentences could only be read, not heard; None when all were spoken.
    """

    heard: str
    unheard: str
    began_s: float
    ended_s: float
    was_interrupted: bool
    failed: AudioUnavailable | None = None


@dataclass(frozen=True)
class _Rendered:
    sentence: DeliveredSentence
    sound: Sound | None
    failed: AudioUnavailable | None = None


@dataclass
class _Playback:
    """How far a turn has come."""

    heard: list[str] = field(default_factory=list)
    unheard: list[str] = field(default_factory=list)
    began_s: float | None = None
    ended_s: float | None = None
    was_interrupted: bool = False
    failed: AudioUnavailable | None = None


class SpeechOutput:
    """A voice and a loudspeaker. One turn at a time.

    Args:
        synthesizer: Renders sentences.
        sink: Plays them.
        clock: Times what is heard.
    """

    def __init__(self, synthesizer: Synthesizer, sink: Sink, clock: Clock) -> None:
        self._synthesizer = synthesizer
        self._sink = sink
        self._clock = clock

    def say(
        self, sentences: Iterable[DeliveredSentence], on_sentence: OnSentence, cancel: Cancellation
    ) -> SpeechOutcome:
        """Speak sentences as they come, to the last or until ``cancel`` is set.

        Args:
            sentences: May wait for the next one; read to its end even when speech is broken off, so that nothing
                of the text is lost.
            on_sentence: Called with each sentence as it begins to be heard (or can only be read).
            cancel: Stops the sound at once; the rest is left unheard.

        Raises:
            AudioUnavailable: The loudspeaker cannot be used, and no sentence was heard yet.
        """
        start_s = self._clock.monotonic()
        course = _Playback()
        for rendered in self._ahead(sentences, cancel):
            if course.was_interrupted or cancel.is_cancelled:
                course.was_interrupted = True
                course.unheard.append(rendered.sentence.text)
                continue
            self._speak(rendered, course, on_sentence, cancel)
        return SpeechOutcome(
            heard=" ".join(course.heard),
            unheard=" ".join(course.unheard),
            began_s=start_s if course.began_s is None else course.began_s,
            ended_s=start_s if course.ended_s is None else course.ended_s,
            was_interrupted=course.was_interrupted,
            failed=course.failed,
        )

    def close(self) -> None:
        """Release engine and device."""
        self._synthesizer.close()
        self._sink.close()

    def _speak(self, rendered: _Rendered, course: _Playback, on_sentence: OnSentence, cancel: Cancellation) -> None:
        sentence, sound = rendered.sentence, rendered.sound
        if not self._waited(sentence.pause_s, course, cancel):
            course.was_interrupted = True
            course.unheard.append(sentence.text)
            return
        on_sentence(sentence)
        course.failed = course.failed or rendered.failed
        if sound is None:  # a caption is all there is of it
            course.heard.append(sentence.text)
            return
        began_s = self._clock.monotonic()
        played_s = self._played(sound, course, cancel)
        if played_s > 0:
            course.began_s = began_s if course.began_s is None else course.began_s
            course.ended_s = self._clock.monotonic()
        heard, rest = spoken_prefix(sentence.text, sound, played_s)
        course.heard += [heard] if heard else []
        if rest:
            course.was_interrupted = True
            course.unheard.append(rest)

    def _waited(self, pause_s: float, course: _Playback, cancel: Cancellation) -> bool:
        """Whether the patient was left its pause."""
        silence = _silence(pause_s)
        return not len(silence.samples) or _is_all(silence, self._played(silence, course, cancel))

    def _played(self, sound: Sound, course: _Playback, cancel: Cancellation) -> float:
        """Return how much of a sound was heard; all of it where the loudspeaker failed and only captions are left.

        Raises:
            AudioUnavailable: The loudspeaker cannot be used, and no sentence was heard yet.
        """
        try:
            return self._sink.play(sound, cancel)
        except AudioUnavailable as error:
            # Nothing was heard yet, so the caller can still treat the whole turn as text.
            if course.began_s is None:
                raise
            course.failed = course.failed or error
            return sound.duration_s

    def _ahead(self, sentences: Iterable[DeliveredSentence], cancel: Cancellation) -> Iterator[_Rendered]:
        """Render on a separate thread, so that the next sentence is ready when one ends."""
        rendered = (self._rendered(sentence, cancel) for sentence in sentences)
        with streamed_from_thread(lambda: rendered, "rendering") as ready:
            yield from ready

    def _rendered(self, sentence: DeliveredSentence, cancel: Cancellation) -> _Rendered:
        if not sentence.aloud or cancel.is_cancelled:
            return _Rendered(sentence, None)
        try:
            return _Rendered(sentence, self._synthesizer.render(sentence.aloud, sentence.style, cancel))
        except Cancelled:
            return _Rendered(sentence, None)
        except AudioUnavailable as error:
            return _Rendered(sentence, None, error)


def spoken_prefix(text: str, sound: Sound, played_s: float) -> tuple[str, str]:
    """Return which words of a sentence were heard, and the rest; never more than was played.

    Engines do not say when a word is spoken, so the voiced stretch of the sound is shared out over the words by
    their letters; a word counts as heard when the whole of its share was played.
    """
    if _is_all(sound, played_s):
        return text, ""
    first_s, last_s = _voiced(sound)
    words = list(re.finditer(r"\S+\s*", text))
    letters = sum(len(word.group()) for word in words)
    share = (played_s - first_s) / (last_s - first_s) if last_s > first_s else 0.0
    end, spoken = 0, 0
    for word in words:
        spoken += len(word.group())
        if spoken > share * letters:
            break
        end = word.end()
    return text[:end].strip(), text[end:].strip()


def _is_all(sound: Sound, played_s: float) -> bool:
    return played_s >= sound.duration_s - 1 / sound.rate


def _voiced(sound: Sound) -> tuple[float, float]:
    loud = np.abs(sound.samples)
    above = np.flatnonzero(loud > _VOICED_SHARE * loud.max(initial=0.0))
    if not len(above):
        return 0.0, sound.duration_s
    return above[0] / sound.rate, (above[-1] + 1) / sound.rate


def _silence(seconds: float) -> Sound:
    return Sound(np.zeros(round(seconds * _SILENCE_RATE), np.float32), _SILENCE_RATE)
