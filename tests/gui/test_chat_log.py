"""The conversation's log: where turns stand, and that a long one costs what a short one does."""

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from simpatient.gui.base.theme import Theme
from simpatient.gui.widgets.conversation import ChatLog
from simpatient.gui.widgets.layout import Steady

LINES = ("Yes.", "It was a long day, and then another one. " * 2, "I don't know. " * 20)


class Arranged(QObject):
    """Counts how often widgets were given another place or size, or were asked to arrange themselves."""

    def __init__(self, *watched: QWidget) -> None:
        super().__init__()
        self.moved = 0
        self.asked = 0
        for each in watched:
            each.installEventFilter(self)

    def eventFilter(self, _: QObject, event: QEvent) -> bool:
        self.moved += event.type() in (QEvent.Type.Resize, QEvent.Type.Move)
        self.asked += event.type() == QEvent.Type.LayoutRequest
        return False


@pytest.fixture
def log(qtbot, themed):
    made = ChatLog()
    qtbot.addWidget(made)
    Theme.current().dress(made)
    made.resize(700, 500)
    made.show()
    return made


def _say(qtbot, log, turns):
    for number in range(turns):
        log.add("patient" if number % 2 else "trainee", "Someone", LINES[number % len(LINES)])
    qtbot.wait(30)


def _top(log, bubble):
    return bubble.mapTo(log.widget(), bubble.rect().topLeft()).y()


def _assert_in_order(log):
    tops = [_top(log, bubble) for bubble in log.bubbles]
    ends = [top + bubble.height() for top, bubble in zip(tops, log.bubbles, strict=True)]
    assert all(top - end == 12 for end, top in zip(ends, tops[1:], strict=False))
    assert ends[-1] < log.widget().height() <= max(log.viewport().height(), ends[-1] + 16)
    assert all(bubble.height() >= bubble.heightForWidth(bubble.width()) for bubble in log.bubbles)


def test_a_new_turn_moves_none_of_those_before_it(qtbot, log):
    _say(qtbot, log, 60)
    _say(qtbot, log, 2)  # the scroll bar is there by now, and everything has moved out of its way
    earlier = Arranged(*log.bubbles)
    _say(qtbot, log, 2)
    assert earlier.moved == 0
    assert log.verticalScrollBar().value() == log.verticalScrollBar().maximum() > 0


@pytest.mark.parametrize("turns", [1, 2, 5, 6, 7, 30])
def test_turns_stand_below_each_other_with_the_newest_at_the_bottom(qtbot, log, turns):
    _say(qtbot, log, turns)
    _assert_in_order(log)
    log.resize(380, 500)
    qtbot.wait(30)
    _assert_in_order(log)
    assert all(bubble.mapTo(log, bubble.rect().bottomRight()).x() < log.viewport().width() for bubble in log.bubbles)


def test_patient_left_trainee_right_program_between(qtbot, log):
    heard, said = log.add("patient", "Ray", "Yes."), log.add("trainee", "You", "I see.")
    note = log.add_note("Another model answers from here on.")
    qtbot.wait(30)
    left, right = (bubble.mapTo(log, bubble.rect().topLeft()).x() for bubble in (heard, said))
    middle = note.mapTo(log, note.rect().center()).x()
    assert left == log.viewport().width() - right - said.width()
    assert abs(middle - log.viewport().width() // 2) <= 1


def test_a_turn_that_grows_pushes_those_below_it_down(qtbot, log):
    _say(qtbot, log, 30)
    grown, after = log.bubbles[3], log.bubbles[20]
    height, top = grown.height(), _top(log, after)
    grown.set_chips([("Open question", ""), ("Affirm", "")], True)
    qtbot.wait(30)
    assert grown.height() > height
    assert _top(log, after) == top + grown.height() - height
    _assert_in_order(log)
    grown.append(" And more words, while they are still coming." * 9)
    qtbot.wait(30)
    _assert_in_order(log)


def test_larger_text_arranges_every_turn_again(qtbot, log, themed):
    _say(qtbot, log, 20)
    heights = [bubble.height() for bubble in log.bubbles]
    Theme.current().dress(log)
    log.setStyleSheet("QLabel { font-size: 30px; }")
    qtbot.wait(60)
    assert all(bubble.height() > height for bubble, height in zip(log.bubbles, heights, strict=True))
    _assert_in_order(log)


def test_turns_that_go_leave_no_gap(qtbot, log):
    _say(qtbot, log, 14)
    for number in (13, 12, 6, 0):
        log.remove(log.bubbles[number])
    qtbot.wait(30)
    assert len(log.bubbles) == 10
    _assert_in_order(log)
    log.clear()
    _say(qtbot, log, 3)
    _assert_in_order(log)


def test_what_was_said_while_the_log_was_hidden_is_in_order_when_it_is_shown(qtbot, log):
    log.hide()
    _say(qtbot, log, 15)
    log.bubbles[4].append(" More of it." * 30)
    log.show()
    qtbot.wait(30)
    _assert_in_order(log)


def test_other_words_inside_a_steady_part_ask_nothing_of_what_is_around_it(qtbot):
    window, inside, words = QWidget(), QWidget(), QLabel("One")
    words.setWordWrap(True)
    words.setMinimumSize(60, 20)
    QVBoxLayout(inside).addWidget(words)
    QVBoxLayout(window).addWidget(Steady(inside))
    qtbot.addWidget(window)
    window.resize(400, 300)
    window.show()
    qtbot.wait(30)
    around = Arranged(window)
    words.setText("Two")
    qtbot.wait(30)
    assert around.asked == 0
    words.setMinimumSize(500, 350)
    qtbot.wait(30)
    assert around.asked > 0
    assert window.minimumSizeHint().width() >= 500
