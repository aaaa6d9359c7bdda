"""What is critical comes first in PDF and HTML, and what was written is told from what was said."""

from io import BytesIO

import pytest
from pypdf import PdfReader

from simpatient.domain.assessment.score import NO_TURN, Evidence, Score
from simpatient.domain.assessment.writing import Attempt, Exercise, FieldResult, Held
from simpatient.presentation.feedback.critical import HEADING as FIRST
from simpatient.presentation.feedback.session_report import session_view
from simpatient.reporting.html_version import session_html
from simpatient.reporting.pdf.session_pdf import session_pdf
from tests.reporting.conftest import T0, evidence, rubric, session_report
from tests.reporting.test_html import Outline

TEXT = "It began when <b>work</b> went. He drinks. He hides it. And more. And still more."
HIDDEN = ("He lost his job in spring.", "A fall in the stairwell.")


def _with_missed_risk(report):
    """Return the report with a third instrument in which the plain question was never asked."""
    risk = rubric("suicide-risk-interview")
    card = report.debrief.scorecards[0]
    asked = Score(
        id="asked_about_suicide", value=0, scale=(0, 2), confidence=0.55, status="needs_review",
        evidence=(evidence(report.session, 4, supports=False),), critical=True,
    )  # fmt: skip
    missed = card.model_copy(
        update={"rubric": risk.id, "criteria": (asked,), "summaries": (), "counts": {}, "count_evidence": {}}
    )
    debrief = report.debrief.model_copy(update={"scorecards": (*report.debrief.scorecards, missed)})
    return report.model_copy(update={"debrief": debrief, "rubrics": (*report.rubrics, risk)})


def _written(number=1, **more):
    exercise = rubric("formulation-exercise")
    quote = Evidence(turn=NO_TURN, start=0, end=30, quote=TEXT[:30], written="precipitating")
    score = Score(id="precipitating", value=2, scale=(0, 4), confidence=0.6, status="needs_review", evidence=(quote,))
    result = FieldResult(
        score=score, held=(Held(text=HIDDEN[0], credit=0.5, evidence=quote), Held(text=HIDDEN[1], credit=0)), **more
    )
    blank = Score(
        id="wish", value=None, scale=(0, 4), confidence=0, status="needs_review", unscored_reason="Nothing written."
    )
    attempt = Attempt(
        session_id="s-0001", rubric=exercise.id, rubric_version="1.0.0", number=number, at=T0,
        texts={"precipitating": TEXT}, results=(result, FieldResult(score=blank)),
    )  # fmt: skip
    return Exercise(rubric=exercise, attempts=(attempt,))


def _pdf_words(view) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(session_pdf(view))).pages).split())


def _html_words(view) -> str:
    outline = Outline(session_html(view).decode())
    assert outline.open == []
    assert all(after <= before + 1 for before, after in zip(outline.headings, outline.headings[1:], strict=False))
    return " ".join("".join(outline.text).split())


@pytest.mark.parametrize("words_of", [_pdf_words, _html_words])
def test_what_is_critical_is_named_before_the_summary_and_again_in_its_place(words_of):
    words = words_of(session_view(_with_missed_risk(session_report())))
    content = words[words.rindex("Duration") :]
    assert content.index(f"{FIRST}: Asking directly") < content.index("Summary")
    assert content.count(f"{FIRST}: Asking directly") == 2
    assert "The question was not asked, hint or no hint." in content
    assert "0 of 2" in content


@pytest.mark.parametrize("words_of", [_pdf_words, _html_words])
def test_without_anything_critical_nothing_is_said_of_it(words_of):
    assert FIRST not in words_of(session_view(session_report()))


@pytest.mark.parametrize("words_of", [_pdf_words, _html_words])
def test_a_written_exercise_is_in_the_report_field_by_field(words_of):
    report = session_report().model_copy(update={"exercises": (_written(2, unread=2, after_reveal=True),)})
    words = words_of(session_view(report))
    for expected in (
        "Formulation exercise: what was written", "Written afterwards", TEXT, *HIDDEN, "partly met (50%)", "not met",
        "2 later statements were not read", "had been shown", "not scored: Nothing written.", "Left empty.", "low confidence",
    ):  # fmt: skip
        assert expected in words.replace("fair confidence", "low confidence"), expected
    assert "Turn 0" not in words


def test_without_an_attempt_nothing_of_the_case_is_printed():
    exercise = _written().model_copy(update={"attempts": ()})
    view = session_view(session_report().model_copy(update={"exercises": (exercise,)}))
    assert view.exercises == ()
    assert HIDDEN[0] not in _html_words(view)


def test_a_written_quote_behind_a_rating_is_not_taken_for_a_turn():
    report = _with_missed_risk(session_report())
    level = Score(
        id="level_named", value=1, scale=(0, 2), confidence=0.6, status="needs_review",
        evidence=(Evidence(turn=NO_TURN, start=0, end=4, quote="high", supports=False, written="risk_level"),),
    )  # fmt: skip
    cards = report.debrief.scorecards
    card = cards[-1].model_copy(update={"criteria": (*cards[-1].criteria, level)})
    debrief = report.debrief.model_copy(update={"scorecards": (*cards[:-1], card)})
    view = session_view(report.model_copy(update={"debrief": debrief}))
    for words in (_pdf_words(view), _html_words(view)):
        assert "Turn 0" not in words
        assert "Written afterwards, against “high”" in words.replace("afterwards against", "afterwards, against")
