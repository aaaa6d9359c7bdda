"""The settings' sections on talking and on recognisers."""

import threading
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from simpatient.domain.errors import AudioUnavailable, Cancelled, ModelUnavailable
from simpatient.domain.speech import TalkSettings
from simpatient.gui.base.talk_settings import read_talk_settings
from simpatient.services.models.model_download import DownloadProgress
from tests.gui.driver import wait


def press(qtbot, button):
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def words(widget) -> str:
    return "\n".join(each.text() for each in widget.findChildren(QLabel) if each.isVisibleTo(widget))


@pytest.fixture
def card(qtbot, window):
    window.go("settings")
    card = window.pages.settings.voice
    wait(qtbot, lambda: card.microphones.count() > 0)
    return card


def test_the_microphone_needs_consent_which_can_be_taken_back(qtbot, card, fake_app):
    assert "stays off" in card.consent_words.text()
    assert not card.record.isEnabled()
    press(qtbot, card.allow)
    wait(qtbot, lambda: card.forbid.isVisible())
    assert fake_app.consents.given == {"microphone"}
    assert card.record.isEnabled()
    press(qtbot, card.forbid)
    wait(qtbot, lambda: card.allow.isVisible())
    assert not fake_app.consents.given


def test_every_choice_is_kept(qtbot, card, preferences):
    press(qtbot, card.mode.button("hands_free"))
    press(qtbot, card.patience.button("3.0"))
    press(qtbot, card.ears.button("yes"))
    press(qtbot, card.review.button("no"))
    card.microphones.setCurrentIndex(2)
    card.microphones.activated.emit(2)
    card.engines.setCurrentIndex(2)
    card.engines.activated.emit(2)
    assert read_talk_settings(preferences) == TalkSettings(
        mode="hands_free", patience_s=3.0, uses_headphones=True, reviews_text=False, microphone="m2", engine="espeak"
    )


def test_keeping_sound_is_a_consent_of_its_own(qtbot, card, fake_app, preferences):
    press(qtbot, card.keep.button("7"))
    wait(qtbot, lambda: "keep_audio" in fake_app.consents.given)
    assert (read_talk_settings(preferences).keeps_audio, read_talk_settings(preferences).keep_days) == (True, 7)
    press(qtbot, card.keep.button("no"))
    wait(qtbot, lambda: "keep_audio" not in fake_app.consents.given)
    assert not read_talk_settings(preferences).keeps_audio


def test_engines_that_are_not_here_are_named_with_the_reason_and_not_offered(card):
    offered = [card.engines.itemText(i) for i in range(card.engines.count())]
    assert offered[1:] == ["Flite", "eSpeak NG"]
    assert "System voices: Not on Linux." in card.engine_note.text()


def test_microphone_and_voice_are_tried_out(qtbot, card, fake_app):
    fake_app.consents.given.add("microphone")
    card.refresh()
    wait(qtbot, card.record.isEnabled)
    press(qtbot, card.record)
    wait(qtbot, lambda: fake_app.sound_check.did == ["record "])
    wait(qtbot, lambda: card.status.text() == "Done.")
    press(qtbot, card.speak)
    wait(qtbot, lambda: fake_app.sound_check.did[-1] == "speak ")
    fake_app.sound_check.fails = AudioUnavailable("The loudspeaker is gone.", "Plug it in.")
    press(qtbot, card.speak)
    wait(qtbot, lambda: card.status.text() == "The loudspeaker is gone. Plug it in.")


def test_without_devices_it_says_so(qtbot, card, fake_app):
    fake_app.sound_check.all_microphones = fake_app.sound_check.all_loudspeakers = ()
    fake_app.sound_check.all_engines = ()
    card.refresh()
    wait(qtbot, lambda: card.microphones.itemText(0) == "No microphone was found")
    assert card.loudspeakers.itemText(0) == "No loudspeaker was found"
    assert card.engines.itemText(0) == "No voice was found"
    assert not card.speak.isEnabled()
    assert not card.record.isEnabled()


@pytest.fixture
def recognisers(qtbot, window, card):
    made = window.pages.settings.recognisers
    wait(qtbot, lambda: bool(made.buttons))
    return made


def test_what_suits_is_suggested_fetched_and_deleted(qtbot, recognisers, fake_app):
    assert "Suggested for this computer" in words(recognisers)
    assert ("small", "download") not in recognisers.buttons
    press(qtbot, recognisers.buttons["all", "list"])
    wait(qtbot, lambda: ("small", "download") in recognisers.buttons)
    press(qtbot, recognisers.buttons["base", "download"])
    wait(qtbot, lambda: ("base", "delete") in recognisers.buttons)
    assert "In use" in words(recognisers)
    press(qtbot, recognisers.buttons["base", "delete"])
    wait(qtbot, lambda: ("base", "download") in recognisers.buttons)
    assert "freed" in recognisers.status.text()


def test_a_download_can_be_stopped_and_failures_are_told(qtbot, window, recognisers, fake_app):
    waiting = threading.Event()

    def slowly(wanted, tell, cancel):
        tell(DownloadProgress(stage="fetching", done_bytes=10_000_000, total_bytes=145_000_000))
        while not cancel.is_cancelled:
            waiting.wait(0.02)
        raise Cancelled

    fake_app.recognisers.fetch = slowly
    press(qtbot, recognisers.buttons["base", "download"])
    wait(qtbot, lambda: "10 MB of" in recognisers.status.text())
    press(qtbot, recognisers.cancel)
    wait(qtbot, lambda: recognisers.status.text().startswith("Stopped"))

    def broken(wanted, tell, cancel):
        raise ModelUnavailable("The connection broke off.", "Try again.")

    fake_app.recognisers.fetch = broken
    wait(qtbot, lambda: recognisers.buttons["base", "download"].isEnabled())
    press(qtbot, recognisers.buttons["base", "download"])
    wait(qtbot, lambda: "The connection broke off." in window.banner.text)
    assert isinstance(fake_app.home, Path)
