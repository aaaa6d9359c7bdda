"""What a trainee has done: one row per attempt, and every measure of the scorecards as columns.

Start page, progress page, curves, objectives and reports of progress need no more than this, so a year of
sessions is read without a single turn.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simpatient.domain.assessment.score import Scorecard
from simpatient.domain.session.session import Session

# Rubric id and id of a criterion, summary or count.
Measure = tuple[str, str]
# Value, None where it is undefined, and how many observations it rests on.
Measured = tuple[float | None, int]
NOT_MEASURED = -1


class AttemptRow(NamedTuple):
    """One attempt at a session: a session that was retried has one for each ended branch.

    Attributes:
        started_at: When the session began; for a retry, when its first own turn was said.
        leaf: The last turn of the branch; None before anything was said.
        attempt: From 1; from 2 on it is a retry that branches off from a turn of an earlier one.
        is_rated: Whether the trainee has given their own rating of the session.
        result: Row of ``PracticeHistory.measures`` when this attempt's scores stand for the session.
    """

    session_id: str
    case_id: str
    curriculum_id: str | None
    unit_id: str | None
    session_started_at: datetime
    started_at: datetime
    ended_at: datetime | None
    leaf: int | None
    attempt: int
    trainee_turns: int
    is_rated: bool
    result: int | None


@dataclass(frozen=True, eq=False)
class MeasureTable:
    """Measures of many results.

    Attributes:
        columns: Where each measure stands.
        values: Results by measures; not a number where the value is undefined or there is no such measure.
        counts: What each value rests on; ``NOT_MEASURED`` where the scorecards have no such measure.
    """

    columns: Mapping[Measure, int]
    values: NDArray[np.float64]
    counts: NDArray[np.int32]

    @classmethod
    def of(cls, results: Sequence[Mapping[Measure, Measured]]) -> "MeasureTable":
        """Return the table of some results, in their order."""
        columns = {measure: at for at, measure in enumerate(dict.fromkeys(m for result in results for m in result))}
        values = np.full((len(results), len(columns)), np.nan)
        counts = np.full(values.shape, NOT_MEASURED, dtype=np.int32)
        for row, result in enumerate(results):
            for measure, (value, count) in result.items():
                values[row, columns[measure]] = np.nan if value is None else value
                counts[row, columns[measure]] = count
        return cls(columns, values, counts)

    def column(
        self, measure: Measure, rows: Sequence[int] | NDArray[np.intp]
    ) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Return values and counts of one measure in some of the rows."""
        at = self.columns.get(measure)
        if at is None:
            return np.full(len(rows), np.nan), np.full(len(rows), NOT_MEASURED, dtype=np.int32)
        chosen = np.asarray(rows, dtype=np.intp)
        return self.values[chosen, at], self.counts[chosen, at]

    def row(self, at: int) -> dict[Measure, Measured]:
        """Return what one result holds."""
        there = {measure: column for measure, column in self.columns.items() if self.counts[at, column] != NOT_MEASURED}
        return {
            measure: (defined(self.values[at, column]), int(self.counts[at, column]))
            for measure, column in there.items()
        }


@dataclass(frozen=True, eq=False)
class PracticeHistory:
    """All attempts of a trainee, newest session first and within a session the newest attempt first."""

    attempts: tuple[AttemptRow, ...]
    measures: MeasureTable

    @cached_property
    def sessions(self) -> tuple[AttemptRow, ...]:
        """One row per session, oldest first: the attempt whose scores stand for it, where there are any."""
        found: dict[str, AttemptRow] = {}
        for row in self.attempts:
            if row.result is not None or row.session_id not in found:
                found[row.session_id] = row
        return tuple(sorted(found.values(), key=lambda row: (row.session_started_at, row.session_id)))

    @cached_property
    def open_attempts(self) -> tuple[AttemptRow, ...]:
        """The attempts that have not been ended, newest session first."""
        return tuple(row for row in self.attempts if row.ended_at is None)

    @cached_property
    def scored(self) -> NDArray[np.intp]:
        """For each of ``sessions`` its row of ``measures``; -1 for one without scores."""
        return np.array([-1 if row.result is None else row.result for row in self.sessions], dtype=np.intp)

    @cached_property
    def places(self) -> Mapping[tuple[str | None, str | None, str], NDArray[np.intp]]:
        """Where in ``sessions`` those are that were held for a course, a unit and a case."""
        found: dict[tuple[str | None, str | None, str], list[int]] = {}
        for at, row in enumerate(self.sessions):
            found.setdefault((row.curriculum_id, row.unit_id, row.case_id), []).append(at)
        return {held_for: np.array(rows, dtype=np.intp) for held_for, rows in found.items()}

    @cached_property
    def of_rated_sessions(self) -> "PracticeHistory":
        """The history without the scores of sessions the trainee has not rated yet."""
        attempts = (row if row.is_rated or row.result is None else row._replace(result=None) for row in self.attempts)
        return PracticeHistory(tuple(attempts), self.measures)


def defined(value: Any) -> float | None:
    """Return a number, None for what is not one."""
    return None if np.isnan(value) else float(value)


def measures_of(cards: Iterable[Scorecard]) -> dict[Measure, Measured]:
    """Return every measure of a branch's scorecards.

    n is the number of quotes behind a criterion, the summary's own n, and for a count all behaviours
    counted (a count of zero means something only when others were coded).
    """
    found: dict[Measure, Measured] = {}
    for card in cards:
        total = sum(card.counts.values())
        found |= {(card.rubric, count): (float(value), total) for count, value in card.counts.items()}
        found |= {(card.rubric, summary.id): (summary.value, summary.n) for summary in card.summaries}
        found |= {(card.rubric, score.id): (score.value, len(score.evidence)) for score in card.criteria}
    return found


def history_of(sessions: Iterable[Session]) -> PracticeHistory:
    """Return the history of a trainee's sessions, given newest first.

    This is what stored rows have to agree with.
    """
    attempts: list[AttemptRow] = []
    results: list[Mapping[Measure, Measured]] = []
    for session in sessions:
        rows = _attempts(session)
        standing = session.as_debriefed()
        if standing.scorecards:
            at = next(at for at, row in enumerate(rows) if row.leaf == standing.leaf)
            rows[at] = rows[at]._replace(result=len(results))
            results.append(measures_of(standing.scorecards))
        attempts += rows[::-1]
    return PracticeHistory(tuple(attempts), MeasureTable.of(results))


def _attempts(session: Session) -> list[AttemptRow]:
    seen: set[int] = set()
    rows: list[AttemptRow] = []
    for number, branch in enumerate(session.attempts(), start=1):
        path = branch.path()
        own = [turn.at for turn in path if turn.turn not in seen] or [turn.at for turn in path[-1:]]
        seen |= {turn.turn for turn in path}
        row = AttemptRow(
            session_id=session.id,
            case_id=session.case_id,
            curriculum_id=session.curriculum_id,
            unit_id=session.unit_id,
            session_started_at=session.started_at,
            started_at=session.started_at if number == 1 or not own else own[0],
            ended_at=branch.ended_at,
            leaf=branch.leaf,
            attempt=number,
            trainee_turns=sum(turn.speaker == "trainee" for turn in path),
            is_rated=session.self_rating is not None,
            result=None,
        )
        rows.append(row)
    return rows
