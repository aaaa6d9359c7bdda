"""What must hold within a persona beyond its schema. The guard's own code judges the lines.

Knows no particular persona and no files.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import get_args

from simpatient.content.checking.known import Known, suggestion
from simpatient.content.reading.yaml_source import FieldPath
from simpatient.domain.content.persona import Fact, Line, Persona, Trigger
from simpatient.domain.state import GuardEvent, Reaction
from simpatient.patient.guard.line_guard import Guard, make_guard
from simpatient.patient.phrases import normalise
from simpatient.patient.planner import TAKEN_BACK
from simpatient.patient.understanding.persona_index import BAND_ORDER

LONGEST_LINE = 60
# Beside codes and events: the patient's own reactions, retracting, and what is said after the program has said
# honestly that it is a machine.
ANSWERED_REACTIONS = frozenset({*get_args(Reaction), "machine", TAKEN_BACK} - {"none"})
# Without these the guided patient has nothing to say at moments every session has.
NEEDED_ACTS = ("opening", "closing", "silence", "not_understood", "asked_again")


@dataclass(frozen=True)
class Problem:
    """Something wrong at a field, before file and line are known."""

    path: FieldPath
    message: str
    action: str = ""


def persona_problems(persona: Persona, known: Known) -> list[Problem]:
    """Return everything wrong in a persona beyond its schema."""
    parts = (_twice, _references, _facts, _lines, _dynamics, _coverage, _spoken)
    return [problem for part in parts for problem in part(persona, known)]


def missing(path: FieldPath, given: str, known: Collection[str], what: str) -> Iterator[Problem]:
    """Yield a problem when ``given`` is not among ``known``."""
    if given not in known:
        yield Problem(path, f'there is no {what} "{given}"', suggestion(given, known))


def unknown(path: FieldPath, given: str, known: Collection[str], what: str) -> Iterator[Problem]:
    """Do the same, but leave alone what cannot be judged because nothing of its kind is loaded."""
    if known:
        yield from missing(path, given, known, what)


def _twice(persona: Persona, known: Known) -> Iterator[Problem]:
    shared = known.intent_ids()
    for name, ids in (("facts", [f.id for f in persona.facts]), ("topics", [t.id for t in persona.topics])):
        for number, item_id in enumerate(ids):
            if item_id in ids[:number]:
                yield Problem((name, number, "id"), f'the id "{item_id}" is used twice', "Give one of them another id.")
            elif name == "topics" and item_id in shared:
                message = f'"{item_id}" is already a shared intent'
                yield Problem((name, number, "id"), message, "Give the topic another id.")


def _references(persona: Persona, known: Known) -> Iterator[Problem]:
    topics, facts = known.topics_of(persona), frozenset(fact.id for fact in persona.facts)
    for number, fact in enumerate(persona.facts):
        for at, topic in enumerate(fact.topics):
            yield from unknown(("facts", number, "topics", at), topic, topics, "topic or intent")
        for name in ("after", "or_act"):
            for at, code in enumerate(getattr(fact.gate, name)):
                yield from unknown(("facts", number, "gate", name, at), code, known.trainee_codes, "trainee code")
        for at, asked in enumerate(fact.gate.asked):
            yield from unknown(("facts", number, "gate", "asked", at), asked, topics, "topic or intent")
    for number, line in enumerate(persona.lines):
        if line.topic is not None:
            yield from unknown(("lines", number, "topic"), line.topic, topics, "topic or intent")
        for name in ("reveals", "unless"):
            for at, fact_id in enumerate(getattr(line, name)):
                yield from missing(("lines", number, name, at), fact_id, facts, "fact")


def _facts(persona: Persona, known: Known) -> Iterator[Problem]:
    groups = Counter(fact.contradiction_group for fact in persona.facts)
    for number, fact in enumerate(persona.facts):
        group = fact.contradiction_group
        if group is not None and groups[group] < 2:
            message = f'no other fact is in the contradiction group "{group}"'
            action = "Leave it out, or name it in the other fact."
            yield Problem(("facts", number, "contradiction_group"), message, action)
        if fact.early_approach == "discomfort" and not fact.deflect:
            message = "a fact the patient minds being asked about needs a deflect line"
            yield Problem(("facts", number, "deflect"), message)


def _lines(persona: Persona, known: Known) -> Iterator[Problem]:
    for number, line in enumerate(persona.lines):
        here: FieldPath = ("lines", number)
        if BAND_ORDER[line.trust] > BAND_ORDER[line.until]:
            yield Problem((*here, "until"), f'"until: {line.until}" is below "trust: {line.trust}"', "Swap them.")
        if line.act == "resistance" and line.form == "none":
            yield Problem((*here, "act"), "a resistance line needs its form", 'Add, for example, "form: minimal".')
        if line.act == "reaction":
            yield from _reaction(here, line, known)
        yield from _repeated((*here, "say"), line.say)
    for number, fact in enumerate(persona.facts):
        yield from _repeated(("facts", number, "tell"), fact.tell)
        yield from _repeated(("facts", number, "deflect"), fact.deflect)


def _reaction(here: FieldPath, line: Line, known: Known) -> Iterator[Problem]:
    if line.to is None:
        yield Problem((*here, "act"), "a reaction needs to say what it answers", 'Add, for example, "to: affirm".')
    elif known.trainee_codes and known.dynamics and known.intents:
        answers = known.trainee_codes | known.events | known.intent_ids("move") | ANSWERED_REACTIONS
        yield from unknown((*here, "to"), line.to, answers, "trainee code or event")


def _repeated(path: FieldPath, texts: tuple[str, ...]) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for number, text in enumerate(texts):
        plain = " ".join(normalise(text).lower().split())
        if plain in seen:
            yield Problem((*path, number), "the same words are already a variant of this group", "Remove one of them.")
        seen.setdefault(plain, number)


def _dynamics(persona: Persona, known: Known) -> Iterator[Problem]:
    movers = known.trainee_codes | known.events
    for name in persona.dynamics.sensitivity:
        if known.trainee_codes and known.dynamics:
            yield from unknown(("dynamics", "sensitivity", name), name, movers, "trainee code or event")
    for number, trigger in enumerate(persona.dynamics.triggers):
        yield from _trigger(("dynamics", "triggers", number), trigger, known)


def _trigger(here: FieldPath, trigger: Trigger, known: Known) -> Iterator[Problem]:
    given = [bool(trigger.phrases), trigger.code is not None, trigger.pattern is not None]
    if sum(given) != 1:
        yield Problem(here, "a trigger needs exactly one of phrases, code and pattern")
    if trigger.code is not None:
        yield from unknown((*here, "code"), trigger.code, known.trainee_codes, "trainee code")


def _coverage(persona: Persona, known: Known) -> Iterator[Problem]:
    acts = {line.act for line in persona.lines}
    for act in NEEDED_ACTS:
        if act not in acts:
            yield Problem(("lines",), f'there is no line with "act: {act}"', "Every session may need one.")
    for band in BAND_ORDER:
        if band not in persona.speech.sentence_ceiling:
            yield Problem(("speech", "sentence_ceiling"), f'missing field "{band}"')
    if persona.status == "published":
        yield from _unanswered(persona, known)


def _unanswered(persona: Persona, known: Known) -> Iterator[Problem]:
    """A draft may still have gaps; a published persona answers every ordinary intake and safety question."""
    answered = {line.topic for line in persona.lines} | {topic for fact in persona.facts for topic in fact.topics}
    for intent_id in sorted(known.intent_ids("question", "risk") - answered):
        yield Problem(("lines",), f'nothing answers the intent "{intent_id}"', f'Add lines with "topic: {intent_id}".')


def _spoken(persona: Persona, known: Known) -> Iterator[Problem]:
    """Run every authored line through the guard as at the moment when least may be said."""
    if known.guard is None:
        return
    guard = make_guard(persona, known.guard)
    yield from chain(
        *(_guarded(guard, ("lines", n, "say"), line.say, line.reveals) for n, line in enumerate(persona.lines)),
        *(_guarded_fact(guard, n, fact) for n, fact in enumerate(persona.facts)),
    )


def _guarded_fact(guard: Guard, number: int, fact: Fact) -> Iterator[Problem]:
    yield from _guarded(guard, ("facts", number, "tell"), fact.tell, (fact.id,))
    yield from _guarded(guard, ("facts", number, "deflect"), fact.deflect, ())


def _guarded(guard: Guard, path: FieldPath, texts: tuple[str, ...], revealed: tuple[str, ...]) -> Iterator[Problem]:
    for number, text in enumerate(texts):
        for event in guard.check(text, revealed, LONGEST_LINE):
            yield _stopped((*path, number), event, "reveals" if path[0] == "lines" else "")


def _stopped(path: FieldPath, event: GuardEvent, way: str) -> Problem:
    if event.rule == "locked_fact":
        action = f'Reword it, or add "reveals: [{event.detail}]".' if way else "Reword it, or choose another marker."
        return Problem(path, f'the line has a marker of the fact "{event.detail}", which may still be locked', action)
    if event.rule == "never_says":
        return Problem(path, f'the line has "{event.detail}", which the persona never says', "Reword it.")
    if event.rule == "length":
        return Problem(path, f"the line has {event.detail}", "Shorten it.")
    return Problem(path, f'the guard\'s rule "{event.rule}" stops the line (at "{event.detail}")', "Reword it.")
