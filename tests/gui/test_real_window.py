"""The main story in the real window on the real services: real database, real content, real encoder and coder."""

import re
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from simpatient.bootstrap.app import open_app
from simpatient.gui.base.preferences import Preferences
from simpatient.gui.shell.main_window import MainWindow
from simpatient.gui.widgets.controls import CardButton
from tests.gui.driver import WAIT_MS, begin, buttons, end, rate, say, shown_words, wait

ROOT = Path(__file__).parents[2]
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


def _own_case(own: Path) -> tuple[str, Path]:
    """Write a case with a patient of one's own, both copied; return the patient's text and its file."""
    case = min((ROOT / "curricula/cases").glob("*.yaml")).read_text("utf-8")
    patient = re.search(r"^persona: (\S+)", case, re.MULTILINE)[1]
    text = (ROOT / f"personas/{patient}.yaml").read_text("utf-8").replace(f"id: {patient}", "id: own-person", 1)
    for kind in ("personas", "cases"):
        (own / kind).mkdir(parents=True)
    case = re.sub(r"^id: .*", "id: own-case", case, count=1, flags=re.MULTILINE)
    (own / "cases/own-case.yaml").write_text(case.replace(f"persona: {patient}", "persona: own-person"), "utf-8")
    return text, own / "personas/own-person.yaml"


def test_a_persona_with_a_mistake_is_named_and_can_be_corrected_without_a_restart(
    qtbot, open_window, tmp_path: Path
) -> None:
    good, persona = _own_case(tmp_path / "home/content")
    persona.write_text(good.replace("\n  age: ", "\n  age: about "), "utf-8")
    window = open_window()
    start = window.pages.start
    card = next(each for each in start.findChildren(CardButton) if each.accessibleName().startswith("own-person"))
    qtbot.mouseClick(card, Qt.MouseButton.LeftButton)
    assert any("file has a mistake" in words for words in shown_words(card))
    brief = window.pages.case
    wait(qtbot, lambda: any("own-person.yaml, line" in words for words in shown_words(brief)))
    persona.write_text(good, "utf-8")
    window.go("start")
    wait(qtbot, lambda: start.state == "content" and "own-person" not in shown_words(start))
    assert not any("file has a mistake" in words for words in shown_words(start))


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
