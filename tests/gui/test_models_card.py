"""The settings' section on language models: what is suggested, fetching, stopping, choosing, measuring, deleting."""

import threading

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLabel

from simpatient.domain.errors import StorageUnavailable
from simpatient.gui.base.theme import Theme
from simpatient.gui.shell.main_window import MainWindow
from tests.gui.driver import WAIT_MS, wait


@pytest.fixture
def world(fake_app, tmp_path):
    fake_app.model_world.publish("somebody/small", tmp_path / "hub")
    fake_app.model_world.machine.gpu_gb = 8
    return fake_app.model_world


@pytest.fixture
def card(qtbot, world, window):
    window.go("settings")
    card = window.pages.settings.models
    wait(qtbot, lambda: bool(card.buttons))
    return card


def words(widget) -> str:
    return "\n".join(each.text() for each in widget.findChildren(QLabel) if each.isVisibleTo(widget))


def press(qtbot, card, name, key):
    button = card.buttons[name, key]
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Return)


def fetch(qtbot, card):
    press(qtbot, card, "small", "download")
    wait(qtbot, lambda: ("small", "use") in card.buttons)


def test_it_says_what_is_suggested_and_why(card):
    shown = words(card)
    assert "Suggested for this computer: Small" in shown
    assert "needs 3.5 GB of graphics memory, and 8.0 GB are free" in shown
    assert "Licence: Apache-2.0. Free to use." in shown
    assert "Middle" not in shown
    assert ("guided", "use") not in card.buttons


def test_all_recommended_models_can_be_seen(qtbot, card):
    press(qtbot, card, "all", "list")
    wait(qtbot, lambda: "Middle" in words(card))
    assert "asks for an account" in words(card)
    press(qtbot, card, "all", "list")
    wait(qtbot, lambda: "Small" in words(card) and "Middle" not in words(card))


def test_without_a_graphics_card_the_guided_patient_is_suggested(qtbot, fake_app, window):
    window.go("settings")
    card = window.pages.settings.models
    wait(qtbot, lambda: bool(card.buttons))
    # What was just added to a layout is shown by a queued event.
    wait(qtbot, lambda: "Suggested for this computer: The guided patient" in words(card))


def test_a_model_is_fetched_used_measured_and_deleted(qtbot, world, window, card):
    fetch(qtbot, card)
    assert "Small is ready." in words(card)
    assert not card.is_busy
    press(qtbot, card, "small", "use")
    wait(qtbot, lambda: ("guided", "use") in card.buttons)
    assert world.service.for_new_sessions() == "generative"
    press(qtbot, card, "small", "measure")
    wait(qtbot, lambda: not card.is_busy and "40 tokens per second" in words(card))
    press(qtbot, card, "guided", "use")
    wait(qtbot, lambda: world.service.chosen() == "guided" and ("small", "use") in card.buttons)
    press(qtbot, card, "small", "delete")
    dialog = card.findChildren(QDialog)[-1]
    assert dialog.no.hasFocus() or not dialog.isActiveWindow()
    assert "Sessions held with it stay" in words(dialog)
    dialog.yes.click()
    wait(qtbot, lambda: ("small", "download") in card.buttons)
    assert world.service.disk_use() == 0


def test_a_download_can_be_stopped_and_goes_on(qtbot, world, card):
    gate = threading.Event()
    world.hub.on_step = lambda: world.hub.served > 100 and gate.wait(20)
    press(qtbot, card, "small", "download")
    wait(qtbot, lambda: "Downloading: 0 MB of 0 MB" in words(card))
    assert card.bar.isVisible()
    assert card.cancel.hasFocus() or not card.window().isActiveWindow()
    assert not card.buttons["small", "download"].isEnabled()
    qtbot.keyClick(card.cancel, Qt.Key.Key_Space)
    assert not card.bar.isVisible()
    gate.set()
    world.hub.on_step = lambda: None
    wait(qtbot, lambda: card.buttons["small", "download"].text() == "Continue")
    assert "Stopped. What has come so far is kept." in words(card)
    fetch(qtbot, card)
    assert world.service.resolve("small").is_dir()


def test_what_went_wrong_is_said_and_can_be_tried_again(qtbot, world, window, card):
    world.hub.breaks_after = 10
    press(qtbot, card, "small", "download")
    wait(qtbot, lambda: window.banner.isVisible())
    assert "cannot be reached" in words(window.banner)
    wait(qtbot, lambda: card.buttons["small", "download"].text() == "Continue")
    fetch(qtbot, card)


def test_trouble_with_the_list_is_told(qtbot, world, window, monkeypatch):
    def fail() -> None:
        raise StorageUnavailable("The list of language models cannot be read.", "Move the file away.")

    monkeypatch.setattr(world.registry, "installed", fail)
    window.go("settings")
    wait(qtbot, lambda: window.banner.isVisible())
    assert "cannot be read" in words(window.banner)


def test_the_session_lane_is_free_while_a_model_comes(qtbot, world, window, card):
    gate = threading.Event()
    world.hub.on_step = lambda: gate.wait(20)
    press(qtbot, card, "small", "download")
    done = []
    window.lane.call(lambda _: "here", done.append)
    wait(qtbot, lambda: done == ["here"])
    assert card.is_busy
    gate.set()
    wait(qtbot, lambda: not card.is_busy)


def test_closing_the_window_stops_a_download(qtbot, world, window, card):
    gate = threading.Event()
    world.hub.on_step = lambda: gate.wait(0.2)
    press(qtbot, card, "small", "download")
    wait(qtbot, lambda: card.is_busy and world.hub.served > 0)
    window.close()
    before = world.hub.served
    qtbot.wait(600)
    assert world.hub.served <= before + world.hub.step


@pytest.mark.parametrize(("gpu", "expected"), [(8, True), (0, False)])
def test_the_first_start_names_a_model_once(qtbot, themed, fake_app, preferences, files, gpu, expected):
    fake_app.model_world.machine.gpu_gb = gpu
    for is_first in (True, False):
        made = MainWindow(lambda: fake_app, preferences, files)
        qtbot.addWidget(made)
        Theme.current().dress(made)
        with qtbot.waitSignal(made.opened, timeout=WAIT_MS):
            made.show()
        wait(qtbot, lambda: preferences.has_heard_of_models)
        qtbot.wait(100)
        assert made.banner.isVisible() is (expected and is_first)
        if expected and is_first:
            assert "Small, 2.0 GB to download" in words(made.banner)
        made.close()
