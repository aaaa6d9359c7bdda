"""The guard: checks on every patient line, guided or generated, before it is shown or spoken.

Words decide: rules, markers of locked facts, claims about a life. Must not know a model or an encoder.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from simpatient.domain.content.guard_rules import GuardRules
from simpatient.domain.content.persona import Fact, Persona
from simpatient.domain.limited_pattern import LimitedPattern
from simpatient.domain.state import GuardEvent
from simpatient.patient.guard.false_claims import KnownLife, compiled, known_life
from simpatient.patient.phrases import first_phrase, normalise

REMEMBERED = 4096
NAME = "{name}"  # in a pattern: the patient's first name
CONTRADICTION = "contradiction"
LOCKED_FACT = "locked_fact"


@dataclass(frozen=True)
class Profile:
    """What is fixed about a text: the rules it breaks and the facts whose markers it holds."""

    broken: tuple[GuardEvent, ...]
    marks: frozenset[str]
    words: int


@dataclass(frozen=True)
class Guarded:
    """What lines are held against: a persona, compiled rules and the persona's known life."""

    persona: Persona
    rules: tuple[tuple[str, tuple[LimitedPattern, ...]], ...]
    life: KnownLife


class Guard:
    """Compiled rules for one persona.

    Authored lines are checked again and again, so what never changes about a text is computed once.
    """

    def __init__(self, against: Guarded) -> None:
        self._against = against
        self._profile = lru_cache(maxsize=REMEMBERED)(self._look_at)

    def check(self, text: str, allowed: Collection[str], max_words: int) -> tuple[GuardEvent, ...]:
        """Return what is wrong with a line; empty when it may be shown.

        Args:
            text: The patient's words.
            allowed: Ids of facts that are disclosed or open; markers of all others are stopped.
            max_words: Longest reply the plan allows.
        """
        profile = self._profile(text)
        leaked = sorted(profile.marks.difference(allowed))
        found = [*profile.broken, *(GuardEvent(rule=LOCKED_FACT, detail=fact, blocked_text=text) for fact in leaked)]
        if profile.words > max_words:
            found.append(GuardEvent(rule="length", detail=f"more than {max_words} words", blocked_text=text))
        return tuple(found)

    def _look_at(self, text: str) -> Profile:
        marks = frozenset(leaked_markers(text, self._against.persona.facts))
        return Profile((*self._by_rule(text), *self._unlike_the_persona(text)), marks, len(text.split()))

    def _by_rule(self, text: str) -> list[GuardEvent]:
        plain = normalise(text)
        hits = ((name, _first_hit(patterns, plain)) for name, patterns in self._against.rules)
        return [GuardEvent(rule=name, detail=hit, blocked_text=text) for name, hit in hits if hit is not None]

    def _unlike_the_persona(self, text: str) -> list[GuardEvent]:
        word = first_phrase(text, self._against.persona.speech.never_says)
        found = [GuardEvent(rule="never_says", detail=word, blocked_text=text)] if word else []
        wrong = self._against.life.contradicted(text)
        return found + [GuardEvent(rule=CONTRADICTION, detail=claim, blocked_text=text) for claim in wrong]


def make_guard(persona: Persona, rules: GuardRules) -> Guard:
    """Compile the rules for a persona."""
    name = re.escape(persona.identity.name.split()[0])
    patterns = tuple((rule.id, tuple(compiled(p.replace(NAME, name)) for p in rule.patterns)) for rule in rules.rules)
    return Guard(Guarded(persona, patterns, known_life(persona, rules)))


def leaked_markers(text: str, facts: tuple[Fact, ...]) -> tuple[str, ...]:
    """Return ids of the facts a text gives away by their markers."""
    return tuple(fact.id for fact in facts if first_phrase(text, fact.markers))


def _first_hit(patterns: tuple[LimitedPattern, ...], plain: str) -> str | None:
    hits = (pattern.search(plain) for pattern in patterns)
    return next((hit.group(0) for hit in hits if hit), None)
