"""Puts a grader's ratings into a scorecard made by formulas, and computes again what follows from them.

Counts and their evidence stay as they are. Must not know who rated.
"""

from collections.abc import Sequence

from simpatient.assessment.scoring import formulas
from simpatient.assessment.scoring.coded_transcript import read
from simpatient.assessment.scoring.measures import measure
from simpatient.assessment.scoring.scoring import summarise
from simpatient.domain.assessment.score import Score, Scorecard
from simpatient.domain.content.rubric import Rubric
from simpatient.domain.session.session import CodedTurn


def with_ratings(card: Scorecard, turns: Sequence[CodedTurn], rubric: Rubric, ratings: Sequence[Score]) -> Scorecard:
    """Return the scorecard with these scores replacing its existing ones for the same criteria.

    A score without a value takes the place of one with a value too: what a chosen grader refuses to
    rate is not filled up from somewhere else. Two things stay when a grader is silent on them: what was judged
    from writing, which it has not read, and what is critical, which silence must not hide. Critical ratings come
    first; summaries and the overall number follow the new scores.

    Args:
        card: Made by ``scoring.score`` from the same turns and rubric.
        turns: The branch in order, coded.
        rubric: The instrument as data.
        ratings: The grader's scores.
    """
    from_writing = {criterion.id for criterion in rubric.criteria if criterion.written}
    stays = from_writing | {score.id for score in card.criteria if score.critical}
    rated = {rating.id: rating for rating in ratings if rating.value is not None or rating.id not in stays}
    chosen = [rated.get(score.id, score) for score in card.criteria]
    criteria = tuple(sorted(chosen, key=lambda score: not score.critical))
    reading = read(turns, rubric.scheme, rubric.patterns)
    names = measure(reading, rubric.patterns) | {key: float(count) for key, count in card.counts.items()}
    summaries, names = summarise(rubric, names | {score.id: score.value for score in criteria}, reading)
    value = formulas.evaluate(rubric.overall, names)
    overall = None if value is None else round(formulas.clamp(value), 4)
    return card.model_copy(
        update={
            "criteria": criteria,
            "summaries": summaries,
            "overall": card.overall.model_copy(update={"value": overall}),
        }
    )
