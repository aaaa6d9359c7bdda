"""Judges one try of a drill: what was asked for and heard, what was better left out, and one better line.

Where the coder is more likely wrong than right about what decides, nothing is claimed: the finding says what was heard
and that a person should judge. Must not know any drill, and says nothing about the person.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from simpatient.assessment.scoring.coded_transcript import overlap, read
from simpatient.assessment.scoring.volleys import Span, words
from simpatient.domain.assessment.codes import TurnCodes, Utterance, UtteranceLabel
from simpatient.domain.content.rubric import Pattern
from simpatient.domain.learning.drill import Avoidance, Drill, Expectation, Feedback, Finding, Outcome, Stimulus
from simpatient.domain.ports import Coder
from simpatient.domain.session.session import CodedTurn

# Confidence is calibrated, so below this the coder is more likely wrong than right.
SURE_FROM = 0.5
# Less sure than this a code out of twenty is a guess: it takes nothing from a try (own choice).
GUESS_BELOW = 0.3
# The same as in the debrief's guide: nearly every word is the patient's own, and there are enough of them to tell.
PARROTED_FROM, PARROTED_WORDS = 0.9, 4
# Lines that share more of their words than this, both ways, are the same line said again.
SAME_LINE_FROM = 0.8
_PATIENT, _TRY = 0, 1


@dataclass(frozen=True)
class _Said:
    """A try with the line it answers, both coded, and what its coding scheme calls the codes."""

    turns: tuple[CodedTurn, CodedTurn]
    scheme: str
    labels: Mapping[str, str]


def judge(
    drill: Drill,
    stimulus: Stimulus,
    text: str,
    coder: Coder,
    labels: Mapping[str, str],
    shown: Collection[str] = (),
) -> Feedback:
    """Return what is to be said about one try.

    Args:
        drill: The drill.
        stimulus: One of its stimuli, which the try answers.
        text: The try; not blank.
        coder: Gives the codes.
        labels: What the codes are called.
        shown: Better lines shown before; saying one of them again is no try.
    """
    said = _Said(_coded(stimulus, text, coder), drill.scheme, labels)
    expects = (*drill.expects, *stimulus.expects)
    patterns = (*drill.patterns, *drill.expects, *drill.avoids, *stimulus.expects)
    expected = tuple(_expected(each, patterns, said) for each in expects)
    avoided = tuple(_avoided(each, patterns, said) for each in drill.avoids)
    count = len(words(text))
    is_parroted = count >= PARROTED_WORDS and overlap(text, stimulus.patient) >= PARROTED_FROM
    is_sound = not is_parroted and count <= drill.max_words
    is_copied = any(_alike(text, line) >= SAME_LINE_FROM for line in shown)
    return Feedback(
        outcome=_outcome((*expected, *avoided), is_sound=is_sound, is_copied=is_copied),
        expected=expected,
        avoided=avoided,
        words=count,
        max_words=drill.max_words,
        is_parroted=is_parroted,
        better=better_line(stimulus, text, shown),
    )


def better_line(stimulus: Stimulus, text: str, shown: Collection[str] = ()) -> str:
    """Return a good answer that is not what was just said, if there is one; one not shown before comes first."""
    other = [line for line in stimulus.better if _alike(text, line) < SAME_LINE_FROM]
    fresh = [line for line in other if line not in shown]
    return (fresh or other or [min(stimulus.better, key=lambda line: _alike(text, line))])[0]


def wanted_codes(pattern: Pattern, patterns: Sequence[Pattern]) -> tuple[str, ...]:
    """Return the codes a pattern looks for, those of the patterns it names in their place."""
    named = {each.id: each for each in patterns}
    found: list[str] = []
    for label in pattern.codes:
        found += wanted_codes(named[label], patterns) if label in named else [label]
    return tuple(dict.fromkeys(found))


def _outcome(findings: Sequence[Finding], *, is_sound: bool, is_copied: bool) -> Outcome:
    if is_copied:
        return "copied"
    if not is_sound or any(finding.verdict == "unmet" for finding in findings):
        return "not_yet"
    return "unsure" if any(finding.verdict == "unsure" for finding in findings) else "done"


def _coded(stimulus: Stimulus, text: str, coder: Coder) -> tuple[CodedTurn, CodedTurn]:
    heard = coder.code_turn("patient", stimulus.patient)
    return (
        CodedTurn(turn=_PATIENT, speaker="patient", text=stimulus.patient, codes=heard),
        CodedTurn(turn=_TRY, speaker="trainee", text=text, codes=coder.code_turn("trainee", text, stimulus.patient)),
    )


# One pattern, three readings: as it was coded; with only what the coder is sure of; with what it doubts taken for
# what is looked for. What holds in the first two is met, what fails in all three is unmet, the rest is uncertain.


def _expected(expectation: Expectation, patterns: Sequence[Pattern], said: _Said) -> Finding:
    spans = _matched(expectation, patterns, said.turns, said.scheme)
    if not spans:
        could_be = any(
            _matched(expectation, patterns, turns, said.scheme) for turns in _doubts_as(expectation, patterns, said)
        )
        return _missed(expectation, said, could_be=could_be)
    if _matched(expectation, patterns, _sure_only(said), said.scheme):
        return _finding(expectation.id, "met", expectation.met, _surest(spans), said.labels)
    return _unsure(expectation.id, spans, said)


def _avoided(avoidance: Avoidance, patterns: Sequence[Pattern], said: _Said) -> Finding:
    """Return whether something was left out. A doubt alone is no reproach: only what was heard can be unsure."""
    spans = _matched(avoidance, patterns, said.turns, said.scheme)
    if not spans:
        return Finding(id=avoidance.id, verdict="met", words="", confidence=_least_sure(said))
    if _matched(avoidance, patterns, _sure_only(said), said.scheme):
        return _finding(avoidance.id, "unmet", avoidance.said, _surest(spans), said.labels)
    if max(span.confidence for span in spans) < GUESS_BELOW:
        return Finding(id=avoidance.id, verdict="met", words="", confidence=_least_sure(said))
    return _unsure(avoidance.id, spans, said)


def _matched(
    pattern: Pattern, patterns: Sequence[Pattern], turns: tuple[CodedTurn, ...], scheme: str
) -> tuple[Span, ...]:
    """Return the words of the try that match, or nothing."""
    reading = read(turns, scheme, patterns)
    at = len(reading.volleys) - 1
    coded = reading.spans(wanted_codes(pattern, patterns), at)
    return tuple(_as_coded(span, coded, pattern) for span in reading.spans([pattern.id], at))


def _as_coded(span: Span, coded: Sequence[Span], pattern: Pattern) -> Span:
    """Return words found by a phrase with the code they were asked to have, as sure as the coder is of that.

    A phrase that is enough by itself keeps its certainty; one that a code must go with does not.
    """
    near = [each for each in coded if _shared(span, each)]
    if span in coded or not (near or (pattern.phrases and coded)):
        return span
    best = max(near or coded, key=lambda each: (_shared(span, each), each.confidence))
    return replace(span, code=best.code, confidence=best.confidence)


def _shared(one: Span, other: Span) -> int:
    """Return how many characters two spans of a turn have in common."""
    return max(0, min(one.end, other.end) - max(one.start, other.start))


def _sure_only(said: _Said) -> tuple[CodedTurn, ...]:
    sure = [each for each in said.turns[_TRY].codes.utterances if not _is_doubtful(each, said.scheme)]
    return _with_utterances(said, sure)


def _doubts_as(pattern: Pattern, patterns: Sequence[Pattern], said: _Said) -> Iterator[tuple[CodedTurn, ...]]:
    """Yield the talk with the doubtful words coded as each thing the pattern looks for."""
    spoken = said.turns[_TRY].codes.utterances
    if not any(_is_doubtful(each, said.scheme) for each in spoken):
        return
    # Without codes to look for, what is doubted may only have stood in the way.
    for code in wanted_codes(pattern, patterns) or ("",):
        label = (UtteranceLabel(scheme=said.scheme, code=code, confidence=0.0),) if code else ()
        yield _with_utterances(
            said,
            [u.model_copy(update={"codes": label}) if _is_doubtful(u, said.scheme) else u for u in spoken],
        )


def _with_utterances(said: _Said, utterances: Sequence[Utterance]) -> tuple[CodedTurn, ...]:
    tried = said.turns[_TRY]
    codes = TurnCodes(utterances=tuple(utterances))
    return said.turns[_PATIENT], tried.model_copy(update={"codes": codes})


def _is_doubtful(utterance: Utterance, scheme: str) -> bool:
    return any(label.confidence < SURE_FROM for label in utterance.codes if label.scheme == scheme)


# Words


def _missed(expectation: Expectation, said: _Said, *, could_be: bool) -> Finding:
    spoken = _spoken(said)
    if could_be:
        return _unsure(expectation.id, (), said)
    if not expectation.codes:
        # No words can be shown for what was not said.
        return Finding(id=expectation.id, verdict="unmet", words=expectation.unmet, confidence=1.0)
    heard = _surest(spoken) if spoken else None
    return _finding(expectation.id, "unmet", expectation.unmet, heard, said.labels)


def _unsure(finding_id: str, matched: Sequence[Span], said: _Said) -> Finding:
    """Return the uncertain finding, with the doubtful words, those that matched before others."""
    doubtful = [span for span in _spoken(said) if span.confidence < SURE_FROM]
    near = [span for span in doubtful if any(_shared(span, each) for each in matched)]
    span = min(near or doubtful, key=lambda each: each.confidence)
    name = said.labels.get(span.code, span.code.replace("_", " ")).lower()
    told = f"“{span.text}” was coded as “{name}”, but not confidently. A person should judge this one."
    return _finding(finding_id, "unsure", told, span, said.labels)


def _finding(finding_id: str, verdict: str, told: str, span: Span | None, labels: Mapping[str, str]) -> Finding:
    return Finding.model_validate(
        {
            "id": finding_id,
            "verdict": verdict,
            "words": told,
            "heard": labels.get(span.code, "") if span else "",
            "confidence": span.confidence if span else 1.0,
            "evidence": span.evidence(supports=verdict == "met") if span else None,
        }
    )


def _spoken(said: _Said) -> tuple[Span, ...]:
    """Return the coded words of the try."""
    reading = read(said.turns, said.scheme, ())
    return tuple(span for volley in reading.volleys if volley.speaker == "trainee" for span in volley.spans)


def _surest(spans: Sequence[Span]) -> Span:
    return max(spans, key=lambda span: span.confidence)


def _least_sure(said: _Said) -> float:
    return min((span.confidence for span in _spoken(said)), default=1.0)


def _alike(one: str, other: str) -> float:
    """Return the share (0..1) of words two lines have in common, by the longer of them."""
    return min(overlap(one, other), overlap(other, one))
