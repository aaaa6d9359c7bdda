"""The guard's second stage, for generated lines: what a sentence means, beside how it is worded.

A generated sentence is held against examples of what each rule stops and against what the persona has locked
away; one batch of the encoder a line. Authored lines need none of this. Must not know where a model runs.
"""

from collections.abc import Collection, Sequence
from functools import cached_property
from threading import Lock

import numpy as np

from simpatient.domain.content.guard_rules import GuardRules, Meaning
from simpatient.domain.content.persona import Persona
from simpatient.domain.ports import Embeddings, RememberingEncoder
from simpatient.domain.state import GuardEvent
from simpatient.patient.guard.example_classifier import ExampleClassifier, fit_example_classifier
from simpatient.patient.guard.false_claims import compiled
from simpatient.patient.guard.line_guard import CONTRADICTION, LOCKED_FACT, Guard
from simpatient.patient.guard.locked_fact_similarity import (
    LockedFacts,
    as_streamed,
    authored,
    fact_of,
    is_untrue,
    locked_facts_of,
    wiped_material,
)
from simpatient.patient.phrases import normalise


class GeneratedGuard:
    """The lexical guard and, where the rules say how, the second stage; for one persona.

    Args:
        guard: The lexical guard of the same persona; what it stops is not checked further.
        persona: Whose lines these are.
        rules: What is stopped; without ``meaning`` the lexical guard stands alone.
        encoder: Turns sentences into vectors, and keeps the sets it has encoded.
    """

    def __init__(self, guard: Guard, persona: Persona, rules: GuardRules, encoder: RememberingEncoder) -> None:
        self._guard = guard
        self._encoder = encoder
        self._reader = MeaningReader(persona, rules, rules.meaning, encoder) if rules.meaning else None

    def prepare(self) -> None:
        """Encode and fit now, a second or two the first time on a machine, instead of at the first sentence.

        Raises:
            ModelUnavailable: The encoder's files are missing or damaged.
        """
        if self._reader:
            self._reader.prepare()

    def check(self, text: str, allowed: Collection[str], max_words: int) -> tuple[GuardEvent, ...]:
        """Return what is wrong with a generated line; empty when it may be shown.

        Args:
            text: The patient's words so far, the new sentence last.
            allowed: Ids of facts that are disclosed or open.
            max_words: Longest reply the plan allows.

        Raises:
            ModelUnavailable: The encoder cannot be run.
        """
        found = self._guard.check(text, allowed, max_words)
        if found or self._reader is None or not as_streamed(text):
            return found
        return self._reader.read(text, allowed)


class MeaningReader:
    """Reads lines for what they mean, with one persona's examples; made ready when first asked."""

    def __init__(self, persona: Persona, rules: GuardRules, meaning: Meaning, encoder: RememberingEncoder) -> None:
        self._persona = persona
        self._rules = rules
        self._meaning = meaning
        self._limits = {rule.id: rule.above for rule in rules.rules}
        self._unless = {rule.id: tuple(compiled(pattern) for pattern in rule.unless) for rule in rules.rules}
        self._encoder = encoder
        self._lock = Lock()

    def prepare(self) -> None:
        """Encode and fit, once."""
        with self._lock:
            _ = (self._likeness, self._secrets)

    def read(self, text: str, allowed: Collection[str]) -> tuple[GuardEvent, ...]:
        """Return what is wrong with a line of at least one sentence."""
        self.prepare()
        parts, said = self._secrets.parts(text), as_streamed(text)
        vectors = self._encoder.encode([*parts, *said])
        near, like = vectors[: len(parts)], vectors[len(parts) :]
        name, over = self._secrets.nearest(parts, near, allowed)
        return (*self._like_examples(said, like), *_secret(text, name, over))

    def _like_examples(self, said: Sequence[str], vectors: Embeddings) -> list[GuardEvent]:
        judged = [(one, *self._likeness.judge(one, vector)) for one, vector in zip(said, vectors, strict=True)]
        return [
            GuardEvent(rule=rule, detail=f"by its meaning ({score:.2f})", blocked_text=sentence)
            for sentence, rule, score in judged
            if score > self._limits[rule] and not self._excused(rule, sentence)
        ]

    def _excused(self, rule: str, sentence: str) -> bool:
        plain = normalise(sentence)
        return any(pattern.search(plain) for pattern in self._unless[rule])

    @cached_property
    def _likeness(self) -> ExampleClassifier:
        """Return the model of what rules stop, fitted with ordinary and the persona's own lines on the other side."""
        stopped = [(rule.id, text) for rule in self._rules.rules for text in rule.like]
        known = [*stopped, *(("", text) for text in (*self._meaning.ordinary, *self._own))]
        texts = [text for _, text in known]
        labels = [label for label, _ in known]
        weights = {"wording": self._meaning.wording, "strictness": self._meaning.strictness}
        return fit_example_classifier(texts, labels, self._encoded(texts), **weights)

    @cached_property
    def _secrets(self) -> LockedFacts:
        return locked_facts_of(self._persona, self._meaning, self._encoded)

    @cached_property
    def _own(self) -> tuple[str, ...]:
        texts = (*authored(self._persona), *self._persona.open_talk)
        return tuple(dict.fromkeys(part for text in texts for part in as_streamed(text)))

    @cached_property
    def _vectors(self) -> dict[str, Embeddings]:
        """Return all examples' vectors by text: one set for all personas, and one for this."""
        liked = (text for rule in self._rules.rules for text in rule.like)
        shared = tuple(dict.fromkeys([*liked, *self._meaning.ordinary]))
        common = frozenset(shared)
        compared = (text for _, text in wiped_material(self._persona, self._meaning))
        own = tuple(text for text in dict.fromkeys([*self._own, *compared]) if text not in common)
        sets = ((f"examples-{self._rules.id}", shared), (f"guard-{self._persona.id}", own))
        return {
            text: row
            for name, texts in sets
            for text, row in zip(texts, self._encoder.encode_set(name, texts), strict=True)
        }

    def _encoded(self, texts: Sequence[str]) -> Embeddings:
        return np.stack([self._vectors[text] for text in texts])


def _secret(text: str, name: str, over: float) -> tuple[GuardEvent, ...]:
    if over <= 0.0:
        return ()
    rule = CONTRADICTION if is_untrue(name) else LOCKED_FACT
    return (GuardEvent(rule=rule, detail=f"{fact_of(name)}, by its meaning ({over:+.2f})", blocked_text=text),)
