"""Writing in the debrief: the case stays closed until words are saved, and words are not lost on the way."""

import pytest
from PySide6.QtWidgets import QLabel, QPlainTextEdit

from simpatient.gui.debrief.write_view import ExerciseCard
from simpatient.gui.widgets.controls import Button
from simpatient.presentation.feedback.writing import AFTER_REVEAL, LEFT_EMPTY
from tests.builders import ME
from tests.gui.driver import buttons, own_rating, shown_words, wait
from tests.gui.fake_content import WRITING

HELD = "a missed recital"


@pytest.fixture
def debrief(qtbot, window, fake_app):
    """A debrief at its written exercises."""
    session = fake_app.talk()
    fake_app.review.rate_self(ME, session.id, own_rating())
    window.open_debrief(session.id)
    page = window.pages.debrief
    wait(qtbot, lambda: page.write is not None)
    page.show_tab("write")
    return page


def _card(debrief):
    return debrief.write.cards["making-sense"]


def _save(qtbot, debrief, rubric="making-sense"):
    card = debrief.write.cards[rubric]
    assert card.save.isEnabled()
    card.save.click()
    wait(qtbot, lambda: debrief.write.cards[rubric] is not card and debrief.write.cards[rubric].form is None)
    return debrief.write.cards[rubric]


def test_nothing_of_the_case_is_in_the_page_before_words_are_saved(debrief):
    every = "\n".join(each.text() for each in debrief.write.findChildren(QLabel))
    every += "\n".join(each.toPlainText() + each.placeholderText() for each in debrief.findChildren(QPlainTextEdit))
    assert "What set it off" in every
    assert not any(hidden in every for hidden in (HELD, "long shifts", "respect"))
    assert not _card(debrief).save.isEnabled()


def test_saved_words_stand_beside_what_the_case_holds(qtbot, debrief, fake_app):
    card = _card(debrief)
    card.form.editors["precipitating"].setPlainText("It began with a missed recital.")
    card.form.editors["wish"].setPlainText("   ")
    assert card.hint.text() == "1 of 3 fields written"
    shown = shown_words(_save(qtbot, debrief))
    assert HELD in shown
    assert "long shifts" not in shown
    assert shown.count(LEFT_EMPTY) == 2
    assert "It began with a missed recital." in shown
    assert any(words.startswith(("● met", "◐ partly met")) for words in shown)
    assert any("confidence" in words for words in shown)
    assert any("needs review" in words for words in shown)
    assert len(fake_app.writings.attempts("s1")) == 1


def test_the_result_is_there_on_return_and_can_be_written_again(qtbot, window, debrief):
    _card(debrief).form.editors["precipitating"].setPlainText("Something.")
    _save(qtbot, debrief)
    window.go("progress")
    window.open_debrief("s1")
    wait(qtbot, lambda: debrief.state == "content" and debrief.write is not None)
    debrief.show_tab("write")
    card = _card(debrief)
    assert HELD in shown_words(card)
    buttons(card, "Write again")[0].click()
    assert card.form.editors["precipitating"].toPlainText() == "Something."
    card.form.editors["precipitating"].setPlainText(HELD)
    card = _save(qtbot, debrief)
    assert AFTER_REVEAL in shown_words(card)
    buttons(card, "Attempt 1")[0].click()
    assert AFTER_REVEAL not in shown_words(card)
    assert "Something." in shown_words(card)


def test_words_not_saved_survive_a_look_at_another_page(qtbot, window, debrief):
    _card(debrief).form.editors["wish"].setPlainText("to be asked")
    window.go("progress")
    window.open_debrief("s1")
    wait(qtbot, lambda: debrief.state == "content" and debrief.write is not None)
    assert _card(debrief).form.editors["wish"].toPlainText() == "to be asked"


def test_what_cannot_be_stored_is_said_and_stays_in_the_form(qtbot, window, debrief, fake_app):
    fake_app.writings.fails = True
    card = _card(debrief)
    card.form.editors["wish"].setPlainText("to be asked")
    card.save.click()
    wait(qtbot, lambda: window.banner.isVisible() and card.save.isEnabled())
    assert window.banner.text.startswith("The disk is full.")
    assert card.form.editors["wish"].toPlainText() == "to be asked"
    assert HELD not in shown_words(card)


def test_a_choice_is_made_among_the_answers_there_are(qtbot, debrief):
    card = debrief.write.cards["level-of-risk"]
    choice = card.form.choices["risk_level"]
    assert not card.save.isEnabled()
    choice.button("moderate").click()
    card = _save(qtbot, debrief, "level-of-risk")
    assert "Too low, or much too high." in shown_words(card)
    assert "0 of 2" in shown_words(card)


def test_an_open_map_stays_open_when_something_is_written(qtbot, debrief):
    debrief.disclosure.button.click()
    wait(qtbot, lambda: debrief.disclosure.is_open)
    _card(debrief).form.editors["wish"].setPlainText("to be asked")
    _save(qtbot, debrief)
    assert debrief.disclosure.is_open


def test_any_rubric_that_takes_writing_gets_a_form(debrief):
    assert set(debrief.write.cards) == {rubric.id for rubric in WRITING}


def test_every_attempt_can_be_looked_at_on_request(qtbot, debrief):
    _card(debrief).form.editors["precipitating"].setPlainText("It began with a missed recital.")
    _save(qtbot, debrief)
    exercise = _card(debrief)._exercise
    first = exercise.attempts[0]
    attempts = tuple(first.model_copy(update={"number": number}) for number in range(1, 12))
    card = ExerciseCard(exercise.model_copy(update={"attempts": attempts}), {}, lambda *_: None)
    qtbot.addWidget(card)
    card.show()

    def offered():
        return [b.text() for b in card.findChildren(Button) if b.text().startswith("Attempt") and b.isVisibleTo(card)]

    assert offered() == ["Attempt 1", "Attempt 9", "Attempt 10"]
    buttons(card, "Show 7 more")[0].click()
    wait(qtbot, lambda: offered() == [f"Attempt {number}" for number in range(1, 11)])
    assert buttons(card, "Show 7 more") == []
