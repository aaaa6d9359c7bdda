"""Scores a coded transcript by a rubric: values with verbatim evidence, or reasons for having none.

Deterministic and generic: which behaviours count, how ratings move, formulas and bands are all data.
Must not know any rubric, storage or interface.
"""

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from typing import Any

from simpatient.assessment.scoring import formulas
from simpatient.assessment.scoring.coded_transcript import CodedTranscript, Hit, read
from simpatient.assessment.scoring.measures import measure
from simpatient.assessment.scoring.volleys import Span, words
from simpatient.assessment.scoring.writing import Writing, judge
from simpatient.domain.assessment.score import Evidence, Overall, Provenance, Score, Scorecard, SummaryValue
from simpatient.domain.content.rubric import Count, Criterion, Driver, LevelRule, Op, Policy, Rubric, Summary, Threshold
from simpatient.domain.session.session import CodedTurn

# The most confidence a rating may claim, by how well machines have matched trained people on such
# items (see the rubric's human reliability): no sum of quotes makes a suggestion certain.
CONFIDENCE_CAP: dict[Policy, float] = {"auto": 0.95, "estimate": 0.8, "needs_review": 0.6, "human_only": 0.0}
REVIEW_BELOW = 0.4  # a rating less sure than this asks for a person, whatever its policy says
MAX_QUOTES = 6  # evidence shown for and, separately, against one value
FULL_VOLUME = 10  # coded trainee turns from which length no longer limits confidence

# Works on one value as on an array of them.
COMPARE: dict[Op, Callable[[Any, float], Any]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt,
}  # fmt: skip
# Who is named as the judge of what formulas rate.
FORMULAS = "formulas over behaviour codes"

Names = Mapping[str, float | None]
Heard = tuple[tuple[Evidence, ...], tuple[float, ...]]


def score(
    session_id: str, turns: Sequence[CodedTurn], rubric: Rubric, coder_id: str, writing: Writing | None = None
) -> Scorecard:
    """Score one branch of a session by one rubric; critical ratings come first.

    Args:
        session_id: Goes into the scorecard.
        turns: The branch in order, coded; consecutive turns of one speaker are one volley.
        rubric: The instrument as data.
        coder_id: What coded the turns, for provenance.
        writing: What the trainee wrote after the session, with what the case holds; None when nothing was.

    Raises:
        ContentError: A formula of the rubric is wrong (``rubric_problems`` finds it beforehand).
    """
    reading = read(turns, rubric.scheme, rubric.patterns)
    counted = {count.id: _counted(reading, count) for count in rubric.counts}
    names = measure(reading, rubric.patterns) | {key: float(len(found)) for key, found in counted.items()}
    made_by = Provenance(judged_by=FORMULAS, rubric_version=rubric.version, coder=coder_id)
    timed = any(turn.start_s is not None for turn in turns)
    criteria = [
        _rate_written(criterion, writing, made_by)
        if criterion.written
        else _rate(criterion, reading, names, made_by, timed)
        for criterion in rubric.criteria
    ]
    summaries, names = summarise(rubric, names | {rating.id: rating.value for rating in criteria}, reading)
    return Scorecard(
        session_id=session_id,
        rubric=rubric.id,
        rubric_version=rubric.version,
        criteria=tuple(sorted(criteria, key=lambda rating: not rating.critical)),
        counts={key: len(found) for key, found in counted.items()},
        count_evidence={key: tuple(span.evidence() for span in found) for key, found in counted.items()},
        summaries=summaries,
        overall=_overall(rubric, names),
        provenance=made_by,
    )


def summarise(
    rubric: Rubric, names: Names, reading: CodedTranscript | None = None
) -> tuple[tuple[SummaryValue, ...], dict[str, float | None]]:
    """Compute a rubric's summaries from named values; each may use those before it.

    Returns:
        The summaries, and ``names`` with their values added.
    """
    known, found = dict(names), []
    for summary in rubric.summaries:
        if summary.needs == "times" and not known.get("spoken_turns"):
            known[summary.id] = None  # a typed session has no times, so it shows no measure of them
            continue
        value = _summary(summary, known, reading)
        known[summary.id] = value.value
        found.append(value)
    return tuple(found), known


def band_of(value: float, thresholds: Sequence[Threshold]) -> str | None:
    """Return the label of the highest band whose border is met; None below all."""
    met = [border.label for border in thresholds if meets(value, border.op, border.value)]
    return met[-1] if met else None


def meets(value: float, op: Op, border: float) -> bool:
    """Return whether ``value op border`` holds."""
    return bool(COMPARE[op](value, border))


def _counted(reading: CodedTranscript, count: Count) -> tuple[Span, ...]:
    """Return one span for each time the behaviour counts."""
    found: list[Span] = []
    said: set[str] = set()
    for at in range(len(reading.volleys)):
        for spans in _chances(reading, count, at):
            key = " ".join(word for span in spans for word in words(span.text))
            if count.repeats == "each" or key not in said:
                # The clearest instance becomes the quote.
                found.append(max(spans, key=lambda span: span.confidence))
            said.add(key)
    return tuple(found)


def _chances(reading: CodedTranscript, count: Count, at: int) -> list[tuple[Span, ...]]:
    """Return what would be counted in volley ``at``: all its spans at once, or each by itself."""
    if reading.volleys[at].speaker != count.speaker or reading.carries(count.unless, at):
        return []
    spans = reading.spans(count.codes, at)
    if count.unit == "utterance":
        return [(span,) for span in spans]
    return [spans] if spans else []


def _rate(criterion: Criterion, reading: CodedTranscript, names: Names, made_by: Provenance, timed: bool) -> Score:
    reason = _reason_against(criterion, names, timed)
    rule = None if reason else _rule(criterion, names)
    evidence, sure = ((), ()) if reason else _evidence(criterion, rule, reading, names)
    if not evidence:
        reason = reason or "Nothing found in this session speaks for or against it."
        return _no_score(criterion, criterion.policy, reason, made_by)
    value = _rating(criterion, names) if rule is None else rule.value
    return _scored(criterion, value, _confidence(criterion, sure, names), evidence, made_by)


def _rate_written(criterion: Criterion, writing: Writing | None, made_by: Provenance) -> Score:
    """Return the score of a written answer: the share of the scale it earned, or why there is none."""
    found = judge(criterion, writing)
    if isinstance(found, str):
        return _no_score(criterion, criterion.policy, found, made_by)
    low, high = criterion.scale
    value = _on_step(criterion, low + found.share * (high - low))
    confidence = round(min(CONFIDENCE_CAP[criterion.policy], found.confidence), 3)
    return _scored(criterion, value, confidence, found.evidence, made_by)


def _scored(
    criterion: Criterion, value: float, confidence: float, evidence: tuple[Evidence, ...], made_by: Provenance
) -> Score:
    return Score(
        id=criterion.id,
        value=value,
        scale=criterion.scale,
        confidence=confidence,
        status="needs_review" if confidence < REVIEW_BELOW else criterion.policy,
        evidence=evidence,
        provenance=made_by,
        critical=criterion.is_critical(value),
    )


def _rule(criterion: Criterion, names: Names) -> LevelRule | None:
    """Return the first step of the criterion's ladder whose condition holds."""
    return next((rule for rule in criterion.rules if formulas.holds(rule.when, names)), None)


def _no_score(criterion: Criterion, status: Policy, reason: str, made_by: Provenance) -> Score:
    return Score(
        id=criterion.id,
        value=None,
        scale=criterion.scale,
        confidence=0.0,
        status=status,
        unscored_reason=reason,
        provenance=made_by,
    )


def _reason_against(criterion: Criterion, names: Names, timed: bool) -> str | None:
    """Return why the criterion cannot be rated at all, if so."""
    if criterion.policy == "human_only":
        return "Only a person can rate this."
    if criterion.text_mode == "not_applicable" and not timed:
        return "This cannot be judged from text alone."
    turns = int(names["trainee_turns"] or 0)
    if turns < criterion.min_trainee_turns:
        return f"Too short to judge: {turns} trainee turns, at least {criterion.min_trainee_turns} are needed."
    return None


def _strength(driver: Driver, names: Names) -> float:
    """Return how strongly a driver pulls, 0..1; an undefined one does not pull."""
    value = formulas.evaluate(driver.formula, names)
    return 0.0 if value is None else formulas.clamp(value)


def _rating(criterion: Criterion, names: Names) -> float:
    """Return the rating: start plus pulls, held in the scale, on a step; halves go down.

    When in doubt the less favourable code is chosen (MITI 4.2.1 decision rule), so here too.
    """
    pulls = sum(driver.weight * _strength(driver, names) for driver in criterion.drivers)
    return _on_step(criterion, criterion.start + pulls)


def _on_step(criterion: Criterion, value: float) -> float:
    low, high = criterion.scale
    # The small number absorbs rounding errors, so that an exact half goes down as documented.
    steps = math.ceil((formulas.clamp(value, low, high) - low) / criterion.step - 0.5 - 1e-9)
    return formulas.clamp(low + steps * criterion.step, low, high)


def _evidence(criterion: Criterion, rule: LevelRule | None, reading: CodedTranscript, names: Names) -> Heard:
    """Return quotes for and against from what moved the rating, and how sure their codes are."""
    chosen: dict[tuple[int, int, int], tuple[Span, bool]] = {}
    for supports in (True, False):
        labels = _telling(criterion, rule, names, supports=supports)
        for span in _best([span for label in labels for hit in reading.hits(label) for span in hit.spans]):
            chosen.setdefault((span.turn, span.start, span.end), (span, supports))
    ordered = [chosen[key] for key in sorted(chosen)]
    quotes = tuple(span.evidence(supports=supports) for span, supports in ordered)
    return quotes, tuple(span.confidence for span, _ in ordered)


def _telling(criterion: Criterion, rule: LevelRule | None, names: Names, *, supports: bool) -> list[str]:
    """Return the labels that speak for, or against: those of the rule that held, or of the drivers that pull."""
    if rule is not None:
        return list(rule.codes if supports else rule.against)
    pulling = [d for d in criterion.drivers if (d.weight > 0) == supports and _strength(d, names) > 0]
    return [label for driver in pulling for label in driver.codes]


def _best(spans: Sequence[Span]) -> list[Span]:
    """Return the surest spans, each stretch of words once, at most ``MAX_QUOTES``."""
    chosen: dict[tuple[int, int, int], Span] = {}
    for span in sorted(spans, key=lambda span: (-span.confidence, span.turn, span.start, span.end)):
        chosen.setdefault((span.turn, span.start, span.end), span)
    return list(chosen.values())[:MAX_QUOTES]


def _confidence(criterion: Criterion, sure: Sequence[float], names: Names) -> float:
    """Return 0..1: how sure the codes behind the rating are, less for few quotes and short talks."""
    turns = names["trainee_turns"] or 0.0
    volume = min(1.0, turns / FULL_VOLUME) * formulas.saturate(len(sure), 1.0)
    return round(min(CONFIDENCE_CAP[criterion.policy], fmean(sure) * volume), 3)


def _summary(summary: Summary, names: Names, reading: CodedTranscript | None) -> SummaryValue:
    value = formulas.evaluate(summary.formula, names)
    n = int(formulas.evaluate(summary.n, names) or 0)
    enough = value is not None and n >= summary.min_n
    hits = [hit for label in summary.evidence_codes for hit in _hits(reading, label)]
    spans = sorted(_best([span for hit in hits for span in hit.spans]), key=lambda span: (span.turn, span.start))
    return SummaryValue(
        id=summary.id,
        value=None if value is None else round(value, 4),
        n=n,
        undefined=value is None,
        enough=enough,
        # Too few observations carry no band: the number may be shown, a judgement may not.
        band=band_of(round(value, 4), summary.thresholds) if value is not None and enough else None,
        thresholds=summary.thresholds,
        evidence=tuple(span.evidence() for span in spans),
    )


def _hits(reading: CodedTranscript | None, label: str) -> tuple[Hit, ...]:
    return () if reading is None else reading.hits(label)


def _overall(rubric: Rubric, names: Names) -> Overall:
    value = formulas.evaluate(rubric.overall, names)
    turns = names["trainee_turns"] or 0.0
    sure = names["trainee_confidence"] or 0.0
    return Overall(
        value=None if value is None else round(formulas.clamp(value), 4),
        confidence=round(min(1.0, turns / FULL_VOLUME) * sure, 3),
    )
