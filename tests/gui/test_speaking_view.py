"""How one spoke, in the window: numbers with what they rest on, the drawn talk by pointer and keys, the transcript."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QToolTip

from simpatient.assessment.scoring.speaking_times import speaking_times
from simpatient.domain.assessment.codes import TurnCodes
from simpatient.domain.session.session import CodedTurn
from simpatient.gui.base.theme import Theme
from simpatient.gui.debrief.speaking_view import SpeakingView
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.drawn.timeline import Timeline
from simpatient.presentation.shapes.timeline import Block, TalkTimes, TimelineSpan
from tests.builders import ME
from tests.gui.driver import own_rating, shown_words, wait

TALK = TalkTimes(
    lanes=("You", "Joe"),
    blocks=(
        Block(3, 1, 0.0, 10.0, "Turn 4, Joe"),
        Block(4, 0, 9.0, 15.0, "Turn 5, you"),
        Block(7, 1, 55.0, 70.0, "Turn 8, Joe"),
    ),
    silences=(TimelineSpan(15.0, 55.0, "40 seconds of silence"),),
    marks=(9.0,),
    breaks=(55.0,),
    length=70.0,
)


def spoken(*times, first="patient"):
    """Return the speaking times of turns from ``(start, end)``, the speakers in turn."""
    speakers = ("patient", "trainee") if first == "patient" else ("trainee", "patient")
    turns = [
        CodedTurn(turn=i, speaker=speakers[i % 2], text="one two three", codes=TurnCodes(), start_s=start, end_s=end)
        for i, (start, end) in enumerate(times)
    ]
    return speaking_times(turns)


@pytest.fixture
def timeline(qtbot, themed):
    made = Timeline(TALK, "The talk")
    qtbot.addWidget(made)
    Theme.current().dress(made)
    made.resize(600, made.sizeHint().height())
    with qtbot.waitExposed(made):
        made.show()
    return made


@pytest.fixture
def debrief(qtbot, window, fake_app):
    session = fake_app.talk_aloud()
    fake_app.review.rate_self(ME, session.id, own_rating())
    window.open_debrief(session.id)
    page = window.pages.debrief
    wait(qtbot, lambda: page.state == "content" and page.numbers is not None)
    return page


def test_a_turn_over_the_end_of_a_strip_goes_on_in_the_next(timeline):
    first, second = timeline._rects(TALK.blocks[2])
    assert second.top() > first.bottom()
    assert first.right() > second.right()
    assert timeline.block_rect(0).right() > timeline.block_rect(1).left()


def test_a_click_on_a_turn_opens_it(qtbot, timeline):
    with qtbot.waitSignal(timeline.chosen, timeout=10_000) as caught:
        qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=timeline.block_rect(1).center().toPoint())
    assert caught.args == [4]
    with qtbot.assertNotEmitted(timeline.chosen):
        qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=QPoint(2, 2))


def test_the_pointer_reads_turns_and_silences(qtbot, timeline):
    heard = []
    timeline.pointed.connect(heard.append)
    quiet = timeline._silence_rects(TALK.silences[0])[0].center()
    for place in (timeline.block_rect(0).center(), quiet, QPointF(2, 2)):
        timeline.mouseMoveEvent(_moved(place))
    assert heard[-3:] == ["Turn 4, Joe", "40 seconds of silence", ""]
    place = timeline.block_rect(1).center().toPoint()
    timeline.event(QHelpEvent(QHelpEvent.Type.ToolTip, place, timeline.mapToGlobal(place)))
    assert "Turn 5, you" in QToolTip.text()


def _moved(place):
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QMouseEvent

    none = Qt.MouseButton.NoButton
    return QMouseEvent(QEvent.Type.MouseMove, place, place, none, none, Qt.KeyboardModifier.NoModifier)


def test_keys_go_from_turn_to_turn_and_enter_opens_one(qtbot, timeline):
    timeline.setFocus(Qt.FocusReason.TabFocusReason)
    wait(qtbot, lambda: timeline.current is TALK.blocks[0])
    for key, turn in ((Qt.Key.Key_Right, 4), (Qt.Key.Key_End, 7), (Qt.Key.Key_Right, 7), (Qt.Key.Key_Left, 4)):
        qtbot.keyClick(timeline, key)
        assert timeline.current.turn == turn
    with qtbot.waitSignal(timeline.chosen, timeout=10_000) as caught:
        qtbot.keyClick(timeline, Qt.Key.Key_Return)
    assert caught.args == [4]
    qtbot.keyClick(timeline, Qt.Key.Key_Home)
    assert timeline.current.turn == 3
    timeline.leaveEvent(_moved(QPointF(0, 0)))
    assert timeline.current is None


def test_lanes_signs_and_silences_are_painted(timeline):
    for choice in ("dark", "light"):
        Theme.current().choose(choice, "normal")
        picture = timeline.grab().toImage()
        scale = picture.devicePixelRatio()
        colours = Theme.current().palette

        def colour(place, picture=picture, scale=scale):
            return picture.pixelColor((place * scale).toPoint()).name()

        # The pointer's mark runs through where the turn began, so its own colour is looked for further on.
        assert colour(timeline.block_rect(1).center() + QPointF(10, 0)) == colours.accent
        assert colour(timeline.block_rect(0).center()) == colours.line_strong
        mark = timeline._moment_rect(9.0)
        assert colour(QPointF(mark.center().x(), mark.top() + 3)) == colours.warm


def test_the_section_says_its_numbers_and_what_they_rest_on(debrief):
    debrief.show_tab("numbers")
    words = shown_words(debrief.numbers.speaking)
    assert "How you spoke" in words
    assert any("16 spoken turns" in each and "1 turn typed" in each and "paused once" in each for each in words)
    assert any("Of the words: 50%" in each for each in words)
    assert any("4 of 7 left for Joe Marsh to end" in each for each in words)
    assert any("good or bad in itself" in each for each in words)


def test_a_turn_of_the_timeline_opens_in_the_transcript(qtbot, debrief):
    debrief.show_tab("numbers")
    timeline = debrief.numbers.speaking.timeline
    timeline.chosen.emit(7)
    wait(qtbot, lambda: debrief.transcript.isVisible())
    assert debrief.transcript._rows[7].property("role") == "sunken"


def test_the_table_says_the_same_and_opens_turns_too(qtbot, debrief):
    debrief.show_tab("numbers")
    speaking = debrief.numbers.speaking
    assert not speaking.table.isVisible()
    speaking._toggle.click()
    assert speaking.table.isVisible()
    assert not speaking.timeline.isVisible()
    assert speaking.table.rowCount() == 16
    assert "began while Joe Marsh was speaking" in [speaking.table.cell(at, 5).text() for at in range(16)]
    speaking.table.cellActivated.emit(5, 0)
    wait(qtbot, lambda: debrief.transcript.isVisible())
    speaking._toggle.click()
    assert not speaking.table.isVisibleTo(speaking)


def test_the_transcript_has_times_silences_and_words_on_request(qtbot, debrief):
    debrief.show_tab("transcript")
    debrief.transcript.finish()
    words = shown_words(debrief.transcript)
    assert {"Turn 1, 0:00", "Turn 12", "5 s of silence", "Cut off", "Came in early"} <= set(words)
    assert not any("never said a word" in each or "nobody once" in each for each in words)
    for button in debrief.transcript.findChildren(Button):
        if button.text().startswith("Show "):
            button.click()
    words = shown_words(debrief.transcript)
    assert "never said a word about it. Not one word." in words
    assert any(each.startswith("First understood as: “So it's the one place where nobody once") for each in words)


def test_a_typed_session_has_no_such_section(qtbot, window, fake_app):
    session = fake_app.talk()
    fake_app.review.rate_self(ME, session.id, own_rating())
    window.open_debrief(session.id)
    page = window.pages.debrief
    wait(qtbot, lambda: page.state == "content" and page.numbers is not None)
    assert page.numbers.speaking is None
    page.show_tab("transcript")
    wait(qtbot, lambda: "Turn 1" in shown_words(page.transcript))


@pytest.mark.parametrize(
    ("times", "said"),
    [
        (spoken((5.0, 1.0)), "1 turn left out, because the times cannot be right."),
        (spoken((0.0, 1.0)), "Only one of the two has spoken turns with times."),
        (spoken((0.0, 1.0)), "None of your turns has times."),
        (spoken((0, 2), (3, 5), (6, 8), (9, 11)), "Fewer than 3 answers whose wait is known."),
        (spoken((0, 2), (3, 5), (6, 8), (9, 11)), "You let Joe finish each time."),
        (spoken((0, 2), (1, 5)), "Less than 2 minutes of talk: too short for a rate per ten minutes."),
        (spoken((0, 2), (3, 5)), "Fewer than 20 words were spoken."),
        (spoken((0, 2), (3, 5)), "There was none."),
    ],
)
def test_where_there_is_too_little_the_reason_is_said(qtbot, themed, times, said):
    made = SpeakingView(times, "Joe", lambda _: None)
    qtbot.addWidget(made)
    Theme.current().dress(made)
    assert any(said in each for each in shown_words(made))
