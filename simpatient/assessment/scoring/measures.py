"""The plain numbers of a conversation that formulas may use by name, beside counts and criteria.

Shares of words stand in for talking time where a talk was typed; of one that was spoken there are seconds too.
Must not know any rubric.
"""

from collections.abc import Sequence
from statistics import fmean, median
from typing import get_args

from simpatient.assessment.scoring.coded_transcript import CodedTranscript
from simpatient.assessment.scoring.volleys import PHRASE_WORDS, Volley, is_list, words
from simpatient.domain.assessment.codes import Speaker
from simpatient.domain.assessment.speaking_times import SpeakingTimes
from simpatient.domain.content.rubric import Pattern
from simpatient.domain.state import TalkType
from simpatient.domain.text import sentences

REPEAT_WORDS = 4  # shorter sentences ("How was that?") are said again in any talk
TALK_TYPES: tuple[str, ...] = get_args(TalkType)
# Of spoken talks alone; undefined where a talk was typed.
SPOKEN: dict[str, str] = {
    "spoken_turns": "turns with plausible times",
    "trainee_seconds": "how long the trainee spoke",
    "patient_seconds": "how long the patient spoke",
    "talk_seconds": "length of the conversation, without its pauses",
    "median_latency": "median seconds the trainee waited after the patient's last word",
    "latencies": "trainee answers whose wait is known",
    "silences": "silences of three seconds or more",
    "silences_left": "silences the trainee left for the patient to end",
    "interruptions": "trainee turns that interrupted the patient",
    "interruption_rate_10": "interruptions per ten minutes; undefined for a very short conversation",
    "trainee_pace": "the trainee's words per minute",
    "patient_pace": "the patient's words per minute",
    "longest_monologue": "seconds of the trainee's longest monologue",
}
MEASURES: dict[str, str] = {
    "trainee_turns": "trainee volleys with words in them",
    "patient_turns": "patient volleys with words in them",
    "trainee_words": "words the trainee said",
    "patient_words": "words the patient said",
    "trainee_median_words": "median words of a trainee volley",
    "patient_median_words": "median words of a patient volley",
    "trainee_repeats": "trainee volleys with a sentence of four words or more the trainee had said before",
    "trainee_echoes": "trainee volleys with a sentence that only repeats what the patient just said",
    "trainee_lists": "trainee volleys with a bare list of terms or set phrases in them",
    "trainee_confidence": "mean confidence of the trainee's codes",
    **{f"{talk}_talk": f"patient volleys of the talk type {talk}" for talk in TALK_TYPES},
    **SPOKEN,
}


def pattern_names(patterns: Sequence[Pattern]) -> tuple[str, ...]:
    """Return the names patterns add to formulas."""
    return tuple(name for p in patterns for name in (p.id, f"{p.id}_chances", f"first_{p.id}"))


def measure(reading: CodedTranscript, patterns: Sequence[Pattern]) -> dict[str, float | None]:
    """Return every builtin measure and pattern value; None where there is nothing to measure."""
    values: dict[str, float | None] = {}
    for speaker in get_args(Speaker):
        values |= _talk_of(speaker, [v for v in reading.volleys if v.speaker == speaker])
    sure = [s.confidence for v in reading.volleys if v.speaker == "trainee" for s in v.spans]
    values["trainee_confidence"] = fmean(sure) if sure else None
    spoken = [volley for volley in reading.volleys if volley.speaker == "trainee"]
    values["trainee_repeats"] = _repeats(spoken)
    values["trainee_echoes"] = sum(
        any(reading.is_echo(sentence, at) for sentence in sentences(volley.text))
        for at, volley in enumerate(reading.volleys)
    )
    values["trainee_lists"] = sum(any(is_list(s, PHRASE_WORDS) for s in sentences(v.text)) for v in spoken)
    values |= {f"{talk}_talk": len(reading.hits(talk)) for talk in TALK_TYPES}
    values |= _spoken(reading.times)
    for pattern in patterns:
        hits = reading.hits(pattern.id)
        values[pattern.id] = len(hits)
        values[f"{pattern.id}_chances"] = reading.chances[pattern.id]
        values[f"first_{pattern.id}"] = hits[0].at + 1 if hits else None
    return values


def _spoken(times: SpeakingTimes | None) -> dict[str, float | None]:
    if times is None:
        return dict.fromkeys(SPOKEN)
    silences = times.silences
    return {
        "spoken_turns": len(times.rows),
        "trainee_seconds": times.trainee_s,
        "patient_seconds": times.patient_s,
        "talk_seconds": times.span_s,
        "median_latency": times.latency.median,
        "latencies": times.latency.n,
        "silences": len(silences),
        "silences_left": sum(silence.ended_by == "patient" for silence in silences),
        "interruptions": len(times.interruptions),
        "interruption_rate_10": times.interruption_rate.value,
        "trainee_pace": times.trainee_pace.value,
        "patient_pace": times.patient_pace.value,
        "longest_monologue": None if times.longest is None else times.longest.seconds,
    }


def _repeats(volleys: Sequence[Volley]) -> int:
    said: set[tuple[str, ...]] = set()
    repeats = 0
    for volley in volleys:
        spoken = {words(sentence) for sentence in sentences(volley.text)}
        long_enough = {sentence for sentence in spoken if len(sentence) >= REPEAT_WORDS}
        repeats += not said.isdisjoint(long_enough)
        said |= long_enough
    return repeats


def _talk_of(speaker: Speaker, volleys: Sequence[Volley]) -> dict[str, float | None]:
    lengths = [len(words(volley.text)) for volley in volleys]
    return {
        f"{speaker}_turns": len(volleys),
        f"{speaker}_words": sum(lengths),
        f"{speaker}_median_words": median(lengths) if lengths else None,
    }
