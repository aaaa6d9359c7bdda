"""Keyboard, names for screen readers, size of targets, room: on every page."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QDialog,
    QLineEdit,
    QPlainTextEdit,
    QTableWidget,
    QWidget,
)

from tests.builders import ME
from tests.gui.driver import begin, own_rating, say, wait

CONTROLS = (QAbstractButton, QLineEdit, QPlainTextEdit, QTableWidget)
PLACES = (
    "start",
    "case",
    "session",
    "paused",
    "rating",
    "feedback",
    "transcript",
    "numbers",
    "spoken",
    "held",
    "drills",
    "drill",
    "progress",
    "author",
    "settings",
)


def visit(qtbot, window, fake_app, tmp_path, place):
    """Bring the window to a place and return the page."""
    pages = window.pages
    if place == "start":
        return pages.start
    if place == "case":
        window.open_case("joe-first")
        wait(qtbot, lambda: pages.case.state == "content")
        return pages.case
    if place in ("session", "paused"):
        session = begin(qtbot, window)
        say(qtbot, session, "What now?")
        if place == "paused":
            session.toggle_pause()
        return session
    if place in ("rating", "feedback", "transcript", "numbers", "spoken", "held"):
        session = fake_app.talk_aloud() if place == "spoken" else fake_app.talk()
        if place != "rating":
            fake_app.review.rate_self(ME, session.id, own_rating())
        window.open_debrief(session.id)
        wait(qtbot, lambda: pages.debrief.state == "content")
        if place != "rating":
            pages.debrief.show_tab("numbers" if place == "spoken" else place)
            pages.debrief.transcript.finish()
            pages.debrief.numbers.open_all()
        return pages.debrief
    if place == "drills":
        window.go("drills")
        wait(qtbot, lambda: pages.drills.state == "content")
        return pages.drills
    if place == "drill":
        window.open_drill("open-questions")
        wait(qtbot, lambda: pages.drill.state == "content")
        pages.drill.show_hint()
        say(qtbot, pages.drill, "Have you got a moment?")
        return pages.drill
    fake_app.talk()
    fake_app.progress.sessions_per_curve = 4
    window.go(place)
    page = {"progress": lambda: pages.progress, "author": lambda: pages.author, "settings": lambda: pages.settings}[
        place
    ]()
    if place == "author":
        path = tmp_path / "p.yaml"
        path.write_text("wrong\n", encoding="utf-8")
        page.open(path)
        wait(qtbot, lambda: page.status.text() == "1 problem")
    elif place == "progress":
        wait(qtbot, lambda: page.state == "content")
    return page


def controls(window):
    return [w for w in window.findChildren(QWidget) if isinstance(w, CONTROLS) and w.isVisible()]


@pytest.mark.parametrize("place", PLACES)
def test_names_targets_and_room(qtbot, window, fake_app, tmp_path, place):
    """Every control has a name and 24 pixels, and nothing is cut off at the least or a large size."""
    window.resize(900, 600)
    visit(qtbot, window, fake_app, tmp_path, place)
    for size in ((900, 600), (1600, 1000)):
        window.resize(*size)
        QApplication.processEvents()
        assert (window.width(), window.height()) == size
        found = controls(window)
        assert len(found) > 4
        for widget in found:
            _check_control(window, widget)
        for area in window.findChildren(QAbstractScrollArea):
            if area.isVisible() and area.accessibleName():
                assert area.horizontalScrollBar().maximum() == 0, area.accessibleName()


def _check_control(window, widget):
    interface = QAccessible.queryAccessibleInterface(widget)
    assert interface is not None
    assert interface.text(QAccessible.Text.Name), f"{type(widget).__name__} has no name"
    assert min(widget.width(), widget.height()) >= 24, f"{widget.accessibleName()}: {widget.size()}"
    right = widget.mapTo(window, widget.rect().topRight()).x()
    assert right <= window.width(), f"{widget.accessibleName()} ends at {right}"


@pytest.mark.parametrize("place", PLACES)
def test_every_enabled_control_is_reached_by_tab(qtbot, window, fake_app, tmp_path, place):
    visit(qtbot, window, fake_app, tmp_path, place)
    QApplication.processEvents()
    window.activateWindow()
    wanted = {w for w in controls(window) if w.isEnabled() and w.focusPolicy() & Qt.FocusPolicy.TabFocus}
    # Of an exclusive group Tab reaches one member, arrow keys the others.
    groups = {w.group() for w in wanted if isinstance(w, QAbstractButton) and w.group()}
    wanted = {w for w in wanted if not (isinstance(w, QAbstractButton) and w.group())}
    seen = set()
    for _ in range(400):
        focus = QApplication.focusWidget()
        if focus in seen and wanted <= seen:
            break
        seen.add(focus)
        qtbot.keyClick(focus or window, Qt.Key.Key_Tab)
    missing = {w.accessibleName() for w in wanted - seen}
    assert missing == set()
    for group in groups:
        assert seen & set(group.buttons()), [b.accessibleName() for b in group.buttons()]


def test_shortcuts_lead_to_the_places(qtbot, window):
    for key, place in (
        (Qt.Key.Key_2, "drills"),
        (Qt.Key.Key_3, "progress"),
        (Qt.Key.Key_4, "author"),
        (Qt.Key.Key_5, "settings"),
        (Qt.Key.Key_1, "start"),
    ):
        qtbot.keyClick(window, key, Qt.KeyboardModifier.ControlModifier)
        assert window.frame.rail[place].isChecked()
    qtbot.keyClick(window, Qt.Key.Key_F1)
    dialogs = [d for d in window.findChildren(QDialog) if d.isVisible()]
    assert [d.windowTitle() for d in dialogs] == ["Keyboard shortcuts"]
    dialogs[0].close()


def test_ctrl_e_asks_before_ending_and_the_safe_answer_has_the_focus(qtbot, window, fake_app):
    session = begin(qtbot, window)
    qtbot.keyClick(session.composer.editor, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    dialog = next(d for d in session.findChildren(QDialog) if d.isVisible())
    wait(qtbot, lambda: dialog.focusWidget() is dialog.no)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not fake_app.practise.sessions["s1"].is_ended


def test_a_whole_session_by_keyboard_alone(qtbot, window, fake_app):
    pages = window.pages
    card = next(w for w in controls(window) if "Joe Marsh, 46" in w.accessibleName())
    card.setFocus()
    qtbot.keyClick(card, Qt.Key.Key_Return)
    wait(qtbot, lambda: pages.case.state == "content" and pages.case.begin.isVisible())
    qtbot.keyClick(pages.case.begin, Qt.Key.Key_Return)
    wait(qtbot, lambda: pages.session.state == "content" and bool(pages.session.log.bubbles))
    say(qtbot, pages.session, "Hello?")
    qtbot.keyClick(pages.session.composer.editor, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    dialog = next(d for d in pages.session.findChildren(QDialog) if d.isVisible())
    qtbot.keyClick(dialog.yes, Qt.Key.Key_Return)
    wait(qtbot, lambda: pages.debrief.state == "content")
    assert fake_app.practise.sessions["s1"].is_ended


def test_new_patient_line_is_announced_once_and_whole(qtbot, window, monkeypatch):
    from simpatient.gui.session import session_log

    said = []
    monkeypatch.setattr(session_log, "announce", lambda _widget, words: said.append(words))
    session = begin(qtbot, window)
    say(qtbot, session, "What now?")
    assert said == ["Joe Marsh: Right. So. My wife's idea, this.", f"Joe Marsh: {session.log.bubbles[-1].text}"]
    assert session.log.bubbles[-1].accessibleName().startswith("Joe Marsh: ")
