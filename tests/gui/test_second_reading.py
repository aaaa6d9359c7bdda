"""A second reading in the window: chosen, never taken for granted, stoppable, and reversible."""

import threading
from dataclasses import dataclass, field

import pytest

from simpatient.domain.errors import Cancelled, ModelUnavailable
from simpatient.gui.debrief.second_rating_card import EARLIER_WORDS, NONE, OWN
from tests.builders import ME
from tests.gui.driver import own_rating, shown_words, wait
from tests.review_fakes import FakeGrader


@dataclass
class Slow(FakeGrader):
    """Reads until it is stopped or let go on."""

    gate: threading.Event = field(default_factory=threading.Event)

    def grade(self, turns, rubric, *, cancel=None, on_done=None):
        on_done(1)
        while not self.gate.wait(0.01):
            if cancel.is_cancelled:
                raise Cancelled
        return super().grade(turns, rubric, cancel=cancel, on_done=on_done)


@pytest.fixture
def numbers(qtbot, window, fake_app):
    """Open a debrief at its numbers; the fake judges are to be set before."""

    def opened():
        session = fake_app.talk()
        fake_app.review.rate_self(ME, session.id, own_rating())
        window.open_debrief(session.id)
        page = window.pages.debrief
        wait(qtbot, lambda: page.numbers is not None)
        page.show_tab("numbers")
        return page

    return opened


def test_without_a_model_it_is_said_how_to_get_one(numbers):
    assert NONE in shown_words(numbers().numbers.judge)


def test_nothing_is_asked_until_a_model_is_chosen(qtbot, numbers, fake_app):
    fake_app.judges.graders = {"remote:big@models.example.org": FakeGrader(value=2.0)}
    page = numbers()
    words = shown_words(page.numbers.judge)
    assert any("leaves this computer and is sent there" in each for each in words)
    assert fake_app.practise.sessions["s1"].scorecards[0].criteria[0].value == 4
    page.numbers.judge.buttons["remote:big@models.example.org"].click()
    wait(qtbot, lambda: fake_app.practise.sessions["s1"].scorecards[0].criteria[0].value == 2)
    wait(qtbot, lambda: "back" in page.numbers.judge.buttons)
    page.numbers.open_all()
    assert "Rated by fake-grader on fake-model." in shown_words(page.numbers.judge)
    assert "2 of 5" in shown_words(page.numbers)


def test_ratings_of_words_that_were_corrected_since_say_so(qtbot, numbers, fake_app, window):
    fake_app.judges.graders = {"big": FakeGrader(value=2.0)}
    page = numbers()
    page.numbers.judge.buttons["big"].click()
    wait(qtbot, lambda: "back" in page.numbers.judge.buttons)
    assert EARLIER_WORDS not in shown_words(page.numbers.judge)
    session = fake_app.practise.sessions["s1"]
    corrected = [turn.model_copy(update={"text": f"{turn.text} Indeed."}) for turn in session.turns]
    fake_app.practise.sessions["s1"] = session.model_copy(update={"turns": tuple(corrected)})
    fake_app.scorecards.score_corrected(ME, fake_app.practise.sessions["s1"], session.leaf)
    window.open_debrief("s1")
    wait(qtbot, lambda: page.numbers is not None)
    wait(qtbot, lambda: EARLIER_WORDS in shown_words(page.numbers.judge))


def test_the_programs_own_ratings_can_be_had_back(qtbot, numbers, fake_app):
    fake_app.judges.graders = {"big": FakeGrader(value=2.0)}
    page = numbers()
    page.numbers.judge.buttons["big"].click()
    wait(qtbot, lambda: "back" in page.numbers.judge.buttons)
    page.numbers.judge.buttons["back"].click()
    wait(qtbot, lambda: "back" not in page.numbers.judge.buttons)


def test_the_patients_own_model_is_said_to_be_it(numbers, fake_app):
    fake_app.judges.graders, fake_app.judges.patients_own = {"own": FakeGrader(), "big": FakeGrader()}, "own"
    words = shown_words(numbers().numbers.judge)
    assert OWN in words
    assert words.index("The big") < words.index("The own")


def test_a_reading_can_be_stopped_and_changes_nothing(qtbot, numbers, fake_app):
    slow = Slow(value=2.0)
    fake_app.judges.graders = {"big": slow}
    page = numbers()
    before = fake_app.practise.sessions["s1"].scorecards
    page.numbers.judge.buttons["big"].click()
    wait(qtbot, lambda: "The big is reading … 1 of 2 items" in shown_words(page.numbers.judge))
    page.numbers.judge.buttons["stop"].click()
    assert "big" in page.numbers.judge.buttons
    wait(qtbot, lambda: fake_app.judges.open_now == 0)
    assert fake_app.practise.sessions["s1"].scorecards == before


def test_a_model_that_fails_is_said_calmly(qtbot, window, numbers, fake_app):
    fake_app.judges.graders = {"big": FakeGrader(broken=ModelUnavailable("It is gone.", "Choose another one."))}
    page = numbers()
    page.numbers.judge.buttons["big"].click()
    wait(qtbot, lambda: window.banner.isVisible())
    assert window.banner.text == "It is gone. Choose another one."
    assert "big" in page.numbers.judge.buttons


def test_leaving_the_debrief_stops_the_reading(qtbot, window, numbers, fake_app):
    fake_app.judges.graders = {"big": Slow(value=2.0)}
    page = numbers()
    page.numbers.judge.buttons["big"].click()
    wait(qtbot, lambda: fake_app.judges.open_now == 1)
    other = fake_app.talk("amina-first")
    window.open_debrief(other.id)
    wait(qtbot, lambda: fake_app.judges.open_now == 0)
    assert fake_app.practise.sessions["s1"].scorecards[0].criteria[0].value == 4
