"""Word-start phrase matching, the one way lexical lists are applied to text."""

import re
from collections.abc import Iterable
from functools import lru_cache

from simpatient.domain.required_text import lowered

_APOSTROPHES = "’‘ʼ"


def normalise(text: str) -> str:
    """Return the text with one kind of apostrophe, so that a phrase list needs only one form."""
    for other in _APOSTROPHES:  # on all that a patient can say, ten times as fast as ``translate``
        text = text.replace(other, "'")
    return text


@lru_cache(maxsize=4096)
def _pattern(phrases: tuple[str, ...]) -> re.Pattern[str]:
    alternatives = "|".join(re.escape(normalise(phrase)) for phrase in sorted(phrases, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{alternatives})", re.IGNORECASE)


def first_phrase(text: str, phrases: Iterable[str]) -> str | None:
    """Return the first listed phrase found at a word start of ``text``, as written there."""
    wanted, plain = tuple(phrases), normalise(text)
    if not _may_hold(plain, wanted):
        return None
    found = _pattern(wanted).search(plain)
    return found.group(0) if found else None


def _may_hold(plain: str, phrases: tuple[str, ...]) -> bool:
    """Whether the text may hold a phrase; most lists fit no text that is said, and need no pattern."""
    line = lowered(plain)
    return line is None or any(phrase is None or phrase in line for phrase in _in_small_letters(phrases))


@lru_cache(maxsize=4096)
def _in_small_letters(phrases: tuple[str, ...]) -> tuple[str | None, ...]:
    plain = (normalise(phrase) for phrase in phrases)
    return tuple(phrase.lower() if phrase.isascii() else None for phrase in plain)
