"""A persona made searchable: the meaning vectors of everything it can be asked and can say."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from hashlib import blake2b

import numpy as np

from simpatient.domain.content.intents import IntentBank
from simpatient.domain.content.persona import Fact, Line, Persona
from simpatient.domain.ports import Embeddings, RememberingEncoder
from simpatient.domain.state import TrustBand

# Given how many of a patient's lines are ready, and how many there are.
OnPrepared = Callable[[int, int], None]
BAND_ORDER: dict[TrustBand, int] = {"low": 0, "mid": 1, "high": 2}


def line_id(text: str) -> str:
    """Return the id under which a said line is remembered; equal texts share it on purpose."""
    return blake2b(text.encode(), digest_size=5).hexdigest()


@dataclass(frozen=True)
class Variant:
    """One authored line ready to be said: its text, where it belongs and its row in the matrix."""

    text: str
    line: Line
    row: int

    @cached_property
    def id(self) -> str:
        """Return the id under which the line is remembered."""
        return line_id(self.text)

    @cached_property
    def words(self) -> int:
        """Return the number of words."""
        return len(self.text.split())

    def fits(self, band: TrustBand) -> bool:
        """Whether the line may be said in this trust band."""
        return BAND_ORDER[self.line.trust] <= BAND_ORDER[band] <= BAND_ORDER[self.line.until]


@dataclass(frozen=True)
class PersonaIndex:
    """Vectors of a persona's questions and lines, and look-ups by topic.

    Attributes:
        ask_ids: Intent or topic id of each row of ``asks``.
        asks: Shape ``(n_asks, 384)``.
        line_vectors: Shape ``(n_variants, 384)``; row ``Variant.row``.
        known: Vectors of what is true of the patient, for judging whether a reflection fits.
    """

    persona: Persona
    bank: IntentBank
    ask_ids: tuple[str, ...]
    asks: Embeddings
    variants: tuple[Variant, ...]
    line_vectors: Embeddings
    known: Embeddings

    @cached_property
    def own_topics(self) -> frozenset[str]:
        """Return the ids of the persona's own topics."""
        return frozenset(topic.id for topic in self.persona.topics)

    @cached_property
    def kinds(self) -> dict[str, str]:
        """Return the kind of every intent or topic id; own topics are questions."""
        return {**dict.fromkeys(self.own_topics, "question"), **{i.id: i.kind for i in self.bank.intents}}

    @cached_property
    def follow_ups(self) -> frozenset[str]:
        """Return the ids of the intents that ask to continue with the current topic."""
        return frozenset(intent.id for intent in self.bank.intents if intent.continues)

    @cached_property
    def by_topic(self) -> dict[str | None, tuple[Variant, ...]]:
        """Return content lines (no reactions) by topic; generic ones under ``None``."""
        found: dict[str | None, list[Variant]] = {}
        for variant in self.variants:
            if variant.line.act != "reaction":
                found.setdefault(variant.line.topic, []).append(variant)
        return {topic: tuple(items) for topic, items in found.items()}

    @cached_property
    def reactions(self) -> dict[str | None, tuple[Variant, ...]]:
        """Return reaction lines by the code or event they answer."""
        found: dict[str | None, list[Variant]] = {}
        for variant in self.variants:
            if variant.line.act == "reaction":
                found.setdefault(variant.line.to, []).append(variant)
        return {to: tuple(items) for to, items in found.items()}

    @cached_property
    def facts_by_topic(self) -> dict[str, tuple[Fact, ...]]:
        """Return facts by the topics that bring them up, the easiest gate first."""
        found: dict[str, list[Fact]] = {}
        for fact in sorted(self.persona.facts, key=lambda f: f.gate.trust):
            for topic in fact.topics:
                found.setdefault(topic, []).append(fact)
        return {topic: tuple(facts) for topic, facts in found.items()}

    @cached_property
    def keywords(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return (id, keywords) of everything with keywords; risk first, then the persona's own topics."""
        bank = sorted(self.bank.intents, key=lambda intent: intent.kind != "risk")
        risk = [(i.id, i.keywords) for i in bank if i.kind == "risk" and i.keywords]
        own = [(t.id, t.keywords) for t in self.persona.topics if t.keywords]
        rest = [(i.id, i.keywords) for i in bank if i.kind != "risk" and i.keywords]
        return (*risk, *own, *rest)


def _known_texts(persona: Persona) -> list[str]:
    texts = [persona.formulation.presenting, *(fact.text for fact in persona.facts)]
    if persona.change:
        texts += [reason.text for reason in (*persona.change.reasons_for, *persona.change.reasons_against)]
    texts += [belief.belief for belief in persona.cognition.core_beliefs]
    texts += [item.text for item in persona.cognition.intermediate]
    return texts + [f"{model.situation} {model.thought}" for model in persona.cognition.models]


def build_index(
    persona: Persona, bank: IntentBank, encoder: RememberingEncoder, on_prepared: OnPrepared | None = None
) -> PersonaIndex:
    """Encode everything the persona can be asked and can say (about 2,000 short texts, once per machine).

    Args:
        persona: Who is asked.
        bank: What every patient can be asked.
        encoder: Turns texts into vectors, and keeps them.
        on_prepared: Told how far it has come, when the persona is encoded for the first time.

    Raises:
        ModelUnavailable: The encoder's files are missing or damaged.
    """
    shared = [(intent.id, ask) for intent in bank.intents for ask in intent.asks]
    own = [(topic.id, ask) for topic in persona.topics for ask in (*topic.asks, topic.label)]
    variants = [(text, line) for line in persona.lines for text in line.say]
    known = _known_texts(persona)
    shared_vectors = encoder.encode_set(f"intents-{bank.id}", [ask for _, ask in shared])
    texts = [*(ask for _, ask in own), *(text for text, _ in variants), *known]
    on_done = partial(_tell, on_prepared, len(texts)) if on_prepared else None
    vectors = encoder.encode_set(f"persona-{persona.id}", texts, on_done=on_done)
    first_line, first_known = len(own), len(own) + len(variants)
    return PersonaIndex(
        persona=persona,
        bank=bank,
        ask_ids=tuple(ask_id for ask_id, _ in (*shared, *own)),
        asks=np.concatenate([shared_vectors, vectors[:first_line]]),
        variants=tuple(Variant(text, line, row) for row, (text, line) in enumerate(variants)),
        line_vectors=np.ascontiguousarray(vectors[first_line:first_known]),
        known=np.ascontiguousarray(vectors[first_known:]),
    )


def _tell(on_prepared: OnPrepared, total: int, done: int) -> None:
    on_prepared(done, total)
