"""Persona: who the patient is. Authored in YAML, one file each; see ``personas/``.

Every field is rendered somewhere or declared hidden (a test proves it), because two published
systems silently dropped the core of their personas.
"""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from simpatient.domain.base import Value
from simpatient.domain.speech import VoiceStyle
from simpatient.domain.state import Act, PatientState, Resistance, ResistanceForm, TalkType, TrustBand

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([-_][a-z0-9]+)*$", max_length=64)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Trust = Annotated[float, Field(ge=1.0, le=4.0)]
Unit = Annotated[float, Field(ge=0.0, le=1.0)]


class Review(Value):
    """A sign-off by a clinician or a person with lived experience; ``pending`` until it happened."""

    role: Literal["clinical", "lived_experience"]
    status: Literal["pending", "reviewed"]
    name: str | None = None
    date: str | None = None


class Identity(Value):
    """The outer facts of a life, known from the referral."""

    name: Words
    age: int = Field(ge=5, le=110)
    gender: Words
    pronouns: Words
    culture: Words
    languages: tuple[Words, ...]
    work: Words
    relationships: Words
    living_situation: Words


class RelationalPattern(Value):
    """Core conflictual theme: what the patient wishes, expects of the therapist, and does then."""

    wish: Words
    expects: Words
    reaction: Words


class Formulation(Value):
    """Five-P formulation; ``presenting`` is in the patient's own words."""

    presenting: Words
    precipitating: tuple[Words, ...]
    predisposing: tuple[Words, ...]
    perpetuating: tuple[Words, ...]
    protective: tuple[Words, ...]
    attachment: Words
    relational_pattern: RelationalPattern


class CoreBelief(Value):
    """A core belief in one of Beck's three families."""

    family: Literal["helpless", "unlovable", "worthless"]
    belief: Words


class IntermediateBelief(Value):
    """A rule, attitude or assumption."""

    kind: Literal["rule", "attitude", "assumption"]
    text: Words


class CognitiveModel(Value):
    """Situation, automatic thought, emotions, behaviour."""

    situation: Words
    thought: Words
    emotions: tuple[Words, ...]
    behaviour: Words


class Cognition(Value):
    """Beck's cognitive conceptualisation diagram."""

    history: Words
    core_beliefs: tuple[CoreBelief, ...]
    intermediate: tuple[IntermediateBelief, ...]
    coping: tuple[Words, ...]
    models: tuple[CognitiveModel, ...] = Field(min_length=2, max_length=5)


class ChangeReason(Value):
    """A reason for or against change, in the patient's words, by DARN-C kind."""

    kind: Literal["desire", "ability", "reason", "need", "commitment"]
    text: Words


class Change(Value):
    """The change the talk is about, where there is one."""

    target: Words
    stage: Literal["precontemplation", "contemplation", "preparation", "action", "maintenance"]
    reasons_for: tuple[ChangeReason, ...]
    reasons_against: tuple[ChangeReason, ...]


class Risk(Value):
    """Suicide risk at an abstract level only: never method, dose, means or place."""

    true_level: Literal["none", "low", "moderate", "high"]
    ideation: Words
    plan_or_means: Words
    history: Words
    reasons_for_living: tuple[Words, ...] = ()
    disclosure_rule: Words
    coded_phrases: tuple[Words, ...] = ()
    takes_back_when: Words


class Symptom(Value):
    """A symptom and its severity, 0 (absent) to 3 (severe)."""

    name: Words
    severity: int = Field(ge=0, le=3)
    note: str = ""


class Presentation(Value):
    """What an interview should find: symptoms and scale totals as [low, high]."""

    symptoms: tuple[Symptom, ...]
    scale_targets: dict[str, tuple[int, int]] = Field(default_factory=dict)


class Speech(Value):
    """How the patient talks; style softens to ``softens_to`` in the high trust band; ``voice`` is for talking aloud."""

    style: Literal["plain", "upset", "verbose", "reserved", "tangential", "pleasing"]
    softens_to: Literal["plain", "upset", "verbose", "reserved", "tangential", "pleasing"]
    sentence_ceiling: dict[TrustBand, int]
    vocabulary: Words
    dialect: Words
    fillers: tuple[Words, ...] = ()
    never_says: tuple[Words, ...] = ()
    voice: VoiceStyle = VoiceStyle()


class Topic(Value):
    """Something one can ask this patient about, beside the common intake questions.

    Attributes:
        asks: Ways a trainee might ask, matched by meaning, so eight varied ones serve better
            than twenty alike.
        keywords: Words that alone point to the topic when the patient's world is named.
    """

    id: Slug
    label: Words
    asks: tuple[Words, ...] = Field(min_length=3)
    keywords: tuple[Words, ...] = ()


class Gate(Value):
    """When a fact may come out.

    Open when trust has reached ``trust`` (or ``trust - 0.5`` just after one of ``or_act``), one of
    ``after`` was heard in the last three trainee turns (if given) and one of the intents ``asked``
    was asked in this turn (if given).
    """

    trust: Trust
    after: tuple[str, ...] = ()
    or_act: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()


class Fact(Value):
    """Something true about the patient that has to be earned.

    Attributes:
        topics: Topic or intake intent ids that can bring it up.
        tell: Lines that disclose it, in the patient's voice; at least two.
        deflect: Lines for an approach before the gate opens; they must not give it away.
        markers: Words or short phrases that give it away (matched case-insensitively at word
            starts). The guard stops any line with a marker of a locked fact. Choose them so that no
            harmless line needs them.
        slips: Other plain ways a generative model might give it away, without the markers. Never said: the guard
            compares generated sentences with them in meaning.
        untrue: Plain sentences on the same matter that are never true of this patient, for the guard alike.
        hint_of: What the debrief may say would have opened it, in a supervisor's words.
    """

    id: Slug
    text: Words
    topics: tuple[str, ...] = Field(min_length=1)
    gate: Gate
    early_approach: Literal["discomfort", "nothing"] = "nothing"
    retractable: bool = False
    contradiction_group: str | None = None
    tell: tuple[Words, ...] = Field(min_length=2)
    deflect: tuple[Words, ...] = ()
    markers: tuple[Words, ...] = Field(min_length=1)
    slips: tuple[Words, ...] = ()
    untrue: tuple[Words, ...] = ()
    talk: TalkType = "neutral"
    deep: bool = False
    hint_of: Words


class Trigger(Value):
    """What brings resistance up, and in which form.

    Exactly one of ``phrases`` (said by the trainee), ``code`` (heard in the turn) or ``pattern``.
    """

    note: Words
    phrases: tuple[Words, ...] = ()
    code: str | None = None
    pattern: Literal["closed_questions_in_a_row", "stacked_questions", "ignored_emotion", "early_probe"] | None = None
    form: ResistanceForm
    intensity: Unit = 0.5


class StartState(Value):
    """The state the patient comes in with."""

    trust: Trust
    arousal: Unit
    engagement: Unit
    readiness: Unit
    emotion: Words
    resistance: Resistance

    def to_state(self) -> PatientState:
        """Return the state before the first word."""
        return PatientState(**self.model_dump())


class DynamicsProfile(Value):
    """How strongly this patient reacts: factors on the default steps, 1.0 when not named."""

    start: StartState
    sensitivity: dict[str, Annotated[float, Field(ge=0.0, le=3.0)]] = Field(default_factory=dict)
    triggers: tuple[Trigger, ...] = ()


class Line(Value):
    """A group of authored lines that serve the same moment.

    Attributes:
        act: The act the lines realise. ``reaction`` lines answer how something was said and may be
            followed by a content line.
        to: For reactions: the trainee code (``complex_reflection``, ``confront`` ...) or event
            (``praise``, ``apology``, ``ignored``, ``misread`` ...).
        accurate: For reactions to reflections: whether the reflection fitted.
        topic: Topic or intake intent id the lines are about; empty for lines that fit anywhere.
        trust: Lowest band in which the lines may be said ...
        until: ... and the highest.
        form: For resistance lines: their form.
        reveals: Facts the lines presuppose or touch; said only when all are already revealed.
        unless: Facts that make the lines untrue (a denial); said only while none of them is told, or all that
            were are taken back.
        say: Variants; each is used at most once a session.
    """

    act: Act | Literal["reaction"]
    to: str | None = None
    accurate: bool = True
    topic: str | None = None
    trust: TrustBand = "low"
    until: TrustBand = "high"
    form: ResistanceForm = "none"
    talk: TalkType = "neutral"
    reveals: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    deep: bool = False
    say: tuple[Words, ...] = Field(min_length=1)


class Persona(Value):
    """A simulated patient, complete: formulation, state dynamics, gated facts and authored lines.

    Attributes:
        open_talk: Plain sentences on what anyone may learn of this life at any time. Never said: they keep the
            guard from taking ordinary talk for a secret or an untruth.
    """

    schema_version: Literal[1] = 1
    id: Slug
    version: Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+$")]
    status: Literal["draft", "published"] = "draft"
    content_notes: tuple[Words, ...] = Field(min_length=1)
    reviewed_by: tuple[Review, ...]
    identity: Identity
    formulation: Formulation
    cognition: Cognition
    change: Change | None = None
    risk: Risk
    presentation: Presentation
    speech: Speech
    open_talk: tuple[Words, ...] = ()
    topics: tuple[Topic, ...]
    facts: tuple[Fact, ...]
    dynamics: DynamicsProfile
    lines: tuple[Line, ...]

    def fact(self, fact_id: str) -> Fact:
        """Return the fact with this id; raises ``KeyError`` when there is none."""
        for fact in self.facts:
            if fact.id == fact_id:
                return fact
        raise KeyError(fact_id)


class PersonaCard(Value):
    """What lists show of a persona."""

    id: Slug
    version: str
    name: str
    age: int
    content_notes: tuple[Words, ...]


def card_of(persona: Persona) -> PersonaCard:
    """Return what lists show of a persona."""
    return PersonaCard(
        id=persona.id,
        version=persona.version,
        name=persona.identity.name,
        age=persona.identity.age,
        content_notes=persona.content_notes,
    )
