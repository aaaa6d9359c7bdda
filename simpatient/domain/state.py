"""The patient's explicit state and the plan for the next reply.

State is computed by deterministic code (``patient.dynamics``), never by a language model:
that is what makes replay, rewind and tests possible.
"""

from typing import Literal

from pydantic import Field

from simpatient.domain.base import Value

ResistanceForm = Literal[
    "none", "minimal", "off_topic", "superficial", "intellectualising", "hostile", "defensive", "compliant"
]
Reaction = Literal["understood", "hopeful", "challenged", "scared", "misunderstood", "none"]
Act = Literal[
    "opening", "simple_reply", "request", "recounting", "cognitive", "affective", "insight", "plan",
    "resistance", "change_talk", "sustain_talk", "tell_fact", "deflect", "not_understood",
    "asked_again", "silence", "closing",
]  # fmt: skip
TrustBand = Literal["low", "mid", "high"]
TalkType = Literal["change", "neutral", "sustain"]


class Resistance(Value):
    """How the patient resists now, and how strongly (0..1)."""

    form: ResistanceForm = "none"
    intensity: float = Field(default=0.0, ge=0.0, le=1.0)


class PatientState(Value):
    """Everything the patient carries from turn to turn; the reply is a pure function of it.

    Attributes:
        trust: 1.0 (none) to 4.0 (deep), the gate of disclosure.
        arousal: 0..1, how stirred up the patient is.
        engagement: 0..1, how much the patient puts into the talk.
        readiness: 0..1, readiness for change.
        emotion: The leading emotion in a plain word.
        deep_streak: Deep turns in a row; after two the patient pulls back.
        closed_streak: Closed questions in a row from the trainee.
        skill_streak: Skilled trainee turns in a row; resolves resistance.
        recent_codes: Utterance codes of the last three trainee turns, newest last.
        recent_acts: The last three patient acts, newest last.
        used_lines: Ids of authored lines already said.
        asked: Intent ids the trainee has asked about, with the turn count of each.
        last_told: Facts disclosed in the patient's last two turns, which a harsh answer may make it take back.
        taken_back: Facts disclosed and then retracted; they have to be opened again.
    """

    trust: float = Field(ge=1.0, le=4.0)
    arousal: float = Field(default=0.3, ge=0.0, le=1.0)
    engagement: float = Field(default=0.4, ge=0.0, le=1.0)
    readiness: float = Field(default=0.3, ge=0.0, le=1.0)
    emotion: str = "guarded"
    resistance: Resistance = Resistance()
    topic: str | None = None
    topics_touched: tuple[str, ...] = ()
    facts_revealed: tuple[str, ...] = ()
    last_told: tuple[tuple[str, ...], ...] = ()
    taken_back: tuple[str, ...] = ()
    used_lines: tuple[str, ...] = ()
    asked: dict[str, int] = Field(default_factory=dict)
    recent_acts: tuple[Act, ...] = ()
    recent_codes: tuple[tuple[str, ...], ...] = ()
    deep_streak: int = 0
    closed_streak: int = 0
    skill_streak: int = 0
    turns: int = 0

    @property
    def band(self) -> TrustBand:
        """Return the trust band authored lines are written for: low < 2.0 <= mid < 3.0 <= high."""
        if self.trust < 2.0:
            return "low"
        return "mid" if self.trust < 3.0 else "high"


class ReplyPlan(Value):
    """What the patient will do next, decided before any words are chosen.

    Attributes:
        facts_allowed: Ids the words may touch; every other fact is locked for this turn.
        facts_to_tell: Ids this reply discloses.
        intent: The question the trainee asked, if one was recognised.
        move: What the trainee did beside asking (greeted, proposed homework), which has its own answers; with
            ``continues`` the follow-up whose general answers serve when nothing is left on the topic.
        continues: Whether the trainee asked the patient to continue with the current topic.
        takes_back: Recently disclosed facts that the patient now retracts.
        reacts_to: The trainee code the reaction answers (key of the reaction lines).
    """

    act: Act
    reaction: Reaction = "none"
    reacts_to: str | None = None
    accurate: bool = True
    intent: str | None = None
    move: str | None = None
    continues: bool = False
    takes_back: tuple[str, ...] = ()
    topic: str | None = None
    facts_allowed: tuple[str, ...] = ()
    facts_to_tell: tuple[str, ...] = ()
    talk: TalkType = "neutral"
    emotion: str = "guarded"
    band: TrustBand = "low"
    style: str = "plain"
    max_sentences: int = Field(default=2, ge=1)
    max_words: int = Field(default=45, ge=1)
    resistance: Resistance = Resistance()


class GuardEvent(Value):
    """One thing the guard stopped or changed, with the line it replaced."""

    rule: str
    detail: str
    blocked_text: str = ""
