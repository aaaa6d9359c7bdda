"""The planner: what the patient will do next, before any words. Both realisers follow its plan."""

from dataclasses import dataclass
from random import Random

from simpatient.domain.content.persona import Fact, Persona
from simpatient.domain.state import Act, PatientState, Reaction, ReplyPlan, TalkType
from simpatient.patient.dynamics import feeling
from simpatient.patient.gates import is_open, is_superseded, open_facts
from simpatient.patient.understanding.intent_recogniser import REFLECTION_CODES, Understanding
from simpatient.patient.understanding.persona_index import PersonaIndex

# What a trainee did, strongest claim on the patient's reaction first; the names are keys of reaction lines.
EVENT_ORDER = (
    "insult",
    "dismissed",
    "ignored",
    "stacked_questions",
    "closed_questions",
    "praise",
    "apology",
    "permission",
)
CODE_ORDER = (
    "confront", "warn", "direct", "advise_without_permission", "complex_reflection", "simple_reflection",
    "interpretation", "affirm", "emphasize_autonomy", "challenge", "immediacy", "support", "self_disclosure",
    "seek_collaboration", "advise_with_permission", "give_information", "structure",
)  # fmt: skip
PUSHED = frozenset({"confront", "warn", "direct", "advise_without_permission", "insult", "dismissed", "ignored"})
WARM = frozenset({"affirm", "support", "emphasize_autonomy", "seek_collaboration", "immediacy"})
# What makes a patient retract something just disclosed, and what says more than a greeting or thanks beside it.
SCOLDED = frozenset({"confront", "warn", "dismissed", "insult", "labelled"})
OUTWEIGHS_A_MOVE = REFLECTION_CODES | PUSHED | {"affirm", "support", "emphasize_autonomy"}
TAKEN_BACK = "taken_back"
DEEP_ACTS: tuple[Act, ...] = ("affective", "insight")
CONTENT_BY_BAND: dict[str, tuple[Act, ...]] = {
    "low": ("simple_reply", "recounting", "sustain_talk"),
    "mid": ("recounting", "cognitive", "simple_reply", "affective"),
    "high": ("affective", "cognitive", "recounting", "insight", "simple_reply"),
}
MAX_WORDS = 60
HOPE_AFTER = 5  # skilled turns in a row after which a patient may sound hopeful unasked
LENGTH = {"low": 22, "mid": 42, "high": MAX_WORDS}
# Client talk after a trainee turn in AnnoMI's high-quality sessions (counted on its training part):
# change, neutral, sustain.
TALK_AFTER_SKILL = (0.27, 0.61, 0.12)
TALK_AFTER_PUSH = (0.10, 0.62, 0.28)


@dataclass(frozen=True)
class PlanningContext:
    """Everything the planner looks at for one reply.

    Attributes:
        coder_found_any: Whether the coder found any behaviour at all, however uncertain.
    """

    index: PersonaIndex
    state: PatientState
    seen: Understanding
    heard: tuple[str, ...]
    events: tuple[str, ...]
    coder_found_any: bool

    @property
    def persona(self) -> Persona:
        """Return who is speaking."""
        return self.index.persona

    @property
    def pushed(self) -> bool:
        """Whether the trainee pushed: confronted, warned, directed, advised unasked, insulted or ignored."""
        return bool(PUSHED & {*self.heard, *self.events})

    @property
    def move(self) -> str | None:
        """Return the move the patient answers: nothing was asked and nothing weightier was done beside it."""
        outweighed = bool(OUTWEIGHS_A_MOVE & {*self.heard, *self.events})
        return None if outweighed or self.seen.continues else self.seen.move

    @property
    def takes_back(self) -> tuple[str, ...]:
        """Return the facts just disclosed that being scolded or belittled makes the patient retract."""
        if not SCOLDED & {*self.heard, *self.events}:
            return ()
        told = {fact for facts in self.state.last_told for fact in facts}
        return tuple(f.id for f in self.persona.facts if f.retractable and f.id in told)

    @property
    def deep_is_closed(self) -> bool:
        """Whether the patient pulls back after two deep turns."""
        return self.state.deep_streak >= 2


def plan_reply(moment: PlanningContext, random: Random) -> ReplyPlan:
    """Decide act, reaction, facts, talk and length of the reply to the trainee's last turn."""
    reacts_to = TAKEN_BACK if moment.takes_back else _reacts_to(moment)
    reaction = _reaction(moment, reacts_to)
    tell = _fact_to_tell(moment)
    act = _act(moment, tell, random)
    if act != "tell_fact" and not (tell and tell.gate.asked):
        # What only a direct question brings out never waits because two facts came before it.
        tell = None
    persona, state = moment.persona, moment.state
    style = persona.speech.softens_to if state.band == "high" else persona.speech.style
    return ReplyPlan(
        act=act,
        reaction=reaction,
        reacts_to=reacts_to,
        accurate=moment.seen.fits,
        intent=moment.seen.intent,
        move=moment.seen.continues or moment.move,
        continues=moment.seen.continues is not None,
        takes_back=moment.takes_back,
        topic=moment.seen.topic or state.topic,
        facts_allowed=open_facts(persona, state, moment.seen.intent),
        facts_to_tell=(tell.id,) if tell else (),
        talk=tell.talk if tell else _talk(moment, random),
        emotion=feeling(state, reaction, persona.dynamics.start.emotion),
        band=state.band,
        style=style,
        max_sentences=persona.speech.sentence_ceiling.get(state.band, 3),
        max_words=LENGTH[state.band],
        resistance=state.resistance,
    )


def _reacts_to(moment: PlanningContext) -> str | None:
    event = next((event for event in EVENT_ORDER if event in moment.events), None)
    code = next((code for code in CODE_ORDER if code in moment.heard), None)
    # Being hurt outweighs whatever skill the same turn also shows.
    if event in {"insult", "dismissed", "ignored"}:
        return event
    if code is None:
        is_good_stretch = moment.state.skill_streak > 0 and moment.state.skill_streak % HOPE_AFTER == 0
        return event or ("hopeful" if is_good_stretch and moment.seen.intent is None else None)
    # Pushing and reflecting are answered as such; other codes give way to what happened.
    if code in PUSHED or code in REFLECTION_CODES:
        return code
    return event or code


def _reaction(moment: PlanningContext, reacts_to: str | None) -> Reaction:
    if reacts_to in PUSHED or reacts_to == TAKEN_BACK:
        return "challenged"
    if "early_probe" in moment.events:
        return "scared"
    if reacts_to in REFLECTION_CODES:
        return "understood" if moment.seen.fits else "misunderstood"
    if reacts_to in WARM:
        return "hopeful" if moment.state.band != "low" else "understood"
    return "none"


def _fact_to_tell(moment: PlanningContext) -> Fact | None:
    """Return the fact this turn brings out: asked for or on the current topic, open, not yet disclosed."""
    # A patient who is pushed or this closed discloses nothing, however high the trust.
    if moment.pushed or moment.state.resistance.intensity > 0.85:
        return None
    topic = moment.seen.intent or moment.seen.topic or moment.state.topic
    for fact in moment.index.facts_by_topic.get(topic or "", ()):
        told = fact.id in moment.state.facts_revealed and fact.id not in moment.state.taken_back
        if told or is_superseded(fact, moment.persona, moment.state):
            continue
        if fact.deep and moment.deep_is_closed:
            continue
        if is_open(fact, moment.state, moment.seen.intent):
            return fact
    return None


def _act(moment: PlanningContext, tell: Fact | None, random: Random) -> Act:
    """Return the first act that fits the moment and would not be the third of its kind in a row."""
    recent = moment.state.recent_acts[-2:]
    tired = recent[0] if len(recent) == 2 and recent[0] == recent[1] else None
    # Two to fall back on, since at most one act is barred for coming up a third time.
    wishes = [*_wishes(moment, tell, random), "simple_reply", "recounting"]
    allowed = [act for act in wishes if act != tired and not (moment.deep_is_closed and act in DEEP_ACTS)]
    return allowed[0]


def _wishes(moment: PlanningContext, tell: Fact | None, random: Random) -> list[Act]:
    """Return acts in the order in which they suit the moment."""
    seen = moment.seen
    if seen.is_blank:
        return ["silence", "request"]
    if "goodbye" in seen.moves and seen.intent is None:
        return ["closing"]
    if moment.takes_back or (moment.pushed and not seen.intent):
        return ["resistance", "sustain_talk"]
    if tell:
        return ["tell_fact"]
    if _is_locked_out(moment):
        return ["deflect", "resistance"]
    if moment.move:
        return ["simple_reply", "recounting"]
    if seen.intent or seen.continues:
        return [] if moment.state.band == "low" else list(CONTENT_BY_BAND[moment.state.band])
    if not _is_followable(moment):
        return ["not_understood", "request"]
    return _free_wishes(moment, random)


def _is_locked_out(moment: PlanningContext) -> bool:
    """Whether the turn asks for something locked that the patient minds, and nothing else is open on it."""
    return "early_probe" in moment.events


def _is_followable(moment: PlanningContext) -> bool:
    """Whether the patient can make something of a turn that asked nothing recognised."""
    if moment.seen.has_question:
        return False
    if moment.coder_found_any and moment.seen.fits:
        return True
    return bool(set(moment.heard) - {"other"}) or bool(moment.seen.moves) or moment.seen.topic is not None


def _free_wishes(moment: PlanningContext, random: Random) -> list[Act]:
    """Return acts for a turn that leaves the floor to the patient (reflection, affirmation, 'go on')."""
    state = moment.state
    acts = list(CONTENT_BY_BAND[state.band])
    if state.resistance.intensity >= 0.6 and not WARM & set(moment.heard):
        acts.insert(0, "resistance")
    elif state.readiness >= 0.6 and random.random() < 0.3:
        acts.insert(0, "plan" if state.band == "high" else "change_talk")
    elif random.random() < 0.12:
        acts.insert(0, "request")
    elif state.band == "high" and random.random() < 0.35:
        acts.insert(0, "insight")
    return acts


def _talk(moment: PlanningContext, random: Random) -> TalkType:
    """Draw change, neutral or sustain talk; readiness and skill tilt to change, pushing to sustain."""
    # Without a change in question there is nothing to talk for or against.
    if moment.persona.change is None:
        return "neutral"
    change, _, sustain = TALK_AFTER_PUSH if moment.pushed else TALK_AFTER_SKILL
    # At a readiness of 0.4 the shares are those counted in AnnoMI; above and below they tilt.
    tilt = moment.state.readiness - 0.4
    change, sustain = change * (1 + 1.5 * tilt), sustain * (1 - tilt) + 0.2 * moment.state.resistance.intensity
    drawn = random.random()
    if drawn < change:
        return "change"
    return "sustain" if drawn < change + sustain else "neutral"
