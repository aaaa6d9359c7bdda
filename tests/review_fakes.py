"""Stand-ins for what looking back at a session needs: written exercises in memory, judges by name."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from simpatient.domain.assessment.score import Evidence, Provenance, Score
from simpatient.domain.assessment.writing import Attempt
from simpatient.domain.cancellation import Cancellation, stop_if_cancelled
from simpatient.domain.content.rubric import Criterion, Rubric
from simpatient.domain.errors import BugError, ModelUnavailable, StorageUnavailable
from simpatient.domain.ports import OnDone
from simpatient.domain.session.session import CodedTurn
from tests.session_fakes import InMemorySessions


@dataclass
class InMemoryWritings:
    """A writing repository without a disk, beside sessions without a disk; ``fails`` makes it refuse to write."""

    sessions: InMemorySessions
    fails: bool = False
    _made: list[Attempt] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sessions.on_delete.append(self._forget)

    def add(self, attempt: Attempt) -> None:
        if self.fails:
            raise StorageUnavailable("The disk is full.", "Free some space and save again.")
        stored = self.attempts(attempt.session_id)
        if any((each.rubric, each.number) == (attempt.rubric, attempt.number) for each in stored):
            raise BugError("the attempt is already stored")
        self._made.append(attempt)

    def attempts(self, session_id: str) -> tuple[Attempt, ...]:
        self.sessions.get(session_id)
        mine = [attempt for attempt in self._made if attempt.session_id == session_id]
        return tuple(sorted(mine, key=lambda attempt: (attempt.rubric, attempt.number)))

    def _forget(self, session_id: str) -> None:
        self._made = [attempt for attempt in self._made if attempt.session_id != session_id]


@dataclass
class FakeJudges:
    """Judges by id, with who they are; what is not there is unavailable. ``open_now`` tells how many are in use."""

    graders: dict[str, Any] = field(default_factory=dict)
    patients_own: str = ""
    open_now: int = 0

    def known(self) -> tuple[tuple[str, str], ...]:
        return tuple((judge, f"The {judge}") for judge in self.graders)

    def is_same(self, judge: str, model: str) -> bool:
        return judge == self.patients_own

    @contextmanager
    def grader(self, judge: str) -> Iterator[Any]:
        if judge not in self.graders:
            raise ModelUnavailable("That model is no longer set up.", "Choose another one.")
        self.open_now += 1
        try:
            yield self.graders[judge]
        finally:
            self.open_now -= 1


@dataclass
class FakeGrader:
    """Rates every criterion with ``value`` (None: refuses), quoting the first turn; ``broken`` fails instead."""

    value: float | None = 2.0
    broken: Exception | None = None
    grader_id: str = "fake-grader on fake-model"

    def grade(
        self,
        turns: Sequence[CodedTurn],
        rubric: Rubric,
        *,
        cancel: Cancellation | None = None,
        on_done: OnDone | None = None,
    ) -> tuple[Score, ...]:
        stop_if_cancelled(cancel)
        if self.broken is not None:
            raise self.broken
        quote = Evidence(turn=turns[0].turn, start=0, end=len(turns[0].text), quote=turns[0].text)
        made = Provenance(judged_by=self.grader_id, rubric_version=rubric.version)
        scores = [self._score(criterion, quote, made) for criterion in rubric.criteria]
        if on_done:
            on_done(len(scores))
        return tuple(scores)

    def _score(self, criterion: Criterion, quote: Evidence, made: Provenance) -> Score:
        shared = {"id": criterion.id, "scale": criterion.scale, "status": criterion.policy, "provenance": made}
        if self.value is None or criterion.written:
            return Score(**shared, value=None, confidence=0, unscored_reason="Not rated.")
        critical = criterion.is_critical(self.value)
        return Score(**shared, value=self.value, confidence=0.7, evidence=(quote,), critical=critical)
