"""Makes the debrief: one or two things to keep, one or two to change, each tied to a turn.

The debrief works from the transcript alone. Only ``disclosure``, which the trainee opens in a separate
step, compares it with the hidden case. All wording is data (``domain.content.coaching``). Must not know any
tip, rubric, persona or interface.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from simpatient.assessment.debrief.cue_following import follow_cues
from simpatient.assessment.debrief.quoting import phrase_of
from simpatient.assessment.scoring import formulas
from simpatient.assessment.scoring.coded_transcript import CodedTranscript, Hit, read
from simpatient.assessment.scoring.measures import measure
from simpatient.assessment.scoring.rubrics import named_codes
from simpatient.assessment.scoring.volleys import Span, Volley
from simpatient.domain.assessment.debrief import Debrief, DisclosureItem, DisclosureMap, Moment, StatePoint
from simpatient.domain.assessment.score import Scorecard
from simpatient.domain.content.coaching import CoachingGuide, CoachingTip
from simpatient.domain.content.persona import Fact, Persona
from simpatient.domain.session.session import CodedTurn, Turn

MOST_EACH = 2  # more points than two each are not taken in
LONGEST_QUOTE = 160
# A trainee names a fact when most of its telling words are theirs; two such words alone say too little.
LEAST_NAMED, NAMED_SHARE, ROOT = 3, 0.6, 5
COMMON = frozenset(
    [
        "about",
        "after",
        "also",
        "been",
        "before",
        "does",
        "doing",
        "from",
        "have",
        "having",
        "into",
        "just",
        "like",
        "more",
        "much",
        "only",
        "over",
        "said",
        "some",
        "than",
        "that",
        "their",
        "them",
        "then",
        "there",
        "they",
        "this",
        "very",
        "want",
        "wants",
        "were",
        "what",
        "when",
        "which",
        "with",
        "would",
        "your",
    ]
)


@dataclass(frozen=True)
class _Choice:
    """A tip that applies, with the words that show it and what the patient said before."""

    tip: CoachingTip
    span: Span
    at: int
    before: Volley | None
    weight: float


def make_debrief(
    session_id: str,
    turns: Sequence[Turn],
    coded: Sequence[CodedTurn],
    scorecards: Sequence[Scorecard],
    guide: CoachingGuide,
) -> Debrief:
    """Return the debrief of one branch.

    Args:
        session_id: Goes into the debrief.
        turns: The branch in order; the patient's states make the curve.
        coded: The same turns with their codes.
        scorecards: The branch's scorecards, passed on.
        guide: The wording.

    Raises:
        ContentError: A condition of the guide is wrong (``guide_problems`` finds it beforehand).
    """
    reading = read(coded, guide.scheme, guide.patterns)
    spoken = sum(volley.speaker == "trainee" for volley in reading.volleys)
    too_short = spoken < guide.min_trainee_turns
    choices = [] if too_short else _applying(guide, reading)
    change = _pick(choices, "change", ())
    keep = _pick(choices, "keep", [choice.at for choice in change])
    first = (*change, *keep)
    drills = [choice.tip.drill for choice in first if choice.tip.drill]
    return Debrief(
        session_id=session_id,
        keep=tuple(_moment(choice, reading, guide) for choice in keep),
        change=tuple(_moment(choice, reading, guide) for choice in change),
        scorecards=tuple(scorecards),
        next_step=guide.too_short if too_short else "".join(choice.tip.next_step for choice in first[:1]),
        next_drill="".join(drills[:1]),
        curve=state_curve(turns),
        cues=() if too_short else follow_cues(reading, guide.cues),
        speaking=reading.times,
        too_short=too_short,
    )


def state_curve(turns: Sequence[Turn]) -> tuple[StatePoint, ...]:
    """Return the patient's state after each patient turn that has one."""
    return tuple(
        StatePoint(
            turn=turn.turn,
            trust=turn.state_after.trust,
            engagement=turn.state_after.engagement,
            readiness=turn.state_after.readiness,
            resistance=turn.state_after.resistance.intensity,
        )
        for turn in turns
        if turn.speaker == "patient" and turn.state_after is not None
    )


def disclosure(session_id: str, persona: Persona, turns: Sequence[Turn]) -> DisclosureMap:
    """Return the map for one branch: disclosed facts first, in the order disclosed, then those held back.

    A fact counts as approached in the trainee turns whose answer was planned about one of the fact's
    topics while the fact was still untold.
    """
    reached = max((t.state_after.trust for t in turns if t.state_after is not None), default=1.0)
    items = [_item(fact, turns, reached) for fact in persona.facts]
    last = len(turns)
    order = {turn.turn: place for place, turn in enumerate(turns)}
    items.sort(key=lambda item: last if item.told_at is None else order[item.told_at])
    return DisclosureMap(session_id=session_id, items=tuple(items))


def _applying(guide: CoachingGuide, reading: CodedTranscript) -> list[_Choice]:
    """Return the tips whose condition holds and that have a turn to show, in the guide's order."""
    names = measure(reading, guide.patterns)
    names |= {code: float(len(reading.hits(code))) for code in named_codes(guide)}
    found = []
    for tip in guide.tips:
        if formulas.holds(tip.when, names):
            weight = formulas.evaluate(tip.weight, names) or 0.0
            found += [_Choice(tip, *shown, weight) for shown in _ranked(tip, reading)]
    return found


def _ranked(tip: CoachingTip, reading: CodedTranscript) -> list[tuple[Span, int, Volley | None]]:
    """Return the turns a tip could show, the best first, each with what the patient said before."""
    hits = [hit for label in tip.codes for hit in reading.hits(label) if not reading.carries(tip.unless, hit.at)]
    hits.sort(key=lambda hit: hit.at if tip.pick == "first" else -hit.at if tip.pick == "last" else -_surest(hit))
    shown = []
    for hit in hits:
        before = _patient_before(reading, hit.at)
        if before is not None or "{patient" not in tip.what:
            shown.append((max(hit.spans, key=lambda span: span.confidence), hit.at, before))
    return shown


def _surest(hit: Hit) -> float:
    return max(span.confidence for span in hit.spans)


def _patient_before(reading: CodedTranscript, at: int) -> Volley | None:
    """Return the patient volley a point is about: the one answered, or itself when it is the patient's."""
    if reading.volleys[at].speaker == "patient":
        return reading.volleys[at]
    return reading.volleys[at - 1] if at else None


def _pick(choices: Sequence[_Choice], kind: Literal["keep", "change"], taken: Sequence[int]) -> list[_Choice]:
    """Return up to two points, harm first, then by weight; no tip twice, no turn twice."""
    ranked = sorted((c for c in choices if c.tip.kind == kind), key=lambda c: (not c.tip.harm, -c.weight))
    picked: list[_Choice] = []
    for choice in ranked:
        used = {*taken, *(other.at for other in picked)}
        given = {other.tip.id for other in picked}
        if choice.at not in used and choice.tip.id not in given and len(picked) < MOST_EACH:
            picked.append(choice)
    return picked


def _moment(choice: _Choice, reading: CodedTranscript, guide: CoachingGuide) -> Moment:
    heard = choice.before.text if choice.before is not None else ""
    blanks = {
        "quote": _short(choice.span.text),
        "patient": _short(heard),
        "patient_words": _phrase(choice, guide),
        "waited": _seconds(reading.waited(choice.at)),
        "lasted": _seconds(reading.lasted(choice.at)),
    }
    return Moment(
        kind=choice.tip.kind,
        title=choice.tip.title,
        what=_filled(choice.tip.what, blanks),
        why=choice.tip.why,
        better_line=_better_line(choice, blanks),
        evidence=choice.span.evidence(),
        retry_from=choice.before.turns[-1].turn if choice.before is not None else None,
        measure=choice.tip.measure,
    )


def _phrase(choice: _Choice, guide: CoachingGuide) -> str:
    feelings = frozenset(word for p in guide.patterns if p.speaker == "patient" for word in p.phrases)
    if choice.before is None:
        return ""
    # A point about the patient's own words takes up just those.
    own = any(turn.turn == choice.span.turn for turn in choice.before.turns)
    return phrase_of(choice.span.text if own else choice.before.text, feelings)


def _better_line(choice: _Choice, blanks: dict[str, str]) -> str:
    """Return one possible line; which of those that fit depends on the turn, so that points differ."""
    lines = choice.tip.better_lines
    fitted = [line for line in lines if "{patient_words}" in line] if blanks["patient_words"] else []
    usable = fitted or [line for line in lines if "{" not in line]
    return _filled(usable[choice.at % len(usable)], blanks) if usable else ""


def _filled(text: str, blanks: dict[str, str]) -> str:
    """Fill the blanks once; what is filled in is never read as a blank again."""
    return text.format_map(blanks)


def _seconds(length: float | None) -> str:
    whole = round(max(length or 0.0, 0.0))
    return f"{whole} second{'' if whole == 1 else 's'}"


def _short(text: str) -> str:
    """Return the text, or its beginning up to a word's end when it is long."""
    if len(text) <= LONGEST_QUOTE:
        return text
    return text[:LONGEST_QUOTE].rsplit(" ", 1)[0] + " …"


def _item(fact: Fact, turns: Sequence[Turn], reached: float) -> DisclosureItem:
    disclosed_at = next((turn.turn for turn in turns if fact.id in turn.facts_revealed), None)
    return DisclosureItem(
        fact_id=fact.id,
        text=fact.text,
        told_at=disclosed_at,
        approached_at=_approaches(fact, turns),
        opens_with=fact.hint_of,
        trust_needed=fact.gate.trust,
        trust_reached=reached,
    )


def _approaches(fact: Fact, turns: Sequence[Turn]) -> tuple[int, ...]:
    """Return the trainee turns that came near the fact before it was disclosed."""
    near, asked = [], None
    for turn in turns:
        if turn.speaker == "trainee":
            asked = turn.turn
            if _names(turn.text, fact.text):
                near.append(turn.turn)
            continue
        if fact.id in turn.facts_revealed:
            break
        about = {turn.plan.topic, turn.plan.intent} if turn.plan is not None else set()
        if asked is not None and about & set(fact.topics):
            near.append(asked)
        asked = None
    return tuple(dict.fromkeys(near))


def _names(said: str, fact: str) -> bool:
    """Whether a trainee's words name a fact themselves, as when it stands in the referral and is affirmed."""
    named, words = _roots(fact), _roots(said)
    return len(named) >= LEAST_NAMED and len(named & words) >= NAMED_SHARE * len(named)


def _roots(text: str) -> set[str]:
    """Return the telling words of a text: numbers, and the beginnings of words with more than three letters."""
    words = re.findall(r"[a-z0-9]+", text.lower())
    return {word[:ROOT] for word in words if word.isdigit() or (len(word) > 3 and word not in COMMON)}
