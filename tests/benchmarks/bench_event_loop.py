"""Event-loop gaps of the real window during a session against the same window idle, in one run."""

import os
from pathlib import Path
from time import monotonic, perf_counter

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QSettings, QTimer

from simpatient.bootstrap.app import open_desktop_app
from simpatient.gui.base.preferences import Preferences
from simpatient.gui.shell.app import start
from simpatient.runtime.settings_store import SettingsStore
from tests.benchmarks.conftest import Results

TICK_MS = 5
IDLE_S = 20.0
LINES = [
    "What brings you here today?",
    "It sounds like this wasn't your idea, and part of you would rather be anywhere else.",
    "How have you been sleeping?",
    "That took some doing, coming anyway.",
    "It's up to you what we talk about.",
] * 4
CASE = "ray-first-talk"
COMMAND = "python3 packaging/bootstrap.py test tests/benchmarks/bench_event_loop.py"


class Gaps:
    """Times between two turns of the event loop, in milliseconds."""

    def __init__(self, parent) -> None:
        self.found: list[float] = []
        self._last = perf_counter()
        self._timer = QTimer(parent, interval=TICK_MS)
        self._timer.timeout.connect(self._on_tick)
        self._timer.start()

    def _on_tick(self) -> None:
        now = perf_counter()
        self.found.append((now - self._last) * 1000)
        self._last = now

    def stop(self) -> tuple[float, float]:
        self._timer.stop()
        ordered = sorted(self.found)
        return ordered[int(0.99 * (len(ordered) - 1))], ordered[-1]


@pytest.mark.timeout(900)
def test_event_loop_gaps(benchmark, qtbot, results: Results, tmp_path: Path) -> None:
    preferences = Preferences(
        SettingsStore(tmp_path / "settings.json"), QSettings(str(tmp_path / "w.ini"), QSettings.Format.IniFormat)
    )
    window = start(lambda: open_desktop_app(tmp_path), ["x"], preferences)
    with qtbot.waitSignal(window.opened, timeout=300_000):
        pass
    window.open_case(CASE)
    page = _begin(qtbot, window)
    _say(qtbot, page, "Thanks for coming in today.")
    idle = Gaps(window)
    until = monotonic() + IDLE_S
    qtbot.waitUntil(lambda: monotonic() > until, timeout=60_000)
    idle_p99, idle_max = idle.stop()
    busy = Gaps(window)
    for line in LINES:
        _say(qtbot, page, line)
    p99, longest = busy.stop()
    results.add(
        "event-loop gap p99, session / idle window",
        f"{p99:.1f} ms",
        f"{idle_p99:.1f} ms",
        p99 / idle_p99,
        "≤ 1.5",
        COMMAND,
    )
    results.add(
        "longest event-loop gap, session minus idle (ratio of the two)",
        f"{longest:.0f} ms", f"{idle_max:.0f} ms", longest / idle_max, "difference ≤ 100 ms", COMMAND,
    )  # fmt: skip
    benchmark.extra_info.update(p99=p99 / idle_p99, longest_ms=longest, idle_longest_ms=idle_max)
    benchmark.pedantic(lambda: None, rounds=1)
    window.close()


def _begin(qtbot, window):
    case, talk = window.pages.case, window.pages.session
    qtbot.waitUntil(lambda: hasattr(case, "begin") and case.begin.isVisible(), timeout=120_000)
    case.begin.click()
    qtbot.waitUntil(lambda: talk.isVisible() and bool(talk.log.bubbles), timeout=300_000)
    return talk


def _say(qtbot, page, line: str) -> None:
    page.composer.editor.setPlainText(line)
    page.composer.submit()
    qtbot.waitUntil(lambda: not page.composer.is_waiting, timeout=120_000)
