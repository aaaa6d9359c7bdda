"""The session PDF read back: what it says, in which letters, how it pages, and what it survives."""

import io
import random
import re

import pytest
from pypdf import PdfReader

from simpatient.presentation.feedback.session_report import session_view
from simpatient.presentation.words.wording import DISCLAIMER
from simpatient.reporting.pdf.fonts import STRONG
from simpatient.reporting.pdf.layout import TEXT
from simpatient.reporting.pdf.session_pdf import session_pdf
from simpatient.reporting.pdf.text import TextRun, paragraph


def _pages(report):
    reader = PdfReader(io.BytesIO(session_pdf(session_view(report))))
    return [" ".join(page.extract_text().split()) for page in reader.pages]


def _bare(text):
    return re.sub(r"\s+", "", text)


def test_says_everything_a_supervisor_needs(make_report):
    pages = _pages(make_report())
    whole = " ".join(pages)
    for words in (
        "Sent by his wife",
        "Tomas Hale, 46",
        "t-017",
        "18 Nov 2026",
        "19 minutes",
        "You gave back the feeling",
        "Turn 4",
        "One possible better line:",
        "What have you thought of yourself?",
        "Hints at risk",
        "1 of 3 taken up at once, 1 not at all.",
        "taken up in turn 10, 3 of the trainee's turns later, after 42 s",
        "55%",
        "estimate, fair confidence",
        "not scored: Too few trainee turns",
        "against",
        "Where the borders come from",
        "AW Advice without permission",
        "CT Change talk",
        "Marked:",
        "How well people agree",
        "embedded-coder 1.0.0",
        "I waited for him.",
    ):
        assert words in whole, words
    for number, page in enumerate(pages, start=1):
        assert DISCLAIMER in page
        assert f"Page {number} of {len(pages)}" in page


def test_never_grades_and_never_shows_the_overall_number(make_report):
    whole = " ".join(_pages(make_report(disclosure=True)))
    assert re.search(r"\b(pass|passed|fail|failed|grade)\b", whole, re.IGNORECASE) is None
    assert "0.83" not in whole
    assert "83%" not in whole


def test_the_disclosure_map_is_there_only_when_opened(make_report):
    assert "He hid it from his brother." not in " ".join(_pages(make_report()))
    opened = " ".join(_pages(make_report(disclosure=True)))
    assert "He hid it from his brother." in opened
    assert "Came near in turns 4 and 10" in opened


@pytest.mark.parametrize(
    "text",
    [
        "naïve café Łódź",
        "CO₂ at 5°",
        "a → b ✓",
        "ἀγάπη λόγος",
        "Привет, как дела",
        "5 < 6 & 7 > 2",
        "<b>bold</b> &amp;",
    ],
)
def test_letters_of_many_scripts_can_be_read_back(make_report, text):
    assert _bare(text) in _bare(" ".join(_pages(make_report([text, text]))))


def test_letters_no_font_has_are_replaced_visibly(make_report):
    assert "\ufffd" in " ".join(_pages(make_report(["漢字", "ok"])))


def test_a_hundred_kilobyte_word_is_cut_and_the_rest_counted(make_report):
    whole = " ".join(_pages(make_report(["a" * 100_000, "<" * 4_000])))
    assert "(96,000 characters more in the transcript export)" in whole


ALPHABET = "<>&\"'/;=%{}()[]ab é₂→✓Ж漢א\u202eع\u0301😀\U0001f469\u200d\ufe0f\x00\x07\x1b\n\t#"
SNIPPETS = (
    "</para>",
    "<b>",
    "<img src='/etc/hosts'/>",
    "<a href='javascript:x'>",
    "&#0;",
    "{{7*7}}",
    "x" * 700,
    "<" * 500,
    "\u202e",
    "%s",
)


def test_three_hundred_hostile_strings_print(make_report):
    rng = random.Random(20261120)
    texts = []
    for _ in range(300):
        parts = [rng.choice(SNIPPETS) if rng.random() < 0.3 else "".join(rng.choices(ALPHABET, k=rng.randint(1, 60)))]
        texts.append("".join(parts * rng.randint(1, 3)))
    report = make_report(
        texts[:280], title=f"T {texts[280][:50]}", name=f"N {texts[281][:50]}", trainee=f"t {texts[282][:50]}"
    )
    assert len(_pages(report)) > 5


def test_long_sessions_page_well(make_report):
    pages = _pages(make_report(turns=200))
    assert 8 <= len(pages) < 60
    assert all(len(page) > 250 for page in pages)
    whole = " ".join(pages)
    assert all(f" {number} " in whole for number in range(1, 201))


def test_is_dated_when_it_was_made_and_carries_the_name(make_report):
    report = make_report().model_copy(update={"trainee_name": "Anna Berg"})
    made = session_pdf(session_view(report))
    found = PdfReader(io.BytesIO(made)).metadata
    assert found.creation_date == report.generated_at.replace(microsecond=0)
    assert found.author == "simpatient, for trainee Anna Berg"
    assert session_pdf(session_view(report)) == made
    assert "Anna Berg" in " ".join(_pages(report))


def test_a_paragraph_breaks_its_lines_once_for_a_width():
    # Tables, frames and kept groups all ask again; breaking lines is most of what a page costs.
    words = paragraph(TEXT, "Every word of a long answer is measured when its lines are broken. " * 8)
    size = words.wrap(300, 500)
    lines = words.blPara
    assert words.wrap(300, 90) == size
    assert words.blPara is lines
    assert words.wrap(150, 500) != size
    assert words.blPara is not lines


def test_a_paragraph_whose_split_failed_lays_its_lines_out_again():
    words = paragraph(TEXT, "Every word of a long answer is measured when its lines are broken. " * 8)
    size = words.wrap(300, 500)
    assert words.split(300, TEXT.leading) == []
    assert words.wrap(300, 500) == size
    assert words.blPara.lines


def test_words_in_one_font_take_reportlabs_light_way():
    # Its other way handles every word as a fragment of its own, at several times the cost.
    words = paragraph(TEXT, "One font, one colour.")
    words.wrap(300, 500)
    assert words.blPara.kind == 0
    mixed = paragraph(TEXT, "One font, ", TextRun("and another.", STRONG))
    mixed.wrap(300, 500)
    assert mixed.blPara.kind == 1
