"""How near a sentence comes to what a persona has locked away, against all it may say freely.

The persona's own material is the measure: lines that disclose a fact on one side, free lines on the other. Names
are masked here, since sharing a name says little about sharing a secret. Must not know an encoder.
"""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simpatient.domain.content.guard_rules import Meaning, Nearness
from simpatient.domain.content.persona import Persona
from simpatient.domain.ports import Embeddings
from simpatient.domain.text import sentences
from simpatient.patient.phrases import normalise

FREE = ""
_UNTRUE, _UNTRUE_DENIAL = "untrue:", "untrue denial:"
_DENIAL = re.compile(r"n't\b|\b(?:no|not|never|none|nobody|nothing|neither|hardly|without)\b", re.IGNORECASE)
_SOMEONE = "someone"
_CAPITAL = re.compile(r"\b[A-ZÀ-Ý][a-zà-ÿ]{2,}\b")
_SHORTEST_LINE = 4  # words; a shorter part of a disclosing line discloses nothing by itself


def as_streamed(text: str) -> list[str]:
    """Return the sentences of a text, cut as those of an answer are while it arrives: like is held against like."""
    return sentences(text, growing=True)


def _with_parts(text: str, shortest: int = 1) -> tuple[str, ...]:
    return tuple(dict.fromkeys([text, *(part for part in as_streamed(text) if len(part.split()) >= shortest)]))


@dataclass(frozen=True)
class Wiper:
    """Takes names and asides out of a text before it is compared."""

    names: re.Pattern[str] | None
    asides: re.Pattern[str] | None

    def wiped(self, text: str) -> str:
        """Return the text without names and asides; as it is when nothing would be left."""
        plain = normalise(text)
        if self.names:
            plain = self.names.sub(_SOMEONE, plain)
        bare = self.asides.sub("", plain).strip(" ,") if self.asides else plain
        return bare if len(bare.split()) > 1 else plain


def make_wiper(persona: Persona, asides: Sequence[str]) -> Wiper:
    """Return what hides the persona's names: capitalised words of its file that are never written small."""
    told = [text for fact in persona.facts for text in (fact.text, *fact.tell)]
    known = "\n".join([persona.identity.relationships, *told])
    everything = "\n".join([known, persona.identity.culture, *(text for line in persona.lines for text in line.say)])
    small = set(re.findall(r"\b[a-zà-ÿ]+\b", everything))
    names = sorted({name for name in _CAPITAL.findall(known) if name.lower() not in small}, key=len, reverse=True)
    return Wiper(_any_of(names, r"\b(?:our\s+)?(?:(?:Dr|Mr|Mrs|Ms)\s+)?", re.NOFLAG), _any_of(asides, r",?\s*\b"))


def _any_of(words: Sequence[str], before: str, flags: re.RegexFlag = re.IGNORECASE) -> re.Pattern[str] | None:
    if not words:
        return None
    longest_first = sorted((re.escape(normalise(word)) for word in words), key=len, reverse=True)
    return re.compile(rf"{before}(?:{'|'.join(longest_first)})\b,?", flags) if words else None


def material(persona: Persona) -> tuple[tuple[str, str], ...]:
    """Return (fact id, line) of all a persona can tell, and of what is free, with an empty id.

    Lines that presuppose facts belong to neither side. What is never true is under an id no fact has.
    """
    told = [(f.id, part) for f in persona.facts for t in (f.text, *f.tell) for part in _with_parts(t, _SHORTEST_LINE)]
    slips = [(fact.id, text) for fact in persona.facts for text in fact.slips]
    wrong = [(f"{_untrue_of(text)}{fact.id}", text) for fact in persona.facts for text in fact.untrue]
    lines = [text for line in persona.lines if not line.reveals for text in line.say]
    deflections = [text for fact in persona.facts for text in fact.deflect]
    free = [(FREE, part) for text in (*lines, *deflections, *persona.open_talk) for part in _with_parts(text)]
    who = persona.identity
    public = (who.work, who.relationships, who.living_situation, who.culture, persona.formulation.presenting)
    return (*told, *slips, *wrong, *free, *((FREE, part) for text in public for part in as_streamed(text)))


@dataclass(frozen=True)
class LockedFacts:
    """A persona's material as vectors.

    Attributes:
        vectors: Shape ``(lines, 384)``.
        rows: Rows of each fact, and of what is free.
    """

    rule: Nearness
    wiper: Wiper
    vectors: Embeddings
    rows: dict[str, NDArray[np.intp]]

    def parts(self, text: str) -> tuple[str, ...]:
        """Return what of a text is compared: the whole, and its sentences that are long enough."""
        wiped = (self.wiper.wiped(part) for part in _with_parts(text))
        first, *rest = wiped
        return (first, *(part for part in rest if len(part.split()) >= self.rule.shortest))

    def nearest(self, parts: Sequence[str], vectors: Embeddings, allowed: Collection[str]) -> tuple[str, float]:
        """Return the locked fact one of the given parts comes nearest to, and its score over the threshold.

        Args:
            parts: What ``parts`` gave.
            vectors: Their vectors, shape ``(parts, 384)``.
            allowed: Ids of facts that are open.
        """
        others = (_UNTRUE if _untrue_of(part) == _UNTRUE_DENIAL else _UNTRUE_DENIAL for part in parts)
        scored = (self._of_part(self.vectors @ row, allowed, other) for row, other in zip(vectors, others, strict=True))
        return max(scored, key=lambda found: found[1])

    def _of_part(self, near: Embeddings, allowed: Collection[str], other: str) -> tuple[str, float]:
        # The formula and its weights are described in ``Nearness``.
        rule, top = self.rule, {name: _top(near[rows]) for name, rows in self.rows.items()}
        free = top[FREE]
        told = max((top[fact][0] for fact in allowed if fact in top), default=0.0)
        against = rule.open * free[0] + max(rule.told * max(told, 0.0), rule.around * float(free.mean()))
        scores = {
            name: rule.best * found[0] + rule.several * float(found[:3].mean()) - against
            for name, found in top.items()
            if name != FREE and name not in allowed and not name.startswith(other)
        }
        name = max(scores, key=scores.__getitem__, default="")
        return name, (float(scores[name]) - rule.threshold) if name else -1.0


def _top(near: Embeddings) -> Embeddings:
    return np.sort(near)[::-1][:5]


def _untrue_of(text: str) -> str:
    """Return the kind of an untrue line: vectors hardly distinguish a claim from its denial, so they are kept apart."""
    return _UNTRUE_DENIAL if _DENIAL.search(normalise(text)) else _UNTRUE


def wiped_material(persona: Persona, meaning: Meaning) -> tuple[tuple[str, str], ...]:
    """Return ``material`` as it is compared, and what any patient may say beside it."""
    wiper = make_wiper(persona, meaning.asides)
    own = tuple((name, wiper.wiped(text)) for name, text in material(persona))
    return (*own, *((FREE, text) for text in meaning.ordinary))


def locked_facts_of(persona: Persona, meaning: Meaning, encode: Callable[[Sequence[str]], Embeddings]) -> LockedFacts:
    """Make a persona's material ready to be compared with (about 1,500 short lines)."""
    lines = wiped_material(persona, meaning)
    rows: dict[str, list[int]] = {}
    for row, (name, _) in enumerate(lines):
        rows.setdefault(name, []).append(row)
    vectors = encode([text for _, text in lines])
    wiper = make_wiper(persona, meaning.asides)
    return LockedFacts(meaning.nearness, wiper, vectors, {name: np.array(found) for name, found in rows.items()})


def authored(persona: Persona) -> tuple[str, ...]:
    """Return every line a persona's author wrote to be said."""
    told = [text for fact in persona.facts for text in (*fact.tell, *fact.deflect)]
    return (*(text for line in persona.lines for text in line.say), *told)


def is_untrue(name: str) -> bool:
    """Whether an id of ``material`` is of something never true."""
    return name.startswith((_UNTRUE, _UNTRUE_DENIAL))


def fact_of(name: str) -> str:
    """Return the fact an id of ``material`` belongs to."""
    return name.removeprefix(_UNTRUE).removeprefix(_UNTRUE_DENIAL)
