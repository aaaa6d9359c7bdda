"""Suggested names of exported files."""

import re
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from simpatient.presentation.words.file_names import feedback_file, plain, progress_file

AT = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


def test_a_name_says_whom_when_and_which_attempt():
    assert feedback_file("Ray Kowalczyk", AT, 1) == "feedback-ray-kowalczyk-2026-11-30.pdf"
    assert feedback_file("Ray Kowalczyk", AT, 2) == "feedback-ray-kowalczyk-2026-11-30-attempt-2.pdf"
    assert progress_file("Zoë Müller", AT, "csv") == "progress-zoe-muller-2026-11-30.csv"


@given(st.text())
def test_any_name_becomes_one_every_file_system_takes(name):
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", plain(name))
