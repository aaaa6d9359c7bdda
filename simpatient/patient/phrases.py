"""Word-start phrase matching, the one way lexical lists are applied to text."""

import re
from collections.abc import Iterable
from functools import lru_cache

_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'"})


def normalise(text: str) -> str:
    """Return the text with one kind of apostrophe, so that a phrase list needs only one form."""
    return text.translate(_APOSTROPHES)


@lru_cache(maxsize=4096)
def _pattern(phrases: tuple[str, ...]) -> re.Pattern[str]:
    alternatives = "|".join(re.escape(normalise(phrase)) for phrase in sorted(phrases, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{alternatives})", re.IGNORECASE)


def first_phrase(text: str, phrases: Iterable[str]) -> str | None:
    """Return the first listed phrase found at a word start of ``text``, as written there."""
    wanted = tuple(phrases)
    if not wanted:
        return None
    found = _pattern(wanted).search(normalise(text))
    return found.group(0) if found else None
