"""Typed words are never lost: looking elsewhere, another session, closing and a full disk all give them back."""

import pytest
from PySide6.QtCore import Qt

from simpatient.domain.errors import OpenElsewhere, StorageUnavailable
from simpatient.gui.shell.main_window import MainWindow
from simpatient.gui.widgets.controls import Button
from tests.builders import ME
from tests.gui.driver import WAIT_MS, begin, end, own_rating, say, wait

HALF = "And what would that be "


def typed(qtbot, session, text=HALF):
    qtbot.keyClicks(session.composer.editor, text)


def stored(fake_app, session_id="s1"):
    return {(each.kind, each.part): each.texts for each in fake_app.drafts.drafts(session_id)}


@pytest.fixture
def another_window(qtbot, themed, fake_app, preferences, files):
    """Open the same program again, as after closing it."""

    def made():
        again = MainWindow(lambda: fake_app, preferences, files)
        qtbot.addWidget(again)
        with qtbot.waitSignal(again.opened, timeout=WAIT_MS):
            again.show()
        return again

    return made


def test_half_a_sentence_is_on_disk_while_it_is_typed(qtbot, window, fake_app):
    session = begin(qtbot, window)
    typed(qtbot, session)
    wait(qtbot, lambda: stored(fake_app) == {("composer", ""): {"typed": HALF}})
    session.composer.editor.clear()
    wait(qtbot, lambda: stored(fake_app) == {})


def test_who_types_without_a_pause_is_kept_too(qtbot, window, fake_app):
    session = begin(qtbot, window)

    def key_by_key():
        qtbot.keyClicks(session.composer.editor, "a", delay=40)
        return bool(stored(fake_app))

    wait(qtbot, key_by_key)


def test_an_unsent_draft_belongs_to_its_session_alone(qtbot, window, fake_app):
    session = begin(qtbot, window)
    typed(qtbot, session)
    window.go("start")
    wait(qtbot, lambda: stored(fake_app) == {("composer", ""): {"typed": HALF}})
    other = fake_app.practise.start(ME, "joe-first")
    window.open_session(other)
    wait(qtbot, lambda: session.state == "content" and session.isVisible())
    assert session.composer.text == ""
    window.resume("s1")
    wait(qtbot, lambda: session.composer.text == HALF)
    assert stored(fake_app, other.id) == {}


def test_closing_the_window_at_once_keeps_the_last_key(qtbot, window, fake_app, another_window):
    session = begin(qtbot, window)
    typed(qtbot, session)
    window.close()
    assert stored(fake_app)["composer", ""] == {"typed": HALF}
    again = another_window()
    again.resume("s1")
    wait(qtbot, lambda: again.pages.session.composer.text == HALF)
    again.close()


def test_sent_words_are_no_draft_and_what_is_typed_meanwhile_is(qtbot, window, fake_app):
    session = begin(qtbot, window)
    fake_app.practise.gate.clear()
    typed(qtbot, session, "Tell me more?")
    qtbot.keyClick(session.composer.editor, Qt.Key.Key_Return)
    typed(qtbot, session)
    wait(qtbot, lambda: stored(fake_app).get(("composer", ""), {}).get("sending") == "Tell me more?")
    fake_app.practise.gate.set()
    wait(qtbot, lambda: stored(fake_app) == {("composer", ""): {"typed": HALF}})
    say(qtbot, session, "")
    wait(qtbot, lambda: stored(fake_app) == {})


def test_killed_while_sending_the_words_are_there_once(qtbot, window, fake_app, another_window):
    session = begin(qtbot, window)
    fake_app.practise.gate.clear()
    typed(qtbot, session, "Tell me more?")
    qtbot.keyClick(session.composer.editor, Qt.Key.Key_Return)
    wait(qtbot, lambda: stored(fake_app).get(("composer", ""), {}).get("sending") == "Tell me more?")
    wait(qtbot, lambda: len(fake_app.practise.sessions["s1"].turns) == 2)
    again = another_window()
    again.resume("s1")
    wait(qtbot, lambda: len(again.pages.session.log.bubbles) >= 2)
    assert again.pages.session.composer.text == ""
    fake_app.practise.gate.set()
    again.close()


def test_words_that_failed_come_back_before_what_was_typed_since(qtbot, window, fake_app):
    fake_app.practise.fails = StorageUnavailable("The disk is full.", "Make room.")
    fake_app.practise.stores_before_failing = False
    fake_app.practise.fails, failing = None, fake_app.practise.fails
    session = begin(qtbot, window)
    fake_app.practise.fails = failing
    say(qtbot, session, "Tell me more?")
    wait(qtbot, lambda: window.banner.isVisible())
    typed(qtbot, session)
    fake_app.practise.fails = None
    qtbot.mouseClick(window.banner._action, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: session.composer.text == f"Tell me more?\n{HALF}")


def test_a_disk_that_is_full_is_told_once_and_the_words_stay(qtbot, window, fake_app):
    session = begin(qtbot, window)
    fake_app.drafts.fails = True
    typed(qtbot, session)
    wait(qtbot, lambda: window.banner.isVisible())
    assert window.banner.text.startswith("What you are typing cannot be kept at the moment. The disk is full.")
    window.go("progress")
    window.resume("s1")
    wait(qtbot, lambda: session.state == "content" and session.isVisible())
    assert session.composer.text == HALF
    fake_app.drafts.fails = False
    window.close()
    assert stored(fake_app)["composer", ""] == {"typed": HALF}


def test_an_own_rating_begun_comes_back_and_goes_when_it_is_given(qtbot, window, fake_app, another_window):
    session = begin(qtbot, window)
    say(qtbot, session, "What does it give you?")
    debrief = end(qtbot, window)
    first, *others = debrief.form.ratings.values()
    button = next(each for each in first.findChildren(Button) if each.text() == "4")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    debrief.form.went_well.setFocus()
    qtbot.keyClicks(debrief.form.went_well, "I listened.")
    window.go("progress")
    window.open_debrief("s1")
    wait(qtbot, lambda: debrief.state == "content" and debrief.form.ratings and debrief.isVisible())
    window.close()
    again = another_window()
    again.open_debrief("s1")
    page = again.pages.debrief
    wait(qtbot, lambda: page.form is not None)
    assert [each.value for each in page.form.ratings.values()] == [4, *(None for _ in others)]
    assert page.form.went_well.toPlainText() == "I listened."
    for rating in page.form.ratings.values():
        qtbot.mouseClick(rating.first_button, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(page.form.button, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: page.feedback is not None)
    wait(qtbot, lambda: stored(fake_app) == {})
    again.close()


def test_writing_begun_survives_closing_and_goes_when_it_is_saved(qtbot, window, fake_app, another_window):
    session = fake_app.talk()
    fake_app.review.rate_self(ME, session.id, own_rating())
    window.open_debrief(session.id)
    wait(qtbot, lambda: window.pages.debrief.write is not None)
    card = window.pages.debrief.write.cards["making-sense"]
    card.form.editors["wish"].setPlainText("to be asked")
    window.close()
    again = another_window()
    again.open_debrief(session.id)
    page = again.pages.debrief
    wait(qtbot, lambda: page.write is not None)
    card = page.write.cards["making-sense"]
    assert card.form.editors["wish"].toPlainText() == "to be asked"
    card.save.click()
    wait(qtbot, lambda: stored(fake_app, session.id) == {})
    again.close()


def test_words_said_while_the_session_went_on_in_another_window_stay_in_the_composer(qtbot, window, fake_app):
    session, practise = begin(qtbot, window), fake_app.practise
    practise.reply(ME, "s1", "Said in the other window.", lambda _: None, None)
    practise.fails = OpenElsewhere("This session is open in another window or program.", "Close one of the two.")
    practise.stores_before_failing = False
    say(qtbot, session, "What would that be like?")
    assert "This session is open in another window or program. Close one of the two." in window.banner.text
    assert session.composer.text == "What would that be like?"
    assert "another window" in session.composer.hint.text()
    assert [each.text for each in session.log.bubbles if each.who == "trainee"] == []
    practise.fails = None
    session.composer.submit()
    said = lambda: [each.text for each in session.log.bubbles if each.who == "trainee"]  # noqa: E731
    wait(qtbot, lambda: session.state == "content" and said() == ["Said in the other window."])
    assert session.composer.text == "What would that be like?"
    session.composer.submit()
    wait(qtbot, lambda: said() == ["Said in the other window.", "What would that be like?"])
    wait(qtbot, lambda: not session.composer.is_waiting)
    assert session.composer.text == ""
