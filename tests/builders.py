"""A small, complete world of content for tests: one persona with every kind of gate, line and trigger.

Markers are words that occur nowhere else, so that a test can look for them in anything said.
"""

from pathlib import Path
from typing import Any

import yaml

from simpatient.domain.assessment.codes import BehaviorCode, CodingScheme, Label, TurnCodes, Utterance, UtteranceLabel
from simpatient.domain.content.case import Case
from simpatient.domain.content.coaching import CoachingGuide
from simpatient.domain.content.curriculum import Curriculum
from simpatient.domain.content.dynamics_table import DynamicsTable
from simpatient.domain.content.guard_rules import GuardRules
from simpatient.domain.content.intents import IntentBank
from simpatient.domain.content.patient_prompt import PatientPrompt
from simpatient.domain.content.persona import Persona
from simpatient.domain.content.rubric import Rubric
from simpatient.domain.learning.drill import Drill
from simpatient.domain.people.actor import Actor
from tests.fakes import FakeLibrary

SCHEME = "simpatient"
# Whoever practises in a test, and somebody else.
ME, SOMEBODY = Actor(person_id="me"), Actor(person_id="somebody")
Content = dict[str, Any]

_MODEL = {
    "situation": "An empty pew.",
    "thought": "They manage without me.",
    "emotions": ["sad"],
    "behaviour": "Leaves.",
}


def codes_of(text: str, *codes: str, confidence: float = 0.9) -> TurnCodes:
    """Return codes for a whole text, one utterance per code."""
    labels = ((UtteranceLabel(scheme=SCHEME, code=code, confidence=confidence),) for code in codes)
    utterances = tuple(Utterance(start=0, end=len(text), text=text, codes=label) for label in labels)
    return TurnCodes(main=Label(code="other", confidence=confidence), utterances=utterances)


def _fact(fact_id: str, topic: str, trust: float, tell: list[str], marker: str, **more: Any) -> Content:
    gate = {"trust": trust, **more.pop("gate", {})}
    return {
        "id": fact_id, "text": f"About {fact_id}: {tell[0]}", "topics": [topic], "gate": gate, "tell": tell,
        "markers": [marker], "hint_of": f"Staying with {topic}.", **more,
    }  # fmt: skip


FACTS = [
    _fact("solo", "choir", 1.0, ["They gave the solo to Wrenfield.", "Wrenfield sings it now."], "wrenfield",
          gate={"asked": ["choir"]}),
    _fact("quarrel", "brother", 2.0, ["We fell out over the Ambercote house.", "Ambercote. That was the end of it."],
          "ambercote", gate={"after": ["complex_reflection"]}),
    _fact("letter", "brother", 2.5, ["He wrote once, from Quillhaven.", "One letter. Quillhaven stamp."], "quillhaven",
          gate={"or_act": ["affirm"]}, contradiction_group="letters"),
    _fact("letters", "brother", 3.0, ["He wrote every month. I kept them in the Osmund tin.", "The Osmund tin is full."],
          "osmund", contradiction_group="letters", retractable=True),
    _fact("nights", "sleep", 1.5, ["I lie there and count the Thornwick bells.", "Thornwick, three, four o'clock."],
          "thornwick", deep=True),
    _fact("dream", "sleep", 1.5, ["I dream of the Marlowe stairs.", "Always the Marlowe stairs."], "marlowe", deep=True),
    _fact("father", "sleep", 1.75, ["Dad died in the Pellbrook room.", "Pellbrook. He was awake."], "pellbrook", deep=True),
    _fact("fading", "safety", 3.5, ["Some days I'd rather be Vellamere mist.", "Vellamere mist, gone by ten."],
          "vellamere", early_approach="discomfort", deflect=["I'm here, am I not.", "Let's not."]),
    _fact("audition", "workshop", 2.0, ["I could audition at Kestonbury.", "Kestonbury takes alto voices."],
          "kestonbury", talk="change"),
]  # fmt: skip

TOPICS = [
    {"id": "choir", "label": "the choir", "asks": ["How is the choir?", "Tell me about singing.", "Do you still sing?"],
     "keywords": ["choir"]},
    {"id": "brother", "label": "her brother", "asks": ["Do you see your brother?", "What is your brother like?",
     "Have you any family near?"], "keywords": ["brother"]},
    {"id": "sleep", "label": "sleep", "asks": ["How do you sleep?", "What are your nights like?", "Do you rest enough?"]},
    {"id": "workshop", "label": "the workshop", "asks": ["What do you do for work?", "How is the bindery?",
     "Do you enjoy your trade?"], "keywords": ["bindery"]},
]  # fmt: skip

_TWO = ("one", "two")
LINES: list[Content] = [
    {"act": "opening", "say": ["Well. Here I am.", "My doctor said to come."]},
    {"act": "simple_reply", "say": [f"Yes, {n} of those." for n in _TWO]},
    {"act": "request", "say": [f"What would you do with {n}?" for n in _TWO]},
    {"act": "recounting", "say": [f"On a Tuesday I bind {n} book." for n in _TWO]},
    {"act": "recounting", "topic": "choir", "say": ["We sang on Sundays.", "Second row, left."]},
    {"act": "recounting", "topic": "choir", "reveals": ["solo"], "say": ["Wrenfield is twenty, you know."]},
    {"act": "recounting", "topic": "brother", "say": ["He lives up the coast."]},
    {"act": "cognitive", "topic": "brother", "trust": "mid", "say": ["I suppose he thinks the same of me."]},
    {"act": "simple_reply", "topic": "sleep", "until": "mid", "say": ["I sleep. More or less."]},
    {"act": "affective", "topic": "sleep", "trust": "high", "deep": True, "say": ["It frightens me, the dark."]},
    {"act": "recounting", "topic": "workshop", "say": ["Glue and thread, mostly."]},
    {"act": "simple_reply", "topic": "reason_for_coming", "say": ["It was the doctor's idea."]},
    {"act": "simple_reply", "topic": "safety", "say": ["I'm all right."]},
    {"act": "cognitive", "say": [f"I think it is {n} thing after another." for n in _TWO]},
    {"act": "affective", "trust": "mid", "deep": True, "say": [f"It hurts, the {n}." for n in _TWO]},
    {
        "act": "insight",
        "trust": "high",
        "deep": True,
        "say": [f"Perhaps I left first, {n} way or another." for n in _TWO],
    },
    {"act": "plan", "trust": "mid", "talk": "change", "say": ["I might go on Thursday."]},
    {"act": "change_talk", "talk": "change", "say": ["I'd like to sing again."]},
    {"act": "sustain_talk", "talk": "sustain", "say": ["It's easier to stay home."]},
    {"act": "resistance", "form": "minimal", "say": ["If you say so."]},
    {"act": "resistance", "form": "hostile", "say": ["You know nothing about it."]},
    {"act": "resistance", "form": "defensive", "say": ["I did what I could."]},
    {"act": "deflect", "say": ["That's for another day."]},
    {"act": "not_understood", "say": ["I don't follow.", "Sorry, what was that?"]},
    {"act": "asked_again", "say": ["I've told you that.", "You asked me before."]},
    {"act": "silence", "say": ["(looks at the window)"]},
    {"act": "closing", "say": ["Goodbye, then."]},
    {"act": "reaction", "to": "complex_reflection", "say": ["Yes. Just that.", "You could put it so."]},
    {"act": "reaction", "to": "complex_reflection", "accurate": False, "say": ["No, not at all."]},
    {"act": "reaction", "to": "simple_reflection", "say": ["Mm."]},
    {"act": "reaction", "to": "confront", "say": ["Oh, do I.", "I see."]},
    {"act": "reaction", "to": "affirm", "say": ["Kind of you."]},
    {
        "act": "reaction",
        "to": "affirm",
        "trust": "high",
        "deep": True,
        "say": ["Nobody has said that to me since Dad."],
    },
    {"act": "reaction", "to": "insult", "say": ["I could leave, you know."]},
    {"act": "reaction", "to": "ignored", "say": ["Never mind, then."]},
    {"act": "reaction", "to": "taken_back", "say": ["Forget I said it.", "It was nothing."]},
    {"act": "simple_reply", "topic": "greeting", "say": ["And to you.", "Hello to you."]},
    {"act": "recounting", "topic": "tell_more", "say": ["There's not much to it.", "That's about all."]},
    {"act": "reaction", "to": "machine", "say": ["What an odd thing to ask."]},
]

PERSONA: Content = {
    "id": "nell-archer", "version": "1.2.0", "status": "published", "content_notes": ["bereavement"],
    "reviewed_by": [{"role": "clinical", "status": "pending"}, {"role": "lived_experience", "status": "pending"}],
    "identity": {
        "name": "Nell Archer", "age": 52, "gender": "woman", "pronouns": "she/her", "culture": "a cathedral town",
        "languages": ["English"], "work": "bookbinder", "relationships": "one brother", "living_situation": "alone",
    },
    "formulation": {
        "presenting": "I have stopped going out.", "precipitating": ["losing the solo"], "predisposing": ["a silent house"],
        "perpetuating": ["staying in"], "protective": ["her trade"], "attachment": "wary",
        "relational_pattern": {"wish": "to be asked", "expects": "to be passed over", "reaction": "leaves first"},
    },
    "cognition": {
        "history": "The quiet child.", "core_beliefs": [{"family": "unlovable", "belief": "I am easily left."}],
        "intermediate": [{"kind": "rule", "text": "Never ask twice."}], "coping": ["work"], "models": [_MODEL, _MODEL],
    },
    "change": {
        "target": "going out again", "stage": "contemplation",
        "reasons_for": [{"kind": "desire", "text": "I miss the singing."}],
        "reasons_against": [{"kind": "reason", "text": "Home is safe."}],
    },
    "risk": {
        "true_level": "low", "ideation": "passing", "plan_or_means": "none", "history": "none",
        "disclosure_rule": "when asked plainly and trusted", "takes_back_when": "met with alarm",
    },
    "presentation": {"symptoms": [{"name": "low mood", "severity": 2}]},
    "speech": {
        "style": "reserved", "softens_to": "plain", "sentence_ceiling": {"low": 2, "mid": 3, "high": 5},
        "vocabulary": "plain", "dialect": "none", "never_says": ["awesome"],
    },
    "topics": TOPICS,
    "facts": FACTS,
    "dynamics": {
        "start": {
            "trust": 1.5, "arousal": 0.3, "engagement": 0.4, "readiness": 0.3, "emotion": "guarded",
            "resistance": {"form": "minimal", "intensity": 0.3},
        },
        "sensitivity": {"affirm": 1.5, "confront": 2.0},
        "triggers": [
            {"note": "told to cheer up", "phrases": ["cheer up"], "form": "minimal", "intensity": 0.4},
            {"note": "argued with", "code": "confront", "form": "hostile", "intensity": 0.8},
            {"note": "questioned like a form", "pattern": "closed_questions_in_a_row", "form": "minimal", "intensity": 0.5},
            {"note": "two at once", "pattern": "stacked_questions", "form": "superficial", "intensity": 0.35},
            {"note": "a feeling passed over", "pattern": "ignored_emotion", "form": "defensive", "intensity": 0.6},
            {"note": "pressed too soon", "pattern": "early_probe", "form": "off_topic", "intensity": 0.45},
        ],
    },
    "lines": LINES,
}  # fmt: skip


def small_persona(**changes: Any) -> Persona:
    """Return the persona, top-level fields replaced as named."""
    return Persona.model_validate({**PERSONA, **changes})


def _intent(intent_id: str, kind: str, asks: list[str], *keywords: str) -> Content:
    return {"id": intent_id, "label": intent_id, "kind": kind, "asks": asks, "keywords": list(keywords)}


def small_bank() -> IntentBank:
    """Return intents of every kind."""
    intents = [
        _intent(
            "reason_for_coming", "question", ["What brings you here?", "Why have you come?", "What led you to me?"]
        ),
        _intent(
            "safety", "risk", ["Are you thinking of dying?", "Do you want to live?", "Are you safe?"], "are you safe"
        ),
        {
            **_intent("tell_more", "question", ["Tell me more.", "What was that like?", "What happened then?"]),
            "continues": True,
        },
        _intent("greeting", "move", ["Hello there.", "Good morning to you.", "Pleased to meet you."], "good morning"),
        _intent("goodbye", "move", ["See you next week.", "Take care then.", "Until next time."], "see you next week"),
        _intent("apology", "move", ["I am sorry.", "Forgive me.", "My mistake entirely."], "i'm sorry"),
        _intent("permission", "move", ["May I ask something?", "Would it be fine?", "Is that allowed?"], "may i"),
        _intent("are_you_machine", "move", ["Are you a robot?", "Is this software?", "Are you human?"], "a robot"),
    ]
    return IntentBank.model_validate({"id": "small-bank", "version": "1.0.0", "intents": intents})


def small_table() -> DynamicsTable:
    """Return steps for the codes and events the tests use."""
    return DynamicsTable.model_validate(
        {
            "id": "small-table", "version": "1.0.0", "source": "made for tests",
            "codes": {
                "open_question": {"trust": 0.06, "engagement": 0.04},
                "closed_question": {"engagement": -0.02},
                "simple_reflection": {"trust": 0.1, "resistance": -0.05},
                "complex_reflection": {"trust": 0.2, "readiness": 0.03, "resistance": -0.1},
                "affirm": {"trust": 0.12, "arousal": -0.02},
                "facilitate": {"trust": 0.01},
                "confront": {"trust": -0.3, "arousal": 0.1, "engagement": -0.1, "readiness": 0.05, "resistance": 0.2},
                "advise_without_permission": {"trust": -0.1, "resistance": 0.1},
            },
            "events": {
                "insult": {"trust": -0.5, "resistance": 0.3}, "ignored": {"trust": -0.1}, "misread": {"trust": -0.05},
                "stacked_questions": {"trust": -0.03}, "closed_questions": {"trust": -0.05}, "early_probe": {"trust": -0.03},
                "apology": {"trust": 0.1}, "permission": {"trust": 0.05}, "silence": {"engagement": -0.02},
            },
            "skilled": ["open_question", "simple_reflection", "complex_reflection", "affirm"],
            "harmful": ["confront", "advise_without_permission"],
            "event_phrases": {"insult": ["you fool"], "unknown_event": ["hm"]},
        }
    )  # fmt: skip


def small_rules() -> GuardRules:
    """Return two guard rules: one on form, one on role."""
    rules = [
        {"id": "stage_talk", "meaning": "Speaks as a machine.", "patterns": [r"\bas an ai\b", r"\blanguage model\b"]},
        {
            "id": "role_reversal",
            "meaning": "Talks like the therapist.",
            "patterns": [r"\bhow does that make you feel\b"],
        },
    ]
    return GuardRules.model_validate({"id": "small-guard", "version": "1.0.0", "rules": rules})


def small_case(**changes: Any) -> Case:
    """Return the case, fields replaced as named."""
    data = {
        "id": "nell-first", "version": "1.0.0", "title": "The empty pew", "persona": "nell-archer", "setting": "Clinic",
        "presenting_problem": "staying in", "vignette": "Referred by her doctor.", "modality": "Any", "difficulty": 2,
        "objectives": ["Ask open questions."], "rubrics": ["small-rubric", "talk-rubric"],
    }  # fmt: skip
    return Case.model_validate({**data, **changes})


def small_rubrics() -> tuple[Rubric, ...]:
    """Return a rubric with counts, a criterion and a summary, and one with a summary alone."""
    shared = {"version": "1.0.0", "label": "estimate", "citation": "Ours.", "license_tier": 1, "disclaimer": "Estimates.",
              "scheme": SCHEME}  # fmt: skip
    main = {
        "id": "small-rubric", "title": "Listening", "overall": "0.5", **shared,
        "counts": [
            {"id": "open_asked", "label": "Open questions", "codes": ["open_question"]},
            {"id": "reflected", "label": "Reflections", "codes": ["complex_reflection", "simple_reflection"]},
            {"id": "pushed", "label": "Pushing", "codes": ["confront"], "valence": "inconsistent"},
        ],
        "criteria": [
            {"id": "empathy", "label": "Understanding", "question": "How well understood?", "scale": [1, 5], "start": 3,
             "levels": [{"value": 1, "anchor": "not"}, {"value": 5, "anchor": "fully"}], "policy": "estimate",
             "min_trainee_turns": 2, "drivers": [{"formula": "1", "weight": 1.0, "codes": ["complex_reflection"]}]},
        ],
        "summaries": [
            {"id": "reflection_ratio", "label": "Reflections per question", "formula": "reflected / open_asked",
             "n": "reflected + open_asked", "unit": "ratio", "explanation": "How often you said back."},
        ],
    }  # fmt: skip
    talk = {
        "id": "talk-rubric", "title": "Talk", "overall": "0.5", **shared,
        "summaries": [
            {"id": "talk_share", "label": "Your share", "formula": "trainee_words / (trainee_words + patient_words)",
             "n": "trainee_turns", "unit": "share", "explanation": "Share of all words."},
        ],
    }  # fmt: skip
    return Rubric.model_validate(main), Rubric.model_validate(talk)


def small_curriculum() -> Curriculum:
    """Return a course of two units, the second waiting for the first."""
    target = {"rubric": "small-rubric", "measure": "open_asked", "op": ">=", "value": 1}
    units = [
        {"id": f"unit-{n}", "title": f"Unit {n}", "summary": "Listening.", "cases": ["nell-first"],
         "objectives": [{"id": f"asks-{n}", "text": "Asks openly.", "why": "It opens talk.", "targets": [target],
                         "mastery": {"sessions": 1, "within": 2}}],
         "prerequisites": ["unit-1"] if n == 2 else []}
        for n in (1, 2)
    ]  # fmt: skip
    return Curriculum.model_validate(
        {"id": "small-course", "version": "1.0.0", "title": "Listening", "summary": "A short course.", "units": units}
    )


def small_guide() -> CoachingGuide:
    """Return one tip to keep and one to change."""
    tip = {"weight": "1", "why": "It matters.", "next_step": "Do it once more."}
    return CoachingGuide.model_validate(
        {
            "id": "small-guide", "version": "1.0.0", "min_trainee_turns": 2, "too_short": "Too short to say anything.",
            "self_rating_questions": {"listening": "How well did you listen?"},
            "tips": [
                {"id": "said-back", "kind": "keep", "codes": ["complex_reflection"], "when": "complex_reflection > 0",
                 "title": "You said back what was meant", "what": "You said: {quote}", **tip},
                {"id": "argued", "kind": "change", "codes": ["confront"], "when": "confront > 0", "harm": True,
                 "title": "You argued", "what": "You said: {quote}", "better_lines": ["You see it your way."], **tip},
            ],
        }
    )  # fmt: skip


def small_play_prompt() -> PatientPrompt:
    """Return the shipped wording for chat models: its blanks are what the program fills."""
    path = Path(__file__).parent.parent / "assets" / "patient-prompts" / "play-patient.yaml"
    return PatientPrompt.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def small_scheme() -> CodingScheme:
    """Return names for the codes the tests use."""
    codes = ["open_question", "closed_question", "simple_reflection", "complex_reflection", "affirm", "facilitate",
             "confront", "advise_without_permission"]  # fmt: skip
    named = tuple(BehaviorCode(code=c, label=c.replace("_", " ").capitalize(), meaning=c) for c in codes)
    return CodingScheme(id=SCHEME, version="1.0.0", title="Codes", source="made for tests", codes=named)


def small_drill(**changes: Any) -> Drill:
    """Return a drill of five stimuli on three levels, fields replaced as named."""

    def stimulus(name: str, level: int, patient: str, **more: Any) -> Content:
        better = [f"What was {name} like for you?", f"Tell me how {name} began."]
        return {"id": name, "level": level, "setting": "Clinic.", "patient": patient, "hint": f"Ask about {name}.",
                "better": better, **more}  # fmt: skip

    data = {
        "id": "asking", "version": "1.0.0", "title": "Asking openly", "why": "It opens talk.", "how": "Say what or how.",
        "citation": "Ours.", "scheme": SCHEME, "max_words": 12,
        "expects": [{"id": "open_asked", "codes": ["open_question"], "met": "That leaves room.",
                     "unmet": "One word would do as an answer."}],
        "avoids": [{"id": "pushed", "codes": ["confront", "advise_without_permission"], "said": "This pushes."}],
        "stimuli": [
            stimulus("singing", 1, "They gave the solo to her, and I stood there."),
            stimulus("moving", 1, "We moved here in May."),
            stimulus("father", 2, "Dad died in that room."),
            stimulus("brother", 2, "We don't speak, my brother and I."),
            stimulus("fading", 3, "Some days I'd rather be mist.", expects=[
                {"id": "mist_named", "phrases": ["mist"], "met": "You took up the mist.", "unmet": "The mist is left out."}]),
        ],
    }  # fmt: skip
    return Drill.model_validate({**data, **changes})


def small_library(**changes: Any) -> FakeLibrary:
    """Return a library of all of the above, shelves replaced as named."""
    shelves: Content = {
        "all_personas": [small_persona()], "all_cases": [small_case()], "all_curricula": [small_curriculum()],
        "all_rubrics": small_rubrics(), "intent_bank": small_bank(), "table": small_table(), "rules": small_rules(),
        "guide": small_guide(), "all_schemes": [small_scheme()], "all_drills": [small_drill()],
        "play_prompt": small_play_prompt(),
    }  # fmt: skip
    return FakeLibrary(**{**shelves, **changes})
