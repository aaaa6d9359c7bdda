"""Progress over sessions: skill curves and objectives. Never a verdict."""

from datetime import datetime
from typing import Literal

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
    """A measure over sessions, with a band from a bootstrap once there are three values.

    Attributes:
        scale: Lowest and highest value a rater can give; None for what is counted or computed.
    """

    rubric: str
    measure: str
    label: str
    unit: str
    points: tuple[SkillPoint, ...]
    scale: tuple[float, float] | None = None
    mean: float | None = None
    low: float | None = None
    high: float | None = None


class ObjectiveProgress(Value):
    """Where a trainee stands with one learning objective."""

    unit_id: str
    objective_id: str
    text: str
    met_in: tuple[str, ...]
    needed: int
    within: int
    status: Literal["not_started", "practising", "mastered"]


class UnitProgress(Value):
    """A unit with its objectives; locked until its prerequisites are mastered."""

    unit_id: str
    title: str
    is_open: bool
    missing: tuple[str, ...]
    objectives: tuple[ObjectiveProgress, ...]
    sessions: int


class SessionSummary(Value):
    """An attempt at a session as one row: a session that was retried has one for each ended branch.

    Attributes:
        started_at: When the session began; for a retry, when its first own turn was said.
        leaf: The last turn of the branch.
        attempt: From 1; from 2 on it is a retry that goes on from a turn of an earlier one.
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
    """Everything the progress page and the progress report show for one trainee."""

    trainee_id: str
    generated_at: datetime
    sessions: tuple[SessionSummary, ...]
    curves: tuple[SkillCurve, ...]
    units: tuple[UnitProgress, ...]
