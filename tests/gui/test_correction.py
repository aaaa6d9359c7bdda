"""Correcting spoken turns and hearing them again, in the session and in the debrief."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog

from simpatient.domain.errors import NotFound, StorageUnavailable
from simpatient.gui.transcript.correction import CorrectionDialog
from simpatient.gui.widgets.controls import Button
from tests.builders import ME
from tests.gui.driver import begin, rate, say, shown_words, wait

MISHEARD, SAID = "What springs you here?", "What brings you here."


def buttons(widget, text):
    return [each for each in widget.findChildren(Button) if each.text() == text]


def open_dialogs(window):
    return [each for each in window.findChildren(QDialog) if each.isVisible()]


@pytest.fixture
def spoken(qtbot, window, fake_app):
    """A session page whose turn 1 was spoken and misheard."""
    fake_app.consents.given.add("microphone")
    session = begin(qtbot, window)
    qtbot.mouseClick(session.bar.talk, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: any(talk.is_listening for talk in fake_app.talking.talks))
    fake_app.talking.talks[-1].heard = MISHEARD
    session.composer.editor.setPlainText(MISHEARD)
    session.composer.submit()
    wait(qtbot, lambda: bool(buttons(session, "Correct")))
    wait(qtbot, lambda: not session.composer.is_waiting)
    return session


def open_editor(qtbot, window, page):
    button = buttons(page, "Correct")[-1]
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Return)
    wait(qtbot, lambda: any(isinstance(each, CorrectionDialog) for each in open_dialogs(window)))
    return next(each for each in open_dialogs(window) if isinstance(each, CorrectionDialog))


def test_a_spoken_turn_is_corrected_from_the_keyboard_and_both_texts_stay(qtbot, window, fake_app, spoken):
    dialog = open_editor(qtbot, window, spoken)
    assert f"First understood as: “{MISHEARD}”" in shown_words(dialog)
    assert not dialog.save.isEnabled()
    dialog.editor.setPlainText(SAID)
    assert dialog.save.isEnabled()
    qtbot.keyClick(dialog.editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    bubble = spoken.log.bubbles[1]
    wait(qtbot, lambda: bubble.text == SAID)
    stored = fake_app.practise.sessions["s1"].turns[1]
    assert [each.text for each in stored.speech.versions] == [MISHEARD, SAID]
    spoken.bar.codes.setChecked(True)
    assert any("complex" in words.lower() for words in shown_words(bubble))  # the tags are the new words'
    assert not any(MISHEARD in words for words in shown_words(bubble))
    wait(qtbot, lambda: bool(buttons(bubble, "Show first text")))
    qtbot.mouseClick(buttons(bubble, "Show first text")[0], Qt.MouseButton.LeftButton)
    assert any(MISHEARD in words for words in shown_words(bubble))


def test_nothing_blank_is_saved_and_leaving_changes_nothing(qtbot, window, fake_app, spoken):
    dialog = open_editor(qtbot, window, spoken)
    dialog.editor.setPlainText("   ")
    assert not dialog.save.isEnabled()
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    wait(qtbot, lambda: not open_dialogs(window))
    assert fake_app.practise.sessions["s1"].turns[1].text == MISHEARD
    assert spoken.isVisible()


def test_a_correction_that_fails_is_told_where_it_was_written(qtbot, window, fake_app, spoken):
    dialog = open_editor(qtbot, window, spoken)
    fake_app.practise.fails = StorageUnavailable("The disk is full.", "Make room and try again.")
    dialog.editor.setPlainText(SAID)
    qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: "The disk is full." in dialog.status.text())
    assert dialog.editor.toPlainText() == SAID
    assert dialog.save.isEnabled()
    fake_app.practise.fails = None
    qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: spoken.log.bubbles[1].text == SAID)


def test_typed_turns_have_nothing_to_correct(qtbot, window, fake_app):
    session = begin(qtbot, window)
    say(qtbot, session, "What brings you here?")
    assert not buttons(session, "Correct")


@pytest.fixture
def debrief(qtbot, window, fake_app, spoken):
    """The debrief of that session, rated, its transcript in front."""
    fake_app.practise.end(ME, "s1")
    window.open_debrief("s1")
    page = window.pages.debrief
    wait(qtbot, lambda: page.state == "content" and page.form is not None)
    rate(qtbot, page)
    page.show_tab("transcript")
    hear_again(qtbot, page)
    return page


def hear_again(qtbot, page):
    """Return the first button to hear a turn again, once it is there: a transcript comes a few turns at a time."""
    wait(qtbot, lambda: bool(buttons(page.transcript, "Hear it again")))
    return buttons(page.transcript, "Hear it again")[0]


def test_in_the_debrief_a_correction_fetches_everything_again_and_comes_back(qtbot, window, debrief):
    before = debrief.feedback
    dialog = open_editor(qtbot, window, debrief.transcript)
    dialog.editor.setPlainText(SAID)
    qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: debrief.feedback is not None and debrief.feedback is not before)
    wait(qtbot, lambda: debrief._views.currentWidget() is debrief.transcript)
    assert SAID in shown_words(debrief.transcript)


def test_a_kept_turn_is_heard_again_and_stopped(qtbot, window, fake_app, debrief):
    fake_app.recording_playback.lasts.clear()
    button = hear_again(qtbot, debrief)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: fake_app.recording_playback.did == ["play c1"])
    assert button.text() == "Stop"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: fake_app.recording_playback.did == ["play c1", "stop"])
    assert button.text() == "Hear it again"
    fake_app.recording_playback.lasts.set()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: fake_app.recording_playback.did[-1] == "play c1" and button.text() == "Hear it again")


def test_leaving_the_debrief_makes_it_quiet_and_a_sound_that_is_gone_is_told(qtbot, window, fake_app, debrief):
    fake_app.recording_playback.lasts.clear()
    button = hear_again(qtbot, debrief)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: fake_app.recording_playback.did == ["play c1"])
    window.go("progress")
    wait(qtbot, lambda: fake_app.recording_playback.did[-1] == "stop")
    fake_app.recording_playback.fails = NotFound(
        "This recording is no longer kept.", "Its words are in the transcript."
    )
    page, before = window.pages.debrief, debrief.transcript
    window.open_debrief("s1")
    wait(qtbot, lambda: page.state == "content" and page.transcript not in (None, before))
    page.show_tab("transcript")
    qtbot.mouseClick(hear_again(qtbot, page), Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: "This recording is no longer kept." in window.banner.text)
