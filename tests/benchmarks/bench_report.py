"""PDF pages per second against a bare reportlab document of the same words, and 200 turns against 20."""

import io
from pathlib import Path
from xml.sax.saxutils import escape

from pypdf import PdfReader
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Paragraph, SimpleDocTemplate

from simpatient.domain.learning.report import SessionReport
from simpatient.reporting.writer import FileReportWriter
from tests.benchmarks.conftest import Results, interleaved
from tests.reporting.conftest import session_report

COMMAND = "python3 packaging/bootstrap.py test tests/benchmarks/bench_report.py"
ROUNDS = 7


def _words(report: SessionReport, path: Path) -> list[str]:
    """Return the words a bare document has to print: those of our own report, line by line."""
    FileReportWriter().session(report, pdf=path)
    return [line for page in PdfReader(path).pages for line in page.extract_text().splitlines()]


def _bare(lines: list[str]) -> bytes:
    target = io.BytesIO()
    style = ParagraphStyle("body", fontName="Helvetica", fontSize=9.5, leading=13)
    SimpleDocTemplate(target).build([Paragraph(escape(line), style) for line in lines])
    return target.getvalue()


def test_pages_per_second(benchmark, results: Results, tmp_path: Path) -> None:
    report = session_report(turns=120)
    path = tmp_path / "r.pdf"
    lines = _words(report, path)
    ours, bare = interleaved(lambda _: FileReportWriter().session(report, pdf=path), lambda _: _bare(lines), ROUNDS)
    our_rate = len(PdfReader(path).pages) / ours
    bare_rate = len(PdfReader(io.BytesIO(_bare(lines))).pages) / bare
    name = "feedback PDF pages/s / bare reportlab document of the same words"
    results.add(name, f"{our_rate:.0f}/s", f"{bare_rate:.0f}/s", our_rate / bare_rate, "≥ 0.5", COMMAND)
    benchmark.extra_info["ratio"] = our_rate / bare_rate
    benchmark.pedantic(FileReportWriter().session, args=(report,), kwargs={"pdf": path}, rounds=1)


def test_long_against_short(benchmark, results: Results, tmp_path: Path) -> None:
    writer, path = FileReportWriter(), tmp_path / "r.pdf"
    long_report, short_report = session_report(turns=200), session_report(turns=20)
    long, short = interleaved(
        lambda _: writer.session(long_report, pdf=path), lambda _: writer.session(short_report, pdf=path), ROUNDS
    )
    results.add(
        "feedback PDF of 200 turns / of 20 turns", f"{long:.2f} s", f"{short:.2f} s", long / short, "≤ 12", COMMAND
    )
    benchmark.extra_info["ratio"] = long / short
    benchmark.pedantic(writer.session, args=(long_report,), kwargs={"pdf": path}, rounds=1)
