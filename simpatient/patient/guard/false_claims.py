"""Contradictions: what a line claims about a life, held against what the persona's file says of it.

Generic code; what is claimed how is data (``assets/guard``). Knows no particular persona.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import regex

from simpatient.domain.content.guard_rules import Claim, GuardRules, Mention, Quantity, Section
from simpatient.domain.content.persona import Persona
from simpatient.domain.limited_pattern import LimitedPattern, limited_pattern
from simpatient.patient.phrases import normalise

_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_UNITS = tuple(f"zero one two three four five six seven eight nine {_TEENS}".split(" "))
_TENS = tuple(f"{word}ty" for word in ("twen", "thir", "for", "fif", "six", "seven", "eigh", "nine"))
_NUMBER = rf"(?:1?\d?\d|(?:{'|'.join(_TENS)})(?:[\s-](?:{'|'.join(_UNITS[1:10])}))?|{'|'.join(reversed(_UNITS))})(?!\w)"

Pattern = LimitedPattern


@dataclass(frozen=True)
class _AnswerPattern:
    """Patterns that claim something the persona's sections do not bear out."""

    claim: str
    pattern: Pattern


@dataclass(frozen=True)
class _Numbers:
    claim: str
    patterns: tuple[Pattern, ...]
    known: dict[str, frozenset[int]]


@dataclass(frozen=True)
class _MentionPatterns:
    claim: str
    patterns: tuple[Pattern, ...]
    known: str
    ties: dict[str, frozenset[str]] | None

    def bears_out(self, hit: regex.Match[str]) -> bool:
        """Whether the persona's sections have the word, or tie it to no one else."""
        word = hit.group("word")
        if self.ties is None:
            return re.search(rf"\b{re.escape(word)}", self.known, re.IGNORECASE) is not None
        holders = {of for of, words in self.ties.items() if word.lower() in words}
        return not holders or _of(hit) in holders


@dataclass(frozen=True)
class KnownLife:
    """What lines must not contradict, compiled for one persona."""

    answers: tuple[_AnswerPattern, ...]
    numbers: tuple[_Numbers, ...]
    words: tuple[_MentionPatterns, ...]

    def contradicted(self, text: str) -> Iterator[str]:
        """Yield what a line gets wrong, as ``claim: words``."""
        plain = normalise(text)
        for answer in self.answers:
            if hit := answer.pattern.search(plain):
                yield f"{answer.claim}: {hit.group(0)}"
        for numbers in self.numbers:
            yield from _wrong_numbers(numbers, plain)
        for words in self.words:
            for hit in _hits(words.patterns, plain):
                if not words.bears_out(hit):
                    yield f"{words.claim}: {hit.group(0)}"


def known_life(persona: Persona, rules: GuardRules) -> KnownLife:
    """Read from a persona's sections what its lines may claim."""
    sections = _sections(persona)
    return KnownLife(
        answers=tuple(answer for claim in rules.claims for answer in _answers(claim, sections)),
        numbers=tuple(found for quantity in rules.quantities if (found := _numbers(quantity, sections)).known),
        words=tuple(_words(mention, sections) for mention in rules.mentions),
    )


def number_in(words: str) -> int:
    """Return the number written in digits or words, up to 199; raises ``ValueError`` for anything else."""
    plain = words.lower().replace("-", " ").split()
    if len(plain) == 1 and plain[0].isdigit():
        return int(plain[0])
    tens = (_TENS.index(plain[0]) + 2) * 10 if plain and plain[0] in _TENS else 0
    rest = plain[1:] if tens else plain
    return tens + (_UNITS.index(rest[0]) if rest else 0)


def compiled(pattern: str) -> Pattern:
    """Compile a pattern of the rules, ``{number}`` filled in; raises ``PatternError``."""
    return limited_pattern(pattern.replace("{number}", _NUMBER))


def _sections(persona: Persona) -> dict[Section, str]:
    """Return the persona's sections as text, a field a line; untrue public versions of facts are among them."""
    risk = [f"level: {persona.risk.true_level}", persona.risk.ideation, persona.risk.plan_or_means]
    return {
        "identity": "\n".join(f"{name}: {value}" for name, value in persona.identity.model_dump().items()),
        "formulation": "\n".join(f"{name}: {value}" for name, value in persona.formulation.model_dump().items()),
        "risk": "\n".join([*risk, f"history: {persona.risk.history}"]),
        "presentation": "\n".join(f"{s.name}: {s.severity} {s.note}" for s in persona.presentation.symptoms),
        "facts": "\n".join(fact.text for fact in persona.facts),
        "said": "\n".join([*(text for line in persona.lines for text in line.say), *_told(persona)]),
    }


def _told(persona: Persona) -> Iterator[str]:
    for fact in persona.facts:
        yield from (*fact.tell, *fact.deflect)


def _text(look_in: Iterable[Section], sections: dict[Section, str]) -> str:
    return normalise("\n".join(sections[name] for name in look_in))


def _answers(claim: Claim, sections: dict[Section, str]) -> Iterator[_AnswerPattern]:
    text = _text(claim.look_in, sections)
    true = {v.id for v in claim.values if any(compiled(p).search(text) for p in v.known_by)}
    true = true or ({claim.otherwise} if claim.otherwise else set())
    for value in claim.values:
        if true and value.id not in true:
            yield from (_AnswerPattern(claim.id, compiled(pattern)) for pattern in value.said_by)


def _numbers(quantity: Quantity, sections: dict[Section, str]) -> _Numbers:
    known: dict[str, set[int]] = {}
    for hit in _hits(tuple(compiled(p) for p in quantity.known_by), _text(quantity.look_in, sections)):
        known.setdefault(_of(hit), set()).add(number_in(hit.group("n")))
    patterns = tuple(compiled(pattern) for pattern in quantity.said_by)
    return _Numbers(quantity.id, patterns, {name: frozenset(numbers) for name, numbers in known.items()})


def _words(mention: Mention, sections: dict[Section, str]) -> _MentionPatterns:
    patterns = tuple(compiled(pattern) for pattern in mention.said_by)
    known = _text(mention.look_in, sections)
    return _MentionPatterns(mention.id, patterns, known, _ties(mention, known) if mention.known_by else None)


def _ties(mention: Mention, known: str) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for hit in _hits(tuple(compiled(p) for p in mention.known_by), known):
        found.setdefault(_of(hit), set()).add(hit.group("word").lower())
    return {of: frozenset(words) for of, words in found.items()}


def _wrong_numbers(numbers: _Numbers, plain: str) -> Iterator[str]:
    for hit in _hits(numbers.patterns, plain):
        known = numbers.known.get(_of(hit))
        if known and number_in(hit.group("n")) not in known:
            yield f"{numbers.claim}: {hit.group(0)}"


def _hits(patterns: tuple[Pattern, ...], text: str) -> Iterator[regex.Match[str]]:
    for pattern in patterns:
        yield from pattern.finditer(text)


def _of(hit: regex.Match[str]) -> str:
    return (hit.groupdict().get("of") or "").lower()
