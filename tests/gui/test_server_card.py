"""The settings' section on a server: off by default, checked when saved, used and forgotten by a button."""

import pytest
from PySide6.QtCore import Qt

from simpatient.domain.errors import ModelUnavailable
from tests.gui.driver import wait


def press(qtbot, button):
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.fixture
def card(qtbot, window):
    window.go("settings")
    card = window.pages.settings.server
    wait(qtbot, lambda: "nothing leaves" in card.status.text())
    return card


def fill(card, url="https://models.example.org/v1"):
    card.url.setText(url)
    card.model.setText("our-patients")


def test_none_is_set_up_by_default_and_it_is_said_what_would_leave(card, fake_app):
    assert fake_app.models.for_new_sessions() == "guided"
    assert not card.use.isVisible()
    assert not card.forget.isVisible()


def test_saved_checked_used_and_forgotten(qtbot, window, card, fake_app):
    fill(card)
    press(qtbot, card.save)
    wait(qtbot, lambda: "answers: remote:our-patients" in window.banner.text)
    wait(qtbot, lambda: card.use.isVisible())
    assert fake_app.models.for_new_sessions() == "guided"
    press(qtbot, card.use)
    wait(qtbot, lambda: card.leave.isVisible())
    assert fake_app.models.for_new_sessions() == "remote"
    press(qtbot, card.leave)
    wait(qtbot, lambda: card.use.isVisible())
    assert fake_app.models.for_new_sessions() == "guided"
    press(qtbot, card.use)
    wait(qtbot, lambda: card.leave.isVisible())
    press(qtbot, card.forget)
    wait(qtbot, lambda: "nothing leaves" in card.status.text())
    assert card.url.text() == ""
    assert fake_app.models.for_new_sessions() == "guided"


def test_what_is_wrong_is_said_and_what_was_typed_stays(qtbot, window, card, fake_app):
    fill(card, "models.example.org")
    press(qtbot, card.save)
    wait(qtbot, lambda: card.wrong.isVisible() and "must look like" in card.wrong.text())
    assert card.url.hasFocus()
    assert card.model.text() == "our-patients"
    assert fake_app.model_world.server.choice is None


def test_a_key_can_be_typed_is_never_shown_again_and_goes_with_the_server(qtbot, window, card, fake_app):
    fill(card)
    card.key.setText("sk-secret")
    press(qtbot, card.save)
    wait(qtbot, lambda: "answers" in window.banner.text)
    wait(qtbot, lambda: card.key.text() == "")
    assert fake_app.model_world.server.key == "sk-secret"
    assert "A key is kept" in card.key.placeholderText()
    window.pages.settings.refresh()
    press(qtbot, card.save)
    wait(qtbot, lambda: card.save.isEnabled())
    assert fake_app.model_world.server.choice.key_file == "server.key"


def test_a_server_that_does_not_answer_is_kept_and_told(qtbot, window, card, fake_app):
    fake_app.model_world.server.fails = ModelUnavailable("The server does not answer.", "Is it running?")
    fill(card)
    press(qtbot, card.save)
    wait(qtbot, lambda: "does not answer" in card.wrong.text())
    wait(qtbot, lambda: card.forget.isVisible())
    assert card.save.isEnabled()


def test_a_folder_of_ones_own_is_added(qtbot, window, fake_app, files, tmp_path, card):
    from tests.model_fakes import model_files, write_files

    models = window.pages.settings.models
    wait(qtbot, lambda: ("own", "add") in models.buttons)
    press(qtbot, models.buttons["own", "add"])  # the dialog is closed without a choice
    files.path = write_files(tmp_path / "our-own", model_files())
    press(qtbot, models.buttons["own", "add"])
    wait(qtbot, lambda: ("our-own", "use") in models.buttons)
    assert [each.title for each in fake_app.model_world.registry.installed()] == ["our-own"]


def test_the_key_alone_is_removed_and_the_server_stays(qtbot, window, card, fake_app):
    assert not card.remove_key.isVisible()
    fill(card)
    card.key.setText("sk-secret")
    press(qtbot, card.save)
    wait(qtbot, lambda: card.remove_key.isVisible())
    card.model.setText("typed and not saved")
    press(qtbot, card.remove_key)
    wait(qtbot, lambda: not card.remove_key.isVisible())
    kept = fake_app.model_world.server.choice
    assert (kept.key_file, kept.url, kept.model) == ("", "https://models.example.org/v1", "our-patients")
    assert "A key is kept" not in card.key.placeholderText()
    assert card.model.text() == "typed and not saved"
    assert card.key.hasFocus()
