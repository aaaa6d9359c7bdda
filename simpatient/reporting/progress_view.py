"""From a trainee's progress to what is shown: curves, objectives, sessions; never a verdict.

Must not know how the view is printed.
"""

from collections.abc import Sequence

from simpatient.domain.progress import ObjectiveProgress, Progress, SessionSummary, SkillCurve, SkillPoint, UnitProgress
from simpatient.presentation import dates, numbers, wording
from simpatient.reporting import view
from simpatient.reporting.pictures import Picture, Series, line_chart

# Fewer sessions make no trend: no mean and no band before (control SCO-6).
LEAST_FOR_BAND = 3
WIDTH, HEIGHT = 236.0, 104.0
NOTES = (
    "The numbers are estimates a program made from text, session by session, often from few observations; one "
    "session more can move them. They describe practice with simulated patients and are not a verdict on anybody.",
    "Sessions differ in difficulty; it stands beside every value. A mean and its range are shown from the third "
    "session on, and a change smaller than the range is no change.",
)


def progress_view(progress: Progress) -> view.ProgressView:
    """Return everything the progress report shows, in reading order."""
    held = dict.fromkeys(session.session_id for session in _oldest_first(progress.sessions))
    order = {session_id: number for number, session_id in enumerate(held, start=1)}
    return view.ProgressView(
        title=f"Practice of {progress.trainee_id}",
        facts=_facts(progress),
        curves=tuple(_curve(curve, order) for curve in progress.curves if _defined(curve)),
        units=tuple(_unit(unit, order) for unit in progress.units),
        sessions=_sessions(progress.sessions, order),
        notes=NOTES,
        trainee=progress.trainee_id,
    )


def _oldest_first(sessions: Sequence[SessionSummary]) -> list[SessionSummary]:
    return sorted(sessions, key=lambda session: (session.started_at, session.session_id, session.attempt))


def _facts(progress: Progress) -> view.Pairs:
    sessions = _oldest_first(progress.sessions)
    span = numbers.NONE
    if sessions:
        first, last = (dates.date(each.started_at) for each in (sessions[0], sessions[-1]))
        span = first if first == last else f"{first} to {last}"
    return (
        ("Trainee", progress.trainee_id),
        ("Sessions", _held(sessions)),
        ("From … to", span),
        ("Turns by the trainee", str(sum({each.session_id: each.trainee_turns for each in sessions}.values()))),
        ("Report made", dates.date_and_time(progress.generated_at)),
    )


def _held(attempts: Sequence[SessionSummary]) -> str:
    """Return how many sessions were held; a retry goes on with one, and is named beside."""
    held = len({attempt.session_id for attempt in attempts})
    retries = len(attempts) - held
    return f"{held}, and {numbers.plural(retries, 'retry', 'retries')} of them" if retries else str(held)


def _defined(curve: SkillCurve) -> list[SkillPoint]:
    return [point for point in curve.points if point.value is not None]


def _curve(curve: SkillCurve, order: dict[str, int]) -> view.Chart:
    points = _defined(curve)
    banded = len(points) >= LEAST_FOR_BAND and curve.mean is not None
    note = "Fewer than three sessions with a value: no mean, no range."
    if banded and curve.low is not None and curve.high is not None:
        mean, low, high = (numbers.number(each, curve.unit) for each in (curve.mean, curve.low, curve.high))
        note = f"Mean {mean}, range of the mean {low} to {high} (n = {numbers.plural(len(points), 'session')})."
    rows = tuple(
        (
            str(order.get(p.session_id, numbers.NONE)), dates.date(p.at), p.case_id, f"{p.difficulty} of 5",
            numbers.number(p.value, curve.unit), str(p.n),
        )
        for p in curve.points
    )  # fmt: skip
    head = ("Session", "Date", "Case", "Difficulty", "Value", "n")
    data = view.Grid(f"{curve.label} by session ({curve.rubric})", head, rows)
    return view.Chart(curve.label, note, (_picture(curve, points, order, banded),), data)


def _picture(curve: SkillCurve, points: Sequence[SkillPoint], order: dict[str, int], banded: bool) -> Picture:
    placed = [(float(order.get(p.session_id, index)), p.value or 0.0) for index, p in enumerate(points, start=1)]
    low, high = _range(curve.unit, [value for _, value in placed])
    unit = "count" if curve.unit == "pace" else curve.unit  # "words a minute" has no room beside an axis
    ticks = tuple((value, numbers.number(value, unit)) for value in (low, (low + high) / 2, high))
    has_band = banded and curve.low is not None and curve.high is not None
    series = Series(
        curve.label,
        tuple(sorted(placed)),
        low,
        high,
        ticks,
        dots=True,
        band=(curve.low or 0.0, curve.high or 0.0) if has_band else None,
        middle=curve.mean if banded else None,
        x_labels=tuple((x, f"{x:.0f}") for x in _few([x for x, _ in sorted(placed)])),
        x_name="session",
    )
    values = numbers.listed([numbers.number(value, curve.unit) for _, value in sorted(placed)][-12:])
    return line_chart(series, WIDTH, HEIGHT, f"{curve.label} by session: {values}. The numbers are in the table below.")


def _few(places: Sequence[float]) -> list[float]:
    step = max(1, -(-len(places) // 8))
    return list(places[::step])


def _range(unit: str, values: Sequence[float]) -> tuple[float, float]:
    if unit == "share":
        return 0.0, 1.0
    if unit == "score":
        return 1.0, 5.0
    top = max(values, default=1.0)
    return 0.0, float(next(size for size in (1, 2, 4, 6, 10, 20, 40, 60, 100, 200, 400, 600, 10**9) if size >= top))


def _unit(unit: UnitProgress, order: dict[str, int]) -> view.Unit:
    note = numbers.plural(unit.sessions, "session")
    if not unit.is_open:
        waits = f" after {numbers.listed([wording.from_id(each) for each in unit.missing])}" if unit.missing else ""
        note = f"{note}; opens{waits}"
    return view.Unit(unit.title, note, tuple(_objective(each, order) for each in unit.objectives))


def _objective(objective: ObjectiveProgress, order: dict[str, int]) -> view.Objective:
    met = numbers.listed([str(order.get(each, each)) for each in objective.met_in])
    rule = f"the course asks for {objective.needed} of the last {objective.within} sessions"
    words = f"met in session {met}; {rule}" if met else f"not met yet; {rule}"
    state = {"not_started": "not started", "practising": "practising", "mastered": "mastered"}[objective.status]
    return view.Objective(objective.text, state, words)


def _number(attempt: SessionSummary, order: dict[str, int]) -> str:
    number = str(order[attempt.session_id])
    return number if attempt.attempt == 1 else f"{number}, retry {attempt.attempt - 1}"


def _sessions(sessions: Sequence[SessionSummary], order: dict[str, int]) -> view.Grid:
    rows = tuple(
        (
            _number(session, order),
            dates.date(session.started_at),
            session.case_title,
            session.patient_name,
            dates.duration(session.ended_at - session.started_at) if session.ended_at else "not ended",
            str(session.trainee_turns),
            "given" if session.has_self_rating else numbers.NONE,
        )
        for session in _oldest_first(sessions)
    )
    head = ("Session", "Date", "Case", "Patient", "Duration", "Trainee turns", "Own rating")
    return view.Grid("All practice sessions, oldest first", head, rows)
