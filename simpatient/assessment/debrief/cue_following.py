"""Follows the patient's cues to the turn that took them up: what was passed over, and for how long.

Works from the coded transcript alone; which words are a cue and what answers it is data. Must not know
any rubric, persona or interface.
"""

from collections.abc import Sequence

from simpatient.assessment.scoring.coded_transcript import CodedTranscript, Hit
from simpatient.domain.assessment.debrief import CueGroup, CueHeard
from simpatient.domain.content.coaching import CueKind

# An answer later than this many trainee turns is about something else (own choice: half a page of talk).
LATEST_ANSWER = 4


def follow_cues(reading: CodedTranscript, kinds: Sequence[CueKind]) -> tuple[CueGroup, ...]:
    """Return the cues of each kind that were heard, serious kinds first, else in the guide's order.

    A cue in the patient's very last words is left out: nothing could have followed it.
    """
    groups = [_group(reading, kind) for kind in sorted(kinds, key=lambda kind: not kind.serious)]
    return tuple(group for group in groups if group.cues)


def _group(reading: CodedTranscript, kind: CueKind) -> CueGroup:
    hits: dict[int, Hit] = {}
    for label in kind.codes:
        for hit in reading.hits(label):
            could_be_answered = any(volley.speaker == "trainee" for volley in reading.volleys[hit.at + 1 :])
            if reading.volleys[hit.at].speaker == "patient" and could_be_answered:
                hits.setdefault(hit.at, hit)
    cues = tuple(_heard(reading, hits[at], kind) for at in sorted(hits))
    return CueGroup(kind=kind.id, label=kind.label, why=kind.why, serious=kind.serious, drill=kind.drill, cues=cues)


def _heard(reading: CodedTranscript, hit: Hit, kind: CueKind) -> CueHeard:
    evidence = max(hit.spans, key=lambda span: span.confidence).evidence()
    answers = [at for at in range(hit.at + 1, len(reading.volleys)) if reading.volleys[at].speaker == "trainee"]
    for turns, at in enumerate(answers[:LATEST_ANSWER], start=1):
        if reading.carries(kind.answered_by, at):
            answer = reading.volleys[at].turns[0]
            return CueHeard(
                evidence=evidence,
                answered_at=answer.turn,
                trainee_turns=turns,
                seconds=_seconds(reading, reading.volleys[hit.at].turns[-1].turn, answer.turn),
            )
    return CueHeard(evidence=evidence)


def _seconds(reading: CodedTranscript, cue: int, answer: int) -> float | None:
    """Return the time from one turn to another; None where it is not known, as after a retry begun later."""
    times = reading.times
    before = times.row(cue) if times is not None else None
    after = times.row(answer) if times is not None else None
    if times is None or before is None or after is None:
        return None
    set_aside = any(before.end_s <= aside.at_s <= after.start_s for aside in times.asides)
    return None if set_aside else round(max(0.0, after.start_s - before.end_s), 1)
