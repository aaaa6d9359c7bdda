"""Works out how a talk was spoken from the times of its turns: shares, waits, silences, interruptions, pace.

It is here and not in ``speech`` because it needs no sound: imported role-plays have times of turns too. Times and
counts of words are all it reads; it must not know any rubric, recorder or interface, and nothing about a
speaker's emotion, accent or identity is made from it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median, quantiles

from simpatient.assessment.scoring.volleys import words
from simpatient.domain.assessment.codes import Speaker
from simpatient.domain.assessment.speaking_times import (
    Aside,
    Figure,
    Interruption,
    Latency,
    Monologue,
    Silence,
    SpeakingTimes,
    SpokenStretch,
)
from simpatient.domain.session.session import CodedTurn

# From here on a pause counts as a silence (own choice, shown as a trend only; no manual we know sets a limit).
SILENCE_S = 3.0
# A longer gap is a pause in the session, not a silence within the talk (own choice).
LONGEST_SILENCE_S = 60.0
# Less overlap is within what the ends of turns can be wrong by, and common wherever turns change (own choice).
LEAST_OVERLAP_S = 0.2
# So few words, while the patient speaks on, are backchannels ("mm", "right, yes") and no interruption (own choice).
LISTENING_WORDS = 3
# Nobody speaks faster: such times belong to other words (own choice; a fast talker reaches about half of it).
MOST_WORDS_A_MINUTE = 600.0
# With less, a number would say more about chance than about the talk (own choices).
LEAST_PACE_WORDS = 5  # of one turn
LEAST_WORDS = 20  # of a speaker, for a pace over the whole talk
LEAST_WAITS = 3
LEAST_SPAN_S = 120.0  # for a rate in ten minutes
_TEN_MINUTES_S = 600.0


@dataclass(frozen=True)
class _Timed:
    """A turn whose times can be right. ``follows``: the turn with words before it in the talk is timed too."""

    turn: CodedTurn
    start: float
    end: float
    words: int
    follows: bool


@dataclass(frozen=True)
class _Counted:
    """What times are counted from: the rows, and the stretches of the talk in which two or none spoke."""

    rows: tuple[SpokenStretch, ...]
    silences: tuple[Silence, ...]
    asides: tuple[Aside, ...]
    overlap_s: float
    quiet_s: float


def speaking_times(turns: Sequence[CodedTurn]) -> SpeakingTimes | None:
    """Return how a talk was spoken; None when no turn with words has times.

    Turns without words were not spoken. A turn that ends before it begins, begins before one that came earlier
    or while the same speaker's previous turn is still in progress, or is faster than speech, cannot be right; it is
    left out and counted.
    """
    if not any(_is_timed(turn) for turn in turns):
        return None
    spoken = [turn for turn in turns if words(turn.text)]
    timed = sum(_is_timed(turn) for turn in spoken)
    if not timed:
        return None
    kept = tuple(_believable(spoken, _broken(turns)))
    return _times(_laid_out(kept), typed=len(spoken) - timed, dropped=timed - len(kept))


def _is_timed(turn: CodedTurn) -> bool:
    return turn.start_s is not None and turn.end_s is not None


def _broken(turns: Sequence[CodedTurn]) -> frozenset[int]:
    """Return the turns that follow on another branch's: a retry, begun whenever the trainee came back."""
    return frozenset(after.turn for before, after in pairwise(turns) if after.turn != before.turn + 1)


def _believable(spoken: Sequence[CodedTurn], broken: frozenset[int]) -> Iterator[_Timed]:
    last_start, last_end = 0.0, dict.fromkeys(("trainee", "patient"), 0.0)
    before: CodedTurn | None = None
    kept: CodedTurn | None = None
    for turn in spoken:
        start, end = turn.start_s, turn.end_s
        said = len(words(turn.text))
        earliest = max(last_start, last_end[turn.speaker])
        if start is not None and end is not None and _can_be_right(start, end, said, earliest):
            follows = kept is not None and kept is before and turn.turn not in broken
            yield _Timed(turn, start, end, said, follows)
            last_start, last_end[turn.speaker], kept = start, end, turn
        before = turn


def _can_be_right(start: float, end: float, said: int, earliest: float) -> bool:
    if not end > start >= earliest:
        return False
    return said < LEAST_PACE_WORDS or said / (end - start) * 60.0 <= MOST_WORDS_A_MINUTE


def _laid_out(kept: Sequence[_Timed]) -> _Counted:
    """Put turns on the clock of the talk, which stands still while the talk is paused."""
    rows: list[SpokenStretch] = []
    silences: list[Silence] = []
    asides: list[Aside] = []
    overlap = quiet = 0.0
    cut = kept[0].start if kept else 0.0  # what the clock of the talk is behind
    reached, last = cut, 0  # until when anybody spoke, and the turn that did
    for timed in kept:
        gap = timed.start - reached
        waited: float | None = gap if rows else None
        if rows and (gap > LONGEST_SILENCE_S or (gap > 0 and not timed.follows)):
            asides.append(Aside(after_turn=last, at_s=reached - cut, seconds=gap))
            cut += gap
            waited = None
        elif gap > 0:
            quiet += gap
            if gap >= SILENCE_S:
                silences.append(_silence(timed, last, reached - cut, gap))
        overlap += max(0.0, min(reached, timed.end) - timed.start)
        rows.append(_row(timed, cut, waited if timed.follows else None))
        if timed.end > reached:
            reached, last = timed.end, timed.turn.turn
    return _Counted(tuple(rows), tuple(silences), tuple(asides), overlap, quiet)


def _silence(timed: _Timed, last: int, start: float, length: float) -> Silence:
    return Silence(
        after_turn=last,
        before_turn=timed.turn.turn,
        start_s=start,
        end_s=start + length,
        ended_by=timed.turn.speaker,
    )


def _row(timed: _Timed, cut: float, waited: float | None) -> SpokenStretch:
    length = timed.end - timed.start
    return SpokenStretch(
        turn=timed.turn.turn,
        speaker=timed.turn.speaker,
        start_s=timed.start - cut,
        end_s=timed.end - cut,
        words=timed.words,
        pace=timed.words / length * 60.0 if timed.words >= LEAST_PACE_WORDS else None,
        was_cut_off=timed.turn.was_interrupted,
        waited_s=waited,
    )


def _times(parts: _Counted, *, typed: int, dropped: int) -> SpeakingTimes:
    rows = parts.rows
    span = max((row.end_s for row in rows), default=0.0)
    seconds = {who: sum(row.seconds for row in rows if row.speaker == who) for who in ("trainee", "patient")}
    broken_into = tuple(_interruptions(rows))
    return SpeakingTimes(
        rows=rows,
        silences=parts.silences,
        asides=parts.asides,
        interruptions=broken_into,
        longest=_longest(rows),
        span_s=span,
        alone_s=max(0.0, seconds["trainee"] + seconds["patient"] - 2 * parts.overlap_s),
        overlap_s=parts.overlap_s,
        quiet_s=parts.quiet_s,
        trainee_s=seconds["trainee"],
        patient_s=seconds["patient"],
        talk_share=_share(rows, seconds["trainee"], seconds["patient"]),
        word_share=_share(rows, *(sum(r.words for r in rows if r.speaker == who) for who in ("trainee", "patient"))),
        latency=_latency(rows, {found.turn for found in broken_into}),
        silence_share=_left(parts.silences),
        interruption_rate=_rate(len(broken_into), span),
        trainee_pace=_pace(rows, "trainee"),
        patient_pace=_pace(rows, "patient"),
        typed=typed,
        dropped=dropped,
    )


def _interruptions(rows: Sequence[SpokenStretch]) -> Iterator[Interruption]:
    """Yield where the trainee began before the patient had ended, or the patient was cut off."""
    patient: SpokenStretch | None = None
    for row in rows:
        if row.speaker == "patient":
            patient = row
        elif patient is not None:
            overlap = max(0.0, min(patient.end_s, row.end_s) - row.start_s)
            # Turns of one speaker never overlap, so this is the turn the patient was in the middle of.
            listening = row.words <= LISTENING_WORDS and row.end_s < patient.end_s and not patient.was_cut_off
            cut = patient.was_cut_off and row.waited_s is not None
            if cut or (overlap >= LEAST_OVERLAP_S and not listening):
                yield Interruption(
                    turn=row.turn,
                    patient_turn=patient.turn,
                    at_s=row.start_s,
                    overlap_s=overlap,
                    stopped_patient=cut,
                )
            # Having taken the floor, the trainee cannot interrupt the same patient turn again.
            if not listening:
                patient = None


def _longest(rows: Sequence[SpokenStretch]) -> Monologue | None:
    runs: list[list[SpokenStretch]] = []
    for before, row in zip((None, *rows), rows, strict=False):
        is_continued = before is not None and before.speaker == row.speaker and row.waited_s is not None
        if runs and is_continued and (row.waited_s or 0.0) < SILENCE_S:
            runs[-1].append(row)
        else:
            runs.append([row])
    own = [run for run in runs if run[0].speaker == "trainee"]
    if not own:
        return None
    run = max(own, key=lambda run: run[-1].end_s - run[0].start_s)
    return Monologue(turn=run[0].turn, start_s=run[0].start_s, end_s=run[-1].end_s, words=sum(row.words for row in run))


def _share(rows: Sequence[SpokenStretch], trainee: float, patient: float) -> Figure:
    speakers = {row.speaker for row in rows}
    if len(speakers) < 2:
        return Figure(value=None, n=len(rows), why="Only one of the two has spoken turns with times.")
    return Figure(value=trainee / (trainee + patient), n=len(rows))


def _latency(rows: Sequence[SpokenStretch], broken_into: set[int]) -> Latency:
    waits = [
        (max(0.0, row.waited_s), row.turn)
        for before, row in pairwise(rows)
        if before.speaker == "patient" and row.speaker == "trainee" and row.turn not in broken_into
        # What began earlier was said into the patient's turn, as listening aloud is.
        if row.waited_s is not None and row.waited_s > -LEAST_OVERLAP_S
    ]
    if len(waits) < LEAST_WAITS:
        return Latency(n=len(waits), why=f"Fewer than {LEAST_WAITS} answers whose wait is known.")
    seconds = [wait for wait, _ in waits]
    low, _, high = quantiles(seconds, n=4, method="inclusive")
    longest, turn = max(waits)
    return Latency(median=median(seconds), low=low, high=high, longest=longest, longest_turn=turn, n=len(waits))


def _left(silences: Sequence[Silence]) -> Figure:
    left = sum(silence.ended_by == "patient" for silence in silences)
    if not silences:
        return Figure(value=None, n=0, why=f"There was no silence of {SILENCE_S:.0f} seconds or more.")
    return Figure(value=left / len(silences), n=len(silences))


def _rate(times: int, span: float) -> Figure:
    if span < LEAST_SPAN_S:
        why = f"Less than {LEAST_SPAN_S / 60:.0f} minutes of talk: too short for a rate per ten minutes."
        return Figure(value=None, n=times, why=why)
    return Figure(value=times * _TEN_MINUTES_S / span, n=times)


def _pace(rows: Sequence[SpokenStretch], speaker: Speaker) -> Figure:
    own = [row for row in rows if row.speaker == speaker]
    said, seconds = sum(row.words for row in own), sum(row.seconds for row in own)
    if said < LEAST_WORDS:
        return Figure(value=None, n=len(own), why=f"Fewer than {LEAST_WORDS} words were spoken.")
    return Figure(value=said / seconds * 60.0, n=len(own))
