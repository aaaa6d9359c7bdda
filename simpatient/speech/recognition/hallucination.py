"""Whether a recogniser's words are accepted: given silence, a model still writes something.

Pure: rules and a reading in, a word for the reason out. Must not know which model it was, nor how it was run.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from simpatient.domain.models.recognisers import BeliefRules

SILENCE, REPETITION, PHRASE, TOO_FAST, UNSURE = "silence", "repetition", "silence_phrase", "too_fast", "unsure"
HINT = "hint"
# Why a more careful reading may find what a quick one did not.
WORTH_ANOTHER_READING = frozenset({REPETITION, TOO_FAST, UNSURE})
_WORD = re.compile(r"\w+")
_LONGEST_PHRASE = 12


@dataclass(frozen=True)
class WindowReading:
    """What was read in one window of sound, with the figures the model gave for it.

    Attributes:
        text: The words; may be empty.
        log_probability: Average over the tokens, natural logarithm.
        no_speech: The model's own probability that there was no speech, 0..1.
        compression: Length of the text over its compressed length.
        confidence: Mean probability of the words, 0..1.
        is_whole: The model came to an end by itself, before its tokens were more than anybody can say.
    """

    text: str
    log_probability: float
    no_speech: float
    compression: float
    confidence: float
    is_complete: bool = True


def why_rejected(reading: WindowReading, rules: BeliefRules) -> str:
    """Return why the words are not believed, in a word; '' when they are."""
    words = words_of(reading.text)
    if not words or (reading.no_speech > rules.no_speech and reading.log_probability < rules.log_probability):
        return SILENCE
    if _is_silence_phrase(words, reading, rules):
        return PHRASE
    if reading.compression > rules.compression or goes_in_circles(words, rules):
        return REPETITION
    if not reading.is_complete:
        return TOO_FAST
    return UNSURE if reading.log_probability < rules.hopeless_log_probability else ""


def repeats_hint(reading: WindowReading, hint: str, rules: BeliefRules) -> bool:
    """Whether the words are only those the model was given before, where it is not even sure that there was speech."""
    words, given = words_of(reading.text), words_of(hint)
    is_doubted = reading.no_speech >= rules.doubtful_no_speech or reading.confidence < rules.doubtful_confidence
    return bool(words) and is_doubted and any(given[at : at + len(words)] == words for at in range(len(given)))


def is_doubtful(reading: WindowReading, rules: BeliefRules) -> bool:
    """Whether accepted words may still improve with a more careful pass."""
    return reading.log_probability < rules.log_probability


def words_of(text: str) -> tuple[str, ...]:
    """Return the words in lower case, without punctuation; apostrophes within words go too."""
    return tuple(_WORD.findall(text.lower().replace("'", "").replace("’", "").replace("_", " ")))


def goes_in_circles(words: tuple[str, ...], rules: BeliefRules) -> bool:
    """Whether the same words come again and again in a row, more often than anyone says them."""
    longest = min(_LONGEST_PHRASE, len(words) // 2)
    for size in range(1, longest + 1):
        limit = rules.word_repeats if size == 1 else rules.phrase_repeats
        if _most_in_a_row(words, size) > limit:
            return True
    return False


def _most_in_a_row(words: tuple[str, ...], size: int) -> int:
    """Return how often a run of ``size`` words comes in a row, at most."""
    most = same = 0
    for at in range(len(words) - size):
        same = same + 1 if words[at] == words[at + size] else 0
        most = max(most, same)
    return most // size + 1


def _is_silence_phrase(words: tuple[str, ...], reading: WindowReading, rules: BeliefRules) -> bool:
    if _is_made_of(words, _phrases(rules.silence_phrases)):
        return True
    is_doubted = reading.no_speech >= rules.doubtful_no_speech or reading.confidence < rules.doubtful_confidence
    both = _phrases((*rules.silence_phrases, *rules.doubtful_phrases))
    return is_doubted and _is_made_of(words, both)


@lru_cache(maxsize=8)
def _phrases(texts: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    return frozenset(words_of(text) for text in texts)


def _is_made_of(words: tuple[str, ...], phrases: frozenset[tuple[str, ...]]) -> bool:
    """Whether the words are nothing but such phrases, one or several."""
    longest = max((len(phrase) for phrase in phrases), default=0)
    reached = {0}
    for end in range(1, len(words) + 1):
        if any(start in reached and words[start:end] in phrases for start in range(max(0, end - longest), end)):
            reached.add(end)
    return len(words) in reached
