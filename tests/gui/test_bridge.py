"""The one door back into the window: order, thread, silence, closing."""

import threading
import time

import pytest

from simpatient.domain.errors import BugError, Cancelled, ContentError, UserFacingError
from simpatient.gui.base.bridge import Worker, describe
from tests.gui.driver import WAIT_MS

BUG = "Something went wrong inside simpatient. Every turn that was answered is saved; what you just did may not be."


@pytest.fixture
def lane(qtbot):
    made = Worker("test")
    yield made
    assert made.close(timeout_s=10)


def test_result_arrives_in_the_gui_thread(qtbot, lane):
    seen = []
    lane.call(lambda _: threading.current_thread().name, lambda name: seen.append((name, threading.current_thread())))
    qtbot.waitUntil(lambda: bool(seen), timeout=WAIT_MS)
    assert seen == [("test", threading.main_thread())]


def test_calls_run_in_order(qtbot, lane):
    seen = []
    for i in range(20):
        lane.call(lambda _, i=i: i, seen.append)
    qtbot.waitUntil(lambda: len(seen) == 20, timeout=WAIT_MS)
    assert seen == list(range(20))


def test_chunks_are_joined_and_all_arrive_before_the_result(qtbot, lane):
    events = []

    def work(handle):
        for _ in range(3000):
            handle.chunk("x")
        return "end"

    lane.call(work, lambda result: events.append(result), on_chunk=events.append)
    qtbot.waitUntil(lambda: "end" in events, timeout=WAIT_MS)
    assert events[-1] == "end"
    assert "".join(events[:-1]) == "x" * 3000
    assert len(events) < 300


def test_chunks_come_while_the_work_goes_on(qtbot, lane):
    seen, go = [], threading.Event()

    def work(handle):
        handle.chunk("first ")
        assert go.wait(20)
        return

    lane.call(work, None, on_chunk=seen.append)
    qtbot.waitUntil(lambda: seen == ["first "], timeout=WAIT_MS)
    go.set()


def test_a_cancelled_call_is_silent(qtbot, lane):
    seen, started, go = [], threading.Event(), threading.Event()

    def work(handle):
        started.set()
        assert go.wait(20)
        handle.chunk("late")
        return "late"

    job = lane.call(work, seen.append, seen.append, seen.append)
    assert started.wait(20)
    job.cancel()
    go.set()
    done = []
    lane.call(lambda _: None, done.append)
    qtbot.waitUntil(lambda: bool(done), timeout=WAIT_MS)
    assert seen == []
    assert job.work.cancel.is_cancelled


@pytest.mark.parametrize(
    ("error", "message", "is_bug"),
    [
        (UserFacingError("The disk is full.", "Make room."), "The disk is full.", False),
        (BugError("x"), BUG, True),
        (ZeroDivisionError("secret detail"), BUG, True),
    ],
)
def test_errors_come_as_words_never_as_tracebacks(qtbot, lane, error, message, is_bug):
    seen = []

    def work(_):
        raise error

    lane.call(work, None, seen.append)
    qtbot.waitUntil(lambda: bool(seen), timeout=WAIT_MS)
    assert (seen[0].message, seen[0].is_bug) == (message, is_bug)
    assert "secret" not in seen[0].message + seen[0].action


def test_a_mistake_in_content_names_file_line_and_field():
    error = ContentError("must be a whole number", file="/home/me/personas/mine.yaml", line=25, field="identity.age")
    trouble = describe(error)
    assert trouble.message == "There is a mistake in mine.yaml, line 25: identity.age: must be a whole number"
    assert trouble.action == "The file is in /home/me/personas. Correct it, then try again."
    assert not trouble.is_bug


def test_cancelled_error_is_not_shown(qtbot, lane):
    seen, done = [], []

    def work(_):
        raise Cancelled

    lane.call(work, seen.append, seen.append)
    lane.call(lambda _: None, done.append)
    qtbot.waitUntil(lambda: bool(done), timeout=WAIT_MS)
    assert seen == []


def test_closing_cancels_runs_the_last_call_and_ends_the_thread(qtbot):
    lane, seen = Worker("closing"), []
    started = threading.Event()

    def work(handle):
        started.set()
        while not handle.cancel.is_cancelled:
            time.sleep(0.005)
        return "late"

    lane.call(work, seen.append, seen.append)
    assert started.wait(20)
    assert lane.close(last=lambda: seen.append("closed"), timeout_s=10)
    qtbot.wait(50)
    assert seen == ["closed"]
    assert "closing" not in [thread.name for thread in threading.enumerate()]
    late = lane.call(lambda _: "never", seen.append)
    assert late.is_over


def test_nothing_of_a_talk_reaches_the_log(qtbot, caplog):
    lane = Worker("practice")
    seen = []

    def work(_):
        raise ValueError("[parameters: ('My wife said I should come.',)]")

    lane.call(work, None, seen.append)
    qtbot.waitUntil(lambda: bool(seen), timeout=WAIT_MS)
    lane.close()
    assert "wife" not in caplog.text
    assert "ValueError" in caplog.text
    assert "may not be" in seen[0].message
