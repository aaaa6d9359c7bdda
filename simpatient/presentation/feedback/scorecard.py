"""A scorecard as shown: measures among their bands, ratings with what they are based on, counts.

Must not know any rubric by name. The overall number of a scorecard orders sessions in tests and is never shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simpatient.domain.assessment.score import Score, Scorecard, SummaryValue, critical_scores
from simpatient.domain.content.rubric import Criterion, Rubric, Summary, Threshold
from simpatient.presentation.feedback.quotes import Quote, quotes
from simpatient.presentation.shapes.tables import Pairs
from simpatient.presentation.words.numbers import number, plural
from simpatient.presentation.words.wording import (
    STATUS_WORDS,
    band,
    border,
    confidence_words,
    from_id,
    outside,
    score_words,
    summary_reason,
    summary_words,
)

COUNTS = "How often each was observed"
# How far beyond its highest border a bar without an end of its own reaches.
_ROOM = 1.5
_IN_HEADLINE = 3


@dataclass(frozen=True, slots=True)
class Bar:
    """A value on a bar with its bands.

    Attributes:
        value: Where the mark goes; None draws no mark.
        low: Left end of the bar.
        high: Right end of the bar.
        borders: Where one band ends and the next begins, rising.
        is_falling: Whether lower values lie in the better band.
        ends: What stands at both ends.
        names: What the bands are called, from left to right.
        words: The bands in words.
        alt: All of it in words, for those who cannot see the bar.
    """

    value: float | None
    low: float
    high: float
    borders: tuple[float, ...] = ()
    is_falling: bool = False
    ends: tuple[str, str] = ("", "")
    names: tuple[str, ...] = ()
    words: str = ""
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """A computed measure: its value, how much stands behind it, where it lies and who drew the borders.

    Attributes:
        reason: Why there is no value, or why not to rely on it; '' where it is fine.
        is_in_a_band: Whether the value has reached the first band.
        borders: The bands in words; '' without bands.
        source: Who drew them; '' without bands.
    """

    id: str
    label: str
    explanation: str
    value: str
    n: int
    band: str
    is_in_a_band: bool
    borders: str
    source: str
    reason: str
    bar: Bar | None
    quotes: tuple[Quote, ...] = ()

    @property
    def n_words(self) -> str:
        """How many observations stand behind the value."""
        return plural(self.n, "observation")

    @property
    def borders_words(self) -> str:
        """The bands and who drew them; '' without bands."""
        return f"{self.borders}. {self.source}." if self.borders else ""

    @property
    def band_words(self) -> str:
        """The band, or that there is none and why."""
        return self.band or ("no band" if self.bar is not None else "no bands for this measure")


@dataclass(frozen=True, slots=True)
class Rating:
    """A rated criterion.

    Attributes:
        value: ``3 of 5``, or a dash.
        reason: Why there is no value; '' with one.
        status: How far a program may go with the item.
        confidence: How sure the program is; '' without a value.
        anchor: The scale's words for the value; '' without one.
        is_critical: Whether it is shown before all others.
    """

    id: str
    label: str
    question: str
    value: str
    is_scored: bool
    reason: str
    status: str
    confidence: str
    anchor: str
    bar: Bar | None
    quotes: tuple[Quote, ...] = ()
    is_critical: bool = False

    @property
    def sureness(self) -> str:
        """What the value is and how sure the program is of it; '' without a value."""
        return f"{self.status}, {self.confidence}" if self.is_scored else ""

    @property
    def value_words(self) -> str:
        """The value, or that there is none and why."""
        return self.value if self.is_scored else f"not scored: {self.reason}"


@dataclass(frozen=True, slots=True)
class ScorecardView:
    """All that one rubric says of a session."""

    rubric: str
    title: str
    label: str
    disclaimer: str
    citation: str
    ratings: tuple[Rating, ...]
    measures: tuple[Measure, ...]
    counts: Pairs

    @property
    def headline(self) -> str:
        """The first few values with enough behind them, in a line."""
        sure = [each for each in self.measures if not each.reason]
        return " · ".join(
            f"{each.label}: {each.value}{f' ({each.band})' if each.band else ''}" for each in sure[:_IN_HEADLINE]
        )

    @property
    def is_critical(self) -> bool:
        """Whether anything in it is shown before all else."""
        return any(rating.is_critical for rating in self.ratings)


def scorecard_views(cards: Sequence[Scorecard], rubrics: Mapping[str, Rubric]) -> tuple[ScorecardView, ...]:
    """Return what every scorecard says; a measure that two rubrics share is shown with the first only."""
    seen: set[tuple[str, str, int]] = set()
    return tuple(_view(card, rubrics[card.rubric], seen) for card in cards if card.rubric in rubrics)


def critical_ratings(cards: Sequence[Scorecard], rubrics: Mapping[str, Rubric]) -> tuple[Rating, ...]:
    """Return what is shown before all else."""
    criteria = {(rubric.id, criterion.id): criterion for rubric in rubrics.values() for criterion in rubric.criteria}
    found = [(score, criteria.get((rubric, score.id))) for rubric, score in critical_scores(cards)]
    return tuple(rating(score, criterion) for score, criterion in found if criterion is not None)


def rating(score: Score, criterion: Criterion) -> Rating:
    """Return a criterion's value with what it is based on."""
    is_scored = score.value is not None
    return Rating(
        id=score.id,
        label=criterion.label,
        question=criterion.question,
        value=score_words(score),
        is_scored=is_scored,
        reason=score.unscored_reason or "",
        status=STATUS_WORDS[score.status],
        confidence=confidence_words(score.confidence) if is_scored else "",
        anchor="" if score.value is None else criterion.anchor(score.value),
        bar=_rating_bar(score, criterion),
        quotes=quotes(score.evidence),
        is_critical=score.critical,
    )


def measure(value: SummaryValue, summary: Summary, rubric: Rubric) -> Measure:
    """Return a computed measure."""
    source = "; ".join(dict.fromkeys(threshold.source for threshold in summary.thresholds))
    borders = "; ".join(border(threshold, summary.unit) for threshold in summary.thresholds)
    return Measure(
        id=value.id,
        label=summary.label,
        explanation=summary.explanation,
        value=summary_words(value, summary),
        n=value.n,
        band=band(value, summary),
        is_in_a_band=value.band is not None,
        borders=borders,
        source=source,
        reason=summary_reason(value, summary),
        bar=_measure_bar(value, summary, rubric, borders),
        quotes=quotes(value.evidence),
    )


def _view(card: Scorecard, rubric: Rubric, seen: set[tuple[str, str, int]]) -> ScorecardView:
    criteria = {criterion.id: criterion for criterion in rubric.criteria}
    counts = {count.id: count.label for count in rubric.counts}
    return ScorecardView(
        rubric=rubric.id,
        title=rubric.title,
        label=rubric.label,
        disclaimer=rubric.disclaimer,
        citation=rubric.citation,
        ratings=tuple(rating(score, criteria[score.id]) for score in card.criteria if score.id in criteria),
        measures=_measures(card, rubric, seen),
        counts=tuple((counts.get(name, from_id(name)), str(count)) for name, count in card.counts.items()),
    )


def _measures(card: Scorecard, rubric: Rubric, seen: set[tuple[str, str, int]]) -> tuple[Measure, ...]:
    summaries = {summary.id: summary for summary in rubric.summaries}
    found = []
    for value in card.summaries:
        if value.id not in summaries:
            continue
        made = measure(value, summaries[value.id], rubric)
        if (made.label, made.value, made.n) not in seen:
            found.append(made)
        seen.add((made.label, made.value, made.n))
    return tuple(found)


def _rating_bar(score: Score, criterion: Criterion) -> Bar | None:
    if score.value is None:
        return None
    low, high = score.scale
    ends = (f"{low:g}", f"{high:g}")
    alt = f"{criterion.label}: {score.value:g} on a scale of {low:g} to {high:g}"
    return Bar(score.value, low, high, ends=ends, words=alt, alt=alt)


def _measure_bar(value: SummaryValue, summary: Summary, rubric: Rubric, borders: str) -> Bar | None:
    if not summary.thresholds:
        return None
    # Too few observations carry no judgement, so they are not marked among the bands either.
    shown = None if summary_reason(value, summary) else value.value
    edges = tuple(sorted(threshold.value for threshold in summary.thresholds))
    low, high = _range(summary, rubric, edges[-1], shown)
    mark = "no mark" if shown is None else f"mark at {number(shown, summary.unit)}"
    return Bar(
        value=shown,
        low=low,
        high=high,
        borders=edges,
        is_falling=_is_falling(summary.thresholds),
        names=_names(summary.thresholds),
        ends=(number(low, summary.unit), number(high, summary.unit)),
        words=borders,
        alt=f"{summary.label}: bar with bands ({borders}), {mark}.",
    )


def _is_falling(thresholds: Sequence[Threshold]) -> bool:
    return thresholds[0].op in ("<=", "<")


def _names(thresholds: Sequence[Threshold]) -> tuple[str, ...]:
    labels = [each.label for each in sorted(thresholds, key=lambda each: each.value)]
    beyond = outside(thresholds)
    return (*labels, beyond) if _is_falling(thresholds) else (beyond, *labels)


def _range(summary: Summary, rubric: Rubric, top: float, value: float | None) -> tuple[float, float]:
    if summary.unit == "share":
        return 0.0, 1.0
    if summary.unit == "score" and rubric.criteria:
        return rubric.criteria[0].scale
    return 0.0, max(top * _ROOM, (value or 0.0) * 1.05, 1.0)
