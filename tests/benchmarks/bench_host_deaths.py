"""Event-loop gaps of the real window while the model's process dies again and again, against the same window idle.

The process is real and so are its deaths (killed, hung, out of memory, a device that failed); what it says is not:
no model is needed to die.
"""

import os
from functools import partial
from pathlib import Path
from time import monotonic

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QSettings

from simpatient.bootstrap.app import open_desktop_app
from simpatient.gui.base.preferences import Preferences
from simpatient.gui.shell.app import start
from simpatient.llm.local.host import PatientModelProcess
from simpatient.runtime.settings_store import SettingsStore
from tests.benchmarks.bench_event_loop import CASE, IDLE_S, Gaps, _begin, _say
from tests.benchmarks.conftest import Results
from tests.hosted_voices import FAULTS, FaultyVoice

DEATHS = int(os.environ.get("SIMPATIENT_DEATHS", "100"))
COMMAND = "python3 packaging/bootstrap.py test tests/benchmarks/bench_host_deaths.py"


class OneVoice:
    """Only one model, in a process that can be made to die."""

    def __init__(self, folder: Path) -> None:
        self.hosted = PatientModelProcess(
            partial(FaultyVoice, folder), lambda: "faulty-voice@1", silence_s=1.0, start_s=20.0
        )

    def voice(self, model: str) -> PatientModelProcess:
        return self.hosted


@pytest.mark.timeout(3600)
def test_deaths_of_the_host_leave_the_window_alone(benchmark, qtbot, results: Results, tmp_path: Path) -> None:
    faults = tmp_path / "faults"
    faults.mkdir()
    voices = OneVoice(faults)
    preferences = Preferences(
        SettingsStore(tmp_path / "settings.json"), QSettings(str(tmp_path / "w.ini"), QSettings.Format.IniFormat)
    )
    window = start(lambda: open_desktop_app(tmp_path, patient_models=voices), ["x"], preferences)
    with qtbot.waitSignal(window.opened, timeout=300_000):
        pass
    window.pages.case._services.models.for_new_sessions = lambda: "generative"
    window.open_case(CASE)
    page = _begin(qtbot, window)
    _say(qtbot, page, "Thanks for coming in today.")
    idle = Gaps(window)
    until = monotonic() + IDLE_S
    qtbot.waitUntil(lambda: monotonic() > until, timeout=60_000)
    _, idle_longest = idle.stop()
    longest: dict[str, float] = {}
    for fault in FAULTS:
        gaps = Gaps(window)
        for number in range(DEATHS):
            (faults / f"early-{fault}").touch()
            before = len(page.log.bubbles)
            _say(qtbot, page, f"And what was that like for you, {number}?")
            assert len(page.log.bubbles) >= before + 2
            assert not (faults / f"early-{fault}").exists()
        longest[fault] = gaps.stop()[1]
    worst = max(longest.values())
    results.add(
        f"longest event-loop gap over {DEATHS} deaths of the model's process of each of {len(FAULTS)} kinds, "
        "minus idle (ratio of the two)",
        f"{worst:.0f} ms", f"{idle_longest:.0f} ms", worst / idle_longest, "difference ≤ 100 ms", COMMAND,
    )  # fmt: skip
    benchmark.extra_info.update({**longest, "idle": idle_longest})
    benchmark.pedantic(lambda: None, rounds=1)
    window.close()
    voices.hosted.close()
