"""Where the focus is after everything that happens, and that nothing is cut off in small windows and large text."""

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QPlainTextEdit

from simpatient.gui.base.theme import Theme
from simpatient.gui.debrief.deletion import DeletionDialog
from simpatient.gui.shell.main_window import MainWindow
from simpatient.gui.widgets.controls import Button, RailButton
from tests.builders import ME
from tests.gui.driver import WAIT_MS, begin, end, own_rating, rate, say, shown_words, wait

WORDS = "Most of us would need that"


def focused(window):
    return window.focusWidget()


def press(qtbot, window, text):
    """Press keys where the focus is, as a keyboard does."""
    for each in text:
        qtbot.keyClicks(focused(window), each)


# Typing


@pytest.mark.parametrize("name", ["mark", "codes", "panel", "talk"])
def test_after_a_click_in_the_bar_letters_and_spaces_reach_the_composer(qtbot, window, fake_app, name):
    session = begin(qtbot, window)
    qtbot.mouseClick(getattr(session.bar, name), Qt.MouseButton.LeftButton)
    if name == "talk":
        wait(qtbot, lambda: any(each.isVisible() for each in window.findChildren(QDialog)))
        window.findChildren(QDialog)[-1].no.click()
        wait(qtbot, lambda: not session.bar.talk.isChecked())
    was_checked, was_marked = session.bar.codes.isChecked(), session.log.bubbles[0].text
    press(qtbot, window, WORDS)
    assert session.composer.text == WORDS
    assert session.bar.codes.isChecked() == was_checked
    assert session.log.bubbles[0].text == was_marked
    if name == "mark":
        wait(qtbot, lambda: fake_app.practise.sessions["s1"].turns[0].marked)


def test_a_letter_typed_on_a_button_goes_to_the_composer_and_so_does_all_after_it(qtbot, window):
    session = begin(qtbot, window)
    session.bar.mark.setFocus(Qt.FocusReason.TabFocusReason)
    press(qtbot, window, WORDS)
    assert session.composer.text == WORDS
    assert focused(window) is session.composer.editor


def test_a_button_reached_by_tab_still_works_with_space_and_gives_the_focus_back(qtbot, window, fake_app):
    session = begin(qtbot, window)
    session.bar.mark.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(session.bar.mark, Qt.Key.Key_Space)
    wait(qtbot, lambda: fake_app.practise.sessions["s1"].turns[0].marked)
    press(qtbot, window, "a b")
    assert session.composer.text == "a b"


def test_after_send_is_clicked_one_types_on(qtbot, window):
    session = begin(qtbot, window)
    press(qtbot, window, "Hello.")
    qtbot.mouseClick(session.composer.button, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: not session.composer.is_waiting)
    press(qtbot, window, "a b")
    assert session.composer.text == "a b"


def test_enter_that_confirms_composed_characters_sends_nothing(qtbot, window):
    session = begin(qtbot, window)
    editor = session.composer.editor
    press(qtbot, window, "Hello ")
    QApplication.sendEvent(editor, QInputMethodEvent("にほ", []))
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.keyClick(editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert len(session.log.bubbles) == 1
    done = QInputMethodEvent()
    done.setCommitString("日本")
    QApplication.sendEvent(editor, done)
    assert session.composer.text == "Hello 日本"
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    wait(qtbot, lambda: len(session.log.bubbles) == 3 and not session.composer.is_waiting)


# After asynchronous changes


def test_the_own_rating_begins_at_its_first_question_and_delete_is_not_where_end_was(qtbot, window):
    session = begin(qtbot, window)
    say(qtbot, session, "What does it give you?")
    at_end = session.bar.end.mapTo(window, session.bar.end.rect().center())
    debrief = end(qtbot, window)
    first = next(iter(debrief.form.ratings.values()))
    wait(qtbot, lambda: first.isAncestorOf(focused(window)))
    qtbot.keyClick(focused(window), Qt.Key.Key_Tab)
    assert any(each.isAncestorOf(focused(window)) for each in debrief.form.ratings.values())
    there = window.childAt(at_end)
    assert there is not debrief.delete
    assert there is not debrief.form.delete


def test_feedback_map_writing_and_export_keep_the_focus_off_delete_and_rail(qtbot, window, fake_app, files, tmp_path):
    session = begin(qtbot, window)
    say(qtbot, session, "What does it give you?")
    debrief = end(qtbot, window)
    rate(qtbot, debrief)
    wait(qtbot, lambda: focused(window) is debrief.tabs.button("feedback"))
    files.path = tmp_path / "mine.pdf"
    debrief.export.setFocus()
    qtbot.keyClick(debrief.export, Qt.Key.Key_Return)
    wait(qtbot, lambda: files.path.exists() and focused(window) is debrief.export)
    debrief.show_tab("held")
    debrief.disclosure.button.setFocus()
    qtbot.keyClick(debrief.disclosure.button, Qt.Key.Key_Return)
    wait(qtbot, lambda: debrief.disclosure.is_open and focused(window) is debrief.tabs.button("held"))
    debrief.show_tab("write")
    debrief.write.cards["making-sense"].form.editors["wish"].setPlainText("to be asked")
    save = debrief.write.cards["making-sense"].save
    save.setFocus()
    qtbot.keyClick(save, Qt.Key.Key_Return)
    wait(qtbot, lambda: focused(window) is debrief.tabs.button("write"))


def test_retry_begins_in_the_composer_and_its_note_goes_with_the_first_turn(qtbot, window, fake_app):
    held = fake_app.talk()
    fake_app.review.rate_self(ME, held.id, own_rating())
    window.open_debrief(held.id)
    debrief = window.pages.debrief
    wait(qtbot, lambda: debrief.feedback is not None)
    retry = next(b for b in debrief.feedback.findChildren(Button) if b.text() == "Retry from here")
    qtbot.mouseClick(retry, Qt.MouseButton.LeftButton)
    session = window.pages.session
    wait(qtbot, lambda: session.state == "content" and focused(window) is session.composer.editor)
    assert window.banner.isVisible()
    say(qtbot, session, "What now?")
    assert not window.banner.isVisible()
    session.ask_end()  # it was rated before, so nothing is said of a rating that would come first
    question = session.findChildren(QDialog)[-1]
    assert any("straight to the feedback" in words for words in shown_words(question))
    question.reject()
    window.tell("Something calm.")
    window.open_debrief(held.id)
    assert not window.banner.isVisible()


def test_after_deleting_the_focus_is_on_the_next_page(qtbot, window, fake_app):
    held = fake_app.talk()
    window.open_debrief(held.id)
    page = window.pages.debrief
    wait(qtbot, lambda: page.state == "content")
    page.ask_delete()
    wait(qtbot, lambda: bool(page.findChildren(DeletionDialog)))
    qtbot.mouseClick(page.findChildren(DeletionDialog)[-1].choices[0], Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: window.pages.progress.isVisible() and window.pages.progress.isAncestorOf(focused(window)))
    assert not isinstance(focused(window), RailButton)


# Room


def cut_off(page):
    """Return the controls that do not show whole, by name; what scrolls may be out of sight but not squeezed."""
    found = []
    for each in page.findChildren(QAbstractButton):
        if each.isVisibleTo(page) and each.isVisible():
            seen = QRect(each.mapTo(page, QPoint(0, 0)), each.size())
            least = each.minimumSizeHint().boundedTo(each.maximumSize())
            if seen.left() < 0 or seen.right() >= page.width() or each.width() < least.width():
                found.append((each.accessibleName(), seen, least))
    return found


SIZES = [(width, 450) for width in range(720, 1441, 60)] + [(911, 512), (1440, 900)]


@pytest.mark.parametrize("text_size", ["small", "normal", "large", "largest"])
def test_the_session_shows_whole_in_every_window(qtbot, window, text_size):
    session = begin(qtbot, window)
    Theme.current().choose("light", text_size)
    for width, height in SIZES:
        window.resize(width, height)
        wait(qtbot, lambda width=width: window.width() == width and session.bar.width() > 0)
        QApplication.processEvents()
        wait(qtbot, lambda: not session.bar.name.is_cut() and not cut_off(session))
        editor = session.composer.editor
        bottom = editor.mapTo(window, QPoint(0, editor.height())).y()
        assert bottom <= window.height(), (width, height)
        assert session.log.height() >= 60, (width, height)
        for each in window.frame.rail.values():
            assert each.width() >= each.minimumSizeHint().width()


@pytest.mark.parametrize("text_size", ["normal", "largest"])
def test_talking_aloud_shows_whole_in_every_window(qtbot, window, fake_app, text_size):
    fake_app.consents.given.add("microphone")
    session = begin(qtbot, window)
    qtbot.mouseClick(session.bar.talk, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: any(talk.is_listening for talk in fake_app.talking.talks))
    Theme.current().choose("light", text_size)
    for width, height in SIZES:
        window.resize(width, height)
        wait(qtbot, lambda width=width: window.width() == width)
        QApplication.processEvents()
        for state in ("ready", "speaking", "paused"):
            session.voice_bar.set_state(state)
            wait(qtbot, lambda: not cut_off(session))


@pytest.mark.parametrize(("width", "height"), [(911, 512), (720, 450), (640, 400), (2560, 1440)])
def test_the_window_opens_inside_the_screen(qtbot, themed, fake_app, preferences, files, width, height):
    made = MainWindow(lambda: fake_app, preferences, files)
    qtbot.addWidget(made)
    made.resize(1180, 780)
    made._fit_screen(QRect(0, 0, width, height))
    assert made.width() <= width
    assert made.height() < height
    assert made.minimumHeight() <= made.height()
    with qtbot.waitSignal(made.opened, timeout=WAIT_MS):
        made.show()
    made.close()


def test_the_rating_fits_the_smallest_window(qtbot, window):
    session = begin(qtbot, window)
    say(qtbot, session, "What does it give you?")
    debrief = end(qtbot, window)
    Theme.current().choose("light", "largest")
    window.resize(720, 450)
    QApplication.processEvents()
    assert not cut_off(debrief)
    assert all(each.width() > 200 for each in debrief.form.findChildren(QPlainTextEdit))


def test_the_clock_counts_talk_and_not_time_away(qtbot, window, fake_app):
    session = begin(qtbot, window)
    case = fake_app.library.case("joe-first")
    assert session.clock.chip.text() == f"0 of {case.minutes} min"
    assert case.title in session.bar.title_words
    qtbot.mouseClick(session.bar.back, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: window.pages.start.isVisible())
