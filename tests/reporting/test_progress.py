"""Progress as CSV and as a view: values round trip, no formulas, no trend before three sessions."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from simpatient.reporting.progress_csv import COLUMNS, guarded, progress_csv
from simpatient.reporting.progress_pdf import progress_pdf
from simpatient.reporting.progress_view import progress_view


def _rows(progress):
    data = progress_csv(progress)
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_one_row_per_session_and_measure(make_progress):
    progress = make_progress(4, title='Café, "quoted"')
    rows = _rows(progress)
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 12
    values = {(row["session_id"], row["measure"]): row["value"] for row in rows}
    for curve in progress.curves:
        for point in curve.points:
            shown = values[point.session_id, curve.measure]
            assert shown == "" if point.value is None else float(shown) == pytest.approx(point.value, rel=1e-3)
    assert rows[0]["case_title"] == 'Café, "quoted"'


@given(st.text(max_size=30))
@settings(deadline=None, max_examples=200)
def test_no_cell_is_a_formula(text):
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_a_formula_in_a_title_is_disarmed(make_progress):
    assert _rows(make_progress(1, title="=HYPERLINK(1)"))[0]["case_title"] == "'=HYPERLINK(1)"


def test_no_mean_before_three_sessions(make_progress):
    early, later = progress_view(make_progress(2)), progress_view(make_progress(5))
    assert all("no mean" in curve.note for curve in early.curves)
    assert all(curve.note.startswith("Mean") for curve in later.curves)


def test_mastery_names_its_sessions_and_rule(make_progress):
    objective = progress_view(make_progress(5)).units[0].objectives[0]
    assert objective.state == "mastered"
    assert objective.met_in == "met in session 3 and 4; the course asks for 2 of the last 3 sessions"


@pytest.mark.parametrize("sessions", [0, 1, 40])
def test_the_pdf_fits_any_number_of_sessions(make_progress, sessions):
    pages = PdfReader(io.BytesIO(progress_pdf(progress_view(make_progress(sessions))))).pages
    assert "not a verdict" in " ".join(" ".join(page.extract_text().split()) for page in pages)
