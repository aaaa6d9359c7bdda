"""Exports: a telling name, the folder used last, and a way to the file; the focus stays where it was."""

from tests.gui.driver import buttons, debrief_of, own_rating, wait


def test_the_name_says_whom_when_and_the_folder_is_kept(qtbot, window, fake_app, files, tmp_path):
    session = fake_app.talk()
    fake_app.review.rate_self(fake_app.actor, session.id, own_rating())
    debrief = debrief_of(qtbot, window, session)
    files.path = tmp_path / "chosen" / "mine.pdf"
    files.path.parent.mkdir()
    debrief.export.setFocus()
    debrief.export.click()
    wait(qtbot, lambda: window.banner.isVisible())
    assert files.suggested.endswith("feedback-joe-marsh-2026-11-18.pdf")
    assert debrief.export.isEnabled()
    assert {button.text() for button in buttons_of(window.banner)} >= {"Open", "Show in folder"}
    files.path = None
    debrief.export.click()
    assert files.suggested.startswith(str(tmp_path / "chosen"))


def buttons_of(widget):
    return [*buttons(widget, "Open"), *buttons(widget, "Show in folder")]
