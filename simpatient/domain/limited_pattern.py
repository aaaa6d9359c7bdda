r"""Authors' regular expressions, which may neither hang a session nor slow it down unnoticed.

A pattern such as ``(\w+\s?)+!`` takes twice as long with each further letter of a line it does not fit. Here every
search has a time limit: ``slow_on`` finds such patterns when content is checked, and at run time a search beyond the
limit counts as not found and is logged.
"""

import logging
from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import Any

import regex

from simpatient.domain.required_text import lowered, required_texts

LIMIT_S = 0.25
# Longer: a busy computer must not make an author's good pattern look bad.
CHECK_LIMIT_S = 1.0
PatternError = regex.error
_log = logging.getLogger(__name__)
# A line of a talk has a few hundred letters; a pattern must cope with this many of one kind.
_PROBE_LETTERS = 1_000
_MOST_PROBES = 12
_COMMON = ("word ", "a", " ", "1", "I'm ")


class LimitedPattern:
    """A pattern, letters of either case alike; compiled for the first line that it may fit.

    Args:
        text: The pattern, in the syntax of Python's ``re``.
        flags: Further flags of the ``regex`` library.

    Raises:
        PatternError: It is none. A mistake only the library sees is found when the pattern is compiled.
    """

    def __init__(self, text: str, flags: int = 0) -> None:
        self.text = text
        self._flags = flags
        self._required = None if flags & regex.VERBOSE else required_texts(text)
        if self._required is None:
            _ = self._compiled

    @cached_property
    def _compiled(self) -> Any:
        return regex.compile(self.text, regex.IGNORECASE | regex.VERSION0 | self._flags)

    def _may_fit(self, line: str) -> bool:
        if self._required is None or (plain := lowered(line)) is None:
            return True
        for text in self._required:  # noqa: SIM110 - half as slow as any(), some hundred times a line
            if text in plain:
                return True
        return False

    def search(self, line: str) -> "regex.Match[str] | None":
        """Return the first place that fits; None where there is none, or where looking takes too long."""
        return next(self.finditer(line), None) if self._may_fit(line) else None

    def finditer(self, line: str) -> "Iterator[regex.Match[str]]":
        """Yield the places that fit, until looking takes too long."""
        if not self._may_fit(line):
            return
        try:
            yield from self._compiled.finditer(line, timeout=LIMIT_S)
        except TimeoutError:
            _log.warning("A pattern in the content takes too long and was skipped: %s", self.text)

    def slow_on(self) -> str:
        """Return the beginning of a long line on which a search takes too long; '' if there is none among the usual.

        Raises:
            PatternError: It is no pattern.
        """
        for line in _probes(self.text):
            try:
                self._compiled.search(line, timeout=CHECK_LIMIT_S)
            except TimeoutError:
                return line[:20]
        return ""


@lru_cache(maxsize=4096)
def limited_pattern(text: str, flags: int = 0) -> LimitedPattern:
    """Return the compiled pattern; many personas share most of theirs.

    Raises:
        PatternError: It is none.
    """
    return LimitedPattern(text, flags)


def _probes(pattern: str) -> Iterator[str]:
    """Yield long lines of a pattern's own letters, and of what talk is made of; none has a usual end."""
    own = dict.fromkeys(sign for sign in pattern if sign.isalnum())
    literal = "".join(own)[:40]
    # Out of reach, but there: else a search that first looks for what must be found would stop at once.
    end = "\x01" + "".join(dict.fromkeys(sign for sign in pattern if sign.isprintable() and not sign.isspace()))
    for unit in dict.fromkeys((*_COMMON, literal, *list(own)[:_MOST_PROBES])):
        if unit:
            yield (unit * _PROBE_LETTERS)[:_PROBE_LETTERS] + end
