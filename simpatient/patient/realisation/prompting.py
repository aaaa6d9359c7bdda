"""From persona and plan to chat messages: a fixed prompt, the talk so far, and a short director's note.

Everything a model is given comes through here, and nothing locked does: gated facts appear only in the note
of the turn that opens them, and any sentence of the persona that would give one away is left out of the
fixed prompt. Must not know where a model runs.
"""

import re
from collections.abc import Iterable, Sequence

from simpatient.domain.content.case import Case
from simpatient.domain.content.patient_prompt import PatientPrompt
from simpatient.domain.content.persona import CognitiveModel, Persona
from simpatient.domain.content.prompts import fill
from simpatient.domain.models.chat import Message
from simpatient.domain.session.session import Turn
from simpatient.domain.state import ReplyPlan
from simpatient.domain.text import sentence_pieces
from simpatient.patient.guard.line_guard import leaked_markers

SAMPLES = 8  # authored lines that let the model hear the voice
SAMPLE_ACTS = ("simple_reply", "recounting", "cognitive", "sustain_talk")
_BLANK = re.compile(r"\{([a-z_]+)\}")


def fixed_prompt(persona: Persona, case: Case, wording: PatientPrompt) -> str:
    """Return what the model reads once: who it plays, how they talk, and what it must never do."""
    who, speech, pattern = persona.identity, persona.speech, persona.formulation.relational_pattern
    values = {
        **{name: str(value) for name, value in who if isinstance(value, str | int)},
        "languages": _listed(who.languages, persona, wording),
        "presenting": persona.formulation.presenting,
        "setting": case.setting,
        "history": persona.cognition.history,
        "wish": pattern.wish,
        "expects": pattern.expects,
        "reaction": pattern.reaction,
        "coping": _listed(persona.cognition.coping, persona, wording),
        "rules": _listed((item.text for item in persona.cognition.intermediate), persona, wording),
        "situations": _listed((_situation(model) for model in persona.cognition.models), persona, wording),
        "style": wording.styles[speech.style],
        "vocabulary": speech.vocabulary,
        "dialect": speech.dialect,
        "fillers": _listed(speech.fillers, persona, wording),
        "never_says": _listed(speech.never_says, persona, wording),
        "samples": _listed(voice_samples(persona), persona, wording),
    }
    told = {name: without_locked(text, persona) or wording.none for name, text in values.items()}
    return fill(wording.system, told)


def director_note(plan: ReplyPlan, persona: Persona, wording: PatientPrompt) -> str:
    """Return the instruction for one reply; a line of the wording with nothing to say is left out."""
    facts = {fact.id: fact.text for fact in persona.facts}
    form = plan.resistance.form if plan.act == "resistance" else "none"
    values = {
        "act": wording.acts[plan.act],
        "reaction": wording.reactions.get(plan.reaction, ""),
        "talk": wording.talk.get(plan.talk, ""),
        "emotion": plan.emotion,
        "style": wording.styles[plan.style],
        "resistance": wording.resistance.get(form, ""),
        "tell": " ".join(facts[fact] for fact in plan.facts_to_tell),
        "may": " ".join(facts[fact] for fact in plan.facts_allowed if fact not in plan.facts_to_tell),
        "takes_back": " ".join(facts[fact] for fact in plan.takes_back),
        "sentences": str(plan.max_sentences),
        "words": str(plan.max_words),
    }
    lines = (_filled_line(line, values) for line in wording.note.splitlines())
    return "\n".join(line for line in lines if line is not None)


def conversation(system: str, path: Sequence[Turn], wording: PatientPrompt) -> tuple[Message, ...]:
    """Return the messages of a branch: the fixed prompt, then every turn as it was said.

    The same turns always give the same messages, so that a model can keep what it has read.
    """
    spoken = [Message(role="assistant" if t.speaker == "patient" else "user", content=t.text) for t in path]
    return (Message(role="system", content=system), Message(role="user", content=wording.begin), *spoken)


def voice_samples(persona: Persona) -> tuple[str, ...]:
    """Return a few authored lines that presuppose nothing and give nothing away."""
    free = (
        line.say[0]
        for line in persona.lines
        if line.act in SAMPLE_ACTS and line.topic is None and not line.reveals and not line.deep
    )
    return tuple(text for text in free if not leaked_markers(text, persona.facts))[:SAMPLES]


def without_locked(text: str, persona: Persona) -> str:
    """Return the text without the sentences that hold a marker of a gated fact."""
    lines = (
        "".join(part for part in sentence_pieces(line) if not leaked_markers(part, persona.facts)).strip()
        for line in text.splitlines()
    )
    return "\n".join(line for line in lines if line)


def _situation(model: CognitiveModel) -> str:
    return f"{model.situation}: thinks “{model.thought}”, feels {', '.join(model.emotions)}, {model.behaviour}"


def _listed(items: Iterable[str], persona: Persona, wording: PatientPrompt) -> str:
    """Return the items as a list; one that would give a gated fact away is left out whole."""
    free = (item for item in items if not leaked_markers(item, persona.facts))
    return "\n".join(f"- {item}" for item in free) or wording.none


def _filled_line(line: str, values: dict[str, str]) -> str | None:
    blanks = _BLANK.findall(line)
    if blanks and not any(values[blank] for blank in blanks):
        return None
    return fill(line, values)
