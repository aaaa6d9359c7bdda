"""Cuts a coded transcript into volleys and checked, verbatim spans.

A volley is one speaker's uninterrupted speech; behaviours are counted per volley. A span whose words
are not in the transcript never gets further than this module. Must not know any rubric.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from simpatient.domain.assessment.codes import Speaker, Utterance
from simpatient.domain.assessment.score import Evidence
from simpatient.domain.session.session import CodedTurn

_REMEMBERED = 4096
_WORD = re.compile(r"\w+(?:['’\-]\w+)*")
# A sentence in so many parts of a word or two is a list of terms, not said to a person ("Warmth, respect, hope.");
# up to five words a part make it a list of set phrases. Real lists of things one could do have longer parts.
LIST_PARTS, TERM_WORDS, PHRASE_WORDS = 4, 2, 5
_ASIDE = re.compile(r"\([^()]*\)")


@dataclass(frozen=True)
class Span:
    """Words of a turn with what they were coded as; ``end`` is exclusive."""

    turn: int
    start: int
    end: int
    text: str
    code: str
    confidence: float

    def evidence(self, *, supports: bool = True) -> Evidence:
        """Return the span as a quote for or against a value."""
        return Evidence(turn=self.turn, start=self.start, end=self.end, quote=self.text, supports=supports)


@dataclass(frozen=True)
class Volley:
    """One speaker's uninterrupted speech: its turns, and its coded spans in spoken order."""

    speaker: Speaker
    turns: tuple[CodedTurn, ...]
    spans: tuple[Span, ...]

    @property
    def text(self) -> str:
        """Return all that was said, turns joined by a blank."""
        return " ".join(turn.text for turn in self.turns)


# Every rubric of a case looks at the same sentences again.
@lru_cache(maxsize=_REMEMBERED)
def words(text: str) -> tuple[str, ...]:
    """Return the spoken words in lower case; stage directions in brackets are not spoken."""
    return tuple(word.lower().replace("’", "'") for word in _WORD.findall(_ASIDE.sub(" ", text)))


@lru_cache(maxsize=_REMEMBERED)
def is_list(sentence: str, part_words: int = TERM_WORDS) -> bool:
    """Return whether a sentence only lists parts of ``part_words`` words on average, so that it shows no behaviour."""
    parts = [len(words(part)) for part in sentence.split(",")]
    return len(parts) >= LIST_PARTS and sum(parts) <= part_words * len(parts)


def whole_turn(turn: CodedTurn, code: str, confidence: float) -> Span | None:
    """Return a turn's whole text, blanks at the ends left out, as a span; None when it is blank."""
    return _span(turn, 0, len(turn.text), code, confidence)


def spans_of(turn: CodedTurn, scheme: str) -> tuple[Span, ...]:
    """Return the turn's spans: its utterances with their first code of ``scheme``, and its talk type."""
    found: list[Span | None] = []
    if turn.codes.talk is not None:
        found.append(whole_turn(turn, turn.codes.talk.code, turn.codes.talk.confidence))
    for utterance in turn.codes.utterances:
        label = next((label for label in utterance.codes if label.scheme == scheme), None)
        place = _place(turn.text, utterance)
        if label is not None and place is not None and not is_list(utterance.text):
            found.append(_span(turn, place[0], place[1], label.code, label.confidence))
    return tuple(span for span in found if span is not None)


def volleys_of(turns: Sequence[CodedTurn], scheme: str) -> tuple[Volley, ...]:
    """Return the volleys of a conversation in order; blank turns belong to no volley."""
    spoken = [turn for turn in turns if turn.text.strip()]
    groups = [(speaker, tuple(group)) for speaker, group in groupby(spoken, key=lambda turn: turn.speaker)]
    return tuple(
        Volley(speaker, group, tuple(span for turn in group for span in spans_of(turn, scheme)))
        for speaker, group in groups
    )


def _place(text: str, utterance: Utterance) -> tuple[int, int] | None:
    """Return where the utterance's words stand in the turn, or None when they do not."""
    if text[utterance.start : utterance.end] == utterance.text:
        return utterance.start, utterance.end
    at = text.find(utterance.text)
    return None if at < 0 else (at, at + len(utterance.text))


def _span(turn: CodedTurn, start: int, end: int, code: str, confidence: float) -> Span | None:
    said = turn.text[start:end]
    start += len(said) - len(said.lstrip())
    said = said.strip()
    return Span(turn.turn, start, start + len(said), said, code, confidence) if said else None
