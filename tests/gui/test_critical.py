"""What is critical is first, in a frame of its own, with a sign and words; retried sessions keep their debriefs."""

from simpatient.domain.assessment.score import NO_TURN, Evidence
from simpatient.gui.base.theme import Theme
from simpatient.gui.debrief.critical_view import critical_view
from simpatient.gui.debrief.evidence_view import quoted
from simpatient.gui.widgets.drawn.painted import Glyph
from simpatient.gui.widgets.text import label
from simpatient.presentation.feedback.critical import HEADING
from simpatient.presentation.feedback.quotes import quote
from simpatient.presentation.feedback.scorecard import Rating
from tests.builders import ME
from tests.gui.driver import buttons, own_rating, shown_words, wait


def _debrief(qtbot, window, fake_app, *, missed=True):
    fake_app.practise.misses_risk = missed
    session = fake_app.talk()
    fake_app.review.rate_self(ME, session.id, own_rating())
    window.open_debrief(session.id)
    page = window.pages.debrief
    wait(qtbot, lambda: page.feedback is not None)
    return page


def test_what_is_critical_comes_before_anything_else(qtbot, window, fake_app):
    page = _debrief(qtbot, window, fake_app)
    words = shown_words(page.feedback)
    assert words[0] == HEADING
    assert words.index("Asking directly") < words.index("What to keep")
    assert "The question was not asked, hint or no hint." in words
    assert any(glyph.isVisible() for glyph in page.feedback.findChildren(Glyph))
    page.show_tab("numbers")
    page.numbers.open_all()
    numbers = shown_words(page.numbers)
    assert numbers.index(HEADING) < numbers.index("Asking directly") < numbers.index("Your share of the words")
    assert numbers.count("Asking directly") == 1


def test_its_words_can_be_found_in_the_transcript(qtbot, window, fake_app):
    page = _debrief(qtbot, window, fake_app)
    frame = next(each for each in page.feedback.findChildren(type(page.feedback)) or [page.feedback])
    button = next(
        b for b in frame.findChildren(type(page.export)) if b.accessibleName() == "Show turn 1 in the transcript"
    )
    button.click()
    assert page.tabs.button("transcript").isChecked()


def test_without_anything_critical_there_is_no_such_frame(qtbot, window, fake_app):
    page = _debrief(qtbot, window, fake_app, missed=False)
    assert HEADING not in shown_words(page.feedback)
    page.show_tab("numbers")
    page.numbers.open_all()
    assert HEADING not in shown_words(page.numbers)


def test_written_words_are_told_from_spoken_ones(qtbot, themed):
    spoken = quoted(quote(Evidence(turn=3, start=0, end=2, quote="Hm")))
    written = quoted(quote(Evidence(turn=NO_TURN, start=0, end=2, quote="Hm", supports=False, written="wish")))
    for widget in (spoken, written):
        qtbot.addWidget(widget)
        Theme.current().dress(widget)
    found = [[each.text() for each in widget.findChildren(type(label()))] for widget in (spoken, written)]
    assert found == [["Turn 4, speaks for", "“Hm”"], ["Written afterwards, speaks against", "“Hm”"]]
    assert len(written.findChildren(Glyph)) == 1


def test_a_retry_is_listed_and_leaves_the_earlier_debrief_in_reach(qtbot, window, fake_app):
    page = _debrief(qtbot, window, fake_app, missed=False)
    page._on_retry(4)
    session = window.pages.session
    wait(qtbot, lambda: session.isVisible() and session.state == "content")
    window.go("progress")
    progress = window.pages.progress
    wait(qtbot, lambda: progress.state == "content" and progress.table is not None and progress.table.rowCount() == 2)
    assert "Sessions (1)" in shown_words(progress)
    table = progress.table
    assert [table.cell(i, 4).text() for i in range(2)] == ["Continue ›", "Look back ›"]
    assert table.cell(0, 2).text() == "↳ Retry 1 · Sent by his wife about the drinking"
    table.cellClicked.emit(1, 0)
    wait(qtbot, lambda: page.isVisible() and page.state == "content" and page.feedback is not None)
    page.show_tab("transcript")
    page.transcript.finish()
    assert any("How many is it" in words for words in shown_words(page.transcript))


def test_quotes_beyond_the_first_are_shown_on_request(qtbot, themed):
    found = tuple(quote(Evidence(turn=i, start=0, end=2, quote=f"Quote {i}")) for i in range(5))
    rating = Rating(
        id="asking", label="Asking directly", question="", value="0 of 2", is_scored=True, reason="", status="estimate",
        confidence="sure", anchor="", bar=None, quotes=found, is_critical=True,
    )  # fmt: skip
    view = critical_view([rating], lambda turn: None)
    qtbot.addWidget(view)
    view.show()
    assert sum("Quote" in words for words in shown_words(view)) == 2
    buttons(view, "Show 3 more quotes")[0].click()
    assert sum("Quote" in words for words in shown_words(view)) == 5
    assert buttons(view, "Show 3 more quotes") == []
