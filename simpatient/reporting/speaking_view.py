"""How a talk was spoken, as words, numbers and a drawn timeline: decided once, for PDF and HTML alike.

Must not know how times are measured, nor how the view is printed.
"""

from dataclasses import replace

from simpatient.domain.session import Turn
from simpatient.domain.speaking_times import Figure, SpeakingTimes
from simpatient.presentation import numbers
from simpatient.presentation.numbers import clock
from simpatient.reporting import view
from simpatient.reporting.timeline_picture import timeline

TITLE = "How the trainee spoke"
NOTE = (
    "Green: the trainee. Brown: the patient. Dashed frame: a silence of three seconds or more. Triangle: the trainee "
    "began while the patient was speaking. Dashed line: the talk was set aside. Time runs from the first word."
)
CAUTION = (
    "Times only: they say nothing of how anybody sounded, and none of them is good or bad by itself. Part of the quiet "
    "before a simulated patient's answer is the program's own time to think."
)
_HEAD = ("Measure", "Value", "n", "What it is")


def speaking(times: SpeakingTimes | None, patient: str) -> view.Speaking | None:
    """Return what the report says of how a talk was spoken; None when it was typed."""
    if times is None:
        return None
    drawn = None
    if times.rows:
        drawn = view.Chart("The talk in time", NOTE, timeline(times, patient, _alt(times)), _moments(times, patient))
    return view.Speaking(
        title=TITLE,
        rests_on=_rests_on(times),
        figures=view.Grid("Numbers made of times, with how many observations stand behind each", _HEAD, _rows(times)),
        drawn=drawn,
        caution=CAUTION,
    )


def spoken_turn(
    shown: view.SpokenTurn, turn: Turn, times: SpeakingTimes | None, *, with_unheard: bool
) -> view.SpokenTurn:
    """Return a turn of the transcript with how it was spoken.

    Args:
        shown: The turn without it.
        turn: As stored.
        times: Of the whole talk.
        with_unheard: Whether words nobody heard are shown; they may hold what the patient has not told yet.
    """
    stretch = times.row(turn.turn) if times is not None else None
    silence = times.silence_before(turn.turn) if times is not None else None
    return replace(
        shown,
        at=clock(stretch.start_s) if stretch is not None else "",
        silence=f"{silence.seconds:.0f} s silence" if silence is not None else "",
        unheard=turn.speech.unheard.strip() if turn.speech is not None and with_unheard else "",
        notes=_notes(turn, times, with_unheard=with_unheard),
    )


def _notes(turn: Turn, times: SpeakingTimes | None, *, with_unheard: bool) -> tuple[str, ...]:
    found = []
    if times is not None and times.interruption(turn.turn) is not None:
        found.append("Began while the patient was speaking.")
    speech = turn.speech
    if speech is not None and speech.was_interrupted:
        unheard = len(speech.unheard.split())
        rest = f" {numbers.plural(unheard, 'word')} not heard." if unheard and not with_unheard else ""
        found.append(f"Cut off here.{rest}")
    for version in speech.versions if speech is not None else ():
        if version.text.strip() != turn.text.strip():
            by = "First understood as" if version.source == "recogniser" else "Then written as"
            found.append(f"{by}: “{version.text}”")
    return tuple(found)


def _rests_on(times: SpeakingTimes) -> str:
    turns = numbers.plural(len(times.rows), "spoken turn")
    words = f"From the times of {turns}, {clock(times.span_s)} minutes of talk."
    if times.typed:
        words += f" {numbers.plural(times.typed, 'turn')} typed or without times: not counted here."
    if times.dropped:
        words += f" {numbers.plural(times.dropped, 'turn')} left out, because the times cannot be right."
    if times.asides:
        often = "once" if len(times.asides) == 1 else f"{len(times.asides)} times"
        words += f" The talk was set aside {often}; that is not counted either."
    return words


def _rows(times: SpeakingTimes) -> tuple[tuple[str, ...], ...]:
    if not times.rows:
        return ()
    latency = times.latency
    quartiles = (
        f"Median from the patient's last word to the trainee's first; half lie between "
        f"{numbers.number(latency.low, 'seconds')} and {numbers.number(latency.high, 'seconds')}, the longest was "
        f"{numbers.number(latency.longest, 'seconds')}{_at_turn(latency.longest_turn)}."
    )
    waits = Figure(value=latency.median, n=latency.n, why=latency.why)
    share = f"{clock(times.trainee_s)} of {clock(times.trainee_s + times.patient_s)} minutes in which somebody spoke."
    left = "Of the silences of three seconds or more, the share that the patient ended."
    return (
        _row("Share of the speaking time", times.talk_share, "share", share),
        _row("Share of the words", times.word_share, "share", "Of the words of the same turns."),
        _row("Wait before an answer", waits, "seconds", quartiles),
        _row("Silences left to the patient", times.silence_share, "share", left),
        _row("Interruptions in 10 minutes", times.interruption_rate, "rate", _interrupted(times)),
        _row("Pace of the trainee", times.trainee_pace, "pace", "While speaking."),
        _row("Pace of the patient", times.patient_pace, "pace", "While speaking."),
        *_longest(times),
    )


def _row(label: str, figure: Figure, unit: str, words: str) -> tuple[str, ...]:
    return (label, numbers.number(figure.value, unit), str(figure.n), figure.why or words)


def _at_turn(turn: int | None) -> str:
    return "" if turn is None else f", before turn {turn + 1}"


def _interrupted(times: SpeakingTimes) -> str:
    found = times.interruptions
    if not found:
        return "The patient could finish each time."
    return f"{numbers.plural(len(found), 'time')} in all: turn {numbers.listed([str(i.turn + 1) for i in found[:8]])}."


def _longest(times: SpeakingTimes) -> tuple[tuple[str, ...], ...]:
    longest = times.longest
    if longest is None:
        return ()
    words = (
        f"{numbers.plural(longest.words, 'word')} from turn {longest.turn + 1} on, with none of the patient's between."
    )
    return (("Longest at a stretch", f"{longest.seconds:.0f} s", "1", words),)


def _alt(times: SpeakingTimes) -> str:
    return (
        f"Timeline of {numbers.plural(len(times.rows), 'spoken turn')} over {clock(times.span_s)} minutes: the trainee "
        f"above, the patient below, {numbers.plural(len(times.silences), 'silence')} and "
        f"{numbers.plural(len(times.interruptions), 'interruption')}. When each turn began is in the transcript."
    )


def _moments(times: SpeakingTimes, patient: str) -> view.Grid:
    """Return silences and interruptions as a table, in order."""
    moments = [
        (s.start_s, str(s.before_turn + 1), f"{s.seconds:.0f} s of silence, ended by {_who(s.ended_by, patient)}")
        for s in times.silences
    ]
    for found in times.interruptions:
        cut = ", whose sentence broke off" if found.stopped_patient else ""
        moments.append((found.at_s, str(found.turn + 1), f"The trainee began while {patient} was speaking{cut}"))
    rows = tuple((clock(at), turn, words) for at, turn, words in sorted(moments))
    return view.Grid("Silences and interruptions", ("At", "Turn", "What happened"), rows)


def _who(speaker: str, patient: str) -> str:
    return patient if speaker == "patient" else "the trainee"
