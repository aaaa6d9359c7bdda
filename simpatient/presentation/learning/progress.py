"""A trainee's progress as shown: skills over sessions, objectives, sessions. Never a verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from simpatient.domain.learning.progress import ObjectiveProgress, Progress, SessionSummary, UnitProgress
from simpatient.presentation.shapes.curves import Chart, skill_chart
from simpatient.presentation.shapes.tables import Pairs, Table
from simpatient.presentation.words.dates import date, date_and_time, duration
from simpatient.presentation.words.numbers import NONE, listed, plural
from simpatient.presentation.words.wording import from_id

NOTES = (
    "The numbers are estimates that a program made from text, session by session, often from few observations; one "
    "more session can move them. They describe practice with simulated patients and are not a verdict on anybody.",
    "Sessions differ in difficulty; it stands beside every value. A mean and its range are shown from the third "
    "session on, and a change smaller than the range is no change.",
)
STATUS_WORDS = {"not_started": "Not started", "practising": "Practising", "mastered": "Mastered"}

_MOST_NUMBERS = 8  # of the sessions an objective was met in; a year of them says nothing more


@dataclass(frozen=True, slots=True)
class Objective:
    """A learning objective and where the trainee stands with it."""

    text: str
    status: str
    is_mastered: bool
    met_in: str


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of the course."""

    title: str
    note: str
    objectives: tuple[Objective, ...]


@dataclass(frozen=True, slots=True)
class ProgressView:
    """A trainee's progress over sessions."""

    title: str
    facts: Pairs
    curves: tuple[Chart, ...]
    units: tuple[Unit, ...]
    sessions: Table
    notes: tuple[str, ...]
    trainee: str
    made_at: datetime


def progress_view(progress: Progress) -> ProgressView:
    """Return everything the progress report shows, in reading order."""
    order = session_numbers(progress.sessions)
    return ProgressView(
        title=f"Practice of {_name(progress)}",
        facts=_facts(progress),
        curves=tuple(skill_chart(c, order) for c in progress.curves if c.defined),
        units=tuple(_unit(unit, order) for unit in progress.units),
        sessions=_sessions(progress.sessions, order),
        notes=NOTES,
        trainee=_name(progress),
        made_at=progress.generated_at,
    )


def session_numbers(sessions: Sequence[SessionSummary]) -> dict[str, int]:
    """Return each session's number, from 1 in the order they were held; retries share theirs."""
    held = dict.fromkeys(session.session_id for session in _oldest_first(sessions))
    return {session_id: number for number, session_id in enumerate(held, start=1)}


def retry_title(attempt: int) -> str:
    """Return what a retry is called."""
    return f"Retry {attempt - 1}"


def objective_view(objective: ObjectiveProgress, order: Mapping[str, int]) -> Objective:
    """Return an objective with the sessions in which it was met, by number."""
    numbers = [str(order.get(each, each)) for each in objective.met_in]
    met = f"Met in session{'' if len(numbers) == 1 else 's'} {listed(numbers)}" if numbers else "Not met yet"
    if len(numbers) > _MOST_NUMBERS:
        met = f"Met in {len(numbers)} sessions, the latest {listed(numbers[-_MOST_NUMBERS:])}"
    status = STATUS_WORDS[objective.status]
    needed = still_needed(objective)
    words = f"{met}; {needed}." if needed else f"{met}."
    return Objective(objective.text, status, objective.status == "mastered", words)


def still_needed(objective: ObjectiveProgress) -> str:
    """Return what is missing for an objective to be mastered; '' when nothing is."""
    if objective.status == "mastered":
        return ""
    if not objective.sessions_missing:
        return f"{objective.needed} of {objective.within} sessions in a row are needed"
    more = plural(objective.sessions_missing, "more session", "more sessions")
    others = objective.cases_missing
    patients = f", {'one' if others == 1 else others} of them with another patient" if others else ""
    if others and others == objective.sessions_missing:
        patients = ", with another patient" if others == 1 else ", each with another patient"
    return f"{more} needed{patients}"


def _oldest_first(sessions: Sequence[SessionSummary]) -> list[SessionSummary]:
    return sorted(sessions, key=lambda session: (session.started_at, session.session_id, session.attempt))


def _name(progress: Progress) -> str:
    return progress.trainee_name or progress.trainee_id


def _facts(progress: Progress) -> Pairs:
    sessions = _oldest_first(progress.sessions)
    span = NONE
    if sessions:
        first, last = (date(each.started_at) for each in (sessions[0], sessions[-1]))
        span = first if first == last else f"{first} to {last}"
    return (
        ("Trainee", _name(progress)),
        ("Sessions", _held(sessions)),
        ("From … to", span),
        ("Turns by the trainee", str(sum({each.session_id: each.trainee_turns for each in sessions}.values()))),
        ("Report made", date_and_time(progress.generated_at)),
    )


def _held(attempts: Sequence[SessionSummary]) -> str:
    """Return how many sessions were held; a retry continues one, and is named beside."""
    held = len({attempt.session_id for attempt in attempts})
    retries = len(attempts) - held
    return f"{held}, and {plural(retries, 'retry', 'retries')} of them" if retries else str(held)


def _unit(unit: UnitProgress, order: Mapping[str, int]) -> Unit:
    note = plural(unit.sessions, "session")
    if not unit.is_open:
        waits = f" after {listed([from_id(each) for each in unit.missing])}" if unit.missing else ""
        note = f"{note}; opens{waits}"
    return Unit(unit.title, note, tuple(objective_view(each, order) for each in unit.objectives))


def _sessions(sessions: Sequence[SessionSummary], order: Mapping[str, int]) -> Table:
    rows = tuple(
        (
            _number(session, order),
            date(session.started_at),
            session.case_title,
            session.patient_name,
            duration(session.ended_at - session.started_at) if session.ended_at else "not ended",
            str(session.trainee_turns),
            "given" if session.has_self_rating else NONE,
        )
        for session in _oldest_first(sessions)
    )
    head = ("Session", "Date", "Case", "Patient", "Duration", "Trainee turns", "Own rating")
    return Table("All practice sessions, oldest first", head, rows)


def _number(attempt: SessionSummary, order: Mapping[str, int]) -> str:
    number = str(order[attempt.session_id])
    return number if attempt.attempt == 1 else f"{number}, retry {attempt.attempt - 1}"
