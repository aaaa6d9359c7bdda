"""The guard: checks on every patient line, guided or generated, before it is shown or spoken."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from simpatient.domain.guard_rules import GuardRules
from simpatient.domain.persona import Fact, Persona
from simpatient.domain.state import GuardEvent
from simpatient.patient.matching import first_phrase, normalise

REMEMBERED = 4096


@dataclass(frozen=True)
class Profile:
    """What is fixed about a text: the rules it breaks and the facts whose markers it holds."""

    broken: tuple[GuardEvent, ...]
    marks: frozenset[str]
    words: int


class Guard:
    """Compiled rules for one persona.

    Authored lines are looked at again and again, so what is fixed about a text is worked out once.
    """

    def __init__(self, persona: Persona, rules: tuple[tuple[str, re.Pattern[str]], ...]) -> None:
        self._persona = persona
        self._rules = rules
        self._profile = lru_cache(maxsize=REMEMBERED)(self._look_at)

    def check(self, text: str, allowed: Collection[str], max_words: int) -> tuple[GuardEvent, ...]:
        """Return what is wrong with a line; empty when it may be shown.

        Args:
            text: The patient's words.
            allowed: Ids of facts that are told or open; markers of all others are stopped.
            max_words: Longest reply the plan allows.
        """
        profile = self._profile(text)
        leaked = sorted(profile.marks.difference(allowed))
        found = [*profile.broken, *(GuardEvent(rule="locked_fact", detail=fact, blocked_text=text) for fact in leaked)]
        if profile.words > max_words:
            found.append(GuardEvent(rule="length", detail=f"more than {max_words} words", blocked_text=text))
        return tuple(found)

    def _look_at(self, text: str) -> Profile:
        marks = frozenset(leaked_markers(text, self._persona.facts))
        return Profile((*self._by_rule(text), *self._unlike_the_persona(text)), marks, len(text.split()))

    def _by_rule(self, text: str) -> list[GuardEvent]:
        plain = normalise(text)
        hits = ((name, pattern.search(plain)) for name, pattern in self._rules)
        return [GuardEvent(rule=name, detail=hit.group(0), blocked_text=text) for name, hit in hits if hit]

    def _unlike_the_persona(self, text: str) -> list[GuardEvent]:
        word = first_phrase(text, self._persona.speech.never_says)
        return [GuardEvent(rule="never_says", detail=word, blocked_text=text)] if word else []


def make_guard(persona: Persona, rules: GuardRules) -> Guard:
    """Compile the rules for a persona."""
    compiled = tuple(
        (rule.id, re.compile("|".join(f"(?:{pattern})" for pattern in rule.patterns), re.IGNORECASE))
        for rule in rules.rules
    )
    return Guard(persona, compiled)


def leaked_markers(text: str, facts: tuple[Fact, ...]) -> tuple[str, ...]:
    """Return ids of the facts a text gives away by their markers."""
    return tuple(fact.id for fact in facts if first_phrase(text, fact.markers))
