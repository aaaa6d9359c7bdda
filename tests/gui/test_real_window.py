"""The main story in the real window on the real services: real database, real content, real encoder and coder."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from simpatient.bootstrap.app import open_app
from simpatient.gui.base.preferences import Preferences
from simpatient.gui.shell.main_window import MainWindow
from simpatient.gui.widgets.controls import CardButton
from tests.gui.driver import WAIT_MS, begin, buttons, end, rate, say, shown_words, wait

HALF = "And what would that be "


@pytest.fixture
def open_window(qtbot, themed, preferences: Preferences, files, tmp_path: Path):
    """Open the window on the same home again and again, as a trainee does from day to day."""
    opened = []

    def made() -> MainWindow:
        window = MainWindow(lambda: open_app(tmp_path / "home"), preferences, files)
        window.resize(1180, 780)
        qtbot.addWidget(window)
        opened.append(window)
        with qtbot.waitSignal(window.opened, timeout=WAIT_MS):
            window.show()
        wait(qtbot, lambda: window.pages.start.state == "content")
        return window

    yield made
    for window in opened:
        window.close()


def first_patient(window: MainWindow) -> str:
    """Return the name and age on the first case card; no test names a persona."""
    cards = [each for each in window.pages.start.findChildren(CardButton) if each.isVisibleTo(window.pages.start)]
    return cards[0].accessibleName()


def test_from_the_first_line_to_feedback_and_retry(qtbot, open_window) -> None:
    window = open_window()
    session = begin(qtbot, window, first_patient(window))
    say(qtbot, session, "What brings you here today?")
    qtbot.mouseClick(session.bar.mark, Qt.MouseButton.LeftButton)
    say(qtbot, session, "It sounds as if that has been hard for you.")
    assert len([each for each in session.log.bubbles if each.who == "trainee"]) == 2
    marked = [each for each in session.log.bubbles if "Marked" in shown_words(each)]
    assert len(marked) == 1
    qtbot.keyClick(session.composer.editor, Qt.Key.Key_Escape)
    assert session.pause_cover.resume.isVisible()
    qtbot.mouseClick(session.pause_cover.resume, Qt.MouseButton.LeftButton)
    say(qtbot, session, "How have the last weeks been?")
    turns = len(session.log.bubbles)
    debrief = end(qtbot, window)
    assert debrief.feedback is None
    rate(qtbot, debrief)
    assert shown_words(debrief.feedback)
    debrief.show_tab("transcript")
    wait(qtbot, lambda: bool(buttons(debrief.transcript, "Retry")))
    qtbot.mouseClick(buttons(debrief.transcript, "Retry")[0], Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: session.isVisible() and session.state == "content")
    assert len(session.log.bubbles) < turns
    say(qtbot, session, "Where would you like to begin?")


def test_what_is_half_written_outlives_the_window(qtbot, open_window) -> None:
    window = open_window()
    session = begin(qtbot, window, first_patient(window))
    say(qtbot, session, "What brings you here today?")
    session_id = session._session.id
    qtbot.keyClicks(session.composer.editor, HALF)
    window.close()
    again = open_window()
    again.resume(session_id)
    page = again.pages.session
    wait(qtbot, lambda: page.state == "content" and page.composer.text == HALF)
    page.composer.editor.clear()
    say(qtbot, page, "How have the last weeks been?")
    debrief = end(qtbot, again)
    qtbot.mouseClick(next(iter(debrief.form.ratings.values())).first_button, Qt.MouseButton.LeftButton)
    qtbot.keyClicks(debrief.form.would_change, "Fewer questions")
    again.close()
    last = open_window()
    last.open_debrief(session_id)
    form = last.pages.debrief
    wait(qtbot, lambda: form.form is not None)
    assert form.form.would_change.toPlainText() == "Fewer questions"
    assert next(iter(form.form.ratings.values())).value == 1
