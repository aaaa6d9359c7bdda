"""The report writer the services use: each report is decided once, built in memory, then written whole.

Knows which builder makes what, and imports a builder when it is first needed: they take long to load, and few
starts write a report. Must not know how anything looks.
"""

from pathlib import Path

from simpatient.domain.learning.progress import Progress
from simpatient.domain.learning.report import SessionReport
from simpatient.runtime.files import save_whole


class FileReportWriter:
    """Implements ``services.ports.ReportWriter``. Both methods raise ``UserFacingError`` when they cannot save."""

    def session(self, report: SessionReport, *, pdf: Path | None = None, html: Path | None = None) -> None:
        """Write the feedback report of a session, as PDF, as accessible HTML, or as both."""
        from simpatient.presentation.feedback.session_report import session_view

        view = session_view(report)
        if pdf is not None:
            from simpatient.reporting.pdf.session_pdf import session_pdf

            save_whole(pdf, session_pdf(view))
        if html is not None:
            from simpatient.reporting.html_version import session_html

            save_whole(html, session_html(view))

    def progress(
        self, progress: Progress, *, pdf: Path | None = None, html: Path | None = None, csv: Path | None = None
    ) -> None:
        """Write a trainee's progress, as PDF, as accessible HTML, or as CSV with one row per session and measure."""
        from simpatient.presentation.learning.progress import progress_view
        from simpatient.reporting.progress_csv import progress_csv

        view = progress_view(progress) if pdf is not None or html is not None else None
        if view is not None and pdf is not None:
            from simpatient.reporting.pdf.progress_pdf import progress_pdf

            save_whole(pdf, progress_pdf(view))
        if view is not None and html is not None:
            from simpatient.reporting.html_version import progress_html

            save_whole(html, progress_html(view))
        if csv is not None:
            save_whole(csv, progress_csv(progress))
