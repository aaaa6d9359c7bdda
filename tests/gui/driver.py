"""Drives the window as a trainee would: real clicks, real keys, real waiting. Shared by every test of the window."""

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QDialog, QLabel

from simpatient.domain.errors import StorageUnavailable
from simpatient.domain.session.session import SelfRating
from simpatient.gui.widgets.controls import Button, CardButton

WAIT_MS = 20_000
FULL = StorageUnavailable("The disk is full.", "Make room and try again.")
HOSTILE = (
    "<script>alert(1)</script><b>bold</b><img src='file:///etc/passwd'>",
    "\x00\x01\x02\x1b[31mred\x07",
    "\u202eevil\u202c \u2066x\u2069",
    "مرحبا كيف حالك اليوم",
    "👩‍👩‍👧‍👦🏳️‍🌈" * 400,
    "a" * 100_000,
    "é\u0301\u0301" * 20_000,
    "\ud800 lone \udfff",
    "\n" * 50_000,
    "%s %n {0} $ink ${ink}",
    "word " * 30_000,
)


def wait(qtbot, condition):
    qtbot.waitUntil(condition, timeout=WAIT_MS)


def shown_words(widget):
    # A layout shows what was added to it by a queued event, so words just added are hidden until that ran.
    QCoreApplication.processEvents()
    return [each.text() for each in widget.findChildren(QLabel) if each.isVisibleTo(widget)]


def begin(qtbot, window, patient="Joe Marsh, 46"):
    """Click a case card and Begin, as a trainee would."""
    pages = window.pages
    card = next(c for c in pages.start.findChildren(CardButton) if patient in c.accessibleName())
    qtbot.mouseClick(card, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: pages.case.state == "content" and pages.case.begin.isVisible())
    qtbot.mouseClick(pages.case.begin, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: pages.session.state == "content" and bool(pages.session.log.bubbles))
    return pages.session


def say(qtbot, session, text):
    qtbot.keyClicks(session.composer.editor, text)
    qtbot.keyClick(session.composer.editor, Qt.Key.Key_Return)
    wait(qtbot, lambda: not session.composer.is_waiting)


def end(qtbot, window):
    session = window.pages.session
    session.ask_end()
    dialog = session.findChildren(QDialog)[-1]
    qtbot.mouseClick(dialog.yes, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: window.pages.debrief.state == "content")
    return window.pages.debrief


def rate(qtbot, debrief):
    for rating in debrief.form.ratings.values():
        button = next(b for b in rating.findChildren(Button) if b.text() == "4")
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    debrief.form.went_well.setPlainText("I listened.")
    qtbot.mouseClick(debrief.form.button, Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: debrief.feedback is not None)


def buttons(widget, text):
    """Return the visible buttons with these words."""
    return [b for b in widget.findChildren(Button) if b.text() == text and b.isVisibleTo(widget)]


def own_rating():
    """Return a rating that opens the feedback."""
    return SelfRating(ratings={"understanding": 3})


def debrief_of(qtbot, window, session):
    """Open the debrief of a session."""
    window.open_debrief(session.id)
    wait(qtbot, lambda: window.pages.debrief.state == "content")
    return window.pages.debrief
