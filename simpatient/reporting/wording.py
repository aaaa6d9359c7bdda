"""Numbers, dates, reasons and code letters in words, the same in every report.

Pure functions on values; must not know reportlab or HTML. No number is finer than its scale supports.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from simpatient.domain.codes import CodeNames, TurnCodes
from simpatient.domain.rubric import Summary, Threshold
from simpatient.domain.score import Score, SummaryValue

NONE = "–"
DISCLAIMER = "Simulated patient, not a person; practice, not therapy; not a clinical tool."
ESTIMATE = (
    "An estimate is a program's reading of the text alone, with the lines it rests on, so that you can check it. "
    "It is not a rating by a person and decides nothing about you."
)
FIRST = "Look at this first"
FIRST_WHY = (
    "This matters more than anything below and no good moment makes up for it. A program read it from the text and can "
    "be wrong: check the words, and talk it over with a supervisor."
)
STATUS_WORDS = {
    "auto": "counted",
    "estimate": "estimate",
    "needs_review": "estimate, needs review by a person",
    "human_only": "for a person to rate",
}
# Consistent with the window: 0.8 and 0.6 are where its words change too.
CONFIDENCE_WORDS = ((0.8, "high confidence"), (0.6, "fair confidence"), (0.0, "low confidence"))
MODEL_WORDS = {"guided": "the guided patient: lines written by authors, chosen by fixed rules"}


def number(value: float | None, unit: str) -> str:
    """Return a value in its unit; a dash for None."""
    if value is None:
        return NONE
    words = {
        "share": f"{value * 100:.0f} %",
        "ratio": f"{value:.1f} to 1",
        "turn": f"{value:.0f}",
        "words": f"{value:.0f} words",
        "count": f"{value:.0f}",
        "score": f"{value:.1f}",
        "seconds": f"{value:.1f} s",
        "pace": f"{value:.0f} words a minute",
    }
    return words.get(unit, f"{value:.1f}")


def border(threshold: Threshold, unit: str) -> str:
    """Return a band border in words, such as ``good: 50 % or more``."""
    words = {">=": "{} or more", "<=": "{} or less", ">": "more than {}", "<": "less than {}"}
    return f"{threshold.label}: {words[threshold.op].format(number(threshold.value, unit))}"


def band(value: SummaryValue, summary: Summary) -> str:
    """Return where the value lies between the bands; empty when there are none or too little was observed."""
    if value.value is None or not value.enough or not summary.thresholds:
        return ""
    if value.band:
        return value.band
    return f"not yet {summary.thresholds[0].label}"


def summary_reason(value: SummaryValue) -> str:
    """Return why a measure has no value or should not be leant on; empty when it is fine."""
    if value.undefined or value.value is None:
        return "Not defined here: there was nothing of the kind to count."
    if not value.enough:
        return "Too little to go on; shown without a band."
    return ""


def score_words(score: Score) -> str:
    """Return a criterion's value on its scale, or why there is none."""
    if score.value is None:
        return f"not scored: {score.unscored_reason}"
    return f"{score.value:g} on a scale of {score.scale[0]:g} to {score.scale[1]:g}"


def confidence(score: Score) -> str:
    """Return how sure the program is of a criterion's value, in words."""
    return next(word for least, word in CONFIDENCE_WORDS if score.confidence >= least)


def day(moment: datetime) -> str:
    """Return a date and time as people here read them, with the zone it is given in."""
    return f"{moment.day} {moment:%B %Y, %H:%M} {moment.tzname() or ''}".strip()


def short_day(moment: datetime) -> str:
    """Return a date without its time."""
    return f"{moment.day} {moment:%b %Y}"


def duration(span: timedelta | None) -> str:
    """Return a duration in minutes; a dash when the session has not ended."""
    if span is None:
        return NONE
    minutes = round(span.total_seconds() / 60)
    return "under a minute" if minutes < 1 else plural(minutes, "minute")


def plural(count: int, one: str, many: str = "") -> str:
    """Return ``1 turn``, ``2 turns``."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def sentence(label: str) -> str:
    """Return an id such as ``open_question`` as words: ``open question``."""
    return label.replace("_", " ").replace("-", " ").strip()


def codes_of(codes: TurnCodes | None) -> tuple[str, ...]:
    """Return the codes of a turn, each once, in spoken order; the patient's talk type last."""
    if codes is None:
        return ()
    found = dict.fromkeys(codes.utterance_codes())
    if codes.talk is not None:
        found.setdefault(codes.talk.code)
    return tuple(found)


def key(codes: Iterable[str], names: CodeNames) -> tuple[tuple[str, str], ...]:
    """Return the key to code letters as ``(letters, meaning)``, sorted; a tag that is a name explains itself."""
    pairs = sorted((names.tag(code), names.label(code)) for code in set(codes))
    return tuple((tag, name) for tag, name in pairs if tag != name)


def listed(words: Sequence[str]) -> str:
    """Return words as a list in a sentence: ``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""
