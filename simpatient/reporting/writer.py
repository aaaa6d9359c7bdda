"""The report writer the services use: each report is built in memory, then written whole.

Knows which builder makes what; must not know how anything looks.
"""

from pathlib import Path

from simpatient.domain.progress import Progress
from simpatient.domain.report import SessionReport
from simpatient.reporting import html_twin
from simpatient.reporting.progress_csv import progress_csv
from simpatient.reporting.progress_pdf import progress_pdf
from simpatient.reporting.progress_view import progress_view
from simpatient.reporting.session_pdf import session_pdf
from simpatient.reporting.session_view import session_view
from simpatient.runtime.files import save_whole


class FileReportWriter:
    """Implements ``services.ports.ReportWriter``. Every method raises ``UserFacingError`` when it cannot save."""

    def session_pdf(self, report: SessionReport, path: Path) -> None:
        """Write the feedback report as PDF."""
        save_whole(path, session_pdf(session_view(report)))

    def session_html(self, report: SessionReport, path: Path) -> None:
        """Write its accessible HTML twin."""
        save_whole(path, html_twin.session_html(session_view(report)))

    def progress_pdf(self, progress: Progress, path: Path) -> None:
        """Write a trainee's progress as PDF."""
        save_whole(path, progress_pdf(progress_view(progress)))

    def progress_html(self, progress: Progress, path: Path) -> None:
        """Write its accessible HTML twin."""
        save_whole(path, html_twin.progress_html(progress_view(progress)))

    def progress_csv(self, progress: Progress, path: Path) -> None:
        """Write a trainee's progress as CSV, one row per session and measure."""
        save_whole(path, progress_csv(progress))
