"""Values in words: numbers with their units, dates, reasons, code tags. Pure functions, no Qt.

A value that does not exist is shown as a dash with its reason, never as nought.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from simpatient.domain.codes import CodeNames, TurnCodes
from simpatient.domain.rubric import Summary, Threshold
from simpatient.domain.score import Score, SummaryValue

NONE = "–"
_NO_BREAK = "\u00a0"
POLICY_WORDS = {
    "auto": "counted",
    "estimate": "estimate",
    "needs_review": "needs review",
    "human_only": "rated by a person",
}
DIFFICULTY_WORDS = {1: "gentle", 2: "fairly gentle", 3: "moderate", 4: "demanding", 5: "very demanding"}
MODEL_WORDS = {"guided": "guided patient (authored lines)"}


def number(value: float | None, unit: str) -> str:
    """Return a value in its unit; a dash for None."""
    if value is None:
        return NONE
    if unit == "share":
        return f"{value * 100:.0f} %"
    if unit == "ratio":
        return f"{value:.2f} : 1"
    if unit == "turn":
        return f"turn {value:.0f}"
    if unit == "words":
        return f"{value:.0f} words"
    if unit == "count":
        return f"{value:.0f}"
    if unit == "seconds":
        return f"{value:.1f} s"
    if unit == "pace":
        return f"{value:.0f} words a minute"
    return f"{value:.1f}"


def date(moment: datetime) -> str:
    """Return a date as people here read it, in local time."""
    local = moment.astimezone()
    return f"{local.day} {local:%b %Y}"


def day(moment: datetime) -> str:
    """Return a date and time as people here read them, in local time."""
    return f"{date(moment)}, {moment.astimezone():%H:%M}"


def plural(count: int, one: str, many: str = "") -> str:
    """Return ``1 turn``, ``2 turns``."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def summary_reason(value: SummaryValue, summary: Summary) -> str:
    """Return why a summary has no value or should not be relied on; empty when it is fine."""
    if value.undefined or value.value is None:
        why = "none of what it counts was heard" if value.n == 0 else "a part it is made of has no value"
        return f"Not defined here: {why}."
    if not value.enough:
        return f"Too little to go on: {plural(value.n, 'observation')}, {summary.min_n} needed."
    return ""


def band_words(value: SummaryValue, summary: Summary) -> str:
    """Return the band a value lies in, in words; empty without bands or with too little to go on."""
    if not value.thresholds or summary_reason(value, summary):
        return ""
    return value.band or outside_words(value.thresholds)


def outside_words(thresholds: Sequence[Threshold]) -> str:
    """Return what lies before the first band."""
    return f"not yet {thresholds[0].label}"


def border_words(threshold: Threshold, unit: str) -> str:
    """Return the border of a band, such as ``good: 50 % or more``."""
    words = {">=": "{} or more", "<=": "{} or less", ">": "more than {}", "<": "less than {}"}
    return f"{threshold.label}: {words[threshold.op].format(number(threshold.value, unit))}"


def score_words(score: Score) -> str:
    """Return a criterion's value on its scale, or a dash."""
    if score.value is None:
        return NONE
    shown = f"{score.value:g}"
    return f"{shown} of {score.scale[1]:g}"


def confidence_words(confidence: float) -> str:
    """Return a confidence (0..1) in a word and per cent."""
    word = "high" if confidence >= 0.8 else "fair" if confidence >= 0.6 else "low"
    return f"{word} confidence ({confidence * 100:.0f} %)"


def code_tags(codes: TurnCodes | None, names: CodeNames, *, with_labels: bool = False) -> list[tuple[str, str]]:
    """Return a turn's codes as ``(tag, what it means and how sure the coder is)``, in spoken order.

    Args:
        codes: What the coder heard; None for a turn without codes.
        names: What codes are called.
        with_labels: Whether the tag has the code's name behind its letters.
    """
    found = []
    for code, confidence in _heard(codes).items():
        tag, name = names.tag(code), names.label(code)
        shown = f"{tag} {name.lower()}" if with_labels and tag != name else tag
        found.append((shown, f"{name}, {confidence_words(confidence)}"))
    return found


def code_key(turns: Iterable[TurnCodes | None], names: CodeNames) -> str:
    """Return the key to the letters in use, in one line; a tag that is a name explains itself."""
    heard = {code for codes in turns for code in _heard(codes)}
    pairs = sorted((names.tag(code), names.label(code)) for code in heard)
    # A letter tag and its meaning stay on one line.
    return "  ·  ".join(f"{tag} {name.lower()}".replace(" ", _NO_BREAK) for tag, name in pairs if tag != name)


def _heard(codes: TurnCodes | None) -> dict[str, float]:
    """Return each code of a turn with the confidence of its surest utterance."""
    if codes is None:
        return {}
    if codes.talk is not None:
        # Of a patient's turn the talk as a whole is shown; its parts may differ and would only confuse.
        return {codes.talk.code: codes.talk.confidence}
    found: dict[str, float] = {}
    for utterance in codes.utterances:
        for label in utterance.codes[:1]:
            found[label.code] = max(label.confidence, found.get(label.code, 0.0))
    return found
