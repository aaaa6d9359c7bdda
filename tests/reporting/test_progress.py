"""Progress as CSV and as a view: values round trip, no formulas, no trend before three sessions."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from simpatient.presentation.learning.progress import progress_view
from simpatient.reporting.pdf.progress_pdf import progress_pdf
from simpatient.reporting.progress_csv import COLUMNS, guarded, progress_csv


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
    assert objective.is_mastered
    assert objective.met_in == "Met in sessions 3 and 4."


@pytest.mark.parametrize("sessions", [0, 1, 40])
def test_the_pdf_fits_any_number_of_sessions(make_progress, sessions):
    pages = PdfReader(io.BytesIO(progress_pdf(progress_view(make_progress(sessions))))).pages
    assert "not a verdict" in " ".join(" ".join(page.extract_text().split()) for page in pages)


def test_a_retry_is_a_row_of_its_own_and_no_session_of_its_own(make_progress):
    progress = make_progress(3)
    first = progress.sessions[-1]
    retry = first.model_copy(update={"attempt": 2, "leaf": 9, "trainee_turns": 15, "ended_at": None})
    view = progress_view(progress.model_copy(update={"sessions": (retry, *progress.sessions)}))
    facts = dict(view.facts)
    assert facts["Sessions"] == "3, and 1 retry of them"
    assert [row[0] for row in view.sessions.rows] == ["1", "1, retry 1", "2", "3"]
    assert int(facts["Turns by the trainee"]) == 15 + 13 + 14
    assert dict(progress_view(progress).facts)["Sessions"] == "3"


def test_a_retried_session_has_its_values_once_in_the_table(make_progress):
    progress = make_progress(3)
    first = progress.sessions[-1]
    retries = [
        first.model_copy(update={"attempt": 2, "trainee_turns": 15}),
        first.model_copy(update={"attempt": 3, "trainee_turns": 16, "ended_at": None}),
    ]
    whole = progress_csv(progress.model_copy(update={"sessions": (*retries, *progress.sessions)}))
    rows = list(csv.DictReader(io.StringIO(whole.decode("utf-8-sig"))))
    assert len(rows) == len(list(csv.DictReader(io.StringIO(progress_csv(progress).decode("utf-8-sig")))))
    assert {row["trainee_turns"] for row in rows if row["session_id"] == first.session_id} == {"15"}
