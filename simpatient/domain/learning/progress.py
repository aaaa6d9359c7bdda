"""Progress over sessions: skill curves and objectives. Never a verdict."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import SkipValidation

from simpatient.domain.base import Value


class SkillPoint(Value):
    """One session's value of one measure."""

    session_id: str
    at: datetime
    case_id: str
    difficulty: int
    value: float | None
    n: int


class SkillCurve(Value):
    """A measure over sessions, with a band around the mean once there are three values.

    Attributes:
        points: One per scored session, oldest first; may be made on first access.
        defined: How many of the points have a value.
        scale: Lowest and highest value a rater can give; None for what is counted or computed.
    """

    rubric: str
    measure: str
    label: str
    unit: str
    points: SkipValidation[Sequence[SkillPoint]]
    defined: int
    scale: tuple[float, float] | None = None
    mean: float | None = None
    low: float | None = None
    high: float | None = None


class ObjectiveProgress(Value):
    """Where a trainee stands with one learning objective.

    Attributes:
        sessions_missing: In how many sessions more it has to be met, at the least; 0 once mastered.
        cases_missing: How many of those have to be with another patient than those that count already.
        cases_counted: The cases it has been met on and that still count.
    """

    unit_id: str
    objective_id: str
    text: str
    met_in: tuple[str, ...]
    needed: int
    within: int
    status: Literal["not_started", "practising", "mastered"]
    sessions_missing: int = 0
    cases_missing: int = 0
    cases_counted: tuple[str, ...] = ()


class UnitCase(Value):
    """A case of a unit, and how often the trainee has practised it for this unit."""

    case_id: str
    sessions: int = 0


class UnitProgress(Value):
    """A unit with its objectives; locked until its prerequisites are mastered.

    Attributes:
        cases: All its cases that there are, in the course's order.
        next_case: Which of them its objectives need next; '' when there are none.
    """

    unit_id: str
    title: str
    is_open: bool
    missing: tuple[str, ...]
    objectives: tuple[ObjectiveProgress, ...]
    sessions: int
    cases: tuple[UnitCase, ...] = ()
    next_case: str = ""


class SessionSummary(Value):
    """An attempt at a session as one row: a session that was retried has one for each ended branch.

    Attributes:
        started_at: When the session began; for a retry, when its first own turn was said.
        leaf: The last turn of the branch.
        attempt: From 1; from 2 on it is a retry that branches off from a turn of an earlier one.
    """

    session_id: str
    case_id: str
    case_title: str
    patient_name: str
    started_at: datetime
    ended_at: datetime | None
    trainee_turns: int
    unit_id: str | None = None
    has_self_rating: bool = False
    leaf: int | None = None
    attempt: int = 1


class Progress(Value):
    """Everything the progress page and the progress report show for one trainee.

    Attributes:
        sessions: All attempts, newest first; may be made on first access.
        trainee_name: What the trainee wants to be called; '' for their id.
    """

    trainee_id: str
    trainee_name: str = ""
    generated_at: datetime
    sessions: SkipValidation[Sequence[SessionSummary]]
    curves: tuple[SkillCurve, ...]
    units: tuple[UnitProgress, ...]
