"""Values in words: how far a program may go, how sure it is, why there is no value, what a report says of itself."""

from collections.abc import Sequence

from simpatient.domain.assessment.score import Score, SummaryValue
from simpatient.domain.content.rubric import Summary, Threshold
from simpatient.presentation.words.numbers import NONE, number, percent, plural

# Before and during a session, to the trainee; and on every page of a report, to whoever reads it.
PRACTICE_NOTICE = "A simulated patient, not a person. This is practice, not therapy."
DISCLAIMER = "Simulated patient, not a person; practice, not therapy; not a clinical tool."
ESTIMATE = (
    "An estimate is a program's reading of the text alone, with the lines it is based on, so that you can check it. "
    "It is not a rating by a person and decides nothing about you."
)
# How far a program may go with an item, by the rubric's policy.
STATUS_WORDS = {
    "auto": "counted",
    "estimate": "estimate",
    "needs_review": "estimate, needs review",
    "human_only": "for a person to rate",
}
DIFFICULTY_WORDS = {1: "gentle", 2: "fairly gentle", 3: "moderate", 4: "demanding", 5: "very demanding"}
MODEL_WORDS = {"guided": "the guided patient: lines written by authors, chosen by fixed rules"}
# From which confidence on each word holds.
_CONFIDENCE_WORDS = ((0.8, "high"), (0.6, "fair"), (0.0, "low"))
_BORDERS = {">=": "{} or more", "<=": "{} or less", ">": "more than {}", "<": "less than {}"}


def confidence_words(confidence: float) -> str:
    """Return a confidence (0..1) in a word and per cent."""
    word = next(word for least, word in _CONFIDENCE_WORDS if confidence >= least)
    return f"{word} confidence ({percent(confidence)})"


def summary_words(value: SummaryValue, summary: Summary) -> str:
    """Return a measure's value; a dash where it is undefined or has too little behind it to be believed."""
    return NONE if summary_reason(value, summary) else number(value.value, summary.unit)


def summary_reason(value: SummaryValue, summary: Summary) -> str:
    """Return why a measure has no value or should not be relied on; empty when it is fine."""
    if value.undefined or value.value is None:
        why = "there was nothing to count" if value.n == 0 else "a figure it is computed from has no value"
        return f"No value: {why}."
    if not value.enough:
        return f"Too little to go on: {plural(value.n, 'observation')}, {summary.min_n} needed."
    return ""


def score_words(score: Score) -> str:
    """Return a criterion's value on its scale, ``3 of 5``; a dash without one."""
    return NONE if score.value is None else f"{score.value:g} of {score.scale[1]:g}"


def sureness(score: Score) -> str:
    """Return what a criterion's value is and how sure the program is of it; empty without a value."""
    if score.value is None:
        return ""
    return f"{STATUS_WORDS[score.status]}, {confidence_words(score.confidence)}"


def border(threshold: Threshold, unit: str) -> str:
    """Return a band border in words, such as ``good: 50% or more``."""
    return f"{threshold.label}: {_BORDERS[threshold.op].format(number(threshold.value, unit))}"


def band(value: SummaryValue, summary: Summary) -> str:
    """Return in which band a value lies; empty when there are none or too little was observed."""
    if not summary.thresholds or summary_reason(value, summary):
        return ""
    return value.band or outside(summary.thresholds)


def outside(thresholds: Sequence[Threshold]) -> str:
    """Return what a value is called that lies in none of the bands."""
    return f"not yet {thresholds[0].label}"


def preparing(done: int, total: int) -> str:
    """Return how far a patient has come who is prepared for the first time on this computer."""
    return f"Preparing this patient: {done:,} of {total:,} lines"


def from_id(name: str) -> str:
    """Return an id such as ``open_question`` as words: ``open question``."""
    return name.replace("_", " ").replace("-", " ").strip()
