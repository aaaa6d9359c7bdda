"""Cuts a turn into utterances: the spans that get behaviour codes. Must not know any code.

An utterance is a sentence, or the statement before a question in the same sentence ("You're worried,
what would help?" is two). Offsets are exact; any string is accepted.
"""

import re

from simpatient.domain.text import ABBREVIATIONS, TextSpan, sentence_spans, stripped

# A turn of thousands of sentences is not speech; the rest becomes one last utterance, so that the
# cost of coding stays bounded.
MAX_UTTERANCES = 40
# The coder that ships was fitted on utterances that treat "no." as short for "number".
_SHORT = ABBREVIATIONS | {"no"}
_QUESTION_START = re.compile(
    r"(?P<mark>,|;|:|\s[-–—]+|[–—]|-{2})\s*(?:(?:and|but|so|or|then|okay|well|tell me)[,\s]+){0,2}"
    r"(?=(?:what|how|why|when|where|who|which|do|does|did|would|could|can|are|is|was|were|have|has|had|will|may|shall)"
    r"(?:'s|'re|n't)?\s+\w+)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_STATEMENT_START = re.compile(
    r"(?:what|how|why|when|where|who|which|do|does|did|would|could|can|are|is|was|were|have|has|will|if|whether)\b",
    re.IGNORECASE,
)
_MIN_STATEMENT_WORDS = 3
_MAX_SPLIT_CHARACTERS = 2000
_MIN_QUESTION_WORDS = 4


def segment(text: str) -> tuple[TextSpan, ...]:
    """Return the utterances of a turn in order, none overlapping, none blank; empty for blank text."""
    spans = [part for sentence in _sentences(text) for part in _split_off_question(text, sentence)]
    if not spans and text.strip():
        spans = [TextSpan(len(text) - len(text.lstrip()), len(text.rstrip()))]
    if len(spans) > MAX_UTTERANCES:
        spans = [*spans[: MAX_UTTERANCES - 1], TextSpan(spans[MAX_UTTERANCES - 1].start, spans[-1].end)]
    return tuple(spans)


def _sentences(text: str) -> list[TextSpan]:
    # What follows so many becomes part of the last utterance.
    return sentence_spans(text, abbreviations=_SHORT, most=4 * MAX_UTTERANCES + 1)


def _split_off_question(text: str, span: TextSpan) -> list[TextSpan]:
    sentence = text[span.start : span.end]
    if len(sentence) > _MAX_SPLIT_CHARACTERS or "?" not in sentence[-3:] or _STATEMENT_START.match(sentence):
        return [span]
    cuts = [match for match in _QUESTION_START.finditer(sentence) if _is_worth_a_cut(sentence, match)]
    if not cuts:
        return [span]
    cut = cuts[-1].end("mark")
    parts = (TextSpan(span.start, span.start + cut), TextSpan(span.start + cut, span.end))
    return [part for raw in parts if (part := stripped(text, raw)) is not None]


def _is_worth_a_cut(sentence: str, match: re.Match[str]) -> bool:
    """Both sides must stand alone; a short tail ("is that right?") belongs to its statement."""
    before = len(_WORD.findall(sentence[: match.start()]))
    after = len(_WORD.findall(sentence[match.end() :]))
    return before >= _MIN_STATEMENT_WORDS and after >= _MIN_QUESTION_WORDS
