"""Talking in the session page: consent, the visible state of the microphone, correcting, interrupting, pausing."""

import pytest
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QDialog

from simpatient.domain.errors import AudioUnavailable, ModelUnavailable
from simpatient.domain.speech import TalkSettings
from simpatient.gui.base.talk_settings import read_talk_settings, write_talk_settings
from simpatient.gui.widgets.controls import Button
from simpatient.services.privacy.consent import WORDINGS
from simpatient.services.voice.talk_events import (
    Answering,
    Captioned,
    Failed,
    MissingPart,
    NothingSaid,
    PartialTranscript,
    Transcribed,
    VoiceBegan,
    VoiceEnded,
)
from tests.gui.driver import begin, end, say, shown_words, wait


def click(qtbot, button):
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.fixture
def talking(qtbot, window, fake_app):
    """A session in which the microphone is on; the talk is ``fake_app.talking.talks[-1]``."""
    fake_app.consents.given.add("microphone")
    session = begin(qtbot, window)
    click(qtbot, session.bar.talk)
    wait(qtbot, lambda: any(talk.is_listening for talk in fake_app.talking.talks))
    return session


def test_the_microphone_opens_only_after_consent_to_these_words(qtbot, window, fake_app):
    session = begin(qtbot, window)
    click(qtbot, session.bar.talk)
    wait(qtbot, lambda: bool(window.findChildren(QDialog)))
    dialog = window.findChildren(QDialog)[-1]
    assert any(WORDINGS["microphone"] in words for words in shown_words(dialog))
    assert not fake_app.talking.talks
    click(qtbot, dialog.no)
    wait(qtbot, lambda: not session.bar.talk.isChecked())
    assert not fake_app.consents.given
    assert not fake_app.talking.talks
    click(qtbot, session.bar.talk)
    wait(qtbot, lambda: any(each.isVisible() for each in window.findChildren(QDialog)))
    click(qtbot, window.findChildren(QDialog)[-1].yes)
    wait(qtbot, lambda: session.voice_bar.state == "ready")
    assert fake_app.consents.given == {"microphone"}
    assert session.bar.talk.isChecked()


NO_RECOGNISER = MissingPart("recogniser", ModelUnavailable("There is no recogniser here.", "Get one."))
NO_MICROPHONE = MissingPart("microphone", AudioUnavailable("There is no microphone.", "Plug one in."))
NO_VOICE = MissingPart("voice", AudioUnavailable("There is no loudspeaker.", "Plug one in."))


def test_all_that_is_missing_is_said_at_once_and_before_anybody_is_asked_to_agree(qtbot, window, fake_app):
    fake_app.talking.lacks = (NO_RECOGNISER, NO_MICROPHONE, NO_VOICE)
    session = begin(qtbot, window)
    click(qtbot, session.bar.talk)
    wait(qtbot, lambda: window.banner.isVisible())
    for each in fake_app.talking.lacks:
        assert each.error.message in window.banner.text
    assert not window.findChildren(QDialog)
    assert not session.bar.talk.isChecked()
    assert not session.voice_bar.isVisible()
    click(qtbot, window.banner._action)
    wait(qtbot, lambda: window.pages.settings.isVisible())


def test_without_a_loudspeaker_one_still_talks_and_reads(qtbot, window, fake_app):
    fake_app.consents.given.add("microphone")
    fake_app.talking.lacks = (NO_VOICE,)
    session = begin(qtbot, window)
    click(qtbot, session.bar.talk)
    wait(qtbot, lambda: session.voice_bar.state == "ready")


def test_the_microphone_is_offered_only_where_it_can_work(qtbot, talking):
    bar = talking.voice_bar
    bar.set_state("no_recogniser")
    assert not bar.pause.isVisible()
    bar.set_state("broken")
    assert bar.pause.text() == "Try again"
    bar.set_state("paused")
    assert bar.pause.text() == "Turn mic on"


def test_what_the_microphone_does_is_always_said_in_words(qtbot, talking, fake_app):
    talk = fake_app.talking.talks[-1]
    bar = talking.voice_bar
    assert "Microphone on" in bar.words.text()
    talk.happen(VoiceBegan())
    wait(qtbot, lambda: bar.state == "hearing")
    talk.happen(PartialTranscript("What brings"))
    wait(qtbot, lambda: bar.guess.text() == "What brings")
    assert bar.guess.isVisible()
    click(qtbot, bar.pause)
    wait(qtbot, lambda: not talk.is_listening)
    assert bar.state == "paused"
    assert "nothing is recorded" in bar.words.text()
    assert not bar.talk.isEnabled()
    talk.happen(VoiceBegan())  # a late event must not look as if the microphone were open
    QCoreApplication.processEvents()
    assert bar.state == "paused"
    qtbot.keyClick(talking, Qt.Key.Key_F9)
    wait(qtbot, lambda: talk.is_listening)
    assert bar.state == "ready"


def test_understood_words_wait_to_be_corrected_and_are_sent_as_corrected(qtbot, talking, fake_app):
    fake_app.talking.talks[-1].happen(Transcribed("What springs you here?"))
    wait(qtbot, lambda: talking.composer.editor.toPlainText() == "What springs you here?")
    talking.composer.editor.setPlainText("What brings you here?")
    talking.composer.submit()
    wait(qtbot, lambda: len(talking.log.bubbles) == 3 and not talking.composer.is_waiting)
    said, answer = talking.log.bubbles[-2:]
    assert said.text == "What brings you here?"
    assert answer.text == fake_app.practise.sessions["s1"].turns[-1].text
    assert talking.composer.editor.toPlainText() == ""


def test_no_words_heard_is_said_and_leaves_what_is_typed(qtbot, talking, fake_app):
    talking.composer.editor.setPlainText("I wonder")
    fake_app.talking.talks[-1].happen(Transcribed("", was_heard=False))
    wait(qtbot, lambda: "No words were heard" in talking.composer.hint.text())
    assert talking.composer.editor.toPlainText() == "I wonder"


def test_captions_grow_with_what_is_spoken(qtbot, talking, fake_app):
    talk = fake_app.talking.talks[-1]
    talk.happen(Answering("Hello."))
    talk.happen(Captioned("It's late."))
    wait(qtbot, lambda: talking.log.bubbles[-1].text == "It's late.")
    assert talking.voice_bar.state == "speaking"
    talk.happen(Captioned("I know."))
    wait(qtbot, lambda: talking.log.bubbles[-1].text == "It's late. I know.")
    click(qtbot, talking.voice_bar.quiet)
    assert talk.did[-1] == "interrupt"


@pytest.mark.parametrize("how", ["button", "F8", "Enter on the button"])
def test_holding_and_letting_go_is_told_once_each(qtbot, talking, fake_app, how):
    button = talking.voice_bar.talk
    if how == "button":
        qtbot.mousePress(button, Qt.MouseButton.LeftButton)
        qtbot.mouseRelease(button, Qt.MouseButton.LeftButton)
    elif how == "F8":
        qtbot.keyPress(talking, Qt.Key.Key_F8)
        qtbot.keyRelease(talking, Qt.Key.Key_F8)
    else:
        qtbot.keyPress(button, Qt.Key.Key_Return)
        qtbot.keyRelease(button, Qt.Key.Key_Return)
    assert fake_app.talking.talks[-1].did[-2:] == ["press", "release"]
    assert fake_app.talking.talks[-1].did.count("press") == 1


def test_pausing_the_session_and_leaving_the_page_close_the_microphone(qtbot, window, talking, fake_app):
    talk = fake_app.talking.talks[-1]
    talking.toggle_pause()
    wait(qtbot, lambda: not talk.is_listening)
    talking.toggle_pause()
    assert talking.voice_bar.state == "paused"
    window.go("settings")
    wait(qtbot, lambda: "close" in talk.did)
    assert not talking.bar.talk.isChecked()


def test_ending_the_session_ends_the_talk_first(qtbot, window, talking, fake_app):
    end(qtbot, window)
    assert fake_app.talking.talks[-1].did[-1] == "close"
    assert fake_app.practise.sessions["s1"].is_ended


@pytest.mark.parametrize(
    "error", [ModelUnavailable("No recogniser.", "Get it."), AudioUnavailable("No sound.", "Plug it in.")]
)
def test_without_recogniser_or_microphone_typing_goes_on(qtbot, window, fake_app, error):
    fake_app.consents.given.add("microphone")
    fake_app.talking.fails = error
    session = begin(qtbot, window)
    click(qtbot, session.bar.talk)
    wait(qtbot, lambda: error.message in window.banner.text)
    assert not session.bar.talk.isChecked()
    say(qtbot, session, "What brings you here?")
    assert len(session.log.bubbles) == 3


def test_a_microphone_that_breaks_off_is_told_and_typing_is_still_answered(qtbot, window, talking, fake_app):
    talk = fake_app.talking.talks[-1]
    talk.happen(Failed("microphone", AudioUnavailable("The microphone is gone.", "Plug it in.")))
    wait(qtbot, lambda: talking.voice_bar.state == "broken")
    assert "The microphone is gone." in window.banner.text
    talking.composer.editor.setPlainText("What brings you here?")
    talking.composer.submit()
    wait(qtbot, lambda: len(talking.log.bubbles) == 3)
    assert talking.log.bubbles[-2].text == "What brings you here?"


def test_words_without_an_answer_come_back(qtbot, window, talking, fake_app):
    talk = fake_app.talking.talks[-1]
    talk.happen(Answering("Hello there."))
    talk.happen(Failed("answer", ModelUnavailable("It broke.", "Again."), unsent="Hello there."))
    wait(qtbot, lambda: window.banner.isVisible() and not talking.composer.is_waiting)
    click(qtbot, window.banner._action)
    wait(qtbot, lambda: talking.composer.editor.toPlainText() == "Hello there.")


def test_the_choices_are_kept_and_nonsense_is_not_taken(preferences):
    chosen = TalkSettings(mode="hands_free", patience_s=2.5, keeps_audio=True)
    write_talk_settings(preferences, chosen)
    assert read_talk_settings(preferences) == chosen
    preferences.store.write("talking", {"mode": "telepathy", "keep_days": -1, "of_a_later_version": [1]})
    assert read_talk_settings(preferences) == TalkSettings(patience_s=2.5, keeps_audio=True)
    write_talk_settings(preferences, chosen)
    assert preferences.store.read("talking")["of_a_later_version"] == [1]


def test_with_loudspeakers_it_is_said_that_the_microphone_waits_with_headphones_it_hears(
    qtbot, window, fake_app, talking, preferences
):
    talk, bar = fake_app.talking.talks[-1], talking.voice_bar
    talk.happen(Answering("Hello."))
    talk.happen(Captioned("It's late."))
    wait(qtbot, lambda: bar.state == "speaking")
    assert "the microphone waits" in bar.words.text()
    assert bar.dot.accessibleName() == "Waiting"
    assert bar.talk.isEnabled()  # pressing it stops the patient
    bar.set_mode("hands_free", hears_all_along=True)
    bar.set_state("speaking")
    assert "waits" not in bar.words.text()
    assert bar.dot.accessibleName() == "Recording"


def test_between_the_voice_and_its_words_understanding_is_shown(qtbot, talking, fake_app):
    talk, bar = fake_app.talking.talks[-1], talking.voice_bar
    talk.happen(VoiceBegan())
    talk.happen(VoiceEnded())
    wait(qtbot, lambda: bar.state == "understanding")
    assert "text" in bar.words.text()
    talk.happen(NothingSaid())
    wait(qtbot, lambda: bar.state == "ready")


def test_without_a_recogniser_one_types_the_bar_says_so_and_leads_to_the_download(qtbot, window, fake_app):
    fake_app.consents.given.add("microphone")
    fake_app.talking.microphone_fails = ModelUnavailable("There is no recogniser here.", "Get one.")
    session = begin(qtbot, window)
    click(qtbot, session.bar.talk)
    wait(qtbot, lambda: session.voice_bar.state == "no_recogniser")
    assert "There is no recogniser here." in window.banner.text
    assert not session.voice_bar.talk.isVisible()
    session.composer.editor.setPlainText("What brings you here?")
    session.composer.submit()
    wait(qtbot, lambda: len(session.log.bubbles) == 3)
    assert session.voice_bar.state == "no_recogniser"
    click(qtbot, session.voice_bar.get)
    settings = window.pages.settings
    wait(qtbot, lambda: settings.isVisible() and bool(settings.recognisers.buttons))

    def is_in_view():
        top = settings.recognisers.mapTo(settings.viewport(), settings.recognisers.rect().topLeft()).y()
        return 0 <= top < settings.viewport().height() // 2

    wait(qtbot, is_in_view)


def test_the_hint_at_talking_is_shown_until_it_is_dismissed(qtbot, window, fake_app, preferences):
    window.open_case("joe-first")
    page = window.pages.case
    wait(qtbot, lambda: page.state == "content" and any("press Talk" in words for words in shown_words(page)))
    got_it = next(b for b in page.findChildren(Button) if b.text() == "Got it")
    click(qtbot, got_it)
    assert preferences.has_heard_of_talking
    window.open_case("joe-first")
    wait(qtbot, lambda: page.state == "content" and page.begin.isVisible())
    assert not any("press Talk" in words for words in shown_words(page))
