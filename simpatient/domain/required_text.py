"""What a line must hold for a regular expression to fit it, so that most need never be compiled or tried.

Compiling the few hundred patterns of a guard takes longer than anything else a start does, and nearly all of them
fit hardly any line. Where nothing can be said of a pattern, nothing is: it is then tried on every line.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from re import _parser  # type: ignore[attr-defined]  # the only reader of patterns there is; covered by tests
from typing import Any

# Letters beside their own capitals that stand for an ASCII letter (i, k or s) when case does not count.
_FOLDED_TO_ASCII = ("\u0130", "\u0131", "\u017f", "\u212a")
_WORTH_LETTERS = 4  # beyond this, a longer text is hardly rarer
_MOST_TEXTS = 400


@lru_cache(maxsize=8)  # some hundred patterns ask for the same line, one after the other
def lowered(line: str) -> str | None:
    """Return the line in small letters; None where a letter in it may count as one it does not look like."""
    if not line.isascii() and any(letter in line for letter in _FOLDED_TO_ASCII):
        return None
    return line.lower()


def required_texts(pattern: str) -> frozenset[str] | None:
    """Return texts, in small letters, of which a line must hold one for the pattern to fit; None when unknown."""
    if re.search(r"\{(?!\d+,?\d*\}|,\d+\})", pattern):
        return None  # in ``regex`` braces may allow for mistakes; in ``re`` they would be plain letters
    try:
        return _of_sequence(_parser.parse(pattern, re.IGNORECASE))
    except (re.error, OverflowError, RecursionError):
        return None


def _of_sequence(items: Iterable[tuple[Any, Any]]) -> frozenset[str] | None:
    found = [texts for texts in _candidates(items) if texts and len(texts) <= _MOST_TEXTS]
    return max(found, key=_rarity, default=None)


def _candidates(items: Iterable[tuple[Any, Any]]) -> Iterator[frozenset[str] | None]:
    run = ""
    for operation, argument in items:
        name = str(operation)
        if name == "LITERAL" and argument < 128:
            run += chr(argument).lower()
        elif name != "AT":  # places such as ``\b`` are between letters and part no text
            if run:
                yield frozenset({run})
            run = ""
            yield _of_item(name, argument)
    if run:
        yield frozenset({run})


def _of_item(name: str, argument: Any) -> frozenset[str] | None:
    if name == "SUBPATTERN":
        return _of_sequence(argument[-1])
    if name == "ATOMIC_GROUP":
        return _of_sequence(argument)
    if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        return _of_sequence(argument[-1]) if argument[0] > 0 else None
    return _of_branches(argument[1]) if name == "BRANCH" else None


def _of_branches(branches: Iterable[Any]) -> frozenset[str] | None:
    found: set[str] = set()
    for branch in branches:
        texts = _of_sequence(branch)
        if texts is None:
            return None
        found |= texts
    return frozenset(found)


def _rarity(texts: frozenset[str]) -> tuple[int, int]:
    return min(_WORTH_LETTERS, *map(len, texts)), -len(texts)
