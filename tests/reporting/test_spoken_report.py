"""How a talk was spoken, in the reports: numbers, the drawn talk, and a transcript with times and silences."""

import io
from xml.etree import ElementTree

from pypdf import PdfReader

from simpatient.assessment.scoring.speaking_times import speaking_times
from simpatient.domain.assessment.codes import TurnCodes
from simpatient.domain.learning.report import SessionReport
from simpatient.domain.session.session import CodedTurn, Turn
from simpatient.domain.speech import TextVersion, TurnSpeech
from simpatient.presentation.feedback.session_report import session_view
from simpatient.presentation.learning.progress import progress_view
from simpatient.reporting.html_version import session_html
from simpatient.reporting.pdf.drawing import svg
from simpatient.reporting.pdf.session_pdf import session_pdf
from simpatient.reporting.pdf.timeline_picture import timeline
from simpatient.reporting.pictures import PictureLabel, chart_pictures

UNHEARD = "and I never went back there."


def _speech(turn: Turn) -> TurnSpeech | None:
    """Return a steady talk with a long silence before turn 6, turn 2 cut off, turn 3 corrected and turn 10 typed."""
    began = turn.turn * 9.0 + (5.0 if turn.turn >= 6 else 0.0)
    if turn.turn == 10:
        return None
    if turn.turn == 2:
        return TurnSpeech(began_s=began, ended_s=began + 9.5, was_interrupted=True, unheard=UNHEARD)
    if turn.turn == 3:
        first = TextVersion(text="So the heavenings are yours.", source="recogniser", at=turn.at)
        second = TextVersion(text="So the even things are yours.", source="trainee", at=turn.at)
        return TurnSpeech(began_s=began, ended_s=began + 8, versions=(first, second), confidence=0.6)
    return TurnSpeech(began_s=began, ended_s=began + 8.0)


def spoken(report: SessionReport) -> SessionReport:
    """Return a report as if its session had been spoken."""
    turns = tuple(turn.model_copy(update={"speech": _speech(turn)}) for turn in report.session.turns)
    coded = [
        CodedTurn(
            turn=turn.turn,
            speaker=turn.speaker,
            text=turn.text,
            codes=turn.codes or TurnCodes(),
            start_s=turn.speech.began_s if turn.speech else None,
            end_s=turn.speech.ended_s if turn.speech else None,
            was_interrupted=turn.speech is not None and turn.speech.was_interrupted,
        )
        for turn in turns
    ]
    debrief = report.debrief.model_copy(update={"speaking": speaking_times(coded)})
    return report.model_copy(update={"session": report.session.model_copy(update={"turns": turns}), "debrief": debrief})


def _printed(report: SessionReport) -> str:
    reader = PdfReader(io.BytesIO(session_pdf(session_view(report))))
    return " ".join(" ".join(page.extract_text().split()) for page in reader.pages)


def _page(report: SessionReport) -> str:
    return session_html(session_view(report)).decode()


SAID = (
    "How the trainee spoke",
    "23 spoken turns",
    "1 turn typed or without times: not counted here.",
    "The trainee's share of the speaking time",
    "in 10 minutes",
    "6 s of silence",
    "Began while the patient was speaking.",
    "Cut off here.",
    "First understood as: “So the heavenings are yours.”",
    "Then written as: “So the even things are yours.”",
    "only the words were read, and the times at which they were spoken",
    "none of them is good or bad in itself",
)


def test_pdf_and_html_say_the_same(make_report):
    report = spoken(make_report())
    page = _page(report).replace("&#39;", "'")
    for words in SAID:
        assert words in _printed(report), words
        assert words in page, words
    assert "<svg" in page
    assert "6 s of silence, ended by Tomas Hale" in page


def test_words_nobody_heard_stay_out_until_the_map_was_opened(make_report):
    closed, opened = spoken(make_report()), spoken(make_report(disclosure=True))
    assert UNHEARD not in _printed(closed) + _page(closed)
    assert "Cut off here. 6 words not heard." in _printed(closed)
    assert f"Not heard: {UNHEARD}" in _printed(opened)
    assert f"<s>{UNHEARD}</s>" in _page(opened)


def test_a_typed_session_says_nothing_of_it(make_report):
    report = make_report()
    for whole in (_printed(report), _page(report)):
        assert "How the trainee spoke" not in whole
        assert "silence –" not in whole
        assert "only the text was read" in whole
    assert session_view(report).speaking is None


def test_the_drawn_talk_lies_within_its_paper_and_speaks_for_itself(make_report):
    shown = session_view(spoken(make_report())).speaking
    assert shown is not None
    assert shown.times is not None
    pictures = timeline(shown.times, shown.alt)
    assert len(pictures) == 4
    for picture in pictures:
        root = ElementTree.fromstring(svg(picture))
        assert root.get("aria-label")
        for box in root.iter("{http://www.w3.org/2000/svg}rect"):
            left, width = float(box.get("x", "-1")), float(box.get("width", "-1"))
            assert left >= 0
            assert width > 0
            assert left + width <= picture.width
    assert "23 spoken turns" in pictures[0].alt


def test_times_that_cannot_be_right_leave_a_sentence_and_no_picture(make_report):
    report = make_report(turns=4)
    wrong = TurnSpeech(began_s=9, ended_s=2)
    turns = tuple(turn.model_copy(update={"speech": wrong}) for turn in report.session.turns)
    coded = [
        CodedTurn(turn=t.turn, speaker=t.speaker, text=t.text, codes=TurnCodes(), start_s=9.0, end_s=2.0) for t in turns
    ]
    debrief = report.debrief.model_copy(update={"speaking": speaking_times(coded)})
    whole = _printed(report.model_copy(update={"debrief": debrief}))
    assert "4 turns left out, because the times cannot be right." in whole
    assert "The talk in time" not in whole


def test_pace_over_sessions_has_an_axis_of_its_size(make_progress):
    progress = make_progress()
    curve = progress.curves[1]
    points = tuple(p.model_copy(update={"value": 140.0 + i}) for i, p in enumerate(curve.points))
    paced = curve.model_copy(update={"unit": "pace", "points": points, "mean": 142.0, "low": 140.5, "high": 143.5})
    shown = progress_view(progress.model_copy(update={"curves": (paced,)})).curves[0]
    ticks = [shape.text for shape in chart_pictures(shown)[0].shapes if isinstance(shape, PictureLabel)]
    assert {"0", "100", "200"} <= set(ticks)
    assert "142 words per minute" in shown.note


def test_an_hour_of_talk_takes_six_strips(make_report):
    report = make_report(turns=200)
    times = [(turn.turn * 18.0, turn.turn * 18.0 + 16) for turn in report.session.turns]
    coded = [
        CodedTurn(turn=t.turn, speaker=t.speaker, text=t.text, codes=TurnCodes(), start_s=start, end_s=end)
        for t, (start, end) in zip(report.session.turns, times, strict=True)
    ]
    debrief = report.debrief.model_copy(update={"speaking": speaking_times(coded)})
    shown = session_view(report.model_copy(update={"debrief": debrief})).speaking
    assert shown is not None
    assert shown.times is not None
    assert len(timeline(shown.times, shown.alt)) == 6
