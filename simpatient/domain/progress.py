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
    """A measure over sessions, with a band from a bootstrap once there are three values."""

    rubric: str
    measure: str
    label: str
    unit: str
    points: tuple[SkillPoint, ...]
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
    """A past session as one row."""

    session_id: str
    case_id: str
    case_title: str
    patient_name: str
    started_at: datetime
    ended_at: datetime | None
    trainee_turns: int
    unit_id: str | None = None
    has_self_rating: bool = False


class Progress(Value):
    """Everything the progress page and the progress report show for one trainee."""

    trainee_id: str
    generated_at: datetime
    sessions: tuple[SessionSummary, ...]
    curves: tuple[SkillCurve, ...]
    units: tuple[UnitProgress, ...]
