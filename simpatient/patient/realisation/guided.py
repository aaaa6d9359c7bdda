"""The guided patient: chooses and joins authored lines by plan and by meaning.

Never repeats itself, asks back when it does not understand, says nothing a locked fact would need.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from random import Random

import numpy as np

from simpatient.domain.base import Value
from simpatient.domain.content.persona import Fact
from simpatient.domain.ports import Embeddings
from simpatient.domain.state import Act, GuardEvent, PatientState, ReplyPlan
from simpatient.patient.guard.line_guard import Guard
from simpatient.patient.understanding.intent_recogniser import REFLECTION_CODES
from simpatient.patient.understanding.persona_index import BAND_ORDER, PersonaIndex, Variant, line_id

# All four are added to the cosine between a line and the trainee's turn. The noise lets sessions with different
# seeds choose differently among lines that suit about equally well.
NOISE = 0.10
ACT_BONUS = 0.12
TALK_BONUS = 0.06
BAND_BONUS = 0.10
GENERIC_ACTS: tuple[Act, ...] = ("recounting", "cognitive", "affective", "simple_reply", "sustain_talk", "change_talk")
# Chance that more follows a reaction, by band: guarded patients let a reflection stand.
MORE_CHANCE = {"low": 0.35, "mid": 0.65, "high": 0.8}
WITHOUT_TOPIC = frozenset({"resistance", "silence", "closing", "not_understood", "request", "plan", "insight"})
# From this time on the patient remarks that it was asked before, where no line is left to say.
ASKED_BEFORE = 2
# What may be said before the answer to a question about safety, which coders often hear as advice or invitation.
BEFORE_RISK = frozenset({
    "confront", "warn", "insult", "dismissed", "simple_reflection", "complex_reflection", "support", "apology",
    "taken_back", "machine",
})  # fmt: skip
SILENT = "…"


class Realisation(Value):
    """What the patient says.

    Attributes:
        line_ids: Ids of the authored lines used.
        disclosed_facts: Facts disclosed by them.
        act: The act as realised.
        deep: Whether the words went deep.
    """

    text: str
    line_ids: tuple[str, ...] = ()
    disclosed_facts: tuple[str, ...] = ()
    act: Act
    deep: bool = False
    guard: tuple[GuardEvent, ...] = ()


@dataclass
class _Chosen:
    texts: list[str] = field(default_factory=list)
    disclosed_facts: tuple[str, ...] = ()
    deep: bool = False

    def add(self, variant: Variant | None) -> bool:
        if variant is None or variant.text in self.texts:
            return False
        self.texts.append(variant.text)
        self.deep = self.deep or variant.line.deep
        return True


class GuidedRealiser:
    """Turns a plan into authored words for one persona."""

    def __init__(self, index: PersonaIndex, guard: Guard) -> None:
        self._index = index
        self._guard = guard

    def opening(self, state: PatientState, random: Random) -> Realisation:
        """Return the patient's first words."""
        plan = ReplyPlan(act="opening", band=state.band)
        variants = [v for v in self._index.by_topic.get(None, ()) if v.line.act == "opening"]
        usable = self._usable(variants, plan, state)
        return self._words([random.choice(usable).text if usable else SILENT], plan)

    def realise(self, plan: ReplyPlan, state: PatientState, trainee: Embeddings, random: Random) -> Realisation:
        """Return words for the plan.

        Args:
            plan: What the patient will do.
            state: The state after the trainee's turn.
            trainee: Meaning vector of the trainee's turn, shape ``(384,)``.
            random: Seeded source of variety.
        """
        chosen = _Chosen()
        reacted = self._react(plan, state, random, chosen)
        if not reacted or self._adds_content(plan, random):
            self._add_content(plan, state, trainee, random, chosen)
        if not chosen.texts:
            chosen.add(self._pick_generic(plan, state, trainee, random, GENERIC_ACTS))
        if not chosen.texts:
            chosen.texts.append(SILENT)
        return self._words(self._within_length(chosen.texts, plan), plan, chosen)

    def _words(self, texts: list[str], plan: ReplyPlan, chosen: _Chosen | None = None) -> Realisation:
        chosen = chosen or _Chosen(texts)
        return Realisation(
            text=" ".join(texts),
            line_ids=tuple(line_id(text) for text in texts),
            disclosed_facts=chosen.disclosed_facts,
            act=plan.act,
            deep=chosen.deep,
        )

    def _react(self, plan: ReplyPlan, state: PatientState, random: Random, chosen: _Chosen) -> bool:
        if plan.reacts_to is None or plan.act in {"silence", "closing"} or _is_answered_whole(plan):
            return False
        if self._index.kinds.get(plan.intent or "") == "risk" and plan.reacts_to not in BEFORE_RISK:
            return False
        accurate = plan.accurate or plan.reacts_to not in REFLECTION_CODES
        lines = [v for v in self._index.reactions.get(plan.reacts_to, ()) if v.line.accurate == accurate]
        usable = self._usable(lines, plan, state)
        return chosen.add(random.choice(usable) if usable else None)

    def _adds_content(self, plan: ReplyPlan, random: Random) -> bool:
        if plan.takes_back:
            return False
        if plan.facts_to_tell or plan.act == "deflect" or plan.intent or plan.continues:
            return True
        if plan.reaction in {"challenged", "misunderstood"}:
            return random.random() < 0.3
        return random.random() < MORE_CHANCE[plan.band]

    def _add_content(
        self, plan: ReplyPlan, state: PatientState, trainee: Embeddings, random: Random, chosen: _Chosen
    ) -> None:
        if plan.facts_to_tell and self._disclose(plan, state, random, chosen):
            return
        if plan.act == "deflect" and self._deflect(plan, state, random, chosen):
            return
        if plan.act in WITHOUT_TOPIC and chosen.add(self._pick_generic(plan, state, trainee, random, (plan.act,))):
            return
        if any(chosen.add(self._pick(lines, plan, state, trainee, random)) for lines in self._about(plan)):
            return
        if plan.intent:
            exhausted = state.asked.get(plan.intent, 0) >= ASKED_BEFORE
            chosen.add(
                self._pick_generic(plan, state, trainee, random, ("asked_again" if exhausted else "not_understood",))
            )
        elif not chosen.texts:
            chosen.add(self._pick_generic(plan, state, trainee, random, (plan.act, *GENERIC_ACTS)))

    def _about(self, plan: ReplyPlan) -> Iterator[Iterable[Variant]]:
        """Yield the lines to choose from, the most to the point first."""
        by_topic = self._index.by_topic
        if plan.move and not plan.continues:
            yield by_topic.get(plan.move, ())
            return
        if plan.intent:
            yield by_topic.get(plan.intent, ())
            return
        if plan.topic and (plan.continues or self._index.kinds.get(plan.topic) != "risk"):
            # Not asked for: lines that only answer a question ("No. Never.") would hang in the air.
            yield [v for v in by_topic.get(plan.topic, ()) if v.line.act != "simple_reply"]
        if plan.move:
            yield by_topic.get(plan.move, ())

    def _disclose(self, plan: ReplyPlan, state: PatientState, random: Random, chosen: _Chosen) -> bool:
        fact = self._index.persona.fact(plan.facts_to_tell[0])
        usable = [text for text in fact.tell if self._is_sayable(text, plan, state)]
        if not usable:
            return False
        chosen.texts.append(random.choice(usable))
        chosen.disclosed_facts, chosen.deep = (fact.id,), chosen.deep or fact.deep
        return True

    def _deflect(self, plan: ReplyPlan, state: PatientState, random: Random, chosen: _Chosen) -> bool:
        facts: Iterable[Fact] = self._index.facts_by_topic.get(plan.intent or "", ())
        locked = [f for f in facts if f.id not in plan.facts_allowed]
        usable = [t for f in locked for t in f.deflect if self._is_sayable(t, plan, state)]
        if usable:
            chosen.texts.append(random.choice(usable))
        return bool(usable)

    def _pick_generic(
        self, plan: ReplyPlan, state: PatientState, trainee: Embeddings, random: Random, acts: tuple[Act, ...]
    ) -> Variant | None:
        lines = [
            v
            for v in self._index.by_topic.get(None, ())
            if v.line.act in acts and (v.line.act != "resistance" or self._form_fits(v, plan))
        ]
        return self._pick(lines, plan, state, trainee, random)

    @staticmethod
    def _form_fits(variant: Variant, plan: ReplyPlan) -> bool:
        return plan.resistance.form in {"none", variant.line.form}

    def _pick(
        self, variants: Iterable[Variant], plan: ReplyPlan, state: PatientState, trainee: Embeddings, random: Random
    ) -> Variant | None:
        """Return the best line: near in meaning, of the planned act and talk, as open as trust allows."""
        usable = self._usable(variants, plan, state)
        if not usable:
            return None
        rows = self._index.line_vectors[[v.row for v in usable]]
        scores = rows @ trainee
        bonus = [self._bonus(v, plan) + NOISE * random.random() for v in usable]
        return usable[int(np.argmax(scores + np.array(bonus, dtype=np.float32)))]

    @staticmethod
    def _bonus(variant: Variant, plan: ReplyPlan) -> float:
        line = variant.line
        return (
            (ACT_BONUS if line.act == plan.act else 0.0)
            + (TALK_BONUS if line.talk == plan.talk else 0.0)
            + BAND_BONUS * BAND_ORDER[line.trust]
        )

    def _usable(self, variants: Iterable[Variant], plan: ReplyPlan, state: PatientState) -> list[Variant]:
        told = {*state.facts_revealed, *plan.facts_to_tell} - {*state.taken_back, *plan.takes_back}
        return [
            v
            for v in variants
            if v.fits(plan.band)
            and set(v.line.reveals) <= told
            and told.isdisjoint(v.line.unless)
            and not (v.line.deep and state.deep_streak >= 2)
            and self._is_sayable(v.text, plan, state)
        ]

    def _is_sayable(self, text: str, plan: ReplyPlan, state: PatientState) -> bool:
        allowed = (*state.facts_revealed, *plan.facts_allowed, *plan.facts_to_tell)
        return line_id(text) not in state.used_lines and not self._guard.check(text, allowed, plan.max_words)

    @staticmethod
    def _within_length(texts: list[str], plan: ReplyPlan) -> list[str]:
        """Drop the reaction when both together would be too long; the content matters more."""
        total = sum(len(text.split()) for text in texts)
        return texts if total <= plan.max_words else texts[-1:]


def _is_answered_whole(plan: ReplyPlan) -> bool:
    """Whether the answer to a move says everything, so that no reaction goes before it."""
    return plan.move is not None and not plan.continues and not plan.facts_to_tell
