"""What looking back at a session needs from outside."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from simpatient.domain.assessment.writing import Attempt
from simpatient.domain.learning.progress import Progress
from simpatient.domain.learning.report import SessionReport
from simpatient.domain.ports import Grader


class WritingRepository(Protocol):
    """What trainees wrote after sessions, on disk. Every call returns only when the change is durable.

    Attempts go with their session when it is deleted. All methods raise ``StorageUnavailable`` when the
    disk or database fails and ``NotFound`` when a session id is unknown.
    """

    def add(self, attempt: Attempt) -> None:
        """Append an attempt; one stored already is a bug."""
        ...

    def attempts(self, session_id: str) -> tuple[Attempt, ...]:
        """Return all attempts of a session, by rubric and oldest first."""
        ...


class ReportWriter(Protocol):
    """Writes reports. A file is either complete or not there (written to a temporary file, then renamed)."""

    def session(self, report: SessionReport, *, pdf: Path | None = None, html: Path | None = None) -> None:
        """Write the feedback report of a session, as PDF, as accessible HTML, or as both."""
        ...

    def progress(
        self, progress: Progress, *, pdf: Path | None = None, html: Path | None = None, csv: Path | None = None
    ) -> None:
        """Write a trainee's progress, as PDF, as accessible HTML, or as CSV with one row per session and measure."""
        ...


class Raters(Protocol):
    """The chat models that may rate sessions: on this computer, or on a server the user has set up."""

    def known(self) -> tuple[tuple[str, str], ...]:
        """Return ``(id, title)`` of each; asks none of them and sends nothing."""
        ...

    def is_same(self, judge: str, model: str) -> bool:
        """Return whether a judge is the model a session was held with, as its manifest names it."""
        ...

    def grader(self, judge: str) -> AbstractContextManager[Grader]:
        """Return a judge ready to be asked; it is released at the end of the ``with``.

        Raises:
            ModelUnavailable: There is no longer such a model.
        """
        ...
