"""Scorecards as shown: measures with their bands, ratings with their evidence, counts.

Must not know any rubric by name, nor how the view is printed.
"""

from collections.abc import Sequence

from simpatient.domain.rubric import Criterion, Rubric, Summary
from simpatient.domain.score import Evidence, Score, Scorecard, SummaryValue, critical_scores
from simpatient.presentation import numbers, wording
from simpatient.reporting import view
from simpatient.reporting.pictures import Picture, band_bar

MOST_FOR, MOST_AGAINST = 3, 2


def instruments(cards: Sequence[Scorecard], rubrics: Sequence[Rubric]) -> tuple[view.Instrument, ...]:
    """Return what every scorecard says; a measure two rubrics share is shown with the first only."""
    by_id = {rubric.id: rubric for rubric in rubrics}
    seen: set[tuple[str, str, str]] = set()
    found = []
    for card in cards:
        rubric = by_id.get(card.rubric)
        if rubric is not None:
            found.append(_instrument(card, rubric, seen))
    return tuple(found)


def _instrument(card: Scorecard, rubric: Rubric, seen: set[tuple[str, str, str]]) -> view.Instrument:
    criteria = {criterion.id: criterion for criterion in rubric.criteria}
    summaries = {summary.id: summary for summary in rubric.summaries}
    measures = []
    for value in card.summaries:
        if value.id not in summaries:
            continue
        measure = _measure(value, summaries[value.id], rubric)
        same = (measure.label, measure.value, measure.n)
        if same not in seen:
            measures.append(measure)
        seen.add(same)
    return view.Instrument(
        title=rubric.title,
        label=rubric.label,
        disclaimer=rubric.disclaimer,
        citation=rubric.citation,
        ratings=tuple(rating_of(score, criteria[score.id]) for score in card.criteria if score.id in criteria),
        measures=tuple(measures),
        counts=tuple((count.label, str(card.counts[count.id])) for count in rubric.counts if count.id in card.counts),
    )


def critical_ratings(cards: Sequence[Scorecard], rubrics: Sequence[Rubric]) -> tuple[view.Rating, ...]:
    """Return what is shown before all else, with its quotes."""
    criteria = {(rubric.id, criterion.id): criterion for rubric in rubrics for criterion in rubric.criteria}
    found = [(score, criteria.get((rubric, score.id))) for rubric, score in critical_scores(cards)]
    return tuple(rating_of(score, criterion) for score, criterion in found if criterion is not None)


def quote(evidence: Evidence) -> view.Quote:
    """Return evidence as a quote with its turn counted from 1."""
    return view.Quote(evidence.turn + 1, evidence.quote, evidence.supports, bool(evidence.written))


def rating_of(score: Score, criterion: Criterion) -> view.Rating:
    """Return a criterion's value with what it rests on."""
    return view.Rating(
        label=criterion.label,
        question=criterion.question,
        value=wording.score_words(score) if score.value is not None else f"not scored: {score.unscored_reason}",
        is_scored=score.value is not None,
        sureness=wording.sureness(score),
        quotes=_quotes(score.evidence),
        anchor="" if score.value is None else criterion.anchor(score.value),
        is_critical=score.critical,
    )


def _quotes(evidence: Sequence[Evidence]) -> tuple[view.Quote, ...]:
    supporting = [each for each in evidence if each.supports][:MOST_FOR]
    against = [each for each in evidence if not each.supports][:MOST_AGAINST]
    return tuple(quote(each) for each in (*supporting, *against))


def _measure(value: SummaryValue, summary: Summary, rubric: Rubric) -> view.Measure:
    source = "; ".join(dict.fromkeys(threshold.source for threshold in summary.thresholds))
    borders = "; ".join(wording.border(threshold, summary.unit) for threshold in summary.thresholds)
    return view.Measure(
        label=summary.label,
        explanation=summary.explanation,
        value=wording.summary_words(value, summary),
        n=str(value.n),
        band=wording.band(value, summary),
        borders=f"{borders}. {source}." if borders else "",
        reason=wording.summary_reason(value, summary),
        bar=_bar(value, summary, rubric, borders),
    )


def _bar(value: SummaryValue, summary: Summary, rubric: Rubric, borders: str) -> Picture | None:
    if not summary.thresholds:
        return None
    shown = value.value if value.enough and not value.undefined else None
    edges = sorted(threshold.value for threshold in summary.thresholds)
    low, high = _range(summary, rubric, max(edges), shown)
    where = "no mark" if shown is None else f"mark at {numbers.number(shown, summary.unit)}"
    alt = f"{summary.label}: bar with bands ({borders}), {where}."
    falling = summary.thresholds[0].op in ("<=", "<")
    return band_bar(shown, edges, low, high, falling=falling, alt=alt)


def _range(summary: Summary, rubric: Rubric, top: float, value: float | None) -> tuple[float, float]:
    if summary.unit == "share":
        return 0.0, 1.0
    if summary.unit == "score" and rubric.criteria:
        return rubric.criteria[0].scale
    return 0.0, max(top * 1.5, (value or 0.0) * 1.05)
