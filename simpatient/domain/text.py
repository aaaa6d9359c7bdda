"""What may be stored and shown of typed text, and where its sentences end. Must not know who said it or why."""

import re
import unicodedata
from collections.abc import Collection, Iterator
from itertools import pairwise
from typing import NamedTuple

LONGEST_TURN = 20_000


def without_surrogates(text: str) -> str:
    """Replace lone surrogates, which no model takes, one for one, so that offsets stay true."""
    return "".join("\ufffd" if "\ud800" <= letter <= "\udfff" else letter for letter in text)


def clean_text(text: str) -> str:
    """Return typed text without what no file, font or screen reader can take.

    Lone surrogates and control characters go (line breaks and tabs stay); the rest is untouched, in
    composed form (NFC), so that equal-looking texts are equal.
    """
    kept = (c for c in text if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs"})
    return unicodedata.normalize("NFC", "".join(kept)).strip()


class TextSpan(NamedTuple):
    """A stretch of a text: ``text[start:end]`` without outer white space."""

    start: int
    end: int


ABBREVIATIONS = frozenset(
    ["mr", "mrs", "ms", "dr", "prof", "st", "vs", "etc", "e.g", "i.e", "eg", "ie", "a.m", "p.m", "approx"]
)
# The look-behind lets a match begin only where a run of marks begins: without it 100 kB of dots would
# take quadratic time.
_SENTENCE_END = re.compile(r"(?<![.!?…。！？؟])[.!?…。！？؟]++[\"'”’)\]]*+(?=\s|$)|\n+")


def sentence_ends(
    text: str,
    *,
    growing: bool = False,
    abbreviations: Collection[str] = ABBREVIATIONS,
    most: int | None = None,
) -> Iterator[int]:
    """Yield where sentences end: after their marks and closing quotes, or at the end of a line.

    The end of the text itself is no end of a sentence unless a mark stands there.

    Args:
        text: Any text.
        growing: More may come, so nothing is decided by what follows: "So... you" is two sentences then, for a
            voice would rest there, and an abbreviation never ends one.
        abbreviations: Words, in lower case, whose full stop ends nothing as long as something follows.
        most: Look no further after so many.
    """
    start, found = 0, 0
    for match in _SENTENCE_END.finditer(text):
        if _ends_sentence(text, start, match, growing, abbreviations):
            start = match.end()
            yield start
            found += 1
            if most is not None and found >= most:
                return


def sentence_spans(
    text: str,
    *,
    growing: bool = False,
    abbreviations: Collection[str] = ABBREVIATIONS,
    most: int | None = None,
) -> list[TextSpan]:
    """Return the sentences that hold a letter or digit, in order; see ``sentence_ends``.

    With ``most``, all that follows so many ends is one last sentence.
    """
    ends = sentence_ends(text, growing=growing, abbreviations=abbreviations, most=most)
    edges = [0, *ends, len(text)]
    spans = (stripped(text, TextSpan(start, end)) for start, end in pairwise(edges))
    return [span for span in spans if span is not None]


def sentences(text: str, *, growing: bool = False) -> list[str]:
    """Return the sentences of a text that hold a letter or digit; see ``sentence_ends``."""
    return [text[span.start : span.end] for span in sentence_spans(text, growing=growing)]


def stripped(text: str, span: TextSpan) -> TextSpan | None:
    """Return a span without the white space at its ends; None if it holds neither letter nor digit."""
    piece = text[span.start : span.end]
    left = len(piece) - len(piece.lstrip())
    right = len(piece.rstrip())
    if left >= right or not any(letter.isalnum() for letter in piece):
        return None
    return TextSpan(span.start + left, span.start + right)


def sentence_pieces(text: str) -> list[str]:
    """Return a text cut after each sentence and the white space behind it; joined, they are the text."""
    return _cut(text, list(sentence_ends(text)))


def finished_sentences(text: str) -> tuple[list[str], str]:
    """Return the sentences of a growing text that nothing to come can change, and what is left of it.

    However a text arrives, the sentences are the same: one is finished as soon as white space follows it.
    """
    ends = [end for end in sentence_ends(text, growing=True) if end < len(text)]
    *finished, rest = _cut(text, ends)
    return finished, rest


def _cut(text: str, ends: list[int]) -> list[str]:
    edges = [0, *(len(text) - len(text[end:].lstrip()) for end in ends), len(text)]
    return [text[start:end] for start, end in pairwise(edges)]


def _ends_sentence(text: str, start: int, match: re.Match[str], growing: bool, abbreviations: Collection[str]) -> bool:
    mark = match.group()
    if "\n" in mark:
        return True
    # A trailing-off "So... you" continues in lower case; a full stop after an abbreviation ends nothing.
    follows = text[match.end() : match.end() + 2].strip()[:1]
    if not growing and mark.startswith(("..", "…")) and follows.islower():
        return False
    word = text[max(start, match.start() - 8) : match.start()].split()[-1:]
    is_short = bool(word) and word[0].lower().strip("(\"'") in abbreviations
    return not (mark == "." and is_short and (growing or follows != ""))
