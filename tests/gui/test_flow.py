"""The whole way through the window on a fake program, with real signals and real waiting."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLabel

from simpatient.domain.errors import StorageUnavailable
from simpatient.gui.debrief.deletion import DeletionDialog
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.conversation import LONGEST_TYPED, ProgramNote
from simpatient.presentation.feedback.cues import HEADING
from simpatient.presentation.feedback.debrief import BETTER_LINE, CHANGE, KEEP
from tests.builders import ME
from tests.gui.driver import HOSTILE, begin, end, own_rating, rate, say, shown_words, wait


def test_two_clicks_lead_to_the_first_patient_line(qtbot, window, fake_app):
    session = begin(qtbot, window)
    assert session.log.bubbles[0].text == "Right. So. My wife's idea, this."
    assert fake_app.practise.warmed == ["joe-first"]


def test_a_patient_in_preparation_says_how_far_it_has_come(qtbot, window, fake_app):
    fake_app.practise.preparing = ((256, 40_000), (12_000, 40_000))
    fake_app.practise.gate.clear()
    window.open_case("joe-first")
    page = window.pages.case
    wait(qtbot, lambda: page.state == "content")
    wait(qtbot, lambda: "Preparing this patient: 12,000 of 40,000 lines" in shown_words(page))
    fake_app.practise.gate.set()
    wait(qtbot, lambda: not any("Preparing" in words for words in shown_words(page)))


def test_a_session_with_a_server_says_all_along_where_words_go(qtbot, window, fake_app):
    fake_app.practise.model = "remote:our-model@models.example.org"
    session = begin(qtbot, window)
    assert any("our-model@models.example.org" in words and "sent there" in words for words in shown_words(session))
    say(qtbot, session, "What does that hour give you?")
    assert session.leaves.isVisible()


def test_a_session_on_this_computer_has_no_such_line(qtbot, window, fake_app):
    session = begin(qtbot, window)
    assert not session.leaves.isVisible()


def test_from_first_line_to_feedback_retry_and_map(qtbot, window, fake_app):
    session = begin(qtbot, window)
    say(qtbot, session, "What does that hour give you?")
    say(qtbot, session, "So nobody wants anything from you there.")
    assert [b.who for b in session.log.bubbles] == ["patient", "trainee", "patient", "trainee", "patient"]
    debrief = end(qtbot, window)
    assert debrief.feedback is None
    assert not debrief.tabs.isVisible()
    rate(qtbot, debrief)
    assert fake_app.practise.sessions["s1"].self_rating.ratings == dict.fromkeys(
        debrief._services.review.questions(), 4
    )
    words = shown_words(debrief.feedback)
    assert {KEEP, CHANGE, BETTER_LINE} <= set(words)
    assert {HEADING, "Hints at risk", "0 of 2 at once", "Turn 1, not taken up"} <= set(words)
    debrief.show_tab("held")
    assert not any("recital" in text for text in shown_words(debrief.disclosure))
    qtbot.mouseClick(debrief.disclosure.button, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: any("recital" in text for text in shown_words(debrief.disclosure)))
    retry = next(b for b in debrief.feedback.findChildren(Button) if b.text() == "Retry from here")
    debrief.show_tab("feedback")
    qtbot.mouseClick(retry, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: session.isVisible() and session.state == "content")
    assert len(session.log.bubbles) == 1
    assert len(fake_app.practise.sessions["s1"].turns) == 5


def test_streamed_text_is_shown_before_the_answer_is_complete(qtbot, window, fake_app):
    session = begin(qtbot, window)
    fake_app.practise.gate.clear()
    qtbot.keyClicks(session.composer.editor, "What does it give you?")
    qtbot.keyClick(session.composer.editor, Qt.Key.Key_Return)
    wait(qtbot, lambda: session.log.bubbles[-1].text.startswith("Yeah."))
    assert session.composer.is_waiting
    assert not session.log.bubbles[-1].text.endswith("about it.")
    fake_app.practise.gate.set()
    wait(qtbot, lambda: session.log.bubbles[-1].text == "Yeah. … Yeah, that's about it.")


def test_program_notes_stand_apart_from_the_patients_words(qtbot, window, fake_app):
    fake_app.practise.note = "Yes, this is a simulated patient."
    session = begin(qtbot, window)
    say(qtbot, session, "Are you real?")
    notes = session.log.findChildren(ProgramNote)
    assert len(notes) == 1
    assert "From the program, not the patient" in shown_words(notes[0])
    assert not any("simulated patient" in bubble.text for bubble in session.log.bubbles)


def test_codes_stay_hidden_until_chosen(qtbot, window):
    session = begin(qtbot, window)
    say(qtbot, session, "What does it give you?")
    tags = [w for w in session.log.bubbles[1].findChildren(QLabel) if w.text().startswith("OQ")]
    assert tags
    assert not tags[0].isVisible()
    session.bar.codes.click()
    assert tags[0].isVisible()
    assert window._preferences.shows_codes


def test_marking_shows_and_stores_and_can_be_taken_back(qtbot, window, fake_app):
    session = begin(qtbot, window)
    qtbot.keyClick(session.composer.editor, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    wait(qtbot, lambda: fake_app.practise.sessions["s1"].turns[0].marked)
    session.mark()
    wait(qtbot, lambda: not fake_app.practise.sessions["s1"].turns[0].marked)


def test_pause_covers_the_talk_and_leaving_keeps_it(qtbot, window, fake_app):
    session = begin(qtbot, window)
    qtbot.keyClick(session.composer.editor, Qt.Key.Key_Escape)
    assert not session.log.isVisible()
    assert session.pause_cover.resume.isVisible()
    session.pause_cover.leave.click()
    pages = window.pages
    wait(qtbot, lambda: "Continue your session" in shown_words(pages.start))
    resume = next(b for b in pages.start.findChildren(Button) if b.text() == "Continue" and b.isVisible())
    qtbot.mouseClick(resume, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: session.isVisible() and session.state == "content")
    assert len(session.log.bubbles) == 1
    assert not fake_app.practise.sessions["s1"].is_ended


def test_failed_answer_is_a_calm_banner_and_going_on_answers_the_stored_turn(qtbot, window, fake_app):
    session = begin(qtbot, window)
    fake_app.practise.fails = ZeroDivisionError("traceback detail")
    say(qtbot, session, "Tell me more?")
    wait(qtbot, lambda: window.banner.isVisible())
    assert window.banner.text.startswith(
        "Something went wrong inside simpatient. Every turn that was answered is saved;"
    )
    assert "traceback" not in window.banner.text
    fake_app.practise.fails = None
    window.banner._action.click()
    wait(qtbot, lambda: session.state == "content" and len(session.log.bubbles) == 3)
    assert session.log.bubbles[-1].text == "Sorry. Where was I."
    assert session.composer.editor.toPlainText() == ""


def test_words_that_were_not_stored_come_back_to_the_composer(qtbot, window, fake_app):
    session = begin(qtbot, window)
    fake_app.practise.fails = StorageUnavailable("The disk is full.", "Make room.")
    fake_app.practise.stores_before_failing = False
    say(qtbot, session, "Tell me more?")
    wait(qtbot, lambda: window.banner.isVisible())
    assert window.banner.text == "The disk is full. Make room."
    fake_app.practise.fails = None
    window.banner._action.click()
    wait(qtbot, lambda: session.state == "content" and session.composer.editor.toPlainText() == "Tell me more?")
    assert len(session.log.bubbles) == 1


def test_shift_enter_breaks_the_line_and_blank_words_are_not_sent(qtbot, window):
    session = begin(qtbot, window)
    editor = session.composer.editor
    qtbot.keyClick(editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert len(session.log.bubbles) == 1
    qtbot.keyClicks(editor, "a")
    qtbot.keyClick(editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClicks(editor, "b")
    assert editor.toPlainText() == "\na\nb"


def test_ctrl_enter_sends(qtbot, window):
    session = begin(qtbot, window)
    qtbot.keyClicks(session.composer.editor, "Hello there.")
    qtbot.keyClick(session.composer.editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    wait(qtbot, lambda: len(session.log.bubbles) == 3 and not session.composer.is_waiting)


def test_pasting_a_flood_is_cut_and_said(qtbot, window):
    from PySide6.QtCore import QMimeData

    session = begin(qtbot, window)
    flood = QMimeData()
    flood.setText("a" * 100_000)
    session.composer.editor.insertFromMimeData(flood)
    assert len(session.composer.editor.toPlainText()) == LONGEST_TYPED
    wait(qtbot, lambda: "shortened" in session.composer.hint.text())


def test_hostile_turns_go_through_a_session(qtbot, window, fake_app):
    fake_app.practise.answers = list(HOSTILE)
    session = begin(qtbot, window)
    for i in range(len(HOSTILE)):
        session.composer.editor.setPlainText(f"<b>{i}</b> \u202e مرحبا 👩‍👧")
        session.composer.submit()
        wait(qtbot, lambda: not session.composer.is_waiting)
    assert len(session.log.bubbles) == 1 + 2 * len(HOSTILE)
    window.grab()


def test_closing_in_a_session_keeps_it_and_closes_the_program(qtbot, window, fake_app):
    session = begin(qtbot, window)
    fake_app.practise.gate.clear()
    qtbot.keyClicks(session.composer.editor, "One more thing?")
    qtbot.keyClick(session.composer.editor, Qt.Key.Key_Return)
    wait(qtbot, lambda: len(fake_app.practise.sessions["s1"].turns) == 2)
    window.close()
    assert fake_app.is_closed
    assert not fake_app.practise.sessions["s1"].is_ended
    assert fake_app.practise.sessions["s1"].turns[-1].text == "One more thing?"


@pytest.mark.parametrize("opened", [False, True])
def test_export_holds_the_map_back_until_it_was_opened(qtbot, window, fake_app, files, tmp_path, opened):
    session = fake_app.talk()
    fake_app.review.rate_self(ME, session.id, own_rating())
    window.open_debrief(session.id)
    debrief = window.pages.debrief
    wait(qtbot, lambda: debrief.feedback is not None)
    if opened:
        debrief.disclosure.button.click()
        wait(qtbot, lambda: debrief.disclosure.is_open)
    files.path = tmp_path / "mine"
    debrief.export.click()
    wait(qtbot, lambda: (tmp_path / "mine.pdf").exists() and window.banner.isVisible())
    assert (fake_app.review.session(ME, session.id).map_opened_at is not None) is opened
    assert "mine.pdf" in window.banner.text


def _dialog(qtbot, page):
    wait(qtbot, lambda: bool(page.findChildren(DeletionDialog)))
    return page.findChildren(DeletionDialog)[-1]


def test_a_session_is_deleted_after_a_question_and_comes_back_from_the_bin(qtbot, window, fake_app):
    session = fake_app.talk()
    window.open_debrief(session.id)
    page = window.pages.debrief
    wait(qtbot, lambda: page.state == "content")
    page.ask_delete()
    dialog = _dialog(qtbot, page)
    assert dialog.no.hasFocus()
    assert [(each.text(), each.property("kind")) for each in dialog.choices] == [("Delete this session", "danger")]
    assert f"• {len(session.turns)} turns of the conversation" in [each.text() for each in dialog.findChildren(QLabel)]
    dialog.no.click()
    assert session.id in fake_app.practise.sessions
    wait(qtbot, lambda: not page.findChildren(DeletionDialog))
    page.ask_delete()
    qtbot.mouseClick(_dialog(qtbot, page).choices[0], Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: session.id not in fake_app.practise.sessions)
    wait(qtbot, lambda: window.pages.progress.isVisible() and "in the bin" in window.banner.text)
    window.open_settings("bin")
    card = window.pages.settings.bin
    wait(qtbot, lambda: bool(card.restore))
    next(iter(card.restore.values())).click()
    wait(qtbot, lambda: session.id in fake_app.practise.sessions)
    wait(qtbot, lambda: not card.restore)


def test_one_of_two_attempts_is_deleted_alone(qtbot, window, fake_app):
    session = fake_app.talk()
    fake_app.practise.branch(fake_app.actor, session.id, 2)
    fake_app.practise.reply(fake_app.actor, session.id, "You'd like to be asked.", lambda _: None, None)
    fake_app.practise.end(fake_app.actor, session.id)
    window.open_debrief(session.id, session.leaf)
    page = window.pages.debrief
    wait(qtbot, lambda: page.state == "content")
    page.ask_delete()
    dialog = _dialog(qtbot, page)
    assert [each.text() for each in dialog.choices] == ["Delete this attempt", "Delete both attempts"]
    dialog.choices[0].click()
    wait(qtbot, lambda: bool(fake_app.bin.binned))
    assert fake_app.bin.binned[1][0].leaf == session.leaf
    assert len(fake_app.practise.sessions[session.id].attempts()) == 1


def test_the_bin_is_emptied_after_a_question_and_keeps_for_days_of_ones_own(qtbot, window, fake_app):
    session = fake_app.talk()
    fake_app.bin.delete_session(fake_app.actor, session.id)
    window.open_settings("bin")
    card = window.pages.settings.bin
    wait(qtbot, lambda: bool(card.restore))
    card.days.setValue(1)
    assert "day" in shown_words(card)
    assert "days" not in shown_words(card)
    card.days.setValue(90)
    assert "days" in shown_words(card)
    card.days.editingFinished.emit()
    wait(qtbot, lambda: fake_app.bin.kept_for == 90)
    wait(qtbot, lambda: bool(card.restore))
    card.empty.click()
    question = card.findChildren(QDialog)[-1]
    wait(qtbot, question.no.hasFocus)
    assert question.yes.property("kind") == "danger"
    question.yes.click()
    wait(qtbot, lambda: not fake_app.bin.binned and not card.empty.isVisible())
