"""The drills: the list, one drill by mouse and by keyboard, feedback in words, and what can go wrong."""

from datetime import timedelta

from PySide6.QtCore import Qt

from simpatient.gui.drills import drill_page
from simpatient.gui.widgets.controls import CardButton
from simpatient.gui.widgets.conversation import Bubble
from simpatient.presentation.learning.drills import due_words
from tests.builders import ME
from tests.gui.driver import FULL, buttons, own_rating, say, shown_words, wait
from tests.gui.fake_content import DRILLS

CLOSED, OPEN, DOUBTFUL, PUSHING = (
    "Have you a moment?",
    "What is that like?",
    "And perhaps so?",
    "Pull yourself together.",
)


def the_list(qtbot, window):
    window.go("drills")
    wait(qtbot, lambda: window.pages.drills.state == "content")
    return window.pages.drills


def the_drill(qtbot, window):
    window.open_drill("open-questions")
    wait(qtbot, lambda: window.pages.drill.state == "content")
    return window.pages.drill


def test_the_list_says_what_is_there_and_when_it_is_due(qtbot, window, fake_app):
    page = the_list(qtbot, window)
    names = [card.accessibleName() for card in page.findChildren(CardButton)]
    assert "Open questions. New. Level 1 of 3." in names
    assert {"Try this next", "Drills"} <= set(shown_words(page))
    exercise = fake_app.drill.begin(ME, "open-questions")
    fake_app.drill.attempt(ME, exercise, OPEN)
    page.refresh()
    wait(qtbot, lambda: any("practised once" in words for words in shown_words(page)))
    (tried,) = [card for card in fake_app.drill.drills(ME) if card.rounds]
    assert due_words(tried).startswith("Due ")
    fake_app.drill._clock._now += timedelta(days=60)
    page.refresh()
    wait(qtbot, lambda: "Due today" in shown_words(page))


def test_a_drill_is_two_clicks_away(qtbot, window):
    qtbot.mouseClick(window.frame.rail["drills"], Qt.MouseButton.LeftButton)
    page = window.pages.drills
    wait(qtbot, lambda: page.state == "content")
    qtbot.mouseClick(buttons(page, "Practise")[0], Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: window.pages.drill.isVisible() and window.pages.drill.state == "content")
    assert window.frame.rail["drills"].isChecked()
    bubbles = window.pages.drill.findChildren(Bubble)
    assert [bubble.text for bubble in bubbles] == [DRILLS[0].stimuli[0].patient]


def test_feedback_names_what_was_heard_and_shows_a_better_line(qtbot, window, fake_app):
    page = the_drill(qtbot, window)
    say(qtbot, page, CLOSED)
    words = shown_words(page)
    assert {"Not there yet", "Not yet", "Try 1", "One possible better line"} <= set(words)
    assert "“Have you a moment?” coded as closed question, high confidence (91%)" in words
    assert fake_app.tries.made[0].text == CLOSED
    say(qtbot, page, OPEN)
    words = shown_words(page)
    assert {"This is what the drill asks for", "Heard", "Try 2", "Another way to say it"} <= set(words)
    assert [answer.feedback.outcome for answer in page.answers] == ["not_yet", "done"]
    assert page.composer.editor.hasFocus() or not window.isActiveWindow()


def test_a_doubt_a_push_and_too_many_words_are_told_apart(qtbot, window):
    page = the_drill(qtbot, window)
    say(qtbot, page, DOUBTFUL)
    assert {"This one cannot be judged here for sure", "Unsure"} <= set(shown_words(page))
    say(qtbot, page, PUSHING)
    assert {"Better left out", "This pushes before it listens."} <= set(shown_words(page))
    say(qtbot, page, "What " + "and " * 40 + "then?")
    assert "42 words. This skill needs no more than 30." in shown_words(page)
    say(qtbot, page, DRILLS[0].stimuli[0].patient)
    assert any("nearly all the patient's own words" in words for words in shown_words(page))


def test_a_line_that_was_shown_is_not_taken(qtbot, window):
    page = the_drill(qtbot, window)
    say(qtbot, page, CLOSED)
    say(qtbot, page, page.answers[0].feedback.better)
    assert "That is the line that was shown" in shown_words(page)


def test_the_hint_comes_on_request_only_and_is_remembered(qtbot, window, fake_app):
    page = the_drill(qtbot, window)
    hint = DRILLS[0].stimuli[0].hint
    assert hint not in shown_words(page)
    qtbot.mouseClick(buttons(page, "Hint")[0], Qt.MouseButton.LeftButton)
    assert hint in shown_words(page)
    assert not buttons(page, "Hint")[0].isEnabled()
    say(qtbot, page, OPEN)
    assert fake_app.tries.made[0].hint_seen
    page.go_on()
    wait(qtbot, lambda: hint not in shown_words(page))
    assert buttons(page, "Hint")[0].isEnabled()


def test_by_keyboard_alone(qtbot, window, fake_app):
    qtbot.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    page, drill = window.pages.drills, window.pages.drill
    wait(qtbot, lambda: page.state == "content")
    card = next(c for c in page.findChildren(CardButton) if c.accessibleName().startswith("Open questions"))
    card.setFocus()
    qtbot.keyClick(card, Qt.Key.Key_Return)
    wait(qtbot, lambda: drill.state == "content")
    editor = drill.composer.editor
    qtbot.keyClick(editor, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    assert DRILLS[0].stimuli[0].hint in shown_words(drill)
    say(qtbot, drill, OPEN)
    qtbot.keyClick(editor, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    wait(qtbot, lambda: not drill.answers)
    shown = [DRILLS[0].stimuli[1].patient]
    wait(qtbot, lambda: [each.text for each in drill.findChildren(Bubble) if each.isVisible()] == shown)
    qtbot.keyClick(editor, Qt.Key.Key_Escape)
    wait(qtbot, lambda: page.isVisible())
    assert len(fake_app.tries.made) == 1


def test_lines_get_harder_and_a_level_can_be_chosen(qtbot, window):
    page = the_drill(qtbot, window)
    for _ in range(2):
        say(qtbot, page, OPEN)
        page.go_on()
        wait(qtbot, lambda: not page.answers)
    assert page._exercise.stimulus.level == 2
    assert page._levels.button("2").isChecked()
    qtbot.mouseClick(page._levels.button("3"), Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: page._exercise.stimulus.level == 3)
    assert page._levels.button("3").isChecked()


def test_the_line_and_the_feedback_are_read_out(qtbot, window, monkeypatch):
    said = []
    monkeypatch.setattr(drill_page, "announce", lambda _widget, words: said.append(words))
    page = the_drill(qtbot, window)
    say(qtbot, page, CLOSED)
    assert DRILLS[0].stimuli[0].patient in said[0]
    assert said[1].startswith("Not there yet. This can be answered in one word.")
    assert page.answers[0].feedback.better in said[1]


def test_a_try_that_cannot_be_stored_stays_in_the_composer(qtbot, window, fake_app):
    page = the_drill(qtbot, window)
    fake_app.tries.fails = True
    say(qtbot, page, OPEN)
    assert window.banner.text.startswith("The disk is full.")
    assert page.composer.editor.toPlainText() == OPEN
    assert page.answers == []


def test_no_drills_and_trouble_are_said(qtbot, window, fake_app, monkeypatch):
    fake_app.library.all_drills = []
    window.go("drills")
    page = window.pages.drills
    wait(qtbot, lambda: page.state == "empty")
    assert "No drills yet" in shown_words(page)

    def fail(_):
        raise FULL

    monkeypatch.setattr(fake_app.drill, "drills", fail)
    buttons(page, "Look again")[0].click()
    wait(qtbot, lambda: page.state == "trouble")
    assert "The disk is full." in shown_words(page)


def test_a_drill_that_is_gone_is_explained(qtbot, window):
    window.open_drill("gone")
    wait(qtbot, lambda: window.pages.drill.state == "trouble")
    assert 'There is no "gone".' in shown_words(window.pages.drill)


def test_the_debrief_leads_to_the_drill_for_what_mattered(qtbot, window, fake_app):
    session = fake_app.talk()
    fake_app.review.rate_self(ME, session.id, own_rating())
    window.open_debrief(session.id)
    wait(qtbot, lambda: window.pages.debrief.state == "content")
    buttons(window.pages.debrief, "Practise this skill")[0].click()
    wait(qtbot, lambda: window.pages.drill.isVisible() and window.pages.drill.state == "content")
    assert window.pages.drill._exercise.drill.id == "open-questions"


def test_the_patients_line_stays_and_the_newest_try_comes_into_view(qtbot, window):
    window.resize(900, 600)
    page = the_drill(qtbot, window)
    for text in (CLOSED, DOUBTFUL, "So that is how it is for you there, " * 12):
        say(qtbot, page, text)
    patient, *tried = page.findChildren(Bubble)
    bar = page._talk.verticalScrollBar()
    wait(qtbot, lambda: 0 <= tried[-1].mapTo(page._talk, tried[-1].rect().topLeft()).y() < page._talk.height() / 2)
    assert bar.value() > 0
    assert patient.mapTo(page, patient.rect().bottomLeft()).y() < page._talk.y() + page._talk.height()
    assert not page._talk.isAncestorOf(patient)


def test_hostile_words_are_shown_as_they_are(qtbot, window):
    page = the_drill(qtbot, window)
    page.composer.editor.setPlainText("<b>What</b> \u202e%s {x} " + "w" * 300 + "?")
    page.composer.submit()
    wait(qtbot, lambda: not page.composer.is_waiting)
    assert any("<b>What</b>" in bubble.text for bubble in page.findChildren(Bubble))
    assert page._talk.horizontalScrollBar().maximum() == 0
