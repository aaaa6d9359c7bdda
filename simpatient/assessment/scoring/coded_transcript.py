"""Finds the moments a rubric or a guide describes: codes, phrases, runs, echoes, what followed what.

Everything looked for is data (``domain.content.rubric.Pattern``); no code, phrase or rubric is named here.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from simpatient.assessment.scoring.speaking_times import speaking_times
from simpatient.assessment.scoring.volleys import PHRASE_WORDS, Span, Volley, is_list, volleys_of, words
from simpatient.domain.assessment.speaking_times import SpeakingTimes
from simpatient.domain.content.rubric import Pattern
from simpatient.domain.session.session import CodedTurn
from simpatient.domain.text import sentence_spans

_PART = re.compile(r"\w+")
# From this share of at least so many words on a sentence is the other's, as in the rubrics' own `parroted`.
ECHO_FROM = 0.9
ECHO_WORDS = 4


@dataclass(frozen=True)
class Hit:
    """A volley (by position, from 0) that carries a label, with the words that show it."""

    at: int
    spans: tuple[Span, ...]


class CodedTranscript:
    """A transcript with every label found in it: utterance codes, talk types and patterns."""

    def __init__(self, volleys: tuple[Volley, ...], turns: Sequence[CodedTurn] = ()) -> None:
        self.volleys = volleys
        self._turns = turns
        self._hits: dict[str, dict[int, tuple[Span, ...]]] = {}
        self._echoed: dict[str, dict[int, tuple[Span, ...]]] = {}
        self.chances: dict[str, int] = {}
        for at, volley in enumerate(volleys):
            for span in volley.spans:
                if volley.speaker == "trainee" and is_list(span.text, PHRASE_WORDS):
                    continue  # a list of terms is no behaviour, whatever it was coded as
                # Echoed words are kept apart: only a pattern that looks for echoes may use their codes.
                shelf = self._echoed if self.is_echo(span.text, at) else self._hits
                spans = shelf.setdefault(span.code, {})
                spans[at] = (*spans.get(at, ()), span)

    @cached_property
    def times(self) -> SpeakingTimes | None:
        """How the talk was spoken; None when it was typed."""
        return speaking_times(self._turns)

    def waited(self, at: int) -> float | None:
        """Return the quiet before volley ``at``, seconds; None where it is not known."""
        row = self.times.row(self.volleys[at].turns[0].turn) if self.times is not None else None
        return row.waited_s if row is not None else None

    def lasted(self, at: int) -> float | None:
        """Return how long volley ``at`` lasted, seconds; None where it is not known."""
        times = self.times
        rows = [times.row(turn.turn) for turn in self.volleys[at].turns] if times is not None else []
        spoken = [row for row in rows if row is not None]
        return spoken[-1].end_s - spoken[0].start_s if spoken else None

    def hits(self, label: str) -> tuple[Hit, ...]:
        """Return the volleys that carry a label, in order."""
        return tuple(Hit(at, spans) for at, spans in sorted(self._hits.get(label, {}).items()))

    def spans(self, labels: Iterable[str], at: int) -> tuple[Span, ...]:
        """Return the words of volley ``at`` that carry one of the labels, in spoken order."""
        found = {span for label in labels for span in self._hits.get(label, {}).get(at, ())}
        return tuple(sorted(found, key=lambda span: (span.turn, span.start, span.end, span.code)))

    def carries(self, labels: Iterable[str], at: int) -> bool:
        """Return whether volley ``at`` (which may lie outside) carries one of the labels."""
        return any(at in self._hits.get(label, {}) for label in labels)

    def find(self, pattern: Pattern) -> None:
        """Look for a pattern and keep its hits under its id; earlier patterns may be named in it."""
        run, chances, found = 0, 0, {}
        for at, volley in enumerate(self.volleys):
            if volley.speaker != pattern.speaker:
                continue
            could = self._could(pattern, at)
            chances += could
            spans = self._matching(pattern, at) if could else ()
            run = run + 1 if spans else 0
            if spans and run >= pattern.in_a_row:
                found[at] = spans
        self._hits[pattern.id] = found
        self.chances[pattern.id] = chances

    def _could(self, pattern: Pattern, at: int) -> bool:
        follows = not pattern.after or self.carries(pattern.after, at - 1)
        earlier = not pattern.since or any(hit.at < at for hit in self.hits(pattern.since))
        low, high = pattern.part
        within = low <= at / len(self.volleys) < high
        return follows and earlier and within

    def _matching(self, pattern: Pattern, at: int) -> tuple[Span, ...]:
        """Return the words that make volley ``at`` match, or nothing."""
        volley = self.volleys[at]
        if self.carries(pattern.unless, at) or (pattern.min_words and len(words(volley.text)) < pattern.min_words):
            return ()
        if not self._is_timed_so(pattern, at):
            return ()
        spans = self._looked_for(pattern, at)
        if len(spans) < pattern.at_least:
            return ()
        return spans if self._echoes(spans, at, pattern.min_overlap) else ()

    def _is_timed_so(self, pattern: Pattern, at: int) -> bool:
        """Return whether volley ``at`` was spoken as the pattern says; what was typed never was."""
        if pattern.waited is not None:
            waited = self.waited(at)
            # Overlap makes a wait negative; for a pattern that is no wait at all.
            if waited is None or not pattern.waited[0] <= max(waited, 0.0) <= pattern.waited[1]:
                return False
        if pattern.lasts and (self.lasted(at) or 0.0) < pattern.lasts:
            return False
        return not pattern.breaks_in or self._breaks_in(at) is not None

    def _breaks_in(self, at: int) -> CodedTurn | None:
        times = self.times
        turns = self.volleys[at].turns if times is not None else ()
        return next((turn for turn in turns if times is not None and times.interruption(turn.turn)), None)

    def _shown_turn(self, pattern: Pattern, at: int) -> CodedTurn:
        return (self._breaks_in(at) if pattern.breaks_in else None) or self.volleys[at].turns[0]

    def _looked_for(self, pattern: Pattern, at: int) -> tuple[Span, ...]:
        if pattern.phrases:
            heard = not pattern.codes or self.carries(pattern.codes, at)
            said = said_spans(self.volleys[at], pattern) if heard else ()
            return tuple(span for span in said if pattern.min_overlap or not self.is_echo(span.text, at))
        if not pattern.codes:
            return _all_said(self._shown_turn(pattern, at), pattern.id)
        spans = self.spans(pattern.codes, at)
        if pattern.min_overlap:
            spans += tuple(span for code in pattern.codes for span in self._echoed.get(code, {}).get(at, ()))
        return tuple(span for span in spans if span.confidence >= pattern.min_confidence)

    def is_echo(self, text: str, at: int) -> bool:
        """Return whether a trainee only says again what the patient just said: that shows no skill."""
        if self.volleys[at].speaker != "trainee" or not at or len(words(text)) < ECHO_WORDS:
            return False
        return overlap(text, self.volleys[at - 1].text) >= ECHO_FROM

    def _echoes(self, spans: Sequence[Span], at: int, share: float) -> bool:
        if not share:
            return True
        before = self.volleys[at - 1].text if at else ""
        return all(overlap(span.text, before) >= share for span in spans)


def read(turns: Sequence[CodedTurn], scheme: str, patterns: Sequence[Pattern]) -> CodedTranscript:
    """Return the transcript with all codes of ``scheme``, talk types and patterns found in it."""
    reading = CodedTranscript(volleys_of(turns, scheme), turns)
    for pattern in patterns:
        reading.find(pattern)
    return reading


def overlap(text: str, before: str) -> float:
    """Return the share (0..1) of the words of ``text`` taken, each at most as often, from ``before``.

    Pronouns are compared as they stand: "you" for the other's "I" is listening, "I" for "I" is an echo.
    """
    there, mine = list(words(before)), words(text)
    taken = 0
    for word in mine:
        if word in there:
            there.remove(word)
            taken += 1
    return taken / len(mine) if mine else 0.0


def said_spans(volley: Volley, pattern: Pattern) -> tuple[Span, ...]:
    """Return the sentences of a volley in which one of the pattern's phrases is said."""
    found = []
    phrases = _any_phrase(pattern.phrases)
    for turn in volley.turns:
        if not _may_hold(pattern.phrases, turn.text):
            continue
        for start, end in sentence_spans(turn.text):
            said = turn.text[start:end]
            listed = volley.speaker == "trainee" and is_list(said, PHRASE_WORDS)
            if not listed and phrases.search(said.replace("’", "'")):
                found.append(Span(turn.turn, start, end, said, pattern.id, 1.0))
    return tuple(found)


@lru_cache(maxsize=512)
def _any_phrase(phrases: tuple[str, ...]) -> re.Pattern[str]:
    wordings = []
    for phrase in phrases:
        body = r"\s+".join(re.escape(word) for word in phrase.replace("’", "'").rstrip("*").split())
        wordings.append(body + (r"\w*" if phrase.endswith("*") else ""))
    return re.compile(r"(?<!\w)(?:" + "|".join(wordings) + r")(?!\w)", re.IGNORECASE)


def _may_hold(phrases: tuple[str, ...], text: str) -> bool:
    """Return whether a text has the longest word of any phrase: a quick no for most, before the slow search."""
    whole, beginnings = _longest_words(phrases)
    said = _words_in(text)
    return not whole.isdisjoint(said) or any(word.startswith(beginnings) for word in said)


@lru_cache(maxsize=512)
def _longest_words(phrases: tuple[str, ...]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the longest whole word of each phrase, and the beginnings that stand for one in the others."""
    whole, beginnings = set(), set()
    for phrase in phrases:
        parts = _PART.findall(phrase.lower())
        sure = parts[:-1] if phrase.endswith("*") else parts
        if sure:
            whole.add(max(sure, key=len))
        else:
            beginnings.add(parts[0] if parts else "")
    return frozenset(whole), tuple(beginnings)


@lru_cache(maxsize=4096)
def _words_in(text: str) -> frozenset[str]:
    return frozenset(_PART.findall(text.lower()))


def _all_said(turn: CodedTurn, label: str) -> tuple[Span, ...]:
    said = turn.text.strip()
    start = turn.text.index(said)
    return (Span(turn.turn, start, start + len(said), said, label, 1.0),)
